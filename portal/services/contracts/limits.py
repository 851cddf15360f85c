"""The last days for claims and denials, worked out from contracts, services and what payers have answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal.domain import contracts, denials
from portal.domain.contracts import Filing, Limit
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.remittances import RemittanceClaimRow, RemittanceRow
from portal.services.contracts.terms import Book, book
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500
_RANKS = "PST"


@dataclass(frozen=True, slots=True)
class Clock:
    """What a claim's filing limit runs from, with the terms that hold for it."""

    about: Filing
    terms: contracts.Terms

    @property
    def limit(self) -> Limit:
        """The last day."""
        return contracts.filing_limit(self.about, self.terms)


def clocks_of(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> dict[bytes, Clock]:
    """The filing clock of each claim of the practice at hand, from what the rows say now."""
    if not claims:
        return {}
    terms = book(uow, (claim.payer_id for claim in claims))
    visits = _by_id(uow, (EncounterRow.id, EncounterRow.service_from, EncounterRow.service_to),
                    (claim.encounter_id for claim in claims))  # fmt: skip
    codes = _by_id(uow, (CoverageRow.id, CoverageRow.filing_code), (claim.coverage_id for claim in claims))
    answers = _answers(uow, [claim for claim in claims if claim.adjudicated_at is not None or claim.rank != "P"])
    found = {}
    for claim in claims:
        visit = visits[claim.encounter_id]
        own, earlier = _answered(answers.get(claim.encounter_id, ()), claim)
        about = Filing(
            visit.service_from, visit.service_to, codes[claim.coverage_id].filing_code, claim.rank, claim.frequency,
            earlier, own,
        )  # fmt: skip
        found[claim.id] = Clock(about, terms.on(claim.payer_id, visit.service_from))
    return found


def filing_due(uow: UnitOfWork, encounter: EncounterRow, cover: CoverageRow, claim: ClaimRow | None = None) -> date:
    """The last day on which the payer of a coverage takes the claim of a visit; `claim` is the one that stands."""
    if claim is not None:
        uow.flush()
        return clocks_of(uow, [claim])[claim.id].limit.last
    terms = book(uow, [cover.payer_id]).on(cover.payer_id, encounter.service_from)
    about = Filing(encounter.service_from, encounter.service_to, cover.filing_code, cover.rank)
    return contracts.filing_limit(about, terms).last


def as_replacement(about: Filing) -> Filing:
    """The same as a replacement of an answered claim would run."""
    return replace(about, frequency="7")


def appeal_due(terms: Book, payer_id: bytes, reason: str, service_from: date, remitted_on: date) -> date | None:
    """The last day of the first level of appeal; none for a duplicate (CARC 18): it is looked into, not appealed."""
    if denials.category_of(reason) == "duplicate":
        return None
    return contracts.appeal_limit(remitted_on, terms.on(payer_id, service_from), terms.kinds[payer_id]).last


def remitted(uow: UnitOfWork, remittance_ids: Iterable[bytes], today: date) -> dict[bytes, date]:
    """The day of each remittance: the payment's own (BPR16), not later than the day it came or today."""
    rows = _by_id(uow, (RemittanceRow.id, RemittanceRow.paid_on, RemittanceRow.created_at), remittance_ids)
    return {id_: min(_told_on(row), today) for id_, row in rows.items()}


def _told_on(row: Any) -> date:
    """When a payer had answered: a day of payment that is still to come, or none, makes no limit later."""
    came: date = row.created_at.date()
    return min(row.paid_on or came, came)


def _by_id(uow: UnitOfWork, columns: Sequence[Any], ids: Iterable[bytes]) -> dict[bytes, Any]:
    wanted = sorted(set(ids))
    found: dict[bytes, Any] = {}
    for start in range(0, len(wanted), _SLICE):
        part = wanted[start : start + _SLICE]
        found |= {row.id: row for row in uow.rows(uow.select(*columns).where(columns[0].in_(part)))}
    return found


def _answers(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> dict[bytes, list[Any]]:
    """What payers remitted on the claims of these claims' visits, by visit."""
    found: dict[bytes, list[Any]] = {}
    wanted = sorted({claim.encounter_id for claim in claims})
    for start in range(0, len(wanted), _SLICE):
        rows = uow.rows(
            uow.select(
                ClaimRow.id, ClaimRow.encounter_id, ClaimRow.rank, RemittanceRow.paid_on, RemittanceRow.created_at
            )
            .where(
                ClaimRow.encounter_id.in_(wanted[start : start + _SLICE]),
                RemittanceClaimRow.claim_id == ClaimRow.id,
                RemittanceClaimRow.state == "MATCHED",
                uow.within(RemittanceClaimRow),
                RemittanceRow.id == RemittanceClaimRow.remittance_id,
                RemittanceRow.paid_on.is_not(None),
            )
        )  # fmt: skip
        for row in rows:
            found.setdefault(row.encounter_id, []).append(row)
    return found


def _answered(rows: Sequence[Any], claim: ClaimRow) -> tuple[date | None, date | None]:
    """(the newest remittance on the claim itself, the newest on one to an earlier payer of its visit)."""
    rank = _RANKS.find(claim.rank)
    own = [_told_on(row) for row in rows if row.id == claim.id]
    earlier = [_told_on(row) for row in rows if _RANKS.find(row.rank) < rank]
    return max(own, default=None), max(earlier, default=None)
