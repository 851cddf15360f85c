"""A claim as it goes to a payer: the professional 837 (005010X222A1) as the trade reads it, in whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Address:
    """A US address; `postal_code` is 5 or 9 digits without a hyphen."""

    line1: str
    city: str
    state: str
    postal_code: str
    line2: str = ""


@dataclass(frozen=True, slots=True)
class BillingProvider:
    """Who is paid: loop 2010AA, with the pay-to address of 2010AB when it differs."""

    name: str
    npi: str
    tax_id: str
    address: Address
    tax_qualifier: str = "EI"
    """EI employer id or SY social security number."""
    taxonomy: str = ""
    first_name: str = ""
    """Filled when the billing provider is a person (NM102 = 1)."""
    contact: str = ""
    phone: str = ""
    pay_to: Address | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """Who did the work: loop 2310B, sent only when different from the billing provider."""

    npi: str
    last: str
    first: str = ""
    taxonomy: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A patient or subscriber as registered."""

    last: str
    first: str
    middle: str = ""
    suffix: str = ""
    birth_date: date | None = None
    sex: str = ""
    """F, M or U, as the 837 knows it."""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The coverage billed: loops 2000B, 2010BA and 2010BB."""

    payer_name: str
    payer_id: str
    member_id: str
    subscriber: Person
    rank: str = "P"
    """SBR01: P, S, T."""
    relationship: str = "18"
    """18 self; else PAT01 of the patient to the subscriber: 01 spouse, 19 child, G8 other …"""
    group_number: str = ""
    group_name: str = ""
    filing_code: str = "CI"
    """SBR09: CI commercial, MB Medicare part B, MC Medicaid, BL Blue Cross …"""
    payer_address: Address | None = None


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service: loop 2400."""

    code: str
    charge_cents: int
    units: Decimal
    pointers: tuple[int, ...]
    """1-12, positions among the claim's diagnoses; up to four."""
    from_date: date | None
    """None only where a file read in does not say; an edit blocks it."""
    to_date: date | None = None
    modifiers: tuple[str, ...] = ()
    unit: str = "UN"
    place: str = ""
    """Only when different from the claim's."""
    control: str = ""
    """REF*6R."""
    qualifier: str = "HC"
    description: str = ""
    segment: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, loop 2300, with everything above it that it needs."""

    control: str
    """CLM01, at most 20 characters of ours (X12 RFI 525)."""
    charge_cents: int
    place: str
    patient: Person
    cover: Cover
    billing: BillingProvider
    diagnoses: tuple[str, ...]
    """Without dots, the principal first, at most twelve."""
    lines: tuple[ServiceLine, ...]
    frequency: str = "1"
    """1 original, 7 replacement, 8 void."""
    code_qualifier: str = "ABK"
    """ABK for ICD-10-CM, BK for ICD-9-CM."""
    rendering: Rendering | None = None
    payer_control: str = ""
    """REF*F8, for frequency 7 and 8."""
    authorization: str = ""
    """REF*G1."""
    referral: str = ""
    accept_assignment: str = "A"
    benefits_assigned: str = "Y"
    release: str = "Y"
    signature_on_file: str = "Y"
    note: str = ""
    segment: int = 0

    @property
    def lines_cents(self) -> int:
        """Sum of SV102; must equal CLM02 (X12 RFI 1294)."""
        return sum(line.charge_cents for line in self.lines)
