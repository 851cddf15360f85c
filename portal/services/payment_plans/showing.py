"""Plans as their patient and the office see them: what can be chosen, one plan by the books, those of an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.access.policy import decide
from portal.domain import payment_plans as rules
from portal.domain.money import Money
from portal.domain.payment_plans import LIFE, OPEN, STANDING, Instalment, Plans
from portal.domain.texts import T_, Text
from portal.models.patients import PatientRow
from portal.models.payment_plans import PaymentConsentRow, PaymentPlanRow
from portal.models.practices import PracticeRow
from portal.services import policies, queues
from portal.services.intake.showing import State
from portal.services.patients.account import name_of
from portal.services.payment_plans.standing import charges_of, open_plan, parts_of, running, standing_of
from portal.services.payments.owing import owed_charges
from portal.services.payments.paying import form_key
from portal.services.payments.showing import people_of
from portal.services.unit_of_work.work import UnitOfWork

FIRST_DAY = 15
HOW = {"telephone": T_("Told us on the telephone"), "paper": T_("Signed on paper")}


@dataclass(frozen=True, slots=True)
class Part:
    """One payment of a plan. `standing` is paid, part, late, due or cut (nothing is left to pay of it)."""

    number: int
    due_on: date
    asked: Money
    open: Money
    standing: str


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """A plan that can be chosen."""

    count: int
    each: Money
    last: Money
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """One plan by the books."""

    plan_id: str
    version: int
    state: State
    total: Money
    paid: Money
    cut: Money
    """What came off the balance otherwise: the plan paid more, or something was taken back."""
    left: Money
    count: int
    day: int
    parts: tuple[Part, ...]
    next_on: date | None
    next_sum: Money
    terms: Text
    """The words to agree to."""
    agreed_at: datetime | None
    agreed_words: str | None
    ended_at: datetime | None
    by_office: bool
    replaces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlansPage:
    """See `templates/patient/plans.html`."""

    owed: Money
    new: Money
    """What is owed beside the plan that runs."""
    day: int
    offers: tuple[PlanOffer, ...]
    least: Money
    form_key: str
    plans: tuple[PlanView, ...]
    """Those that are not over, then the last ones that are."""
    changing: bool
    running: bool


@dataclass(frozen=True, slots=True)
class OwnPlanPage:
    """See `templates/patient/plan.html`."""

    plan: PlanView
    form_key: str
    may_pay: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePlanPage:
    """See `templates/staff/plans/show.html`."""

    patient_id: str
    name: str
    owed: Money
    plans: tuple[PlanView, ...]
    form_key: str
    least: Money
    most: int
    most_reviewed: int
    may_approve: bool
    waits: bool
    """Whether the newest lies in the queue for somebody to finish."""


@dataclass(frozen=True, slots=True)
class PlansPart:
    """The plan of an account on its page, see `templates/staff/plans/_part.html`."""

    patient_id: str
    plan: PlanView | None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """For the patient's first page."""

    plan_id: str
    state: State
    left: Money
    next_on: date | None
    next_sum: Money


def own_plans(uow: UnitOfWork, patient_id: bytes, *, day: int = FIRST_DAY, changing: bool = False) -> OwnPlansPage:
    """What can be chosen, and what was."""
    people = people_of(uow, patient_id)
    practice_id = uow.get(PatientRow, patient_id).practice_id
    policy, today = policies.current(uow, practice_id, Plans), uow.today(practice_id)
    owed = sum(each.open_cents for each in owed_charges(uow, people))
    found = _plans(uow, people)
    standing = running(uow, people)
    in_plan = sum(each.open_cents for each in standing_of(uow, standing)) if standing else 0
    day = day if 1 <= day <= rules.LAST_DAY else FIRST_DAY
    open_ = any(each.state.code in OPEN for each in found)
    return OwnPlansPage(
        owed=Money(owed), new=Money(max(owed - in_plan, 0)) if standing else Money(0), day=day,
        offers=() if open_ and not changing else tuple(_offer(each) for each in rules.offers(owed, day, today, policy)),
        least=Money(policy.least_cents * 2), form_key=form_key(), plans=found, changing=changing,
        running=standing is not None,
    )  # fmt: skip


def own_plan(uow: UnitOfWork, plan_id: bytes) -> OwnPlanPage:
    """One plan, its schedule and the words of it."""
    found = view(uow, uow.get(PaymentPlanRow, plan_id))
    may = found.left if found.state.code in STANDING else Money(0)
    return OwnPlanPage(found, form_key(), may)


def payable(uow: UnitOfWork, plan_id: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...], int, int]:
    """(the people of its account, its visits, what is next to be paid, all that is left), for a payment of a plan."""
    plan = uow.get(PaymentPlanRow, plan_id)
    standing = standing_of(uow, plan) if plan.state in STANDING else ()
    next_ = rules.next_open(standing)
    visits = tuple(dict.fromkeys(each.encounter_id for each in charges_of(uow, plan)))
    return (
        people_of(uow, plan.patient_id), visits, next_.open_cents if next_ else 0,
        sum(each.open_cents for each in standing),
    )  # fmt: skip


