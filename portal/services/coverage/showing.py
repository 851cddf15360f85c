"""What payers said of a patient's coverages: in short for the account, and all of it on a page of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.access.policy import decide
from portal.domain import dates
from portal.domain.eligibility import Benefit, EligibilityAnswer, Party, cost_share
from portal.domain.patients import as_people_write
from portal.domain.texts import T_, Text
from portal.models.coverage import CoverageRow
from portal.models.eligibility import EligibilityAnswerRow, EligibilityQuestionRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow
from portal.services import realtime
from portal.services.coverage import words
from portal.services.coverage.bodies import of_json
from portal.services.coverage.due import PASSING
from portal.services.unit_of_work.work import UnitOfWork

_RANKS = "PST"
_HISTORY = 12
_AT_ONCE = timedelta(minutes=1)
"""So long a page looks again by itself for an answer in real time."""


@dataclass(frozen=True, slots=True)
class State:
    """How a coverage stands, by code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Told:
    """What was said last of one coverage, in short; nothing said yet has no state."""

    payer_name: str
    state: State | None
    said_on: date | None
    about: date | None
    """The day that was asked for."""
    lines: tuple[Text, ...]
    waits_since: date | None
    """A question that has no answer yet."""


@dataclass(frozen=True, slots=True)
class BenefitItem:
    """One benefit."""

    kind: Text
    services: tuple[Text, ...]
    value: Text | None
    notes: tuple[Text, ...]
    limits: tuple[Text, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartyItem:
    """Somebody the payer names."""

    role: Text
    name: str
    identifier: str
    phone: str


@dataclass(frozen=True, slots=True)
class Asking:
    """One question and what became of it."""

    asked_on: date
    about: date
    state: State


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """Everything that was said last of one coverage, and what was asked before."""

    told: Told
    plan: str
    group: str
    problems: tuple[Text, ...]
    """Why the payer refused, and what to do."""
    benefits: tuple[BenefitItem, ...]
    parties: tuple[PartyItem, ...]
    history: tuple[Asking, ...]


@dataclass(frozen=True, slots=True)
class EligibilityPage:
    """See `templates/staff/coverage/show.html`."""

    patient_id: str
    name: str
    coverages: tuple[CoverageAnswer, ...]
    may_ask: bool
    may_set: bool
    asking: bool
    """A payer that answers at once is being asked."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A coverage, the answer that counts for it, and the question that waits, as rows."""

    row: Any
    payer_name: str
    answer: Any
    waits: Any


def told(uow: UnitOfWork, patient_id: bytes) -> tuple[Told, ...]:
    """What was said last of each coverage of a patient, first payer first."""
    zone = zone_of(uow, patient_id)
    covers = covers_of(uow, patient_id)
    said = bodies(uow, [each.answer for each in covers if each.answer is not None])
    return tuple(_told(each, said, zone) for each in covers)


def show(uow: UnitOfWork, patient_id: bytes) -> EligibilityPage:
    """Everything that payers said of a patient's coverages; raises NotFound."""
    patient = uow.get(PatientRow, patient_id)
    zone = zone_of(uow, patient_id)
    covers = covers_of(uow, patient_id)
    said = bodies(uow, [each.answer for each in covers if each.answer is not None])
    asked = _history(uow, patient_id, zone)
    name = (uow.read(patient, column) for column in (PatientRow.first_name_sealed, PatientRow.last_name_sealed))
    return EligibilityPage(
        patient_id.hex(),
        " ".join(part for part in name if part),
        tuple(
            _answer(_told(each, said, zone), said.get(answer_id(each)), asked.get(each.row.id, ())) for each in covers
        ),
        decide(uow.actor, "eligibility:ask").allowed,
        decide(uow.actor, "eligibility:edit").allowed,
        _asking(uow, covers),
    )


def _asking(uow: UnitOfWork, covers: Collection[Cover]) -> bool:
    since = uow.now - _AT_ONCE
    fresh = any(each.waits is not None and each.waits.asked_at > since for each in covers)
    return fresh and realtime.service_of(uow, None) is not None


def answer_id(cover: Cover) -> bytes:
    """The answer that counts; empty for none."""
    return b"" if cover.answer is None else bytes(cover.answer.id)


def zone_of(uow: UnitOfWork, patient_id: bytes) -> str:
    """The time zone of the patient's practice."""
    found: str = uow.value(
        uow.select(PracticeRow.time_zone)
        .join(PatientRow, PatientRow.practice_id == PracticeRow.id)
        .where(PatientRow.id == patient_id, uow.within(PatientRow))
    )
    return found


def covers_of(uow: UnitOfWork, patient_id: bytes) -> list[Cover]:
    """Coverages, first payer first, each with the answer that counts and the question that waits."""
    rows = uow.rows(
        uow.select(CoverageRow.id, CoverageRow.patient_id, CoverageRow.rank)
        .add_columns(PayerRow.name.label("payer_name"))
        .join(PayerRow, PayerRow.id == CoverageRow.payer_id)
        .where(CoverageRow.patient_id == patient_id)
    )
    answer, question = EligibilityAnswerRow, EligibilityQuestionRow
    answers: dict[bytes, Any] = {}
    for row in uow.rows(
        uow.select(
            answer.id, answer.coverage_id, answer.state, answer.reasons, answer.on_date, answer.asked_at,
            answer.received_at,
        )
        .where(answer.patient_id == patient_id)
        .order_by(answer.asked_at, answer.number)
    ):  # fmt: skip
        # A payer that was out of order takes nothing back of what it said before.
        if row.coverage_id not in answers or not (row.state == "rejected" and set(row.reasons) & PASSING):
            answers[row.coverage_id] = row
    waits: dict[bytes, Any] = {}
    for row in uow.rows(
        uow.select(question.coverage_id, question.asked_at)
        .where(question.patient_id == patient_id, question.state == "ASKED")
        .order_by(question.asked_at)
    ):
        waits[row.coverage_id] = row
    ordered = sorted(rows, key=lambda row: (_RANKS.find(row.rank), row.id))
    return [Cover(row, row.payer_name, answers.get(row.id), waits.get(row.id)) for row in ordered]


def bodies(uow: UnitOfWork, answers: Collection[Any]) -> dict[bytes, EligibilityAnswer]:
    """What was said, opened."""
    ids = sorted(row.id for row in answers)
    if not ids:
        return {}
    rows = uow.entities(uow.select(EligibilityAnswerRow).where(EligibilityAnswerRow.id.in_(ids)))
    return {row.id: of_json(uow.read(row, EligibilityAnswerRow.body_sealed)) for row in rows}


def _told(cover: Cover, said: Mapping[bytes, EligibilityAnswer], zone: str) -> Told:
    row, waits = cover.answer, cover.waits
    since = None if waits is None else dates.today(waits.asked_at, zone)
    if row is None:
        return Told(cover.payer_name, None, None, None, (), since)
    answer = said[row.id]
    lines = words.shares(cost_share(answer.benefits)) if row.state == "active" else ()
    if row.state == "rejected":
        lines = tuple(each.text for each in answer.rejections if each.text is not None)[:1]
    if answer.other_payers:
        names = ", ".join(as_people_write(each.name.last) for each in answer.other_payers)
        lines = (*lines, T_("Knows of another payer: {payer}", payer=names))
    return Told(
        cover.payer_name,
        State(row.state.upper(), words.STATES[row.state]),
        dates.today(row.received_at, zone),
        row.on_date,
        lines,
        since if waits is not None and waits.asked_at > row.asked_at else None,
    )


def _answer(told: Told, said: EligibilityAnswer | None, history: Sequence[Asking]) -> CoverageAnswer:
    if said is None:
        return CoverageAnswer(told, "", "", (), (), (), tuple(history))
    every = [party for one in said.benefits for party in one.parties]
    return CoverageAnswer(
        told,
        as_people_write(said.plan_name),
        said.group_name,
        tuple(each.text for each in said.rejections if each.text is not None),
        tuple(_benefit(one) for one in said.benefits if not _only_parties(one)),
        tuple(_party(one) for one in dict.fromkeys(every)),
        tuple(history),
    )


def _only_parties(one: Benefit) -> bool:
    """Whether it says nothing but who somebody is, which stands apart."""
    told = words.value(one) or words.notes(one) or words.limits(one) or one.messages
    return bool(one.parties) and not told


def _benefit(one: Benefit) -> BenefitItem:
    return BenefitItem(
        words.kind(one.code), words.services(one.service_types), words.value(one), words.notes(one),
        words.limits(one), one.messages,
    )  # fmt: skip


def _party(one: Party) -> PartyItem:
    name = as_people_write(" ".join(part for part in (one.name.first, one.name.last) if part))
    role = words.PARTIES.get(one.role) or T_("Party {code}", code=one.role or "-")
    return PartyItem(role, name, one.name.identifier, one.phone)


def _history(uow: UnitOfWork, patient_id: bytes, zone: str) -> dict[bytes, list[Asking]]:
    """The last questions of each coverage, the newest first."""
    question, answer = EligibilityQuestionRow, EligibilityAnswerRow
    said = {
        row.question_id: row.state
        for row in uow.rows(
            uow.select(answer.question_id, answer.state).where(answer.patient_id == patient_id).order_by(answer.number)
        )
    }
    found: dict[bytes, list[Asking]] = {}
    for row in uow.rows(
        uow.select(question.id, question.coverage_id, question.asked_at, question.on_date, question.state)
        .where(question.patient_id == patient_id)
        .order_by(question.asked_at.desc(), question.id)
    ):
        state = said.get(row.id, row.state)
        item = Asking(
            dates.today(row.asked_at, zone), row.on_date, State(state.upper(), _QUESTIONS.get(state, _NO_ANSWER))
        )
        those = found.setdefault(row.coverage_id, [])
        if len(those) < _HISTORY:
            those.append(item)
    return found


_NO_ANSWER = T_("No answer yet")
_QUESTIONS = {**words.STATES, "FAILED": T_("The file was refused")}
