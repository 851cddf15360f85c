"""Edits about who: the billing and rendering provider, the patient, the subscriber and the payer."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Address, Claim
from portal.domain.codes import is_taxonomy
from portal.domain.edits.rules import EditContext, Found, Rule, service_day
from portal.domain.practices import is_ein, is_npi, is_post_box, is_zip
from portal.domain.texts import T_, Text

_IN_PRACTICE = T_("An administrator corrects it in the practice's own data.")
_IN_REGISTRATION = T_("Correct the patient's registration, then run the edits again.")
_IN_COVERAGE = T_("Correct the coverage, then run the edits again.")

SEXES = frozenset({"F", "M", "U"})


def _address(address: Address | None) -> bool:
    """Whether an address has all that N3 and N4 need."""
    return address is not None and all((address.line1, address.city, address.state)) and is_zip(address.postal_code)


def _billing_required(claim: Claim, _context: EditContext) -> Iterator[Found]:
    billing = claim.billing
    needed: tuple[tuple[object, Text], ...] = (
        (billing.name, T_("The billing provider has no name.")),
        (billing.npi, T_("The billing provider has no NPI.")),
        (billing.tax_id, T_("The billing provider has no tax id.")),
        (_address(billing.address), T_("The billing provider's address is not complete.")),
    )
    for there, text in needed:
        if not there:
            yield Found(text, _IN_PRACTICE)


def _billing_npi(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.billing.npi and not is_npi(claim.billing.npi):
        yield Found(T_("The billing provider's NPI fails its check digit."), _IN_PRACTICE)


def _rendering_npi(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.rendering is not None and not is_npi(claim.rendering.npi):
        yield Found(T_("The rendering provider's NPI is missing or fails its check digit."), _IN_PRACTICE)


def _tax_id(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.billing.tax_id and not is_ein(claim.billing.tax_id):
        yield Found(T_("The billing provider's tax id is not nine digits."), _IN_PRACTICE)


def _taxonomy(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if claim.billing.taxonomy and not is_taxonomy(claim.billing.taxonomy):
        yield Found(T_("The billing provider's taxonomy is not ten characters ending in X."), _IN_PRACTICE)
    if claim.rendering is not None and claim.rendering.taxonomy and not is_taxonomy(claim.rendering.taxonomy):
        yield Found(T_("The rendering provider's taxonomy is not ten characters ending in X."), _IN_PRACTICE)


def _taxonomy_missing(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if not claim.billing.taxonomy:
        yield Found(T_("The billing provider has no taxonomy; many payers need it to know the contract."), _IN_PRACTICE)
    if claim.rendering is not None and not claim.rendering.taxonomy:
        yield Found(T_("The rendering provider has no taxonomy."), _IN_PRACTICE)


def _npi_kinds(claim: Claim, _context: EditContext) -> Iterator[Found]:
    # A group bills under an NPI of type 2, a person renders under one of type 1; NPPES alone knows the type.
    billing, rendering = claim.billing, claim.rendering
    if rendering is not None and rendering.npi and rendering.npi == billing.npi and not billing.first_name:
        yield Found(
            T_("The person who rendered the service has the NPI of the practice."),
            T_("Right for somebody who bills alone under their own NPI; else an administrator corrects it."),
        )
    if claim.attending is not None and claim.attending.npi and claim.attending.npi == billing.npi:
        yield Found(
            T_("The person who attended has the NPI of the facility."),
            T_("Correct it in the facility's system and import the visit again."),
        )


def _post_box(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if is_post_box(claim.billing.address.line1) or is_post_box(claim.billing.address.line2):
        yield Found(
            T_("The billing address is a post office box."),
            T_("Give the street as the billing address and the box as the pay-to address."),
        )


def _billing_zip(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if not is_zip(claim.billing.address.postal_code, nine=True):
        yield Found(T_("The billing ZIP does not have nine digits."), _IN_PRACTICE)


def _patient_required(claim: Claim, _context: EditContext) -> Iterator[Found]:
    patient = claim.patient
    needed: tuple[tuple[object, Text], ...] = (
        (patient.last, T_("The patient has no last name.")),
        (patient.first, T_("The patient has no first name.")),
        (patient.birth_date, T_("The patient has no birth date.")),
        (patient.sex in SEXES, T_("The patient's sex is not given as F, M or U.")),
        (_address(patient.address), T_("The patient's address is not complete.")),
    )
    for there, text in needed:
        if not there:
            yield Found(text, _IN_REGISTRATION)


def _subscriber_required(claim: Claim, _context: EditContext) -> Iterator[Found]:
    cover = claim.cover
    needed: tuple[tuple[object, Text], ...] = (
        (cover.member_id, T_("The member id is missing.")),
        (cover.subscriber.last, T_("The subscriber has no last name.")),
        (cover.relationship, T_("The patient's relationship to the subscriber is missing.")),
        (cover.rank in {"P", "S", "T"}, T_("It is not said whether this payer is first, second or third.")),
    )
    for there, text in needed:
        if not there:
            yield Found(text, _IN_COVERAGE)


def _subscriber_address(claim: Claim, _context: EditContext) -> Iterator[Found]:
    # Loop 2010BA takes address and demographics only when the patient is the subscriber (x12 facts 2).
    subscriber = claim.cover.subscriber
    if claim.cover.relationship != "18":
        return
    if not _address(subscriber.address):
        yield Found(T_("The subscriber's address is not complete."), _IN_COVERAGE)
    if subscriber.birth_date is None or subscriber.sex not in SEXES:
        yield Found(T_("The subscriber's birth date or sex is missing."), _IN_COVERAGE)


def _payer_required(claim: Claim, _context: EditContext) -> Iterator[Found]:
    if not claim.cover.payer_name or not claim.cover.payer_id:
        yield Found(T_("The payer's name or id is missing."), _IN_COVERAGE)


def _birth_date(claim: Claim, context: EditContext) -> Iterator[Found]:
    born = claim.patient.birth_date
    first = service_day(claim)
    if born is not None and (born > context.today or (first is not None and born > first)):
        yield Found(T_("The patient's birth date lies after the service or in the future."), _IN_REGISTRATION)


RULES = (
    Rule(
        "billing-required",
        T_("Billing provider is complete"),
        "block",
        T_("A practice without a tax id."),
        _billing_required,
    ),
    Rule(
        "billing-npi",
        T_("Billing NPI has its check digit"),
        "block",
        T_("An NPI with two digits turned round."),
        _billing_npi,
    ),
    Rule(
        "rendering-npi",
        T_("Rendering NPI has its check digit"),
        "block",
        T_("A rendering provider without an NPI."),
        _rendering_npi,
    ),
    Rule("tax-id", T_("Tax id has nine digits"), "block", T_("A tax id with a hyphen."), _tax_id),
    Rule("taxonomy", T_("Taxonomy has its shape"), "block", T_("A taxonomy of nine characters."), _taxonomy),
    Rule(
        "taxonomy-missing",
        T_("Taxonomy is given"),
        "warn",
        T_("A practice without a taxonomy."),
        _taxonomy_missing,
    ),
    Rule(
        "npi-kinds",
        T_("Practice and person have NPIs of their own"),
        "warn",
        T_("A clinician registered under the practice's NPI."),
        _npi_kinds,
    ),
    Rule("post-box", T_("Billing address is a street"), "block", T_("PO Box 12 as the billing address."), _post_box),
    Rule("billing-zip", T_("Billing ZIP has nine digits"), "block", T_("A billing ZIP of five digits."), _billing_zip),
    Rule(
        "patient-required",
        T_("Patient is complete"),
        "block",
        T_("A patient without a birth date."),
        _patient_required,
    ),
    Rule(
        "subscriber-required",
        T_("Subscriber is complete"),
        "block",
        T_("A coverage without a member id."),
        _subscriber_required,
    ),
    Rule(
        "subscriber-address",
        T_("Subscriber has address and birth date"),
        "block",
        T_("A patient who is the subscriber, with no street."),
        _subscriber_address,
    ),
    Rule("payer-required", T_("Payer is named"), "block", T_("A coverage without a payer id."), _payer_required),
    Rule(
        "birth-date",
        T_("Birth date is before the service"),
        "block",
        T_("A patient born a week after the visit."),
        _birth_date,
    ),
)
