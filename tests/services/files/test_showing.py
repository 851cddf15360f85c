"""Files as the office sees them: page by page, each with what came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.errors import NotFound
from portal.services.encounters.importing import import_visits
from portal.services.files import listing, reading, showing
from portal.services.files.listing import PAGE_ROWS, FileSearch, ImportsPage
from tests.databases import World
from tests.make import answers, remittances, work
from tests.make import claims as make_claims
from tests.make import visits as make
from tests.services.claims.office import Office


def listed(world: World, search: FileSearch | None = None, **edge: bytes) -> ImportsPage:
    with world.read("interchange:view", world.actor("charge-clerk")) as uow:
        return listing.listed(uow, search or FileSearch(), **edge)


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
    assert [link.kind for link in page.links.shown] == ["account"] * 3
    assert {finding.code for finding in page.findings} == {"payer-new"}
    assert str(known.sentence).startswith("All that is in it was known")
    assert torn.findings
    assert all(finding.segment is None or finding.segment > 0 for finding in torn.findings)


def test_a_file_of_nobody_is_not_found(world: World):
    with pytest.raises(NotFound), world.read("interchange:view", world.actor("biller")) as uow:
        showing.show(uow, bytes(16))


def test_the_list_is_narrowed_by_kind_state_partner_and_days_and_pages_stay_so(world: World):
    clerk = world.actor("charge-clerk")
    with world.write("partner:edit") as uow:
        partner = make_claims.partner(uow, world.practice_id)
    import_visits(world.units, clerk, None, "visits.837", make.file(make.some(1)))
    world.clock.forward(days=2)
    body = b"ISA*00*          *00*          *ZZ*P              *ZZ*O              *260803*1400*^*00501*1*0*T*:~IEA*0*1~"
    reading.set_aside(world.units, world.machine(), "odd.edi", body, partner_id=partner.id)
    day = world.clock.now().date()

    def names(**search: object) -> list[str]:
        return [each.name for each in listed(world, FileSearch(**search)).files]

    assert names() == ["odd.edi", "visits.837"]
    assert names(kind="837P") == names(state="APPLIED") == names(until=day - timedelta(days=1)) == ["visits.837"]
    assert (
        names(kind="other") == names(state="KEPT") == names(partner=partner.id.hex()) == names(since=day) == ["odd.edi"]
    )
    assert names(kind="837P", since=day) == []
    page = listed(world, FileSearch(kind="837P", since=day))
    assert (page.search.narrows, page.search.address) == (True, {"kind": "837P", "since": day.isoformat()})
    assert [words for _, words in page.partners] == ["Quick Clearing"]


def test_a_file_shows_its_parts_and_each_part_what_it_changed(world: World):
    office = Office.opened(world)
    claim = office.claim()
    office.send()
    era = remittances.file(remittances.payment(remittances.answer(remittances.sent(world))))
    whole = answers.statuses(office.sent(), ("A7:164:IL",)) + era
    taken = reading.take_in(world.units, world.machine("file.collect"), "both.edi", whole)
    work.drain(world)
    with world.read("interchange:view", world.actor("billing-manager")) as uow:
        page = showing.show(uow, taken.interchange_id)
        acks, money = (showing.show(uow, part) for part in taken.parts)
        (sent,) = (file for file in listing.listed(uow).files if file.direction == "out")
        out = showing.show(uow, bytes.fromhex(sent.interchange_id))
    assert (page.state.code, [part.state.code for part in page.parts]) == ("SPLIT", ["APPLIED", "APPLIED"])
    assert page.parts[0].last_segment + 1 == page.parts[1].first_segment
    assert (acks.whole, money.whole, page.whole) == (page.interchange_id, page.interchange_id, None)
    assert [(link.kind, link.target_id) for link in acks.links.shown] == [("claim", claim.hex())]
    assert str(acks.links.shown[0].words).endswith(", rejected")
    assert [link.kind for link in money.links.shown] == ["remittance"]
    assert [link.target_id for link in out.links.shown] == [claim.hex()]
    assert (acks.links.more, money.links.more, out.links.more) == (0, 0, 0)
