from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.services.claims import listing, showing
from portal.services.claims.listing import ClaimSearch
from tests.databases import World
from tests.make import answers
from tests.make import claims as make
from tests.services.claims.office import Office


def page(office: Office, **given) -> listing.ClaimsPage:
    search = ClaimSearch(**{name: given.pop(name) for name in ("state", "payer", "number") if name in given})
    with office.world.read("claim:view", office.biller) as uow:
        return listing.list_claims(uow, search, **given)


def test_names_sums_and_what_can_be_sent(office: Office):
    office.claim(last="Birch")
    office.claim(last="Ash", lines=(("12", 100),))
    found = page(office)
    assert sorted(one.patient_name for one in found.claims) == ["Mina Ash", "Mina Birch"]
    assert (found.count, found.total, found.ready, found.may_send) == (2, Money(15_100), 1, True)
    assert {one.state.code: one.findings for one in found.claims} == {"READY": 0, "DRAFT": 1}
    assert all(one.days_left == 166 for one in found.claims)


def test_fifty_to_a_page_forth_and_back_without_a_gap(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listing, "PAGE_ROWS", 2)
    for day in range(5):
        office.claim(last=f"P{day}", day=make.DAY - timedelta(days=day))
        if day == 1:  # two are filed: their limits press nobody any more
            office.send()
            office.answered(answers.statuses(office.sent()))
    first = page(office)
    second = page(office, before=first.older or "")
    third = page(office, before=second.older or "")
    names = [[one.patient_name for one in each.claims] for each in (first, second, third)]
    assert names == [["Mina P4", "Mina P3"], ["Mina P2", "Mina P0"], ["Mina P1"]]
    assert (first.newer, third.older) == (None, None)
    back = page(office, after=third.newer or "")
    assert (back.claims, back.older, back.newer) == (second.claims, second.older, second.newer)
    start = page(office, after=second.newer or "")
    assert (start.claims, start.newer) == (first.claims, None)


def test_beyond_what_is_counted_the_sum_is_left_out(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listing, "MOST", 1)
    office.claim()
    assert (page(office).count, page(office).total) == (1, Money(15_000))
    office.claim(last="Birch")
    assert (page(office).count, page(office).total) == (1, None)
    assert len(page(office).claims) == 2


def test_a_long_list_is_read_by_its_indexes_alone(sqlite_world: World):
    office = Office.opened(sqlite_world)
    office.claim()
    asked: list[str] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if "UNION ALL" in statement:
            plan = _connection.connection.execute("EXPLAIN QUERY PLAN " + statement, parameters).fetchall()
            asked.extend(str(row[3]) for row in plan)

    event.listen(sqlite_world.runtime.engine, "before_cursor_execute", note)
    page(office)
    reads = [one for one in asked if "claim" in one.split()]
    assert reads
    assert all("USING COVERING INDEX" in one and "state=?" in one for one in reads), reads


@pytest.mark.parametrize(
    "place", ["", "x", "1-20260101", "1-20260101-zz", "0-99999999-00", "2-20260101-00", "1-20260101-" + "f" * 400]
)
def test_a_place_that_is_none_is_left_out_of_account(office: Office, place: str):
    office.claim()
    assert len(page(office, before=place).claims) in {0, 1}
    assert page(office, after=place) is not None


def test_views_by_state_payer_and_number_of_any_version(office: Office):
    one, two = office.claim(), office.claim(last="Birch", payer_code="LKM04")
    office.send(only=one)
    number, payer = office.row(one).control, office.row(two).payer_id.hex()
    assert [each.claim_id for each in page(office, state="SUBMITTED").claims] == [one.hex()]
    assert [each.claim_id for each in page(office, payer=payer).claims] == [two.hex()]
    assert [each.claim_id for each in page(office, number=number.lower()).claims] == [one.hex()]
    assert page(office, number="C000").claims == ()
    assert len(page(office, state="nonsense", payer="nonsense").claims) == 2
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    with office.world.write("claim:edit", office.biller) as uow:
        from portal.services.claims import steps  # after the rejection, a new number

        steps.rework(uow, one, "coverage")
    assert [each.number for each in page(office, number=number).claims] == [office.row(one).control]
    assert number != office.row(one).control


def test_a_claim_without_a_known_limit_shows_the_assumed_one(office: Office):
    with office.world.write("claim:edit") as uow:
        make.payer(uow, filing_limit_days=0)
    office.claim()
    (one,) = page(office).claims
    assert (one.filing_due, one.days_left) == (date(2026, 10, 18), 76)


def test_the_limit_is_shown_until_the_payer_has_accepted_the_claim(office: Office):
    id_ = office.claim()
    office.send()
    office.world.clock.forward(days=160)
    (one,) = page(office).claims
    assert (one.state.code, one.days_left) == ("SUBMITTED", 6)
    with office.world.read("claim:view", office.biller) as uow:
        assert showing.show_claim(uow, id_).clock.tone == "wait"
    office.world.clock.forward(days=7)
    with office.world.read("claim:view", office.biller) as uow:
        assert showing.show_claim(uow, id_).clock.tone == "stop"
    office.answered(answers.statuses(office.sent(), ("A2:20:PR",)))
    (one,) = page(office).claims
    assert (one.state.code, one.filing_due) == ("ACCEPTED", None)


def test_another_practice_sees_none_of_it(office: Office):
    office.claim()
    other = Office(office.second_practice())
    found = page(other)
    assert (found.claims, found.count, found.ready) == ((), 0, 0)


@pytest.mark.parametrize("role", ["coder", "charge-clerk", "compliance-officer"])
def test_who_has_no_business_with_claims_sees_no_list(office: Office, role: str):
    with pytest.raises(Refused, match="no-role"), office.world.read("claim:view", office.world.actor(role)) as uow:
        listing.list_claims(uow)
