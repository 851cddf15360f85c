"""The question: a 270 (005010X279A1) of one patient or many, written by us and read by a payer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from portal.domain.dates import x12_date
from portal.domain.eligibility import WHOLE_PLAN, EligibilityQuestion
from portal.domain.interchanges import ControlNumbers, Finding, Partner
from portal.domain.remittances import Name
from portal.domain.texts import T_
from portal.x12.characters import STANDARD, Element
from portal.x12.envelope import walk, write_interchange
from portal.x12.hierarchy import Level, before, find, levels, said
from portal.x12.parties import (
    member,
    name,
    person,
    span_of_days,
    write_address,
    write_birth,
    write_days,
    write_name,
    write_person,
)
from portal.x12.reader import Delimiters, Document
from portal.x12.transactions import TransactionSet
from portal.x12.values import Values

GUIDE = "005010X279A1"
Segments: TypeAlias = Iterator[Sequence[Element]]
_ASKED = {"EQ"}


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of a file in file order, and everything wrong with the file in segment order."""

    questions: tuple[EligibilityQuestion, ...]
    findings: tuple[Finding, ...]


def batches(questions: Sequence[EligibilityQuestion]) -> tuple[tuple[EligibilityQuestion, ...], ...]:
    """The questions of each transaction set, in the order in which `write_questions` writes them: one set a payer.

    The set at index i has the ST02 `numbers.first_set` + i, and BHT03 `reference(numbers, i)`.
    """
    groups: dict[Name, list[EligibilityQuestion]] = {}
    for one in questions:
        groups.setdefault(one.payer, []).append(one)
    return tuple(tuple(group) for group in groups.values())


def reference(numbers: ControlNumbers, index: int) -> str:
    """BHT03 of a set: ISA13-ST02; a payer that refuses a whole set names it."""
    return f"{numbers.interchange:09d}-{numbers.first_set + index:04d}"


def write_questions(
    questions: Sequence[EligibilityQuestion],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    delimiters: Delimiters = STANDARD,
) -> bytes:
    """A 270 file (005010X279A1) with one ISA and GS and a set for each of `batches(questions)`.

    Real time is one question; a batch has many, each a subscriber level of its own with its TRN. A dependent is asked
    for below its subscriber. Raises ValueError for no question and for what the envelope cannot carry.
    """
    company = originator(partner)
    sets = [
        [*_heading(reference(numbers, index), at), *_levels(batch, company)]
        for index, batch in enumerate(batches(questions))
    ]
    return write_interchange(partner, numbers, "HS", GUIDE, sets, at, delimiters=delimiters)


def originator(partner: Partner) -> str:
    """TRN03, ten characters: 9 (assigned by the user) and the sender's id, filled up with noughts."""
    known = "".join(c for c in partner.group_sender.upper() if c.isascii() and c.isalnum())
    return f"9{known}"[:10].ljust(10, "0")


def _heading(of_set: str, at: datetime) -> Segments:
    yield "BHT", "0022", "13", of_set, x12_date(at.date()), at.strftime("%H%M")


def _levels(batch: Sequence[EligibilityQuestion], company: str) -> Segments:
    """The payer, each provider below it and each question below that; HL01 counts up from 1."""
    yield "HL", "1", "", "20", "1"
    yield write_name("PR", batch[0].payer, is_person=False)
    at = 1
    providers: dict[Name, list[EligibilityQuestion]] = {}
    for one in batch:
        providers.setdefault(one.provider, []).append(one)
    for provider, those in providers.items():
        at += 1
        receiver = str(at)
        yield "HL", receiver, "1", "21", "1"
        yield write_name("1P", provider)
        for one in those:
            at += 1
            yield "HL", str(at), receiver, "22", "0" if one.dependent is None else "1"
            yield from _subscriber(one, company)
            if one.dependent is not None:
                at += 1
                yield "HL", str(at), str(at - 1), "23", "0"
                yield from _dependent(one, company)


