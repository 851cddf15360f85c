"""Which days hold between a practice and a payer for services of a day, from what is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.domain import contracts
from portal.domain.contracts import Dated, Terms
from portal.models.contracts import ContractRow
from portal.models.payers import PayerRow
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Book:
    """The contracts of a practice with some payers, and what is assumed where none stands."""

    dated: dict[bytes, list[Dated]] = field(default_factory=dict)
    otherwise: dict[bytes, Terms] = field(default_factory=dict)
    kinds: dict[bytes, str] = field(default_factory=dict)
    """SBR09 by payer."""

    def on(self, payer_id: bytes, day: date) -> Terms:
        """The terms with a payer for services of a day."""
        return contracts.on(self.dated.get(payer_id, ()), day) or self.otherwise[payer_id]


def book(uow: UnitOfWork, payer_ids: Iterable[bytes]) -> Book:
    """The contracts of the practice at hand with these payers."""
    wanted = sorted(set(payer_ids))
    if not wanted:
        return Book()
    dated: dict[bytes, list[Dated]] = {}
    for row in standing(uow, wanted):
        if not row.withdrawn:
            dated.setdefault(row.payer_id, []).append(Dated(row.valid_from, row.valid_to, terms_of(row)))
    payers = uow.rows(
        uow.select(PayerRow.id, PayerRow.kind, PayerRow.filing_limit_days, PayerRow.appeal_levels).where(
            PayerRow.id.in_(wanted)
        )
    )
    return Book(dated, {row.id: _assumed(row) for row in payers}, {row.id: row.kind for row in payers})


def standing(uow: UnitOfWork, payer_ids: Iterable[bytes]) -> list[Any]:
    """The newest version of each contract with these payers, the one that begins last first."""
    newest: dict[tuple[bytes, date], Any] = {}
    for row in uow.rows(
        uow.select(*ContractRow.__table__.columns)
        .where(ContractRow.payer_id.in_(sorted(set(payer_ids))), uow.within(ContractRow))
        .order_by(ContractRow.payer_id, ContractRow.valid_from.desc(), ContractRow.number)
    ):
        newest[row.payer_id, row.valid_from] = row
    return list(newest.values())


def terms_of(row: Any) -> Terms:
    """The days of one version."""
    return Terms(row.filing_days, row.filing_from, row.secondary_days, row.replacement_days, row.appeal_days)


def _assumed(payer: Any) -> Terms:
    levels = payer.appeal_levels or []
    return contracts.assumed(payer.filing_limit_days or None, int(levels[0]["days"]) if levels else None)
