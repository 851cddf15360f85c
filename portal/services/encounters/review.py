"""The second look at the codes of a visit, by another person: released, or sent back with what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.domain.encounters import CODING_ERRORS, LIFE, EncounterFacts
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.sampling import CODING, WHY, main_category
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.services.encounters.differences import Difference, differences
from portal.services.intake import line_details, showing, visits
from portal.services.intake.showing import Diagnosis, Visit, VisitLine
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork

_NOT_NOW = T_("The codes of this visit do not wait for a second look now.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage(Visit):
    """A coded visit as the coding manager sees it."""

    note: str | None
    coder: str
    coded_at: datetime
    chosen: Text | None
    """Why it is checked."""
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[VisitLine, ...]
    total: Money
    differences: tuple[Difference, ...]
    categories: tuple[tuple[str, Text], ...]
    may_review: bool
    why_not: Text | None


def show(uow: UnitOfWork, encounter_id: bytes) -> ReviewPage:
    """Open a coded visit for the second look."""
    encounter = uow.get(EncounterRow, encounter_id)
    charges = showing.charges_of(uow, encounter)
    diagnoses = showing.diagnoses_of(uow, encounter)
    coded = showing.last_move(uow, encounter, "CODED")
    picked = showing.last_move(uow, encounter, "CODE_REVIEW")
    why_not = _why_not(uow, encounter)
    return ReviewPage(
        **showing.visit_values(uow, encounter),
        note=uow.read(encounter, EncounterRow.note_sealed),
        coder=coded.by if coded else "-",
        coded_at=coded.at if coded else encounter.created_at,
        chosen=WHY.get(picked.reason) if picked else None,
        diagnoses=showing.described(uow, encounter, diagnoses),
        lines=showing.lines_of(uow, encounter, charges),
        total=showing.total_of(charges),
        differences=differences(
            uow.read(encounter, EncounterRow.proposal_sealed), diagnoses, charges,
            line_details.drugs_of(uow, encounter, charges),
        ),
        categories=tuple(CODING_ERRORS.items()),
        may_review=why_not is None,
        why_not=why_not,
    )  # fmt: skip


def release(uow: UnitOfWork, encounter_id: bytes, version: int) -> None:
    """Release the codes for charge entry; raises Refused to the coder himself, Conflict when the visit moved on."""
    encounter = uow.get(EncounterRow, encounter_id)
    uow.change(encounter, expected_version=version)
    facts = _facts(uow, encounter)
    uow.move(encounter, "RELEASED", facts)
    deciding.keep(uow, CODING, encounter, facts.coder, items=_items(uow, encounter))
    visits.follow(uow, encounter, "released", T_("The codes are released."))


def send_back(uow: UnitOfWork, encounter_id: bytes, version: int, found: Mapping[str, int], note: str) -> None:
    """Send the codes back with what was found (`domain.sampling.read_found` of CODING_ERRORS) and words."""
    if not found or not found.keys() <= CODING_ERRORS.keys():
        raise Refused(T_("Choose what is wrong. Nothing was sent back."), code="category")
    category = main_category(found)
    encounter = uow.get(EncounterRow, encounter_id)
    uow.change(encounter, expected_version=version)
    facts = _facts(uow, encounter)
    uow.move(encounter, "PROPOSED", facts, reason=category, note=note.strip())
    deciding.keep(uow, CODING, encounter, facts.coder, items=_items(uow, encounter), found=found)
    visits.follow(uow, encounter, category, CODING_ERRORS[category])


def _items(uow: UnitOfWork, encounter: EncounterRow) -> int:
    """How many codes were checked: diagnoses and the services that are billed."""
    charges = showing.charges_of(uow, encounter)
    return len(showing.diagnoses_of(uow, encounter)) + sum(charge.active for charge in charges)


def _facts(uow: UnitOfWork, encounter: EncounterRow) -> EncounterFacts:
    return EncounterFacts(
        uow.actor.user_id,
        coder=uow.last_actor(encounter, "CODED"),
        solo_waiver=uow.waived("encounter:code", "encounter:review"),
    )


def _why_not(uow: UnitOfWork, encounter: EncounterRow) -> Text | None:
    if encounter.state != "CODE_REVIEW":
        return _NOT_NOW
    try:
        LIFE.permit("CODE_REVIEW", "RELEASED", _facts(uow, encounter))
    except Refused as refused:
        return refused.text
    return None
