"""After a payment: claims with nothing left to do close, and accounts in credit go to their queue. Safe to repeat."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import aliased

from portal.access.actors import Actor
from portal.domain.claims import ClaimFacts
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.queues import QueueItemRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import corrections
from portal.services import queues as work
from portal.services.credits import Balances, balances_of, queue_credits
from portal.services.remittances.candidates import slices
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_AT_ONCE = 200
"""Claims and accounts changed in one transaction, so that none of them holds up the pages for long."""

_ENDED = ("CLOSED", "RESOLVED")


def settle(units: Units, actor: Actor, remittance_id: bytes, *, request: Request | None = None) -> int:
    """Close what a payment settled and queue the credits it made; returns how many claims it closed.

    Also the job `remittance.settle`, so that a crash after posting leaves nothing undone.
    """
    with units.read(actor, "remittance:post", request=request, kind="import") as uow:
        rows = uow.rows(
            uow.select(RemittanceClaimRow.claim_id, RemittanceClaimRow.patient_id).where(
                RemittanceClaimRow.remittance_id == remittance_id, RemittanceClaimRow.state == "MATCHED"
            )
        )
        claims, patients = {row.claim_id for row in rows}, {row.patient_id for row in rows}
        balances = balances_of(uow, patients)
        closing = _closable(uow, claims | _beside(uow, claims), balances)
        voided = _voided(uow, claims)
        corrected = corrections.concerned(uow, claims)
        changed = {patient for patient in patients if balances.credits.get(patient)} | _queued(uow, patients)
    closed = 0
    for some in _parts(corrected):
        with units.write(actor, "remittance:post", request=request, kind="import") as uow:
            _follow(uow, some)
    for some in _parts(closing):
        with units.write(actor, "remittance:post", request=request, kind="import") as uow:
            closed += close_settled(uow, some)
    for some in _parts(voided):
        with units.write(actor, "remittance:post", request=request, kind="import") as uow:
            _queue_voided(uow, some)
    for some in _parts(changed):
        with units.write(actor, "remittance:post", request=request, kind="import") as uow:
            queue_credits(uow, some)
    return closed


def _follow(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> None:
    """Replacements and voids of claims that a payment moved."""
    for claim in uow.entities(uow.select(ClaimRow).where(ClaimRow.id.in_(list(claim_ids))).order_by(ClaimRow.id)):
        corrections.follow(uow, claim)


def _voided(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for some in slices(claim_ids):
        rows = uow.rows(uow.select(ClaimRow.id).where(ClaimRow.id.in_(some), ClaimRow.state == "VOIDED"))
        found |= {row.id for row in rows}
    return found


def _queue_voided(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> None:
    for claim in uow.entities(uow.select(ClaimRow).where(ClaimRow.id.in_(list(claim_ids)))):
        corrections.voided(uow, claim)


def close_settled(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> int:
    """Close those of some claims that are answered, owe nothing to anybody and have no open case; says how many."""
    claims = [
        claim
        for some in slices(claim_ids)
        for claim in uow.entities(uow.select(ClaimRow).where(ClaimRow.id.in_(some), ClaimRow.state == "ADJUDICATED"))
    ]
    balances = balances_of(uow, {claim.patient_id for claim in claims})
    closable = _closable(uow, {claim.id for claim in claims}, balances)
    closable -= corrections.concerned(uow, closable)
    for claim in claims:
        if claim.id in closable:
            uow.move(claim, "CLOSED", ClaimFacts(open_balance=False, open_cases=0), reason="settled")
            work.done(uow, claim)
    return len(closable)


def _beside(uow: UnitOfWork, claims: Iterable[bytes]) -> set[bytes]:
    """The claims of the same visits to other payers: what the last payer settles is settled for the first too."""
    found: set[bytes] = set()
    other = aliased(ClaimRow)
    for some in slices(claims):
        rows = uow.rows(
            uow.select(ClaimRow.id)
            .join(other, other.encounter_id == ClaimRow.encounter_id)
            .where(other.id.in_(some), ClaimRow.id != other.id)
        )
        found |= {row.id for row in rows}
    return found


def _closable(uow: UnitOfWork, claims: Iterable[bytes], balances: Balances) -> set[bytes]:
    closable: set[bytes] = set()
    for some in slices(claims):
        rows = uow.rows(
            uow.select(ClaimRow.id, ClaimRow.encounter_id, ClaimRow.patient_id).where(
                ClaimRow.id.in_(some), ClaimRow.state == "ADJUDICATED"
            )
        )
        free = {row.id for row in rows if row.encounter_id not in balances.open_encounters}
        for ids in slices(free):
            cases = uow.rows(
                uow.select(DenialRow.claim_id).where(DenialRow.claim_id.in_(ids), DenialRow.state.not_in(_ENDED))
            )
            free -= {row.claim_id for row in cases}
        closable |= free
    return closable


def _queued(uow: UnitOfWork, patients: set[bytes]) -> set[bytes]:
    """Those of some patients whose account lies in the queue of credits."""
    found: set[bytes] = set()
    for some in slices(patients):
        rows = uow.rows(
            uow.select(QueueItemRow.patient_id).where(
                QueueItemRow.patient_id.in_(some), QueueItemRow.queue == "credits", QueueItemRow.state == work.OPEN
            )
        )
        found |= {row.patient_id for row in rows}
    return found


def _parts(ids: Iterable[bytes]) -> list[list[bytes]]:
    ordered = sorted(ids)
    return [ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE)]
