"""What the payers say of a claim when they are asked where it stands (277)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from portal.domain.remittances import Payment
from portal.domain.status import ClaimStatus, StatusAnswer, StatusQuestion
from portal.sandbox.outcomes import REJECTIONS, Outcome


def standing(
    question: StatusQuestion, outcomes: Sequence[Outcome], payments: Sequence[Payment], today: date
) -> StatusAnswer:
    """Where the claim asked about stands on a day: not found, turned away, in work, paid or denied."""
    found = next((one for one in reversed(outcomes) if _is(one, question)), None)
    return StatusAnswer(
        level="claim",
        statuses=(_status(question, found, payments, today),),
        payer=question.payer,
        provider=question.provider,
        subscriber=question.subscriber,
        dependent=question.dependent,
        trace=question.trace,
        claim_control=question.claim_control,
        payer_control=found.payer_control if found is not None else question.payer_control,
        bill_type=question.bill_type,
        from_date=question.from_date,
        to_date=question.to_date,
        reference=question.reference,
    )


def _is(outcome: Outcome, question: StatusQuestion) -> bool:
    if question.payer_control:
        return outcome.payer_control == question.payer_control
    return outcome.payer == question.payer.identifier and outcome.control == question.claim_control


def _status(question: StatusQuestion, outcome: Outcome | None, payments: Sequence[Payment], today: date) -> ClaimStatus:
    charge = question.charge_cents
    if outcome is None:
        return ClaimStatus(("A4:35",), today, charge)
    if outcome.case in REJECTIONS:
        return ClaimStatus(REJECTIONS[outcome.case], today, charge)
    for payment in reversed(payments):
        for claim in payment.claims:
            if claim.payer_control != outcome.payer_control or claim.reversal:
                continue
            code = "F1:65" if claim.paid_cents else "F2:104"
            paid_on = payment.paid_on
            return ClaimStatus((code,), paid_on, charge, claim.paid_cents, paid_on, paid_on, payment.trace)
    return ClaimStatus(("P1:20",), today, charge)
