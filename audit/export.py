"""Exports that prove themselves: stored bodies, the signed checkpoint, and leaves or inclusion proofs, in one ZIP file.

manifest.json         format, kind, origin, size, events, made_at, purged
checkpoint.txt        the signed note, with its cosignatures
events.jsonl          the bodies as stored, one a line, in order (canonical JSON holds no line feed)
leaves.bin            kind "whole": the leaf hash of every event, 32 bytes each
proofs/N.tlog-proof   kind "selected": the inclusion proof of event N
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Connection, select

from audit import proof
from audit.canonical import instant
from audit.checkpoint import parse_checkpoint, parse_note
from audit.search import Stored, read
from audit.table import audit_checkpoint, audit_event
from audit.tree import Tree

FORMAT: Final = "candor-audit-export/1"
WHOLE: Final = "whole"
SELECTED: Final = "selected"
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds; it is not signed, the checkpoint is."""

    format: str
    kind: str
    origin: str
    size: int
    events: int
    made_at: str
    purged: list[int]


def write(
    connection: Connection, target: Path | IO[bytes], now: datetime, seqs: Iterable[int] | None = None
) -> Manifest:
    """Write an export of the events named, or of the whole log up to the newest checkpoint.

    Raises LookupError when nothing is signed yet or an event named is not below the newest checkpoint: tick first.
    """
    signed = connection.execute(
        select(audit_checkpoint.c.note, audit_checkpoint.c.cosignatures)
        .order_by(audit_checkpoint.c.size.desc())
        .limit(1)
    ).one_or_none()
    if signed is None:
        raise LookupError("nothing is signed yet")
    note = signed.note + (signed.cosignatures or "")
    checkpoint = parse_checkpoint(parse_note(note).text)
    wanted = None if seqs is None else sorted(set(seqs))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < checkpoint.size:
        raise LookupError(f"the newest checkpoint is of {checkpoint.size} events")
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        with _entry(archive, "checkpoint.txt", now) as file:
            file.write(note.encode())
        events = read(connection, 0, checkpoint.size - 1) if wanted is None else _chosen(connection, wanted)
        leaves: list[bytes] = []
        purged: list[int] = []
        with _entry(archive, "events.jsonl", now) as file:
            for each in events:
                leaves.append(each.leaf)
                if each.body is None:
                    purged.append(each.seq)
                else:
                    file.write(each.body + b"\n")
        if wanted is None:
            with _entry(archive, "leaves.bin", now) as file:
                file.writelines(leaves)
        else:
            _write_proofs(connection, archive, note, checkpoint.size, wanted, now)
        manifest = Manifest(
            FORMAT,
            WHOLE if wanted is None else SELECTED,
            checkpoint.origin,
            checkpoint.size,
            len(leaves) - len(purged),
            instant(now),
            purged,
        )
        with _entry(archive, "manifest.json", now) as file:
            file.write(json.dumps(asdict(manifest), indent=1).encode())
    return manifest


def _write_proofs(
    connection: Connection, archive: ZipFile, note: str, size: int, wanted: Iterable[int], now: datetime
) -> None:
    whole = Tree([each.leaf for each in read(connection, 0, size - 1)])
    for seq in wanted:
        with _entry(archive, f"proofs/{seq}.tlog-proof", now) as file:
            file.write(proof.write(seq, whole.inclusion(seq), note).encode())


def _chosen(connection: Connection, wanted: list[int]) -> Iterator[Stored]:
    for at in range(0, len(wanted), _CHUNK):
        rows = connection.execute(
            select(audit_event.c.seq, audit_event.c.body, audit_event.c.leaf)
            .where(audit_event.c.seq.in_(wanted[at : at + _CHUNK]))
            .order_by(audit_event.c.seq)
        )
        yield from (Stored(seq, body, leaf) for seq, body, leaf in rows)


@contextmanager
def _entry(archive: ZipFile, name: str, now: datetime) -> Iterator[IO[bytes]]:
    info = ZipInfo(name, now.timetuple()[:6])
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    with archive.open(info, "w") as file:
        yield file
