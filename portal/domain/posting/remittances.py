"""Postings of an 835: what a payer paid, wrote off and left to the patient, claim by claim.

A payment makes one entry with its cash, its PLB and all it pays for on claims, which stands on unapplied:payer; each
matched claim makes an entry that takes its part from there and lowers receivable:payer. So a claim nobody matched stays
in unapplied:payer by itself and is posted later by the same function, and a reversal links to the one entry it undoes.
On unapplied:payer, a line with a charge or claim is payer money applied to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from portal.domain.coordination import LATER, forwarded
from portal.domain.denials import CATEGORIES, category_of
from portal.domain.errors import Refused
from portal.domain.ledger import Entry, Line, inputs_digest
from portal.domain.posting.attribution import Matched, PatientShare, Share, attribute
from portal.domain.remittances import ClaimPayment, Payment, imbalances
from portal.domain.texts import T_, Text

INFORMATION = frozenset({"23", "25"})
"""CLP02 of claims that say something and pay nothing: not ours and forwarded, predetermination."""

CaseKind = Literal["denial", "adjustment", "next-payer", "information", "identity"]


@dataclass(frozen=True, slots=True)
class Case:
    """Something of a claim for people to work; `index` is the claim's place in the payment."""

    index: int
    kind: CaseKind
    text: Text
    claim_id: bytes | None = None
    charge_id: bytes | None = None
    group: str = ""
    reason: str = ""
    amount_cents: int = 0


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A claim whose CLP04 stays in unapplied:payer, and why."""

    index: int
    amount_cents: int
    code: Literal["no-claim", "reversal-unknown", "information"]
    text: Text


@dataclass(frozen=True, slots=True)
class Posting:
    """What a payment becomes: entries to insert together, cases to open, amounts that are now the patient's."""

    entries: tuple[Entry, ...]
    cases: tuple[Case, ...]
    unmatched: tuple[Unmatched, ...]
    patient: tuple[PatientShare, ...]


def unpostable(payment: Payment) -> tuple[Text, ...]:
    """Why a payment cannot be posted as it stands; empty when it can. An unbalanced one posts nothing."""
    reasons = [imbalance.text for imbalance in imbalances(payment)]
    if payment.amount_cents < 0 or (payment.amount_cents and payment.credit_debit == "D"):
        reasons.append(T_("The payment takes money from the practice; a payer does that by provider adjustments."))
    if payment.amount_cents and payment.method == "NON":
        reasons.append(T_("The payment has an amount, yet says that no money moves."))
    return tuple(reasons)


def remittance_entries(
    payment: Payment,
    matched: Mapping[int, Matched],
    *,
    key: str,
    posted_on: date,
    payer_id: bytes | None = None,
    deposit_id: bytes | None = None,
    deposit_posted: bool = False,
) -> Posting:
    """Everything a payment posts; `matched` holds the claims found, by their place in the payment.

    `key` is the payment key. With `deposit_posted` the money already stands in unapplied:payer. Raises Refused
    `unpostable` for a payment that does not balance or contradicts itself.
    """
    if reasons := unpostable(payment):
        raise Refused(reasons[0], code="unpostable")
    first = _payment_entry(payment, key, posted_on, payer_id, deposit_id, deposit_posted=deposit_posted)
    entries = [] if first is None else [first]
    cases: list[Case] = []
    unmatched: list[Unmatched] = []
    patient: list[PatientShare] = []
    for index, claim in enumerate(payment.claims):
        found = matched.get(index)
        stays = _stays_unapplied(index, claim, found)
        if stays is not None:
            unmatched.append(stays)
        if claim.status in INFORMATION:
            cases.append(_information(index, claim, found))
        elif found is not None and stays is None:
            entry, opened, shares = claim_posting(
                index, claim, found, key=key, posted_on=posted_on, deposit_id=deposit_id
            )
            entries += [] if entry is None else [entry]
            cases += opened
            patient += shares
    return Posting(tuple(entries), tuple(cases), tuple(unmatched), tuple(patient))


