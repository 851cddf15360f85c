"""What `x12 check` says of a file: counts, sums, whether it balances, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.domain.interchanges import Finding
from portal.domain.money import Money
from portal.domain.remittances import ClaimPayment, imbalances
from portal.domain.texts import T_
from portal.x12.envelope import walk
from portal.x12.reader import LIMIT_BYTES, Segment, read
from portal.x12.remittances import read_set
from portal.x12.transactions import TransactionSet
from portal.x12.values import Values, npi_holds

_LINE_CHARGES = {"SV1": 2, "SV2": 3, "SV3": 2}
"""Segment of a service line in the 837 and the element of its charge."""


@dataclass(frozen=True, slots=True)
class AcknowledgedInterchange:
    """One TA1: ISA13 of the file it answers, A, E or R, and the note code."""

    control: str
    code: str
    note: str


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One transaction set. Money in cents; `balances` is None for kinds that carry no money of their own."""

    kind: str
    guide: str
    findings: tuple[Finding, ...]
    claims: int = 0
    charge_cents: int = 0
    payment_cents: int = 0
    paid_cents: int = 0
    plb_cents: int = 0
    reversals: int = 0
    balances: bool | None = None
    out_of_balance: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A whole file; `findings` are about its envelope or its being readable at all."""

    interchanges: int
    groups: int
    segments: int
    ta1: tuple[AcknowledgedInterchange, ...]
    sets: tuple[SetCheck, ...]
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """True when nothing was found and nothing fails to balance; the command's exit code is 0."""
        found = self.findings or any(one.findings for one in self.sets)
        return not found and not any(one.balances is False for one in self.sets)

    def as_json(self) -> dict[str, Any]:
        """The shape of `x12 check --json`: money as strings with two decimals, texts in English."""
        return {
            "interchanges": self.interchanges,
            "groups": self.groups,
            "segments": self.segments,
            "ta1": [{"control": one.control, "code": one.code, "note": one.note} for one in self.ta1],
            "sets": [_set_json(one) for one in self.sets],
            "findings": _findings_json(self.findings),
        }


def check(data: bytes, limit_bytes: int = LIMIT_BYTES) -> Check:
    """Read and check any X12 file. Raises nothing; a file that cannot be read has findings and no sets.

    837: claims, charges and CLM02 against the lines (X12 RFI 1294). 835: sums and the three equations (RFI 2348);
    patient responsibility and service totals are findings only (RFI 2548). Other kinds: envelope and guide.
    """
    document = read(data, limit_bytes)
    envelope = walk(document)
    ta1 = [segment for interchange in envelope.interchanges for segment in interchange.ta1]
    findings = [*document.findings, *envelope.findings, *_ta1_findings(ta1)]
    return Check(
        interchanges=sum(1 for segment in document.segments if segment.id == "ISA"),
        groups=sum(1 for segment in document.segments if segment.id == "GS"),
        segments=len(document.segments),
        ta1=tuple(AcknowledgedInterchange(one.get(1).strip(), one.get(4).strip(), one.get(5).strip()) for one in ta1),
        sets=tuple(_check_set(one) for one in envelope.sets),
        findings=tuple(sorted(findings, key=lambda finding: finding.segment)),
    )


def _check_set(one: TransactionSet) -> SetCheck:
    if one.kind.startswith("837"):
        return _check_claims(one)
    if one.kind == "835":
        return _check_remittance(one)
    return SetCheck(one.kind, one.guide, one.findings)


