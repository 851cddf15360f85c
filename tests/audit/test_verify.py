"""The verifier: silent on a sound log, and naming the first bad event whatever somebody with the database did."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert, update

from audit import export, log, signer
from audit.canonical import instant
from audit.checkpoint import COSIGNATURE, VerifierKey, anchor, cosign, parse_note, read_anchors
from audit.digest import group_digest, row_digest
from audit.event import Object
from audit.table import audit_event, audit_head, audit_purge
from audit.tree import Frontier, leaf
from audit.verify import Cell, Report, verify
from tests.audit.acts import KEY, START, TRUSTED, act, fill, ident, tick, write
from tests.audit.conftest import BOTH, SQLITE, drop_triggers

YEAR = timedelta(days=366)


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def check(engine: Engine, anchors: Path, **more: object) -> Report:
    engine.dispose()
    return verify(address(engine), [anchors] if anchors.exists() else [], TRUSTED, **more)


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "anchors.jsonl"


@pytest.fixture
def signed(database: Engine, anchors: Path) -> Engine:
    """Twelve events, signed and anchored at 4, 8 and 12, and the triggers dropped: the owner has come."""
    for _ in range(3):
        fill(database, 4, 4)
        tick(database, anchors)
    drop_triggers(database)
    return database


def codes(report: Report) -> set[str]:
    return {each.code for each in report.problems}


def damage(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)


def rebuild(engine: Engine, *, head: bool = True) -> None:
    """What a careful forger does after changing bodies: right leaves and a right head."""
    with engine.begin() as connection:
        frontier = Frontier()
        for each in list(log.read(connection, 0, 10**6)):
            connection.execute(
                update(audit_event).where(audit_event.c.seq == each.seq).values(leaf=leaf(each.body or b""))
            )
            frontier.append(leaf(each.body or b""))
        if head:
            connection.execute(update(audit_head).values(size=frontier.size, frontier=frontier.to_bytes()))


@BOTH
def test_a_sound_log(database: Engine, anchors: Path) -> None:
    assert check(database, anchors).ok
    fill(database, 3, 3)
    report = check(database, anchors)
    assert (report.ok, report.size, report.first_bad_seq) == (True, 3, None)
    assert "no anchor" in report.remarks[0]
    tick(database, anchors)
    fill(database, 2, 2)
    assert check(database, anchors) == Report(True, 5, None, (), ())


SWAP = (
    "UPDATE audit_event SET seq = 1000 WHERE seq = 5",
    "UPDATE audit_event SET seq = 5 WHERE seq = 6",
    "UPDATE audit_event SET seq = 6 WHERE seq = 1000",
)
EDIT = {
    "sqlite": "UPDATE audit_event SET body = CAST(replace(CAST(body AS TEXT), 'claim:read', 'claim:list') AS BLOB)"
    " WHERE seq = 5",
    "postgresql": "UPDATE audit_event SET body = convert_to(replace(convert_from(body, 'UTF8'), 'claim:read',"
    " 'claim:list'), 'UTF8') WHERE seq = 5",
}


@BOTH
@pytest.mark.parametrize(
    ("statements", "code"),
    [
        (["EDIT"], "leaf"),
        (["DELETE FROM audit_event WHERE seq = 5"], "gap"),
        (["UPDATE audit_event SET body = NULL WHERE seq = 5"], "purge"),
        (SWAP, "number"),
        (["DELETE FROM audit_event WHERE seq = 5", "UPDATE audit_event SET seq = 5 WHERE seq = 6"], "number"),
        (["UPDATE audit_event SET leaf = (SELECT leaf FROM audit_event WHERE seq = 1) WHERE seq = 5"], "leaf"),
    ],
)
def test_T100_each_damage_names_the_event(signed: Engine, anchors: Path, statements: list[str], code: str) -> None:
    damage(signed, *(EDIT[signed.dialect.name] if each == "EDIT" else each for each in statements))
    report = check(signed, anchors)
    assert not report.ok
    assert report.first_bad_seq == 5
    assert code in codes(report)


@BOTH
def test_T100_an_inserted_event(signed: Engine, anchors: Path) -> None:
    body = act().to_body(12, "2026-03-03T00:00:00.000000Z")
    with signed.begin() as connection:
        connection.execute(insert(audit_event).values(seq=12, body=body, leaf=leaf(body)))
    report = check(signed, anchors)
    assert (report.ok, report.first_bad_seq, codes(report)) == (False, 12, {"head"})


@BOTH
def test_T100_events_cut_from_the_end(signed: Engine, anchors: Path) -> None:
    damage(signed, "DELETE FROM audit_event WHERE seq >= 10", "DELETE FROM audit_checkpoint WHERE size > 8")
    rebuild(signed)
    report = check(signed, anchors)
    assert (report.ok, report.first_bad_seq, codes(report)) == (False, 10, {"cut"})


@BOTH
def test_T100_a_careful_forger_is_found_between_two_signed_heads(signed: Engine, anchors: Path) -> None:
    """Bytes, leaf and head all fit; only the signed roots tell, so the first event after the last good one is named."""
    damage(signed, EDIT[signed.dialect.name])
    rebuild(signed)
    report = check(signed, anchors)
    assert (report.first_bad_seq, codes(report)) == (4, {"root"})
    damage(signed, "DELETE FROM audit_checkpoint")
    assert check(signed, anchors).first_bad_seq == 4
    anchors.unlink()
    assert check(signed, anchors).ok  # without anything from outside nobody could tell, and the remark says so
    assert "cannot be shown" in check(signed, anchors).remarks[0]


@SQLITE
def test_a_forged_anchor_or_key_is_no_anchor(signed: Engine, anchors: Path) -> None:
    stranger = [VerifierKey.of(TRUSTED[0].name, Ed25519PrivateKey.from_private_bytes(b"\x0b" * 32))]
    report = verify(address(signed), [anchors], stranger)
    assert codes(report) == {"signature"}
    assert report.first_bad_seq is None
    anchors.write_text(anchors.read_text().replace("\\n8\\n", "\\n9\\n"))
    assert codes(check(signed, anchors)) == {"signature"}


@SQLITE
def test_a_split_view_is_told(signed: Engine, anchors: Path, tmp_path: Path) -> None:
    other = signed.url.database
    assert other is not None
    copy = tmp_path / "other.sqlite"
    damage(signed, "PRAGMA user_version = 0")
    signed.dispose()
    shutil.copy(other, copy)
    damage(signed, EDIT["sqlite"], "DELETE FROM audit_checkpoint", "UPDATE audit_mark SET seq = 0")
    rebuild(signed)
    tick(signed, anchors)
    assert codes(verify(f"sqlite:///{copy}", [anchors], TRUSTED)) == {"split"}


@SQLITE
def test_a_head_or_checkpoint_that_does_not_fit(signed: Engine, anchors: Path) -> None:
    damage(signed, "UPDATE audit_head SET frontier = zeroblob(64)")
    assert codes(check(signed, anchors)) == {"head"}
    rebuild(signed)
    damage(signed, "UPDATE audit_head SET last_recorded = ''")
    assert codes(check(signed, anchors)) == {"head"}
    damage(signed, "UPDATE audit_head SET last_recorded = 'x'", "UPDATE audit_checkpoint SET size = 5 WHERE size = 8")
    assert codes(check(signed, anchors)) == {"checkpoint"}
    damage(signed, "DELETE FROM audit_head")
    assert "head" in codes(check(signed, anchors))


@SQLITE
@pytest.mark.parametrize("junk", ["'text'", "x''", "7", "x'7b7d'", "'{\"v\":1}'"])
def test_whatever_stands_in_the_table_the_verifier_goes_on(signed: Engine, anchors: Path, junk: str) -> None:
    damage(signed, f"UPDATE audit_event SET body = {junk} WHERE seq = 5")
    assert check(signed, anchors).first_bad_seq == 5
    damage(
        signed,
        "PRAGMA ignore_check_constraints = ON",
        f"UPDATE audit_event SET leaf = {junk} WHERE seq = 3",
        "UPDATE audit_event SET seq = -9 WHERE seq = 11",
    )
    report = check(signed, anchors)
    assert report.first_bad_seq == -9
    assert {"leaf", "gap"} <= codes(report)


@SQLITE
def test_times_that_go_back(database: Engine, anchors: Path) -> None:
    write(database, [act()], START)
    with database.begin() as connection:
        connection.execute(update(audit_head).values(last_recorded=""))
    write(database, [act()], START - timedelta(seconds=1))
    report = check(database, anchors)
    assert (report.first_bad_seq, "time" in codes(report)) == (1, True)


@SQLITE
def test_the_database_is_only_read(signed: Engine, anchors: Path) -> None:
    signed.dispose()
    path = Path(str(signed.url.database))
    before = path.read_bytes()
    assert check(signed, anchors).ok
    assert path.read_bytes() == before
    with pytest.raises(FileNotFoundError):
        verify("sqlite:////nowhere/at/all.sqlite", [], TRUSTED)


def purge(engine: Engine, last: int, now) -> None:
    event = act(type="rest", subtype="audit:purge", action="D", objects=[Object("audit_event", f"0-{last}")])
    (seq,) = write(engine, [event], now)
    with engine.begin() as connection:
        values = {"below": last + 1, "event_seq": seq, "purged_at": "x"}
        connection.execute(insert(audit_purge).values(values))
        connection.execute(update(audit_event).where(audit_event.c.seq <= last).values(body=None))


@BOTH
def test_bodies_that_were_purged_in_time_may_be_missing(database: Engine, anchors: Path) -> None:
    fill(database, 10)
    tick(database, anchors)
    purge(database, 5, START + 7 * YEAR)
    assert check(database, anchors).ok
    drop_triggers(database)
    damage(database, "UPDATE audit_event SET body = NULL WHERE seq = 6")
    report = check(database, anchors)
    assert (report.first_bad_seq, codes(report)) == (6, {"purge"})


@SQLITE
def test_bodies_that_were_purged_too_early(database: Engine, anchors: Path) -> None:
    fill(database, 10)
    tick(database, anchors)
    purge(database, 5, START + 5 * YEAR)
    report = check(database, anchors)
    assert (report.first_bad_seq, codes(report)) == (0, {"purge"})


@SQLITE
def test_the_age_of_purged_events_is_shown_by_an_anchor(database: Engine, anchors: Path) -> None:
    """All ten went, and the next event that is left is the purge itself: only the anchor tells how old they were."""
    fill(database, 10)
    tick(database, anchors, START + timedelta(days=1))
    purge(database, 9, START + 7 * YEAR)
    assert check(database, anchors).ok
    anchors.unlink()
    assert codes(check(database, anchors)) == {"purge"}


@SQLITE
def test_a_purge_that_states_a_later_time_than_its_anchor(database: Engine, anchors: Path) -> None:
    fill(database, 10)
    tick(database, anchors)
    purge(database, 5, START + 7 * YEAR)
    tick(database, anchors, START + timedelta(days=1))
    report = check(database, anchors)
    assert (report.first_bad_seq, codes(report)) == (0, {"purge"})


@SQLITE
def test_an_event_that_states_an_earlier_time_than_the_anchor_before_it(database: Engine, anchors: Path) -> None:
    """Nothing else is left to show the age of what went: with all of it gone no event was recorded later."""
    fill(database, 10)
    tick(database, anchors, START + 6 * YEAR)
    drop_triggers(database)
    damage(database, f"UPDATE audit_head SET last_recorded = '{instant(START)}'")
    fill(database, 1)
    purge(database, 9, START + 7 * YEAR)
    report = check(database, anchors)
    assert (report.first_bad_seq, codes(report)) == (0, {"purge"})


CLAIM, LINE = 12, 13


def cells_of(*rows: tuple[int, str, dict[int, object]]) -> list[Cell]:
    return [(table, ident(name), row_digest(table, ident(name), values)) for table, name, values in rows]


@BOTH
def test_cells_against_the_last_event_about_each_row(database: Engine, anchors: Path) -> None:
    one, two, three = cells_of((CLAIM, "one", {1: "a"}), (CLAIM, "two", {1: "b"}), (CLAIM, "three", {1: "c"}))
    changed = cells_of((CLAIM, "one", {1: "z"}))[0]

    def said(cell: Cell, before: bytes | None = None, *, gone: bool = False) -> Object:
        return Object(cell[0], cell[1], (), before, None if gone else cell[2])

    write(database, [act(objects=[said(one), said(two), said(three)])])
    write(database, [act(objects=[said(changed, one[2])]), act(objects=[Object(CLAIM, ident("two"), (1,))])])
    write(database, [act(objects=[said(three, three[2], gone=True)])])
    assert check(database, anchors, cells=[changed, two]).ok
    for wrong, told in (
        ([one, two], "not as event 1 left it"),
        ([changed], "is gone; event 0"),
        ([changed, two, three], "event 3 says that it was deleted"),
        ([changed, two, *cells_of((CLAIM, "new", {}))], "no event tells of it"),
    ):
        report = check(database, anchors, cells=wrong)
        assert [each.code for each in report.problems] == ["cell"]
        assert told in report.problems[0].text
        assert report.first_bad_seq is None
    assert check(database, anchors, cells=[]).ok
    assert len(check(database, anchors, cells=[], cell_tables=[CLAIM]).problems) == 2


@SQLITE
def test_a_group_is_compared_under_its_head_row(database: Engine, anchors: Path) -> None:
    members = cells_of((CLAIM, "head", {1: 5}), (LINE, "l1", {1: 2}), (LINE, "l2", {1: 3}))
    whole = group_digest(members)
    write(database, [act(objects=[Object(CLAIM, ident("head"), (), None, whole)])])
    assert check(database, anchors, cells=[(CLAIM, ident("head"), whole)]).ok
    other = group_digest([*members[:2], *cells_of((LINE, "l2", {1: 4}))])
    assert not check(database, anchors, cells=[(CLAIM, ident("head"), other)]).ok


def export_of(engine: Engine, path: Path, seqs=None) -> export.Manifest:
    with engine.connect() as connection:
        return export.write(connection, path, START, seqs)


@BOTH
def test_exports_verify_offline(signed: Engine, anchors: Path, tmp_path: Path) -> None:
    whole, chosen = tmp_path / "whole.zip", tmp_path / "chosen.zip"
    assert export_of(signed, whole).events == 12
    assert export_of(signed, chosen, [7, 2, 7]).events == 2
    assert verify(whole, [anchors], TRUSTED) == Report(True, 12, None, (), ())
    assert verify(chosen, [anchors], TRUSTED) == Report(True, 2, None, (), ())
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(chosen).extractall(folder)
    assert verify(folder, [anchors], TRUSTED).ok
    assert json.loads((folder / "manifest.json").read_text())["kind"] == "selected"
    assert sorted(each.name for each in (folder / "proofs").iterdir()) == ["2.tlog-proof", "7.tlog-proof"]
    stream = BytesIO()
    with signed.connect() as connection:
        export.write(connection, stream, START, [1])
    assert stream.getvalue().startswith(b"PK")


@SQLITE
def test_damaged_exports(signed: Engine, anchors: Path, tmp_path: Path) -> None:
    whole, chosen = tmp_path / "whole.zip", tmp_path / "chosen.zip"
    export_of(signed, whole)
    export_of(signed, chosen, [2, 7])

    def changed(source: Path, name: str, change) -> Report:
        folder = tmp_path / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        zipfile.ZipFile(source).extractall(folder)
        path = folder / name
        path.write_bytes(change(path.read_bytes()))
        return verify(folder, [anchors], TRUSTED)

    def lines(change):
        return lambda data: b"".join(change(data.splitlines(keepends=True)))

    assert changed(whole, "manifest.json", lambda data: data).ok
    edited = changed(whole, "events.jsonl", lambda data: data.replace(b'"R"', b'"U"', 1))
    assert (edited.first_bad_seq, codes(edited)) == (0, {"leaf"})
    assert changed(whole, "events.jsonl", lines(lambda rows: rows[:5] + rows[6:])).first_bad_seq == 5
    assert (
        changed(whole, "events.jsonl", lines(lambda rows: [*rows[:5], rows[6], rows[5], *rows[7:]])).first_bad_seq == 5
    )
    assert changed(whole, "leaves.bin", lambda data: data[:-32]).first_bad_seq == 11
    assert changed(whole, "leaves.bin", lambda data: data[:-1]).first_bad_seq == 11
    assert (
        changed(whole, "leaves.bin", lambda data: data[:64] + data[96:128] + data[64:96] + data[128:]).first_bad_seq
        == 2
    )
    assert codes(changed(whole, "checkpoint.txt", lambda data: data.replace(b"\n12\n", b"\n13\n"))) == {"signature"}
    assert codes(changed(whole, "manifest.json", lambda _: b"[]")) == {"file"}
    assert codes(changed(chosen, "events.jsonl", lambda data: data.replace(b'"R"', b'"U"', 1))) == {"proof"}
    assert codes(changed(chosen, "events.jsonl", lines(lambda rows: rows[:1]))) == {"file"}
    assert codes(changed(chosen, "events.jsonl", lambda data: data + b"{}\n")) == {"body"}
    assert codes(changed(chosen, "proofs/7.tlog-proof", lambda data: data.replace(b"index 7", b"index 6"))) == {"proof"}


@SQLITE
def test_what_cannot_be_exported(database: Engine, anchors: Path, tmp_path: Path) -> None:
    fill(database, 3, 3)
    with pytest.raises(LookupError, match="nothing is signed"):
        export_of(database, tmp_path / "x.zip")
    tick(database, anchors)
    fill(database, 1)
    for seqs in ([3], [-1]):
        with pytest.raises(LookupError, match="of 3 events"):
            export_of(database, tmp_path / "x.zip", seqs)


@SQLITE
def test_cosignatures_go_along_and_are_checked(signed: Engine, anchors: Path, tmp_path: Path) -> None:
    witness = VerifierKey.of("w1", KEY, COSIGNATURE)
    note = read_anchors(anchors)[0][-1].note
    line = cosign(parse_note(note).text, "w1", KEY, START)
    with signed.begin() as connection:
        signer.record_cosignatures(connection, 12, line, START, anchors)
    path = tmp_path / "whole.zip"
    export_of(signed, path)
    assert zipfile.ZipFile(path).read("checkpoint.txt").decode() == note + line
    assert verify(path, [anchors], TRUSTED, witness_keys=[witness]).ok
    anchor(anchors, note + cosign("another text\n", "w1", KEY, START), START)
    assert codes(verify(path, [anchors], TRUSTED, witness_keys=[witness])) == {"signature"}
