"""Signing and anchoring: once per head, again every five minutes, never over a break."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select, text

from audit import signer, tree
from audit.checkpoint import VerifierKey, read_anchors, verify
from audit.search import read
from audit.signer import Broken, Tick
from audit.table import audit_checkpoint
from tests.audit.acts import KEY, NAME, START, TRUSTED, act, fill, tick, write
from tests.audit.conftest import BOTH, SQLITE, drop_triggers

MINUTE = timedelta(minutes=1)


@BOTH
def test_ticks(database: Engine, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    assert tick(database, anchors, START) == Tick(0, signed=False, anchored=False)
    fill(database, 5, 5)
    assert tick(database, anchors, START) == Tick(5, signed=True, anchored=True)
    assert tick(database, anchors, START + MINUTE) == Tick(5, signed=False, anchored=False)
    assert tick(database, anchors, START + 5 * MINUTE) == Tick(5, signed=False, anchored=True)
    assert tick(database, anchors, START + 6 * MINUTE) == Tick(5, signed=False, anchored=False)
    write(database, [act()], START + 7 * MINUTE)
    assert tick(database, anchors, START + 7 * MINUTE) == Tick(6, signed=True, anchored=True)
    found, unreadable = read_anchors(anchors)
    heads = [verify(each.note, TRUSTED) for each in found]
    assert [each.size for each in heads] == [5, 5, 6]
    assert unreadable == []
    with database.connect() as connection:
        leaves = [each.leaf for each in read(connection, 0, 5)]
    assert [each.root for each in heads] == [tree.root(leaves[:5]), tree.root(leaves[:5]), tree.root(leaves)]


@BOTH
def test_a_tick_that_does_not_commit_is_done_again(database: Engine, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    fill(database, 3, 3)
    with database.connect() as connection:
        signer.tick(connection, NAME, [KEY], anchors, START)
        connection.rollback()
    assert tick(database, anchors, START).signed
    (first, second), _ = read_anchors(anchors)
    assert first.note == second.note


@BOTH
def test_an_anchor_that_cannot_be_written_signs_nothing(database: Engine, tmp_path: Path) -> None:
    fill(database, 3, 3)
    with pytest.raises(OSError, match="absent"):
        tick(database, tmp_path / "absent" / "anchors.jsonl")
    with database.connect() as connection:
        assert connection.execute(select(audit_checkpoint)).all() == []


@SQLITE
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_event SET body = body || x'20' WHERE seq = 4",
        "DELETE FROM audit_event WHERE seq = 4",
        "UPDATE audit_event SET body = NULL WHERE seq = 4",
        "UPDATE audit_head SET frontier = zeroblob(64)",
        "UPDATE audit_checkpoint SET frontier = zeroblob(64)",
        "UPDATE audit_checkpoint SET note = replace(note, 'A', 'B')",
        "UPDATE audit_checkpoint SET size = 2",
    ],
)
def test_nothing_is_signed_over_a_break(database: Engine, tmp_path: Path, damage: str) -> None:
    anchors = tmp_path / "anchors.jsonl"
    fill(database, 3, 3)
    tick(database, anchors)
    write(database, [act(), act(), act()])
    drop_triggers(database)
    with database.begin() as connection:
        connection.execute(text(damage))
    with pytest.raises(Broken):
        tick(database, anchors)
    assert len(read_anchors(anchors)[0]) == 1


@SQLITE
def test_two_keys_sign_while_one_follows_the_other(database: Engine, tmp_path: Path) -> None:
    anchors, new = tmp_path / "anchors.jsonl", Ed25519PrivateKey.from_private_bytes(b"\x06" * 32)
    for keys in ([KEY], [KEY, new], [new]):
        write(database, [act()])
        with database.begin() as connection:
            assert signer.tick(connection, NAME, keys, anchors, START).signed
    notes = [each.note for each in read_anchors(anchors)[0]]
    assert [verify(each, [*TRUSTED, VerifierKey.of(NAME, new)]).size for each in notes] == [1, 2, 3]
    assert verify(notes[1], TRUSTED).size == 2


@BOTH
def test_health_tells_how_long_events_have_waited(database: Engine, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"

    def health(now):
        with database.connect() as connection:
            return signer.health(connection, now)

    assert not health(START).red
    write(database, [act()], START)
    assert not health(START + 10 * MINUTE).red
    assert health(START + 11 * MINUTE).red
    tick(database, anchors, START + 11 * MINUTE)
    assert health(START + 500 * MINUTE) == signer.Health(1, 1, timedelta(0))
    write(database, [act()] * 3, START + 12 * MINUTE)
    assert health(START + 13 * MINUTE) == signer.Health(4, 1, MINUTE)
    assert signer.Health(20_000, 9_999, timedelta(0)).red
