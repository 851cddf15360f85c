"""Verification without trust in the portal: a database read-only, or an export, against anchors and public keys."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, create_engine, event, make_url, select, text
from sqlalchemy.pool import NullPool

from audit.checkpoint import (
    BadNote,
    VerifierKey,
    parse_note,
    read_anchors,
    verify_cosignatures,
)
from audit.checkpoint import (
    verify as verify_note,
)
from audit.event import parse
from audit.export import FORMAT, SELECTED, WHOLE
from audit.proof import verify_proof
from audit.table import audit_checkpoint, audit_head
from audit.tree import HASH_BYTES
from audit.walk import Problem, Walk

Cell = tuple[int, bytes, bytes]  # table code, row id, row or group digest


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found: `ok` when nothing is wrong; remarks are things that could not be shown.

    `first_bad_seq` is the first event that is known to be bad; where only a signed root differs, the first of those
    that may be.
    """

    ok: bool
    size: int
    first_bad_seq: int | None
    problems: tuple[Problem, ...]
    remarks: tuple[str, ...]
    witnessed: int | None = None
    """The largest size that a known witness cosigned; None where no witness's key was given."""


class _Notes:
    """Signed notes from anchors and checkpoints: checked once each, gathered as roots by size."""

    def __init__(self, keys: Sequence[VerifierKey], witness_keys: Sequence[VerifierKey]) -> None:
        self.roots: dict[int, bytes] = {}
        self.problems: list[Problem] = []
        self.witnessed = 0
        self.keys, self._witness_keys = keys, witness_keys
        self._known: dict[str, int | None] = {}

    def add(self, note: str, where: str) -> int | None:
        """The size that a note states, or None when the note is not to be trusted."""
        if note not in self._known:
            self._known[note] = self._check(note, where)
        return self._known[note]

    def _check(self, note: str, where: str) -> int | None:
        try:
            checkpoint = verify_note(note, self.keys)
            parsed = parse_note(note)
            cosigned = verify_cosignatures(parsed.text, parsed.signatures, self._witness_keys)
        except BadNote as problem:
            self.problems.append(Problem("signature", f"{where}: {problem}"))
            return None
        if self.roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            self.problems.append(Problem("split", f"{where}: another root was signed at {checkpoint.size} events"))
        if cosigned:
            self.witnessed = max(self.witnessed, checkpoint.size)
        return checkpoint.size


def verify(
    source: str | Path,
    anchors: Iterable[Path],
    public_keys: Sequence[VerifierKey],
    cells: Iterable[Cell] | None = None,
    *,
    cell_tables: Collection[int] | None = None,
    witness_keys: Sequence[VerifierKey] = (),
) -> Report:
    """Verify a database (a URL with ://) or an export (a ZIP file, or the folder it was unpacked into).

    `cells` yields (table code, row id, digest) of the rows as they are now, the group digest for a group's head row;
    each is compared with the last event about that row. A row of `cell_tables` (default: the tables that `cells` named)
    that the log knows and `cells` did not yield counts as removed behind the log's back. With `witness_keys` some head
    must bear the cosignature of one. Raises OSError and SQLAlchemyError when the source cannot be read at all.
    """
    notes = _Notes(public_keys, witness_keys)
    ages: list[tuple[int, str]] = []
    remarks: list[str] = []
    for path in anchors:
        lines, unreadable = read_anchors(path)
        remarks += [f"{path.name}: line {number} cannot be read" for number in unreadable]
        for number, each in enumerate(lines, 1):
            size = notes.add(each.note, f"{path.name}: anchor {number}")
            if size is not None:
                ages.append((size, each.at))
    if not ages:
        remarks.append("no anchor: that the log was not replaced as a whole cannot be shown")
    if "://" in str(source):
        with _open(str(source)) as connection:
            walk = _walk_database(connection, notes, ages, track=cells is not None)
    else:
        walk = _walk_export(Path(source), notes, ages, track=cells is not None)
    if cells is not None:
        remarks += _compare(walk, cells, cell_tables)
    _announcements(walk, public_keys, notes)
    if witness_keys and not notes.witnessed and walk.size:
        notes.problems.append(Problem("witness", "no head bears the cosignature of a witness whose key was given"))
    problems = (*notes.problems, *walk.problems)
    seqs = [each.seq for each in problems if each.seq is not None]
    witnessed = notes.witnessed if witness_keys else None
    return Report(not problems, walk.size, min(seqs, default=None), problems, tuple(remarks), witnessed)


