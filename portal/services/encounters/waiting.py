"""Visits by where they stand, oldest first: for commands and for the demonstration; people use the queues."""

from __future__ import annotations

from portal.models.encounters import EncounterRow
from portal.services.unit_of_work.work import UnitOfWork


def standing_at(uow: UnitOfWork, state: str, *, most: int = 500) -> list[tuple[bytes, int]]:
    """Id and row version of the visits in a state."""
    rows = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.version)
        .where(EncounterRow.state == state)
        .order_by(EncounterRow.service_from, EncounterRow.id)
        .limit(most)
    )
    return [(row.id, row.version) for row in rows]
