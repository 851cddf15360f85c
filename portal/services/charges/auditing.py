"""The audit of entered charges by another person: cleared for the claim, or returned with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.encounters import AUDIT_HOLDS, LIFE, EncounterFacts
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.sampling import CHARGES, WHY, main_category
from portal.domain.texts import T_, Text
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.services import outbox
from portal.services.charges import finding
from portal.services.charges.finding import Told
from portal.services.intake import showing, unreleased, visits
from portal.services.intake.showing import Diagnosis, Visit, VisitLine
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork

_NOT_AUDITED = T_("The charges of this visit do not wait for an audit now.")


@dataclass(frozen=True, slots=True)
class Check:
    """Something the machine compared, for the auditor; `tone` is good, wait or stop."""

    title: Text
    text: Text
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage(Visit):
    """Entered charges as the auditor sees them."""

    clerk: str
    entered_at: datetime
    chosen: Text | None
    """Why it is audited."""
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[VisitLine, ...]
    total: Money
    checks: tuple[Check, ...]
    found: tuple[Told, ...]
    """What was found at entry."""
    unreleased: tuple[int, ...]
    """Positions of services that a clerk added and no coder released."""
    categories: tuple[tuple[str, Text], ...]
    may_audit: bool
    why_not: Text | None


def show(uow: UnitOfWork, encounter_id: bytes) -> AuditPage:
    """Open entered charges for the audit."""
    encounter = uow.get(EncounterRow, encounter_id)
    charges = showing.charges_of(uow, encounter)
    entered = showing.last_move(uow, encounter, "QA")
    why_not = _why_not(uow, encounter)
    chosen = WHY.get(entered.reason) if entered else None
    return AuditPage(
        **showing.visit_values(uow, encounter),
        clerk=entered.by if entered else "-",
        entered_at=entered.at if entered else encounter.created_at,
        chosen=chosen,
        diagnoses=showing.described(uow, encounter, showing.diagnoses_of(uow, encounter)),
        lines=showing.lines_of(uow, encounter, charges),
        total=showing.total_of(charges),
        found=finding.told(uow, encounter),
        unreleased=tuple(charge.position for charge in unreleased.of(uow, encounter, charges)),
        checks=_checks(uow, encounter, charges),
        categories=tuple(AUDIT_HOLDS.items()),
        may_audit=why_not is None,
        why_not=why_not,
    )


def clear(uow: UnitOfWork, encounter_id: bytes, version: int) -> None:
    """Clear the charges: a covered visit gets its claim by the job `claim.draft`; others are the patient's to pay.

    Raises Refused to the clerk himself, Conflict when the visit moved on.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    uow.change(encounter, expected_version=version)
    facts = _facts(uow, encounter)
    uow.move(encounter, "CLEARED", facts)
    deciding.keep(uow, CHARGES, encounter, facts.clerk, items=_items(uow, encounter))
    hand_on(uow, encounter)


def hand_on(uow: UnitOfWork, encounter: EncounterRow) -> None:
    """What follows from cleared charges: nobody works them any more, and a covered visit gets its claim."""
    visits.follow(uow, encounter, "cleared", T_("The charges are cleared."))
    uow.flush()
    if encounter.coverage_id is not None:
        key = f"claim.draft:{encounter.id.hex()}:{encounter.version}"
        outbox.later(uow, "claim.draft", key, {"encounter": encounter.id})


def send_back(uow: UnitOfWork, encounter_id: bytes, version: int, found: Mapping[str, int], note: str) -> None:
    """Return the charges with what was found (`domain.sampling.read_found` of AUDIT_HOLDS) and words."""
    if not found or not found.keys() <= AUDIT_HOLDS.keys():
        raise Refused(T_("Choose what is wrong. Nothing was sent back."), code="category")
    category = main_category(found)
    encounter = uow.get(EncounterRow, encounter_id)
    uow.change(encounter, expected_version=version)
    facts = _facts(uow, encounter)
    uow.move(encounter, "CHARGED", facts, reason=category, note=note.strip())
    deciding.keep(uow, CHARGES, encounter, facts.clerk, items=_items(uow, encounter), found=found)
    visits.follow(uow, encounter, category, AUDIT_HOLDS[category])


def _items(uow: UnitOfWork, encounter: EncounterRow) -> int:
    """How much was audited: the services that are billed, and the visit's clinician, coverage and place."""
    return sum(charge.active for charge in showing.charges_of(uow, encounter)) + 3


def _facts(uow: UnitOfWork, encounter: EncounterRow) -> EncounterFacts:
    return EncounterFacts(
        uow.actor.user_id,
        clerk=uow.last_actor(encounter, "QA"),
        solo_waiver=uow.waived("charge:enter", "charge:audit"),
    )


def _why_not(uow: UnitOfWork, encounter: EncounterRow) -> Text | None:
    if encounter.state != "QA":
        return _NOT_AUDITED
    try:
        LIFE.permit("QA", "CLEARED", _facts(uow, encounter))
    except Refused as refused:
        return refused.text
    return None


def _checks(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> tuple[Check, ...]:
    active = [charge for charge in charges if charge.active]
    return (
        _prices(uow, active),
        _twice(uow, encounter, active),
        _coverage(uow, encounter),
        _named(encounter),
    )


def _prices(uow: UnitOfWork, charges: Sequence[ChargeRow]) -> Check:
    title = T_("Prices")
    listed = [(charge, visits.listed_cents(uow, charge)) for charge in charges]
    other = sum(price is not None and price != charge.charge_cents for charge, price in listed)
    if other:
        text = T_("{n} charge is not the practice's list.", "{n} charges are not the practice's list.", n=other)
        return Check(title, text, "wait")
    if any(price is None for _, price in listed):
        return Check(title, T_("Not every service is in the practice's list."), "wait")
    return Check(title, T_("All charges are those of the practice's list."), "good")


def _twice(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> Check:
    title = T_("Charged twice")
    alike = finding.doubled(uow, encounter, charges)
    if any(not twin.number for twin in alike):
        return Check(title, T_("A service stands in this visit twice."), "stop")
    if alike:
        text = T_("Visit {number} of this patient has the same service on the same day.", number=alike[0].number)
        return Check(title, text, "stop")
    return Check(title, T_("No service of this visit is charged elsewhere."), "good")


def _coverage(uow: UnitOfWork, encounter: EncounterRow) -> Check:
    title = T_("Coverage")
    if encounter.coverage_id is None:
        return Check(title, T_("There is none: the patient pays."), "wait")
    row = uow.row(
        uow.select(CoverageRow.valid_from, CoverageRow.valid_to).where(CoverageRow.id == encounter.coverage_id)
    )
    day = encounter.service_from
    if row and ((row.valid_from and day < row.valid_from) or (row.valid_to and day > row.valid_to)):
        return Check(title, T_("It does not hold on the day of the visit."), "stop")
    return Check(title, T_("It holds on the day of the visit."), "good")


def _named(encounter: EncounterRow) -> Check:
    title = T_("Clinician")
    if encounter.provider_id is None:
        return Check(title, T_("None is named; the claim will name the practice."), "wait")
    return Check(title, T_("One is named."), "good")
