"""All claim edits in the order in which they are shown, and the one function that runs them."""

from __future__ import annotations

from portal.domain.claims import Claim
from portal.domain.edits import history, lines, ncci, parties
from portal.domain.edits.rules import EditContext, EditFinding, Rule

RULES: tuple[Rule, ...] = (*history.RULES, *parties.RULES, *lines.RULES, *ncci.RULES)


def edit(claim: Claim, context: EditContext) -> tuple[EditFinding, ...]:
    """Everything that every rule finds; empty for a clean claim. Only findings of severity block stop a claim."""
    return tuple(finding for rule in RULES for finding in rule.findings(claim, context))
