"""Discounts by the practice's rules: off a bill that is paid at once, off a visit without coverage.

None touches what a plan asks of its member. Each is kept as a row with who gave it, when and why, and stands in the
books under a key of its own, so that it is given once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from portal.access.actors import Actor
from portal.domain.assistance.policy import WHY, Discounts, spread
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.statements.content import StatementContent, load
from portal.domain.texts import T_
from portal.domain.typed import plain
from portal.models.assistance import DiscountRow
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.statements import StatementRow
from portal.services import ledger, policies
from portal.services.assistance.books import OpenCharge, open_charges, take_back, take_off
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

BY_RULE = "by-rule"
PROMPT, SELF = "prompt-pay", "self-pay"
_GRACE_DAYS = 10
"""So long after its last day a bill is still looked at: money may be posted late that came in time."""
_MOST = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """What a patient saves by paying a whole bill by a day."""

    percent: int
    saved: Money
    to_pay: Money
    until: date


@dataclass(frozen=True, slots=True)
class _Reckoned:
    percent: int
    cents: int
    """What is taken off when the rest is paid."""
    until: date
    open: tuple[OpenCharge, ...]
    in_time_cents: int
    """What was still open of the bill at the end of its last day."""

    @property
    def open_cents(self) -> int:
        return sum(each.cents for each in self.open)


def offer(uow: UnitOfWork, statement_id: bytes) -> Offer | None:
    """What paying this bill at once saves; None where the practice has no such rule, for a plan's member, too late."""
    row = uow.get(StatementRow, statement_id)
    found = _reckon(uow, row)
    if found is None or uow.today(row.practice_id) > found.until or found.open_cents <= found.cents:
        return None
    return Offer(found.percent, Money(found.cents), Money(found.open_cents - found.cents), found.until)


def settle(units: Units, actor: Actor, patient_id: bytes) -> int:
    """The job after a payment: bills whose rest the offer covers, of this patient's account; how many."""
    with units.write(actor, "discount:give") as uow:
        row = StatementRow
        rows = uow.entities(
            uow.select(row).where(row.patient_id == patient_id).order_by(row.made_on.desc(), row.id).limit(_MOST)
        )
        return sum(_settle(uow, each) for each in rows)


def night(units: Units, actor: Actor) -> int:
    """Once a day: what a payment's job missed, visits without coverage, and those whose coverage turned up."""
    with units.write(actor, "discount:give") as uow:
        rules = policies.current(uow, uow.practice_id, Discounts)
        done = _coverage_found(uow)
        if rules.prompt_percent:
            since = uow.today() - timedelta(days=rules.prompt_days + _GRACE_DAYS)
            row = StatementRow
            rows = uow.entities(uow.select(row).where(row.made_on >= since).order_by(row.made_on).limit(_MOST))
            done += sum(_settle(uow, each) for each in rows)
        begins = rules.begins()
        if rules.self_percent and begins is not None:
            done += sum(_own(uow, id_, rules, BY_RULE, "") > 0 for id_ in _without_coverage(uow, begins))
        return done


def give(uow: UnitOfWork, encounter_id: bytes, reason: str, words: str = "") -> int:
    """Give a visit without coverage the practice's discount by hand; the cents, nought where it has it already.

    Raises Refused: `reason`, `insured` for what a plan asks of its member, `no-rule`, `nothing` to take off.
    """
    if reason not in WHY:
        raise Refused(T_("Choose why the discount is given."), code="reason")
    rules = policies.current(uow, uow.get(EncounterRow, encounter_id).practice_id, Discounts)
    if not rules.self_percent:
        raise Refused(T_("The practice has no such discount. A manager sets it under the rules."), code="no-rule")
    if _given(uow, f"{SELF}-{encounter_id.hex()}"):
        return 0
    if _insured(uow, [], encounter_id):
        raise Refused(
            T_("A plan has a part in this visit. What a plan asks of its member is not discounted."), code="insured"
        )
    cents = _own(uow, encounter_id, rules, reason, plain(words, "words", 500) or "")
    if not cents:
        raise Refused(T_("Nothing is open on this visit."), code="nothing")
    return cents


# Inside


def _reckon(uow: UnitOfWork, row: StatementRow) -> _Reckoned | None:
    rules = policies.current(uow, row.practice_id, Discounts)
    if not rules.prompt_percent:
        return None
    content = load(uow.read(row, StatementRow.content_sealed))
    charges = _of_bill(content)
    if not charges or _insured(uow, charges):
        return None
    until = content.made_on + timedelta(days=rules.prompt_days)
    in_time, forgiven = 0, False
    line = LedgerLineRow
    for each in ledger.lines_of(uow, line.charge_id.in_(charges), uow.within(line)):
        if each.account == "receivable:patient" and each.posted_on <= until:
            in_time += int(each.amount_cents)
        forgiven |= each.account.startswith("write-off:")
    if forgiven:  # a bill is lowered once: by help, by this, or by a person
        return None
    people = {bytes.fromhex(each.patient_id) for each in content.lines if each.patient_id} or {row.patient_id}
    still = [each for each in open_charges(uow, people) if each.charge_id in charges]
    return _Reckoned(rules.prompt_percent, rules.prompt(content.owed.cents), until, tuple(still), in_time)


