"""The 835 into payments, claims and service lines in whole cents; a fault in one set leaves the others whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.domain.interchanges import Finding
from portal.domain.remittances import (
    Adjustment,
    ClaimPayment,
    Name,
    Payment,
    ProviderAdjustment,
    ServicePayment,
    imbalances,
)
from portal.domain.texts import T_
from portal.x12 import adjudication
from portal.x12.envelope import walk
from portal.x12.reader import Document, Segment
from portal.x12.transactions import TransactionSet
from portal.x12.values import Values

_GROUPS = frozenset({"CO", "PR", "OA", "PI"})
_CLAIM_DATES = {"232": "from_date", "233": "to_date", "050": "received_on"}
_SERVICE_DATES = {"150": ("from_date",), "151": ("to_date",), "472": ("from_date", "to_date")}
_TORN = frozenset({"se-missing", "se-count", "se-control"})
"""Envelope findings that say segments of the set were lost or added."""


@dataclass(frozen=True, slots=True)
class Remittances:
    """Every payment of a file, in order, with everything found on the way (reading, envelope, guide, content)."""

    payments: tuple[Payment, ...]
    findings: tuple[Finding, ...]
    broken: frozenset[int]
    """`Payment.segment` of the payments that were read with a fault in their money or cut short: never to be posted."""

    def postable(self, payment: Payment) -> bool:
        """True when nothing was guessed in reading and all three balances hold (X12 RFI 2348)."""
        return payment.segment not in self.broken and not imbalances(payment)


@dataclass(frozen=True, slots=True)
class SetReading:
    """One 835 set as read; `broken` when an amount or the set's frame could not be trusted."""

    payment: Payment
    findings: tuple[Finding, ...]
    broken: bool


def read_remittances(document: Document) -> Remittances:
    """Every 835 set of a file as a Payment; sets of other kinds are passed over with a finding. Raises nothing.

    `Payment.segment` is the position of its ST. A set whose SE is missing, miscounts or has another number is broken:
    segments may have been lost (005010X221A1 with X12.5).
    """
    envelope = walk(document)
    findings = [*document.findings, *envelope.findings]
    payments: list[Payment] = []
    broken: set[int] = set()
    torn = {finding.segment for finding in envelope.findings if finding.code in _TORN}
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind != "835":
            text = T_("This transaction is not a remittance (835); it was passed over.")
            findings.append(Finding(one.first.position, "not-835", text))
            continue
        reading = read_set(one)
        payments.append(reading.payment)
        findings.extend(reading.findings)
        if reading.broken or not torn.isdisjoint((one.first.position, one.segments[-1].position)):
            broken.add(reading.payment.segment)
    findings.sort(key=lambda finding: finding.segment)
    return Remittances(tuple(payments), tuple(findings), frozenset(broken))


def read_set(one: TransactionSet) -> SetReading:
    """One 835 set as a Payment with what was found in it; the set's own guide findings are not repeated."""
    return _SetReader(one).read()


