"""Notices of a step: planned within the hours, sent once or shown as uncertain, taken back when their bill moves on.

The gateway is called between units of work: intend, call with the notice's own key, record (DESIGN 3).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func

from portal.access.actors import Actor
from portal.domain.consents import EMAIL, LETTER, SMS
from portal.domain.dunning import Steps
from portal.domain.messages.mail import MailDelayed, MailRefused, MailUncertain
from portal.domain.notices import OPEN, NoticeFacts, may_go, ways, window
from portal.domain.statements.life import SIDES
from portal.models.dunning import NoticeRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import addresses, consents, outbox, policies, queues
from portal.services.dunning import letters
from portal.services.dunning.facts import Bill, bill_of, holds_of
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_WEEK = timedelta(days=7)
_TEMPLATES = {"PAST_DUE": "notice_past_due", "FINAL_NOTICE": "notice_final"}


@dataclass(frozen=True, slots=True)
class Message:
    """A notice as a gateway sends it; `parameters` name the practice and an address and nothing else."""

    key: str
    channel: str
    recipient: str
    template: str
    language: str
    parameters: dict[str, Any]


def plan(uow: UnitOfWork, row: StatementRow, bill: Bill, steps: Steps) -> list[NoticeRow]:
    """The notices of the step in which a bill now stands, one for each way; those that may not go say why."""
    patient = uow.get(PatientRow, row.patient_id)
    allowed = consents.allowed(uow, patient.id)
    return [
        _plan(uow, row, bill, steps, patient, channel, why) for channel, why in ways(row.state, steps, allowed)
    ]  # fmt: skip


def _plan(
    uow: UnitOfWork, row: StatementRow, bill: Bill, steps: Steps, patient: PatientRow, channel: str, why: str
) -> NoticeRow:
    practice = uow.get(PracticeRow, row.practice_id)
    why = why or _kept_back(uow, patient, channel, steps)
    at = uow.now if channel == LETTER else window(uow.now, practice.time_zone, steps)
    body = letters.body(uow, row, bill, steps, patient, practice) if channel == LETTER and not why else None
    made = uow.new(
        NoticeRow, practice_id=row.practice_id, patient_id=row.patient_id, statement_id=row.id, step=row.state,
        channel=channel, state="SUPPRESSED" if why else "PLANNED", why=why or None, planned_for=at, sent_at=None,
        template=_TEMPLATES[row.state], language=patient.language, recipient_sealed=None, body_sealed=body,
        text_digest=None, stop_digest=None, document_id=None, created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(made, reason=why or "planned")
    if not why and channel == LETTER:
        outbox.later(uow, "notice.paper", f"notice.paper:{made.id.hex()}", {"notice": made.id})
    elif not why:
        _later(uow, made)
    return made


def _later(uow: UnitOfWork, row: NoticeRow) -> None:
    """Ask for the sending; a key for each instant, as one that came outside the hours is planned anew."""
    key = f"notice.send:{row.id.hex()}:{row.planned_for.isoformat()}"
    outbox.later(uow, "notice.send", key, {"notice": row.id}, run_after=row.planned_for)


def _kept_back(uow: UnitOfWork, patient: PatientRow, channel: str, steps: Steps) -> str:
    """Why a message to a patient may not go now; empty where it may."""
    if patient.state == "DECEASED":
        return "deceased"
    if channel == LETTER:
        return "" if patient.address_sealed is not None else "no-address"
    if address(uow, patient, channel) is None:
        return "no-address"
    row = NoticeRow
    lately = uow.count(
        uow.select(row.id).where(
            row.patient_id == patient.id, row.channel.in_((EMAIL, SMS)),
            func.coalesce(row.sent_at, row.planned_for) > uow.now - _WEEK, row.state.in_(("SENT", "UNCERTAIN")),
        )
    )  # fmt: skip
    return "too-many" if lately >= steps.most_messages else ""


def address(uow: UnitOfWork, patient: PatientRow, channel: str) -> str | None:
    """Where a message of one kind goes."""
    return addresses.email_of(uow, patient) if channel == EMAIL else addresses.phone_of(uow, patient)


def intend(units: Units, parts: Parts, actor: Actor, notice_id: bytes) -> Message | None:
    """Mark a notice as being sent, and give it; None where it must not go, not now, or not again.

    One that was begun before and did not say how it ended is uncertain, and never repeated by itself.
    """
    with units.write(actor, "notice:send") as uow:
        row = uow.get(NoticeRow, notice_id)
        if row.state == "SENDING":
            _end(uow, row, "UNCERTAIN")
            return None
        if row.state != "PLANNED":
            return None
        statement, practice = uow.get(StatementRow, row.statement_id), uow.get(PracticeRow, row.practice_id)
        patient = uow.get(PatientRow, row.patient_id)
        gone = left_step(uow, statement, row)
        if gone:
            take_back(uow, row, gone)
            return None
        steps = policies.current(uow, row.practice_id, Steps)
        if not may_go(uow.now, practice.time_zone, steps):
            uow.change(row, planned_for=window(uow.now, practice.time_zone, steps))
            _later(uow, row)
            return None
        to = address(uow, patient, row.channel)
        why = "" if row.channel in consents.allowed(uow, patient.id) else "no-consent"
        why = why or _kept_back(uow, patient, row.channel, steps)
        if row.channel == SMS and parts.texter is None:
            why = why or "not-set-up"
        if why or to is None:
            uow.move(row, "SUPPRESSED", NoticeFacts(), reason=why)
            uow.change(row, why=why)
            _instead(uow, row)
            return None
        token = secrets.token_hex(16)
        uow.move(row, "SENDING", NoticeFacts())
        uow.change(row, recipient_sealed=to, stop_digest=digest_of(token))
        return Message(
            row.id.hex(), row.channel, to, row.template, patient.language,
            {"practice": practice.name, "url": parts.public_url, "stop": f"{parts.public_url}/stop/{token}"},
        )  # fmt: skip


def send(units: Units, parts: Parts, actor: Actor, notice_id: bytes) -> None:
    """The job of one message: at most once by itself. Raises MailDelayed, after which the job is tried again."""
    found = intend(units, parts, actor, notice_id)
    if found is None:
        return
    state, said = "SENT", None
    message: dict[str, Any] = {
        "recipient": found.recipient, "template": found.template, "language": found.language,
        "parameters": found.parameters, "key": found.key,
    }  # fmt: skip
    try:
        if found.channel == EMAIL:
            said = parts.mailer.send(**message)
        else:
            assert parts.texter is not None
            said = parts.texter.send(**message)
    except MailDelayed:
        _ended(units, actor, notice_id, "PLANNED", None)
        raise
    except MailRefused:
        state = "FAILED"
    except MailUncertain:
        state = "UNCERTAIN"
    _ended(units, actor, notice_id, state, said)


def _ended(units: Units, actor: Actor, notice_id: bytes, state: str, said: bytes | None) -> None:
    with units.write(actor, "notice:send") as uow:
        row = uow.get(NoticeRow, notice_id)
        if row.state == "SENDING":
            _end(uow, row, state, said)


def _end(uow: UnitOfWork, row: NoticeRow, state: str, said: bytes | None = None) -> None:
    uow.move(row, state, NoticeFacts())
    gone = state in {"SENT", "UNCERTAIN"}
    uow.change(
        row, sent_at=uow.now if gone else None, text_digest=said, why="turned-down" if state == "FAILED" else None
    )  # fmt: skip
    if state == "FAILED":
        _instead(uow, row)


def _instead(uow: UnitOfWork, row: NoticeRow) -> None:
    """Where nothing of a step went or will go, a letter goes: nobody is moved on unheard."""
    notice = NoticeRow
    uow.flush()
    others = uow.rows(
        uow.select(notice.state, notice.channel).where(
            notice.statement_id == row.statement_id, notice.step == row.step, notice.id != row.id
        )
    )
    if any(each.state in {*OPEN, "SENT", "UNCERTAIN"} or each.channel == LETTER for each in others):
        return
    statement = uow.get(StatementRow, row.statement_id)
    patient = uow.get(PatientRow, row.patient_id)
    steps = policies.current(uow, row.practice_id, Steps)
    _plan(uow, statement, bill_of(uow, statement), steps, patient, LETTER, "")


def again(uow: UnitOfWork, row: StatementRow, bill: Bill, steps: Steps) -> int:
    """Plan anew what was taken back while the bill stood still, now that it is in its step again; how many."""
    notice = NoticeRow
    taken = uow.entities(
        uow.select(notice).where(
            notice.statement_id == row.id, notice.step == row.state, notice.state == "WITHDRAWN"
        )
    )  # fmt: skip
    patient, practice = uow.get(PatientRow, row.patient_id), uow.get(PracticeRow, row.practice_id)
    for each in taken:
        letter = each.channel == LETTER
        uow.move(each, "PLANNED", NoticeFacts())
        uow.change(
            each, why=None, document_id=None, language=patient.language,
            planned_for=uow.now if letter else window(uow.now, practice.time_zone, steps),
            body_sealed=letters.body(uow, row, bill, steps, patient, practice) if letter else None,
        )  # fmt: skip
        if letter:
            outbox.later(
                uow, "notice.paper", f"notice.paper:{each.id.hex()}:{uow.now.isoformat()}", {"notice": each.id}
            )
        else:
            _later(uow, each)
    return len(taken)


def left_step(uow: UnitOfWork, statement: StatementRow, row: NoticeRow) -> str:
    """Why a notice's bill no longer stands in its step, as a code; empty where it does and nothing holds it."""
    if statement.state == "PAID":
        return "paid"
    if statement.state == "INSURANCE_PENDING":
        return "insurance-reopened"
    if holds_of(uow, statement, uow.today(statement.practice_id)) or statement.state in SIDES:
        return "held"
    return "" if statement.state == row.step else "moved"