def summary(uow: UnitOfWork, patient_id: bytes) -> PlanSummary | None:
    """The plan that runs or waits for a yes, in one line; None where there is none."""
    plan = open_plan(uow, people_of(uow, patient_id), "PENDING_CONSENT", *STANDING)
    if plan is None:
        return None
    found = view(uow, plan)
    return PlanSummary(found.plan_id, found.state, found.left, found.next_on, found.next_sum)


def office_page(uow: UnitOfWork, patient_id: bytes) -> OfficePlanPage:
    """The plans of an account, and the form to propose one."""
    patient = uow.get(PatientRow, patient_id)
    people = people_of(uow, patient_id)
    policy = policies.current(uow, patient.practice_id, Plans)
    found = _plans(uow, people)
    newest = uow.get(PaymentPlanRow, bytes.fromhex(found[0].plan_id)) if found else None
    return OfficePlanPage(
        patient_id=patient_id.hex(), name=name_of(uow, patient),
        owed=Money(sum(each.open_cents for each in owed_charges(uow, people))), plans=found, form_key=form_key(),
        least=Money(policy.least_cents), most=policy.most, most_reviewed=policy.most_reviewed,
        may_approve=decide(uow.actor, "plan:approve").allowed,
        waits=newest is not None and newest.state == "DEFAULTED" and bool(queues.items_of(uow, newest)),
    )  # fmt: skip


def part(uow: UnitOfWork, patient_id: bytes) -> PlansPart | None:
    """What an account's page shows of its plans; None for roles that see none."""
    if not decide(uow.actor, "plan:edit").allowed:
        return None
    plan = open_plan(uow, people_of(uow, patient_id))
    return PlansPart(patient_id.hex(), view(uow, plan) if plan else None)


def patient_of(uow: UnitOfWork, plan_id: bytes) -> bytes:
    """Whose plan it is; raises NotFound out of reach."""
    return uow.get(PaymentPlanRow, plan_id).patient_id


def view(uow: UnitOfWork, plan: PaymentPlanRow) -> PlanView:
    """One plan as it stands."""
    today = uow.today(plan.practice_id)
    standing = standing_of(uow, plan) if plan.state in (*STANDING, "COMPLETED") else _agreed(uow, plan)
    next_ = rules.next_open(standing) if plan.state in ("ACTIVE", "LATE", "PENDING_CONSENT") else None
    row = PaymentConsentRow
    given = uow.first(uow.select(row).where(row.about_id == plan.id, row.kind == "plan"))
    return PlanView(
        plan_id=plan.id.hex(), version=plan.version, state=State(plan.state, LIFE.words[plan.state]),
        total=Money(plan.enrolled_cents), paid=Money(sum(each.paid_cents for each in standing)),
        cut=Money(sum(each.cut_cents for each in standing)), left=Money(sum(each.open_cents for each in standing)),
        count=plan.count, day=plan.day,
        parts=tuple(_part(n, each, today) for n, each in enumerate(standing, 1)),
        next_on=next_.due_on if next_ else None, next_sum=Money(next_.open_cents if next_ else 0),
        terms=terms(uow, plan, standing), agreed_at=given.given_at if given else None,
        agreed_words=given.words if given else None, ended_at=plan.ended_at, by_office=plan.by_office,
        replaces=plan.replaces_id is not None,
    )  # fmt: skip


def terms(uow: UnitOfWork, plan: PaymentPlanRow, parts: Sequence[Instalment]) -> Text:
    """What is agreed to, in one paragraph."""
    practice = uow.get(PracticeRow, plan.practice_id).name
    return T_(
        "I agree to pay {total} to {practice} in {count} payments: {each} each month, the first on {first} and the "
        "last, of {rest}, on {last}. There is no interest and no fee. I may pay earlier or stop the plan at any time. "
        "If I miss payments, the practice tells me first; then the plan may end, and what is left is due. New bills "
        "are not part of this plan unless I agree again.",
        total=Money(plan.enrolled_cents), practice=practice, count=len(parts), each=Money(parts[0].cents),
        first=parts[0].due_on, rest=Money(parts[-1].cents), last=parts[-1].due_on,
    )  # fmt: skip


def _plans(uow: UnitOfWork, people: Sequence[bytes]) -> tuple[PlanView, ...]:
    row = PaymentPlanRow
    found = uow.entities(
        uow.select(row).where(row.patient_id.in_(sorted(people))).order_by(row.proposed_at.desc(), row.id).limit(10)
    )
    shown = [each for each in found if each.state in OPEN or each.began_at is not None or each.by_office]
    return tuple(view(uow, each) for each in shown)


def _agreed(uow: UnitOfWork, plan: PaymentPlanRow) -> tuple[Instalment, ...]:
    return tuple(Instalment(each.due_on, each.cents) for each in parts_of(uow, plan))


def _part(number: int, part: Instalment, today: date) -> Part:
    if part.open_cents == 0:
        standing = "paid" if part.asked_cents else "cut"
    elif part.due_on < today:
        standing = "late"
    else:
        standing = "part" if part.paid_cents else "due"
    return Part(number, part.due_on, Money(part.asked_cents), Money(part.open_cents), standing)


def _offer(offer: rules.Offer) -> PlanOffer:
    parts = offer.instalments
    return PlanOffer(
        offer.count, Money(parts[0].cents), Money(parts[-1].cents), parts[0].due_on, parts[-1].due_on
    )  # fmt: skip