class _SetReader(Values):
    """Where we are in one 835 while its segments go by: header, claim (CLP) or service (SVC)."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.one = one
        self.head: dict[str, Any] = {}
        self.party = ""
        self.claims: list[ClaimPayment] = []
        self.plbs: list[ProviderAdjustment] = []
        self.claim: dict[str, Any] | None = None
        self.claim_adjustments: list[Adjustment] = []
        self.claim_remarks: list[str] = []
        self.services: list[ServicePayment] = []
        self.service: dict[str, Any] | None = None
        self.service_adjustments: list[Adjustment] = []
        self.service_remarks: list[str] = []

    def read(self) -> SetReading:
        handlers: dict[str, Callable[[Segment], None]] = {
            "BPR": self.bpr,
            "TRN": self.trn,
            "DTM": self.dtm,
            "N1": self.n1,
            "REF": self.ref,
            "CLP": self.clp,
            "CAS": self.cas,
            "NM1": self.nm1,
            "MIA": self.mia,
            "MOA": self.moa,
            "SVC": self.svc,
            "AMT": self.amt,
            "LQ": self.lq,
            "PLB": self.plb,
        }
        for segment in self.one.segments:
            handler = handlers.get(segment.id)
            if handler is not None:
                handler(segment)
        self.end_claim()
        first = self.one.first
        if "amount_cents" not in self.head:
            self.fault(first, "bpr-missing", T_("The payment has no BPR segment: its amount is unknown."))
        if not self.head.get("trace"):
            self.fault(first, "trace-missing", T_("The payment has no check or EFT number (TRN02)."))
        fields = {"amount_cents": 0, "trace": "", **self.head}
        payment = Payment(
            claims=tuple(self.claims),
            provider_adjustments=tuple(self.plbs),
            segment=first.position,
            control=self.one.control,
            **fields,
        )
        return SetReading(payment, tuple(self.findings), self.broken)

    # Header

    def bpr(self, segment: Segment) -> None:
        if "amount_cents" in self.head:
            self.fault(
                segment, "bpr-repeated", T_("A second BPR segment stands in this payment; the first one counts.")
            )
            return
        self.head["amount_cents"] = self.cents(segment, 2)
        self.head["handling"] = segment.get(1).strip()
        self.head["credit_debit"] = segment.get(3).strip()
        self.head["method"] = segment.get(4).strip()
        self.head["paid_on_text"] = segment.get(16).strip()
        self.head["paid_on"] = self.day(segment, 16)
        if not self.head["paid_on_text"]:
            self.note(segment, "paid-on-missing", T_("BPR16, the day of the payment, is missing."))

    def trn(self, segment: Segment) -> None:
        if "trace" not in self.head:
            self.head["trace"] = segment.get(2).strip()
            self.head["payer_tax"] = segment.get(3).strip()

    def n1(self, segment: Segment) -> None:
        self.party = segment.get(1).strip()
        prefix = {"PR": "payer", "PE": "payee"}.get(self.party)
        if prefix is not None and self.claim is None:
            self.head[f"{prefix}_name"] = segment.get(2).strip()
            self.head[f"{prefix}_id"] = segment.get(4).strip()

    # Claims

    def clp(self, segment: Segment) -> None:
        self.end_claim()
        get = segment.get
        self.claim = {
            "control": get(1).strip(),
            "status": get(2).strip(),
            "charge_cents": self.cents(segment, 3),
            "paid_cents": self.cents(segment, 4),
            "segment": segment.position,
            "patient_cents": self.cents(segment, 5, needed=False),
            "filing_code": get(6).strip(),
            "payer_control": get(7).strip(),
            "facility_code": get(8).strip(),
            "frequency": get(9).strip(),
        }
        if not self.claim["control"]:
            self.note(segment, "claim-control-missing", T_("CLP01, the claim's control number, is missing."))

    def end_claim(self) -> None:
        self.end_service()
        if self.claim is not None:
            self.claims.append(
                ClaimPayment(
                    adjustments=tuple(self.claim_adjustments),
                    services=tuple(self.services),
                    remarks=tuple(self.claim_remarks),
                    **self.claim,
                )
            )
        self.claim = None
        self.claim_adjustments, self.claim_remarks, self.services = [], [], []

    def nm1(self, segment: Segment) -> None:
        if self.claim is None:
            return
        entity = segment.get(1)
        field = {"QC": "patient", "IL": "subscriber", "74": "corrected"}.get(entity)
        if field is not None:
            last, first, middle, suffix, qualifier, identifier = (segment.get(n).strip() for n in (3, 4, 5, 7, 8, 9))
            self.claim[field] = Name(last, first, middle, suffix, qualifier, identifier)
        elif entity == "82" and segment.get(8) == "XX":
            self.claim["rendering_npi"] = segment.get(9).strip()
        elif entity == "TT":
            self.claim["crossover_payer"] = segment.get(3).strip()
            self.claim["crossover_payer_id"] = segment.get(9).strip()

    def mia(self, segment: Segment) -> None:
        self.claim_remarks.extend(adjudication.remarks(segment))
        if self.claim is not None:
            self.claim["inpatient"] = adjudication.elements(segment)

    def moa(self, segment: Segment) -> None:
        self.claim_remarks.extend(adjudication.remarks(segment))
        if self.claim is not None:
            self.claim["outpatient"] = adjudication.elements(segment)

    # Services

    def svc(self, segment: Segment) -> None:
        self.end_service()
        if self.claim is None:
            self.fault(segment, "svc-orphan", T_("A service line (SVC) stands outside of any claim; it was left out."))
            return
        qualifier, code, modifiers = _procedure(segment.components(1))
        self.service = {
            "code": code,
            "modifiers": modifiers,
            "charge_cents": self.cents(segment, 2),
            "paid_cents": self.cents(segment, 3),
            "segment": segment.position,
            "qualifier": qualifier,
            "revenue_code": segment.get(4).strip(),
            "units": self.quantity(segment, 5),
            "billed_code": _procedure(segment.components(6))[1] if segment.get(6) else "",
            "billed_units": self.quantity(segment, 7),
        }

    def end_service(self) -> None:
        if self.service is not None:
            adjustments, remarks = tuple(self.service_adjustments), tuple(self.service_remarks)
            self.services.append(ServicePayment(adjustments=adjustments, remarks=remarks, **self.service))
        self.service = None
        self.service_adjustments, self.service_remarks = [], []

    def lq(self, segment: Segment) -> None:
        if self.service is not None and segment.get(1) == "HE" and segment.get(2).strip():
            self.service_remarks.append(segment.get(2).strip())

    def amt(self, segment: Segment) -> None:
        if self.service is not None and segment.get(1) == "B6":
            self.service["allowed_cents"] = self.cents(segment, 2, needed=False)

    # Header, claim or service

    def ref(self, segment: Segment) -> None:
        if self.service is not None:
            if segment.get(1) == "6R":
                self.service["control"] = segment.get(2).strip()
        elif self.party == "PR" and segment.get(1) == "2U" and not self.head.get("payer_id"):
            self.head["payer_id"] = segment.get(2).strip()

    def dtm(self, segment: Segment) -> None:
        qualifier = segment.get(1)
        if self.service is not None:
            fields = _SERVICE_DATES.get(qualifier)
            if fields is not None:
                self.service.update(dict.fromkeys(fields, self.day(segment, 2)))
        elif self.claim is not None:
            field = _CLAIM_DATES.get(qualifier)
            if field is not None:
                self.claim[field] = self.day(segment, 2)
        elif qualifier == "405":
            self.head["produced_on"] = self.day(segment, 2)

    def cas(self, segment: Segment) -> None:
        """One group and up to six triplets of reason, amount, quantity; an empty one in the middle is passed over."""
        if self.claim is None:
            self.fault(segment, "cas-orphan", T_("An adjustment (CAS) stands outside of any claim; it was left out."))
            return
        group = segment.get(1).strip()
        if group not in _GROUPS:
            self.note(segment, "cas-group", T_("CAS01 is none of CO, PR, OA and PI."))
        into = self.service_adjustments if self.service is not None else self.claim_adjustments
        for n in range(2, len(segment.elements), 3):
            reason = segment.elements[n].strip()
            if not reason and not segment.get(n + 1).strip():
                continue
            if not reason:
                self.fault(segment, "cas-reason", T_("CAS{place} has an amount but no reason.", place=f"{n:02d}"))
            into.append(Adjustment(group, reason, self.cents(segment, n + 1), self.quantity(segment, n + 2)))

    def plb(self, segment: Segment) -> None:
        """Provider, fiscal date and up to six pairs of reason composite and amount; signs stay the file's."""
        self.end_claim()
        provider, fiscal = segment.get(1).strip(), self.day(segment, 2)
        for n in range(3, len(segment.elements), 2):
            parts = [part.strip() for part in segment.components(n)]
            if not parts[0] and not segment.get(n + 1).strip():
                continue
            if not parts[0]:
                self.fault(segment, "plb-reason", T_("PLB{place} has an amount but no reason.", place=f"{n:02d}"))
            reference = parts[1] if len(parts) > 1 else ""
            amount = self.cents(segment, n + 1)
            self.plbs.append(ProviderAdjustment(parts[0], reference, amount, segment.position, provider, fiscal))


def _procedure(parts: list[str]) -> tuple[str, str, tuple[str, ...]]:
    """Qualifier, code and modifiers of SVC01 or SVC06; the seventh component is a description.

    Some payers append modifiers to the code without a separator: an HC code is five characters, the rest are pairs.
    """
    parts = [part.strip() for part in parts]
    qualifier = parts[0]
    code = parts[1] if len(parts) > 1 else ""
    modifiers = tuple(part for part in parts[2:6] if part)
    if qualifier == "HC" and len(code) in (7, 9, 11, 13) and not modifiers:
        modifiers = tuple(code[n : n + 2] for n in range(5, len(code), 2))
        code = code[:5]
    return qualifier, code, modifiers
