"""What a plan told us, said to the patient: what a visit will cost, or what to bring."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain import dates
from portal.domain.eligibility import CostShare, EligibilityAnswer, cost_share
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.services.coverage.showing import Cover, answer_id, bodies, covers_of, zone_of
from portal.services.coverage.words import percent
from portal.services.unit_of_work.work import UnitOfWork

_UNFOUND = frozenset({"58", "64", "65", "67", "71", "72", "73", "75", "76", "77", "78"})
"""AAA03 under which the payer does not know the patient by what is registered."""


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """What a plan told us."""

    payer_name: str
    lines: tuple[Text, ...]
    said: Text


def plans(uow: UnitOfWork, patient_id: bytes) -> tuple[OwnPlan, ...]:
    """What plans told us of a patient, first payer first; plans that said nothing clear are left out."""
    covers = covers_of(uow, patient_id)
    said = bodies(uow, [each.answer for each in covers if each.answer is not None])
    if not said:
        return ()
    zone = zone_of(uow, patient_id)
    found = (_own(each, said[answer_id(each)], zone) for each in covers if each.answer is not None)
    return tuple(one for one in found if one is not None)


def _own(cover: Cover, said: EligibilityAnswer, zone: str) -> OwnPlan | None:
    row = cover.answer
    day, payer = dates.today(row.received_at, zone), cover.payer_name
    if row.state == "active":
        lines = shares(cost_share(said.benefits)) or (T_("Your plan is active."),)
        text = T_("Your plan told us so on {day}. It decides what a visit costs you when it gets the claim.", day=day)
        return OwnPlan(payer, lines, text)
    if row.state == "inactive":
        text = T_("It says that it did not cover you on {about}. Please show us your present card.", about=row.on_date)
    elif row.state == "rejected" and set(row.reasons) & _UNFOUND:
        text = T_("It does not find you by what we have on record. Please show us your card, or call us.")
    else:
        return None
    return OwnPlan(payer, (text,), T_("Your plan told us so on {day}.", day=day))


def shares(cost: CostShare) -> tuple[Text, ...]:
    """What the patient pays, said to the patient."""
    found: list[Text] = []
    if cost.copays_cents:
        found.append(_copay(cost))
    if cost.shares:
        found.append(
            T_("You pay {percent} percent of what your plan allows for a service.", percent=percent(cost.shares[-1]))
            if cost.shares[-1]
            else T_("Your plan pays all of what it allows for a service.")
        )
    if cost.deductible_left_cents == 0:
        found.append(T_("Your deductible for this year is met."))
    elif cost.deductible_left_cents is not None:
        left = Money(cost.deductible_left_cents)
        found.append(T_("You pay the next {left} of this year yourself: that is left of your deductible.", left=left))
    elif cost.deductible_cents:
        found.append(T_("Your deductible is {whole} a year.", whole=Money(cost.deductible_cents)))
    if cost.out_of_pocket_left_cents is not None:
        left = Money(cost.out_of_pocket_left_cents)
        found.append(T_("The most you still pay this year for what your plan covers is {left}.", left=left))
    return tuple(found)


def _copay(cost: CostShare) -> Text:
    """One copay, or the lowest and highest where the payer names several."""
    low, high = Money(cost.copays_cents[0]), Money(cost.copays_cents[-1])
    if not high:
        return T_("You pay nothing for an office visit.")
    if low == high:
        return T_("You pay {sum} for an office visit.", sum=low)
    return T_("You pay {low} to {high} for an office visit.", low=low, high=high)
