"""Lists of remittances, fifty to a page, the newest first: the office's, and a payer's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import tuple_

from portal.access import policy
from portal.domain.money import Money
from portal.domain.texts import Text
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow
from portal.models.remittances import RemittanceRow
from portal.services.intake.showing import State
from portal.services.remittances import words
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RemittanceItem:
    """One payment; ids are hex. `adjustments` is what the payer took (positive) or added, as signed in the file."""

    remittance_id: str
    payer_name: str
    trace: str
    method: Text
    amount: Money
    adjustments: Money
    paid_on: date | None
    state: State
    claims: int
    matched: int


@dataclass(frozen=True, slots=True)
class RemittancesPage:
    """One page of the office's list; `newer` and `older` are places to go on from."""

    state: str
    states: tuple[tuple[str, Text], ...]
    remittances: tuple[RemittanceItem, ...]
    newer: str | None
    older: str | None
    may_see_deposits: bool


@dataclass(frozen=True, slots=True)
class PayerRemittanceItem:
    """One payment as its payer reads it."""

    remittance_id: str
    trace: str
    method: Text
    amount: Money
    paid_on: date | None
    claims: int


@dataclass(frozen=True, slots=True)
class PayerRemittancesPage:
    """One page of a payer's own payments."""

    payer_name: str
    practice_name: str
    remittances: tuple[PayerRemittanceItem, ...]
    newer: str | None
    older: str | None


def list_remittances(uow: UnitOfWork, *, state: str = "", before: str = "", after: str = "") -> RemittancesPage:
    """Payments within reach; `before` and `after` are places that a page before gave, a wrong one is passed over."""
    state = state if state in words.STATES else ""
    rows, newer, older = _page(uow, state, before, after)
    return RemittancesPage(
        state,
        tuple(words.STATES.items()),
        tuple(
            RemittanceItem(
                row.id.hex(), row.payer_name, row.trace, words.method(row.method), Money(row.amount_cents),
                Money(row.adjustment_cents), row.paid_on, State(row.state, words.STATES[row.state]), row.claim_count,
                row.matched_count,
            )
            for row in rows
        ),
        newer,
        older,
        policy.decide(uow.actor, "deposit:view").allowed,
    )  # fmt: skip


def list_members_remittances(uow: UnitOfWork, *, before: str = "", after: str = "") -> PayerRemittancesPage:
    """What the payer of whoever asks has sent, as it arrived."""
    rows, newer, older = _page(uow, "", before, after)
    return PayerRemittancesPage(
        names(uow, PayerRow, uow.reach.payers),
        names(uow, PracticeRow, {row.practice_id for row in rows}),
        tuple(
            PayerRemittanceItem(
                row.id.hex(), row.trace, words.method(row.method), Money(row.amount_cents), row.paid_on,
                row.claim_count,
            )
            for row in rows
        ),
        newer,
        older,
    )  # fmt: skip


def names(uow: UnitOfWork, model: Any, ids: Any) -> str:
    """The names of some payers or practices."""
    rows = uow.rows(uow.select(model.name).where(model.id.in_(sorted(ids))).order_by(model.name)) if ids else ()
    return ", ".join(row.name for row in rows)


def _page(uow: UnitOfWork, state: str, before: str, after: str) -> tuple[Sequence[Any], str | None, str | None]:
    at, key = RemittanceRow.created_at, RemittanceRow.id
    statement = uow.select(
        key, RemittanceRow.practice_id, at, RemittanceRow.payer_name, RemittanceRow.trace, RemittanceRow.method,
        RemittanceRow.amount_cents, RemittanceRow.adjustment_cents, RemittanceRow.paid_on, RemittanceRow.state,
        RemittanceRow.claim_count, RemittanceRow.matched_count,
    )  # fmt: skip
    if state:
        statement = statement.where(RemittanceRow.state == state)
    place = _read_place(after or before)
    if after and place:
        rows = list(uow.rows(statement.where(tuple_(at, key) > place).order_by(at, key).limit(PAGE_ROWS + 1)))
        newer, older = len(rows) > PAGE_ROWS, True
        rows = rows[:PAGE_ROWS][::-1]
    else:
        if place:
            statement = statement.where(tuple_(at, key) < place)
        rows = list(uow.rows(statement.order_by(at.desc(), key.desc()).limit(PAGE_ROWS + 1)))
        newer, older = place is not None, len(rows) > PAGE_ROWS
        rows = rows[:PAGE_ROWS]
    if not rows:
        return (), None, None
    return rows, _place(rows[0]) if newer else None, _place(rows[-1]) if older else None


def _place(row: Any) -> str:
    return f"{(row.created_at - _EPOCH) // _EPOCH.resolution}-{row.id.hex()}"


def _read_place(text: str) -> tuple[datetime, bytes] | None:
    """A place in the list as it stands in an address, microseconds-id; None for anything else."""
    at, _, id_ = text.partition("-")
    try:
        return _EPOCH + int(at) * _EPOCH.resolution, bytes.fromhex(id_)
    except (ValueError, OverflowError):
        return None
