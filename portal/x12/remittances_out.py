"""Writing the 835 (005010X221A1): what a payer says it paid, for the simulated payer and for benches."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import TypeAlias, TypeVar

from portal.domain.claims import Address
from portal.domain.dates import x12_date
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.remittances import Adjustment, ClaimPayment, Name, Payment, ProviderAdjustment, ServicePayment
from portal.x12.characters import Element, decimal_text, number
from portal.x12.envelope import write_interchange

GUIDE = "005010X221A1"
_TRIPLETS_OF_CAS = 6
_PAIRS_OF_PLB = 6
_REMARKS_OF_CLAIM = 5

Segments: TypeAlias = Iterator[Sequence[Element]]
_One = TypeVar("_One")


def write_remittance(
    payments: Sequence[Payment], *, partner: Partner, payer_address: Address, numbers: ControlNumbers, at: datetime
) -> bytes:
    """An 835 file with one ISA and GS and a set (ST) for each payment; amounts go out as they are, balanced or not.

    `partner` has the payer as sender; its submitter contact becomes PER*BL, which the guide requires like the payer's
    address. The payer's id goes to REF*2U, `Payment.control` is not used (ST02 counts from `numbers.first_set`), line
    dates that are equal are one DTM*472. Claim remarks go to MOA. Raises ValueError for no payment, for more than five
    remarks of a claim, and as `write_interchange`.
    """
    sets = [[*_heading(one, partner, payer_address), *_detail(one)] for one in payments]
    return write_interchange(partner, numbers, "HP", GUIDE, sets, at)


def _heading(payment: Payment, partner: Partner, payer_address: Address) -> Segments:
    paid_on = payment.paid_on_text or _day(payment.paid_on)
    money = [payment.handling, number(payment.amount_cents), payment.credit_debit, payment.method]
    yield "BPR", *money, *[""] * 11, paid_on
    yield "TRN", "1", payment.trace, payment.payer_tax
    if payment.produced_on is not None:
        yield "DTM", "405", _day(payment.produced_on)
    yield "N1", "PR", payment.payer_name
    yield "N3", payer_address.line1, payer_address.line2
    yield "N4", payer_address.city, payer_address.state, payer_address.postal_code
    if payment.payer_id:
        yield "REF", "2U", payment.payer_id
    phone = "".join(c for c in partner.submitter_phone if c in "0123456789")
    yield "PER", "BL", partner.submitter_contact, "TE", phone
    # An NPI has ten digits; anything else that names the payee is his tax id.
    yield "N1", "PE", payment.payee_name, "XX" if len(payment.payee_id) == 10 else "FI", payment.payee_id


def _detail(payment: Payment) -> Segments:
    if payment.claims:
        yield "LX", "1"
    for claim in payment.claims:
        yield from _claim(claim)
    yield from _provider_adjustments(payment.provider_adjustments)


def _claim(claim: ClaimPayment) -> Segments:
    patient = number(claim.patient_cents) if claim.patient_cents else ""
    amounts = [number(claim.charge_cents), number(claim.paid_cents), patient]
    place = [claim.filing_code, claim.payer_control, claim.facility_code, claim.frequency]
    yield "CLP", claim.control, claim.status, *amounts, *place
    yield from _adjustments(claim.adjustments)
    yield from _name("QC", "1", claim.patient, always=True)
    yield from _name("IL", "1", claim.subscriber)
    yield from _name("74", "1", claim.corrected)
    if claim.rendering_npi:
        yield "NM1", "82", "1", "", "", "", "", "", "XX", claim.rendering_npi
    if claim.crossover_payer:
        yield "NM1", "TT", "2", claim.crossover_payer, "", "", "", "", "PI", claim.crossover_payer_id
    if len(claim.remarks) > _REMARKS_OF_CLAIM:
        raise ValueError("a claim has at most five remarks in its MOA")
    if claim.inpatient:
        yield "MIA", *claim.inpatient
    if claim.outpatient:
        yield "MOA", *claim.outpatient
    elif claim.remarks and not claim.inpatient:
        yield "MOA", "", "", *claim.remarks
    for qualifier, day in (("232", claim.from_date), ("233", claim.to_date), ("050", claim.received_on)):
        if day is not None:
            yield "DTM", qualifier, _day(day)
    for service in claim.services:
        yield from _service(service)


def _name(entity: str, kind: str, name: Name, *, always: bool = False) -> Segments:
    if always or name != Name():
        parts = [name.last, name.first, name.middle, "", name.suffix, name.qualifier, name.identifier]
        yield "NM1", entity, kind, *parts


def _service(service: ServicePayment) -> Segments:
    product = (service.qualifier, service.code, *service.modifiers)
    amounts = [number(service.charge_cents), number(service.paid_cents)]
    billed = (service.qualifier, service.billed_code) if service.billed_code else ""
    units = [service.revenue_code, _quantity(service.units), billed, _quantity(service.billed_units)]
    yield "SVC", product, *amounts, *units
    if service.from_date is not None and service.from_date == service.to_date:
        yield "DTM", "472", _day(service.from_date)
    else:
        for qualifier, day in (("150", service.from_date), ("151", service.to_date)):
            if day is not None:
                yield "DTM", qualifier, _day(day)
    yield from _adjustments(service.adjustments)
    if service.control:
        yield "REF", "6R", service.control
    if service.allowed_cents is not None:
        yield "AMT", "B6", number(service.allowed_cents)
    for remark in service.remarks:
        yield "LQ", "HE", remark


def _adjustments(adjustments: Iterable[Adjustment]) -> Segments:
    """CAS segments in the order given: neighbours of one group share one, at most six triplets each."""
    for group, run in groupby(adjustments, key=lambda one: one.group):
        for part in _parts(list(run), _TRIPLETS_OF_CAS):
            triplets = [
                text for one in part for text in (one.reason, number(one.amount_cents), _quantity(one.quantity))
            ]
            yield "CAS", group, *triplets


def _provider_adjustments(adjustments: Iterable[ProviderAdjustment]) -> Segments:
    """PLB segments in the order given: neighbours of one provider and year share one, at most six pairs each."""

    def holder(one: ProviderAdjustment) -> Hashable:
        return one.provider, one.fiscal_date

    for _, run in groupby(adjustments, key=holder):
        for part in _parts(list(run), _PAIRS_OF_PLB):
            pairs: list[Element] = []
            for one in part:
                pairs += [(one.reason, one.reference), number(one.amount_cents)]
            yield "PLB", part[0].provider, _day(part[0].fiscal_date), *pairs


def _parts(items: Sequence[_One], size: int) -> Iterator[Sequence[_One]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _quantity(quantity: Decimal | None) -> str:
    return "" if quantity is None else decimal_text(quantity)


def _day(day: date | None) -> str:
    return "" if day is None else x12_date(day)
