"""All claim edits in the order in which they are shown, and the one function that runs them."""

from __future__ import annotations

from portal.domain.claims import Claim
from portal.domain.edits import (
    aftercare,
    authorizations,
    carried,
    coverage,
    diagnoses,
    drugs,
    evaluations,
    facility,
    history,
    laboratory,
    lines,
    modifiers,
    mouths,
    ncci,
    order,
    parties,
    places,
    prices,
    sides,
)
from portal.domain.edits.rules import EditContext, EditFinding, Rule

RULES: tuple[Rule, ...] = (
    *history.RULES,
    *parties.RULES,
    *order.RULES,
    *carried.RULES,
    *authorizations.RULES,
    *facility.RULES,
    *places.RULES,
    *mouths.RULES,
    *lines.RULES,
    *diagnoses.RULES,
    *sides.RULES,
    *modifiers.RULES,
    *evaluations.RULES,
    *aftercare.RULES,
    *laboratory.RULES,
    *drugs.RULES,
    *coverage.RULES,
    *ncci.RULES,
    *prices.RULES,
)


def edit(claim: Claim, context: EditContext) -> tuple[EditFinding, ...]:
    """Everything that every rule finds, the practice's own last; empty for a clean claim.

    Only findings of severity block stop a claim.
    """
    found: list[EditFinding] = []
    for rule in RULES:  # as `Rule.findings`, without a generator more for each of them
        for one in rule.check(claim, context):
            found.append(EditFinding(rule.code, rule.severity, one.line, one.text, one.what_to_do))  # noqa: PERF401 - a generator for each rule is what costs
    for own in context.own:
        found.extend(own.findings(claim, context))
    return tuple(found)
