"""Appending: gapless, in order, equal to a serial rebuild, whoever writes at once; and finding again."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, delete, event, insert, select, update

from audit import log, table, tree
from audit.canonical import instant
from audit.event import Event, parse
from audit.table import audit_event, audit_head, audit_mark
from tests.audit.acts import START, act, fill, ident, write
from tests.audit.conftest import BOTH, SQLITE, drop_triggers, sqlite_engine


def assert_whole(engine: Engine, size: int) -> None:
    """Gapless, every leaf right, times in order, and the head equal to a rebuild from the bodies."""
    with engine.connect() as connection:
        stored = list(log.read(connection, 0, size + 10))
        head = connection.execute(select(audit_head)).one()
    assert [each.seq for each in stored] == list(range(size))
    said = [parse(each.body) for each in stored]
    assert [each["seq"] for each in said] == list(range(size))
    assert [each.leaf for each in stored] == [tree.leaf(each.body) for each in stored]
    times = [each["recorded"] for each in said]
    assert times == sorted(times)
    assert (head.size, head.last_recorded) == (size, times[-1])
    assert tree.Frontier.from_bytes(head.size, head.frontier).root() == tree.root([each.leaf for each in stored])


def write_many(engine: Engine, writer: int, count: int) -> None:
    for each in range(count):
        write(engine, [act(subjects=[ident(f"{writer}-{each}")])], START + timedelta(microseconds=each * 7))


def write_from_process(url: str, writer: int, count: int) -> None:
    engine = sqlite_engine(url) if "://" not in url else create_engine(url)
    write_many(engine, writer, count)
    engine.dispose()


@BOTH
def test_first_events(database: Engine) -> None:
    with database.begin() as connection:
        assert log.append(connection, [], START) == []
        assert log.append(connection, [act(), act()], START) == [0, 1]
        assert log.append(connection, [act()], START) == [2]
    assert_whole(database, 3)


@BOTH
def test_a_rolled_back_transaction_leaves_no_gap(database: Engine) -> None:
    write(database, [act()])
    with database.connect() as connection:
        log.append(connection, [act()], START)
        connection.rollback()
    assert write(database, [act()]) == [1]
    assert_whole(database, 2)


@BOTH
def test_when_the_clock_goes_back_time_in_the_log_does_not(database: Engine) -> None:
    write(database, [act()], START)
    write(database, [act()], START - timedelta(hours=1))
    write(database, [act()], START + timedelta(seconds=1))
    with database.connect() as connection:
        said = [parse(each.body) for each in log.read(connection, 0, 2)]
    assert [each["recorded"][11:19] for each in said] == ["15:00:00", "15:00:00", "15:00:01"]
    assert [each.get("clock", "-")[11:19] for each in said] == ["", "14:00:00", ""]


@BOTH
def test_parts_of_one_event_follow_each_other(database: Engine) -> None:
    subjects = [ident(str(each)) for each in range(501)]
    assert write(database, [act(), act(subjects=subjects), act()]) == [0, 1, 2, 3]
    assert_whole(database, 4)


@pytest.mark.slow
@BOTH
def test_T108_eight_threads_make_one_gapless_log(database: Engine) -> None:
    threads = [Thread(target=write_many, args=(database, each, 250)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert_whole(database, 2000)


@pytest.mark.slow
@BOTH
def test_T108_processes_make_one_gapless_log(database: Engine) -> None:
    sqlite = database.dialect.name == "sqlite"
    url = database.url.database if sqlite else database.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_from_process, args=(url, each, 100)) for each in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert [each.exitcode for each in writers] == [0] * 3
    assert_whole(database, 300)


@BOTH
def test_without_a_head_row_nothing_is_logged(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(delete(audit_head))
    with pytest.raises(RuntimeError, match="no head row"):
        write(database, [act()])


@SQLITE
def test_a_writer_that_holds_no_lock_is_found_out(database: Engine) -> None:
    """Without BEGIN IMMEDIATE the head may move between reading and writing; then the append refuses."""
    write(database, [act()])

    def moving(conn, cursor, statement, parameters, context, executemany):
        if statement.startswith("INSERT INTO audit_event"):
            cursor.execute("UPDATE audit_head SET size = 5")

    event.listen(database, "before_cursor_execute", moving)
    with pytest.raises(RuntimeError, match="grew"):
        write(database, [act()])


def hexed(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.hex()


def holds(said: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """The conditions of a search, said plainly."""
    practices = wanted.get("practices")
    return (
        all(said[key] == wanted[key] for key in ("actor", "action", "type", "outcome") if key in wanted)
        and ("subject" not in wanted or hexed(wanted["subject"]) in said["subjects"])
        and ("since" not in wanted or said["recorded"] >= instant(wanted["since"]))
        and ("until" not in wanted or said["recorded"] < instant(wanted["until"]))
        and said["seq"] < wanted.get("before_seq", 1000)
        and (practices is None or any(hexed(each) in said.get("practices", []) for each in practices))
    )


def some_history(engine: Engine) -> list[Event]:
    events = [
        act(
            actor=ident(f"u{n % 3}").hex() if n % 5 else "system:nightly",
            action="CRUDE"[n % 5],
            type="sign-in" if n % 11 == 0 else "rest",
            outcome=4 if n % 7 == 0 else 0,
            subjects=[ident(f"p{n % 4}"), ident(f"p{n % 6}")],
            practices=[ident(f"practice{n % 2}")] if n % 3 else [],
        )
        for n in range(90)
    ]
    with engine.begin() as connection:
        for n, each in enumerate(events):
            log.append(connection, [each], START + timedelta(minutes=n))
    return events


WANTED: list[dict[str, Any]] = [
    {},
    {"subject": ident("p3")},
    {"subject": ident("p5").hex(), "action": "R"},
    {"actor": ident("u1").hex()},
    {"actor": "system:nightly", "outcome": 4},
    {"actor": ident("u2").hex(), "subject": ident("p0")},
    {"type": "sign-in"},
    {"outcome": 4, "practices": [ident("practice1")]},
    {"practices": [ident("practice0"), ident("practice1").hex()]},
    {"practices": []},
    {"since": START + timedelta(minutes=20), "until": START + timedelta(minutes=30)},
    {"since": START + timedelta(minutes=39, seconds=1), "subject": ident("p1")},
    {"until": START + timedelta(minutes=50), "subject": ident("p1")},
    {"until": START},
    {"before_seq": 45, "subject": ident("p1")},
    {"before_seq": 7},
    {"limit": 5, "subject": ident("p2")},
    {"limit": 0},
    {"subject": ident("nobody")},
]


@BOTH
@pytest.mark.parametrize("indexed", [0, 40, 90])
def test_searching_finds_what_reading_all_finds(database: Engine, indexed: int) -> None:
    some_history(database)
    with database.begin() as connection:
        for _ in range(indexed // 10):
            log.index_events(connection, 10)
        mark = connection.scalar(select(audit_mark.c.seq).where(audit_mark.c.name == table.INDEX_MARK))
        assert mark == indexed
        whole = [parse(each.body) for each in log.read(connection, 0, 89)]
        for wanted in WANTED:
            expected = [said for said in reversed(whole) if holds(said, wanted)][: wanted.get("limit")]
            assert list(log.search(connection, **wanted)) == expected, wanted


@SQLITE
def test_a_damaged_row_stops_no_search(database: Engine) -> None:
    fill(database, 4, 4)
    drop_triggers(database)
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_event SET body = 'text' WHERE seq = 1")
        connection.exec_driver_sql("UPDATE audit_event SET body = x'7b7d' WHERE seq = 2")
        assert [said["seq"] for said in log.search(connection)] == [3, 0]


@BOTH
def test_the_index_fills_in_batches_and_anew(database: Engine) -> None:
    fill(database, 25, 5)
    with database.begin() as connection:
        assert [log.index_events(connection, 10) for _ in range(4)] == [10, 10, 5, 0]
        write_again = connection.execute(select(table.audit_subject)).all()
        log.clear_index(connection)
        assert log.index_events(connection) == 25
        assert connection.execute(select(table.audit_subject)).all() == write_again
        assert len(connection.execute(select(table.audit_actor)).all()) == 25


@BOTH
def test_searching_over_purged_bodies(database: Engine) -> None:
    fill(database, 30)
    with database.begin() as connection:
        connection.execute(insert(table.audit_purge).values(below=20, event_seq=29, purged_at="x"))
        connection.execute(update(audit_event).where(audit_event.c.seq < 20, audit_event.c.seq != 7).values(body=None))
        log.index_events(connection, 12)
        found = [said["seq"] for said in log.search(connection)]
        assert found == [*range(29, 19, -1), 7]
        log.index_events(connection)
        assert [said["seq"] for said in log.search(connection, subject=ident("p0"))] == [28, 21, 7]
        later = START + timedelta(minutes=22)
        assert [said["seq"] for said in log.search(connection, until=later)] == [21, 20, 7]


@SQLITE
def test_reading_goes_on_past_a_chunk(database: Engine) -> None:
    fill(database, 1203, 400)
    with database.begin() as connection:
        log.index_events(connection, 1100)
        assert [each.seq for each in log.read(connection, 1, 1201)] == list(range(1, 1202))
        assert [said["seq"] for said in log.search(connection)] == list(range(1202, -1, -1))
        everyone = [said["seq"] for said in log.search(connection, actor=ident("biller").hex())]
        assert everyone == list(range(1202, -1, -1))
