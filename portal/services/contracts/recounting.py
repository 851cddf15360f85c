"""Clocks worked out again after a contract changed: limits of unsent claims and open denials, and their places in line.

Each batch is a transaction of its own. A run that ends half way is run again from the start, and finds what it had done
as it should be: nothing is done twice.
"""

from __future__ import annotations

from typing import Any

from portal.access.actors import Actor
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import queues
from portal.services.contracts.limits import appeal_due, clocks_of, remitted
from portal.services.contracts.terms import book
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

AT_ONCE = 200
UNFILED = ("DRAFT", "READY", "HELD", "REJECTED")
"""States in which a claim does not count as filed."""
_SETTLED = ("RESOLVED", "CLOSED")


def recount(units: Units, actor: Actor, payer_id: bytes) -> int:
    """Work out the limits of a payer's unfiled claims, replacements and open denials again; how many changed.

    Of the actor's practice. Job `contract.recount` calls this.
    """
    changed = 0
    for kind in (_claims, _denials):
        after = b""
        while True:
            with units.write(actor, "contract:edit") as uow:
                ids, done = kind(uow, payer_id, after)
            changed += done
            if not ids:
                break
            after = ids[-1]
    return changed


def _claims(uow: UnitOfWork, payer_id: bytes, after: bytes) -> tuple[list[bytes], int]:
    rows = uow.entities(
        uow.select(ClaimRow)
        .where(
            ClaimRow.payer_id == payer_id,
            ClaimRow.id > after,
            ClaimRow.state.in_(UNFILED) | (ClaimRow.frequency == "7"),
        )
        .order_by(ClaimRow.id)
        .limit(AT_ONCE)
    )
    found, changed = clocks_of(uow, rows), 0
    for row in rows:
        last = found[row.id].limit.last
        if last == row.filing_due:
            continue
        uow.change(row, filing_due=last)
        queues.reclock(uow, row, last)
        changed += 1
    return [row.id for row in rows], changed


def _denials(uow: UnitOfWork, payer_id: bytes, after: bytes) -> tuple[list[bytes], int]:
    rows = uow.entities(
        uow.select(DenialRow)
        .where(DenialRow.payer_id == payer_id, DenialRow.id > after, DenialRow.state.not_in(_SETTLED))
        .order_by(DenialRow.id)
        .limit(AT_ONCE)
    )
    if not rows:
        return [], 0
    today, terms, changed = uow.today(), book(uow, [payer_id]), 0
    parts = _parts(uow, rows)
    days = remitted(uow, (part.remittance_id for part in parts.values()), today)
    services = {
        row.id: row.service_from
        for row in uow.rows(
            uow.select(ClaimRow.id, ClaimRow.service_from).where(ClaimRow.id.in_({row.claim_id for row in rows}))
        )
    }
    for row in rows:
        on = days[parts[row.remittance_claim_id].remittance_id]
        last = appeal_due(terms, payer_id, row.reason, services[row.claim_id], on)
        if last == row.appeal_due:
            continue
        uow.change(row, appeal_due=last)
        queues.reclock(uow, row, last)
        changed += 1
    return [row.id for row in rows], changed


def _parts(uow: UnitOfWork, rows: list[DenialRow]) -> dict[bytes, Any]:
    found = uow.rows(
        uow.select(RemittanceClaimRow.id, RemittanceClaimRow.remittance_id).where(
            RemittanceClaimRow.id.in_({row.remittance_claim_id for row in rows})
        )
    )
    return {part.id: part for part in found}
