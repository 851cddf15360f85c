"""What a payer says it paid: the 835 (005010X221A1) as the trade reads it, in whole cents, and its three balances."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.money import Money
from portal.domain.texts import T_, Text


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One CAS triplet: positive lowers the payment. `group` is CO, PR, OA or PI, or as sent when it is none of them."""

    group: str
    reason: str
    amount_cents: int
    quantity: Decimal | None = None

    @classmethod
    def kept(cls, stored: Mapping[str, Any]) -> Adjustment:
        """An adjustment as it is kept with a remittance: group, reason, cents and, where one was sent, quantity."""
        quantity = stored.get("quantity")
        return cls(stored["group"], stored["reason"], stored["cents"], None if quantity is None else Decimal(quantity))


@dataclass(frozen=True, slots=True)
class Name:
    """A person as the payer writes it: loop 2100 NM1 (QC patient, IL subscriber, 74 corrected)."""

    last: str = ""
    first: str = ""
    middle: str = ""
    suffix: str = ""
    qualifier: str = ""
    """NM108 of the id: MI member id, C insured's changed id, HN, MR …"""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class ServicePayment:
    """One service line, loop 2110. Codes as adjudicated (SVC01); `billed_code` is SVC06 when the payer changed it."""

    code: str
    modifiers: tuple[str, ...]
    charge_cents: int
    paid_cents: int
    segment: int
    qualifier: str = "HC"
    revenue_code: str = ""
    units: Decimal | None = None
    billed_code: str = ""
    billed_units: Decimal | None = None
    from_date: date | None = None
    to_date: date | None = None
    control: str = ""
    """REF*6R, our line control number."""
    allowed_cents: int | None = None
    """AMT*B6."""
    adjustments: tuple[Adjustment, ...] = ()
    remarks: tuple[str, ...] = ()
    """RARCs, LQ*HE."""


@dataclass(frozen=True, slots=True)
class ClaimPayment:
    """One claim, loop 2100 (CLP and what hangs on it)."""

    control: str
    """CLP01, our control number as it came back."""
    status: str
    """CLP02: 1-3 processed, 4 denied, 19-21 forwarded, 22 reversal, 23 not ours, 25 predetermination."""
    charge_cents: int
    paid_cents: int
    segment: int
    patient_cents: int = 0
    """CLP05, patient responsibility; takes no part in balancing (X12 RFI 2548)."""
    filing_code: str = ""
    payer_control: str = ""
    """CLP07."""
    facility_code: str = ""
    frequency: str = ""
    patient: Name = Name()
    subscriber: Name = Name()
    corrected: Name = Name()
    rendering_npi: str = ""
    crossover_payer: str = ""
    """NM1*TT name, when forwarded."""
    crossover_payer_id: str = ""
    from_date: date | None = None
    to_date: date | None = None
    received_on: date | None = None
    adjustments: tuple[Adjustment, ...] = ()
    """Claim level only; the lines carry their own."""
    services: tuple[ServicePayment, ...] = ()
    remarks: tuple[str, ...] = ()
    """RARCs of MOA and MIA."""
    inpatient: tuple[str, ...] = ()
    outpatient: tuple[str, ...] = ()
    """MIA and MOA as the payer wrote them, where they say more than remarks."""

    @property
    def reversal(self) -> bool:
        """CLP02 = 22: every amount of an earlier payment with the sign turned."""
        return self.status == "22"

    def every_adjustment(self) -> tuple[Adjustment, ...]:
        """Claim-level and line-level adjustments together."""
        return self.adjustments + tuple(a for service in self.services for a in service.adjustments)


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """One PLB pair. The sign is the file's: positive takes money from the payment, negative adds (X12 RFI 227)."""

    reason: str
    """PLB03-1: WO, FB, 72, L6, CS, J1, IR, LE, 50, AP …"""
    reference: str
    amount_cents: int
    segment: int
    provider: str = ""
    fiscal_date: date | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """One ST of an 835: one payment, to be matched to the bank by trace, payer tax id and amount."""

    amount_cents: int
    """BPR02."""
    trace: str
    """TRN02, the check or EFT number."""
    claims: tuple[ClaimPayment, ...]
    provider_adjustments: tuple[ProviderAdjustment, ...]
    segment: int
    handling: str = ""
    """BPR01: I, H, C, D, P, U, X."""
    credit_debit: str = ""
    method: str = ""
    """BPR04: ACH, CHK, FWT, BOP, NON."""
    paid_on: date | None = None
    """BPR16."""
    paid_on_text: str = ""
    """BPR16 as sent; part of the payment key."""
    payer_tax: str = ""
    """TRN03, 1 + tax id."""
    payer_name: str = ""
    payer_id: str = ""
    """N1*PR N104, else REF*2U."""
    payee_name: str = ""
    payee_id: str = ""
    """N1*PE N104."""
    produced_on: date | None = None
    control: str = ""
    """ST02."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """An equation of the 835 that does not hold, by `off_cents`; `claim` is CLP01, empty at transaction level."""

    level: str
    """service, claim or transaction."""
    claim: str
    segment: int
    off_cents: int

    @property
    def text(self) -> Text:
        """What does not add up, for people."""
        off = Money(self.off_cents)
        if self.level == "service":
            return T_(
                "The service at segment {segment} is off by {off}: charge less adjustments is not the payment.",
                segment=self.segment,
                off=off,
            )
        if self.level == "claim":
            return T_(
                "Claim {claim} is off by {off}: charge less all adjustments is not the payment.",
                claim=self.claim,
                off=off,
            )
        return T_("The payment is off by {off}: it is not the claims' payments less the provider adjustments.", off=off)


def imbalances(payment: Payment) -> tuple[Imbalance, ...]:
    """Every equation that fails (X12 RFI 2348): SVC02-CAS=SVC03, CLP03-CAS=CLP04, ΣCLP04-ΣPLB=BPR02."""
    found: list[Imbalance] = []
    for claim in payment.claims:
        for service in claim.services:
            off = service.charge_cents - sum(a.amount_cents for a in service.adjustments) - service.paid_cents
            if off:
                found.append(Imbalance("service", claim.control, service.segment, off))
        off = claim.charge_cents - sum(a.amount_cents for a in claim.every_adjustment()) - claim.paid_cents
        if off:
            found.append(Imbalance("claim", claim.control, claim.segment, off))
    taken = sum(adjustment.amount_cents for adjustment in payment.provider_adjustments)
    off = sum(claim.paid_cents for claim in payment.claims) - taken - payment.amount_cents
    if off:
        found.append(Imbalance("transaction", "", payment.segment, off))
    return tuple(found)


def payment_key(practice: bytes, payment: Payment) -> str:
    """The idempotency key of a payment, hex: the same check in two files is one payment (domain notes, 835)."""
    parts = [
        "835-payment/v1",
        practice.hex(),
        payment.payer_tax,
        payment.trace,
        payment.payee_id,
        payment.paid_on_text,
        payment.amount_cents,
    ]
    body = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()
