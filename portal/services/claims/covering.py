"""Coverages of claims, where they speak against sending: what payers said of them, and the visit's own choice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, or_
from sqlalchemy.orm import aliased

from portal.domain.edits.rules import EditFinding
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.eligibility import EligibilityAnswerRow
from portal.models.encounters import EncounterRow
from portal.services.claims.building import slices
from portal.services.unit_of_work.work import UnitOfWork

MOVED = EditFinding(
    "coverage-changed",
    "block",
    None,
    T_("The visit now names another insurance than this claim went to."),
    T_("A replacement stays with the same insurance: choose it again, or give the replacement up and ask for a void."),
)


def inactive(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> dict[bytes, EditFinding]:
    """A finding for each claim whose coverage did not stand in its month of service, by the newest answer about that.

    A warning only: the payer decides on the claim, and may have been asked for another day of that month.
    """
    newest: dict[tuple[bytes, int, int], tuple[str, date]] = {}
    answer = EligibilityAnswerRow
    for part in slices(sorted({claim.coverage_id for claim in claims})):
        rows = uow.rows(
            uow.select(answer.coverage_id, answer.on_date, answer.state, answer.asked_at, answer.number)
            .where(answer.coverage_id.in_(part), answer.state.in_(("active", "inactive")))
            .order_by(answer.asked_at, answer.number)
        )
        for row in rows:
            newest[row.coverage_id, row.on_date.year, row.on_date.month] = row.state, row.on_date
    found = {}
    for claim in claims:
        day = claim.service_from
        state, asked = newest.get((claim.coverage_id, day.year, day.month), ("", day))
        if state == "inactive":
            found[claim.id] = _finding(asked)
    return found


def moved(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> set[bytes]:
    """Those of some claims whose replacement would go to another insurance than their visit now names.

    A claim beside that of the visit's own coverage is to a further payer, and is none of them.
    """
    found: set[bytes] = set()
    for part in slices(claim.id for claim in claims if claim.frequency == "7"):
        beside = aliased(ClaimRow)
        rows = uow.rows(
            uow.select(ClaimRow.id, EncounterRow.coverage_id)
            .join(EncounterRow, EncounterRow.id == ClaimRow.encounter_id)
            .outerjoin(
                beside,
                and_(beside.encounter_id == EncounterRow.id, beside.coverage_id == EncounterRow.coverage_id),
            )
            .where(
                ClaimRow.id.in_(part),
                or_(EncounterRow.coverage_id.is_(None), EncounterRow.coverage_id != ClaimRow.coverage_id),
                beside.id.is_(None),
            )
        )
        found.update(row.id for row in rows)
    return found


def _finding(day: date) -> EditFinding:
    return EditFinding(
        "coverage-inactive",
        "warn",
        None,
        T_("The payer said that the coverage did not stand on {day}.", day=day),
        T_("Ask for the present coverage before this goes; the account shows what the payer said."),
    )
