"""The answer written: a 271 (005010X279A1), as a payer sends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from portal.domain.dates import x12_date
from portal.domain.eligibility import Benefit, EligibilityAnswer, Limit, Party
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.remittances import Name
from portal.x12.characters import STANDARD, Element, Repeats, decimal_text, number
from portal.x12.coverage.asking import GUIDE, originator
from portal.x12.envelope import write_interchange
from portal.x12.parties import (
    write_address,
    write_birth,
    write_days,
    write_name,
    write_person,
)
from portal.x12.reader import Delimiters
from portal.x12.refusals import write_rejection

Segments: TypeAlias = Iterator[Sequence[Element]]
Refusals: TypeAlias = tuple[tuple[str, str], ...]
"""Reasons and follow-ups that hold for all below a level."""


def write_answers(
    answers: Sequence[EligibilityAnswer],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """A 271 file (005010X279A1): one set for each payer and BHT03 answered, one subscriber level for each answer.

    An answer without a subscriber is a refusal at the payer's or provider's level. Raises ValueError for no answer and
    for what the envelope cannot carry.
    """
    company = originator(partner)
    sets: dict[tuple[Name, str, Refusals], list[EligibilityAnswer]] = {}
    for one in answers:
        sets.setdefault((one.payer, one.reference, _codes(one, "payer")), []).append(one)
    written = [[*_heading(those[0].reference, at), *_levels(those, company)] for those in sets.values()]
    return write_interchange(partner, numbers, "HB", GUIDE, written, at, delimiters=delimiters)


def _heading(reference: str, at: datetime) -> Segments:
    yield "BHT", "0022", "11", reference, x12_date(at.date()), at.strftime("%H%M")


def _levels(those: Sequence[EligibilityAnswer], company: str) -> Segments:
    below = any(one.provider != Name() or one.subscriber is not None for one in those)
    yield "HL", "1", "", "20", "1" if below else "0"
    yield write_name("PR", those[0].payer, is_person=False)
    yield from _refusals(those[0], "payer")
    if not below:
        return
    at = 1
    providers: dict[tuple[Name, Refusals], list[EligibilityAnswer]] = {}
    for one in those:
        providers.setdefault((one.provider, _codes(one, "provider")), []).append(one)
    for (provider, _), group in providers.items():
        at += 1
        receiver = str(at)
        patients = [one for one in group if one.subscriber is not None]
        yield "HL", receiver, "1", "21", "1" if patients else "0"
        yield write_name("1P", provider)
        yield from _refusals(group[0], "provider")
        for one in patients:
            at += 1
            yield "HL", str(at), receiver, "22", "0" if one.dependent is None else "1"
            yield from _subscriber(one, company)
            if one.dependent is not None:
                at += 1
                yield "HL", str(at), str(at - 1), "23", "0"
                yield from _dependent(one, company)


def _codes(one: EligibilityAnswer, level: str) -> Refusals:
    return tuple((refusal.reason, refusal.follow_up) for refusal in one.rejections if refusal.level == level)


def _refusals(one: EligibilityAnswer, level: str) -> Segments:
    for refusal in one.rejections:
        if refusal.level == level:
            yield write_rejection(refusal)


def _traces(one: EligibilityAnswer, company: str) -> Segments:
    for trace in one.traces:
        yield "TRN", "2", trace, company
    if one.payer_trace:
        yield "TRN", "1", one.payer_trace, company


def _subscriber(one: EligibilityAnswer, company: str) -> Segments:
    who = one.subscriber
    assert who is not None
    alone = one.dependent is None
    if alone:
        yield from _traces(one, company)
    yield write_person("IL", who.person, who.qualifier, who.member_id)
    if who.group_number:
        yield "REF", "6P", who.group_number, one.group_name
    yield from write_address(who.person.address)
    yield from _refusals(one, "subscriber")
    yield from write_birth(who.person)
    if alone:
        yield from _told(one)


def _dependent(one: EligibilityAnswer, company: str) -> Segments:
    assert one.dependent is not None
    yield from _traces(one, company)
    yield write_person("03", one.dependent)
    yield from write_address(one.dependent.address)
    yield from _refusals(one, "dependent")
    yield from write_birth(one.dependent)
    if one.relationship:
        yield "INS", "N", one.relationship
    yield from _told(one)


def _told(one: EligibilityAnswer) -> Segments:
    for dated in one.dates:
        yield from write_days(dated.qualifier, dated.first, dated.last)
    for n, benefit in enumerate(one.benefits):
        yield from _benefit(benefit)
        if n + 1 == len(one.benefits):
            yield from _refusals(one, "benefit")


def _benefit(one: Benefit) -> Segments:
    amount = "" if one.amount_cents is None else number(one.amount_cents)
    head = ("EB", one.code, one.level, Repeats(one.service_types), one.insurance_type, one.plan, one.period, amount)
    more = (_number(one.share), one.quantity_kind, _number(one.quantity), one.authorization, one.network)
    yield *head, *more, one.procedure
    for limit in one.limits:
        yield _limit(limit)
    for qualifier, reference in one.references:
        yield "REF", qualifier, reference
    for dated in one.dates:
        yield from write_days(dated.qualifier, dated.first, dated.last)
    for message in one.messages:
        yield "MSG", message
    for place in one.places:
        yield "III", "ZZ", place
    if one.parties:
        yield "LS", "2120"
        for party in one.parties:
            yield from _party(party)
        yield "LE", "2120"


def _limit(one: Limit) -> Sequence[Element]:
    return "HSD", one.kind, _number(one.quantity), one.unit, _number(one.rate), one.period, _number(one.periods)


def _party(one: Party) -> Segments:
    yield write_name(one.role, one.name)
    for qualifier, reference in one.references:
        yield "REF", qualifier, reference
    yield from write_address(one.address)
    if one.phone:
        yield "PER", "IC", "", "TE", one.phone


def _number(value: Decimal | None) -> str:
    return "" if value is None else decimal_text(value)
