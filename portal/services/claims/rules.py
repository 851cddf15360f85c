"""Edits that a practice writes itself: kept version by version, tried on past claims, switched on and off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.edits import own
from portal.domain.edits.own import COMPARISONS, FIELDS, LONGEST, MOST_CONDITIONS, Condition, OwnRule, RuleFacts
from portal.domain.edits.rules import EditContext
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.edit_rules import EditRuleRow
from portal.models.payers import PayerRow
from portal.services.claims.building import as_domains, found_by_id
from portal.services.claims.facts import as_rule
from portal.services.unit_of_work.work import UnitOfWork, new_id

TRIED_ON = 500
"""On how many past claims a rule is tried: the last ones that were sent."""
_SHOWN = 12
_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
"""What is meant as one number would be compared as two."""
_CHANGED = T_("Someone changed this while you worked on it. Nothing of yours was saved; look at the new state first.")


@dataclass(frozen=True, slots=True)
class Example:
    """A past claim that the rule would have met."""

    claim_id: str
    number: str
    day: date
    payer_name: str
    lines: tuple[int, ...]
    """The numbers of the lines that met it, from 1; empty for the claim as a whole."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done to the last claims that were sent."""

    rule_id: str
    name: str
    severity: str
    tried: int
    stopped: int
    examples: tuple[Example, ...]


def keep(uow: UnitOfWork, given: Mapping[str, str], *, rule_id: bytes | None = None, number: int = 0) -> bytes:
    """Keep a new version of a rule, not in use yet; `number` is the newest version that the person saw.

    Without `rule_id`, a new rule. The version in use stays in use until this one is switched on. The same again keeps
    nothing. Raises Refused (`rule`, `condition`), NotFound, Conflict when somebody was quicker.
    """
    values = _values(given)
    newest = newest_of(uow, rule_id) if rule_id is not None else None
    if newest is not None:
        if newest.number != number:
            raise Conflict(_CHANGED, code="version")
        if all(getattr(newest, name) == value for name, value in values.items()):
            return newest.rule_id
    row = uow.new(
        EditRuleRow, rule_id=rule_id or new_id(), number=(newest.number if newest else 0) + 1, state="DRAFT",
        tried=None, stopped=None, tried_at=None, kept_by=uow.actor.identity, kept_at=uow.now,
        **values,
    )  # fmt: skip
    uow.flush()
    uow.begin(row)
    return row.rule_id


def try_out(uow: UnitOfWork, rule_id: bytes, *, expected_version: int) -> Trial:
    """Try the newest version on the last claims that were sent, and keep how many it would have met.

    What it met is told in the audit log by the patients whose claims were read. Raises NotFound, Conflict.
    """
    row = newest_of(uow, rule_id)
    uow.change(row, expected_version=expected_version)
    claims = uow.entities(
        uow.select(ClaimRow)
        .where(ClaimRow.submitted_at.is_not(None))
        .order_by(ClaimRow.submitted_at.desc(), ClaimRow.id)
        .limit(TRIED_ON)
    )
    met = _met(uow, as_rule(row), claims)
    uow.change(row, tried=len(claims), stopped=len(met), tried_at=uow.now)
    payers = found_by_id(uow, PayerRow, (claim.payer_id for claim, _ in met[:_SHOWN]))
    examples = tuple(
        Example(claim.id.hex(), claim.control, claim.service_from, payers[claim.payer_id].name, lines)
        for claim, lines in met[:_SHOWN]
    )
    return Trial(row.rule_id.hex(), row.name, row.severity, len(claims), len(met), examples)


def switch(uow: UnitOfWork, rule_id: bytes, *, on: bool, expected_version: int) -> None:
    """Put the newest version of a rule in use, in place of the one before, or take what is in use out of it.

    Raises Refused for a version that was not tried, or that stands so already; NotFound, Conflict.
    """
    newest = newest_of(uow, rule_id)
    standing = uow.first(uow.select(EditRuleRow).where(EditRuleRow.rule_id == rule_id, EditRuleRow.state == "ON"))
    uow.change(newest, expected_version=expected_version)
    if on:
        if standing is not None and standing.id != newest.id:
            uow.move(standing, "OFF", RuleFacts(), reason="replaced")
            uow.flush()  # one version is in use at most
        uow.move(newest, "ON", RuleFacts(tried=newest.tried_at is not None), reason="switched-on")
    elif standing is None:
        raise Refused(T_("This rule is not in use. Reload the page."), code="rule")
    else:
        uow.move(standing, "OFF", RuleFacts(), reason="switched-off")


def newest_of(uow: UnitOfWork, rule_id: bytes) -> EditRuleRow:
    """The newest version of a rule; raises NotFound."""
    row = uow.first(uow.select(EditRuleRow).where(EditRuleRow.rule_id == rule_id).order_by(EditRuleRow.number.desc()))
    if row is None:
        raise NotFound(T_("There is no such rule."), code="not-found")
    return row


def example_of(rule: OwnRule) -> Text:
    """What trips a rule, in words."""
    said = [own.said(one) for one in rule.conditions]
    text = said[0]
    for each in said[1:]:
        text = T_("{first}, and {then}", first=text, then=each)
    return text


def _met(uow: UnitOfWork, rule: OwnRule, claims: Sequence[ClaimRow]) -> list[tuple[ClaimRow, tuple[int, ...]]]:
    if not claims:
        return []
    built = as_domains(uow, claims)
    context = EditContext(uow.today())
    met = []
    for claim in claims:
        found = list(rule.findings(built[claim.id], context))
        if found:
            met.append((claim, tuple(one.line for one in found if one.line is not None)))
    return met


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a version from a form; raises Refused naming what is wrong."""
    words = {name: _words(given, name) for name in ("name", "reason", "todo")}
    if given.get("severity") not in {"block", "warn"}:
        raise Refused(T_("Choose whether the rule stops a claim or only warns. Nothing was kept."), code="rule")
    conditions = [
        Condition(field, given.get(f"comparison-{at}", ""), _plain(given.get(f"value-{at}", ""), "value"))
        for at in range(1, MOST_CONDITIONS + 1)
        if (field := given.get(f"field-{at}", ""))
    ]
    if not conditions:
        raise Refused(T_("Give at least one condition. Nothing was kept."), code="condition")
    if any(FIELDS[one.field].number and _THOUSANDS.search(one.value) for one in conditions if one.field in FIELDS):
        raise Refused(
            T_("Write 1000 without a comma, and a blank after a comma between two numbers. Nothing was kept."),
            code="condition",
        )
    # reads every value once: what cannot be compared is refused here
    OwnRule("own", words["name"], "warn", tuple(conditions), words["reason"], words["todo"])
    stored = [{"field": one.field, "comparison": one.comparison, "value": one.value} for one in conditions]
    return {**words, "severity": given["severity"], "conditions": stored}


def _words(given: Mapping[str, str], name: str) -> str:
    text = _plain(given.get(name, ""), name)
    if not text:
        raise Refused(T_("Give the rule a name, a reason and what to do. Nothing was kept."), code="rule")
    return text


def _plain(text: str, name: str) -> str:
    """One line of printable text within its length."""
    plain = " ".join(text.split())
    if len(plain) > LONGEST[name] or not plain.isprintable():
        raise Refused(
            T_("At most {most} characters, and no control characters. Nothing was kept.", most=LONGEST[name]),
            code="rule",
        )
    return plain


FIELD_CHOICES = tuple((each.name, each.title) for each in FIELDS.values())
COMPARISON_CHOICES = tuple(COMPARISONS.items())
