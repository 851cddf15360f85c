"""A file of several kinds: kept whole and sealed, with each part as a file of its own that its import reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.access.actors import Actor
from portal.domain.interchanges import Finding
from portal.models.interchanges import InterchangePartRow, InterchangeRow
from portal.services import interchanges
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.envelope import walk
from portal.x12.reader import read

KEEPER = "interchange:view"
"""What whoever brings a file needs of which nothing is read."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import: what a file of it is stored as until it is read, what it reads, who may ask for it, how it reads."""

    kind: str
    kinds: frozenset[str]
    permissions: tuple[str, ...]
    read_in: Callable[[Units, Actor, Request | None, bytes], object]


@dataclass(frozen=True, slots=True)
class Piece:
    """A file, or one part of it, by what it is: without an import it is kept and not read."""

    kind: str
    import_: Import | None
    body: bytes
    first: int
    last: int

    @property
    def permissions(self) -> tuple[str, ...]:
        """What whoever brings it needs; the first is the one that it is stored under."""
        return self.import_.permissions if self.import_ is not None else (KEEPER,)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it was taken in; not `new` when the same bytes were here before."""

    interchange_id: bytes
    new: bool
    waits: bool = True
    """It, or a part of it, is still to be read, or to be read on."""
    parts: tuple[bytes, ...] = ()
    """The files that it holds, where it holds several."""


def store(
    uow: UnitOfWork, name: str, body: bytes, pieces: Sequence[Piece], partner_id: bytes | None, *, at_once: bool
) -> Taken:
    """Store a whole file and its parts in one transaction; the same bytes again give what stands."""
    row, new = interchanges.receive(uow, name, body, kind="mixed", partner_id=partner_id, reads=False)
    if not new:
        standing = parts_of(uow, row.id)
        if standing:
            return Taken(row.id, False, _waits(uow, standing), tuple(standing))
    made: list[bytes] = []
    waits = False
    for number, piece in enumerate(pieces, 1):
        part, _ = interchanges.receive(
            uow,
            _part_name(name, number, len(pieces), piece),
            piece.body,
            kind=piece.kind,
            partner_id=partner_id,
            at_once=at_once,
        )
        uow.new(
            InterchangePartRow, practice_id=row.practice_id, whole_id=row.id, part_id=part.id, number=number,
            first_segment=piece.first, last_segment=piece.last,
        )  # fmt: skip
        waits = waits or part.state == "RECEIVED"
        made.append(part.id)
    document = read(body)
    found = (*document.findings, *walk(document).findings)
    put_by(uow, row, sorted(found, key=lambda each: each.segment), items=len(pieces), split=True)
    return Taken(row.id, new, waits, tuple(dict.fromkeys(made)))


def _part_name(name: str, number: int, of: int, piece: Piece) -> str:
    return f"{name[-90:]} {number}/{of} {piece.kind}".rstrip()


def parts_of(uow: UnitOfWork, whole_id: bytes) -> list[bytes]:
    """The files that a file holds, each once, in its order."""
    rows = uow.rows(
        uow.select(InterchangePartRow.part_id)
        .where(InterchangePartRow.whole_id == whole_id)
        .order_by(InterchangePartRow.number)
    )
    return list(dict.fromkeys(row.part_id for row in rows))


def _waits(uow: UnitOfWork, parts: Sequence[bytes]) -> bool:
    where = InterchangeRow.id.in_(parts), InterchangeRow.state == "RECEIVED"
    return uow.count(uow.select(InterchangeRow.id).where(*where)) > 0


def put_by(
    uow: UnitOfWork, row: InterchangeRow, findings: Sequence[Finding], *, items: int = 0, split: bool = False
) -> None:
    """End the taking in of a file of which nothing is read itself: it was kept, or split into so many parts."""
    stored = [interchanges.finding_values(finding) for finding in findings[: interchanges.MOST_FINDINGS]] or None
    state = interchanges.SPLIT if split else interchanges.KEPT
    uow.change(row, state=state, items=items, finding_count=len(findings), findings_sealed=stored)
