"""What sampling rules would have done with the last visits, so that a second person sees what a change lets through."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from portal.domain.sampling import CHARGES, CODE, CODING, Case, Rule, picked
from portal.models.encounters import ChargeFindingRow, ChargeRow, EncounterRow
from portal.models.queues import TransitionRow
from portal.models.sampling import CheckResultRow
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork

TRIED_ON = 300
"""On how many visits rules are tried: the last ones, by their day, that came past this check."""
_PAST = {CODING: ("CODE_REVIEW", "RELEASED", "CHARGED", "QA", "CLEARED"), CHARGES: ("QA", "CLEARED")}
_STEPS = {CODING: "encounter:code", CHARGES: "charge:enter"}


def cases_of(uow: UnitOfWork, check: str, rules: Iterable[Rule]) -> list[Case]:
    """The last visits as the rules know them.

    Diagnoses are opened only where a rule asks for codes, and then the audit log names the patients.
    """
    opened = check == CODING and any(rule.kind == CODE for rule in rules)
    visits = _visits(uow, check, opened=opened)
    ids = [row.id for row in visits]
    workers, codes = _workers(uow, check, ids), _codes(uow, ids)
    back, found = _came_back(uow, check, ids), _found(uow, ids) if check == CHARGES else {}
    return [
        Case(
            row.id, workers.get(row.id), (*(_diagnoses(uow, row) if opened else ()), *codes.get(row.id, ())),
            row.charge_cents, came_back=row.id in back, duplicate="duplicate" in found.get(row.id, ()),
            unreleased="added" in found.get(row.id, ()),
        )
        for row in visits
    ]  # fmt: skip


def checked(cases: Iterable[Case], rules: Collection[Rule], check: str, seed: bytes) -> int:
    """How many of some visits the rules pick."""
    return sum(bool(picked(tuple(rules), check, case, seed)) for case in cases)


def _visits(uow: UnitOfWork, check: str, *, opened: bool) -> list[Any]:
    """State by state, since the index holds them so; patients are named only where something of them is opened."""
    columns: tuple[Any, ...] = (EncounterRow.id, EncounterRow.service_from, EncounterRow.charge_cents)
    if opened:
        columns += (EncounterRow.patient_id, EncounterRow.diagnoses_sealed)
    found = [
        row
        for state in _PAST[check]
        for row in uow.rows(
            uow.select(*columns)
            .where(EncounterRow.practice_id == uow.practice_id, EncounterRow.state == state)
            .order_by(EncounterRow.service_from.desc(), EncounterRow.id.desc())
            .limit(TRIED_ON)
        )
    ]
    return sorted(found, key=lambda row: (row.service_from, row.id), reverse=True)[:TRIED_ON]


def _diagnoses(uow: UnitOfWork, row: Any) -> list[str]:
    found: list[str] = uow.open(row.diagnoses_sealed, EncounterRow.diagnoses_sealed, row=row.id, subject=row.patient_id)
    return found


def _workers(uow: UnitOfWork, check: str, ids: list[bytes]) -> dict[bytes, bytes]:
    """Who coded each visit last, or entered its charges."""
    rows = uow.rows(
        uow.select(TransitionRow.subject_id, TransitionRow.actor)
        .where(
            TransitionRow.subject_table == EncounterRow.__tablename__, TransitionRow.subject_id.in_(ids),
            TransitionRow.permission == _STEPS[check],
        )
        .order_by(TransitionRow.at, TransitionRow.subject_version)
    )  # fmt: skip
    return {row.subject_id: bytes.fromhex(row.actor) for row in rows if len(row.actor) == 32}


def _codes(uow: UnitOfWork, ids: list[bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for row in uow.rows(
        uow.select(ChargeRow.encounter_id, ChargeRow.code).where(
            ChargeRow.encounter_id.in_(ids), ChargeRow.active.is_(True)
        )
    ):
        found.setdefault(row.encounter_id, []).append(row.code)
    return found


def _came_back(uow: UnitOfWork, check: str, ids: list[bytes]) -> frozenset[bytes]:
    row = CheckResultRow
    rows = uow.rows(
        uow.select(row.encounter_id).where(
            row.encounter_id.in_(ids), row.check_kind == check, row.outcome == deciding.RETURNED
        )
    )
    return frozenset(each.encounter_id for each in rows)


def _found(uow: UnitOfWork, ids: list[bytes]) -> dict[bytes, set[str]]:
    """What was found when charges were entered that is checked whatever the rules say, by visit."""
    row, found = ChargeFindingRow, dict[bytes, set[str]]()
    for each in uow.rows(
        uow.select(row.encounter_id, row.kind).where(row.encounter_id.in_(ids), row.kind.in_(("duplicate", "added")))
    ):
        found.setdefault(each.encounter_id, set()).add(each.kind)
    return found
