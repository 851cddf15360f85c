"""A patient's report of who looked: by day and person, and as a file that is checked without the store."""

from __future__ import annotations

import io
from datetime import timedelta
from zipfile import ZipFile

import pytest

from audit import report
from portal import runtime
from portal.domain.errors import NotFound, Refused
from portal.services.auditing import access_report, purging
from portal.services.auditing.access_report import Wanted
from tests.databases import World
from tests.services.auditing.test_oversight import key_of, look, owner, sign, somebody
from tests.services.test_unit_of_work import patient

ZONE = "America/Chicago"


def told(world: World, mine: bytes, **wanted) -> access_report.Report:
    with world.read("access-report:view", owner(mine)) as uow:
        return access_report.report_of(uow, mine, Wanted(**wanted), ZONE)


def taken(world: World, actor_of: bytes, about: bytes, **wanted) -> bytes:
    with world.units.read(owner(actor_of), "access-report:view", kind="export") as uow:
        return access_report.download(uow, about, Wanted(**wanted), ZONE, str, {"README.txt": b"how"}).body


def test_by_day_and_person_with_how_often_and_filters(world: World):
    nadia, derek = somebody(world, "biller", "Nadia Brandt"), somebody(world, "qa-auditor", "Derek Stone")
    with world.write("patient:change") as uow:
        mine, other = patient(uow).id, patient(uow, "Other", "M-2").id
    first = told(world, mine)
    assert first.days == (), "what our computers did is not among the people"
    for who in (nadia, nadia, derek, nadia):
        look(world, who, mine)
    world.clock.forward(days=1)
    look(world, nadia, mine)
    found = told(world, mine)
    newest, day = found.days
    said = "looked at your name and address"
    assert newest.day - day.day == timedelta(days=1)
    assert [(str(act.text), len(act.at)) for act in day.acts] == [
        (f"Nadia Brandt, who prepares our bills, {said} 3 times, so that your care is paid for.", 3),
        (f"Derek Stone, who checks our charges, {said} once, so that your care is paid for.", 1),
    ]  # fmt: skip
    assert [one.day for one in told(world, mine, until=day.day).days] == [day.day]
    assert [one.day for one in told(world, mine, since=newest.day).days] == [newest.day]
    everything = [str(act.text) for one in told(world, mine, machines=True).days for act in one.acts]
    assert any(each.startswith("You looked at the list of who looked") for each in everything)
    assert any(each.startswith("Our computer wrote your name and address once") for each in everything)
    with pytest.raises(NotFound), world.read("access-report:view", owner(mine)) as uow:
        access_report.report_of(uow, other, Wanted(), ZONE)

    with pytest.raises(Refused) as early:
        taken(world, mine, mine)
    assert early.value.code == "not-signed"
    with world.read("account:view", nadia) as uow:  # one look at two records names both
        uow.saw(mine, other)
    sign(world)
    look(world, nadia, mine)
    data = taken(world, mine, mine)
    checked = report.check(data, [key_of(world)])
    assert (checked.proved, checked.kept_back, checked.unsigned, checked.problems) == (5, 1, 1, ())
    with ZipFile(io.BytesIO(data)) as archive:
        assert not any(other.hex().encode() in archive.read(name) for name in archive.namelist())
        table = archive.read(report.TABLE).decode()
        assert table.count("Nadia Brandt") == 6
    with pytest.raises(NotFound):
        taken(world, mine, other)


def test_a_page_ends_with_a_whole_day(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access_report, "PAGE", 3)
    nadia = somebody(world, "biller", "Nadia Brandt")
    with world.write("patient:change") as uow:
        mine = patient(uow).id
    for days in (0, 1, 0, 1, 0):
        world.clock.forward(days=days)
        look(world, nadia, mine)
    first = told(world, mine)
    assert [len(act.at) for one in first.days for act in one.acts] == [2]
    second = told(world, mine, before=first.older)
    assert [len(act.at) for one in second.days for act in one.acts] == [2, 1]
    assert second.older is None


def test_what_was_let_go_is_said(world: World):
    nadia = somebody(world, "biller", "Nadia Brandt")
    with world.write("patient:change") as uow:
        mine = patient(uow).id
    look(world, nadia, mine)
    sign(world)
    assert told(world, mine).removed_before is None
    world.clock.forward(days=366 * 11)
    look(world, nadia, mine)
    engine = runtime.bare_engine(world.runtime.settings.database_owner_url)
    purging.purge(world.units, engine, world.machine("audit.purge"))
    engine.dispose()
    sign(world)
    found = told(world, mine)
    assert len(found.days) == 1
    assert found.removed_before is not None
    checked = report.check(taken(world, mine, mine), [key_of(world)])
    assert checked.removed_below > 0
    assert (checked.proved, checked.problems) == (1, ())
