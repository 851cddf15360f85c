"""A report of who looked holds where the log says so, and no changed line does."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import report
from audit.checkpoint import BadNote, Checkpoint, VerifierKey, sign
from audit.event import Event, parse
from audit.tree import Tree, leaf
from portal.domain.tables import write_csv

NAME = "candor/" + "0a" * 16
KEY = Ed25519PrivateKey.generate()
KEYS = [VerifierKey.of(NAME, KEY)]
MINE, OTHER = "11" * 16, "22" * 16
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def body(seq: int, *subjects: str) -> bytes:
    event = Event(
        type="rest", subtype="account:view", action="R", actor="ab" * 16, actor_role="biller", purpose="HPAYMT",
        subjects=subjects,
    )  # fmt: skip
    return event.to_body(seq, f"2026-11-2{seq}T00:00:00.000000Z")


BODIES = [body(0, MINE), body(1, OTHER), body(2, MINE, OTHER), body(3, MINE)]
ENTRIES = (0, 2, 3)


def made(table=None, take=ENTRIES, bodies=BODIES, **changes) -> bytes:
    """A report over four events, the fifth not signed; `changes` go into proof.json."""
    leaves = [leaf(each) for each in BODIES]
    tree = Tree(leaves)
    note = sign(Checkpoint(NAME, len(leaves), tree.root()), [KEY])
    entries = [
        report.Entry(
            seq, leaf(bodies[seq]), tree.inclusion(seq),
            bodies[seq] if report.tells_only(parse(bodies[seq]), MINE) else None,
        )
        for seq in take
    ]  # fmt: skip
    if table is None:
        table = rows(*(report.facts(parse(bodies[seq])) for seq in ENTRIES), report.facts(parse(body(4, MINE))))
    data = report.write(MINE, note, entries, table, removed_below=0, now=NOW, beside={"README.txt": b"read"})
    return changed(data, **changes) if changes else data


def rows(*lines) -> bytes:
    return write_csv([*report.FACTS, "Who"], [[*line, "Nadia"] for line in lines]).encode()


def changed(data: bytes, **changes) -> bytes:
    out = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(out, "w") as new:
        for name in old.namelist():
            said = old.read(name)
            new.writestr(name, json.dumps(json.loads(said) | changes) if name == report.PROOF else said)
    return out.getvalue()


def test_each_line_is_proved_and_nothing_of_others_leaves():
    data = made()
    assert report.check(data, KEYS) == report.Checked(2, 1, 1, 0, 4, ())
    with ZipFile(io.BytesIO(data)) as archive:
        assert not any(OTHER.encode() in archive.read(name) for name in archive.namelist())


def test_a_changed_added_or_missing_line_is_found():
    lines = [report.facts(parse(BODIES[seq])) for seq in ENTRIES]
    later = (lines[0][0], "2026-11-29T00:00:00.000000Z", *lines[0][2:])
    forged = [*BODIES[:3], BODIES[3].replace(b"biller", b"coder ")]
    cases = {
        "line 1: event 0 says something else in the log": made(rows(later, *lines[1:])),
        "event 3 was taken out of the table": made(rows(*lines[:2])),
        "line 4: event 3 stands there twice": made(rows(*lines, lines[2])),
        "line 2: it has no proof": made(take=(0, 3)),
        "line 3: event 3 is not in the log at that place": made(bodies=forged),
        "line 1: event 0 is not about this record": changed(made(), patient=OTHER),
        "the table is not the one that the proof was made for": changed(made(), report_sha256="00" * 32),
    }
    for said, data in cases.items():
        assert said in report.check(data, KEYS).problems


def test_a_body_that_is_not_the_leaf_s_proves_nothing():
    entries = json.loads(ZipFile(io.BytesIO(made())).read(report.PROOF))["entries"]
    entries[0]["body"] = entries[0]["body"].replace("biller", "coder")
    said = report.check(changed(made(), entries=entries), KEYS).problems
    assert said == ("line 1: event 0 says something else in the log",)
    entries[0] |= {"path": ["%%%"]}
    assert "line 1: its proof cannot be read" in report.check(changed(made(), entries=entries), KEYS).problems


def test_what_is_no_report_or_not_signed_by_the_log_is_refused():
    stranger = [VerifierKey.of(NAME, Ed25519PrivateKey.generate())]
    for data, keys in ((made(), stranger), (b"PK", KEYS), (changed(made(), format="x"), KEYS),
                       (changed(made(), entries=[{}]), KEYS), (changed(made(), entries=3), KEYS)):  # fmt: skip
        with pytest.raises(BadNote):
            report.check(data, keys)