def _announcements(walk: Walk, keys: Sequence[VerifierKey], notes: _Notes) -> None:
    """A key that follows another must have been announced in the log before it signed; a selection cannot show that."""
    for key in keys if walk.last_recorded else ():
        seq = walk.announced.get(key.public.hex())
        if seq is None and walk.purged:
            continue  # the announcement may have been among the bodies that went
        if 0 < key.first <= walk.size and (seq is None or seq >= key.first):
            notes.problems.append(Problem("key", f"key {key.id.hex()} signs and no event before it announced it"))


@contextmanager
def _open(url: str) -> Iterator[Connection]:
    """A connection that cannot write, in one snapshot."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ", hide_parameters=True)
        with engine.connect().execution_options(postgresql_readonly=True) as connection:
            yield connection
        return
    path = Path(parsed.database or "").absolute()
    if not path.is_file():
        raise FileNotFoundError(f"no database at {path}")
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10),
        poolclass=NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        yield connection


def _walk_database(connection: Connection, notes: _Notes, ages: list[tuple[int, str]], *, track: bool) -> Walk:
    columns = audit_checkpoint.c
    stated: list[tuple[int, str]] = []
    for size, note, lines in connection.execute(
        select(columns.size, columns.note, columns.cosignatures).order_by(columns.size)
    ):
        said = notes.add(note + (lines or ""), f"checkpoint of {size} events")
        if said is not None and said != size:
            stated.append((size, f"the checkpoint kept for {size} events is of {said}"))
    walk = Walk(notes.roots, ages, track=track)
    for size, told in stated:
        walk.bad("checkpoint", told, size)
    for seq, body, leaf_hash in _rows(connection):
        walk.add(seq, body, leaf_hash)
    walk.finish()
    head = connection.execute(select(audit_head)).one_or_none()
    if head is None:
        walk.bad("head", "the log has no head")
        return walk
    if head.size != walk.size:
        what = "are missing from the end" if head.size > walk.size else "were put in behind the log's back"
        walk.bad(
            "head", f"the head counts {head.size} events, {walk.size} are there: some {what}", min(head.size, walk.size)
        )
    elif walk.frontier is not None and walk.frontier.to_bytes() != head.frontier:
        walk.bad("head", "the head does not have the hashes of the events")
    elif head.last_recorded < walk.last_recorded:
        walk.bad("head", "the head states a time before that of the last event")
    largest = max(notes.roots, default=0)
    if largest > walk.size:
        walk.bad("cut", f"{largest} events were signed, {walk.size} are there", walk.size)
    return walk


def _rows(connection: Connection) -> Iterator[tuple[int, object, object]]:
    """All rows in order, as the driver gives them: SQLite keeps text in a BLOB column, and nothing may trip on it."""
    last = -(2**62)  # whatever number a planted row has
    statement = text("SELECT seq, body, leaf FROM audit_event WHERE seq > :last ORDER BY seq LIMIT 1000")
    while rows := connection.execute(statement, {"last": last}).all():
        yield from ((seq, body, leaf_hash) for seq, body, leaf_hash in rows)
        last = rows[-1].seq


def _walk_export(path: Path, notes: _Notes, ages: list[tuple[int, str]], *, track: bool) -> Walk:
    files: Path | zipfile.Path = zipfile.Path(path) if zipfile.is_zipfile(path) else path
    manifest = _manifest(files)
    note = (files / "checkpoint.txt").read_text(encoding="utf-8")
    size = notes.add(note, "checkpoint.txt")
    walk = Walk(notes.roots, ages, track=track)
    if manifest is None:
        walk.bad("file", "manifest.json is not that of an export that can be read here")
        return walk
    with (files / "events.jsonl").open("rb") as bodies:
        if manifest["kind"] == SELECTED:
            _check_proofs(walk, files, bodies, notes.keys, manifest)
            return walk
        with (files / "leaves.bin").open("rb") as leaves:
            _walk_files(walk, bodies, leaves)
    walk.finish()
    if size is not None and walk.size != size:
        walk.bad("file", f"the checkpoint is of {size} events, {walk.size} are there", min(size, walk.size))
    return walk


def _manifest(files: Path | zipfile.Path) -> dict[str, Any] | None:
    try:
        said = json.loads((files / "manifest.json").read_text(encoding="utf-8"))
        sound = said["format"] == FORMAT and said["kind"] in {WHOLE, SELECTED} and type(said["events"]) is int
    except (ValueError, KeyError, TypeError):
        return None
    return said if sound else None


def _walk_files(walk: Walk, bodies: IO[bytes], leaves: IO[bytes]) -> None:
    """Bodies name their own numbers; a leaf without one is a purged event."""
    body, number = _next_body(walk, bodies)
    while leaf_hash := leaves.read(HASH_BYTES):
        seq = walk.size
        if number is not None and number < seq:
            walk.bad("file", f"event {number} stands out of order in events.jsonl", number)
            body, number = _next_body(walk, bodies)
        if number == seq:
            walk.add(seq, body, leaf_hash)
            body, number = _next_body(walk, bodies)
        else:
            walk.add(seq, None, leaf_hash)
    if number is not None:
        walk.bad("file", f"event {number} has no leaf hash", number)


def _next_body(walk: Walk, bodies: IO[bytes]) -> tuple[bytes | None, int | None]:
    for line in bodies:
        body = line.removesuffix(b"\n")
        try:
            return body, int(parse(body)["seq"])
        except (ValueError, KeyError, TypeError):
            walk.bad("body", "a line of events.jsonl is not an audit event")
    return None, None


def _check_proofs(
    walk: Walk, files: Path | zipfile.Path, bodies: IO[bytes], keys: Sequence[VerifierKey], manifest: dict[str, Any]
) -> None:
    """Every body of a selection must have a proof of its own."""
    count = 0
    while True:
        body, number = _next_body(walk, bodies)
        if body is None or number is None:
            break
        count += 1
        try:
            proof = (files / "proofs" / f"{number}.tlog-proof").read_text(encoding="utf-8")
            index, _ = verify_proof(proof, body, keys)
            if index != number:
                walk.bad("proof", f"the proof of event {number} is of event {index}", number)
        except (BadNote, OSError, KeyError, UnicodeDecodeError) as problem:
            walk.bad("proof", f"event {number} is not proven: {problem}", number)
    walk.size = count
    if count != manifest["events"]:
        walk.bad("file", f"the manifest counts {manifest['events']} events, {count} are there")


def _compare(walk: Walk, cells: Iterable[Cell], cell_tables: Collection[int] | None) -> list[str]:
    """Rows as they are against the last event about each; gives remarks."""
    tables = set(cell_tables or ())
    left = dict(walk.rows)
    unknown = 0
    for table, row, digest in cells:
        if cell_tables is None:
            tables.add(table)
        known, seq = left.pop((table, row.hex()), (None, None))
        if known is None and walk.purged and seq is None:
            unknown += 1
        elif known is None:
            told = "no event tells of it" if seq is None else f"event {seq} says that it was deleted"
            walk.bad("cell", f"table {table} row {row.hex()}: {told}")
        elif known != digest.hex():
            walk.bad("cell", f"table {table} row {row.hex()} is not as event {seq} left it")
    for (table, row_id), (known, seq) in left.items():
        if table in tables and known is not None:
            walk.bad("cell", f"table {table} row {row_id} is gone; event {seq} was the last to tell of it")
    return [f"{unknown} rows have no event left, since bodies were purged"] if unknown else []
