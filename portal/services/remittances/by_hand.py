"""A payment's claim that no number matched, put to a claim of ours by a person, and posted then."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from portal.domain.errors import Refused
from portal.domain.ledger import Entry
from portal.domain.posting.matching import match_services
from portal.domain.posting.remittances import Case, claim_posting
from portal.domain.posting.reversals import paid_before, posting_undone, reversal_entry
from portal.domain.remittances import Adjustment, ClaimPayment, Name, ServicePayment
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.queues import TransitionRow
from portal.models.remittances import RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services import corrections, ledger, outbox
from portal.services import queues as work
from portal.services.credits import queue_credits
from portal.services.remittances.candidates import answerable
from portal.services.remittances.cases import open_cases
from portal.services.remittances.moving import answered
from portal.services.remittances.settling import close_settled
from portal.services.remittances.standing import Standing, paid_by, standing_of
from portal.services.unit_of_work.work import UnitOfWork

_SEALED = ("control_sealed", "payer_control_sealed", "patient_name_sealed", "corrected_sealed")


def match_by_hand(uow: UnitOfWork, remittance_claim_id: bytes, claim_id: bytes) -> bytes:
    """Put an unmatched claim of a payment to a claim of ours, post it, and return the remittance's id.

    Its money comes out of unapplied:payer. Raises Refused `matched-before`, `claim-not-sent` or `reversal-unknown`,
    NotFound.
    """
    part = uow.get(RemittanceClaimRow, remittance_claim_id)
    if part.state != "UNMATCHED":
        raise Refused(T_("This payment found its claim already; nothing was changed."), code="matched-before")
    claim = uow.get(ClaimRow, claim_id)
    if not answerable(claim.state):
        raise Refused(
            T_("This claim was never sent, or waits to be sent again; a payer cannot have answered it."),
            code="claim-not-sent",
        )
    remittance = uow.get(RemittanceRow, part.remittance_id)
    lines = _lines(uow, part)
    paid = as_payment(uow, part, lines)
    before = {name: getattr(claim, name) for name in ClaimRow.__table__.columns.keys()}  # noqa: SIM118 - not a dict
    standing = _standing(uow, claim, before)
    matched = paid_by(standing, paid, remittance.payer_id)
    matched = replace(matched, paid_before=paid_before(paid, matched, standing.postings))
    standing = replace(standing, matched=matched)
    entry, cases = _entry(uow, remittance, part, paid, standing)
    if entry is not None:
        part.entry_id = ledger.post(uow, [entry])[0]
    _adopt(uow, part, lines, paid, claim, standing)
    uow.change(remittance, matched_count=remittance.matched_count + 1)
    work.done(uow, part)
    after, moves = answered(uow, before, len(standing.postings) + (-1 if paid.reversal else 1))
    uow.insert(TransitionRow, moves)
    uow.change(claim, **{name: after[name] for name in ("state", "state_before_remittance", "adjudicated_at")})
    names = ("id", "practice_id", "remittance_id", "patient_id", "payer_id", "claim_id", "state")
    row = {name: getattr(part, name) for name in names}
    open_cases(uow, uow.today(), cases, {part.position: row}, [])
    uow.flush()
    corrections.follow(uow, claim)
    if claim.state == "VOIDED":
        corrections.voided(uow, claim)
    close_settled(uow, [claim.id])
    queue_credits(uow, [claim.patient_id])
    key = f"claim.follow:{remittance.id.hex()}:{part.id.hex()}"
    outbox.later(uow, "claim.follow", key, {"remittance": remittance.id})
    return remittance.id


def _standing(uow: UnitOfWork, claim: ClaimRow, before: dict[str, Any]) -> Standing:
    covers = uow.rows(
        uow.select(
            CoverageRow.id, CoverageRow.patient_id, CoverageRow.payer_id, CoverageRow.rank, CoverageRow.valid_from,
            CoverageRow.valid_to,
        ).where(CoverageRow.patient_id == claim.patient_id)
    )  # fmt: skip
    return standing_of(uow, {claim.id: before}, {claim.patient_id: list(covers)})[claim.id]


def _entry(
    uow: UnitOfWork, remittance: RemittanceRow, part: RemittanceClaimRow, paid: ClaimPayment, standing: Standing
) -> tuple[Entry | None, tuple[Case, ...]]:
    key, today, deposit = remittance.payment_key, uow.today(), remittance.deposit_id
    if not paid.reversal:
        entry, cases, _ = claim_posting(
            part.position, paid, standing.matched, key=key, posted_on=today, deposit_id=deposit
        )
        return entry, cases
    earlier = posting_undone(paid, standing.postings)
    if earlier is None:
        raise Refused(
            T_("No payment on this claim has these amounts to undo. Post the payment it reverses first."),
            code="reversal-unknown",
        )
    return reversal_entry(earlier, key=key, index=part.position, posted_on=today, deposit_id=deposit), ()


def _lines(uow: UnitOfWork, part: RemittanceClaimRow) -> list[RemittanceLineRow]:
    return uow.entities(
        uow.select(RemittanceLineRow)
        .where(RemittanceLineRow.remittance_claim_id == part.id)
        .order_by(RemittanceLineRow.position)
    )


def as_payment(uow: UnitOfWork, part: RemittanceClaimRow, lines: list[RemittanceLineRow]) -> ClaimPayment:
    """A kept claim of a payment as the domain knows it, its sealed parts opened."""
    return ClaimPayment(
        uow.read(part, RemittanceClaimRow.control_sealed),
        part.status,
        part.charge_cents,
        part.paid_cents,
        part.segment,
        patient_cents=part.patient_cents,
        payer_control=uow.read(part, RemittanceClaimRow.payer_control_sealed) or "",
        patient=Name(**(uow.read(part, RemittanceClaimRow.patient_name_sealed) or {})),
        corrected=Name(**(uow.read(part, RemittanceClaimRow.corrected_sealed) or {})),
        crossover_payer=part.crossover or "",
        from_date=part.service_from,
        adjustments=_adjustments(part.adjustments),
        services=tuple(_service(line, part.segment) for line in lines),
        remarks=tuple(part.remarks),
    )


def _service(line: RemittanceLineRow, segment: int) -> ServicePayment:
    return ServicePayment(
        line.code,
        tuple(line.modifiers),
        line.charge_cents,
        line.paid_cents,
        segment,
        units=None if line.units_thousandths is None else Decimal(line.units_thousandths) / 1000,
        billed_code=line.billed_code,
        from_date=line.service_from,
        allowed_cents=line.allowed_cents,
        adjustments=_adjustments(line.adjustments),
        remarks=tuple(line.remarks),
    )


def _adjustments(stored: list[Any]) -> tuple[Adjustment, ...]:
    return tuple(Adjustment.kept(each) for each in stored)


def _adopt(
    uow: UnitOfWork,
    part: RemittanceClaimRow,
    lines: list[RemittanceLineRow],
    paid: ClaimPayment,
    claim: ClaimRow,
    standing: Standing,
) -> None:
    """The row becomes the patient's: sealed anew under the patient's key, its lines put to the charges."""
    plain = {name: uow.read(part, getattr(RemittanceClaimRow, name)) for name in _SEALED}
    uow.change(
        part, state="MATCHED", claim_id=claim.id, patient_id=claim.patient_id, payer_id=claim.payer_id,
        subject_id=claim.patient_id, **plain,
    )  # fmt: skip
    uow.saw(claim.patient_id)
    charges = standing.matched.charges
    for line, place in zip(lines, match_services(paid, charges), strict=True):
        charge_id = None if place is None else charges[place].charge_id
        uow.change(line, patient_id=claim.patient_id, payer_id=claim.payer_id, charge_id=charge_id)
    uow.flush()
