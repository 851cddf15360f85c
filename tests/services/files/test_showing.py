"""Files as the office sees them: page by page, each with what came of it."""

from __future__ import annotations

import pytest

from portal.domain.errors import NotFound
from portal.services.encounters.importing import import_visits
from portal.services.files import showing
from portal.services.files.showing import PAGE_ROWS, ImportsPage
from tests.databases import World
from tests.make import visits as make


def listed(world: World, **edge: bytes) -> ImportsPage:
    with world.read("interchange:view", world.actor("charge-clerk")) as uow:
        return showing.listed(uow, **edge)


def test_files_are_listed_newest_first_page_by_page(world: World):
    clerk = world.actor("charge-clerk")
    for number in range(PAGE_ROWS + 3):
        world.clock.forward(minutes=number % 2)
        import_visits(world.units, clerk, None, f"file {number}", b"rubbish %d" % number)
    first = listed(world)
    assert len(first.files) == PAGE_ROWS
    assert (first.files[0].name in {f"file {PAGE_ROWS + 2}", f"file {PAGE_ROWS + 1}"}, first.newer) == (True, None)
    older = listed(world, before=bytes.fromhex(first.older or ""))
    assert (len(older.files), older.older) == (3, None)
    again = listed(world, after=bytes.fromhex(older.newer or ""))
    assert ([each.name for each in again.files], again.newer) == ([each.name for each in first.files], None)
    assert {each.name for each in first.files + older.files} == {f"file {n}" for n in range(PAGE_ROWS + 3)}
    assert first.may_upload


def test_a_file_tells_what_came_of_it(world: World):
    claims = make.some(3)
    clerk = world.actor("charge-clerk")
    made = import_visits(world.units, clerk, None, "visits.837", make.file(claims))
    again = import_visits(world.units, clerk, None, "again.837", make.file(claims, number=2))
    broken = import_visits(world.units, clerk, None, "broken.837", make.file(claims, number=3)[:700])
    with world.read("interchange:view", clerk) as uow:
        page, known, torn = (showing.show(uow, each.interchange_id) for each in (made, again, broken))
    assert (page.name, str(page.kind), page.state.code) == ("visits.837", "Visits or claims (837P)", "APPLIED")
    assert str(page.sentence) == "3 of 3 were taken in."
    assert [link.kind for link in page.links] == ["account"] * 3
    assert {finding.code for finding in page.findings} == {"payer-new"}
    assert str(known.sentence).startswith("All that is in it was known")
    assert torn.findings
    assert all(finding.segment is None or finding.segment > 0 for finding in torn.findings)


def test_a_file_of_nobody_is_not_found(world: World):
    with pytest.raises(NotFound), world.read("interchange:view", world.actor("biller")) as uow:
        showing.show(uow, bytes(16))
