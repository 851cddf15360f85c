"""One claim of a payment (CLP) as rows: whose it is, what the payer wrote, sealed under the key of whom it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.posting.attribution import Matched
from portal.domain.posting.matching import match_services
from portal.domain.posting.remittances import INFORMATION, Unmatched
from portal.domain.posting.reversals import EarlierPosting
from portal.domain.remittances import Adjustment, ClaimPayment, Name, ServicePayment
from portal.models.remittances import RemittanceClaimRow
from portal.services.unit_of_work.work import UnitOfWork, new_id


@dataclass(frozen=True, slots=True)
class ClaimPart:
    """One CLP made ready: its row, its lines, and what it opens."""

    row: dict[str, Any]
    """Columns of RemittanceClaimRow; sealed ones are filled in for claims of known patients, else left in `plain`."""
    lines: tuple[dict[str, Any], ...]
    plain: Mapping[str, Any]
    reversed: EarlierPosting | None = None
    unmatched: Unmatched | None = None
    """Why it stays in unapplied:payer, if it does."""

    @property
    def sealed_later(self) -> bool:
        """Whether its sealed columns wait for the write transaction."""
        return "control_sealed" not in self.row


def part_of(
    uow: UnitOfWork,
    remittance: tuple[bytes, bytes | None],
    index: int,
    claim: ClaimPayment,
    matched: Matched | None,
    earlier: EarlierPosting | None,
    unmatched: Unmatched | None,
) -> ClaimPart:
    """Make one claim of a payment ready; `remittance` is the payment's id and payer."""
    remittance_id, payer_id = remittance
    state = "UNMATCHED" if unmatched else "RECORDED" if claim.status in INFORMATION else "MATCHED"
    known = matched if state != "UNMATCHED" else None
    id_, practice = new_id(), uow.practice_id
    row: dict[str, Any] = {
        "id": id_, "practice_id": practice, "remittance_id": remittance_id,
        "payer_id": known.payer_id if known else payer_id,
        "patient_id": known.patient_id if known else None, "claim_id": known.claim_id if known else None,
        "position": index, "state": state, "status": claim.status, "charge_cents": claim.charge_cents,
        "paid_cents": claim.paid_cents, "patient_cents": claim.patient_cents,
        "adjustments": _adjustments(claim.adjustments), "remarks": list(claim.remarks),
        "service_from": claim.from_date or min((s.from_date for s in claim.services if s.from_date), default=None),
        "entry_id": None, "subject_id": known.patient_id if known else practice, "segment": claim.segment,
        "payer_control_index": uow.token("payer-control", claim.payer_control or None),
        "crossover": claim.crossover_payer or claim.crossover_payer_id or None, "adjudication": _adjudication(claim),
    }  # fmt: skip
    plain = {
        "control_sealed": claim.control, "payer_control_sealed": claim.payer_control or None,
        "patient_name_sealed": name_values(claim.patient), "corrected_sealed": name_values(claim.corrected),
    }  # fmt: skip
    if known is not None:
        seal_row(uow, row, plain)
    return ClaimPart(row, _lines(row, claim, known), plain, earlier, unmatched)


def seal_row(uow: UnitOfWork, row: dict[str, Any], plain: Mapping[str, Any]) -> None:
    """Fill the sealed columns of a claim's row under the key of its subject."""
    for name, value in plain.items():
        row[name] = uow.seal(getattr(RemittanceClaimRow, name), value, row=row["id"], subject=row["subject_id"])


def name_values(name: Name) -> dict[str, str] | None:
    """A name as the payer writes it, for a sealed JSON column; None for none."""
    values = {
        "last": name.last, "first": name.first, "middle": name.middle, "suffix": name.suffix,
        "identifier": name.identifier,
    }  # fmt: skip
    return {key: value for key, value in values.items() if value} or None


def _adjudication(claim: ClaimPayment) -> dict[str, Any] | None:
    """MIA and MOA, for the next payer's claim."""
    said = {"MIA": list(claim.inpatient), "MOA": list(claim.outpatient)}
    return {name: each for name, each in said.items() if each} or None


def _adjustments(adjustments: Iterable[Adjustment]) -> list[dict[str, Any]]:
    return [
        {"group": one.group, "reason": one.reason, "cents": one.amount_cents}
        | ({} if one.quantity is None else {"quantity": str(one.quantity)})
        for one in adjustments
    ]


def _lines(row: Mapping[str, Any], claim: ClaimPayment, known: Matched | None) -> tuple[dict[str, Any], ...]:
    charges = known.charges if known else ()
    places: Sequence[int | None] = match_services(claim, charges) if charges else [None] * len(claim.services)
    return tuple(
        _line(row, position, service, None if place is None else charges[place].charge_id)
        for position, (service, place) in enumerate(zip(claim.services, places, strict=True))
    )


def _line(row: Mapping[str, Any], position: int, service: ServicePayment, charge_id: bytes | None) -> dict[str, Any]:
    return {
        "id": new_id(), "practice_id": row["practice_id"], "remittance_claim_id": row["id"],
        "patient_id": row["patient_id"], "payer_id": row["payer_id"], "charge_id": charge_id, "position": position,
        "code": service.code, "modifiers": list(service.modifiers), "charge_cents": service.charge_cents,
        "paid_cents": service.paid_cents, "allowed_cents": service.allowed_cents,
        "units_thousandths": None if service.units is None else int(service.units * 1000),
        "billed_code": service.billed_code, "adjustments": _adjustments(service.adjustments),
        "remarks": list(service.remarks), "service_from": service.from_date,
    }  # fmt: skip
