"""What was sent about bills and said on the telephone, as pages show it: every notice, also those that did not go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.access.policy import decide
from portal.domain.calls import OUTCOMES
from portal.domain.consents import CHANNELS, NOTICES
from portal.domain.money import Money
from portal.domain.notices import LIFE, WHY
from portal.domain.texts import Text
from portal.models.dunning import CallRow, NoticeRow
from portal.models.patients import PatientRow
from portal.models.statements import StatementRow
from portal.services import account_holds
from portal.services.dunning.facts import Bill, bill_of
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork

MOST = 100


@dataclass(frozen=True, slots=True)
class State:
    """A state by code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """One notice: what, by which way, when it went or goes, and why it did not."""

    notice_id: str
    title: Text
    channel: Text
    at: datetime
    gone: bool
    state: State
    why: Text | None
    document_id: str | None


@dataclass(frozen=True, slots=True)
class CallItem:
    """One call and what came of it; `words` only to whom the role opens them."""

    at: datetime
    outcome: Text
    words: str | None


@dataclass(frozen=True, slots=True)
class SentPart:
    """See `templates/staff/dunning/_sent.html`."""

    notices: tuple[NoticeItem, ...]
    calls: tuple[CallItem, ...]


@dataclass(frozen=True, slots=True)
class LetterPage:
    """See `templates/staff/dunning/letter.html`."""

    notice_id: str
    version: int
    patient_id: str
    name: str
    item: NoticeItem
    to_mail: bool
    may_mail: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Whose bill it is, and how it stands: what pages about one bill begin with."""

    statement_id: str
    version: int
    patient_id: str
    name: str
    number: str
    billed_on: date
    owed: Money
    phone: str | None
    language: str


def sent(uow: UnitOfWork, patient_id: bytes) -> tuple[NoticeItem, ...]:
    """Every notice to an account, the newest first: for the account's page, and for the patient's own."""
    account = account_holds.anchor(uow, patient_id)
    return _items(uow, (NoticeRow.patient_id.in_({account, patient_id}),))


def own(uow: UnitOfWork, patient_id: bytes) -> tuple[NoticeItem, ...]:
    """What went to a patient, for their own page; what did not go is the office's matter."""
    found = _items(uow, (NoticeRow.patient_id == patient_id, NoticeRow.state.in_(("SENT", "UNCERTAIN"))))
    return tuple(each for each in found if each.gone)


def part(uow: UnitOfWork, patient_id: bytes) -> SentPart | None:
    """What was sent and called, for the account's page; None where there is nothing."""
    account = account_holds.anchor(uow, patient_id)
    found = SentPart(sent(uow, patient_id), calls_of(uow, (CallRow.patient_id.in_({account, patient_id}),)))
    return found if found.notices or found.calls else None


def of_bill(uow: UnitOfWork, statement_id: bytes) -> SentPart:
    """The same of one bill."""
    return SentPart(
        _items(uow, (NoticeRow.statement_id == statement_id,)),
        calls_of(uow, (CallRow.statement_id == statement_id,)),
    )


def _items(uow: UnitOfWork, where: Sequence[Any]) -> tuple[NoticeItem, ...]:
    row = NoticeRow
    found = uow.entities(uow.select(row).where(*where).order_by(row.created_at.desc(), row.id).limit(MOST))
    return tuple(_item(each) for each in found)


def _item(row: NoticeRow) -> NoticeItem:
    return NoticeItem(
        row.id.hex(), NOTICES[row.step], CHANNELS[row.channel], row.sent_at or row.planned_for, row.sent_at is not None,
        State(row.state, LIFE.words[row.state]), WHY[row.why] if row.why else None,
        row.document_id.hex() if row.document_id else None,
    )  # fmt: skip


def calls_of(uow: UnitOfWork, where: Sequence[Any]) -> tuple[CallItem, ...]:
    """Calls that fit, the newest first; their words to whom makes calls."""
    row, opens = CallRow, decide(uow.actor, "call:make").allowed
    found = uow.entities(uow.select(row).where(*where).order_by(row.made_at.desc(), row.id).limit(MOST))
    return tuple(
        CallItem(each.made_at, OUTCOMES[each.outcome].text, uow.read(each, row.words_sealed) if opens else None)
        for each in found
    )


def letter(uow: UnitOfWork, notice_id: bytes) -> LetterPage:
    """One letter, to be mailed or kept back."""
    row = uow.get(NoticeRow, notice_id)
    patient = uow.get(PatientRow, row.patient_id)
    return LetterPage(
        row.id.hex(), row.version, row.patient_id.hex(), name_of(uow, patient), _item(row), row.state == "TO_MAIL",
        decide(uow.actor, "notice:send").allowed,
    )  # fmt: skip


def account(uow: UnitOfWork, row: StatementRow, bill: Bill | None = None) -> Account:
    """Whose bill it is and how it stands."""
    patient, found = uow.get(PatientRow, row.patient_id), bill or bill_of(uow, row)
    return Account(
        row.id.hex(), row.version, patient.id.hex(), name_of(uow, patient), found.content.number,
        found.content.made_on, Money(found.owed_cents), uow.read(patient, PatientRow.phone_sealed), patient.language,
    )  # fmt: skip