def withdraw(uow: UnitOfWork, statement_id: bytes, why: str) -> int:
    """Take back every notice of a bill that has not gone; how many."""
    row = NoticeRow
    found = uow.entities(uow.select(row).where(row.statement_id == statement_id, row.state.in_(("PLANNED", "TO_MAIL"))))
    for each in found:
        take_back(uow, each, why)
    return len(found)


def take_back(uow: UnitOfWork, row: NoticeRow, why: str) -> None:
    """One notice does not go; `why` is a code of `domain.notices.WHY`."""
    uow.move(row, "WITHDRAWN", NoticeFacts(), reason=why)
    uow.change(row, why=why)
    queues.done(uow, row)


def digest_of(token: str) -> bytes:
    """How the token of a link is kept: 128 random bits need no key."""
    return hashlib.sha256(token.encode()).digest()


def stop_by(units: Units, actor: Actor, token: str) -> str | None:
    """End the agreement by which a message went, by the token in its link; the way that was stopped, or None.

    However often the link is used: what is stopped stays so, and is told alike.
    """
    if len(token) != 32 or not set(token) <= set("0123456789abcdef"):
        return None
    with units.read(actor, "notice:send") as uow:
        found = uow.row(
            uow.select(NoticeRow.id, NoticeRow.practice_id).where(NoticeRow.stop_digest == digest_of(token))
        )
    if found is None:
        return None
    with units.write(actor, "notice:send") as uow:
        row = uow.get(NoticeRow, found.id)
        consents.stop(uow, row.patient_id, row.channel, by="link")
        return row.channel


def stale(uow: UnitOfWork) -> list[bytes]:
    """Notices that have not gone although their bill has left the step: paid, stopped, moved on."""
    row, bill = NoticeRow, StatementRow
    found = uow.rows(
        uow.select(row.id)
        .join(bill, bill.id == row.statement_id)
        .where(uow.within(bill), bill.state != row.step, row.state.in_(("PLANNED", "TO_MAIL")))
    )
    return [each.id for each in found]


def settle(uow: UnitOfWork) -> int:
    """Take back what is stale; how many."""
    found = stale(uow)
    for id_ in found:
        row = uow.get(NoticeRow, id_)
        take_back(uow, row, left_step(uow, uow.get(StatementRow, row.statement_id), row) or "moved")
    return len(found)
