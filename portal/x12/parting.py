"""A file of several kinds in parts of one kind each, every part a file of its own that its import can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from portal.x12.envelope import Interchange, walk
from portal.x12.reader import Document, Segment, read


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its label, its bytes, and where it stands in the file (segments from 1 = the first ISA)."""

    label: str
    body: bytes
    first: int
    last: int


def parts(body: bytes, label_of: Callable[[str], str]) -> tuple[Part, ...]:
    """The parts of a file by what `label_of` calls their kinds (TA1 among them); one kind is in no part but the whole.

    An interchange of one label stays as it stands, neighbours of the same label together. One of several is written
    anew for each: its ISA, its groups with the sets of that label, and trailers that count them (X12.5). Sets whose
    kind has no label stay with what stands before them. A file of one label or none gives one part, the file itself.
    """
    document = read(body)
    found = walk(document).interchanges
    labels = [_labels(each, label_of) for each in found]
    named = list(dict.fromkeys(label for each in labels for label in each))
    count = len(document.segments)
    if len(named) < 2:
        return (Part(named[0] if named else "", body, 1, count),)
    encoding = "latin-1" if any(finding.code == "encoding" for finding in document.findings) else "utf-8"
    made: list[tuple[str, list[bytes], int, int]] = []
    for at, interchange in enumerate(found):
        first = interchange.segment if at else 1
        last = found[at + 1].segment - 1 if at + 1 < len(found) else count
        for label, text in _of(document, interchange, labels[at], label_of, first, last):
            written = text.encode(encoding)
            if made and made[-1][0] == label and len(labels[at]) == 1:
                _, before, began, _ = made[-1]
                before.append(written)
                made[-1] = label, before, began, last
            else:
                made.append((label, [written], first, last))
    return tuple(Part(label, b"".join(bodies), first, last) for label, bodies, first, last in made)


def _labels(interchange: Interchange, label_of: Callable[[str], str]) -> list[str]:
    """The labels of an interchange in order, each once; [""] when it has none."""
    kinds = ["TA1"] * bool(interchange.ta1) + [one.kind for group in interchange.groups for one in group.sets]
    return list(dict.fromkeys(label for kind in kinds if (label := label_of(kind)))) or [""]


def _of(
    document: Document,
    interchange: Interchange,
    labels: Sequence[str],
    label_of: Callable[[str], str],
    first: int,
    last: int,
) -> Iterator[tuple[str, str]]:
    segments = document.segments[first - 1 : last]
    if len(labels) == 1:
        yield labels[0], _text(segments)
        return
    header, headers = segments[0], {each.position: each for each in segments if each.id == "GS"}
    for label in labels:
        inner: list[Segment] = list(interchange.ta1) if label_of("TA1") == label else []
        groups = 0
        standing = labels[0]  # what has no label stays with what stands before it
        for group in interchange.groups:
            sets = []
            for one in group.sets:
                standing = label_of(one.kind) or standing
                if standing == label:
                    sets.append(one)
            gs = headers.get(group.segment)
            if sets and gs is not None:
                inner.append(gs)
            inner += [segment for one in sets for segment in one.segments]
            if sets and gs is not None:
                groups += 1
                inner.append(_trailer(gs, "GE", len(sets), 6))
        yield label, _text([header, *inner, _trailer(header, "IEA", groups, 13)])


def _trailer(header: Segment, name: str, count: int, place: int) -> Segment:
    return Segment((name, str(count), header.get(place)), 0, header.delimiters)


def _text(segments: Sequence[Segment]) -> str:
    return "".join(f"{each.delimiters.element.join(each.elements)}{each.delimiters.terminator}" for each in segments)