def _check_claims(one: TransactionSet) -> SetCheck:
    """Claims of an 837 with their lines: CLM02 is the sum of SV102, SV203 or SV302."""
    values = Values()
    claims: list[tuple[Segment, int, int]] = []
    for segment in one.segments:
        if segment.id == "CLM":
            claims.append((segment, values.cents(segment, 2), 0))
        elif segment.id in _LINE_CHARGES and claims:
            clm, charge, lines = claims[-1]
            claims[-1] = (clm, charge, lines + values.cents(segment, _LINE_CHARGES[segment.id]))
        elif segment.id == "NM1" and segment.get(8) == "XX" and not npi_holds(segment.get(9).strip()):
            values.note(segment, "npi", T_("The NPI in NM109 fails its check digit."))
    out = [(clm, charge - lines) for clm, charge, lines in claims if charge != lines]
    for clm, off in out:
        text = T_("The claim's charge (CLM02) is off the sum of its lines by {off}.", off=Money(off))
        values.note(clm, "balance-claim", text)
    return SetCheck(
        kind=one.kind,
        guide=one.guide,
        findings=_in_order(one.findings, values.findings),
        claims=len(claims),
        charge_cents=sum(charge for _, charge, _ in claims),
        balances=not out,
        out_of_balance=tuple(clm.get(1) for clm, _ in out),
    )


def _check_remittance(one: TransactionSet) -> SetCheck:
    reading = read_set(one)
    payment = reading.payment
    broken = imbalances(payment)
    findings = [Finding(each.segment, f"balance-{each.level}", each.text) for each in broken]
    for claim in payment.claims:
        findings.extend(_claim_findings(claim))
    if not any(segment.id == "PER" and segment.get(1) == "BL" for segment in one.segments):
        text = T_("The payer's technical contact (PER*BL) is missing.")
        findings.append(Finding(one.first.position, "contact-missing", text))
    return SetCheck(
        kind=one.kind,
        guide=one.guide,
        findings=_in_order(one.findings, reading.findings, findings),
        claims=len(payment.claims),
        charge_cents=sum(claim.charge_cents for claim in payment.claims),
        payment_cents=payment.amount_cents,
        paid_cents=sum(claim.paid_cents for claim in payment.claims),
        plb_cents=sum(adjustment.amount_cents for adjustment in payment.provider_adjustments),
        reversals=sum(1 for claim in payment.claims if claim.reversal),
        balances=not broken,
        out_of_balance=tuple(dict.fromkeys(each.claim for each in broken if each.level != "transaction")),
    )


def _claim_findings(claim: ClaimPayment) -> list[Finding]:
    """What should agree in a claim and takes no part in balancing."""
    findings = []
    patient = sum(adjustment.amount_cents for adjustment in claim.every_adjustment() if adjustment.group == "PR")
    if patient != claim.patient_cents and not claim.reversal:
        off = Money(claim.patient_cents - patient)
        text = T_("Patient responsibility (CLP05) is off the sum of the PR adjustments by {off}.", off=off)
        findings.append(Finding(claim.segment, "patient-responsibility", text))
    lines = sum(service.charge_cents for service in claim.services)
    if claim.services and lines != claim.charge_cents:
        off = Money(claim.charge_cents - lines)
        text = T_("The claim's charge (CLP03) is off the sum of its service lines by {off}.", off=off)
        findings.append(Finding(claim.segment, "service-charges", text))
    return findings


def _ta1_findings(segments: Iterable[Segment]) -> list[Finding]:
    text = T_("This TA1 is malformed: TA101 has nine digits, TA104 is A, E or R, and TA105 has three digits.")
    return [
        Finding(segment.position, "ta1", text)
        for segment in segments
        if not _digits(segment.get(1).strip(), 9)
        or segment.get(4).strip() not in ("A", "E", "R")
        or not _digits(segment.get(5).strip(), 3)
    ]


def _digits(text: str, width: int) -> bool:
    return len(text) == width and text.isascii() and text.isdigit()


def _in_order(*groups: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted((finding for group in groups for finding in group), key=lambda finding: finding.segment))


def _findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [{"segment": each.segment, "code": each.code, "text": str(each.text)} for each in findings]


def _set_json(one: SetCheck) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "guide": one.guide,
        "claims": one.claims,
        "charge": Money(one.charge_cents).plain(),
        "payment": Money(one.payment_cents).plain(),
        "paid": Money(one.paid_cents).plain(),
        "plb": Money(one.plb_cents).plain(),
        "reversals": one.reversals,
        "balances": one.balances,
        "out_of_balance": list(one.out_of_balance),
        "findings": _findings_json(one.findings),
    }
