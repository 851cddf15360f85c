"""A 271 in: each answer finds its question by the trace, once, and what needs a person goes to the queue `coverage`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from portal.access.actors import Actor
from portal.domain.eligibility import EligibilityAnswer
from portal.domain.interchanges import Finding
from portal.domain.patients import as_people_write
from portal.domain.texts import T_, Text, to_json
from portal.models.coverage import CoverageRow
from portal.models.eligibility import EligibilityAnswerRow, EligibilityQuestionRow
from portal.models.interchanges import InterchangeRow
from portal.models.payers import PayerRow
from portal.services import interchanges, queues, receiving
from portal.services.coverage.bodies import as_json
from portal.services.coverage.due import PASSING
from portal.services.receiving import Received
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.x12.coverage.answering import read_answers
from portal.x12.reader import read

PERMISSION = "eligibility:ask"
KINDS = frozenset({"271"})
QUEUE = "coverage"
_SLICE = 100
"""Answers in one transaction: pages wait meanwhile."""
_TIMES = 3
"""So often a payer may be out of order before a person is told."""


@dataclass(frozen=True, slots=True)
class _Match:
    """An answer and the questions that it answers: one, or all of a set that was refused as a whole."""

    answer: EligibilityAnswer
    questions: tuple[bytes, ...]


def import_answers(units: Units, actor: Actor, name: str, body: bytes, *, request: Request | None = None) -> Received:
    """Store a 271 sealed, then apply it. Raises Refused `too-large` and `wrong-kind`; then nothing is stored."""
    apply = partial(_apply_file, units, actor, request)
    return receiving.take(units, actor, PERMISSION, "271", name, body, apply, request=request)


def read_in(units: Units, actor: Actor, request: Request | None, interchange_id: bytes) -> Received:
    """Apply a stored file, or go on with it; one applied before changes nothing."""
    apply = partial(_apply_file, units, actor, request)
    return receiving.go_on(units, actor, PERMISSION, interchange_id, apply, request=request)


def _apply_file(
    units: Units, actor: Actor, request: Request | None, file_id: bytes, body: bytes, new: bool
) -> Received:
    found = read_answers(read(body))
    with units.read(actor, PERMISSION, request=request, kind="import") as uow:
        matches = [_match(uow, answer) for answer in found.answers]
    unmatched = [Finding(each.answer.segment, "unmatched", _UNMATCHED) for each in matches if not each.questions]
    told: list[Finding] = []
    applied = 0
    for start in range(0, len(matches), _SLICE):
        with units.write(actor, PERMISSION, request=request, kind="import") as uow:
            for each in matches[start : start + _SLICE]:
                kept = _apply(uow, file_id, each)
                applied += bool(kept)
                if each.questions and not kept:
                    told.append(Finding(each.answer.segment, "answered-before", _BEFORE))
    with units.write(actor, PERMISSION, request=request, kind="import") as uow:
        file = uow.get(InterchangeRow, file_id)
        findings = interchanges.read_through(
            uow, file, items=len(matches), applied=applied, findings=(*found.findings, *unmatched, *told)
        )
        if unmatched:
            detail = {"n": len(unmatched), "text": to_json(_UNMATCHED)}
            queues.put(uow, "unmatched-answers", file, reason="unmatched", detail=detail)
        return Received(file_id, new, len(matches), applied, findings)


_UNMATCHED = T_("This answer about coverage belongs to no question of ours.")
_BEFORE = T_("This question was answered before; the first answer stands.")


def _match(uow: UnitOfWork, answer: EligibilityAnswer) -> _Match:
    """By trace; what refuses a whole set has none, and speaks of every question of that BHT03 to that payer."""
    question = EligibilityQuestionRow
    if answer.traces:
        rows = uow.rows(uow.select(question.id).where(question.trace.in_(sorted(set(answer.traces)))))
        return _Match(answer, tuple(row.id for row in rows) if len(rows) == 1 else ())
    if not answer.reference or not answer.rejections or answer.subscriber is not None:
        return _Match(answer, ())
    rows = uow.rows(
        uow.select(question.id, PayerRow.code)
        .join(PayerRow, PayerRow.id == question.payer_id)
        .where(question.reference == answer.reference, question.state == "ASKED")
        .order_by(question.id)
    )
    named = answer.payer.identifier
    return _Match(answer, tuple(row.id for row in rows if not named or row.code == named))


def _apply(uow: UnitOfWork, file_id: bytes, match: _Match) -> int:
    """Keep an answer with each of its questions; how many took it. A question keeps one answer that is no refusal."""
    kept = 0
    for id_ in match.questions:
        locked = uow.select(EligibilityQuestionRow).where(EligibilityQuestionRow.id == id_).with_for_update()
        question = uow.first(locked)
        assert question is not None, "a question is never deleted"
        said = uow.rows(
            uow.select(EligibilityAnswerRow.number, EligibilityAnswerRow.state, EligibilityAnswerRow.interchange_id)
            .where(EligibilityAnswerRow.question_id == id_)
            .order_by(EligibilityAnswerRow.number)
        )
        if any(row.interchange_id == file_id for row in said):
            kept += 1  # a reading that was broken off goes on behind it
            continue
        if any(row.state != "rejected" for row in said):
            continue
        _keep(uow, file_id, question, match.answer, len(said) + 1)
        kept += 1
    return kept


def _keep(
    uow: UnitOfWork, file_id: bytes, question: EligibilityQuestionRow, answer: EligibilityAnswer, number: int
) -> None:
    state = answer.state(question.on_date)
    values = {"state": state, "reasons": list(dict.fromkeys(each.reason for each in answer.rejections))}
    uow.new(
        EligibilityAnswerRow, id_=new_id(), patient_id=question.patient_id, payer_id=question.payer_id,
        coverage_id=question.coverage_id, question_id=question.id, number=number, on_date=question.on_date,
        asked_at=question.asked_at, other_payer=answer.says_other_payer, body_sealed=as_json(answer),
        interchange_id=file_id, received_at=uow.now, **values,
    )  # fmt: skip
    if question.state != "ANSWERED":
        uow.change(question, state="ANSWERED")
    uow.flush()
    _line_up(uow, question, answer, state)


def _line_up(uow: UnitOfWork, question: EligibilityQuestionRow, answer: EligibilityAnswer, state: str) -> None:
    """Put the coverage where people clear it up, or take it out there, as the newest question's answer says."""
    later = uow.select(EligibilityAnswerRow.id).where(
        EligibilityAnswerRow.coverage_id == question.coverage_id, EligibilityAnswerRow.asked_at > question.asked_at
    )
    if uow.count(later):
        return
    cover = uow.get(CoverageRow, question.coverage_id)
    if state == "rejected" and _passing(answer) and not _again_and_again(uow, question):
        return
    found = _problem(uow, cover, answer, state)
    if found is not None:
        reason, text, todo = found
        detail: dict[str, Any] = {"text": to_json(text)} | ({"todo": to_json(todo)} if todo is not None else {})
        queues.put(uow, QUEUE, cover, reason=reason, detail=detail)
    elif any(item.queue == QUEUE for item in queues.items_of(uow, cover)):
        queues.done(uow, cover)


