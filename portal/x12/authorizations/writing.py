"""Prior authorization written: a 278 request as we ask it, and a response as a payer decides it (005010X217)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TypeAlias

from portal.domain.authorizations import (
    AuthorizationAnswer,
    AuthorizationRequest,
    CareProvider,
    Decision,
    Diagnosis,
    ReviewedService,
)
from portal.domain.dates import x12_date
from portal.domain.eligibility import Limit, Rejection
from portal.domain.interchanges import ControlNumbers, Partner
from portal.x12.characters import STANDARD, Element, decimal_text
from portal.x12.coverage.asking import originator
from portal.x12.envelope import write_interchange
from portal.x12.parties import write_address, write_birth, write_days, write_name, write_person
from portal.x12.reader import Delimiters
from portal.x12.refusals import write_rejection

GUIDE = "005010X217"
ADMISSION = "AR"
_PARTIES = frozenset({"payer", "requester", "subscriber", "dependent"})
Segments: TypeAlias = Iterator[Sequence[Element]]


def reference(numbers: ControlNumbers, index: int) -> str:
    """BHT03 of the set at an index: ISA13-ST02."""
    return f"{numbers.interchange:09d}-{numbers.first_set + index:04d}"


def write_requests(
    requests: Sequence[AuthorizationRequest],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """A 278 file with one set for each request, in their order; BHT03 is `reference(numbers, i)`.

    Raises ValueError for no request and for what the envelope cannot carry.
    """
    company = originator(partner)
    sets: list[list[Sequence[Element]]] = []
    for index, one in enumerate(requests):
        tree = _Tree(company)
        heading: Sequence[Element] = ("BHT", "0007", "13", reference(numbers, index), *_stamp(at))
        sets.append([heading, *tree.parties(one, {}), *tree.event(one, None)])
    return write_interchange(partner, numbers, "HI", GUIDE, sets, at, delimiters=delimiters)


def write_decisions(
    answers: Sequence[AuthorizationAnswer],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """A 278 response file with one set for each answer, as a payer sends it; BHT03 repeats that of the request.

    A refusal at the payer, requester, subscriber or dependent ends there, without an event, and is found again by
    BHT03. Raises ValueError for no answer and for what the envelope cannot carry.
    """
    company = originator(partner)
    sets: list[list[Sequence[Element]]] = []
    for one in answers:
        tree = _Tree(company)
        final = "19" if one.action == "pended" else "18"
        heading: Sequence[Element] = ("BHT", "0007", "11", one.review.reference, *_stamp(at), final)
        refused: dict[str, list[Rejection]] = {}
        for rejection in one.rejections:
            refused.setdefault(rejection.level, []).append(rejection)
        event = tree.event(one.review, one, refused) if reaches_event(one) else ()
        sets.append([heading, *tree.parties(one.review, refused, more=reaches_event(one)), *event])
    return write_interchange(partner, numbers, "HI", GUIDE, sets, at, delimiters=delimiters)


def reaches_event(one: AuthorizationAnswer) -> bool:
    """Whether the payer came as far as the event, or stopped at one of the parties above it."""
    return one.decision is not None or not any(each.level in _PARTIES for each in one.rejections)


def _stamp(at: datetime) -> tuple[str, str]:
    return x12_date(at.date()), at.strftime("%H%M")


class _Tree:
    """Writes the levels of one set; HL01 counts up from 1, each level hangs on the one before but for services."""

    def __init__(self, company: str) -> None:
        self.company = company
        self.at = 0

    def level(self, code: str, *, more: bool, parent: int | None = None) -> Sequence[Element]:
        above = self.at if parent is None else parent
        self.at += 1
        return "HL", str(self.at), str(above) if above else "", code, "1" if more else "0"

    def parties(
        self, one: AuthorizationRequest, refused: Mapping[str, Sequence[Rejection]], *, more: bool = True
    ) -> Segments:
        """Loops 2000A to 2000D with what is refused at each."""

        def goes_on(*levels: str) -> bool:
            return more or any(level in refused for level in levels)

        yield self.level("20", more=goes_on("requester", "subscriber", "dependent"))
        yield write_name("X3", one.reviewer, is_person=False)
        yield from _refusals(refused, "payer")
        if not goes_on("requester", "subscriber", "dependent"):
            return
        yield self.level("21", more=goes_on("subscriber", "dependent"))
        yield write_name("1P", one.requester)
        if one.phone:
            yield "PER", "IC", "", "TE", "".join(c for c in one.phone if c.isdigit())
        yield from _refusals(refused, "requester")
        if not goes_on("subscriber", "dependent"):
            return
        who = one.subscriber
        yield self.level("22", more=more or one.dependent is not None)
        yield write_person("IL", who.person, who.qualifier, who.member_id)
        if who.group_number:
            yield "REF", "6P", who.group_number
        yield from write_address(who.person.address)
        yield from _refusals(refused, "subscriber")
        yield from write_birth(who.person)
        if one.dependent is not None:
            yield self.level("23", more=more)
            yield write_person("QC", one.dependent)
            yield from write_address(one.dependent.address)
            yield from _refusals(refused, "dependent")
            yield from write_birth(one.dependent)
            if one.relationship:
                yield "INS", "N", one.relationship

    def event(
        self,
        one: AuthorizationRequest,
        answer: AuthorizationAnswer | None,
        refused: Mapping[str, Sequence[Rejection]] = MappingProxyType({}),
    ) -> Segments:
        """Loop 2000E with its providers, then a loop 2000F for each service."""
        yield self.level("EV", more=bool(one.services))
        above = self.at
        yield from self.traces(one.trace, answer)
        yield from _refusals(refused, "event")
        place = (one.place, one.place_qualifier) if one.place else ()
        yield "UM", one.category, one.certification, one.service_type, place, "", one.urgency
        if answer is not None and answer.decision is not None:
            yield from _decision(answer.decision)
        if one.previous_number:
            yield "REF", "BB", one.previous_number
        yield from _event_days(one)
        if one.diagnoses:
            yield "HI", *(_diagnosis(diagnosis) for diagnosis in one.diagnoses)
        yield from _limit(one.limit)
        for message in one.messages:
            yield "MSG", message
        for provider in one.providers:
            yield from _provider(provider)
        for n, service in enumerate(one.services):
            yield self.level("SS", more=False, parent=above)
            yield from self.service(service, answer, refused if n == 0 else {})

    def traces(self, trace: str, answer: AuthorizationAnswer | None) -> Segments:
        if trace:
            yield "TRN", "1" if answer is None else "2", trace, self.company
        if answer is not None and answer.payer_trace:
            yield "TRN", "1", answer.payer_trace, self.company

    def service(
        self,
        one: ReviewedService,
        answer: AuthorizationAnswer | None,
        refused: Mapping[str, Sequence[Rejection]],
    ) -> Segments:
        if one.trace:
            yield "TRN", "1" if answer is None else "2", one.trace, self.company
        yield from _refusals(refused, "service")
        if one.decision is not None:
            yield from _decision(one.decision)
        yield from write_days("472", one.from_date, one.to_date)
        product = (one.qualifier, one.code, *one.modifiers)
        units = ("", "") if one.units is None else (one.unit, decimal_text(one.units))
        if one.revenue_code:
            yield "SV2", one.revenue_code, product if one.code else "", "", *units
        else:
            yield "SV1", product, "", *units
        yield from _limit(one.limit)
        for message in one.messages:
            yield "MSG", message
        for provider in one.providers:
            yield from _provider(provider)


def _refusals(refused: Mapping[str, Sequence[Rejection]], level: str) -> Segments:
    for one in refused.get(level, ()):
        yield write_rejection(one)


def _decision(one: Decision) -> Segments:
    yield "HCR", one.code, one.number, one.reason
    yield from write_days("102", one.issued_on, None)
    yield from write_days("007", one.valid_from, None)
    yield from write_days("036", one.valid_to, None)


def _event_days(one: AuthorizationRequest) -> Segments:
    if one.category == ADMISSION:
        yield from write_days("435", one.from_date, None)
        yield from write_days("096", one.to_date, None)
    else:
        yield from write_days("AAH", one.from_date, one.to_date)


def _diagnosis(one: Diagnosis) -> tuple[str, ...]:
    return (one.qualifier, one.code) if one.on is None else (one.qualifier, one.code, "D8", x12_date(one.on))


def _provider(one: CareProvider) -> Segments:
    yield write_name(one.role, one.name)
    yield from write_address(one.address)
    if one.taxonomy:
        yield "PRV", "PE", "PXC", one.taxonomy


def _limit(one: Limit | None) -> Segments:
    if one is not None:
        numbers = [_number(value) for value in (one.quantity, one.rate, one.periods)]
        yield "HSD", one.kind, numbers[0], one.unit, numbers[1], one.period, numbers[2]


def _number(value: Decimal | None) -> str:
    return "" if value is None else decimal_text(value)
