"""The rules of the checks by sample, as the coding manager and the billing manager edit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from portal.access import roles
from portal.domain.charges import MOST_LATE_DAYS
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.money import Money, parse_cents
from portal.domain.sampling import CHARGES, CHECKS, CODE, CODING, KINDS, VALUE, WORKER
from portal.domain.texts import T_, Text
from portal.models.sampling import SampleRuleRow
from portal.models.users import GrantRow, UserRow
from portal.services.intake.lines import plain_code
from portal.services.intake.showing import colleague
from portal.services.sampling import deciding
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_WORKERS = {CODING: roles.CODER, CHARGES: roles.CHARGE_CLERK}
_CHANGED = T_("Someone changed the rules while you worked on them. Nothing of yours was saved; look at them first.")
_MOST_RULES = 50
_MOST_CENTS = 10**11


@dataclass(frozen=True, slots=True)
class RuleItem:
    """One rule in words; `ended_at` is None while it holds."""

    rule_id: str
    version: int
    words: Text
    made_by: str
    made_at: datetime
    ended_by: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RulesPage:
    """See `templates/staff/sampling/rules.html`; `late_after_days` is None where it says nothing."""

    check: str
    title: Text
    rules: tuple[RuleItem, ...]
    ended: tuple[RuleItem, ...]
    kinds: tuple[tuple[str, Text], ...]
    workers: tuple[tuple[str, str], ...]
    late_after_days: int | None
    setting_version: int
    most_late_days: int


def show(uow: UnitOfWork, check: str) -> RulesPage:
    """The rules of a check that hold, and those that ended, the newest first."""
    rows = uow.entities(_of(uow, check).order_by(SampleRuleRow.made_at.desc(), SampleRuleRow.id))
    items = [_item(uow, row) for row in rows]
    setting = deciding.standing(uow, check)
    return RulesPage(
        check, CHECKS[check], tuple(item for item in items if item.ended_at is None),
        tuple(item for item in items if item.ended_at is not None)[:_MOST_RULES], tuple(KINDS.items()),
        _workers(uow, check), deciding.late_after_days(uow, check) if check == CHARGES else None,
        setting.version if setting else 0, MOST_LATE_DAYS,
    )  # fmt: skip


def add(uow: UnitOfWork, check: str, typed: Mapping[str, str]) -> None:
    """Add a rule as it was typed: kind, percent, and worker, code or value as its kind asks for.

    Raises Refused `rule` for what cannot be read and for a rule that stands already.
    """
    kind, share = typed.get("kind", ""), typed.get("percent", "").replace("%", "").strip()
    if kind not in KINDS:
        raise Refused(T_("Choose what the rule looks at."), code="rule")
    if not (share.isascii() and share.isdigit() and len(share) <= 3 and 1 <= int(share) <= 100):
        raise Refused(T_("The share is a whole number from 1 to 100."), code="rule")
    values: dict[str, Any] = {
        "kind": kind, "percent": int(share), "worker_id": _worker(uow, check, typed) if kind == WORKER else None,
        "code": _code(typed) if kind == CODE else "", "cents": _cents(typed) if kind == VALUE else 0,
    }  # fmt: skip
    standing = uow.entities(_of(uow, check).where(SampleRuleRow.ended_at.is_(None)))
    if any(all(getattr(row, name) == value for name, value in values.items()) for row in standing):
        raise Refused(T_("This rule stands already."), code="rule")
    if len(standing) >= _MOST_RULES:
        raise Refused(T_("There are {n} rules already. End one first.", n=_MOST_RULES), code="rule")
    deciding.setting(uow, check)
    uow.new(SampleRuleRow, check_kind=check, made_by=uow.actor.identity, made_at=uow.now, **values)


def end(uow: UnitOfWork, check: str, rule_id: bytes, version: int) -> None:
    """End a rule; it is kept. Raises NotFound, Conflict where somebody was quicker."""
    row = uow.get(SampleRuleRow, rule_id)
    if row.check_kind != check:
        raise NotFound(ABSENT, code="not-found")
    if row.ended_at is not None:
        raise Conflict(_CHANGED, code="version")
    uow.change(row, expected_version=version, ended_by=uow.actor.identity, ended_at=uow.now)


def set_late(uow: UnitOfWork, days: str, version: int) -> None:
    """After how many days charges are late. Raises Refused `late-days`, Conflict where somebody was quicker."""
    plain = days.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 3 and 1 <= int(plain) <= MOST_LATE_DAYS):
        text = T_("Give whole days from 1 to {most}. Nothing was changed.", most=MOST_LATE_DAYS)
        raise Refused(text, code="late-days")
    standing = deciding.standing(uow, CHARGES)
    if (standing.version if standing else 0) != version:
        raise Conflict(_CHANGED, code="version")
    uow.change(standing or deciding.setting(uow, CHARGES), late_after_days=int(plain))


def _of(uow: UnitOfWork, check: str) -> Select[SampleRuleRow]:
    return uow.select(SampleRuleRow).where(
        SampleRuleRow.practice_id == uow.practice_id, SampleRuleRow.check_kind == check
    )


def _item(uow: UnitOfWork, row: SampleRuleRow) -> RuleItem:
    return RuleItem(
        row.id.hex(), row.version, _words(uow, row), colleague(uow, row.made_by), row.made_at,
        colleague(uow, row.ended_by) if row.ended_by else "", row.ended_at,
    )  # fmt: skip


def _words(uow: UnitOfWork, row: SampleRuleRow) -> Text:
    whole = row.percent == 100
    match row.kind:
        case "all":
            return T_("Every visit") if whole else T_("{percent} % of all visits", percent=row.percent)
        case "worker":
            name = colleague(uow, row.worker_id.hex()) if row.worker_id else "-"
            if whole:
                return T_("Every visit of {name}", name=name)
            return T_("{percent} % of the visits of {name}", percent=row.percent, name=name)
        case "code":
            if whole:
                return T_("Every visit with a code that begins with {code}", code=row.code)
            return T_(
                "{percent} % of the visits with a code that begins with {code}", percent=row.percent, code=row.code
            )
    if whole:
        return T_("Every visit of {value} or more", value=Money(row.cents))
    return T_("{percent} % of the visits of {value} or more", percent=row.percent, value=Money(row.cents))


def _workers(uow: UnitOfWork, check: str) -> tuple[tuple[str, str], ...]:
    """The people whose work is checked, by name."""
    ids = uow.rows(
        uow.select(GrantRow.user_id)
        .where(
            GrantRow.practice_id == uow.practice_id, GrantRow.role == _WORKERS[check], GrantRow.ended_at.is_(None),
            UserRow.id == GrantRow.user_id, UserRow.state == "ACTIVE",
        )
        .distinct()
    )  # fmt: skip
    uow.expect(*(row.user_id for row in ids))
    named = ((row.user_id.hex(), colleague(uow, row.user_id.hex())) for row in ids)
    return tuple(sorted(named, key=lambda pair: (pair[1].casefold(), pair[0])))


def _worker(uow: UnitOfWork, check: str, typed: Mapping[str, str]) -> bytes:
    chosen = typed.get("worker", "")
    if chosen not in {id_ for id_, _ in _workers(uow, check)}:
        raise Refused(T_("Choose whose work the rule is about."), code="rule")
    return bytes.fromhex(chosen)


def _code(typed: Mapping[str, str]) -> str:
    code = plain_code(typed.get("code", ""))
    if not (3 <= len(code) <= 7 and code.isascii() and code.isalnum()):
        raise Refused(T_("Write a code, or at least its first three signs."), code="rule")
    return code


def _cents(typed: Mapping[str, str]) -> int:
    try:
        cents = parse_cents(typed.get("value", "").replace("$", "").replace(",", "").strip())
    except ValueError:
        cents = 0
    if not 0 < cents <= _MOST_CENTS:
        raise Refused(T_("The value is an amount such as 500.00."), code="rule")
    return cents
