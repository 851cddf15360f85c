"""Postings about charges: entering them, writing off, moving responsibility, and undoing any entry."""

from __future__ import annotations

from datetime import date

from portal.domain.charges import Charge
from portal.domain.ledger import WRITE_OFF, Entry, Line, inputs_digest


def charge_entry(charge: Charge, posted_on: date, *, version: int = 1) -> Entry | None:
    """+receivable:payer (without coverage: receivable:patient) -revenue; None for a charge of nought.

    A changed charge is the reversal of its entry and a new one with the next `version`. Raises ValueError for a
    negative price.
    """
    if charge.amount_cents < 0:
        raise ValueError("a charge is not negative; undo its entry instead")
    if charge.amount_cents == 0:
        return None
    account = "receivable:payer" if charge.payer_id is not None else "receivable:patient"
    return Entry(
        kind="charge",
        posted_on=posted_on,
        key=f"charge:{charge.charge_id.hex()}:{version}",
        inputs_digest=inputs_digest({"event": "charge", **_about(charge), "cents": charge.amount_cents}),
        lines=(_line(account, charge.amount_cents, charge), _line("revenue", -charge.amount_cents, charge)),
    )


def write_off_entry(
    charge: Charge, amount_cents: int, reason: str, key: str, posted_on: date, *, patient: bool = False
) -> Entry:
    """+write-off:<reason> -receivable:payer, or -receivable:patient when the patient is forgiven.

    `reason` is a short word such as timely-filing; `key` names the approved request. Raises ValueError unless the
    amount is positive.
    """
    if amount_cents <= 0:
        raise ValueError("a write-off lowers what is owed")
    account = "receivable:patient" if patient else "receivable:payer"
    return Entry(
        kind="write-off",
        posted_on=posted_on,
        key=f"write-off:{key}",
        inputs_digest=inputs_digest(
            {"event": "write-off", **_about(charge), "cents": amount_cents, "reason": reason, "account": account}
        ),
        lines=(_line(WRITE_OFF + reason, amount_cents, charge), _line(account, -amount_cents, charge)),
    )


def move_responsibility_entry(
    charge: Charge, amount_cents: int, reason: str, key: str, posted_on: date, *, to_patient: bool
) -> Entry:
    """+receivable:patient -receivable:payer, or the other way round when a coverage turns up.

    Never for an amount that a payer put in group CO; the caller has the routed approval. Raises ValueError unless the
    amount is positive.
    """
    if amount_cents <= 0:
        raise ValueError("responsibility moves by a positive amount")
    signed = amount_cents if to_patient else -amount_cents
    return Entry(
        kind="responsibility",
        posted_on=posted_on,
        key=f"responsibility:{key}",
        inputs_digest=inputs_digest({"event": "responsibility", **_about(charge), "cents": signed, "reason": reason}),
        lines=(_line("receivable:patient", signed, charge), _line("receivable:payer", -signed, charge)),
    )


def passed_over_entry(charge: Charge, amount_cents: int, key: str, posted_on: date, to_payer_id: bytes | None) -> Entry:
    """What waits for a payer that is not billed goes to the next one, or without one to the patient.

    `charge` names the payer passed over. A negative amount takes back what went too far. Raises ValueError for nought.
    """
    account = "receivable:patient" if to_payer_id is None else "receivable:payer"
    ids = {"patient_id": charge.patient_id, "encounter_id": charge.encounter_id, "charge_id": charge.charge_id}
    inputs = {"event": "passed-over", **_about(charge), "cents": amount_cents, "to": (to_payer_id or b"").hex()}
    return Entry(
        kind="responsibility",
        posted_on=posted_on,
        key=f"passed-over:{key}",
        inputs_digest=inputs_digest(inputs),
        lines=(
            Line(account, amount_cents, payer_id=to_payer_id, claim_id=charge.claim_id, **ids),
            Line("receivable:payer", -amount_cents, payer_id=charge.payer_id, claim_id=charge.claim_id, **ids),
        ),
    )


def reversal_of(entry: Entry, entry_id: bytes, posted_on: date, *, reason: str) -> Entry:
    """The entry with every sign turned, linked to the one it undoes; an entry can be undone once."""
    return Entry(
        kind=f"{entry.kind}-reversal",
        posted_on=posted_on,
        key=f"reversal:{entry_id.hex()}",
        inputs_digest=inputs_digest({"event": "reversal", "of": entry_id.hex(), "reason": reason}),
        lines=tuple(
            Line(
                line.account,
                -line.amount_cents,
                patient_id=line.patient_id,
                payer_id=line.payer_id,
                encounter_id=line.encounter_id,
                charge_id=line.charge_id,
                claim_id=line.claim_id,
                deposit_id=line.deposit_id,
            )
            for line in entry.lines
        ),
        reverses_id=entry_id,
    )


def _line(account: str, amount_cents: int, charge: Charge) -> Line:
    return Line(
        account,
        amount_cents,
        patient_id=charge.patient_id,
        payer_id=charge.payer_id,
        encounter_id=charge.encounter_id,
        charge_id=charge.charge_id,
        claim_id=charge.claim_id,
    )


def _about(charge: Charge) -> dict[str, object]:
    return {
        "charge": charge.charge_id.hex(),
        "patient": charge.patient_id.hex(),
        "payer": None if charge.payer_id is None else charge.payer_id.hex(),
    }
