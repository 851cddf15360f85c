"""Where claims stand, written: a 276 as we ask it, and a 277 as a payer answers it (005010X212)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypeAlias

from portal.domain.claims import Person
from portal.domain.dates import x12_date
from portal.domain.eligibility import Member
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.remittances import Name
from portal.domain.status import ClaimStatus, StatusAnswer, StatusLine, StatusQuestion
from portal.x12.characters import STANDARD, Element, decimal_text, number
from portal.x12.envelope import write_interchange
from portal.x12.parties import write_birth, write_days, write_name, write_person
from portal.x12.reader import Delimiters

GUIDE = "005010X212"
Segments: TypeAlias = Iterator[Sequence[Element]]


def batches(questions: Sequence[StatusQuestion]) -> tuple[tuple[StatusQuestion, ...], ...]:
    """The questions of each transaction set, in the order in which `write_inquiries` writes them: one set a payer."""
    groups: dict[Name, list[StatusQuestion]] = {}
    for one in questions:
        groups.setdefault(one.payer, []).append(one)
    return tuple(tuple(group) for group in groups.values())


def reference(numbers: ControlNumbers, index: int) -> str:
    """BHT03 of a set: ISA13-ST02."""
    return f"{numbers.interchange:09d}-{numbers.first_set + index:04d}"


def write_inquiries(
    questions: Sequence[StatusQuestion],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """A 276 file with a set for each of `batches(questions)`; every claim has a subscriber level and TRN of its own.

    Raises ValueError for no question and for what the envelope cannot carry.
    """
    sets = []
    for index, batch in enumerate(batches(questions)):
        heading: list[Sequence[Element]] = [_bht("13", reference(numbers, index), at)]
        sets.append([*heading, *_asked(batch, partner)])
    return write_interchange(partner, numbers, "HR", GUIDE, sets, at, delimiters=delimiters)


def write_statuses(
    answers: Sequence[StatusAnswer],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """A 277 file with a set for each payer; `partner` has the answering side as sender.

    An answer of the receiver's or a provider's level stands alone at its level. Raises ValueError for no answer, for
    one without a status or with one of more than three codes, and for what the envelope cannot carry.
    """
    every = [status for one in answers for status in (*one.statuses, *(s for line in one.lines for s in line.statuses))]
    if any(not one.statuses for one in answers) or any(not 0 < len(status.codes) <= 3 for status in every):
        raise ValueError("a claim status has one to three codes")
    groups: dict[tuple[Name, str], list[StatusAnswer]] = {}
    for one in answers:
        groups.setdefault((one.payer, one.reference), []).append(one)
    sets = []
    for index, ((_, told), those) in enumerate(groups.items()):
        heading: list[Sequence[Element]] = [(*_bht("08", told or reference(numbers, index), at), "DG")]
        sets.append([*heading, *_told(those, partner)])
    return write_interchange(partner, numbers, "HN", GUIDE, sets, at, delimiters=delimiters)


def _bht(purpose: str, of_set: str, at: datetime) -> tuple[str, ...]:
    return "BHT", "0010", purpose, of_set, x12_date(at.date()), at.strftime("%H%M")


class _Tree:
    """Counts HL01 up from 1."""

    def __init__(self) -> None:
        self.at = 0

    def level(self, parent: int, code: str, *, more: bool) -> Sequence[Element]:
        self.at += 1
        # HL04 is not used at the level of a dependent, below which there is nothing.
        child = "" if code == "23" else "1" if more else "0"
        return "HL", str(self.at), str(parent) if parent else "", code, child


def _asked(batch: Sequence[StatusQuestion], partner: Partner) -> Segments:
    tree = _Tree()
    yield tree.level(0, "20", more=True)
    yield write_name("PR", batch[0].payer, is_person=False)
    yield tree.level(1, "21", more=True)
    yield "NM1", "41", "2", partner.submitter_name, "", "", "", "", "46", partner.group_sender
    providers: dict[Name, list[StatusQuestion]] = {}
    for one in batch:
        providers.setdefault(one.provider, []).append(one)
    for provider, those in providers.items():
        yield tree.level(2, "19", more=True)
        above = tree.at
        yield write_name("1P", provider)
        for one in those:
            yield from _patient(tree, above, one.subscriber, one.dependent, births=True)
            yield "TRN", "1", one.trace
            yield from _numbers(one)
            if one.charge_cents is not None:
                yield "AMT", "T3", number(one.charge_cents)
            yield from write_days("472", one.from_date, one.to_date)
            for line in one.lines:
                yield from _line(line)


def _patient(tree: _Tree, above: int, subscriber: Member, dependent: Person | None, *, births: bool) -> Segments:
    """The subscriber's level and, when the claim is a dependent's, the level below it."""
    who = subscriber
    yield tree.level(above, "22", more=dependent is not None)
    if births:
        yield from write_birth(who.person)
    yield write_person("IL", who.person, who.qualifier, who.member_id)
    if dependent is not None:
        yield tree.level(tree.at, "23", more=False)
        if births:
            yield from write_birth(dependent)
        yield write_person("QC", dependent)


def _numbers(one: StatusQuestion | StatusAnswer) -> Segments:
    for qualifier, value in (("1K", one.payer_control), ("BLT", one.bill_type), ("EJ", one.claim_control)):
        if value:
            yield "REF", qualifier, value


def _line(line: StatusLine, paid: int | None = None, statuses: Sequence[ClaimStatus] = ()) -> Segments:
    product = (line.qualifier, line.code, *line.modifiers)
    units = "" if line.units is None else decimal_text(line.units)
    money = "" if paid is None else number(paid)
    yield "SVC", product, number(line.charge_cents), money, line.revenue_code, "", "", units
    for status in statuses:
        yield _status(status)
    if line.control:
        yield "REF", "FJ", line.control
    yield from write_days("472", line.from_date, line.to_date)


def _told(those: Sequence[StatusAnswer], partner: Partner) -> Segments:
    tree = _Tree()
    receiver = [one for one in those if one.level == "receiver"]
    below = [one for one in those if one.level != "receiver"]
    yield tree.level(0, "20", more=True)
    yield write_name("PR", those[0].payer, is_person=False)
    yield tree.level(1, "21", more=bool(below))
    yield "NM1", "41", "2", partner.receiver_name, "", "", "", "", "46", partner.group_receiver
    for one in receiver:
        yield "TRN", "2", one.trace
        yield from (_status(status) for status in one.statuses)
    providers: dict[Name, list[StatusAnswer]] = {}
    for one in below:
        providers.setdefault(one.provider, []).append(one)
    for provider, group in providers.items():
        claims = [one for one in group if one.level == "claim"]
        yield tree.level(2, "19", more=bool(claims))
        above = tree.at
        yield write_name("1P", provider)
        for one in group:
            if one.level == "provider":
                yield "TRN", "1", "0"
                yield from (_status(status) for status in one.statuses)
        for one in claims:
            yield from _claim(tree, above, one)


def _claim(tree: _Tree, above: int, one: StatusAnswer) -> Segments:
    assert one.subscriber is not None
    yield from _patient(tree, above, one.subscriber, one.dependent, births=False)
    yield "TRN", "2", one.trace
    yield from (_status(status) for status in one.statuses)
    yield from _numbers(one)
    yield from write_days("472", one.from_date, one.to_date)
    for told in one.lines:
        yield from _line(told.line, told.paid_cents or 0, told.statuses)


def _status(one: ClaimStatus) -> Sequence[Element]:
    """One STC: STC03, 07 are not used in this guide."""
    composites = [tuple(code.split(":")) for code in one.codes]
    first, second, third = (*composites, (), ())[:3]
    charge, paid = (_money(cents) for cents in (one.charge_cents, one.paid_cents))
    days = [_day(one.on), _day(one.decided_on), _day(one.paid_on)]
    money = (charge, paid, days[1], "", days[2], one.check_number)
    return "STC", first, days[0], "", *money, second, third, one.message


def _money(cents: int | None) -> str:
    return "" if cents is None else number(cents)


def _day(day: date | None) -> str:
    return "" if day is None else x12_date(day)
