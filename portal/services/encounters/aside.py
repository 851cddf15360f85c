"""Visits that go no further: kept with who said why, billed to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.bills import SET_ASIDE
from portal.domain.encounters import EncounterFacts
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services.intake import showing, visits
from portal.services.intake.showing import Happened
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Aside:
    """Who set a visit aside, and why."""

    happened: Happened
    words: Text | None


def set_aside(uow: UnitOfWork, encounter: EncounterRow, reason: str, note: str) -> None:
    """Let a visit go no further, for a reason of SET_ASIDE: its services are kept and billed to nobody.

    Raises Refused `reason`, and `guard:unbilled` for a visit to be coded that was billed before.
    """
    if reason not in SET_ASIDE:
        raise Refused(T_("Say why it goes no further. Nothing was changed."), code="reason")
    charges = showing.charges_of(uow, encounter)
    claimed = uow.select(ClaimRow.id).where(ClaimRow.encounter_id == encounter.id, ClaimRow.state != "VOIDED")
    unbilled = uow.row(claimed) is None and not any(charge.posted for charge in charges)
    for charge in charges:
        uow.change(charge, active=False)
    uow.change(encounter, charge_cents=0)
    facts = EncounterFacts(uow.actor.user_id, unbilled=unbilled)
    uow.move(encounter, "SET_ASIDE", facts, reason=reason, note=note.strip())
    visits.follow(uow, encounter, reason, SET_ASIDE[reason])


def of(uow: UnitOfWork, encounter: EncounterRow) -> Aside | None:
    """Who set a visit aside, and why; None for one that goes on."""
    last = showing.last_move(uow, encounter, "SET_ASIDE") if encounter.state == "SET_ASIDE" else None
    return None if last is None else Aside(last, SET_ASIDE.get(last.reason))
