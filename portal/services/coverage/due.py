"""Which coverages a payer is to be asked about now: of visits and claims under way, when what it said is too old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func

from portal.domain import coverage as rules
from portal.domain import dates
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.eligibility import EligibilityAnswerRow, EligibilityQuestionRow, EligibilityRuleRow
from portal.models.encounters import EncounterRow
from portal.models.practices import PracticeRow
from portal.models.restrictions import RestrictionRow
from portal.services.unit_of_work.work import UnitOfWork

RECHECK_DAYS: Final = 30
"""Where a practice has no rule: what was said so long ago is asked for again."""
PATIENCE = timedelta(days=3)
"""So long an answer is waited for before the same is asked again."""
PASSING = frozenset({"42", "80"})
"""AAA03 of a payer whose system could not answer then: the next night asks again."""
_UNDER_WAY = ("RECEIVED", "BILL_ASKED", "PROPOSED", "CODING_ASKED", "CODED", "CODE_REVIEW", "RELEASED", "CHARGED", "QA")
_UNSENT = ("DRAFT", "READY", "HELD", "REJECTED")
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Due:
    """One coverage to ask about, for a day."""

    coverage_id: bytes
    payer_id: bytes
    patient_id: bytes
    on: date


@dataclass(frozen=True, slots=True)
class _Known:
    """What was asked last about a coverage in a month, and what came."""

    asked_on: date
    waits: bool
    passing: bool


def due(uow: UnitOfWork) -> list[Due]:
    """Coverages of visits that are not cleared and claims that are not sent, of each month of service the last day.

    A day is asked for again when the last answer for a day of the same month is older than the rule of its payer, when
    none came within `PATIENCE`, or when the payer could not answer then.
    """
    today = uow.today()
    days = _days(uow)
    covers = _coverages(uow, sorted({patient for patient, _ in days}))
    wanted = {
        (cover.id, day.year, day.month): Due(cover.id, cover.payer_id, patient, day)
        for patient, day in sorted(days, key=lambda pair: (pair[0], pair[1]))
        for cover in _valid(covers.get(patient, ()), day)
    }
    known = _known(uow, sorted({one.coverage_id for one in wanted.values()}))
    ages = ages_of(uow)
    return [one for key, one in wanted.items() if _asks(known.get(key), today, ages.get(one.payer_id, ages[None]))]


def of_patient(uow: UnitOfWork, patient_id: bytes) -> list[Due]:
    """Every coverage of a patient that is valid today, for today, however fresh the last answer is."""
    today = uow.today()
    covers = _coverages(uow, [patient_id]).get(patient_id, ())
    return [Due(cover.id, cover.payer_id, patient_id, today) for cover in _valid(covers, today)]


def kept(uow: UnitOfWork, patient_id: bytes) -> bool:
    """Whether all that a patient comes for today is kept from the plan, so that to ask it today would tell it."""
    today = uow.today()
    rows = uow.rows(
        uow.select(RestrictionRow.keeps(EncounterRow.id).label("kept")).where(
            EncounterRow.patient_id == patient_id,
            EncounterRow.service_from <= today,
            EncounterRow.service_to >= today,
        )
    )
    return bool(rows) and all(row.kept for row in rows)


def ages_of(uow: UnitOfWork) -> dict[bytes | None, int]:
    """Days after which is asked again, by payer; under None for all others."""
    rows = uow.rows(uow.select(EligibilityRuleRow.payer_id, EligibilityRuleRow.recheck_days))
    return {None: RECHECK_DAYS} | {row.payer_id: row.recheck_days for row in rows}


def _asks(known: _Known | None, today: date, age: int) -> bool:
    if known is None:
        return True
    if known.waits:
        return today - known.asked_on >= PATIENCE
    return known.asked_on < today and (known.passing or today - known.asked_on > timedelta(days=age))


def _days(uow: UnitOfWork) -> set[tuple[bytes, date]]:
    """Patient and day of each covered visit that is under way, and of each claim that is not sent.

    What a patient paid in full and keeps from the plan is no reason to ask it (45 CFR 164.522(a)(1)(vi)).
    """
    visits = uow.rows(
        uow.select(EncounterRow.patient_id, EncounterRow.service_from).where(
            EncounterRow.state.in_(_UNDER_WAY),
            EncounterRow.coverage_id.is_not(None),
            ~RestrictionRow.keeps(EncounterRow.id),
        )
    )
    claims = uow.rows(
        uow.select(ClaimRow.patient_id, ClaimRow.service_from).where(
            ClaimRow.state.in_(_UNSENT), ~RestrictionRow.keeps(ClaimRow.encounter_id)
        )
    )
    return {(row.patient_id, row.service_from) for row in (*visits, *claims)}


def _coverages(uow: UnitOfWork, patients: Sequence[bytes]) -> dict[bytes, list[Any]]:
    columns = (
        CoverageRow.id, CoverageRow.payer_id, CoverageRow.patient_id, CoverageRow.rank, CoverageRow.valid_from,
        CoverageRow.valid_to,
    )  # fmt: skip
    found: dict[bytes, list[Any]] = {}
    for start in range(0, len(patients), _SLICE):
        part = patients[start : start + _SLICE]
        for row in uow.rows(uow.select(*columns).where(CoverageRow.patient_id.in_(part))):
            found.setdefault(row.patient_id, []).append(row)
    return found


def _valid(covers: Iterable[Any], day: date) -> list[Any]:
    """Those that are registered as valid on a day, in their order."""
    by_id = {row.id: row for row in covers}
    shaped = (rules.Coverage(row.id, row.payer_id, row.rank, row.valid_from, row.valid_to) for row in by_id.values())
    return [by_id[one.coverage_id] for one in rules.in_order(shaped, day)]


def _known(uow: UnitOfWork, coverages: Sequence[bytes]) -> Mapping[tuple[bytes, int, int], _Known]:
    """The last question about each coverage and month of service, and whether its answer still counts."""
    question, answer = EligibilityQuestionRow, EligibilityAnswerRow
    found: dict[tuple[bytes, int, int], _Known] = {}
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == uow.practice_id))
    for start in range(0, len(coverages), _SLICE):
        part = coverages[start : start + _SLICE]
        last = (
            uow.select(answer.question_id, func.max(answer.number).label("number"))
            .where(answer.coverage_id.in_(part))
            .group_by(answer.question_id)
            .subquery()
        )
        said = {
            row.question_id: row
            for row in uow.rows(
                uow.select(answer.question_id, answer.state, answer.reasons).join(
                    last, (last.c.question_id == answer.question_id) & (last.c.number == answer.number)
                )
            )
        }
        rows = uow.rows(
            uow.select(question.id, question.coverage_id, question.on_date, question.asked_at, question.state)
            .where(question.coverage_id.in_(part), question.state != "FAILED")
            .order_by(question.asked_at, question.id)
        )
        for row in rows:
            came = said.get(row.id)
            passing = came is not None and came.state == "rejected" and bool(set(came.reasons) & PASSING)
            key = (row.coverage_id, row.on_date.year, row.on_date.month)
            found[key] = _Known(dates.today(row.asked_at, zone), came is None, passing)
    return found
