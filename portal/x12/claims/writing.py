"""Writing claims: an 837P, 837I or 837D of whole claims of one kind, one file to one partner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from portal.domain.claims import BillingProvider, Claim, Cover, Person, ServiceLine
from portal.domain.dates import x12_date
from portal.domain.interchanges import ControlNumbers, Partner
from portal.x12.characters import decimal_text, number
from portal.x12.claims import dental, institutional, names, professional
from portal.x12.claims.coordination import write_decisions, write_others
from portal.x12.claims.drugs import write_drug
from portal.x12.claims.names import Segments
from portal.x12.envelope import write_interchange

GUIDES = {"837P": "005010X222A1", "837I": "005010X223A2", "837D": "005010X224A2"}
SELF = "18"
_CLAIMS_IN_SET = 5000
_CLAIMS_OF_PATIENT = 100
_LINES_OF_CLAIM = {"837P": 50, "837I": institutional.LINES, "837D": dental.LINES}


def batches(claims: Sequence[Claim]) -> tuple[tuple[Claim, ...], ...]:
    """The claims of each transaction set, in the order in which `write_claims` writes the sets.

    One set has one billing provider and one payer, so that a set refused by the 999 holds up no other payer's claims,
    and at most 5,000 claims (the guide's advice). The set at index i has the ST02 `numbers.first_set` + i.
    """
    groups: dict[tuple[BillingProvider, str, str], list[Claim]] = {}
    for claim in claims:
        groups.setdefault((claim.billing, claim.cover.payer_id, claim.cover.payer_name), []).append(claim)
    return tuple(part for group in groups.values() for part in _parts(group, _CLAIMS_IN_SET))


def kind_of(claim: Claim) -> str:
    """837I for a facility's claim, 837D for a dentist's, else 837P."""
    return "837I" if claim.institutional is not None else "837D" if claim.dental is not None else "837P"


def write_claims(claims: Sequence[Claim], *, partner: Partner, numbers: ControlNumbers, at: datetime) -> bytes:
    """A file of claims of one kind with one ISA and GS and a set for each of `batches(claims)`; BHT03 is ISA13-ST02.

    Text goes as X12 carries it (upper-case ASCII). The rendering provider is sent only when it is not
    the billing one, a group's name only without its number, a line's place only when it is not the claim's; a line
    without a control number gets its LX number. Raises ValueError for no claim, for claims of two kinds, for a claim
    without line or with more than its guide takes, for a line (837P, 837D) or statement (837I) without a date and for
    what the envelope cannot carry; other faults are for `guides.validate`.
    """
    kinds = {kind_of(claim) for claim in claims}
    if len(kinds) > 1:
        raise ValueError("claims of two kinds do not go in one file")
    sets = []
    for index, batch in enumerate(batches(claims)):
        reference = f"{numbers.interchange:09d}-{numbers.first_set + index:04d}"
        sets.append([*_heading(partner, reference, at), *_billing_level(batch)])
    return write_interchange(partner, numbers, "HC", GUIDES[kinds.pop() if kinds else "837P"], sets, at)


def _parts(claims: Sequence[Claim], size: int) -> Iterator[tuple[Claim, ...]]:
    for start in range(0, len(claims), size):
        yield tuple(claims[start : start + size])


def _heading(partner: Partner, reference: str, at: datetime) -> Segments:
    yield "BHT", "0019", "00", reference, x12_date(at.date()), at.strftime("%H%M"), "CH"
    yield "NM1", "41", "2", partner.submitter_name, "", "", "", "", "46", partner.group_sender
    yield "PER", "IC", partner.submitter_contact, "TE", names.digits(partner.submitter_phone)
    yield "NM1", "40", "2", partner.receiver_name, "", "", "", "", "46", partner.group_receiver


def _billing_level(batch: Sequence[Claim]) -> Segments:
    """Loop 2000A and all below it; HL01 counts up from 1 through the whole set."""
    billing = batch[0].billing
    yield "HL", "1", "", "20", "1"
    if billing.taxonomy:
        yield "PRV", "BI", "PXC", billing.taxonomy
    kind = "1" if billing.first_name else "2"
    yield "NM1", "85", kind, billing.name, billing.first_name, "", "", "", *names.npi(billing.npi)
    yield from names.address(billing.address)
    yield "REF", billing.tax_qualifier, names.digits(billing.tax_id)
    if billing.phone:
        yield "PER", "IC", billing.contact, "TE", names.digits(billing.phone)
    if billing.pay_to is not None:
        yield "NM1", "87", kind
        yield from names.address(billing.pay_to)
    level = 1
    for cover, patients in _by_cover(batch).items():
        if cover.relationship == SELF:
            for patient, claims in patients:
                level += 1
                yield "HL", str(level), "1", "22", "0"
                yield from _subscriber(cover, patient, claims[0])
                yield from _claims(claims)
            continue
        level += 1
        parent = str(level)
        yield "HL", parent, "1", "22", "1"
        yield from _subscriber(cover, None, patients[0][1][0])
        for patient, claims in patients:
            level += 1
            yield "HL", str(level), parent, "23", "0"
            yield "PAT", cover.relationship
            yield from names.person("QC", patient)
            yield from names.details(patient)
            yield from _claims(claims)


def _by_cover(batch: Sequence[Claim]) -> dict[Cover, list[tuple[Person, tuple[Claim, ...]]]]:
    """The claims of each coverage and patient, at most 100 together (the guide's limit of loop 2300)."""
    covers: dict[Cover, dict[Person, list[Claim]]] = {}
    for claim in batch:
        covers.setdefault(claim.cover, {}).setdefault(claim.patient, []).append(claim)
    return {
        cover: [(patient, part) for patient, claims in patients.items() for part in _parts(claims, _CLAIMS_OF_PATIENT)]
        for cover, patients in covers.items()
    }


def _subscriber(cover: Cover, patient: Person | None, claim: Claim) -> Segments:
    """SBR, 2010BA and 2010BB; address and birth date only when the subscriber is the patient."""
    relationship = SELF if patient is not None else ""
    group_name = "" if cover.group_number else cover.group_name
    kind = names.insurance_type(claim, cover)
    yield "SBR", cover.rank, relationship, cover.group_number, group_name, kind, "", "", "", cover.filing_code
    yield from names.person("IL", patient or cover.subscriber, "MI", cover.member_id)
    if patient is not None:
        yield from names.details(patient)
    yield "NM1", "PR", "2", cover.payer_name, "", "", "", "", "PI", cover.payer_id
    if cover.payer_address is not None:
        yield from names.address(cover.payer_address)


def _claims(claims: Iterable[Claim]) -> Segments:
    for claim in claims:
        yield from _claim(claim)


def _claim(claim: Claim) -> Segments:
    stay, most = claim.institutional, _LINES_OF_CLAIM[kind_of(claim)]
    if not 0 < len(claim.lines) <= most:
        raise ValueError(f"a claim of this kind has 1 to {most} service lines")
    place = (claim.place, "A" if stay else "B", claim.frequency)
    signed = "" if stay else claim.signature_on_file
    marks = (signed, claim.accept_assignment, claim.benefits_assigned, claim.release)
    told = claim.professional if stay is None and claim.dental is None else None
    causes = ("", professional.related(told)) if told is not None and told.causes else ()
    yield "CLM", claim.control, number(claim.charge_cents), "", "", place, *marks, *causes
    if told is not None:
        yield from professional.write_days(told)
    if stay is not None:
        yield from institutional.write_stay(stay)
    if claim.dental is not None:
        yield from dental.write_treatment(claim.dental)
    clia = claim.clia if stay is None and claim.dental is None else ""
    references = {
        "4N": claim.exception,
        "9F": claim.referral,
        "G1": claim.authorization,
        "F8": claim.payer_control,
        "X4": clia,
    }
    for qualifier, reference in references.items():
        if reference:
            yield "REF", qualifier, reference
    if claim.note:
        yield "NTE", "ADD", claim.note
    if stay is not None:
        yield from institutional.write_codes(claim, stay)
        if claim.attending is not None:
            yield from names.provider("71", claim.attending, "AT", person=True)
        for qualifier, surgeon in (("72", claim.operating), ("ZZ", claim.other_operating)):
            if surgeon is not None:
                yield from names.provider(qualifier, surgeon, person=True)
    elif claim.diagnoses:
        other = claim.code_qualifier.replace("BK", "BF")
        first, *rest = claim.diagnoses
        yield "HI", (claim.code_qualifier, first), *((other, code) for code in rest)
    yield from _named(claim)
    yield from write_others(claim)
    for n, line in enumerate(claim.lines, 1):
        yield from _line(n, line, claim)


def _named(claim: Claim) -> Segments:
    """Who and where besides those who attended a stay: loops 2310A to E of an 837P or 837D, D to F of an 837I."""
    stay, dentist = claim.institutional is not None, claim.dental is not None
    referring = names.provider("DN", claim.referring, "RF" if dentist else "", person=True) if claim.referring else ()
    if not stay:
        yield from referring
    if claim.rendering is not None and claim.rendering.npi != claim.billing.npi:
        yield from names.provider("82", claim.rendering, "" if stay else "PE", person=stay)
    yield from professional.write_facility(claim)
    if stay:
        yield from referring
    if dentist and claim.assistant is not None:
        yield from names.provider("DD", claim.assistant, "AS", person=True)
    if claim.supervising is not None and not stay:
        yield from names.provider("DQ", claim.supervising, person=True)


def _line(n: int, line: ServiceLine, claim: Claim) -> Segments:
    if line.from_date is None and claim.institutional is None:
        raise ValueError("a service line cannot be sent without a date of service")
    yield "LX", str(n)
    if claim.institutional is not None:
        yield from institutional.write_service(line)
    elif claim.dental is not None:
        yield from dental.write_service(line, claim.place)
    else:
        yield from _professional(line, claim)
    if line.from_date is not None:
        first = x12_date(line.from_date)
        if line.to_date is None or line.to_date == line.from_date:
            yield "DTP", "472", "D8", first
        else:
            yield "DTP", "472", "RD8", f"{first}-{x12_date(line.to_date)}"
    if line.dental is not None and line.dental.prior_on is not None and claim.dental is not None:
        yield "DTP", "441", "D8", x12_date(line.dental.prior_on)
    if line.authorization and claim.institutional is None:
        yield "REF", "G1", line.authorization
    yield "REF", "6R", line.control or str(n)
    if line.clia and claim.institutional is None and claim.dental is None:
        yield "REF", "X4", line.clia
    if line.drug is not None and claim.dental is None:
        yield from write_drug(line.drug)
    yield from write_decisions(line.decisions)


def _professional(line: ServiceLine, claim: Claim) -> Segments:
    modifiers = [*line.modifiers, "", "", "", ""][: max(4, len(line.modifiers))]
    product = (line.qualifier, line.code, *modifiers, line.description)
    place = "" if line.place == claim.place else line.place
    pointers = tuple(str(pointer) for pointer in line.pointers)
    yield "SV1", product, number(line.charge_cents), line.unit, decimal_text(line.units), place, "", pointers