def _passing(answer: EligibilityAnswer) -> bool:
    return bool({each.reason for each in answer.rejections} & PASSING)


def _again_and_again(uow: UnitOfWork, question: EligibilityQuestionRow) -> bool:
    """Whether the payer could not answer for the last few times."""
    answer = EligibilityAnswerRow
    rows = uow.rows(
        uow.select(answer.state, answer.reasons)
        .where(answer.coverage_id == question.coverage_id)
        .order_by(answer.asked_at.desc(), answer.number.desc())
        .limit(_TIMES)
    )
    return len(rows) == _TIMES and all(row.state == "rejected" and set(row.reasons) & PASSING for row in rows)


def _problem(
    uow: UnitOfWork, cover: CoverageRow, answer: EligibilityAnswer, state: str
) -> tuple[str, Text, Text | None] | None:
    """Why a person is needed: reason, what the payer said, what to do."""
    if state == "rejected":
        texts = [each.text for each in answer.rejections if each.text is not None]
        return "refused", texts[0] if texts else T_("The payer refused the question."), None
    if state == "inactive":
        return (
            "inactive",
            T_("The payer says that this coverage did not stand on the day of service."),
            T_("Ask the patient for the present coverage, or settle it with the payer; then ask again."),
        )
    if state == "unknown":
        return (
            "unclear",
            T_("The payer says neither that this coverage stands nor that it does not."),
            T_("Read its answer on the account, and call the payer."),
        )
    if answer.says_other_payer and not _all_known(uow, cover, answer):
        named = as_people_write(answer.other_payers[0].name.last) if answer.other_payers else ""
        said = (
            T_("The payer knows of another payer: {payer}.", payer=named)
            if named
            else T_("The payer knows of another payer, but does not name it.")
        )
        return "other-payer", said, T_("Ask the patient, add that coverage, and set which one pays first.")
    return None


def _all_known(uow: UnitOfWork, cover: CoverageRow, answer: EligibilityAnswer) -> bool:
    """Whether every payer that was named is registered for the patient already."""
    rows = uow.rows(
        uow.select(PayerRow.code)
        .join(CoverageRow, CoverageRow.payer_id == PayerRow.id)
        .where(CoverageRow.patient_id == cover.patient_id, uow.within(CoverageRow))
    )
    codes = {row.code for row in rows}
    others: Sequence[str] = [each.name.identifier for each in answer.other_payers]
    return bool(others) and set(others) <= codes
