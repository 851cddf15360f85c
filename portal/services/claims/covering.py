"""What payers said of the coverages of claims, where it speaks against sending."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from portal.domain.edits.rules import EditFinding
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.eligibility import EligibilityAnswerRow
from portal.services.claims.building import slices
from portal.services.unit_of_work.work import UnitOfWork


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


def _finding(day: date) -> EditFinding:
    return EditFinding(
        "coverage-inactive",
        "warn",
        None,
        T_("The payer said that the coverage did not stand on {day}.", day=day),
        T_("Ask for the present coverage before this goes; the account shows what the payer said."),
    )
