"""A queue page of 50 rows with sealed names, audited, against a plain twin: `python -m bench.queue_page [--items N]`.

100,000 items of 20,000 patients on SQLite. The twin stands only here: its own table with names in clear, the same
counts, the same template through the same Flask application and session, and no audit. Wanted: at most twice its time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from bench.timing import paired, spread
from portal import config, runtime
from portal.access.actors import system
from portal.app import create_app
from portal.domain.money import Money
from portal.domain.queues import QUEUES
from portal.domain.texts import T_
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services import practices, queues
from portal.services.unit_of_work.work import new_id
from portal.services.users import accounts, enrolment, grants, sessions
from portal.web.guard import opens
from portal.web.replies import Page
from tests.databases import settings_for
from tests.make.practices import practice

QUEUE = "rejected-claims"
ITEMS_A_PATIENT = 5
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
    actor = system("bench", practice_id=practice_id)
    ids = [new_id() for _ in range(items // ITEMS_A_PATIENT)]
    for start in range(0, len(ids), 2000):
        with running.units.write(actor, "patient:change") as uow:
            for at, id_ in enumerate(ids[start : start + 2000], start):
                uow.new(
                    PatientRow, id_=id_, last_name_sealed=f"Okonkwo{at}", first_name_sealed="Adaeze",
                    birth_date_sealed=date(1980, 2, 3), sex_sealed="F", mrn_sealed=f"M{at}",
                    account_number_sealed=f"A{at}", language="en_US", state="ACTIVE", created_at=uow.now,
                )  # fmt: skip
    rows = [
        {
            "id": new_id(), "practice_id": practice_id, "queue": QUEUE, "state": "OPEN", "subject_table": "claim",
            "subject_id": new_id(), "patient_id": ids[at % len(ids)], "payer_id": None, "reason": "A7",
            "detail": {"number": f"C{at:08d}", "code": "A7"}, "at_risk_cents": 14800 + at, "priority": 0,
            "due_on": date(2026, 11, 2) + timedelta(days=at % 300), "holder_id": None, "note_sealed": None,
            "created_at": _START, "done_at": None, "version": 1,
        }
        for at in range(items)
    ]  # fmt: skip
    for start in range(0, items, 10_000):
        with running.units.write(actor, "queue:assign") as uow:
            uow.insert(QueueItemRow, rows[start : start + 10_000])
    plain = [
        {"id": row["id"], "name": f"Adaeze Okonkwo{at % len(ids)}", "number": f"C{at:08d}",
         "cents": row["at_risk_cents"], "due": row["due_on"].isoformat(), "practice": practice_id,
         "created": _START.isoformat()}
        for at, row in enumerate(rows)
    ]  # fmt: skip
    with running.engine.begin() as connection:
        connection.execute(text(
            "CREATE TABLE bench_item (id BLOB PRIMARY KEY, practice BLOB, queue TEXT, state TEXT, name TEXT,"
            " number TEXT, cents INTEGER, due TEXT, holder BLOB, created TEXT)"
        ))  # fmt: skip
        connection.execute(
            text(
                f"INSERT INTO bench_item VALUES (:id, :practice, '{QUEUE}', 'OPEN', :name, :number, :cents, :due, NULL,"
                " :created)"
            ),
            plain,
        )
        connection.execute(text("CREATE INDEX bench_order ON bench_item (practice, queue, state, due, id)"))
        connection.execute(text("ANALYZE"))


def twin(app: Flask, running: runtime.Runtime, practice_id: bytes) -> None:
    """The same page from the plain table, public, told nowhere."""
    queue, today = QUEUES[QUEUE], running.parts.clock.now().date()
    counting = text(
        "SELECT count(id) FILTER (WHERE 1), count(id) FILTER (WHERE holder = :me), count(id) FILTER (WHERE holder IS"
        " NULL), count(id) FILTER (WHERE due <= :today) FROM bench_item WHERE practice = :practice AND queue = :queue"
        " AND state = 'OPEN'"
    )
    paging = text(
        "SELECT id, name, number, cents, due, created FROM bench_item WHERE practice = :practice AND queue = :queue"
        " AND state = 'OPEN' ORDER BY due, id LIMIT 51"
    )
    bound = {"practice": practice_id, "queue": QUEUE, "me": bytes(16), "today": today.isoformat()}

    @opens("a bench")
    def page(_desk: object) -> Page:
        with running.engine.execution_options(ro=True).connect() as connection:
            counts = connection.execute(counting, bound).one()
            found = connection.execute(paging, bound).all()[:50]
        rows = tuple(
            queues.QueueRow(
                row.id.hex(), "claim", row.id.hex(), row.number, row.name, None, queue.title, "A7", Money(row.cents),
                (running.parts.clock.now() - datetime.fromisoformat(row.created)).days, date.fromisoformat(row.due),
                (date.fromisoformat(row.due) - today).days, None, T_("Correct and send again"),
            )
            for row in found
        )  # fmt: skip
        views = tuple(
            queues.View(key, queues.VIEWS[key], number)
            for key, number in zip(("all", "mine", "unassigned", "due"), counts, strict=True)
        )
        said = T_("{n} item waits here.", "{n} items wait here.", n=counts[0])
        made = queues.QueuePage(QUEUE, queue.title, said, "all", views, rows, queue.empty, None, rows[-1].item_id)
        return Page("staff/queue.html", made)

    app.add_url_rule("/bench-twin", "bench_twin", page)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--items", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=60)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        running, practice_id, token = stage(Path(folder) / "home", given.items)
        app = create_app(running)
        twin(app, running, practice_id)
        client = app.test_client()
        client.set_cookie("sid", token)

        def ours() -> None:
            answer = client.get(f"/office/queues/{QUEUE}")
            assert answer.status_code == 200, answer.status_code
            assert answer.text.count("Okonkwo") >= 50

        def plain() -> None:
            answer = client.get("/bench-twin")
            assert answer.status_code == 200
            assert answer.text.count("Okonkwo") >= 50

        a, b, ratios = paired(ours, plain, rounds=given.rounds)
        print(f"{given.items:,} items: sealed and audited {a * 1000:.1f} ms, plain twin {b * 1000:.1f} ms a page")
        print(f"ratio: {spread(ratios)}; wanted at most 2")
        running.engine.dispose()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
