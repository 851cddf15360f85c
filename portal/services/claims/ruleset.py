"""The pages of the edits: the whole ordered set, built in and the practice's own, and one rule of the practice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.access import policy
from portal.domain.edits import catalog, guide, own
from portal.domain.edits.own import MOST_CONDITIONS
from portal.domain.texts import Text
from portal.models.edit_rules import EditRuleRow
from portal.services.claims.facts import as_rule
from portal.services.claims.rules import COMPARISON_CHOICES, FIELD_CHOICES, TRIED_ON, example_of, newest_of
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RuleItem:
    """One built-in rule."""

    code: str
    title: Text
    reason: Text
    severity: str
    todo: Text
    example: Text


@dataclass(frozen=True, slots=True)
class OwnItem:
    """One rule of the practice: the version in use, else the newest."""

    rule_id: str
    name: str
    reason: str
    severity: str
    todo: str
    example: Text
    state: State
    newer: bool
    """A newer version waits to be switched on."""


@dataclass(frozen=True, slots=True)
class RulesPage:
    """See `templates/staff/edits/list.html`."""

    built_in: tuple[RuleItem, ...]
    own: tuple[OwnItem, ...]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class RuleForm:
    """See `templates/staff/edits/form.html`; `data` is what the fields hold."""

    rule_id: str | None
    number: int
    name: str
    data: Mapping[str, str]
    fields: tuple[tuple[str, Text], ...] = FIELD_CHOICES
    comparisons: tuple[tuple[str, Text], ...] = COMPARISON_CHOICES
    conditions: int = MOST_CONDITIONS


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule."""

    number: int
    state: State
    example: Text
    severity: str
    by: str
    at: datetime
    tried: int | None
    stopped: int | None
    tried_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """See `templates/staff/edits/show.html`; `version` is the row version of the newest."""

    rule_id: str
    version: int
    name: str
    reason: str
    todo: str
    severity: str
    conditions: tuple[Text, ...]
    state: State
    in_use: int | None
    """The number of the version in use."""
    tried: bool
    versions: tuple[RuleVersion, ...]
    most: int = TRIED_ON
    may_edit: bool = False
    may_switch: bool = False
    actions: tuple[str, ...] = field(default=())


def list_rules(uow: UnitOfWork) -> RulesPage:
    """Every rule in its order: the built-in ones as they run, then the practice's own by name."""
    built_in = tuple(_item(rule) for rule in catalog.RULES)
    by_rule: dict[bytes, list[Any]] = {}
    for row in _versions(uow):
        by_rule.setdefault(row.rule_id, []).append(row)
    listed = sorted((_own(rows) for rows in by_rule.values()), key=lambda one: (one.name, one.rule_id))
    return RulesPage(built_in, tuple(listed), policy.decide(uow.actor, "edit-rule:edit").allowed)


def show_rule(uow: UnitOfWork, rule_id: bytes) -> RulePage:
    """One rule of the practice with all its versions; raises NotFound."""
    newest = newest_of(uow, rule_id)
    rows = [row for row in _versions(uow) if row.rule_id == rule_id]
    names = {row.kept_by: "" for row in rows}
    names = {identity: colleague(uow, identity) for identity in names}
    in_use = next((row.number for row in rows if row.state == "ON"), None)
    may_edit = policy.decide(uow.actor, "edit-rule:edit").allowed
    may_switch = policy.decide(uow.actor, "edit-rule:switch").allowed
    actions = [*(["try", "change"] if may_edit else []), *_switches(newest, in_use, may_switch)]
    return RulePage(
        rule_id=rule_id.hex(),
        version=newest.version,
        name=newest.name,
        reason=newest.reason,
        todo=newest.todo,
        severity=newest.severity,
        conditions=tuple(own.said(one) for one in as_rule(newest).conditions),
        state=_state(newest),
        in_use=in_use,
        tried=newest.tried_at is not None,
        versions=tuple(
            RuleVersion(
                row.number, _state(row), example_of(as_rule(row)), row.severity, names[row.kept_by], row.kept_at,
                row.tried, row.stopped, row.tried_at,
            )
            for row in rows
        ),
        may_edit=may_edit,
        may_switch=may_switch,
        actions=tuple(actions),
    )  # fmt: skip


def form_of(uow: UnitOfWork, rule_id: bytes | None = None) -> RuleForm:
    """The form of a new rule, or of the next version of one; raises NotFound."""
    if rule_id is None:
        return RuleForm(None, 0, "", {"severity": "warn"})
    row = newest_of(uow, rule_id)
    data = {"name": row.name, "reason": row.reason, "todo": row.todo, "severity": row.severity}
    for at, one in enumerate(row.conditions, start=1):
        data |= {f"field-{at}": one["field"], f"comparison-{at}": one["comparison"], f"value-{at}": one["value"]}
    return RuleForm(rule_id.hex(), row.number, row.name, data)


def _switches(newest: EditRuleRow, in_use: int | None, may_switch: bool) -> list[str]:
    if not may_switch:
        return []
    on = ["on"] if newest.state != "ON" and newest.tried_at is not None else []
    return [*on, *(["off"] if in_use is not None else [])]


def _item(rule: Any) -> RuleItem:
    reason, todo = guide.of(rule.code)
    return RuleItem(rule.code, rule.title, reason, rule.severity, todo, rule.example)


def _own(rows: list[Any]) -> OwnItem:
    """Of the versions of a rule, the newest first, the one that speaks for it."""
    shown = next((row for row in rows if row.state == "ON"), rows[0])
    return OwnItem(
        shown.rule_id.hex(), shown.name, shown.reason, shown.severity, shown.todo, example_of(as_rule(shown)),
        _state(shown), shown.state == "ON" and shown.number != rows[0].number,
    )  # fmt: skip


def _versions(uow: UnitOfWork) -> list[Any]:
    """Every version of every rule of the practice, the newest of each first."""
    return list(
        uow.rows(
            uow.select(*EditRuleRow.__table__.columns)
            .where(uow.within(EditRuleRow))
            .order_by(EditRuleRow.rule_id, EditRuleRow.number.desc())
        )
    )


def _state(row: Any) -> State:
    return State(row.state, own.LIFE.words[row.state])
