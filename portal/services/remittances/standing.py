"""What stands in our books about the claims a payment speaks of: charges, earlier payments, the payer that is next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from portal.domain import coverage
from portal.domain.charges import Charge
from portal.domain.coordination import LATER
from portal.domain.coverage import Coverage
from portal.domain.ledger import Line
from portal.domain.posting.attribution import Matched
from portal.domain.posting.reversals import EarlierPosting
from portal.domain.remittances import ClaimPayment
from portal.models.encounters import ChargeRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.remittances import RemittanceClaimRow, RemittanceRow
from portal.services.remittances.candidates import slices
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Standing:
    """One claim of ours: what is posted to, and the payments on it that no reversal has undone, newest first."""

    matched: Matched
    postings: tuple[EarlierPosting, ...] = ()
    behind_next_id: bytes | None = None
    """The payer behind the next one: what that one leaves waits for it, where the claim was sent on."""


def standing_of(
    uow: UnitOfWork, claims: Mapping[bytes, Mapping[str, Any]], covers: Mapping[bytes, list[Any]]
) -> dict[bytes, Standing]:
    """Load what stands about these claims (complete column values by id) and the coverages of their patients."""
    charges = _charges(uow, claims)
    postings = earlier_postings(uow, [id_ for id_, values in claims.items() if values["adjudicated_at"] is not None])
    return {
        claim_id: Standing(
            Matched(
                claim_id,
                values["patient_id"],
                values["payer_id"],
                encounter_id=values["encounter_id"],
                charges=tuple(charges.get(claim_id, ())),
                next_payer_id=_next_payer(values, covers.get(values["patient_id"], [])),
            ),
            tuple(postings.get(claim_id, ())),
            _next_payer(values, covers.get(values["patient_id"], []), behind=1),
        )
        for claim_id, values in claims.items()
    }


def paid_by(standing: Standing, claim: ClaimPayment, payer_id: bytes | None) -> Matched:
    """Who pays a claim: the payer billed, or, where that one sent the claim on, the next, who answers on its number."""
    matched, following = standing.matched, standing.matched.next_payer_id
    if following is not None and payer_id == following and (claim.status in LATER or claim.reversal):
        return replace(matched, payer_id=following, next_payer_id=standing.behind_next_id)
    return matched


def _charges(uow: UnitOfWork, claims: Mapping[bytes, Mapping[str, Any]]) -> dict[bytes, list[Charge]]:
    by_encounter: dict[bytes, list[Mapping[str, Any]]] = {}
    for values in claims.values():
        by_encounter.setdefault(values["encounter_id"], []).append(values)
    found: dict[bytes, list[Charge]] = {}
    for some in slices(by_encounter):
        rows = uow.rows(
            uow.select(
                ChargeRow.id, ChargeRow.patient_id, ChargeRow.encounter_id, ChargeRow.charge_cents, ChargeRow.code,
                ChargeRow.modifiers, ChargeRow.service_from, ChargeRow.control,
            )
            .where(ChargeRow.encounter_id.in_(some), ChargeRow.active.is_(True), ChargeRow.posted.is_(True))
            .order_by(ChargeRow.encounter_id, ChargeRow.position)
        )  # fmt: skip
        for row in rows:
            for claim in by_encounter[row.encounter_id]:
                found.setdefault(claim["id"], []).append(
                    Charge(
                        row.id, row.patient_id, row.encounter_id, row.charge_cents, payer_id=claim["payer_id"],
                        claim_id=claim["id"], code=row.code, modifiers=tuple(row.modifiers),
                        from_date=row.service_from, control=row.control,
                    )
                )  # fmt: skip
    return found


def _next_payer(claim: Mapping[str, Any], covers: list[Any], behind: int = 0) -> bytes | None:
    """The payer that is billed after this claim's coverage for its service date, or so many behind that one."""
    if len(covers) < 2 + behind:
        return None
    known = [Coverage(row.id, row.payer_id, row.rank, row.valid_from, row.valid_to) for row in covers]
    following = coverage.next_after(known, claim["service_from"], claim["coverage_id"])
    for _ in range(behind):
        if following is not None:
            following = coverage.next_after(known, claim["service_from"], following.coverage_id)
    return None if following is None else following.payer_id


def earlier_postings(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> dict[bytes, list[EarlierPosting]]:
    """By claim the payments posted on it and not undone by a reversal, newest first, with their ledger lines."""
    rows: list[Any] = []
    for some in slices(claim_ids):
        rows += uow.rows(
            uow.select(
                RemittanceClaimRow.id, RemittanceClaimRow.claim_id, RemittanceClaimRow.entry_id,
                RemittanceClaimRow.status, RemittanceClaimRow.charge_cents, RemittanceClaimRow.paid_cents,
                RemittanceClaimRow.position, RemittanceRow.created_at,
            )
            .where(RemittanceClaimRow.claim_id.in_(some), RemittanceClaimRow.state == "MATCHED")
            .where(RemittanceRow.id == RemittanceClaimRow.remittance_id)
            .order_by(RemittanceRow.created_at.desc(), RemittanceClaimRow.position.desc())
        )  # fmt: skip
    entries = {row.entry_id for row in rows if row.entry_id is not None}
    undone, lines = _undone(uow, entries), _lines(uow, entries)
    found: dict[bytes, list[EarlierPosting]] = {}
    empty_reversals: dict[bytes, list[Any]] = {}
    for row in rows:
        if row.status == "22":
            if row.entry_id is None:
                empty_reversals.setdefault(row.claim_id, []).append(row)
        elif row.entry_id not in undone:
            found.setdefault(row.claim_id, []).append(
                EarlierPosting(
                    row.id, row.entry_id, row.charge_cents, row.paid_cents, tuple(lines.get(row.entry_id, ()))
                )
            )
    for claim_id, reversals in empty_reversals.items():
        # A payment that posted nothing has no entry to link to: each of its reversals takes away one like it.
        for reversal in reversals:
            standing = found.get(claim_id, [])
            for at, one in enumerate(standing):
                if one.entry_id is None and one.charge_cents == -reversal.charge_cents:
                    del standing[at]
                    break
    return found


def _undone(uow: UnitOfWork, entries: set[bytes]) -> set[bytes]:
    undone: set[bytes] = set()
    for some in slices(entries):
        rows = uow.rows(uow.select(LedgerEntryRow.reverses_id).where(LedgerEntryRow.reverses_id.in_(some)))
        undone |= {row.reverses_id for row in rows}
    return undone


def _lines(uow: UnitOfWork, entries: set[bytes]) -> dict[bytes, list[Line]]:
    found: dict[bytes, list[Line]] = {}
    for some in slices(entries):
        for row in uow.rows(
            uow.select(
                LedgerLineRow.entry_id, LedgerLineRow.account, LedgerLineRow.amount_cents, LedgerLineRow.patient_id,
                LedgerLineRow.payer_id, LedgerLineRow.encounter_id, LedgerLineRow.charge_id, LedgerLineRow.claim_id,
                LedgerLineRow.deposit_id,
            ).where(LedgerLineRow.entry_id.in_(some))
        ):  # fmt: skip
            found.setdefault(row.entry_id, []).append(
                Line(
                    row.account, row.amount_cents, patient_id=row.patient_id, payer_id=row.payer_id,
                    encounter_id=row.encounter_id, charge_id=row.charge_id, claim_id=row.claim_id,
                    deposit_id=row.deposit_id,
                )
            )  # fmt: skip
    return found
