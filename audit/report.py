"""A report of who looked at one record, which its reader checks without the store: a table, and the proof of its lines.

The file is a ZIP:

    report.csv    one line an event: the columns of FACTS first, words for people after them
    proof.json    patient, signed checkpoint, SHA-256 of report.csv, and by event: leaf hash, path to the root, and its
                  body where that names nobody but this patient
"""

from __future__ import annotations

import csv
import io
import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from audit.canonical import instant
from audit.checkpoint import BadNote, Checkpoint, VerifierKey, verify
from audit.event import parse
from audit.tree import leaf, verify_inclusion

FORMAT: Final = "candor-access-report/1"
TABLE: Final = "report.csv"
PROOF: Final = "proof.json"
FACTS: Final = ("seq", "recorded", "actor", "actor_role", "action", "purpose")
"""The first columns of the table: keys of the event's body, empty where it does not say."""
_MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One event under the checkpoint: its leaf hash and path; the body only where it names this patient alone."""

    seq: int
    leaf: bytes
    path: Sequence[bytes]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to: lines proved word by word, lines of which only the place is proved, lines too new to be.

    Nothing is wrong where `problems` is empty.
    """

    proved: int
    kept_back: int
    unsigned: int
    removed_below: int
    size: int
    problems: tuple[str, ...]


def facts(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The first columns of an event's line."""
    return tuple(str(said.get(key, "")) for key in FACTS)


def tells_only(said: Mapping[str, Any], patient: str) -> bool:
    """Whether an event names this patient (hex) and nobody else, so that its body may be given away."""
    return said.get("subjects") == [patient] and "part" not in said


def write(
    patient: str,
    note: str,
    entries: Iterable[Entry],
    table: bytes,
    *,
    removed_below: int,
    now: datetime,
    beside: Mapping[str, bytes],
) -> bytes:
    """The file: table, proof, and what else lies beside them (a page that explains, the public key)."""
    proof = {
        "format": FORMAT,
        "patient": patient,
        "made_at": instant(now),
        "checkpoint": note,
        "removed_below": removed_below,
        "report_sha256": sha256(table).hexdigest(),
        "entries": [
            {"seq": each.seq, "leaf": each.leaf.hex(), "path": [b64encode(one).decode() for one in each.path]}
            | ({} if each.body is None else {"body": each.body.decode()})
            for each in entries
        ],
    }
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in {TABLE: table, PROOF: json.dumps(proof, indent=1).encode(), **beside}.items():
            info = ZipInfo(name, now.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, body)
    return out.getvalue()


def check(data: bytes, keys: Collection[VerifierKey]) -> Checked:
    """Check a report against public keys of the log; raises BadNote for what is no report or no signed head.

    A line holds when its columns are those of the event whose bytes hash to a leaf under the signed root. Of an event
    that names other patients too, only the number and the leaf can be shown.
    """
    table, said = _opened(data)
    checkpoint = verify(str(said["checkpoint"]), keys)
    problems: list[str] = []
    if sha256(table).hexdigest() != said["report_sha256"]:
        problems.append("the table is not the one that the proof was made for")
    given = {int(each["seq"]): each for each in said["entries"]}
    proved = kept_back = unsigned = 0
    met: set[int] = set()
    for number, line in enumerate(_lines(table), 1):
        seq = int(line[0]) if line and line[0].isascii() and line[0].isdigit() else -1
        entry = given.get(seq)
        if seq in met:
            problems.append(f"line {number}: event {seq} stands there twice")
        elif entry is None and seq >= checkpoint.size:
            unsigned += 1
        elif entry is None:
            problems.append(f"line {number}: it has no proof")
        elif fault := _fault(entry, line, checkpoint, str(said["patient"])):
            problems.append(f"line {number}: {fault}")
        elif "body" in entry:
            proved += 1
        else:
            kept_back += 1
        met.add(seq)
    problems += [f"event {seq} was taken out of the table" for seq in sorted(given.keys() - met)]
    return Checked(proved, kept_back, unsigned, int(said["removed_below"]), checkpoint.size, tuple(problems))


def _opened(data: bytes) -> tuple[bytes, Mapping[str, Any]]:
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            if sum(archive.getinfo(name).file_size for name in (TABLE, PROOF)) > _MOST_BYTES:
                raise BadNote("larger than any report")
            table, proof = archive.read(TABLE), json.loads(archive.read(PROOF))
        if proof["format"] != FORMAT or not {"checkpoint", "patient", "report_sha256", "removed_below"} <= set(proof):
            raise BadNote("not a report of who looked")
        if any(not {"seq", "leaf", "path"} <= set(each) for each in proof["entries"]):
            raise BadNote("not a report of who looked")
    except (BadZipFile, KeyError, ValueError, TypeError) as problem:
        raise BadNote("not a report of who looked") from problem
    return table, proof


def _lines(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))[1:]


def _fault(entry: Mapping[str, Any], line: Sequence[str], checkpoint: Checkpoint, patient: str) -> str | None:
    """What is wrong with a line and its proof, if anything."""
    seq = int(entry["seq"])
    try:
        hashed = bytes.fromhex(entry["leaf"])
        path = [b64decode(each, validate=True) for each in entry["path"]]
    except (Base64Error, ValueError, TypeError):
        return "its proof cannot be read"
    if not verify_inclusion(hashed, seq, checkpoint.size, path, checkpoint.root):
        return f"event {seq} is not in the log at that place"
    if "body" not in entry:
        return None
    body = str(entry["body"]).encode()
    if leaf(body) != hashed:
        return f"event {seq} says something else in the log"
    try:
        event = parse(body)
    except ValueError:
        return f"event {seq} is no event"
    if not tells_only(event, patient):
        return f"event {seq} is not about this record"
    if tuple(line[: len(FACTS)]) != facts(event):
        return f"event {seq} says something else in the log"
    return None
