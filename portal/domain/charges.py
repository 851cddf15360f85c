"""A charge: one service on a patient's account, as the books and the matching of remittances know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Charge:
    """One service with its price; ids are 16 bytes."""

    charge_id: bytes
    patient_id: bytes
    encounter_id: bytes
    amount_cents: int
    payer_id: bytes | None = None
    """Who is billed first; None when there is no coverage and the patient owes it at once."""
    claim_id: bytes | None = None
    code: str = ""
    modifiers: tuple[str, ...] = ()
    from_date: date | None = None
    control: str = ""
    """REF*6R of the claim line."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a patient owes on one charge: receivable:patient, never below nought."""

    charge_id: bytes
    patient_id: bytes
    encounter_id: bytes
    from_date: date
    open_cents: int
    claim_id: bytes | None = None
