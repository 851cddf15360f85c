"""Names of the patients that contacts are about, for lists of contacts about several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.domain.claims import Person
from portal.domain.patients import full_name
from portal.models.patients import PatientRow
from portal.services.unit_of_work.work import UnitOfWork

_NAMES = (
    PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed, PatientRow.suffix_sealed,
)  # fmt: skip


def names(uow: UnitOfWork, rows: Sequence[Any]) -> dict[str, str]:
    """Names of the patients that contacts are about, by hex id; none for those that were shredded."""
    named = {row.patient_id for row in rows if row.patient_id is not None}
    ids = sorted(named - uow.gone(named))
    if not ids:
        return {}
    found = uow.rows(uow.select(PatientRow.id, PatientRow.practice_id, *_NAMES).where(PatientRow.id.in_(ids)))
    return {row.id.hex(): _name(uow, row) for row in found}


def _name(uow: UnitOfWork, row: Any) -> str:
    last, first, middle, suffix = (
        uow.open(getattr(row, each.key), each, row=row.id, subject=row.id, practice=row.practice_id) or ""
        for each in _NAMES
    )
    return full_name(Person(last, first, middle, suffix))
