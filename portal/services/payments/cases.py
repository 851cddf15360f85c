"""What the processor tells of a payment and a person has to look at: disputes to answer, refunds that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.domain import disputes, work
from portal.domain.claims import Person
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.payments import LIFE
from portal.domain.texts import T_, Text, from_json
from portal.models.patients import PatientRow
from portal.models.payments import CardDisputeRow, PaymentRow
from portal.services import queues
from portal.services.intake.showing import State
from portal.services.payments.receipts import Back, back_of
from portal.services.payments.showing import left_of, means_of
from portal.services.unit_of_work.work import UnitOfWork

NOTE_LETTERS = work.NOTE_LETTERS


@dataclass(frozen=True, slots=True)
class Dispute:
    """One dispute or inquiry; `answerable` while the processor takes an answer and nobody gave one."""

    dispute_id: str
    version: int
    amount: Money
    state: State
    reason: str
    told_at: datetime
    due_on: date | None
    days_left: int | None
    fee: Money
    answerable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """See `templates/staff/card_cases/show.html`."""

    payment_id: str
    patient_id: str
    patient_name: str
    amount: Money
    state: State
    means: Text
    paid_at: datetime | None
    receipt_number: str | None
    kept: Money
    left: Money
    """What the account owes now."""
    why: Text | None
    """Why it lies in the queue; None where it waits for nobody."""
    item_version: int
    disputes: tuple[Dispute, ...]
    back: tuple[Back, ...]


def case_page(uow: UnitOfWork, payment_id: bytes) -> CasePage:
    """A payment with all that the processor told of it later; raises NotFound out of reach."""
    row = uow.get(PaymentRow, payment_id)
    patient = uow.get(PatientRow, row.patient_id)
    last, first = (
        str(uow.read(patient, column) or "") for column in (PatientRow.last_name_sealed, PatientRow.first_name_sealed)
    )
    items = [item for item in queues.items_of(uow, row) if item.queue == "card-cases"]
    case = CardDisputeRow
    told = uow.entities(uow.select(case).where(case.payment_id == row.id).order_by(case.told_at, case.id))
    return CasePage(
        payment_id=row.id.hex(), patient_id=row.patient_id.hex(), patient_name=full_name(Person(last, first, "", "")),
        amount=Money(row.amount_cents), state=State(row.state, LIFE.words[row.state]), means=means_of(row),
        paid_at=row.settled_at, receipt_number=row.receipt_number,
        kept=Money(max(row.amount_cents - (row.back_cents or 0), 0)), left=left_of(uow, row),
        why=from_json(items[0].detail["text"]) if items else None, item_version=items[0].version if items else 0,
        disputes=tuple(_dispute(uow, each) for each in told), back=back_of(uow, row),
    )  # fmt: skip


def finish(uow: UnitOfWork, payment_id: bytes, *, version: int, note: str) -> None:
    """A person has dealt with what waited, and says how. Raises Refused `note`, Conflict for an older page."""
    row = uow.get(PaymentRow, payment_id)
    words = note.strip()
    if not words or len(words) > NOTE_LETTERS or "\0" in words:
        raise Refused(T_("Write in a sentence what you did, in at most {n} letters.", n=NOTE_LETTERS), code="note")
    for item in queues.items_of(uow, row):
        if item.queue == "card-cases":
            if item.reason in {"card-dispute", "card-inquiry"}:
                raise Refused(T_("This dispute still takes an answer. Answer it first."), code="dispute-open")
            queues.tell(uow, item, work.NOTE, words=words)
            uow.change(item, expected_version=version, state=queues.DONE, done_at=uow.now)


def payment_of(uow: UnitOfWork, dispute_id: bytes) -> bytes:
    """Whose dispute it is; raises NotFound out of reach."""
    return uow.get(CardDisputeRow, dispute_id).payment_id


def _dispute(uow: UnitOfWork, row: CardDisputeRow) -> Dispute:
    left = (row.evidence_due - uow.today(row.practice_id)).days if row.evidence_due else None
    answerable = row.state in {"NEEDS_RESPONSE", "WARNING"} and row.reason not in disputes.BANK_RETURNS
    return Dispute(
        row.id.hex(), row.version, Money(row.amount_cents), State(row.state, disputes.LIFE.words[row.state]),
        row.reason.replace("_", " "), row.told_at, row.evidence_due, left,
        Money(sum(fee for _, fee in row.moves.values())), answerable,
    )  # fmt: skip
