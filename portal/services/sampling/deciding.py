"""Whether a visit is checked now, and keeping what a check found."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, func

from portal.domain.charges import LATE_AFTER_DAYS
from portal.domain.sampling import Case, Rule, picked
from portal.domain.texts import Text
from portal.models.encounters import EncounterRow
from portal.models.sampling import CheckResultRow, CheckSettingRow, SampleRuleRow
from portal.services.intake.showing import Returned
from portal.services.unit_of_work.work import UnitOfWork

PASSED, RETURNED = "PASSED", "RETURNED"


def why_checked(
    uow: UnitOfWork, check: str, encounter: EncounterRow, codes: Sequence[str], *, duplicate: bool = False,
    unreleased: bool = False,
) -> str:  # fmt: skip
    """Why what the actor just did with a visit is checked, a code of `domain.sampling.WHY`; empty when it is not."""
    case = Case(
        encounter.id, uow.actor.user_id, tuple(codes), encounter.charge_cents, duplicate=duplicate,
        unreleased=unreleased,
        came_back=uow.row(_of(uow, check, encounter).where(CheckResultRow.outcome == RETURNED)) is not None,
    )  # fmt: skip
    rules = tuple(rules_of(uow, check).values())
    return picked(rules, check, case, setting(uow, check).seed if rules else b"")


def rules_of(uow: UnitOfWork, check: str) -> dict[bytes, Rule]:
    """The rules of a check that hold, by their ids, the oldest first."""
    rows = uow.rows(
        uow.select(
            SampleRuleRow.id, SampleRuleRow.kind, SampleRuleRow.percent, SampleRuleRow.worker_id, SampleRuleRow.code,
            SampleRuleRow.cents,
        )
        .where(
            SampleRuleRow.practice_id == uow.practice_id, SampleRuleRow.check_kind == check,
            SampleRuleRow.ended_at.is_(None),
        )
        .order_by(SampleRuleRow.made_at, SampleRuleRow.id)
    )  # fmt: skip
    return {row.id: Rule(row.kind, row.percent, row.worker_id, row.code, row.cents) for row in rows}


def keep(
    uow: UnitOfWork, check: str, encounter: EncounterRow, worker: bytes | None, *, items: int,
    found: Mapping[str, int] | None = None,
) -> None:  # fmt: skip
    """Keep what a check found, once for each check of a visit; without a finding it passed."""
    before = uow.value(
        uow.select(func.count(CheckResultRow.id)).where(
            CheckResultRow.encounter_id == encounter.id, CheckResultRow.check_kind == check
        )
    )
    uow.new(
        CheckResultRow, practice_id=encounter.practice_id, patient_id=encounter.patient_id, encounter_id=encounter.id,
        check_kind=check, number=before + 1, worker_id=worker, checker=uow.actor.identity,
        outcome=RETURNED if found else PASSED, items=items, found=dict(found or {}), at=uow.now,
    )  # fmt: skip


def with_found(
    uow: UnitOfWork, check: str, encounter: EncounterRow, returned: Returned | None, words: Mapping[str, Text]
) -> Returned | None:
    """Why a visit came back, with all that its last check found."""
    if returned is None:
        return None
    row = uow.row(_of(uow, check, encounter).order_by(CheckResultRow.number.desc()))
    if row is None or row.outcome != RETURNED:
        return returned
    found = tuple((words[category], n) for category, n in row.found.items() if category in words)
    return replace(returned, found=found)


def setting(uow: UnitOfWork, check: str) -> CheckSettingRow:
    """What the practice has set for a kind of check; made where it stands not yet, in a unit of work that writes."""
    return standing(uow, check) or uow.new(
        CheckSettingRow, check_kind=check, seed=secrets.token_bytes(16), late_after_days=LATE_AFTER_DAYS
    )


def standing(uow: UnitOfWork, check: str) -> CheckSettingRow | None:
    """What the practice has set for a kind of check, if it has."""
    where = (CheckSettingRow.practice_id == uow.practice_id, CheckSettingRow.check_kind == check)
    return uow.first(uow.select(CheckSettingRow).where(*where))


def late_after_days(uow: UnitOfWork, check: str) -> int:
    """After how many days charges are late here."""
    found = standing(uow, check)
    return found.late_after_days if found else LATE_AFTER_DAYS


def _of(uow: UnitOfWork, check: str, encounter: EncounterRow) -> Select[Any]:
    return uow.select(CheckResultRow.id, CheckResultRow.outcome, CheckResultRow.found).where(
        CheckResultRow.encounter_id == encounter.id, CheckResultRow.check_kind == check
    )
