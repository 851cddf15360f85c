"""What earlier payers of a visit decided, from the remittances as they are kept, for the payers behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.domain import coverage, dates
from portal.domain.coordination import Answer, ClaimDecision, LineDecision, carry, patients
from portal.domain.coverage import RANKS, Coverage
from portal.domain.remittances import Adjustment, ClaimPayment, ServicePayment
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow
from portal.models.remittances import RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500
_COLUMNS = (
    ClaimRow.id, ClaimRow.encounter_id, ClaimRow.coverage_id, ClaimRow.payer_id, ClaimRow.rank, ClaimRow.patient_id,
    ClaimRow.service_from,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carried:
    """The standing answer of a payer on its claim of a visit; `lines` are its decisions by charge."""

    claim_id: bytes
    coverage_id: bytes
    payer_id: bytes
    rank: str
    decision: ClaimDecision
    lines: Mapping[bytes, tuple[LineDecision, ...]]
    crossover: str = ""
    """To whom the payer says that it sent the claim on."""

    @property
    def left_cents(self) -> int:
        """What the payer left to the patient, and so to the next payer."""
        own = patients(self.decision.adjustments)
        return own + sum(patients(one.adjustments) for each in self.lines.values() for one in each)


def before(rank: str, other: str) -> bool:
    """Whether a rank (P, S, T) comes before another."""
    return rank in RANKS and other in RANKS and RANKS.index(rank) < RANKS.index(other)


def earlier_of(uow: UnitOfWork, claims: Sequence[Any]) -> dict[bytes, tuple[Carried, ...]]:
    """For claims to further payers the answers that stand of the payers before them, the first one first."""
    behind = [claim for claim in claims if claim.rank != RANKS[0]]
    if not behind:
        return {}
    rows = _rows(uow, _COLUMNS, ClaimRow.encounter_id, (claim.encounter_id for claim in behind))
    standing = standing_of(uow, rows)
    crossed = crossed_of(uow, [row for row in rows if row.id in standing and standing[row.id].decision.forwarded])
    found: dict[bytes, tuple[Carried, ...]] = {}
    for claim in behind:
        ahead = [
            said[row.id]
            for row in rows
            for said in (standing, crossed)
            if row.encounter_id == claim.encounter_id and row.id in said and before(said[row.id].rank, claim.rank)
        ]
        found[claim.id] = tuple(sorted(ahead, key=lambda one: RANKS.index(one.rank)))
    return found


def crossed_of(uow: UnitOfWork, claims: Sequence[Any]) -> dict[bytes, Carried]:
    """What the payers said to whom claims were sent on: they answer on the first payer's claim.

    `claims` have patient_id and service_from, too; those of which no such answer stands are left out.
    """
    if not claims:
        return {}
    columns = (
        CoverageRow.id, CoverageRow.payer_id, CoverageRow.patient_id, CoverageRow.rank, CoverageRow.valid_from,
        CoverageRow.valid_to,
    )  # fmt: skip
    known: dict[bytes, list[Coverage]] = {}
    for row in _rows(uow, columns, CoverageRow.patient_id, (claim.patient_id for claim in claims)):
        one = Coverage(row.id, row.payer_id, row.rank, row.valid_from, row.valid_to)
        known.setdefault(row.patient_id, []).append(one)
    crossed = []
    for claim in claims:
        following = coverage.next_after(known.get(claim.patient_id, ()), claim.service_from, claim.coverage_id)
        if following is not None:
            crossed.append(
                _Crossed(claim.id, claim.encounter_id, following.coverage_id, following.payer_id, following.rank)
            )
    return standing_of(uow, crossed)


@dataclass(frozen=True, slots=True)
class _Crossed:
    """A claim as the payer has it to whom it was sent on."""

    id: bytes
    encounter_id: bytes
    coverage_id: bytes
    payer_id: bytes
    rank: str


def standing_of(uow: UnitOfWork, claims: Sequence[Any], *, numbers: bool = True) -> dict[bytes, Carried]:
    """The standing answer on each of some claims; those on which none stands are left out.

    `claims` are rows with id, encounter_id, coverage_id, payer_id and rank. Without `numbers` the payers' own claim
    numbers stay sealed.
    """
    answers = _answers(uow, claims)
    if not answers:
        return {}
    charges: dict[bytes, list[Any]] = {}
    for row in _rows(
        uow, (ChargeRow.id, ChargeRow.encounter_id, ChargeRow.position, ChargeRow.active, ChargeRow.qualifier),
        ChargeRow.encounter_id, (claim.encounter_id for claim in claims if claim.id in answers),
    ):  # fmt: skip
        charges.setdefault(row.encounter_id, []).append(row)
    codes = {
        row.id: row.code
        for row in _rows(uow, (PayerRow.id, PayerRow.code), PayerRow.id, (claim.payer_id for claim in claims))
    }
    lines = _lines(uow, [row.id for each in answers.values() for row in each])
    zone: str = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == uow.practice_id))
    found = {}
    for claim in claims:
        if claim.id not in answers:
            continue
        active = sorted(
            (row for row in charges.get(claim.encounter_id, ()) if row.active), key=lambda row: row.position
        )
        kept = [
            _answer(row, _number(uow, row) if numbers else "", lines.get(row.id, ()), active, zone)
            for row in answers[claim.id]
        ]
        carried = carry(codes[claim.payer_id], kept, len(active))
        if carried is not None:
            decision, by_line = carried
            found[claim.id] = Carried(
                claim.id, claim.coverage_id, claim.payer_id, claim.rank, decision,
                {row.id: said for row, said in zip(active, by_line, strict=True)},
                next((row.crossover for row in reversed(answers[claim.id]) if row.crossover), ""),
            )  # fmt: skip
    return found


def _answers(uow: UnitOfWork, claims: Sequence[Any]) -> dict[bytes, list[Any]]:
    """The kept answers of each claim's own payer, oldest first.

    A payer behind it, to whom it was sent on, answers under the same number: that is not this payer's word.
    """
    payers = {claim.id: claim.payer_id for claim in claims}
    found: dict[bytes, list[Any]] = {}
    columns = (
        RemittanceClaimRow.id, RemittanceClaimRow.claim_id, RemittanceClaimRow.subject_id, RemittanceClaimRow.status,
        RemittanceClaimRow.charge_cents, RemittanceClaimRow.paid_cents, RemittanceClaimRow.adjustments,
        RemittanceClaimRow.remarks, RemittanceClaimRow.payer_control_sealed, RemittanceClaimRow.crossover,
        RemittanceClaimRow.adjudication,
        RemittanceClaimRow.payer_id, RemittanceClaimRow.position, RemittanceRow.created_at, RemittanceRow.paid_on,
    )  # fmt: skip
    for part in _slices(payers):
        rows = uow.rows(
            uow.select(*columns)
            .where(
                RemittanceClaimRow.claim_id.in_(part),
                RemittanceClaimRow.state == "MATCHED",
                RemittanceRow.id == RemittanceClaimRow.remittance_id,
                uow.within(RemittanceRow),
            )
            .order_by(RemittanceRow.created_at, RemittanceClaimRow.position)
        )
        for row in rows:
            if row.payer_id == payers[row.claim_id]:
                found.setdefault(row.claim_id, []).append(row)
    return found


def _lines(uow: UnitOfWork, answers: Sequence[bytes]) -> dict[bytes, list[Any]]:
    columns = (
        RemittanceLineRow.remittance_claim_id, RemittanceLineRow.charge_id, RemittanceLineRow.position,
        RemittanceLineRow.code, RemittanceLineRow.modifiers, RemittanceLineRow.charge_cents,
        RemittanceLineRow.paid_cents, RemittanceLineRow.units_thousandths, RemittanceLineRow.adjustments,
    )  # fmt: skip
    found: dict[bytes, list[Any]] = {}
    for row in sorted(
        _rows(uow, columns, RemittanceLineRow.remittance_claim_id, answers), key=lambda row: row.position
    ):
        found.setdefault(row.remittance_claim_id, []).append(row)
    return found


def _number(uow: UnitOfWork, row: Any) -> str:
    return (
        uow.open(row.payer_control_sealed, RemittanceClaimRow.payer_control_sealed, row=row.id, subject=row.subject_id)
        or ""
    )


def _answer(row: Any, number: str, lines: Sequence[Any], charges: Sequence[Any], zone: str) -> Answer:
    places = {charge.id: at for at, charge in enumerate(charges)}
    of_lines = tuple(places.get(line.charge_id) for line in lines)
    said = row.adjudication or {}
    payment = ClaimPayment(
        "", row.status, row.charge_cents, row.paid_cents, 0, payer_control=number,
        crossover_payer=row.crossover or "", adjustments=_adjustments(row.adjustments), remarks=tuple(row.remarks),
        inpatient=tuple(said.get("MIA", ())), outpatient=tuple(said.get("MOA", ())),
        services=tuple(
            _service(line, "HC" if at is None else charges[at].qualifier)
            for line, at in zip(lines, of_lines, strict=True)
        ),
    )  # fmt: skip
    return Answer(payment, row.paid_on or dates.today(row.created_at, zone), of_lines)


def _service(line: Any, qualifier: str) -> ServicePayment:
    thousandths = line.units_thousandths
    return ServicePayment(
        line.code, tuple(line.modifiers), line.charge_cents, line.paid_cents, 0, qualifier=qualifier,
        units=None if thousandths is None else Decimal(thousandths) / 1000,
        adjustments=_adjustments(line.adjustments),
    )  # fmt: skip


def _adjustments(stored: Iterable[Mapping[str, Any]]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment.kept(each) for each in stored)


def _rows(uow: UnitOfWork, columns: Sequence[Any], by: Any, ids: Iterable[bytes]) -> list[Any]:
    return [row for part in _slices(ids) for row in uow.rows(uow.select(*columns).where(by.in_(part)))]


def _slices(ids: Iterable[bytes]) -> Iterable[list[bytes]]:
    wanted = sorted(set(ids))
    return [wanted[start : start + _SLICE] for start in range(0, len(wanted), _SLICE)]
