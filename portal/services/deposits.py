"""Deposits: each check or transfer with the remittances that explain it, the payer's adjustments, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import tuple_

from portal.domain.money import Money
from portal.models.payers import PayerRow
from portal.models.remittances import DepositRow, RemittanceRow
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DepositItem:
    """One deposit; `difference` is its amount less what its remittances say, nought when they explain it."""

    deposit_id: str
    reference: str
    payer_name: str
    method: str
    amount: Money
    adjustments: tuple[tuple[str, str, Money], ...]
    """(PLB03-1, its reference, amount as signed in the file)."""
    remittances: tuple[tuple[str, str], ...]
    """(Id in hex, state)."""
    difference: Money
    arrived_on: date | None
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class DepositsPage:
    """Fifty deposits, the newest first."""

    deposits: tuple[DepositItem, ...]
    older: str | None


def list_deposits(uow: UnitOfWork, *, before: str = "") -> DepositsPage:
    """Deposits within reach; `before` is the place that a page before gave, a wrong one is passed over."""
    at, key = DepositRow.created_at, DepositRow.id
    statement = uow.select(
        key, at, DepositRow.payer_id, DepositRow.method, DepositRow.reference, DepositRow.amount_cents,
        DepositRow.arrived_on, DepositRow.adjustments,
    )  # fmt: skip
    place = _read_place(before)
    if place:
        statement = statement.where(tuple_(at, key) < place)
    rows = list(uow.rows(statement.order_by(at.desc(), key.desc()).limit(PAGE_ROWS + 1)))
    older = len(rows) > PAGE_ROWS
    rows = rows[:PAGE_ROWS]
    explained = _remittances(uow, [row.id for row in rows])
    payers = {row.id: row.name for row in uow.rows(uow.select(PayerRow.id, PayerRow.name))}
    return DepositsPage(
        tuple(_item(row, explained.get(row.id, []), payers.get(row.payer_id, "")) for row in rows),
        f"{(rows[-1].created_at - _EPOCH) // _EPOCH.resolution}-{rows[-1].id.hex()}" if older else None,
    )


def _item(row: Any, remittances: Sequence[Any], payer_name: str) -> DepositItem:
    told = sum(one.amount_cents for one in remittances if one.state != "HELD")
    return DepositItem(
        row.id.hex(),
        row.reference,
        payer_name or next((one.payer_name for one in remittances), ""),
        row.method,
        Money(row.amount_cents),
        tuple((one["reason"], one["reference"], Money(one["cents"])) for one in row.adjustments),
        tuple((one.id.hex(), one.state) for one in remittances),
        Money(row.amount_cents - told),
        row.arrived_on,
        next((one.paid_on for one in remittances), None),
    )


def _remittances(uow: UnitOfWork, deposits: Sequence[bytes]) -> dict[bytes, list[Any]]:
    found: dict[bytes, list[Any]] = {}
    for row in uow.rows(
        uow.select(
            RemittanceRow.id, RemittanceRow.deposit_id, RemittanceRow.amount_cents, RemittanceRow.state,
            RemittanceRow.payer_name, RemittanceRow.paid_on,
        )
        .where(RemittanceRow.deposit_id.in_(deposits))
        .order_by(RemittanceRow.created_at)
    ):  # fmt: skip
        found.setdefault(row.deposit_id, []).append(row)
    return found


def _read_place(text: str) -> tuple[datetime, bytes] | None:
    at, _, id_ = text.partition("-")
    try:
        return _EPOCH + int(at) * _EPOCH.resolution, bytes.fromhex(id_)
    except (ValueError, OverflowError):
        return None
