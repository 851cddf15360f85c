"""Conversations as the office sees them: one with the account beside it, those beside an account, claim or denial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.access.policy import decide
from portal.domain.claims import Person
from portal.domain.documents import KINDS as DOCUMENT_KINDS
from portal.domain.documents import UPLOADS
from portal.domain.ledger import Line
from portal.domain.messages.life import CLOSINGS, KINDS, LIFE, TASK
from portal.domain.messages.tasks import AGREEMENTS, NEEDS, Told
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.queues import QUEUES
from portal.domain.statements.arithmetic import ServiceSums, service_sums
from portal.domain.statements.content import Sums
from portal.domain.texts import Text
from portal.models.ledger import LedgerLineRow
from portal.models.messages import ConversationRow
from portal.models.patients import PatientRow
from portal.models.queues import QueueItemRow
from portal.services import ledger, queues
from portal.services.intake.showing import State, colleague
from portal.services.messages import items, office
from portal.services.messages.items import ConversationItem, FileItem
from portal.services.unit_of_work.work import UnitOfWork, new_id

_MOST = 30


@dataclass(frozen=True, slots=True)
class OfficeMessage:
    """One message as the office reads it."""

    side: str
    by: str
    at: datetime
    words: str | None
    told: Told
    files: tuple[FileItem, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """Where a conversation lies in its queue, and with whom; ids are hex."""

    item_id: str
    holder: str | None
    mine: bool
    due_on: date
    days_left: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the account comes to now, and what a question is about, in the books."""

    owed: Money
    with_payers: Money
    credit: Money
    lines: tuple[Sums, ...]
    """The line asked about, or all of its visit put together; none where nothing is booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePage:
    """See `templates/staff/messages/show.html`."""

    conversation_id: str
    version: int
    kind: str
    kind_words: Text
    title: Text | str
    wrong: Text | None
    state: State
    closed: Text | None
    due_on: date | None
    patient_id: str
    patient_name: str
    statement_id: str | None
    messages: tuple[OfficeMessage, ...]
    figures: Figures
    held: Held | None
    new: bool
    """The patient wrote something that nobody of the office has opened."""
    closings: tuple[tuple[str, Text], ...]
    may_answer: bool
    may_close: bool
    form_key: str
    note_key: str


@dataclass(frozen=True, slots=True)
class AskPage:
    """See `templates/staff/messages/new.html`."""

    about: str
    about_id: str
    patient_id: str
    patient_name: str
    has_email: bool
    waits: bool
    """Something in a queue waits for the answer and is put off until then."""
    may_write: bool
    tasks: tuple[tuple[str, Text], ...]
    agreements: tuple[tuple[str, Text], ...]
    kinds: tuple[tuple[str, Text], ...]
    form_key: str


@dataclass(frozen=True, slots=True)
class MessagesPart:
    """What the macro `part_of` shows beside an account, a claim, a denial or an item."""

    about: str
    about_id: str
    items: tuple[ConversationItem, ...]
    may_ask: bool


def show(uow: UnitOfWork, conversation_id: bytes) -> OfficePage:
    """One conversation with the account's figures; raises NotFound."""
    row = uow.get(ConversationRow, conversation_id)
    said = items.messages(uow, row)
    names = {by: colleague(uow, by) for by in {each.by for each in said}}
    may = decide(uow.actor, "message:answer").allowed
    return OfficePage(
        conversation_id=row.id.hex(),
        version=row.version,
        kind=row.kind,
        kind_words=KINDS[row.kind],
        title=items.title(uow, row, items.place_of(uow, row)),
        wrong=items.wrong_words(row),
        state=State(row.state, LIFE.words[row.state]),
        closed=items.closed_words(row),
        due_on=row.due_on,
        patient_id=row.patient_id.hex(),
        patient_name=name_of(uow, row.patient_id),
        statement_id=row.statement_id.hex() if row.statement_id else None,
        messages=tuple(
            OfficeMessage(each.side, names[each.by], each.at, each.words, each.told, each.files) for each in said
        ),
        figures=figures(uow, row),
        held=_held(uow, row),
        new=items.is_new(row, office=True),
        closings=tuple(CLOSINGS[row.kind].items()),
        may_answer=may and row.kind != TASK,
        may_close=(may or (row.kind == TASK and decide(uow.actor, "task:ask").allowed)) and row.state != "CLOSED",
        form_key=new_id().hex(),
        note_key=new_id().hex(),
    )


