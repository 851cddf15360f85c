"""What payers said, as the office and as patients read it, and the rules of asking again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.access.actors import Actor
from portal.domain.eligibility import Benefit, CostShare, Limit, Party, Rejection
from portal.domain.errors import NotFound, Refused
from portal.domain.remittances import Name
from portal.models.eligibility import EligibilityRuleRow
from portal.models.patients import PatientRow
from portal.services.coverage import own, rules, showing, words
from portal.services.coverage.showing import EligibilityPage, Told
from portal.services.unit_of_work.units import Denied
from tests.make import claims as make
from tests.services.coverage.desk import Desk
from tests.services.coverage.test_receiving import INACTIVE, take, told

RICH = (
    Benefit("1", "IND", ("30",), plan="GOLD PLAN"),
    Benefit("B", "IND", ("98", "UC"), amount_cents=2500, period="27", network="Y", messages=("PRIMARY CARE",)),
    Benefit("A", "IND", ("98",), share=Decimal("0.125"), authorization="Y"),
    Benefit("C", "IND", ("30",), amount_cents=150_000, period="23"),
    Benefit("C", "IND", ("30",), amount_cents=45_000, period="29"),
    Benefit("G", "IND", ("30",), amount_cents=90_000, period="29"),
    Benefit("F", service_types=("PT",), limits=(Limit("VS", Decimal(20), period="23"), Limit("ZZ", Decimal(2)))),
    Benefit("F", service_types=("Q9",), quantity_kind="DY", quantity=Decimal(3)),
    Benefit("R", parties=(Party("PRP", Name("LAKESHORE MUTUAL", identifier="LKM04"), phone="5555550100"),)),
)


def said(desk: Desk, *benefits: Benefit, **more: object) -> bytes:
    """A patient about whom the payer said this; the patient's id."""
    visit = desk.visit()
    desk.ask()
    take(desk, told(desk, *benefits, **more))  # type: ignore[arg-type]
    return visit.patient_id


def page(desk: Desk, patient_id: bytes, actor: Actor | None = None) -> EligibilityPage:
    with desk.world.read("eligibility:view", actor or desk.clerk) as uow:
        return showing.show(uow, patient_id)


def short(desk: Desk, patient_id: bytes) -> tuple[Told, ...]:
    with desk.world.read("account:view", desk.clerk) as uow:
        return showing.told(uow, patient_id)


def texts(desk: Desk, patient_id: bytes) -> list[list[str]]:
    """What the patient reads of each plan."""
    mine = replace(desk.world.actor("patient"), own_patients=frozenset({patient_id}), grants=(), practice_id=None)
    with desk.world.read("home:view", mine) as uow:
        return [[*map(str, plan.lines), str(plan.said)] for plan in own.plans(uow, patient_id)]


def test_the_account_says_in_short_what_the_patient_pays(desk: Desk):
    (found,) = short(desk, said(desk, *RICH))
    assert (found.state and found.state.code, found.about, found.said_on, found.waits_since) == (
        "ACTIVE", date(2026, 7, 20), date(2026, 8, 3), None,
    )  # fmt: skip
    assert [str(line) for line in found.lines] == [
        "Copay $25.00",
        "Coinsurance 12.5 %",
        "Deductible: $450.00 left of $1,500.00",
        "Out of pocket: $900.00 left",
        "Knows of another payer: Lakeshore Mutual",
    ]


def test_the_page_says_everything(desk: Desk):
    (found,) = page(desk, said(desk, *RICH)).coverages
    assert found.plan == "Gold Plan"
    rows = [(str(one.kind), [str(each) for each in one.services], str(one.value)) for one in found.benefits]
    assert len(rows) == 8
    assert rows[1] == ("Copay", ["office visit", "urgent care"], "$25.00, a visit")
    assert rows[7] == ("Limit", ["services Q9"], "3 days")
    assert [str(one) for one in found.benefits[2].notes] == ["the patient", "needs an authorization"]
    assert [str(one) for one in found.benefits[6].limits] == ["20 visits, a calendar year", "2 of ZZ"]
    assert found.benefits[1].messages == ("PRIMARY CARE",)
    assert [(str(one.role), one.name, one.phone) for one in found.parties] == [
        ("Pays first", "Lakeshore Mutual", "5555550100")
    ]
    assert [(one.asked_on, one.state.code) for one in found.history] == [(date(2026, 8, 3), "ACTIVE")]


def test_a_refusal_says_what_to_do_and_a_new_question_waits(desk: Desk):
    patient_id = said(desk, rejections=(Rejection("subscriber", "72", "C"),))
    (found,) = short(desk, patient_id)
    assert found.state is not None
    assert found.state.code == "REJECTED"
    assert "Compare the insurance card" in str(found.lines[0])
    assert len(page(desk, patient_id).coverages[0].problems) == 1
    desk.world.clock.forward(days=31)
    desk.ask()
    assert short(desk, patient_id)[0].waits_since == date(2026, 9, 3)


