"""A queue page of 50 rows with sealed names, audited: `python -m bench.queue_page [--items N] [--few N] [--many N]`.

First against a plain twin, 100,000 items of 20,000 patients on SQLite. The twin stands only here: its own tables with
names in clear, the same counts and choices, the same template through the same Flask application and session, and no
audit. Wanted: at most twice its time. Then one queue of a million items against one of ten thousand, page by page, in
several orders and deep in the list. Wanted: at most 1.3 times its time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import insert, text

from bench.timing import paired, spread
from portal import config, runtime
from portal.access.actors import system
from portal.app import create_app
from portal.domain.money import Money
from portal.domain.queues import QUEUES
from portal.domain.texts import T_
from portal.domain.work import VIEWS, Narrowing
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.queues import QueueItemRow
from portal.services import practices
from portal.services.unit_of_work.work import new_id
from portal.services.users import accounts, enrolment, grants, sessions
from portal.services.work import counts
from portal.services.work.filters import Colleague, Option, Options
from portal.services.work.lists import QueueRow
from portal.services.work.showing import QueuePage, View
from portal.web.guard import opens
from portal.web.replies import Page
from tests.databases import settings_for
from tests.make.practices import practice

QUEUE = "rejected-claims"
ITEMS_A_PATIENT = 5
MOST_PATIENTS = 20_000
"""However many items: what a page opens is real, and the engine finds a patient by its key."""
REASONS = ("A3", "A7", "coverage", "identity", "units")
_START = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


def stage(home: Path, items: int) -> tuple[runtime.Runtime, bytes, str]:
    """A store with a practice, a biller with a session, patients and items; returns the session's token."""
    settings = settings_for(home)
    runtime.migrate(settings)
    with runtime.running(settings) as first, first.units.write(system("setup"), "practice:edit") as uow:
        practices.found_installation(uow, first.roots, config.DEVELOPMENT)
    running = runtime.build(settings)
    with running.units.write(system("setup"), "practice:edit") as uow:
        practice_id = practices.add_practice(uow, running.roots, practice()).id
    with running.units.write(system("setup"), "user:invite") as uow:
        user = accounts.create_user(uow, email="noor@juniper.example", name="Noor Haddad", state="ACTIVE")
        uow.flush()
        grants.give(uow, user.id, "biller", practice_id=practice_id)
        enrolment.set_factor(uow, user.id, bytes(20))
        user_id = user.id
    form = sessions.open_form(running.units, address="127.0.0.1", agent="", data={}) or ""
    token = sessions.sign_in(
        running.units, form, user_id=user_id, assurance="aal2", method="bench", hat="work", practice_id=practice_id,
        lifetime=timedelta(hours=8),
    )  # fmt: skip
    people(running, practice_id, items)
    return running, practice_id, token


