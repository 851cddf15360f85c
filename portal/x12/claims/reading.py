"""Reading claims, 837P, 837I and 837D: what is sound comes out as domain claims, what is not as findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from portal.domain.claims import Address, BillingProvider, Claim, Cover, Facility, Person, Rendering, ServiceLine
from portal.domain.dates import parse_x12_date
from portal.domain.interchanges import Finding
from portal.domain.money import parse_cents
from portal.domain.texts import T_, Text
from portal.x12.claims import dental, fields, institutional, professional
from portal.x12.claims.coordination import read_decisions, read_others
from portal.x12.claims.drugs import read_drug
from portal.x12.claims.lines import diagnoses, read_line
from portal.x12.claims.loops import ClaimLoop, Level, Loop, Span, find, levels
from portal.x12.envelope import walk
from portal.x12.reader import Document, Segment
from portal.x12.transactions import TransactionSet

KINDS = frozenset({"837P", "837I", "837D"})
_Named = TypeVar("_Named", Rendering, Facility)
_OF_LINES = {
    "82": ("line-rendering", T_("Lines of the claim name rendering providers of their own; only the claim's is kept.")),
    "77": ("line-facility", T_("Lines of the claim name facilities of their own; only the claim's is kept.")),
    "DN": ("line-referring", T_("Lines of the claim name referring providers of their own; only the claim's is kept.")),
    "DQ": ("line-supervising", T_("Lines of the claim name supervisors of their own; only the claim's is kept.")),
}


@dataclass(frozen=True, slots=True)
class Claims:
    """The sound claims of a file in file order, and everything wrong with the file in segment order."""

    claims: tuple[Claim, ...]
    findings: tuple[Finding, ...]


def read_claims(document: Document) -> Claims:
    """The claims of every 837P, 837I and 837D in a file (the base versions and later addenda are read alike).

    Findings are those of the file's writing and envelope, too. A claim that cannot be understood (no control number, no
    readable charge or line, no patient or billing provider) is left out with its finding; a detail that cannot be read
    is left empty with one. Other transactions are a finding at their ST. Kept are the fields of `portal.domain.claims`;
    attachments (PWK), notes of lines, ambulance, chiropractic and other special care are passed over. Raises nothing.
    """
    envelope = walk(document)
    claims: list[Claim] = []
    findings = [*document.findings, *envelope.findings]
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind in KINDS:
            reading = _Reading(one)
            claims.extend(reading.claims)
            findings.extend(reading.findings)
        else:
            text = T_("This transaction is no claim but a {kind}; it was passed over.", kind=one.kind[:6] or "-")
            findings.append(Finding(one.first.position, "not-837", text))
    return Claims(tuple(claims), tuple(sorted(findings, key=lambda finding: finding.segment)))


class _Broken(Exception):
    """A claim cannot be understood; its finding is already noted."""


class _Reading:
    """One set: billing providers and subscribers are read once, their claims inherit them."""

    def __init__(self, one: TransactionSet) -> None:
        self.kind = one.kind
        self.findings: list[Finding] = []
        self.claims: list[Claim] = []
        self._billing: dict[int, BillingProvider | None] = {}
        self._subscribers: dict[int, Cover | None] = {}
        tree = levels(one.segments)
        torn = tree[-1].claims[-1:] if tree and one.segments[-1].id != "SE" else ()
        for level in tree:
            if level.parent is None and (level.code != "20" or level.hl.get(2).strip()):
                self.note(level.hl, "hl-parent", T_("This level hangs on none that stands before it."))
            for claim in level.claims:
                if claim in torn:
                    text = T_("The file ends within this claim; it was left out, since lines of it may be missing.")
                    self.note(claim.clm, "claim-torn", text)
                    continue
                try:
                    self.claims.append(self.claim(claim, level))
                except _Broken:
                    continue
        first = next((i for i, segment in enumerate(one.segments) if segment.id == "HL"), len(one.segments))
        stray = find(one.segments[:first], "CLM")
        if stray is not None:
            self.note(stray, "claim-level", T_("A claim stands before any level (HL); it was left out."))

    def note(self, segment: Segment, code: str, text: Text) -> None:
        self.findings.append(Finding(segment.position, code, text))

    def broken(self, segment: Segment, code: str, text: Text) -> _Broken:
        self.note(segment, code, text)
        return _Broken()

    def day(self, segment: Segment, text: str) -> date | None:
        """A date D8; one that cannot be read is a finding and None."""
        try:
            return parse_x12_date(text.strip()) if text.strip() else None
        except ValueError:
            self.note(
                segment, "date", T_("The segment {id} has a date that is none; it was left empty.", id=segment.id)
            )
            return None

    def billing(self, level: Level | None, clm: Segment) -> BillingProvider:
        if level is None:
            raise self.broken(clm, "billing-missing", T_("The claim has no billing provider level; it was left out."))
        place = level.hl.position
        if place not in self._billing:
            self._billing[place] = _billing_provider(level.loop)
        found = self._billing[place]
        if found is None:
            raise self.broken(clm, "billing-missing", T_("The claim has no billing provider; it was left out."))
        return found

    def cover(self, level: Level | None, clm: Segment) -> Cover:
        """The coverage of a subscriber level, with relationship 18; a patient level puts its own in."""
        if level is None:
            raise self.broken(clm, "claim-level", T_("The claim stands under no subscriber; it was left out."))
        place = level.hl.position
        if place not in self._subscribers:
            self._subscribers[place] = self.read_cover(level)
        found = self._subscribers[place]
        if found is None:
            raise self.broken(clm, "subscriber-missing", T_("The claim's subscriber has no name; it was left out."))
        return found

    def read_cover(self, level: Level) -> Cover | None:
        named, payer = level.loop.names.get("IL"), level.loop.names.get("PR")
        if named is None:
            return None
        sbr = level.loop.first("SBR")
        if sbr is None:
            self.note(level.hl, "subscriber-coverage", T_("The subscriber has no SBR: rank and group are not known."))
        if payer is None:
            self.note(level.hl, "payer-missing", T_("The coverage names no payer."))
        rank = fields.text(sbr, 1) or "P"
        return Cover(
            payer_name=fields.text(payer[0], 3) if payer else "",
            payer_id=fields.text(payer[0], 9) if payer else "",
            member_id=fields.text(named[0], 9),
            subscriber=self.person(named),
            rank=rank,
            group_number=fields.text(sbr, 3),
            group_name=fields.text(sbr, 4),
            filing_code=fields.text(sbr, 9),
            payer_address=fields.address(payer) if payer else None,
            insurance_type=fields.text(sbr, 5),
        )

    def person(self, span: Span) -> Person:
        name, details = span[0], find(span, "DMG")
        return Person(
            last=fields.text(name, 3),
            first=fields.text(name, 4),
            middle=fields.text(name, 5),
            suffix=fields.text(name, 7),
            birth_date=self.day(details, details.get(2)) if details else None,
            sex=fields.text(details, 3),
            address=fields.address(span),
        )

    def patient(self, level: Level, cover: Cover, clm: Segment) -> tuple[Person, Cover]:
        """The patient of a claim and the coverage seen from there."""
        if level.code == "22":
            if fields.text(level.loop.first("SBR"), 2) != "18":
                text = T_("The claim stands under the subscriber, but SBR02 does not say self; self was taken.")
                self.note(clm, "relationship", text)
            return cover.subscriber, cover
        if level.code != "23":
            raise self.broken(clm, "claim-level", T_("The claim stands under no patient; it was left out."))
        span = level.loop.names.get("QC")
        if span is None:
            raise self.broken(clm, "patient-missing", T_("The claim's patient has no name; it was left out."))
        relationship = fields.text(level.loop.first("PAT"), 1)
        if not relationship:
            text = T_("The patient's relationship to the subscriber is not told; other was taken.")
            self.note(level.hl, "relationship", text)
        return self.person(span), replace(cover, relationship=relationship or "G8")

    def claim(self, found: ClaimLoop, level: Level) -> Claim:
        clm = found.clm
        control = fields.text(clm, 1)
        if not control:
            raise self.broken(clm, "claim-control", T_("The claim has no control number (CLM01); it was left out."))
        try:
            charge = parse_cents(fields.text(clm, 2))
        except ValueError:
            text = T_("The claim's charge (CLM02) is no amount; the claim was left out.")
            raise self.broken(clm, "claim-charge", text) from None
        billing = self.billing(level.up("20"), clm)
        patient, cover = self.patient(level, self.cover(level.up("22"), clm), clm)
        place = [*(part.strip() for part in clm.components(5)), "", "", ""]
        qualifier, codes = diagnoses(found.loop.head, self.note)
        parts = zip(found.lines, found.decided, found.drugs, strict=True)
        lines = [self.line(line, decided, drug, found) for line, decided, drug in parts]
        clia = self.clia(found) if self.kind == "837P" else ""
        if not lines:
            raise self.broken(clm, "claim-lines", T_("The claim has no service line; it was left out."))
        if any(line is None for line in lines):
            raise self.broken(clm, "claim-lines", T_("A line of the claim cannot be read; the claim was left out."))
        note = found.loop.first("NTE")
        return Claim(
            control=control,
            charge_cents=charge,
            place=place[0],
            patient=patient,
            cover=cover,
            billing=billing,
            diagnoses=codes,
            lines=tuple(replace(line, clia="") if line.clia == clia else line for line in lines if line is not None),
            frequency=place[2],
            code_qualifier=qualifier,
            rendering=self.of_all(found, "82", fields.provider),
            payer_control=fields.reference(found.loop, "F8"),
            authorization=fields.reference(found.loop, "G1"),
            referral=fields.reference(found.loop, "9F"),
            signature_on_file=fields.text(clm, 6),
            accept_assignment=fields.text(clm, 7),
            benefits_assigned=fields.text(clm, 8),
            release=fields.text(clm, 9),
            note=fields.text(note, 2),
            attending=fields.provider(found.loop.names.get("71"), "AT"),
            operating=fields.provider(found.loop.names.get("72")) if self.kind == "837I" else None,
            other_operating=fields.provider(found.loop.names.get("ZZ")) if self.kind == "837I" else None,
            assistant=fields.provider(found.loop.names.get("DD"), "AS") if self.kind == "837D" else None,
            facility=self.of_all(found, "77", professional.read_facility),
            referring=self.of_all(found, "DN", self.referring),
            supervising=self.of_all(found, "DQ", self.unclassed) if self.kind != "837I" else None,
            exception=fields.reference(found.loop, "4N"),
            professional=professional.read_professional(found.loop, clm, self.note) if self.kind == "837P" else None,
            institutional=institutional.read_stay(found.loop, clm, self.note) if self.kind == "837I" else None,
            clia=clia,
            dental=dental.read_treatment(found.loop, self.note) if self.kind == "837D" else None,
            others=read_others(found.others, self.note),
            segment=clm.position,
        )

    def line(self, loop: Loop, decided: Sequence[Span], drug: Span, found: ClaimLoop) -> ServiceLine | None:
        if self.kind == "837I":
            line = institutional.read_service(loop, found.clm, self.note)
        elif self.kind == "837D":
            line = dental.read_service(loop, found.clm, self.note, found.loop.first("DTP", "472"))
        else:
            line = read_line(loop, found.clm, self.note)
        if line is None:
            return None
        given = read_drug(drug, self.note) if drug and self.kind != "837D" else None
        clia = fields.reference(loop, "X4") if self.kind == "837P" else ""
        asked = fields.reference(loop, "G1") if self.kind != "837I" else ""
        return replace(line, decisions=read_decisions(decided, self.note), drug=given, clia=clia, authorization=asked)

    def clia(self, found: ClaimLoop) -> str:
        """The laboratory's certificate of the claim (REF*X4); or the one that lines name, where it is only one."""
        own = fields.reference(found.loop, "X4")
        named = {fields.reference(line, "X4") for line in found.lines} - {"", own}
        return named.pop() if len(named) == 1 and not own else own

    def referring(self, span: Span | None) -> Rendering | None:
        """NM1*DN; only an 837D says its specialty (PRV*RF)."""
        return fields.provider(span, "RF") if self.kind == "837D" else self.unclassed(span)

    def unclassed(self, span: Span | None) -> Rendering | None:
        """A provider of whom the guide has no specialty."""
        found = fields.provider(span)
        return found and replace(found, taxonomy="")

    def of_all(self, found: ClaimLoop, code: str, read: Callable[[Span | None], _Named | None]) -> _Named | None:
        """Who or where by the claim (2310); or the one whom every line names alike (2420).

        Lines that differ are a finding.
        """
        own = read(found.loop.names.get(code))
        named = [read(line.names.get(code)) for line in found.lines]
        if own is None and named and named[0] is not None and all(one == named[0] for one in named):
            return named[0]
        if any(one is not None and one != own for one in named):
            self.note(found.clm, *_OF_LINES[code])
        return own


def _billing_provider(loop: Loop) -> BillingProvider | None:
    span = loop.names.get("85")
    if span is None:
        return None
    name, pay_to = span[0], loop.names.get("87")
    tax = find(span, "REF", "EI") or find(span, "REF", "SY")
    contact = find(span, "PER")
    phone = next((fields.text(contact, n + 1) for n in (3, 5, 7) if fields.text(contact, n) == "TE"), "")
    return BillingProvider(
        name=fields.text(name, 3),
        npi=fields.npi(name),
        tax_id=fields.text(tax, 2).replace("-", ""),
        address=fields.address(span) or Address("", "", "", ""),
        tax_qualifier=fields.text(tax, 1) or "EI",
        taxonomy=fields.text(loop.first("PRV", "BI"), 3),
        first_name=fields.text(name, 4) if fields.text(name, 2) == "1" else "",
        contact=fields.text(contact, 2),
        phone=phone,
        pay_to=fields.address(pay_to) if pay_to else None,
    )
