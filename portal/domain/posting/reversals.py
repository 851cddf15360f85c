"""A payer's reversal: the entry of an earlier payment turned, cent by cent, whatever rules held when it was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.domain.ledger import Entry, Line, inputs_digest
from portal.domain.posting.attribution import Matched
from portal.domain.posting.remittances import INFORMATION
from portal.domain.remittances import ClaimPayment


@dataclass(frozen=True, slots=True)
class EarlierPosting:
    """A payment on a claim that stands in the books; `entry_id` is None where it posted nothing (a denial)."""

    remittance_claim_id: bytes
    entry_id: bytes | None
    charge_cents: int
    paid_cents: int
    lines: tuple[Line, ...] = ()


def posting_undone(claim: ClaimPayment, standing: Sequence[EarlierPosting]) -> EarlierPosting | None:
    """The posting that a reversal (CLP02 = 22) undoes: the first whose charge and payment it turns (X12 RFI 1147).

    None where no posting fits; such a reversal is not posted. `standing` has the newest first; of a claim that was paid
    twice (`paid_before`) the second goes first, which moved nothing but money.
    """
    fits = [one for one in standing if one.charge_cents == -claim.charge_cents and one.paid_cents == -claim.paid_cents]
    if not claim.paid_cents:  # the newest decision, a denial or not: no money moved that could have come twice
        return fits[0] if fits else None
    return min(fits, key=lambda one: len({line.account for line in one.lines}), default=None)


def paid_before(claim: ClaimPayment, matched: Matched, standing: Sequence[EarlierPosting]) -> bool:
    """Whether a payer pays a claim a second time: all that was billed, at what it paid before, and no reversal between.

    Its money is the payer's to have back. What it wrote off and left to the patient stands once and must not again,
    else the patient would owe the share twice. Of a claim that the payer split, each part has less than was billed
    (edge case 6), and is no repetition.
    """
    billed = sum(charge.amount_cents for charge in matched.charges)
    if claim.reversal or claim.status in INFORMATION or claim.paid_cents <= 0 or claim.charge_cents != billed:
        return False
    return any(
        one.charge_cents == claim.charge_cents
        and one.paid_cents == claim.paid_cents
        and _paid_by(matched.payer_id, one)
        for one in standing
    )


def _paid_by(payer_id: bytes, one: EarlierPosting) -> bool:
    """Whether this payer's receivable was lowered: what a first payer leaves to the next raises that one's."""
    return any(
        line.account == "receivable:payer" and line.payer_id == payer_id and line.amount_cents < 0 for line in one.lines
    )


def reversal_entry(
    earlier: EarlierPosting, *, key: str, index: int, posted_on: date, deposit_id: bytes | None
) -> Entry | None:
    """The earlier entry with every sign turned and linked to it; its unapplied:payer part is of the new deposit.

    `key` is the payment key, `index` the claim's place in the payment. None where the earlier payment posted nothing.
    Amounts are those posted, not those sent again: what waited for a next payer then is taken back from there.
    """
    if earlier.entry_id is None:
        return None
    return Entry(
        kind="remittance-reversal",
        posted_on=posted_on,
        key=f"835:{key}:{index}",
        inputs_digest=inputs_digest(
            {"event": "remittance-reversal", "payment": key, "index": index, "of": earlier.entry_id.hex()}
        ),
        lines=tuple(
            replace(
                line,
                amount_cents=-line.amount_cents,
                deposit_id=deposit_id if line.account == "unapplied:payer" else line.deposit_id,
            )
            for line in earlier.lines
        ),
        reverses_id=earlier.entry_id,
    )