def people(running: runtime.Runtime, practice_id: bytes, items: int) -> None:
    """Patients with keys of their own, written as ever, and items about them, written as fast as the driver goes."""
    actor = system("bench", practice_id=practice_id)
    ids = [new_id() for _ in range(min(items // ITEMS_A_PATIENT, MOST_PATIENTS))]
    with running.units.write(system("bench"), "payer:edit") as uow:
        payers = [
            uow.new(PayerRow, code=f"P{at:03d}", name=f"Plan {at}", kind="CI", filing_limit_days=180, appeal_levels=[],
                    address=None, remittance_ids=[]).id
            for at in range(8)
        ]  # fmt: skip
    for start in range(0, len(ids), 2000):
        with running.units.write(actor, "patient:change") as uow:
            for at, id_ in enumerate(ids[start : start + 2000], start):
                uow.new(
                    PatientRow, id_=id_, last_name_sealed=f"Okonkwo{at}", first_name_sealed="Adaeze",
                    birth_date_sealed=date(1980, 2, 3), sex_sealed="F", mrn_sealed=f"M{at}",
                    account_number_sealed=f"A{at}", language="en_US", state="ACTIVE", created_at=uow.now,
                )  # fmt: skip
    table = QueueItemRow.__table__
    for start in range(0, items, 20_000):
        rows = [
            {
                "id": new_id(), "practice_id": practice_id, "queue": QUEUE, "state": "OPEN", "subject_table": "claim",
                "subject_id": new_id(), "patient_id": ids[at % len(ids)], "payer_id": payers[at % len(payers)],
                "reason": REASONS[at % len(REASONS)], "detail": {"number": f"C{at:08d}", "code": "A7"},
                "at_risk_cents": at * 7_919 % 900_000, "priority": at * 31 % 5_000,
                "due_on": date(2026, 11, 2) + timedelta(days=at % 300),
                "created_at": _START - timedelta(minutes=at % 90_000), "version": 1,
            }
            for at in range(start, min(start + 20_000, items))
        ]  # fmt: skip
        with running.engine.begin() as connection:
            connection.execute(insert(table), rows)


def plain(running: runtime.Runtime) -> None:
    """The twin's own table, in clear."""
    with running.engine.begin() as connection:
        connection.execute(text(
            "CREATE TABLE bench_item AS SELECT item.id, practice_id AS practice,"
                " 'Adaeze Okonkwo' || item.rowid AS name, 'C' || item.rowid AS number, at_risk_cents AS cents,"
                " due_on AS due, holder_id AS holder, reason, payer_id AS payer, created_at AS created"
                " FROM queue_item AS item"
            ))  # fmt: skip
        for columns in ("due", "holder, due", "reason, due", "payer, due"):
            name = "bench_" + columns.replace(", ", "_")
            connection.execute(text(f"CREATE INDEX {name} ON bench_item (practice, {columns}, id)"))


def twin(app: Flask, running: runtime.Runtime, practice_id: bytes) -> None:
    """The same page from the plain table, public, told nowhere."""
    queue, today = QUEUES[QUEUE], running.parts.clock.now().date()
    views = {
        "all": "1", "mine": "holder = :me", "unassigned": "holder IS NULL", "due": "due <= :today",
        "skipped": "due < '1970'",
    }  # fmt: skip
    within = "FROM bench_item WHERE practice = :practice"
    most = counts.MOST_OF_ONE + 1
    counting = text(
        "SELECT " + ", ".join(
            f"(SELECT count(*) FROM (SELECT id {within} AND {view} LIMIT {most}))" for view in views.values()
        )
    )  # fmt: skip
    paging = text(
        f"SELECT id, (SELECT payer.name FROM payer WHERE payer.id = payer) AS plan, name, number, cents, due, created"
        f" {within} ORDER BY due, id LIMIT 51"
    )
    reasons = text(
        f"WITH RECURSIVE seen(it) AS (SELECT min(reason) {within} UNION ALL SELECT (SELECT min(reason) {within}"
        " AND reason > seen.it) FROM seen WHERE it IS NOT NULL) SELECT it FROM seen WHERE it IS NOT NULL"
    )
    payers = text(
        f"SELECT hex(payer.id) AS id, name FROM payer WHERE EXISTS (SELECT 1 {within} AND payer = payer.id)"
        " ORDER BY name"
    )
    bound = {"practice": practice_id, "me": bytes(16), "today": today.isoformat()}

    @opens("a bench")
    def page(_desk: object) -> Page:
        with running.engine.execution_options(ro=True).connect() as connection:
            counted = connection.execute(counting, bound).one()
            found = connection.execute(paging, bound).all()[:50]
            why = connection.execute(reasons, bound).all()
            plans = connection.execute(payers, bound).all()
        rows = tuple(
            QueueRow(
                row.id.hex(), "claim", row.id.hex(), row.number, row.name, row.plan, queue.title, "A7",
                Money(row.cents),
                (running.parts.clock.now() - datetime.fromisoformat(row.created).replace(tzinfo=UTC)).days,
                date.fromisoformat(row.due), (date.fromisoformat(row.due) - today).days, None,
                T_("Correct and send again"),
            )
            for row in found
        )  # fmt: skip
        options = Options(
            tuple(Option(row.it, T_("{why} ({code})", why=queue.title, code=row.it)) for row in why),
            tuple(Option(row.id.lower(), T_("{name}", name=row.name)) for row in plans),
            (Colleague(bytes(16).hex(), "Noor Haddad"),),
        )
        shown = tuple(
            View(key, VIEWS[key], min(number, counts.MOST_OF_ONE), number > counts.MOST_OF_ONE)
            for key, number in zip(views, counted, strict=True)
        )
        said = T_("More than {n} items wait here.", n=shown[0].count)
        made = QueuePage(
            QUEUE, queue.title, said, Narrowing(), shown, (), options, rows, queue.empty, None, rows[-1].item_id, False,
            counts.MOST_OF_ONE, (),
        )  # fmt: skip
        return Page("staff/queue.html", made)

    app.add_url_rule("/bench-twin", "bench_twin", page)


def reader(running: runtime.Runtime, token: str) -> Callable[[str], None]:
    """Opens a page of a store's queue as the biller, and looks that it shows opened names."""
    app = create_app(running)
    client = app.test_client()
    client.set_cookie("sid", token)

    def read(query: str) -> None:
        answer = client.get(f"/office/queues/{QUEUE}{query}")
        assert answer.status_code == 200, answer.status_code
        assert answer.text.count("Okonkwo") >= 50

    return read


def deep(running: runtime.Runtime) -> str:
    """An item in the middle of the list, in hex."""
    with running.engine.execution_options(ro=True).connect() as connection:
        middle = "SELECT id FROM queue_item ORDER BY due_on, id LIMIT 1 OFFSET (SELECT count(*) / 2 FROM queue_item)"
        found: bytes = connection.execute(text(middle)).scalar_one()
        return found.hex()


def against_twin(folder: Path, items: int, rounds: int) -> None:
    running, practice_id, token = stage(folder, items)
    plain(running)
    app = create_app(running)
    twin(app, running, practice_id)
    client = app.test_client()
    client.set_cookie("sid", token)

    def open_(path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200, answer.status_code
        assert answer.text.count("Okonkwo") >= 50

    a, b, ratios = paired(lambda: open_(f"/office/queues/{QUEUE}"), lambda: open_("/bench-twin"), rounds=rounds)
    print(f"{items:,} items: sealed and audited {a * 1000:.1f} ms, plain twin {b * 1000:.1f} ms a page")
    print(f"ratio: {spread(ratios)}; wanted at most 2")
    running.engine.dispose()


def against_few(folder: Path, few: int, many: int, rounds: int) -> None:
    small, _, small_token = stage(folder / "few", few)
    large, _, large_token = stage(folder / "many", many)
    read_small, read_large = reader(small, small_token), reader(large, large_token)
    pages = {
        "by due day": ("", ""), "by amount": ("?sort=amount",) * 2, "by payer": ("?sort=payer",) * 2,
        "with nobody": ("?view=unassigned",) * 2,
        "half way down": (f"?after={deep(small)}", f"?after={deep(large)}"),
    }  # fmt: skip
    for name, (near, far) in pages.items():
        a, b, ratios = paired(lambda q=far: read_large(q), lambda q=near: read_small(q), rounds=rounds)  # type: ignore[misc]  # bound now, not later
        print(f"{many:,} items {name}: {a * 1000:.1f} ms, {few:,}: {b * 1000:.1f} ms a page, ratio: {spread(ratios)}")
    print("wanted at most 1.3")
    small.engine.dispose()
    large.engine.dispose()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--items", type=int, default=100_000)
    arguments.add_argument("--few", type=int, default=10_000)
    arguments.add_argument("--many", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=60)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        against_twin(Path(folder) / "twin", given.items, given.rounds)
        against_few(Path(folder), given.few, given.many, given.rounds)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
