"""A claim and its visit: what the claim takes over from it, and sending the visit back to the coder."""

from __future__ import annotations

from datetime import date

from portal.domain.encounters import CODING_ERRORS, EncounterFacts
from portal.domain.texts import to_json
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.services import queues
from portal.services.contracts import limits
from portal.services.intake import visits
from portal.services.unit_of_work.work import UnitOfWork

NO_LIMIT = date.max
"""Stands in `filing_due` where no filing limit is known."""


def take_over(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> None:
    """What was corrected in the visit, in a claim that is not sent."""
    cover = uow.get(CoverageRow, claim.coverage_id)
    uow.change(
        claim,
        charge_cents=encounter.charge_cents,
        service_from=encounter.service_from,
        filing_due=limits.filing_due(uow, encounter, cover, claim),
    )


def filing_due(uow: UnitOfWork, encounter: EncounterRow, cover: CoverageRow) -> date:
    """The last day on which the payer takes an original of this visit."""
    return limits.filing_due(uow, encounter, cover)


def recode(uow: UnitOfWork, claim: ClaimRow, reason: str, note: str) -> None:
    """Send a claim's visit back to the coder, for a reason of CODING_ERRORS; it passes the same hands again."""
    encounter = uow.get(EncounterRow, claim.encounter_id)
    uow.move(encounter, "PROPOSED", EncounterFacts(actor=uow.actor.user_id), reason=reason, note=note)
    detail = {"number": visits.number(encounter), "text": to_json(CODING_ERRORS[reason])}
    queues.follow(
        uow, encounter, reason=reason, at_risk_cents=claim.charge_cents, detail=detail, limit=claim.filing_due
    )
