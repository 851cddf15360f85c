"""Calls to patients about bills: what to say, what came of one, and what follows from it; promises kept and broken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from portal.access.actors import Actor
from portal.domain.calls import MOST_PROMISE_DAYS, OUTCOMES, Promise, PromiseFacts
from portal.domain.dunning import Steps
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.dunning import CallRow, PromiseRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import account_holds, consents, policies, queues
from portal.services.dunning import showing
from portal.services.dunning.facts import bill_of
from portal.services.dunning.showing import Account, SentPart
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id

_WEEK = timedelta(days=7)
OFF_THE_LIST = frozenset(code for code, each in OUTCOMES.items() if not each.again_days and not each.hold)
"""Outcomes after which nobody calls about this bill again."""


@dataclass(frozen=True, slots=True)
class CallPage:
    """See `templates/staff/dunning/call.html`."""

    account: Account
    practice_name: str
    practice_phone: str
    birth_date: date
    address_line: str
    outcomes: tuple[tuple[str, Text], ...]
    sent: SentPart
    calls_this_week: int
    most_calls: int
    today: date
    last_promise_day: date
    key: str


def page(uow: UnitOfWork, statement_id: bytes) -> CallPage:
    """What to say in a call about a bill, and two identifiers to ask for before anything is told."""
    row = uow.get(StatementRow, statement_id)
    practice, patient = uow.get(PracticeRow, row.practice_id), uow.get(PatientRow, row.patient_id)
    address = uow.read(patient, PatientRow.address_sealed) or {}
    today = uow.today(row.practice_id)
    return CallPage(
        showing.account(uow, row), practice.name, practice.phone, uow.read(patient, PatientRow.birth_date_sealed),
        ", ".join(part for part in (address.get("line1", ""), address.get("postal_code", "")[:5]) if part),
        tuple((code, each.text) for code, each in OUTCOMES.items()), showing.of_bill(uow, row.id),
        _lately(uow, row.patient_id), policies.current(uow, row.practice_id, Steps).most_calls, today,
        today + timedelta(days=MOST_PROMISE_DAYS), new_id().hex(),
    )  # fmt: skip


def record(
    uow: UnitOfWork, statement_id: bytes, outcome: str, *, words: str, key: str, promised: Promise | None = None
) -> bool:
    """Keep a call and do what follows from it; False where this form kept it before.

    Raises Refused `outcome` for one that is none, `calls` where the account was called often enough this week.
    """
    row = uow.get(StatementRow, statement_id)
    if uow.row(uow.select(CallRow.id).where(CallRow.practice_id == row.practice_id, CallRow.key == key)) is not None:
        return False
    if outcome not in OUTCOMES:
        raise Refused(T_("Choose what came of the call."), code="outcome")
    steps, today = policies.current(uow, row.practice_id, Steps), uow.today(row.practice_id)
    if _lately(uow, row.patient_id) >= steps.most_calls:
        raise Refused(
            T_("They were called {n} times within a week. Wait before calling again.", n=steps.most_calls), code="calls"
        )
    meant = OUTCOMES[outcome]
    next_on = today + timedelta(days=meant.again_days) if meant.again_days else None
    made = uow.new(
        CallRow, practice_id=row.practice_id, patient_id=row.patient_id, statement_id=row.id, outcome=outcome,
        words_sealed=words.strip() or None, next_on=next_on, made_by=uow.actor.identity, made_at=uow.now, key=key,
    )  # fmt: skip
    uow.flush()
    _follow(uow, row, made, promised)
    for item in queues.items_of(uow, row):
        if item.queue == "calls" and next_on is not None:
            uow.change(item, put_off_until=next_on)
        elif item.queue == "calls":
            queues.done(uow, row)
    return True


def _follow(uow: UnitOfWork, row: StatementRow, made: CallRow, promised: Promise | None) -> None:
    """What a call sets going: a promise, a hold, a number that is none."""
    hold = OUTCOMES[made.outcome].hold
    if made.outcome == "promised":
        if promised is None:
            raise Refused(T_("Write how much they promise, and by which day."), code="pay_by")
        promise(uow, row, promised, made)
    elif made.outcome == "wrong-number":
        patient = uow.get(PatientRow, row.patient_id)
        consents.stop(uow, patient.id, "sms", by="office")
        uow.change(patient, phone_sealed=None)
    elif hold == "DISPUTED":
        account_holds.hold(uow, row.patient_id, hold, words=str(OUTCOMES[made.outcome].text))
    elif hold:
        account_holds.hold(uow, row.patient_id, hold)


def promise(uow: UnitOfWork, row: StatementRow, promised: Promise, call: CallRow | None = None) -> PromiseRow:
    """Keep a promise: the clock stands until its day. An earlier one about the same bill is replaced."""
    for before in _standing(uow, row.id):
        uow.move(before, "REPLACED", PromiseFacts())
        account_holds.end_about(uow, before, reason="replaced")
    made = uow.new(
        PromiseRow, practice_id=row.practice_id, patient_id=row.patient_id, statement_id=row.id,
        call_id=None if call is None else call.id, amount_cents=promised.amount_cents,
        owed_cents=bill_of(uow, row).owed_cents, pay_by=promised.pay_by, state="PROMISED",
        made_by=uow.actor.identity, made_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(made)
    account_holds.hold(uow, row.patient_id, "PROMISED", about=made, until=promised.pay_by)
    return made


def settle(units: Units, actor: Actor) -> int:
    """The daily look at promises: kept where the sum came off what was open, broken when their day is over."""
    with units.read(actor, "call:make") as uow:
        ids = [each.id for each in uow.rows(uow.select(PromiseRow.id).where(PromiseRow.state == "PROMISED"))]
        ended = [id_ for id_ in ids if _end_of(uow, uow.get(PromiseRow, id_)) is not None]
    for id_ in ended:
        with units.write(actor, "call:make") as uow:
            row = uow.get(PromiseRow, id_)
            to = _end_of(uow, row)
            if to is not None:
                uow.move(row, to, PromiseFacts(kept=to == "KEPT", over=to == "BROKEN"))
                account_holds.end_about(uow, row, reason=to.lower())
    return len(ended)


def _end_of(uow: UnitOfWork, row: PromiseRow) -> str | None:
    if row.state != "PROMISED":
        return None
    bill = uow.get(StatementRow, row.statement_id)
    left = 0 if bill.state == "PAID" else bill_of(uow, bill).owed_cents
    if row.owed_cents - left >= row.amount_cents or left == 0:
        return "KEPT"
    return "BROKEN" if uow.today(row.practice_id) > row.pay_by else None


def _standing(uow: UnitOfWork, statement_id: bytes) -> list[PromiseRow]:
    row = PromiseRow
    return uow.entities(uow.select(row).where(row.statement_id == statement_id, row.state == "PROMISED"))


def _lately(uow: UnitOfWork, patient_id: bytes) -> int:
    since = uow.now - _WEEK
    return uow.count(uow.select(CallRow.id).where(CallRow.patient_id == patient_id, CallRow.made_at > since))


def off_the_list(uow: UnitOfWork, row: StatementRow) -> bool:
    """Whether a call about this bill ended so that nobody calls about it again."""
    ended = uow.select(CallRow.id).where(CallRow.statement_id == row.id, CallRow.outcome.in_(sorted(OFF_THE_LIST)))
    return uow.row(ended) is not None
