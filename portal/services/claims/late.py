"""Late charges of a facility: whether a bill went out that they add to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from portal.domain.claims import Claim
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services.claims.building import slices
from portal.services.intake import kinds
from portal.services.unit_of_work.work import UnitOfWork

LATE = "5"
_WENT = ("SUBMITTED", "ACCEPTED", "PENDED", "ADJUDICATED", "CLOSED")
"""What its payer has; a rejected claim and one that is being voided are none to add to."""


def alone(uow: UnitOfWork, claims: Sequence[ClaimRow], built: Mapping[bytes, Claim]) -> set[bytes]:
    """Of claims with late charges (frequency 5), those whose days no bills of the patient to the payer cover."""
    late = [claim for claim in claims if built[claim.id].frequency == LATE and built[claim.id].institutional]
    rows: list[Any] = []
    for part in slices(claim.patient_id for claim in late):
        rows += uow.rows(
            uow.select(
                ClaimRow.id, ClaimRow.patient_id, ClaimRow.payer_id, ClaimRow.practice_id, ClaimRow.encounter_id,
                EncounterRow.service_from, EncounterRow.service_to, EncounterRow.proposal_sealed,
                EncounterRow.details_sealed,
            ).where(
                ClaimRow.patient_id.in_(part),
                ClaimRow.state.in_(_WENT),
                EncounterRow.id == ClaimRow.encounter_id,
                EncounterRow.kind == kinds.FACILITY,
            )
        )  # fmt: skip
    return {claim.id for claim in late if not _covered(uow, claim, built[claim.id], rows)}


def _covered(uow: UnitOfWork, claim: ClaimRow, late: Claim, rows: Sequence[Any]) -> bool:
    """Whether bills cover every day of the late charges: one for the stay, or several for its parts."""
    stay = late.institutional
    first = stay.statement_from if stay is not None and stay.statement_from is not None else claim.service_from
    last = (stay.statement_to if stay is not None else None) or first
    for row in sorted(rows, key=lambda row: row.service_from):
        other = row.id == claim.id or (row.patient_id, row.payer_id) != (claim.patient_id, claim.payer_id)
        if other or not row.service_from <= first <= row.service_to or _frequency(uow, row) == LATE:
            continue
        if last <= row.service_to:
            return True
        first = row.service_to + timedelta(1)
    return False


def _frequency(uow: UnitOfWork, row: Any) -> str:
    """Which part of a stay a bill was for, as its visit keeps it."""

    def opened(column: Any) -> Any:
        return uow.open(
            getattr(row, column.key), column, row=row.encounter_id, subject=row.patient_id, practice=row.practice_id
        )

    kept = kinds.corrected(opened(EncounterRow.proposal_sealed) or {}, opened(EncounterRow.details_sealed))
    return kinds.of(kept).frequency