def _subscriber(one: EligibilityQuestion, company: str) -> Segments:
    who = one.subscriber
    if one.dependent is None:
        yield "TRN", "1", one.trace, company
    yield write_person("IL", who.person, who.qualifier, who.member_id)
    if who.group_number:
        yield "REF", "6P", who.group_number
    yield from write_address(who.person.address)
    yield from write_birth(who.person)
    if one.dependent is None:
        yield from _asked(one)


def _dependent(one: EligibilityQuestion, company: str) -> Segments:
    assert one.dependent is not None
    yield "TRN", "1", one.trace, company
    yield write_person("03", one.dependent)
    yield from write_address(one.dependent.address)
    yield from write_birth(one.dependent)
    if one.relationship:
        yield "INS", "N", one.relationship
    yield from _asked(one)


def _asked(one: EligibilityQuestion) -> Segments:
    yield from write_days("291", one.on, one.until)
    for service_type in one.service_types:
        yield "EQ", service_type


def read_questions(document: Document) -> Questions:
    """Every 270 of a file, whatever its delimiters. Raises nothing: what is wrong is a finding, with its position.

    A patient without anything asked (EQ) counts as asked for the whole plan. One without a name or number of the
    subscriber is left out; so is any other transaction.
    """
    envelope = walk(document)
    questions: list[EligibilityQuestion] = []
    findings = [*document.findings, *envelope.findings]
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind != "270":
            text = T_("This transaction asks nothing about coverage (it is a {kind}).", kind=one.kind[:6] or "-")
            findings.append(Finding(one.first.position, "not-270", text))
            continue
        reading = _Reading(one)
        questions.extend(reading.questions)
        findings.extend(reading.findings)
    return Questions(tuple(questions), tuple(sorted(findings, key=lambda finding: finding.segment)))


class _Reading(Values):
    """One set: a question stands at each subscriber that is asked about, or at its dependents."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.reference = said(one.segments, "BHT", element=3)
        self.questions: list[EligibilityQuestion] = []
        for level in levels(one, self.findings):
            if level.code == "23" or (level.code == "22" and self.asks(level)):
                self.take(level)

    @staticmethod
    def asks(level: Level) -> bool:
        below = any(child.code == "23" for child in level.children) or level.hl.get(4).strip() == "1"
        return level.first("EQ") is not None or not below

    def take(self, level: Level) -> None:
        insured, provider, payer = level.up("22"), level.up("21"), level.up("20")
        named = insured.first("NM1", "IL") if insured is not None else None
        if insured is None or named is None:
            text = T_("The question names no subscriber; it was left out.")
            self.note(level.hl, "subscriber-missing", text)
            return
        if payer is None or provider is None:
            self.note(level.hl, "question-level", T_("The question stands under no payer or no provider."))
        subscriber = member(named, before(insured.body, _ASKED), self)
        if not subscriber.member_id:
            self.note(named, "member-id-missing", T_("The subscriber has no member number."))
        head = before(level.body, _ASKED)
        dependent = level if level.code == "23" else None
        dtp = level.first("DTP", "291")
        first, last = span_of_days(dtp, self) if dtp is not None else (None, None)
        trn = level.first("TRN", "1")
        if trn is None:
            self.note(level.hl, "trace-missing", T_("The question has no trace (TRN) by which to answer it."))
        asked = [part.strip() for eq in level.body if eq.id == "EQ" for part in eq.repeats(1) if part.strip()]
        self.questions.append(
            EligibilityQuestion(
                trace=trn.get(2).strip() if trn is not None else "",
                payer=name(payer.first("NM1") if payer else None),
                provider=name(provider.first("NM1") if provider else None),
                subscriber=subscriber,
                on=first,
                until=last if last != first else None,
                service_types=tuple(asked) or (WHOLE_PLAN,),
                dependent=person(find(head, "NM1"), head, self) if dependent else None,
                relationship=said(head, "INS") if dependent else "",
                reference=self.reference,
                segment=level.hl.position,
            )
        )
