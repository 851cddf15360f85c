"""Approvals in visits and days: read from a payer's file or typed, counted down by claims, given back, watched."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from portal.domain import limits
from portal.domain.authorizations import AuthorizationAnswer, Decision
from portal.domain.eligibility import Limit
from portal.domain.errors import Refused
from portal.domain.interchanges import ControlNumbers
from portal.models.authorizations import AuthorizationRow
from portal.models.claims import ClaimRow
from portal.models.patients import PatientRow
from portal.services.authorizations import deciding, receiving, typed, watching
from portal.services.claims import drafting
from portal.services.claims.building import as_domains
from portal.services.granted import counting
from portal.services.intake.lines import TypedLine
from portal.x12.authorizations.reading import read_requests
from portal.x12.authorizations.writing import write_decisions
from portal.x12.reader import read
from tests.databases import World
from tests.make import claims as make
from tests.make.claims import Visit
from tests.make.x12 import AT, PARTNER
from tests.services.authorizations.desk import DAY, NEEDS, Desk, opened


def limit(kind: str = "VS", quantity: int | None = 2, **more: object) -> Limit:
    return replace(Limit(kind, None if quantity is None else Decimal(quantity)), **more)  # type: ignore[arg-type]


def answered(desk: Desk, visit: Visit, one: Limit | None, *, units: int | None = None, together: Limit | None = None):  # type: ignore[no-untyped-def]
    """A request for one unit, from 1 August on, answered with a limit."""
    id_ = desk.ask(visit, services=(TypedLine("", NEEDS, units="1"),), first="2026-08-01", retroactive="overlooked")
    (request,) = read_requests(read(max(desk.folder.glob("out/**/*.278")).read_bytes())).requests
    (asked,) = request.services
    given = replace(asked, limit=one, units=None if units is None else Decimal(units))
    answer = AuthorizationAnswer(
        replace(request, services=(given,), limit=together), Decision("A1", "AUTH77", issued_on=DAY)
    )
    body = write_decisions([answer], partner=PARTNER, numbers=ControlNumbers(9, 9, 1), at=AT)
    receiving.import_answers(desk.world.units, desk.biller, "answer.278", body)
    return id_


def claim_on(desk: Desk, visit: Visit, day: date) -> bytes:
    with desk.world.write("claim:edit") as uow:
        found = make.visit(uow, person=uow.get(PatientRow, visit.patient_id), day=day, lines=((NEEDS, 10_000),) * 2)
        id_ = drafting.draft_for(uow, found.encounter_id).claim_id
        assert id_ is not None
        return id_


def taken(desk: Desk, claim: bytes) -> bool:
    """Whether the approval has room for a claim that is sent now; then it is counted."""
    with desk.world.write("claim:submit") as uow:
        row = uow.get(ClaimRow, claim)
        return not counting.count(uow, [(row, as_domains(uow, [row])[claim])])


def rest(desk: Desk, id_: bytes) -> list[str]:
    (service,) = desk.page(id_).services
    return [str(text) for text in service.limits.left] if service.limits else []


def give_back(desk: Desk, *claims: bytes) -> None:
    with desk.world.write("claim:submit") as uow:
        counting.give_back(uow, claims)


@pytest.fixture
def desk(world: World) -> Desk:
    found = opened(world)
    found.rule()
    return found


def test_visits_alone_decide_and_two_visits_of_a_day_are_one(desk: Desk):
    visit = desk.visit(lines=((NEEDS, 10_000), (NEEDS, 10_000)))
    id_ = answered(desk, visit, limit())
    page = desk.page(id_)
    assert (page.state.code, page.services[0].unlimited, rest(desk, id_)) == (
        "MODIFIED", True, ["2 of 2 visits left"],
    )  # fmt: skip
    same, second, third = desk.claim(visit), claim_on(desk, visit, DAY), claim_on(desk, visit, DAY + timedelta(1))
    for claim, left in ((same, 1), (second, 1), (third, 0)):
        assert taken(desk, claim)
        assert taken(desk, claim), "counted once, however often"
        assert rest(desk, id_) == [f"{left} of 2 visits left"]
    assert (desk.row(id_).state, desk.items(id_)[0][1]) == ("EXHAUSTED", "exhausted")
    fourth = claim_on(desk, visit, DAY + timedelta(2))
    assert desk.state_of_claim(fourth) == ("DRAFT", ["authorization-missing"] * 2)
    form = {"action": "modified", "number": "AUTH77", "units-1": "", "limit-1": "1", "measure-1": "VS"}
    with pytest.raises(Refused, match="units"), desk.writing() as uow:
        deciding.enter(uow, id_, typed.read_answer(form, "phone"))
    give_back(desk, same)
    assert rest(desk, id_) == ["0 of 2 visits left"], "the other claim of that day has it still"
    give_back(desk, second, third)
    assert (rest(desk, id_), desk.row(id_).state, desk.items(id_)) == (["2 of 2 visits left"], "MODIFIED", [])


def test_units_and_visits_both_hold_and_so_does_what_limits_all_together(desk: Desk):
    visit = desk.visit()
    id_ = answered(desk, visit, limit("VS", 9, unit="WK", rate=Decimal(2)), units=5, together=limit("DY", 3))
    assert rest(desk, id_) == ["9 of 9 visits left", "2 of 2 visits left this week"]
    claims = [claim_on(desk, visit, DAY + timedelta(n)) for n in (0, 1, 2, 7)]
    assert [taken(desk, claim) for claim in claims] == [True, True, False, False], "2 a week; then 5 units are not 6"
    page = desk.page(id_)
    assert page.together is not None
    assert [str(text) for text in page.together.left] == ["1 of 3 days left"]
    assert desk.left(id_) == [1]


def test_a_limit_that_is_not_counted_is_shown_as_written_and_watched(desk: Desk):
    visit = desk.visit()
    id_ = answered(desk, visit, limit("HS", 10))
    (service,) = desk.page(id_).services
    assert service.limits is not None
    assert (str(service.limits.text), service.limits.counted, desk.left(id_)) == ("“HSD*HS*10”", False, [1])
    assert [reason for _, reason, _ in desk.items(id_)] == ["limit"]
    assert "not counted here: “HSD*HS*10”" in str(desk.page(id_).waits)
    form = {"action": "modified", "number": "AUTH77", "units-1": "3"}
    with desk.writing() as uow:
        deciding.enter(uow, id_, typed.read_answer(form, "phone"))
    assert desk.page(id_).services[0].limits == service.limits, "no form can say it again, so it stands"
    with desk.writing() as uow:
        deciding.enter(uow, id_, typed.read_answer({**form, "dropped-1": "1"}, "phone"))
    assert (desk.page(id_).services[0].limits, desk.items(id_)) == (None, [])


def test_what_is_typed_counts_and_its_end_is_told_with_what_is_left(desk: Desk):
    visit = desk.visit()
    id_ = desk.draft(visit, first="2026-08-01", retroactive="overlooked")
    form = {
        "action": "approved", "number": "A1", "to": "2026-08-10", "units-1": "", "limit-1": "10", "measure-1": "VS",
        "per-1": "", "most-1": "2", "each-1": "WK",
    }  # fmt: skip
    for wrong in ({"limit-1": "two"}, {"limit-1": "0"}, {"most-1": "11"}, {"measure-1": "HS"}):
        with pytest.raises(Refused):
            typed.read_answer(form | wrong, "phone")
    with pytest.raises(Refused) as told:
        typed.read_answer(form | {"units-1": "0"}, "phone")
    assert "do not go together" in str(told.value.text)
    with desk.writing() as uow:
        deciding.enter(uow, id_, typed.read_answer(form, "phone"))
    assert taken(desk, desk.claim(visit))
    assert desk.page(id_).services[0].limits.typed == {  # type: ignore[union-attr]
        "measure": "VS", "limit": "10", "each": "WK", "most": "2", "per": "",
    }  # fmt: skip
    assert watching.watch(desk.world.units, desk.biller) in {0, 1}
    assert "9 of 10 visits left" in str(desk.page(id_).waits)


def test_claims_sent_at_once_do_not_overdraw_visits(desk: Desk):
    visit = desk.visit()
    id_ = answered(desk, visit, limit("VS", 1))
    claims = [claim_on(desk, visit, DAY + timedelta(n)) for n in range(2)]
    gate, done = threading.Barrier(2), []

    def send(claim: bytes) -> None:
        gate.wait()
        done.append(taken(desk, claim))

    threads = [threading.Thread(target=send, args=(claim,)) for claim in claims]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(done) == [False, True]
    assert rest(desk, id_) == ["0 of 1 visit left"]


def typed_form(desk: Desk, id_: bytes, **more: str) -> dict[str, str]:
    """The form of an answer as the page fills it; a choice that is not offered stands on the first that is."""
    (service,) = desk.page(id_).services
    assert service.limits is not None
    filled, stands = service.limits.typed, not service.limits.typed
    offered = {"measure": limits.MEASURES, "per": limits.PERIODS, "each": limits.PATTERNS}
    chosen = {
        name: value if (value := filled.get(name)) in codes else "WK" if name == "each" else next(iter(codes))
        for name, codes in offered.items()
    }
    form = {
        "action": "modified", "number": "AUTH77", "units-1": "" if service.granted is None else str(service.granted),
        "limit-1": filled.get("limit", ""), "most-1": filled.get("most", ""),
        **{f"{name}-1": value for name, value in chosen.items()}, **({"stands-1": "1"} if stands else {}),
    }  # fmt: skip
    return form | more


@pytest.mark.parametrize(
    "one",
    [
        limit("VS", 3, period="34", periods=Decimal(6)),
        limit("UN", 5, period="35"),
        limit("VS", 9, period="22"),
        limit("DY", 40, unit="YR", rate=Decimal(10)),
        limit("VS", 10, unit="WK", rate=Decimal("2.0")),
    ],
)
def test_a_limit_that_is_counted_holds_as_it_is_when_only_the_last_day_changes(desk: Desk, one: Limit):
    id_ = answered(desk, desk.visit(), one)
    before, form = desk.page(id_).services[0], typed_form(desk, id_, to="2026-11-30")
    with desk.writing() as uow:
        deciding.enter(uow, id_, typed.read_answer(form, "phone"))
    after = desk.page(id_).services[0]
    assert before.limits is not None
    assert after.limits is not None
    assert (after.limits.text, after.limits.left) == (before.limits.text, before.limits.left)
    assert (after.granted, after.unlimited) == (before.granted, before.unlimited)


def test_a_second_decision_waits_on_though_claims_take_of_a_limit_that_is_watched_or_use_it_up(desk: Desk):
    visit = desk.visit()
    id_ = answered(desk, visit, limit("HS", 10))
    with desk.writing() as uow:
        deciding.too_late(uow, uow.get(AuthorizationRow, id_), deciding.Answer("denied", "278"))
    assert taken(desk, desk.claim(visit))
    assert (desk.row(id_).state, [reason for _, reason, _ in desk.items(id_)]) == ("EXHAUSTED", ["again"])
