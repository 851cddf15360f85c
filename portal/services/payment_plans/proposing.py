"""Proposing a plan, agreeing to it, changing, pausing and stopping it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain import payment_plans as rules
from portal.domain.charges import Owed
from portal.domain.errors import Refused
from portal.domain.payment_plans import STANDING, PlanFacts, Plans
from portal.domain.texts import T_
from portal.models.patients import PatientRow
from portal.models.payment_plans import PaymentConsentRow, PaymentPlanRow, PlanChargeRow, PlanInstalmentRow
from portal.services import account_holds, policies, queues
from portal.services.payment_plans.standing import (
    NOTHING,
    balanced,
    open_plan,
    paid_on,
    parts_of,
    running,
    standing_of,
    waits,
)
from portal.services.payments.owing import owed_charges
from portal.services.payments.showing import people_of, under_way
from portal.services.unit_of_work.work import UnitOfWork

HOW = ("ticked", "telephone", "paper")
_SHUT = frozenset({"BANKRUPT", "DECEASED_ESTATE"})
"""Holds under which nobody is asked to agree to pay (11 USC 362; the estate's own rules)."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The words that somebody agreed to, as they read or heard them, and how."""

    words: str
    language: str
    how: str = "ticked"


def propose(
    uow: UnitOfWork, patient_id: bytes, count: int, day: int, *, key: str, by_office: bool = False
) -> PaymentPlanRow:
    """A plan over all that an account owes now; the same form twice is one plan.

    It begins when it is agreed to; a plan that runs then ends as modified. Raises Refused (count, day, nothing-owed,
    under-way, no-plan).
    """
    people = people_of(uow, patient_id)
    held = uow.first(uow.select(PatientRow).where(PatientRow.id == people[0]).with_for_update())
    assert held is not None  # within reach a line above
    known = uow.first(
        uow.select(PaymentPlanRow).where(
            PaymentPlanRow.form_key == key, PaymentPlanRow.practice_id == held.practice_id,
            PaymentPlanRow.patient_id.in_(sorted(people)),
        )
    )  # fmt: skip
    if known is not None:
        return known
    owed = [each for each in owed_charges(uow, people) if each.open_cents > 0]
    _check_account(uow, held, people, owed)
    policy, total = policies.current(uow, held.practice_id, Plans), sum(each.open_cents for each in owed)
    review = rules.check(total, count, day, policy)
    if review and not by_office:
        raise Refused(T_("For more than {most} payments, call us.", most=policy.most), code="count")
    waiting = open_plan(uow, people, "PROPOSED", "PENDING_CONSENT")
    if waiting is not None:
        stop(uow, waiting, reason="replaced")
    before = running(uow, people)
    plan = uow.new(
        PaymentPlanRow, practice_id=held.practice_id, patient_id=people[0], state="PROPOSED", enrolled_cents=total,
        count=count, day=day, form_key=key, replaces_id=before.id if before else None,
        proposed_by=uow.actor.identity, proposed_at=uow.now, by_office=by_office,
    )  # fmt: skip
    uow.flush()
    _enrol(uow, plan, owed)
    uow.begin(plan)
    if review:
        queues.follow(uow, plan, reason="review", at_risk_cents=total, detail=waits("review"))
    else:
        uow.move(plan, "PENDING_CONSENT", PlanFacts(approved=True))
    return plan


def _check_account(uow: UnitOfWork, held: PatientRow, people: Sequence[bytes], owed: Sequence[Owed]) -> None:
    account, today = held.billed_with_id or held.id, uow.today(held.practice_id)
    holds = account_holds.standing(uow, [account], today).get(account, ())
    if _SHUT & {each.kind for each in holds}:
        raise Refused(T_("No plan can be made for this account now. Call us."), code="no-plan")
    if not owed:
        raise Refused(T_("Nothing is open that could be paid in parts."), code="nothing-owed")
    if under_way(uow, people):
        raise Refused(T_("A payment is on its way from the bank. Make the plan when it has arrived."), code="under-way")


def _enrol(uow: UnitOfWork, plan: PaymentPlanRow, owed: Sequence[Owed]) -> None:
    """The services with what is owed on each now, and the parts."""
    paid = paid_on(uow, [each.charge_id for each in owed])
    for each in owed:
        uow.new(
            PlanChargeRow, practice_id=plan.practice_id, plan_id=plan.id, patient_id=each.patient_id,
            charge_id=each.charge_id, encounter_id=each.encounter_id, cents=each.open_cents,
            paid_cents=paid.get(each.charge_id, 0),
        )  # fmt: skip
    parts = rules.schedule(plan.enrolled_cents, plan.count, plan.day, uow.today(plan.practice_id))
    for position, part in enumerate(parts, 1):
        uow.new(
            PlanInstalmentRow, practice_id=plan.practice_id, plan_id=plan.id, patient_id=plan.patient_id,
            position=position, due_on=part.due_on, cents=part.cents,
        )  # fmt: skip
    uow.flush()


def approve(uow: UnitOfWork, plan_id: bytes, *, version: int) -> PaymentPlanRow:
    """A manager agrees to a plan of many parts; the patient is asked next."""
    plan = uow.get(PaymentPlanRow, plan_id)
    uow.change(plan, expected_version=version)
    uow.move(plan, "PENDING_CONSENT", PlanFacts(approved=True))
    queues.done(uow, plan)
    return plan


def consent(uow: UnitOfWork, plan_id: bytes, agreed: Agreed, *, version: int) -> PaymentPlanRow:
    """Keep the words that were agreed to and begin: the account's bills wait; a plan that ran ends as modified.

    A plan that began already stays as it is. Raises Refused `guard:agreed` where what is owed has changed, or the first
    day has passed; Conflict for an older page.
    """
    plan = uow.get(PaymentPlanRow, plan_id)
    uow.first(uow.select(PatientRow).where(PatientRow.id == plan.patient_id).with_for_update())
    if plan.state in STANDING:
        return plan
    if agreed.how not in HOW or not agreed.words:
        raise Refused(T_("Say how it was agreed to."), code="how")
    uow.change(plan, expected_version=version, began_at=uow.now)
    people = people_of(uow, plan.patient_id)
    before = running(uow, people)
    alone = before is None or before.id == plan.replaces_id
    in_time = parts_of(uow, plan)[0].due_on >= uow.today(plan.practice_id)
    facts = PlanFacts(consented=True, balanced=in_time and balanced(uow, plan), alone=alone)
    if before is not None and alone:
        _end(uow, before, "MODIFIED", reason="replaced")
    uow.move(plan, "ACTIVE", facts)
    words = agreed.words
    uow.new(
        PaymentConsentRow, practice_id=plan.practice_id, patient_id=plan.patient_id, kind="plan", about_id=plan.id,
        language=agreed.language, words=words, digest=hashlib.sha256(words.encode()).digest(), how=agreed.how,
        given_by=uow.actor.identity, given_at=uow.now,
    )  # fmt: skip
    account_holds.hold(uow, plan.patient_id, "ON_PLAN", about=plan)
    return plan


def cancel(uow: UnitOfWork, plan_id: bytes, *, version: int, reason: str) -> PaymentPlanRow:
    """Stop a plan; what is left is owed as before, and its bills go on. Raises Conflict, Refused."""
    plan = uow.get(PaymentPlanRow, plan_id)
    uow.change(plan, expected_version=version)
    stop(uow, plan, reason=reason)
    return plan


def stop(uow: UnitOfWork, plan: PaymentPlanRow, *, reason: str) -> None:
    """The same for a plan in hand."""
    _end(uow, plan, "CANCELLED", reason=reason)


def suspend(uow: UnitOfWork, plan: PaymentPlanRow, *, reason: str) -> None:
    """Pause a plan: nothing is due, and its bills wait still."""
    uow.move(plan, "SUSPENDED", NOTHING, reason=reason)
    uow.change(plan, reason=reason, noticed_at=None)
    queues.done(uow, plan)


def resume(uow: UnitOfWork, plan: PaymentPlanRow) -> None:
    """Go on after a pause: what is open is due from the next such day of the month on, a month apart."""
    uow.move(plan, "ACTIVE", NOTHING)
    uow.change(plan, reason=None)
    today, parts = uow.today(plan.practice_id), parts_of(uow, plan)
    open_ = [row for row, part in zip(parts, standing_of(uow, plan), strict=True) if part.open_cents > 0]
    if not open_ or open_[0].due_on > today:
        return
    first = 0 if rules.on_day(today.year, today.month, plan.day) > today else 1
    for n, row in enumerate(open_):
        uow.change(row, due_on=rules.on_day(today.year, today.month + first + n, plan.day), reminded_at=None)


def _end(uow: UnitOfWork, plan: PaymentPlanRow, to: str, *, reason: str) -> None:
    uow.move(plan, to, NOTHING, reason=reason)
    finish(uow, plan, reason)
    queues.done(uow, plan)


def finish(uow: UnitOfWork, plan: PaymentPlanRow, reason: str) -> None:
    """A plan is over: its day and why are kept, and its account's clocks go on."""
    uow.change(plan, ended_at=uow.now, reason=reason)
    account_holds.end_about(uow, plan, reason=reason)
