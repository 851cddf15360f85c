"""A claim's service lines with what the payer answered about each, for the office and for the payer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import or_

from portal.domain.codes import is_contractual
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.models.remittances import RemittanceClaimRow, RemittanceLineRow
from portal.services import codes
from portal.services.claims.building import charges_of, units_of
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One service; `allowed`, `paid` and `patient` are None before the payer has answered."""

    code: str
    modifiers: str
    words: str
    diagnoses: tuple[str, ...]
    units: Decimal
    charge: Money
    allowed: Money | None
    paid: Money | None
    patient: Money | None
    answer: Text | None
    tone: str


def lines_of(uow: UnitOfWork, claim: ClaimRow) -> tuple[ClaimLine, ...]:
    """The service lines of a claim within reach, in their order."""
    charges = charges_of(uow, [claim.encounter_id]).get(claim.encounter_id, ())
    encounter = uow.get(EncounterRow, claim.encounter_id)
    diagnoses: Sequence[str] = uow.read(encounter, EncounterRow.diagnoses_sealed) or ()
    words = codes.describe(uow, [charge.code for charge in charges], on=claim.service_from)
    answers = _answers(uow, claim)
    return tuple(_line(charge, diagnoses, words.get(charge.code, ""), answers.get(charge.id, ())) for charge in charges)


def paid_by(uow: UnitOfWork, claim: ClaimRow) -> Money | None:
    """What a claim's payer paid on it in all, reversals taken off; None before an answer."""
    rows = uow.rows(uow.select(RemittanceClaimRow.paid_cents).where(*_its_own(claim)))
    return Money(sum(row.paid_cents for row in rows)) if rows else None


def _its_own(claim: ClaimRow) -> tuple[Any, ...]:
    """The answers of a claim's own payer: one to whom it was sent on answers on the same claim."""
    by = RemittanceClaimRow.payer_id
    return RemittanceClaimRow.claim_id == claim.id, or_(by.is_(None), by == claim.payer_id)


def _answers(uow: UnitOfWork, claim: ClaimRow) -> dict[bytes, tuple[Any, ...]]:
    """Lines of its payer's remittances about the claim, by charge, oldest first."""
    rows = uow.rows(
        uow.select(
            RemittanceLineRow.charge_id, RemittanceLineRow.charge_cents, RemittanceLineRow.paid_cents,
            RemittanceLineRow.adjustments, RemittanceClaimRow.segment,
        )
        .where(*_its_own(claim), RemittanceLineRow.remittance_claim_id == RemittanceClaimRow.id)
        .order_by(RemittanceClaimRow.remittance_id, RemittanceClaimRow.position, RemittanceLineRow.position)
    )  # fmt: skip
    found: dict[bytes, tuple[Any, ...]] = {}
    for row in rows:
        if row.charge_id is not None:
            found[row.charge_id] = (*found.get(row.charge_id, ()), row)
    return found


def _line(charge: Any, diagnoses: Sequence[str], words: str, answers: Sequence[Any]) -> ClaimLine:
    allowed = paid = patient = None
    if answers:
        # A reversal carries the original's amounts with the sign turned, so sums tell what stands (X12 RFI 1147).
        paid = Money(sum(row.paid_cents for row in answers))
        patient = Money(_sum(answers, "PR"))
        allowed = Money(sum(row.charge_cents for row in answers)) - Money(_contractual(answers, charge))
    answer, tone = _said(answers, paid)
    return ClaimLine(
        code=charge.code,
        modifiers=" ".join(charge.modifiers),
        words=words,
        diagnoses=tuple(diagnoses[at - 1] for at in charge.pointers if 0 < at <= len(diagnoses)),
        units=units_of(charge.units_thousandths),
        charge=Money(charge.charge_cents),
        allowed=allowed,
        paid=paid,
        patient=patient,
        answer=answer,
        tone=tone,
    )


def _adjustments(answers: Iterable[Any]) -> Iterable[dict[str, Any]]:
    return (each for row in answers for each in row.adjustments)


def _sum(answers: Sequence[Any], group: str) -> int:
    return sum(each["cents"] for each in _adjustments(answers) if each["group"] == group)


def _contractual(answers: Sequence[Any], charge: Any) -> int:
    return sum(
        each["cents"]
        for each in _adjustments(answers)
        if is_contractual(each["group"], each["reason"], charge.service_from)
    )


def _said(answers: Sequence[Any], paid: Money | None) -> tuple[Text | None, str]:
    """The answer in a word: paid, or the first reason why not that nobody agreed on."""
    if paid is None:
        return None, ""
    if paid.cents > 0:
        return T_("Paid"), "good"
    last = answers[-1]
    reason = next((each for each in last.adjustments if not is_contractual(each["group"], each["reason"], None)), None)
    if reason is None:
        return T_("Nothing paid"), "wait"
    tone = "note" if reason["group"] == "PR" else "stop"
    return T_("{group} {reason}", group=reason["group"], reason=reason["reason"]), tone
