"""Asking payers about coverage: questions become a numbered 270, stored in one transaction and handed on after it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.access.actors import Actor
from portal.domain.claims import Person
from portal.domain.eligibility import EligibilityQuestion, Member
from portal.domain.errors import Refused
from portal.domain.interchanges import ControlNumbers
from portal.domain.remittances import Name
from portal.domain.texts import T_, to_json
from portal.models.claims import AcknowledgementRow
from portal.models.coverage import CoverageRow
from portal.models.eligibility import EligibilityQuestionRow
from portal.models.interchanges import InterchangeRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PartnerRow, PracticeRow
from portal.services import interchanges, outbox, queues, realtime
from portal.services.coverage.due import Due, due, kept, of_patient
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.x12.coverage.asking import batches, reference, write_questions

PERMISSION = "eligibility:ask"
KIND = "270"
MOST_QUESTIONS = 500
"""Questions in a file: its transaction holds up other writers, so it stays short."""
_SELF = "18"
_RELATIONSHIPS = {"01": "01", "19": "19"}
"""INS02 of a 270 takes spouse, child and other adult (34); PAT01 knows many more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run of asking did."""

    questions: int = 0
    files: tuple[bytes, ...] = ()
    refused: int = 0
    """Questions of earlier files that the partner refused; they are asked again."""
    at_once: bool = False
    """The payer answers within seconds."""


def ask_due(units: Units, parts: Parts, actor: Actor, *, request: Request | None = None) -> Asked:
    """Ask about every coverage that is due (`due.due`), in files of at most 500; a second call finds nothing due.

    Questions of files that the partner refused (TA1, 999) count as not asked; the file goes to people. Raises Refused
    `no-partner`, `which-partner`.
    """
    with units.write(actor, PERMISSION, request=request) as uow:
        refused = _refused(uow)
    with units.read(actor, PERMISSION, request=request) as uow:
        wanted = due(uow)
    return replace(_ask(units, parts, actor, request, wanted, "night"), refused=refused)


def ask_patient(
    units: Units, parts: Parts, actor: Actor, patient_id: bytes, *, request: Request | None = None
) -> Asked:
    """Ask now about every coverage of a patient, for today: in real time where the partner answers so.

    In real time each question is a file of its own (CAQH CORE 270), asked by a worker at once. Raises NotFound,
    Refused `no-coverage`, `no-partner`, `restricted` (45 CFR 164.522(a)(1)(vi)).
    """
    with units.read(actor, PERMISSION, request=request) as uow:
        uow.get(PatientRow, patient_id)
        if kept(uow, patient_id):
            raise Refused(
                T_("The patient paid today's visit in full and keeps it from the plan. Nobody was asked."),
                code="restricted",
            )
        wanted = of_patient(uow, patient_id)
    if not wanted:
        raise Refused(T_("No coverage is registered for today; nobody was asked."), code="no-coverage")
    with units.read(actor, PERMISSION, request=request) as uow:
        at_once = realtime.service_of(uow, _partner(uow).id) is not None
    if at_once:
        return _ask_at_once(units, actor, request, wanted)
    return _ask(units, parts, actor, request, wanted, "hand")


def _ask_at_once(units: Units, actor: Actor, request: Request | None, wanted: Sequence[Due]) -> Asked:
    with units.read(actor, PERMISSION, request=request) as uow:
        questions = _questions(uow, wanted)
    with units.write(actor, PERMISSION, request=request) as uow:
        files = tuple(_store(uow, [each], "hand") for each in questions)
        for file_id in files:
            outbox.later(uow, "eligibility.now", f"eligibility.now:{file_id.hex()}", {"interchange": file_id})
    return Asked(len(questions), files, at_once=True)


def resend_unsent(units: Units, parts: Parts, actor: Actor) -> int:
    """Put files of questions that were stored and not handed on into their folder; how many went. See `sending`."""
    with units.read(actor, PERMISSION) as uow:
        waiting = interchanges.left_behind(uow, KIND, interchanges.PATIENCE)
    return sum(interchanges.hand_on(units, parts, actor, PERMISSION, id_) for id_ in waiting)


def _ask(
    units: Units, parts: Parts, actor: Actor, request: Request | None, wanted: Sequence[Due], reason: str
) -> Asked:
    done = Asked()
    for start in range(0, len(wanted), MOST_QUESTIONS):
        part = wanted[start : start + MOST_QUESTIONS]
        with units.read(actor, PERMISSION, request=request) as uow:
            questions = _questions(uow, part)
        with units.write(actor, PERMISSION, request=request) as uow:
            file_id = _store(uow, questions, reason)
        done = replace(done, questions=done.questions + len(questions), files=(*done.files, file_id))
        interchanges.hand_on(units, parts, actor, PERMISSION, file_id, request=request)
    return done


def _questions(uow: UnitOfWork, wanted: Sequence[Due]) -> list[tuple[Due, EligibilityQuestion]]:
    """The questions as they are asked, each with a trace of its own that nobody can guess."""
    covers = _by_id(uow, CoverageRow, (one.coverage_id for one in wanted))
    patients = _by_id(uow, PatientRow, (one.patient_id for one in wanted))
    payers = _by_id(uow, PayerRow, (one.payer_id for one in wanted))
    practice = uow.get(PracticeRow, uow.practice_id)
    provider = Name(practice.name, qualifier="XX", identifier=practice.npi)
    made = []
    for one in wanted:
        cover, patient = covers[one.coverage_id], _person(uow, patients[one.patient_id])
        own = cover.relationship == _SELF
        registered = None if own else uow.read(cover, CoverageRow.subscriber_sealed)
        subscriber = patient if own else _registered(registered)
        payer = payers[one.payer_id]
        question = EligibilityQuestion(
            trace=f"Q{secrets.token_hex(12).upper()}",
            payer=Name(payer.name, qualifier="PI", identifier=payer.code),
            provider=provider,
            subscriber=Member(subscriber, uow.read(cover, CoverageRow.member_id_sealed) or ""),
            on=one.on,
            dependent=None if own else patient,
            relationship="" if own else _RELATIONSHIPS.get(cover.relationship, "34"),
        )
        made.append((one, question))
    return made


def _by_id(uow: UnitOfWork, model: Any, ids: Iterable[bytes]) -> dict[bytes, Any]:
    found: dict[bytes, Any] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), MOST_QUESTIONS):
        part = wanted[start : start + MOST_QUESTIONS]
        found |= {row.id: row for row in uow.entities(uow.select(model).where(model.id.in_(part)))}
    return found


def _person(uow: UnitOfWork, row: PatientRow) -> Person:
    """A patient as payers look them up: no address, which the 270 does not need."""
    sex = uow.read(row, PatientRow.sex_sealed)
    return Person(
        uow.read(row, PatientRow.last_name_sealed),
        uow.read(row, PatientRow.first_name_sealed),
        uow.read(row, PatientRow.middle_name_sealed) or "",
        uow.read(row, PatientRow.suffix_sealed) or "",
        uow.read(row, PatientRow.birth_date_sealed),
        sex if sex in {"F", "M"} else "",
    )


def _registered(stored: dict[str, Any] | None) -> Person:
    """A subscriber as intake keeps one; what is not known stays out of the question."""
    known = stored or {}
    born, sex = known.get("birth_date"), known.get("sex") or ""
    return Person(
        known.get("last") or "",
        known.get("first") or "",
        known.get("middle") or "",
        known.get("suffix") or "",
        date.fromisoformat(born) if born else None,
        sex if sex in {"F", "M"} else "",
    )


def _store(uow: UnitOfWork, questions: Sequence[tuple[Due, EligibilityQuestion]], reason: str) -> bytes:
    """Numbers, file and questions in one transaction."""
    partner = _partner(uow)
    by_trace = {question.trace: one for one, question in questions}
    sets = batches([question for _, question in questions])
    numbers = interchanges.control_numbers(uow, partner, len(sets))
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == uow.practice_id))
    body = _written(partner, [question for _, question in questions], numbers, uow.now.astimezone(ZoneInfo(zone)))
    file_id = new_id()
    control = f"{numbers.interchange:09d}"
    interchanges.sent(
        uow, f"{control}-{file_id.hex()[:8]}.270", body, kind=KIND, control=control, group=str(numbers.group),
        partner=partner, items=len(questions), id_=file_id,
    )  # fmt: skip
    uow.flush()
    uow.insert(EligibilityQuestionRow, [
        {
            "id": new_id(), "practice_id": uow.practice_id, "patient_id": by_trace[each.trace].patient_id,
            "payer_id": by_trace[each.trace].payer_id, "coverage_id": by_trace[each.trace].coverage_id,
            "on_date": by_trace[each.trace].on, "service_types": list(each.service_types), "trace": each.trace,
            "reference": reference(numbers, index), "state": "ASKED", "reason": reason, "interchange_id": file_id,
            "asked_at": uow.now, "asked_by": uow.actor.initiator or uow.actor.identity, "version": 1,
        }
        for index, batch in enumerate(sets)
        for each in batch
    ])  # fmt: skip
    return file_id


def _partner(uow: UnitOfWork) -> PartnerRow:
    found = uow.entities(uow.select(PartnerRow).order_by(PartnerRow.code))
    if not found:
        raise Refused(
            T_("No trading partner is set up. An administrator adds one; nobody was asked."), code="no-partner"
        )
    if len(found) > 1:
        raise Refused(
            T_("There are several trading partners, and it is not known which one asks."), code="which-partner"
        )
    return found[0]


def _written(
    partner: PartnerRow, questions: Sequence[EligibilityQuestion], numbers: ControlNumbers, local: datetime
) -> bytes:
    try:
        return write_questions(questions, partner=interchanges.as_partner(partner), numbers=numbers, at=local)
    except ValueError:
        raise Refused(
            T_("The file cannot be written with this partner's ids. An administrator corrects them; nobody was asked."),
            code="partner-shape",
        ) from None


def _refused(uow: UnitOfWork) -> int:
    """Questions whose file the partner turned away count as not asked; the file lies with people until then."""
    answer, question = AcknowledgementRow, EligibilityQuestionRow
    waiting = uow.rows(uow.select(question.interchange_id).where(question.state == "ASKED").distinct())
    files = sorted({row.interchange_id for row in waiting})
    turned = uow.rows(
        uow.select(answer.about_interchange_id)
        .where(answer.about_interchange_id.in_(files), answer.outcome == "rejected")
        .distinct()
    )
    failed = 0
    for row in turned:
        file = uow.get(InterchangeRow, row.about_interchange_id)
        queues.put(uow, "coverage", file, reason="file-refused", detail={"text": to_json(_FILE_REFUSED)})
        stuck = uow.select(question).where(question.interchange_id == file.id, question.state == "ASKED")
        for one in uow.entities(stuck):
            uow.change(one, state="FAILED")
            failed += 1
    return failed


_FILE_REFUSED = T_("The partner refused our questions about coverage. Open the file: it says why.")