def claim_posting(
    index: int, claim: ClaimPayment, matched: Matched, *, key: str, posted_on: date, deposit_id: bytes | None = None
) -> tuple[Entry | None, tuple[Case, ...], tuple[PatientShare, ...]]:
    """One claim's entry, cases and patient amounts; also for a claim matched by hand after its payment was posted.

    The entry is None when the claim pays nothing, writes off nothing and leaves nothing to the patient.
    """
    waits = _sent_on(claim) or matched.next_payer_id is not None
    shares = attribute(index, claim, matched)
    lines: list[Line] = []
    for share in shares:
        ids = {
            "patient_id": matched.patient_id,
            "encounter_id": share.encounter_id or matched.encounter_id,
            "charge_id": share.charge_id,
            "claim_id": matched.claim_id,
        }
        once = not matched.paid_before
        contractual_cents = share.contractual_cents if once else 0
        patient_cents = share.patient_cents if once and not waits else 0
        next_cents = share.patient_cents if once and waits and matched.next_payer_id is not None else 0
        taken = share.paid_cents + contractual_cents + patient_cents + next_cents
        for account, cents, payer, deposit in (
            ("unapplied:payer", share.paid_cents, matched.payer_id, deposit_id),
            ("contractual", contractual_cents, matched.payer_id, None),
            ("receivable:patient", patient_cents, None, None),
            ("receivable:payer", next_cents, matched.next_payer_id, None),
            ("receivable:payer", -taken, matched.payer_id, None),
        ):
            if cents:
                lines.append(Line(account, cents, payer_id=payer, deposit_id=deposit, **ids))
    entry = None
    if lines:
        entry = Entry(
            kind="remittance-reversal" if claim.reversal else "remittance-claim",
            posted_on=posted_on,
            key=f"835:{key}:{index}",
            inputs_digest=inputs_digest(_claim_inputs(key, index, claim, matched)),
            lines=tuple(lines),
            reverses_id=matched.earlier_entry_id if claim.reversal else None,
        )
    opened: list[Case] = []
    if matched.paid_before:
        return entry, (), ()
    if not claim.reversal:
        opened = [case for share in shares for case in _open_cases(index, claim, matched.claim_id, share)]
        waiting = sum(share.patient_cents for share in shares) if waits else 0
        opened += _claim_cases(index, claim, matched.claim_id, waiting, denied=any(c.kind == "denial" for c in opened))
    return entry, tuple(opened), () if waits else tuple(p for share in shares for p in share.patient)


def _payment_entry(
    payment: Payment,
    key: str,
    posted_on: date,
    payer_id: bytes | None,
    deposit_id: bytes | None,
    *,
    deposit_posted: bool,
) -> Entry | None:
    """+cash BPR02, each PLB with the file's sign, -unapplied:payer ΣCLP04; None when nothing of that is there."""
    lines: list[Line] = []

    def add(account: str, cents: int) -> None:
        if cents:
            lines.append(Line(account, cents, payer_id=payer_id, deposit_id=deposit_id))

    cash = "cash:check" if payment.method == "CHK" else "cash:eft"
    add("unapplied:payer" if deposit_posted else cash, payment.amount_cents)
    for adjustment in payment.provider_adjustments:
        add("interest-income" if adjustment.reason == "L6" else "payer-recoupment", adjustment.amount_cents)
    add("unapplied:payer", -sum(claim.paid_cents for claim in payment.claims))
    if not lines:
        return None
    inputs: dict[str, object] = {
        "event": "remittance",
        "payment": key,
        "cents": payment.amount_cents,
        "claims": [claim.paid_cents for claim in payment.claims],
        "plb": [[one.reason, one.reference, one.amount_cents] for one in payment.provider_adjustments],
        "deposit_posted": deposit_posted,
    }
    return Entry("remittance", posted_on, f"835:{key}", inputs_digest(inputs), tuple(lines))


