"""One payment made ready to be written: matched, its entries built, its rows sealed, before any lock is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from portal.domain.ledger import Entry
from portal.domain.posting.attribution import Matched
from portal.domain.posting.matching import match_services
from portal.domain.posting.remittances import INFORMATION, Case, Unmatched, remittance_entries
from portal.domain.posting.reversals import EarlierPosting, posting_undone, reversal_entry
from portal.domain.remittances import Adjustment, ClaimPayment, Name, Payment, ServicePayment
from portal.models.claims import ClaimRow
from portal.models.ledger import LedgerEntryRow
from portal.models.payers import PayerRow
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceRow
from portal.services.remittances.candidates import Found, find
from portal.services.remittances.standing import Standing, standing_of
from portal.services.unit_of_work.work import UnitOfWork, new_id


@dataclass(frozen=True, slots=True)
class ClaimPart:
    """One CLP made ready: its row, its lines, and what it opens."""

    row: dict[str, Any]
    """Columns of RemittanceClaimRow; sealed ones are filled in for matched claims, else left in `plain`."""
    lines: tuple[dict[str, Any], ...]
    plain: Mapping[str, Any]
    reversed: EarlierPosting | None = None
    unmatched: Unmatched | None = None
    """Why it stays in unapplied:payer, if it does."""


@dataclass(slots=True)
class Prepared:
    """A payment with everything that its one write transaction inserts."""

    key: str
    payment: Payment
    remittance_id: bytes
    payer_id: bytes | None
    deposit_id: bytes | None
    deposit_found: bool
    posted_on: date
    entries: tuple[Entry, ...]
    cases: tuple[Case, ...]
    parts: tuple[ClaimPart, ...]
    found: Found
    standing: Mapping[bytes, Standing]
    payer_controls: dict[bytes, tuple[Any, bytes | None]] = field(default_factory=dict)
    """By claim the payer's number as last given: sealed for the claim's row, and its index."""

    @property
    def matched(self) -> int:
        """How many CLPs found their claim."""
        return sum(part.row["state"] == "MATCHED" for part in self.parts)


def prepare(uow: UnitOfWork, payment: Payment, key: str) -> Prepared:
    """Match, load, attribute and seal one postable payment in a reading unit of work."""
    found = find(uow, payment)
    standing = standing_of(uow, {id_: found.claims[id_] for id_ in set(found.matches.values())}, found.covers)
    posted_on, payer_id = uow.today(), payer_of(uow, payment, found)
    deposit_id, deposit_found, deposit_posted = _deposit(uow, payment)
    matched = {index: standing[id_].matched for index, id_ in found.matches.items()}
    posting = remittance_entries(
        payment, matched, key=key, posted_on=posted_on, payer_id=payer_id, deposit_id=deposit_id,
        deposit_posted=deposit_posted,
    )  # fmt: skip
    undone = _undone(payment, found, standing)
    entries = list(posting.entries)
    for index, earlier in undone.items():
        entry = reversal_entry(earlier, key=key, index=index, posted_on=posted_on, deposit_id=deposit_id)
        entries += [] if entry is None else [entry]
    unmatched = {one.index: one for one in posting.unmatched if one.index not in undone}
    made = Prepared(
        key, payment, new_id(), payer_id, deposit_id, deposit_found, posted_on, tuple(entries), posting.cases, (),
        found, standing,
    )  # fmt: skip
    uow.expect(*{one.patient_id for one in matched.values()})
    made.parts = tuple(
        _part(uow, made, index, claim, matched.get(index), undone.get(index), unmatched.get(index))
        for index, claim in enumerate(payment.claims)
    )
    return made


def payer_of(uow: UnitOfWork, payment: Payment, found: Found | None = None) -> bytes | None:
    """The payer behind a payment: by TRN03, by the id in its N1*PR or REF*2U, else the one payer of all its claims."""
    rows = uow.rows(uow.select(PayerRow.id, PayerRow.code, PayerRow.remittance_ids))
    by_tax = [row.id for row in rows if payment.payer_tax and payment.payer_tax in row.remittance_ids]
    by_code = [row.id for row in rows if payment.payer_id and row.code == payment.payer_id]
    for some in (by_tax, by_code):
        if len(some) == 1:
            return bytes(some[0])
    payers = {found.claims[id_]["payer_id"] for id_ in found.matches.values()} if found else set()
    return next(iter(payers)) if len(payers) == 1 else None


def _deposit(uow: UnitOfWork, payment: Payment) -> tuple[bytes | None, bool, bool]:
    """The deposit's id, whether its row stands already, and whether its money stands in unapplied:payer already."""
    if not payment.amount_cents and not payment.provider_adjustments:
        return None, False, False
    row = uow.row(
        uow.select(DepositRow.id).where(
            DepositRow.reference == payment.trace,
            DepositRow.payer_tax == payment.payer_tax,
            DepositRow.amount_cents == payment.amount_cents,
        )
    )
    if row is None:
        return new_id(), False, False
    entry = uow.row(uow.select(LedgerEntryRow.id).where(LedgerEntryRow.key == f"deposit:{row.id.hex()}"))
    if entry is None:
        return row.id, True, False
    spent = uow.row(uow.select(RemittanceRow.id).where(RemittanceRow.deposit_id == row.id))
    return row.id, True, spent is None


