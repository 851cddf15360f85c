"""Bills of the office through its pages: a run looked at, written, let go and handed to the printer; its rules."""

from __future__ import annotations

import io
import zipfile

import pytest

from portal.app import create_app
from tests.databases import World
from tests.make import accounts, work
from tests.web.staff.test_visits import at_work, form_of, place


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def test_a_run_is_written_looked_at_let_go_and_handed_to_the_printer_once(flask, world: World):
    accounts.owing(world)
    manager, biller = (at_work(flask, world, role) for role in ("billing-manager", "biller"))
    rules = place(manager, "statements.rules")
    typed = form_of(manager, rules, "Keep it") | {"by_hand": "1", "cycle_days": "30", "weekday": []}
    wrong = manager.post(rules, data=typed | {"cycle_days": "3"})
    assert wrong.status_code == 422
    assert "Write from 7 to 120 days between two bills." in wrong.text
    assert manager.post(rules, data=typed).status_code == 303
    assert manager.post(rules, data=typed | {"due_days": "14"}).status_code == 409, "an old page overwrites nothing"
    assert "A billing manager changes this." in biller.get(place(biller, "statements.rules")).text
    here = place(biller, "statements.run")
    started = biller.post(here, data=form_of(biller, here, "Write one bill"))
    again = biller.post(here, data=form_of(biller, here, "Write one bill"))
    assert again.status_code == 422
    assert "A run is being written just now." in again.text
    work.drain(world)
    progress = started.headers["Location"]
    page = biller.get(progress).text
    assert "1 bill is on paper and waits for you to let it go." in page
    assert "Every paper has gone to the printer." in biller.get(here).text
    assert biller.post(f"{progress}/release", data=form_of(biller, progress, "Let one bill go")).status_code == 303
    work.drain(world)
    assert "Every bill of this run went out." in biller.get(progress).text
    asked = form_of(biller, here, "Take the file for the printer")
    file = biller.post(place(biller, "statements.print"), data=asked)
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        assert archive.namelist() == ["00001.pdf", "list.csv"]
        assert archive.read("00001.pdf").startswith(b"%PDF-")
    once = biller.post(place(biller, "statements.print"), data=asked)
    assert (once.status_code, "gone to the printer already" in once.text) == (422, True)
    assert "Bills of" in biller.get(here).text


def test_who_codes_and_who_is_elsewhere_runs_no_bills(flask, world: World):
    accounts.owing(world)
    coder = at_work(flask, world, "coder")
    biller = at_work(flask, world, "biller")
    here = place(biller, "statements.run")
    assert coder.get(here).status_code == 403
    assert biller.get(here.replace("/run", f"/runs/{'0f' * 16}")).status_code == 404
