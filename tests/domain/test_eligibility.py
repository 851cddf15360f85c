"""Whether coverage stands by what a payer said of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.domain.eligibility import NOBODY, Benefit, CostShare, Dated, EligibilityAnswer, Party, Rejection, cost_share
from portal.domain.remittances import Name

DAY = date(2026, 3, 15)


def said(*benefits: Benefit, **more: object) -> EligibilityAnswer:
    return EligibilityAnswer(NOBODY, benefits=benefits, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("benefits", "state"),
    [
        ((), "unknown"),
        ((Benefit("1", service_types=("30",)),), "active"),
        ((Benefit("5"),), "active"),
        ((Benefit("6", service_types=("30",)),), "inactive"),
        ((Benefit("1", service_types=("30",)), Benefit("6", service_types=("MH",))), "active"),
        ((Benefit("6", service_types=("30",)), Benefit("1", service_types=("MH",))), "inactive"),
        ((Benefit("1", service_types=("98",)), Benefit("6", service_types=("MH",))), "active"),
        ((Benefit("6", service_types=("MH",)), Benefit("B", amount_cents=100)), "inactive"),
        ((Benefit("V"),), "unknown"),
    ],
)
def test_the_whole_plan_goes_before_single_services(benefits: tuple[Benefit, ...], state: str) -> None:
    assert said(*benefits).state(DAY) == state


@pytest.mark.parametrize(
    ("dates", "state"),
    [
        ([("346", date(2026, 1, 1), date(2026, 1, 1))], "active"),
        ([("346", date(2026, 4, 1), date(2026, 4, 1))], "inactive"),
        ([("346", DAY, DAY), ("347", DAY, DAY)], "active"),
        ([("347", date(2026, 3, 14), date(2026, 3, 14))], "inactive"),
        ([("291", date(2026, 1, 1), date(2026, 12, 31))], "active"),
        ([("291", date(2025, 1, 1), date(2025, 12, 31))], "inactive"),
        ([("307", date(2026, 4, 1), date(2026, 12, 31))], "inactive"),
        # A single day of the plan is the day that was asked for.
        ([("291", date(2026, 2, 1), date(2026, 2, 1))], "active"),
        ([("472", date(2020, 1, 1), date(2020, 1, 2)), ("347", None, None)], "active"),
    ],
)
def test_coverage_stands_within_its_days(dates: list[tuple[str, date | None, date | None]], state: str) -> None:
    spans = tuple(Dated(*one) for one in dates)
    assert said(Benefit("1"), dates=spans).state(DAY) == state
    assert said(Benefit("1", dates=spans)).state(DAY) == state
    assert said(Benefit("1"), dates=spans).state() == "active"


def test_one_of_two_spans_is_enough() -> None:
    ended = Benefit("1", dates=(Dated("347", date(2025, 12, 31), date(2025, 12, 31)),))
    assert said(ended, Benefit("1")).state(DAY) == "active"


def test_a_refusal_counts_when_nothing_is_said() -> None:
    refusal = (Rejection("subscriber", "75"),)
    assert said(rejections=refusal).state() == "rejected"
    assert said(Benefit("1"), rejections=refusal).state() == "active"


def test_plan_messages_and_parties_are_gathered_once() -> None:
    other, doctor = Party("PR", Name("OTHER PLAN")), Party("P3", Name("ROE", "ANN"))
    found = said(
        Benefit("L", parties=(doctor,), messages=("ONE",)),
        Benefit("R", plan="SECOND", parties=(other, Party("PR", NOBODY)), messages=("ONE", "TWO")),
        Benefit("1", plan="GOLD", parties=(other,)),
    )
    assert found.plan_name == "GOLD"
    assert found.messages == ("ONE", "TWO")
    assert found.primary_care == doctor
    assert found.other_payers == (other,)
    assert said(Benefit("R", plan="SECOND")).plan_name == "SECOND"


def test_what_a_patient_pays_is_read_from_the_closest_benefit() -> None:
    found = cost_share([
        Benefit("B", "IND", ("30",), amount_cents=9900),
        Benefit("B", "IND", ("98", "UC"), amount_cents=2500, network="Y"),
        Benefit("B", "IND", ("98",), amount_cents=4000),
        Benefit("B", "IND", ("98",), amount_cents=7500, network="N"),
        Benefit("A", "IND", ("30",), share=Decimal("0.2"), network="W"),
        Benefit("C", "IND", ("30",), period="23", amount_cents=150_000),
        Benefit("C", "FAM", ("30",), period="23", amount_cents=300_000),
        Benefit("C", "IND", ("30",), period="29", amount_cents=45_000),
        Benefit("C", "FAM", ("30",), period="29", amount_cents=9_000),
        Benefit("G", "FAM", (), period="29", amount_cents=80_000),
    ])  # fmt: skip
    assert found == CostShare((2500, 4000), (Decimal("0.2"),), 150_000, 45_000, None, 80_000)
    assert found.known


def test_nothing_said_of_money_is_nothing_known() -> None:
    assert not cost_share([Benefit("1", service_types=("30",)), Benefit("B", service_types=("MH",))]).known
    assert cost_share([Benefit("B", service_types=("MH",), amount_cents=1)], ("MH",)).copays_cents == (1,)
