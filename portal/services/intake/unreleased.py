"""Services that a clerk added after the coder, which no coder has released: kept, and told until codes are released."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func

from portal.models.encounters import ChargeFindingRow, ChargeRow, EncounterRow
from portal.models.queues import TransitionRow
from portal.services.unit_of_work.work import UnitOfWork

_ADDED = "added"


def added(uow: UnitOfWork, charge: ChargeRow) -> None:
    """Keep that a clerk added a service, at charge entry or as a room of a facility's stay."""
    uow.flush()
    uow.new(
        ChargeFindingRow, practice_id=charge.practice_id, patient_id=charge.patient_id,
        encounter_id=charge.encounter_id, kind=_ADDED, charge_id=charge.id, other_charge_id=None, days=0, reason="",
        actor=uow.actor.identity, at=uow.now,
    )  # fmt: skip


def of(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> tuple[ChargeRow, ...]:
    """Services that are billed and were added by a clerk since the codes of the visit were released last."""
    uow.flush()
    row, move = ChargeFindingRow, TransitionRow
    since = uow.value(
        uow.select(func.max(move.at)).where(
            move.subject_table == EncounterRow.__tablename__, move.subject_id == encounter.id,
            move.to_state == "RELEASED",
        )
    )  # fmt: skip
    late = uow.select(row.charge_id).where(row.encounter_id == encounter.id, row.kind == _ADDED)
    fresh = {each.charge_id for each in uow.rows(late if since is None else late.where(row.at >= since))}
    return tuple(charge for charge in charges if charge.active and charge.id in fresh)