def ask_page(uow: UnitOfWork, about: str, about_id: bytes) -> AskPage:
    """The form to write to a patient or ask for something; raises NotFound."""
    found = office.about_of(uow, about, about_id)
    patient = uow.get(PatientRow, found.patient_id)
    waits = found.table is not None and found.id is not None and bool(queues.open_of(uow, found.table, found.id))
    return AskPage(
        about, about_id.hex(), patient.id.hex(), name_of(uow, patient.id), patient.email_sealed is not None, waits,
        decide(uow.actor, "message:answer").allowed, tuple(NEEDS.items()),
        tuple((code, each.title) for code, each in AGREEMENTS.items()),
        tuple((code, DOCUMENT_KINDS[code]) for code in UPLOADS), new_id().hex(),
    )  # fmt: skip


def part(uow: UnitOfWork, patient_id: bytes) -> MessagesPart | None:
    """An account's conversations, the newest first; None for roles that see none."""
    if not decide(uow.actor, "message:view").allowed:
        return None
    return _part(uow, "patient", patient_id, ConversationRow.patient_id == patient_id)


def part_about(uow: UnitOfWork, about: str, about_id: bytes) -> MessagesPart | None:
    """What patients were asked for a claim or denial, the newest first; None for roles that see none."""
    if not decide(uow.actor, "message:view").allowed:
        return None
    row = ConversationRow
    return _part(uow, about, about_id, row.about_table == about, row.about_id == about_id)


def part_of_item(uow: UnitOfWork, item_id: bytes) -> MessagesPart | None:
    """What the patient was asked for an item of a queue; None for roles that see none, and an item about nobody."""
    if not decide(uow.actor, "message:view").allowed:
        return None
    item = uow.get(QueueItemRow, item_id)
    if item.patient_id is None or item.subject_table == "conversation":
        return None
    row = ConversationRow
    return _part(uow, "item", item_id, row.about_table == item.subject_table, row.about_id == item.subject_id)


def figures(uow: UnitOfWork, row: ConversationRow) -> Figures:
    """What the account comes to now, and the arithmetic of what is asked about, from the books."""
    line = LedgerLineRow
    payers = ledger.balance(uow, line.patient_id == row.patient_id, line.account == "receivable:payer")
    found: Sequence[ServiceSums] = ()
    if row.encounter_id is not None:
        where = line.charge_id == row.charge_id if row.charge_id else line.encounter_id == row.encounter_id
        booked = ledger.lines_of(uow, where, uow.within(line))
        found = service_sums(
            Line(each.account, int(each.amount_cents), charge_id=each.charge_id, claim_id=each.claim_id)
            for each in booked
        )
    return Figures(
        Money(ledger.owed_by_patient(uow, row.patient_id)), Money(payers),
        Money(ledger.credit_of_patient(uow, row.patient_id)), tuple(_sums(each) for each in found),
    )  # fmt: skip


def name_of(uow: UnitOfWork, patient_id: bytes) -> str:
    """A patient's name as lists write it."""
    row = uow.get(PatientRow, patient_id)
    names = (PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed)
    last, first, middle = (uow.read(row, column) or "" for column in names)
    return full_name(Person(last, first, middle))


def _sums(each: ServiceSums) -> Sums:
    return Sums(
        charged=Money(each.charged_cents), discount=Money(each.discount_cents), plan_paid=Money(each.plan_paid_cents),
        taken_off=Money(each.written_off_cents), with_plan=Money(each.with_plan_cents),
        you_paid=Money(each.you_paid_cents), you_owe=Money(each.owed_cents),
    )  # fmt: skip


def _held(uow: UnitOfWork, row: ConversationRow) -> Held | None:
    for item in queues.items_of(uow, row):
        if item.queue in QUEUES:
            holder = colleague(uow, item.holder_id.hex()) if item.holder_id else None
            mine = item.holder_id is not None and item.holder_id == uow.actor.user_id
            return Held(item.id.hex(), holder, mine, item.due_on, (item.due_on - uow.today()).days)
    return None


def _part(uow: UnitOfWork, about: str, about_id: bytes, *where: object) -> MessagesPart:
    row = ConversationRow
    wanted = uow.select(row).where(*where).order_by(row.opened_at.desc(), row.id).limit(_MOST)  # type: ignore[arg-type]  # conditions
    shown = items.conversations(uow, uow.entities(wanted), office=True)
    return MessagesPart(about, about_id.hex(), shown, decide(uow.actor, "task:ask").allowed)
