"""The rules of the checks by sample, as the coding manager and the billing manager edit them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select

from portal.domain.charges import MOST_LATE_DAYS
from portal.domain.errors import Conflict, Refused
from portal.domain.sampling import CHARGES, CHECKS, KINDS, Rule
from portal.domain.texts import T_, Text
from portal.models.sampling import SampleRuleRow
from portal.services.intake.showing import colleague
from portal.services.sampling import changes, deciding
from portal.services.sampling.changes import CHANGED, MOST_RULES, ChangeItem
from portal.services.sampling.typed import said, workers
from portal.services.unit_of_work.work import UnitOfWork


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
    waiting: tuple[ChangeItem, ...]
    decided: tuple[ChangeItem, ...]
    ended: tuple[RuleItem, ...]
    kinds: tuple[tuple[str, Text], ...]
    workers: tuple[tuple[str, str], ...]
    late_after_days: int | None
    setting_version: int
    most_late_days: int


def show(uow: UnitOfWork, check: str) -> RulesPage:
    """The rules of a check that hold and those that ended, the newest first, with the changes proposed and decided."""
    rows = uow.entities(_of(uow, check).order_by(SampleRuleRow.made_at.desc(), SampleRuleRow.id))
    items = [_item(uow, row) for row in rows]
    setting = deciding.standing(uow, check)
    return RulesPage(
        check, CHECKS[check], tuple(item for item in items if item.ended_at is None),
        changes.items(uow, check, waiting=True), changes.items(uow, check, waiting=False),
        tuple(item for item in items if item.ended_at is not None)[:MOST_RULES], tuple(KINDS.items()),
        workers(uow, check), deciding.late_after_days(uow, check) if check == CHARGES else None,
        setting.version if setting else 0, MOST_LATE_DAYS,
    )  # fmt: skip


def set_late(uow: UnitOfWork, days: str, version: int) -> None:
    """After how many days charges are late. Raises Refused `late-days`, Conflict where somebody was quicker."""
    plain = days.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 3 and 1 <= int(plain) <= MOST_LATE_DAYS):
        text = T_("Give whole days from 1 to {most}. Nothing was changed.", most=MOST_LATE_DAYS)
        raise Refused(text, code="late-days")
    standing = deciding.standing(uow, CHARGES)
    if (standing.version if standing else 0) != version:
        raise Conflict(CHANGED, code="version")
    uow.change(standing or deciding.setting(uow, CHARGES), late_after_days=int(plain))


def _of(uow: UnitOfWork, check: str) -> Select[SampleRuleRow]:
    return uow.select(SampleRuleRow).where(
        SampleRuleRow.practice_id == uow.practice_id, SampleRuleRow.check_kind == check
    )


def _item(uow: UnitOfWork, row: SampleRuleRow) -> RuleItem:
    words = said(uow, Rule(row.kind, row.percent, row.worker_id, row.code, row.cents))
    return RuleItem(
        row.id.hex(), row.version, words, colleague(uow, row.made_by), row.made_at,
        colleague(uow, row.ended_by) if row.ended_by else "", row.ended_at,
    )  # fmt: skip