def _undone(payment: Payment, found: Found, standing: Mapping[bytes, Standing]) -> dict[int, EarlierPosting]:
    """For each reversal of a matched claim the payment it undoes; one payment is undone once."""
    left = {claim_id: list(one.postings) for claim_id, one in standing.items()}
    undone: dict[int, EarlierPosting] = {}
    for index, claim in enumerate(payment.claims):
        claim_id = found.matches.get(index)
        if claim.reversal and claim_id is not None:
            earlier = posting_undone(claim, left[claim_id])
            if earlier is not None:
                left[claim_id].remove(earlier)
                undone[index] = earlier
    return undone


def _part(
    uow: UnitOfWork,
    made: Prepared,
    index: int,
    claim: ClaimPayment,
    matched: Matched | None,
    earlier: EarlierPosting | None,
    unmatched: Unmatched | None,
) -> ClaimPart:
    state = "UNMATCHED" if unmatched else "RECORDED" if claim.status in INFORMATION else "MATCHED"
    known = matched if state != "UNMATCHED" else None
    id_, practice = new_id(), uow.practice_id
    row: dict[str, Any] = {
        "id": id_, "practice_id": practice, "remittance_id": made.remittance_id,
        "payer_id": known.payer_id if known else made.payer_id,
        "patient_id": known.patient_id if known else None, "claim_id": known.claim_id if known else None,
        "position": index, "state": state, "status": claim.status, "charge_cents": claim.charge_cents,
        "paid_cents": claim.paid_cents, "patient_cents": claim.patient_cents,
        "adjustments": _adjustments(claim.adjustments), "remarks": list(claim.remarks),
        "service_from": claim.from_date or min((s.from_date for s in claim.services if s.from_date), default=None),
        "entry_id": None, "subject_id": known.patient_id if known else practice, "segment": claim.segment,
        "payer_control_index": uow.token("payer-control", claim.payer_control or None),
    }  # fmt: skip
    plain = {
        "control_sealed": claim.control, "payer_control_sealed": claim.payer_control or None,
        "patient_name_sealed": name_values(claim.patient), "corrected_sealed": name_values(claim.corrected),
    }  # fmt: skip
    if known is not None:
        seal_row(uow, row, plain)
        if state == "MATCHED" and claim.payer_control and not claim.reversal:
            _payer_control(uow, made, known, claim, row["payer_control_index"])
    if unmatched is not None and index in made.found.whys:
        unmatched = replace(unmatched, text=made.found.whys[index])
    return ClaimPart(row, _lines(row, claim, known), plain, earlier, unmatched)


def seal_row(uow: UnitOfWork, row: dict[str, Any], plain: Mapping[str, Any]) -> None:
    """Fill the sealed columns of a claim's row under the key of its subject."""
    for name, value in plain.items():
        row[name] = uow.seal(getattr(RemittanceClaimRow, name), value, row=row["id"], subject=row["subject_id"])


def _payer_control(uow: UnitOfWork, made: Prepared, known: Matched, claim: ClaimPayment, token: bytes | None) -> None:
    """The payer's claim number goes with our claim: a replacement or void must name it (X12 RFI 2110)."""
    if made.found.claims[known.claim_id]["payer_control_index"] != token:
        box = uow.seal(ClaimRow.payer_control_sealed, claim.payer_control, row=known.claim_id, subject=known.patient_id)
        made.payer_controls[known.claim_id] = (box, token)


def name_values(name: Name) -> dict[str, str] | None:
    """A name as the payer writes it, for a sealed JSON column; None for none."""
    values = {
        "last": name.last, "first": name.first, "middle": name.middle, "suffix": name.suffix,
        "identifier": name.identifier,
    }  # fmt: skip
    return {key: value for key, value in values.items() if value} or None


def _adjustments(adjustments: Iterable[Adjustment]) -> list[dict[str, Any]]:
    return [{"group": one.group, "reason": one.reason, "cents": one.amount_cents} for one in adjustments]


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
