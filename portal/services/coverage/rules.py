"""After how many days a practice asks a payer again, as data: one rule for all, and one for a payer that differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.coverage import CoverageRow
from portal.models.eligibility import EligibilityRuleRow
from portal.models.payers import PayerRow
from portal.services.coverage.due import RECHECK_DAYS
from portal.services.unit_of_work.work import UnitOfWork

MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class PayerRule:
    """One payer; `days` is None where the practice's own holds."""

    payer_id: str
    payer_name: str
    days: int | None


@dataclass(frozen=True, slots=True)
class RulesPage:
    """See `templates/staff/coverage/rules.html`."""

    days: int
    payers: tuple[PayerRule, ...]
    most_days: int


def show(uow: UnitOfWork) -> RulesPage:
    """The rules of the practice, with every payer that covers a patient of it."""
    rules = {row.payer_id: row.recheck_days for row in uow.entities(uow.select(EligibilityRuleRow))}
    covering = uow.select(CoverageRow.payer_id).distinct().subquery()
    payers = uow.rows(
        uow.select(PayerRow.id, PayerRow.name)
        .join(covering, covering.c.payer_id == PayerRow.id)
        .order_by(PayerRow.name, PayerRow.id)
    )
    listed = tuple(PayerRule(row.id.hex(), row.name, rules.get(row.id)) for row in payers)
    return RulesPage(rules.get(None, RECHECK_DAYS), listed, MOST_DAYS)


def keep(uow: UnitOfWork, days: str, by_payer: Mapping[bytes, str]) -> None:
    """Keep the rules; an empty one for a payer lets the practice's hold. Raises Refused `recheck-days`."""
    wanted: dict[bytes | None, int] = {None: _days(days)}
    wanted |= {payer: _days(text) for payer, text in by_payer.items() if text.strip()}
    standing = {row.payer_id: row for row in uow.entities(uow.select(EligibilityRuleRow).with_for_update())}
    known = {row.id for row in uow.rows(uow.select(PayerRow.id).where(PayerRow.id.in_(sorted(by_payer))))}
    for payer_id, number in wanted.items():
        if payer_id is not None and payer_id not in known:
            continue
        row = standing.get(payer_id)
        if row is None:
            uow.new(EligibilityRuleRow, payer_id=payer_id, recheck_days=number)
        elif row.recheck_days != number:
            uow.change(row, recheck_days=number)
    for payer_id, row in standing.items():
        if payer_id is not None and payer_id in by_payer and payer_id not in wanted:
            uow.delete(row)


def _days(text: str) -> int:
    """Whole days from 1 to a year."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 3 and 1 <= int(plain) <= MOST_DAYS):
        raise Refused(T_("Give whole days from 1 to {most}. Nothing was changed.", most=MOST_DAYS), code="recheck-days")
    return int(plain)
