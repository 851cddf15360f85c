"""One sampling rule as it is typed, and as it is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.access import roles
from portal.domain.errors import Refused
from portal.domain.money import Money, parse_cents
from portal.domain.sampling import CHARGES, CODE, CODING, KINDS, VALUE, WORKER, Rule
from portal.domain.texts import T_, Text
from portal.models.users import GrantRow, UserRow
from portal.services.intake.lines import plain_code
from portal.services.intake.showing import colleague
from portal.services.unit_of_work.work import UnitOfWork

_WORKERS = {CODING: roles.CODER, CHARGES: roles.CHARGE_CLERK}
_MOST_CENTS = 10**11


def read_rule(uow: UnitOfWork, check: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a rule from what was typed: kind, percent, and worker, code or value as its kind asks for.

    Raises Refused `rule` for what cannot be read.
    """
    kind, share = typed.get("kind", ""), typed.get("percent", "").replace("%", "").strip()
    if kind not in KINDS:
        raise Refused(T_("Choose what the rule looks at."), code="rule")
    if not (share.isascii() and share.isdigit() and len(share) <= 3 and 1 <= int(share) <= 100):
        raise Refused(T_("The share is a whole number from 1 to 100."), code="rule")
    return {
        "kind": kind, "percent": int(share), "worker_id": _worker(uow, check, typed) if kind == WORKER else None,
        "code": _code(typed) if kind == CODE else "", "cents": _cents(typed) if kind == VALUE else 0,
    }  # fmt: skip


def said(uow: UnitOfWork, rule: Rule) -> Text:
    """A rule in words."""
    whole = rule.percent == 100
    match rule.kind:
        case "all":
            return T_("Every visit") if whole else T_("{percent} % of all visits", percent=rule.percent)
        case "worker":
            name = colleague(uow, rule.worker.hex()) if rule.worker else "-"
            if whole:
                return T_("Every visit of {name}", name=name)
            return T_("{percent} % of the visits of {name}", percent=rule.percent, name=name)
        case "code":
            if whole:
                return T_("Every visit with a code that begins with {code}", code=rule.code)
            return T_(
                "{percent} % of the visits with a code that begins with {code}", percent=rule.percent, code=rule.code
            )
    if whole:
        return T_("Every visit of {value} or more", value=Money(rule.cents))
    return T_("{percent} % of the visits of {value} or more", percent=rule.percent, value=Money(rule.cents))


def workers(uow: UnitOfWork, check: str) -> tuple[tuple[str, str], ...]:
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
    if chosen not in {id_ for id_, _ in workers(uow, check)}:
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