def _of_bill(content: StatementContent) -> list[bytes]:
    """The charges of a bill that is the first to ask for all it names; none of any other."""
    asked = [each for each in content.lines if each.you_owe.cents]
    if content.opening.cents > 0 or any(not each.charge_id for each in asked):
        return []
    return sorted(bytes.fromhex(each.charge_id) for each in asked)


def _settle(uow: UnitOfWork, row: StatementRow) -> int:
    found = _reckon(uow, row)
    if found is None or not 0 < found.open_cents <= found.cents or found.in_time_cents > found.cents:
        return 0
    key = f"{PROMPT}-{row.id.hex()}"
    off = {each.charge_id: each for each in found.open}
    parts = spread({id_: each.cents for id_, each in off.items()}, found.open_cents)
    cents = take_off(uow, {off[id_]: part for id_, part in parts.items()}, PROMPT, key)
    _keep(uow, row.patient_id, PROMPT, key, found.percent, cents, BY_RULE, "", statement_id=row.id)
    return 1


def _own(uow: UnitOfWork, encounter_id: bytes, rules: Discounts, reason: str, words: str) -> int:
    key = f"{SELF}-{encounter_id.hex()}"
    visit = uow.get(EncounterRow, encounter_id)
    charges = open_charges(uow, [visit.patient_id], encounter_id=encounter_id)
    if not charges or _given(uow, key) or _insured(uow, [], encounter_id):
        return 0
    by_id = {each.charge_id: each for each in charges}
    parts = spread({id_: each.cents for id_, each in by_id.items()}, rules.own(sum(each.cents for each in charges)))
    if not parts:
        return 0
    cents = take_off(uow, {by_id[id_]: part for id_, part in parts.items()}, SELF, key)
    _keep(uow, visit.patient_id, SELF, key, rules.self_percent, cents, reason, words, encounter_id=encounter_id)
    return cents


def _keep(
    uow: UnitOfWork,
    patient_id: bytes,
    kind: str,
    key: str,
    percent: int,
    cents: int,
    reason: str,
    words: str,
    **of: bytes,
) -> None:
    uow.new(
        DiscountRow, patient_id=patient_id, kind=kind, percent=percent, cents=cents, reason=reason,
        words_sealed=words or None, given_by=uow.actor.identity, given_on=uow.today(), key=key, **of,
    )  # fmt: skip
    uow.flush()


def _given(uow: UnitOfWork, key: str) -> bool:
    row = DiscountRow
    return uow.row(uow.select(row.id).where(row.practice_id == uow.practice_id, row.key == key)) is not None


def _insured(uow: UnitOfWork, charges: Collection[bytes], encounter_id: bytes | None = None) -> bool:
    """Whether a plan ever had a part in these charges, or in this visit."""
    line = LedgerLineRow
    about = line.charge_id.in_(sorted(charges)) if encounter_id is None else line.encounter_id == encounter_id
    return uow.row(uow.select(line.id).where(about, line.payer_id.is_not(None))) is not None


def _without_coverage(uow: UnitOfWork, since: date) -> list[bytes]:
    """Visits whose charges were entered to the patient at once since a day, and that have no discount yet."""
    line, entry, given = LedgerLineRow, LedgerEntryRow, DiscountRow
    has = uow.select(given.encounter_id).where(given.kind == SELF, given.encounter_id.is_not(None))
    rows = uow.rows(
        uow.select(line.encounter_id)
        .join(entry, entry.id == line.entry_id)
        .where(
            uow.within(entry), entry.kind == "charge", entry.posted_on >= since, line.account == "receivable:patient",
            line.encounter_id.not_in(has),
        )
        .distinct()
        .limit(_MOST)
    )  # fmt: skip
    return sorted(row.encounter_id for row in rows)


def _coverage_found(uow: UnitOfWork) -> int:
    """A coverage turned up for a visit that was discounted as without one: the discount is taken back."""
    row = DiscountRow
    done = 0
    for each in uow.entities(uow.select(row).where(row.kind == SELF, row.ended_on.is_(None)).limit(_MOST)):
        if each.encounter_id is not None and _insured(uow, [], each.encounter_id):
            take_back(uow, each.key, "coverage-found")
            uow.change(each, ended_on=uow.today())
            done += 1
    return done