def _stays_unapplied(index: int, claim: ClaimPayment, found: Matched | None) -> Unmatched | None:
    if claim.status in INFORMATION:
        if not claim.paid_cents:
            return None
        text = T_("The payer calls this claim information only, yet an amount is paid on it. Ask the payer.")
        return Unmatched(index, claim.paid_cents, "information", text)
    if found is None:
        text = T_("No claim of ours was found for this payment. Match it by hand.")
        return Unmatched(index, claim.paid_cents, "no-claim", text)
    if claim.reversal and found.earlier_entry_id is None:
        text = T_("The payer reverses a payment that was never posted here. Find the payment it undoes.")
        return Unmatched(index, claim.paid_cents, "reversal-unknown", text)
    return None


def _information(index: int, claim: ClaimPayment, found: Matched | None) -> Case:
    text = (
        T_("A predetermination: nothing is paid, and nothing was posted.")
        if claim.status == "25"
        else T_("Not this payer's claim; it was sent on to another payer. Check the coverage.")
    )
    return Case(index, "information", text, None if found is None else found.claim_id)


def _claim_cases(
    index: int, claim: ClaimPayment, claim_id: bytes, waiting_cents: int, *, denied: bool
) -> tuple[Case, ...]:
    cases: list[Case] = []
    if claim.status == "4" and not denied:
        text = T_("The payer denied this claim. Read the reasons and decide what to do.")
        cases.append(Case(index, "denial", text, claim_id, amount_cents=claim.charge_cents))
    if _sent_on(claim) or waiting_cents:
        text = (
            T_("The payer sent this claim on to the next payer. Wait for that answer; do not bill it again.")
            if _sent_on(claim)
            else T_("What the first payer left goes to the next payer. Send it a claim.")
        )
        cases.append(Case(index, "next-payer", text, claim_id, amount_cents=waiting_cents))
    if claim.corrected.last or claim.corrected.first or claim.corrected.identifier:
        text = T_("The payer corrects the name or the member id. Compare it with the registration.")
        cases.append(Case(index, "identity", text, claim_id))
    return tuple(cases)


def _sent_on(claim: ClaimPayment) -> bool:
    return forwarded(claim.status, claim.remarks, claim.crossover_payer)


def _open_cases(index: int, claim: ClaimPayment, claim_id: bytes, share: Share) -> tuple[Case, ...]:
    """A case for every amount without an entry, but for OA 23 of a later payer: that is what earlier payers did."""
    cases: list[Case] = []
    for left in share.left:
        if left.group == "OA" and left.reason == "23" and claim.status in LATER:
            continue
        denied = left.amount_cents > 0 and (claim.status == "4" or left.unpaid)
        kind_of_reason = CATEGORIES[category_of(left.reason)]
        text = (
            T_("Not paid: {what} ({group} {reason})", what=kind_of_reason, group=left.group, reason=left.reason)
            if denied
            else T_("Paid less: {what} ({group} {reason})", what=kind_of_reason, group=left.group, reason=left.reason)
        )
        kind: CaseKind = "denial" if denied else "adjustment"
        cases.append(Case(index, kind, text, claim_id, share.charge_id, left.group, left.reason, left.amount_cents))
    return tuple(cases)


def _claim_inputs(key: str, index: int, claim: ClaimPayment, matched: Matched) -> dict[str, object]:
    """What an entry of a claim was made from: the payer's words and our match."""
    return {
        "event": "remittance-claim",
        "payment": key,
        "index": index,
        "claim": matched.claim_id.hex(),
        "charges": [charge.charge_id.hex() for charge in matched.charges],
        "next_payer": None if matched.next_payer_id is None else matched.next_payer_id.hex(),
        "control": claim.control,
        "status": claim.status,
        "cents": [claim.charge_cents, claim.paid_cents],
        "adjustments": [[one.group, one.reason, one.amount_cents] for one in claim.every_adjustment()],
        "services": [[one.control, one.code, one.charge_cents, one.paid_cents] for one in claim.services],
    }