def test_a_payer_out_of_order_takes_nothing_back(desk: Desk):
    patient_id = said(desk, *RICH)
    desk.world.clock.forward(days=31)
    desk.ask()
    take(desk, told(desk, number=2, rejections=(Rejection("payer", "42", "R"),)))
    (found,) = short(desk, patient_id)
    assert found.state is not None
    assert found.state.code == "ACTIVE"


def test_before_anything_was_said(desk: Desk):
    visit = desk.visit()
    (found,) = short(desk, visit.patient_id)
    assert (found.state, found.waits_since, found.lines) == (None, None, ())
    assert page(desk, visit.patient_id).coverages[0].benefits == ()
    assert texts(desk, visit.patient_id) == []


def test_the_patient_reads_what_a_visit_costs(desk: Desk):
    assert texts(desk, said(desk, *RICH)) == [
        [
            "You pay $25.00 for an office visit.",
            "You pay 12.5 percent of what your plan allows for a service.",
            "You pay the next $450.00 of this year yourself: that is left of your deductible.",
            "The most you still pay this year for what your plan covers is $900.00.",
            "Your plan told us so on 2026-08-03. It decides what a visit costs you when it gets the claim.",
        ]
    ]


@pytest.mark.parametrize(
    ("benefits", "reason", "first"),
    [
        ((Benefit("1"),), "", "Your plan is active."),
        (INACTIVE, "", "It says that it did not cover you on 2026-07-20."),
        ((), "75", "It does not find you by what we have on record."),
        ((), "42", None),
        ((), "43", None),
        ((Benefit("V"),), "", None),
    ],
)
def test_the_patient_reads_only_what_is_clear(desk: Desk, benefits: tuple, reason: str, first: str | None):
    rejections = (Rejection("subscriber", reason),) if reason else ()
    found = texts(desk, said(desk, *benefits, rejections=rejections))
    assert [lines[0][: len(first or "")] for lines in found] == ([first] if first else [])


@pytest.mark.parametrize(
    ("cost", "office", "patient"),
    [
        (CostShare((0,)), ["Copay $0.00"], ["You pay nothing for an office visit."]),
        (CostShare((1000, 3000)), ["Copay $10.00 to $30.00"], ["You pay $10.00 to $30.00 for an office visit."]),
        (
            CostShare(shares=(Decimal(0),)),
            ["Coinsurance 0 %"],
            ["Your plan pays all of what it allows for a service."],
        ),
        (
            CostShare(deductible_cents=5000, deductible_left_cents=0),
            ["Deductible: $0.00 left of $50.00"],
            ["Your deductible for this year is met."],
        ),
        (CostShare(deductible_left_cents=700), ["Deductible: $7.00 left"],
         ["You pay the next $7.00 of this year yourself: that is left of your deductible."]),
        (CostShare(deductible_cents=5000), ["Deductible $50.00"], ["Your deductible is $50.00 a year."]),
    ],
)  # fmt: skip
def test_amounts_in_words(cost: CostShare, office: list[str], patient: list[str]):
    assert [str(text) for text in words.shares(cost)] == office
    assert [str(text) for text in own.shares(cost)] == patient


def test_others_see_nothing(desk: Desk):
    patient_id = said(desk, *RICH)
    with pytest.raises(Denied):
        page(desk, patient_id, desk.world.actor("coder"))
    with pytest.raises(NotFound):
        page(desk, b"x" * 16)


def test_rules_are_kept_per_payer(desk: Desk):
    visit = desk.visit()
    assert visit.payer_id is not None
    manager = desk.world.actor("billing-manager")

    def shown() -> tuple[int, list[int | None]]:
        with desk.world.read("eligibility:edit", manager) as uow:
            found = rules.show(uow)
            return found.days, [one.days for one in found.payers]

    def keep(days: str, own_days: str) -> None:
        with desk.world.write("eligibility:edit", manager) as uow:
            assert visit.payer_id is not None
            rules.keep(uow, days, {visit.payer_id: own_days, b"y" * 16: "5"})

    assert shown() == (30, [None])
    keep("20", " 7 ")
    assert shown() == (20, [7])
    keep("20", "")
    assert shown() == (20, [None])
    for wrong in ("", "0", "366", "1.5", "x", "03650", "9" * 5000):
        with pytest.raises(Refused) as refused:
            keep(wrong, "7")
        assert refused.value.code == "recheck-days"
    assert shown() == (20, [None])
    with desk.world.read("eligibility:edit", manager) as uow:
        assert uow.count(uow.select(EligibilityRuleRow.id)) == 1
    with pytest.raises(Denied), desk.world.write("eligibility:edit", desk.clerk):
        pass


def test_a_second_coverage_stands_behind_the_first(desk: Desk):
    visit = desk.visit()
    with desk.world.write("claim:edit") as uow:
        person = uow.get(PatientRow, visit.patient_id)
        make.visit(uow, person=person, payer_code="LKM04", state="CODED", cover={"rank": "S"})
    assert [one.payer_name for one in short(desk, visit.patient_id)] == ["Plan CBH03", "Plan LKM04"]
