"""Prior authorization read: 278 requests and responses (005010X217), also those that miss the guide's shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.domain.authorizations import (
    AuthorizationAnswer,
    AuthorizationRequest,
)
from portal.domain.claims import Person
from portal.domain.eligibility import Member, Rejection
from portal.domain.interchanges import Finding
from portal.domain.texts import T_
from portal.x12.authorizations.details import SERVICES, Details, messages, phone, provider
from portal.x12.envelope import walk
from portal.x12.hierarchy import Level, Span, before, find, levels, parts, said
from portal.x12.parties import member, name, person
from portal.x12.reader import Document
from portal.x12.refusals import read_rejection
from portal.x12.transactions import TransactionSet

_LEVELS = {"20": "payer", "21": "requester", "22": "subscriber", "23": "dependent", "EV": "event", "SS": "service"}
_DECIDED = {"11"}
"""BHT02 of a response."""


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of a file in file order, and everything wrong with the file in segment order."""

    requests: tuple[AuthorizationRequest, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The answers of a file in file order, and everything wrong with the file in segment order."""

    answers: tuple[AuthorizationAnswer, ...]
    findings: tuple[Finding, ...]


def read_requests(document: Document) -> Requests:
    """Every 278 request of a file; one request for each event (HL*EV). Raises nothing: what is wrong is a finding.

    A set without an event level is read as one event, with a finding. Responses and other transactions are passed over
    with one.
    """
    found: list[AuthorizationRequest] = []

    def take(one: TransactionSet) -> list[Finding]:
        reading = _Reading(one)
        found.extend(reading.request(event) for event in reading.events)
        return reading.findings

    findings = _each(document, take, answers=False)
    return Requests(tuple(found), findings)


def read_decisions(document: Document) -> Decisions:
    """Every 278 response of a file; one answer for each event, or one for a refusal (AAA) above any event.

    Raises nothing: what is wrong is a finding. A response that decides by something else than HCR has no decision and
    a finding, so that a person reads it; requests and other transactions are passed over with one.
    """
    found: list[AuthorizationAnswer] = []

    def take(one: TransactionSet) -> list[Finding]:
        reading = _Reading(one)
        found.extend(reading.answers())
        return reading.findings

    findings = _each(document, take, answers=True)
    return Decisions(tuple(found), findings)


def is_response(one: TransactionSet) -> bool:
    """Whether a 278 is the payer's: by BHT02, or by what only a payer writes (HCR, AAA, STC)."""
    return said(one.segments, "BHT") in _DECIDED or any(s.id in {"HCR", "AAA", "STC"} for s in one.segments)


def _each(document: Document, take: Callable[[TransactionSet], list[Finding]], *, answers: bool) -> tuple[Finding, ...]:
    envelope = walk(document)
    findings = [*document.findings, *envelope.findings]
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind == "278" and is_response(one) == answers:
            findings.extend(take(one))
            continue
        wanted = T_("an answer") if answers else T_("a request")
        text = T_("This transaction is not {wanted} about an authorization; it was passed over.", wanted=wanted)
        findings.append(Finding(one.first.position, "not-278-response" if answers else "not-278-request", text))
    return tuple(sorted(findings, key=lambda finding: finding.segment))


@dataclass(frozen=True, slots=True)
class _Event:
    """Where one event stands: its own segments, the parties above it and its services."""

    head: Span
    names: tuple[Span, ...]
    payer: Span
    requester: Span
    insured: Span | None
    dependent: Span | None
    services: tuple[Span, ...]
    levels: tuple[tuple[str, Span], ...]
    """Level names and segments in which an AAA may stand, from the top."""
    segment: int


class _Reading(Details):
    """One set: the parties of each event with its services."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.one = one
        self.reference = said(one.segments, "BHT", element=3)
        # One event stands in a set: what is torn off may be services or the decision, so nothing of it is read.
        self.tree = levels(one, self.findings)
        if one.segments[-1].id != "SE":
            self.tree = []
        for level in self.tree:
            if level.code not in _LEVELS:
                text = T_("The transaction has a level (HL03) that is not known; it was passed over.")
                self.note(level.hl, "hl-level", text)
        self.events = [self.event(level) for level in self.tree if level.code == "EV"]
        refused = any(s.id == "AAA" for level in self.tree for s in level.body)
        if self.tree and not self.events and not refused:
            text = T_("The transaction has no event (HL*EV); it was read as if all of it were one.")
            self.note(one.first, "event-missing", text)
            self.events = [self.whole()]

    @staticmethod
    def event(level: Level) -> _Event:
        payer, requester, insured, dependent = (level.up(code) for code in ("20", "21", "22", "23"))
        services = _services_below(level)
        above = [
            (_LEVELS[at.code], at.body)
            for at in (payer, requester, insured, dependent, level, *services)
            if at is not None
        ]
        return _Event(
            before(level.body, {"NM1"}),
            tuple(parts(level.body, {"NM1"})),
            payer.body if payer else (),
            requester.body if requester else (),
            insured.body if insured else None,
            dependent.body if dependent else None,
            tuple(child.body for child in services),
            tuple(above),
            level.hl.position,
        )

    def whole(self) -> _Event:
        """Everything of a set whose levels are not the guide's: parties told apart by NM101 alone."""
        segments = [segment for level in self.tree for segment in level.body]
        named = {part[0].get(1).strip(): part for part in reversed(parts(segments, {"NM1"}))}
        payer, asks = named.pop("X3", ()), named.pop("1P", ())
        insured, dependent = named.pop("IL", None), named.pop("QC", None)
        lines = tuple([segment] for segment in segments if segment.id in SERVICES)
        own = [segment for segment in segments if segment.id not in {"NM1", "N3", "N4", "DMG"} | SERVICES]
        others = tuple(before(part, {"TRN", "UM"}) for part in named.values())
        place = self.tree[0].hl.position
        return _Event(own, others, payer, asks, insured, dependent, lines, (("event", segments),), place)

    def request(self, event: _Event) -> AuthorizationRequest:
        um = find(event.head, "UM")
        if um is None:
            text = T_("The event does not say what is asked for (UM).")
            self.note(self.one.first, "um-missing", text)
        place = [*(part.strip() for part in um.components(4)), "", ""] if um is not None else ["", "", ""]
        first, last = self.days(event.head)
        traces = [segment.get(2).strip() for segment in event.head if segment.id == "TRN"]
        return AuthorizationRequest(
            trace=self.trace(event.head) or next(iter(traces), ""),
            reviewer=name(find(event.payer, "NM1")),
            requester=name(find(event.requester, "NM1")),
            subscriber=self.subscriber(event),
            category=um.get(1).strip() if um is not None else "",
            certification=um.get(2).strip() if um is not None else "",
            service_type=um.get(3).strip() if um is not None else "",
            place=place[0],
            place_qualifier=place[1] or "B",
            urgency=um.get(6).strip() if um is not None else "",
            dependent=self.dependent(event),
            relationship=said(event.dependent or (), "INS"),
            phone=phone(event.requester),
            previous_number=said(event.head, "REF", "BB"),
            diagnoses=self.diagnoses(event.head),
            from_date=first,
            to_date=last,
            limit=self.limit(event.head),
            providers=tuple(provider(part) for part in event.names),
            services=tuple(service for span in event.services if (service := self.service(span)) is not None),
            messages=messages(event.head),
            reference=self.reference,
            segment=event.segment,
        )

    def answers(self) -> list[AuthorizationAnswer]:
        """One answer for each event; one that refuses when the payer stopped above any event."""
        if not self.events:
            found = [
                read_rejection(segment, _LEVELS.get(level.code, "event"))
                for level in self.tree
                for segment in level.body
                if segment.id == "AAA"
            ]
            return [self.refused(tuple(found))] if found else []
        return [self.answer(event) for event in self.events]

    def answer(self, event: _Event) -> AuthorizationAnswer:
        rejections = tuple(
            read_rejection(segment, where) for where, span in event.levels for segment in span if segment.id == "AAA"
        )
        decision = self.decision(event.head)
        review = self.request(event)
        decided = decision is not None or any(one.decision is not None for one in review.services)
        if not decided and not rejections:
            text = T_("The payer's answer holds no decision (HCR). A person has to read it.")
            self.note(self.one.first, "decision-missing", text)
        # The payer echoes our trace as TRN*2 and may add its own as TRN*1.
        own = find(event.head, "TRN", "1")
        return AuthorizationAnswer(
            review, decision, rejections, own.get(2).strip() if own is not None else "", event.segment
        )

    def refused(self, rejections: tuple[Rejection, ...]) -> AuthorizationAnswer:
        by_code = {level.code: level.body for level in self.tree}
        insured, dependent = by_code.get("22"), by_code.get("23")
        place = self.tree[0].hl.position
        event = _Event((), (), by_code.get("20", ()), by_code.get("21", ()), insured, dependent, (), (), place)
        review = AuthorizationRequest(
            trace=self.trace([segment for level in self.tree for segment in level.body]),
            reviewer=name(find(event.payer, "NM1")),
            requester=name(find(event.requester, "NM1")),
            subscriber=self.subscriber(event, needed=False),
            category="",
            certification="",
            dependent=self.dependent(event),
            relationship=said(event.dependent or (), "INS"),
            phone=phone(event.requester),
            reference=self.reference,
            segment=place,
        )
        return AuthorizationAnswer(review, None, rejections, "", place)

    def subscriber(self, event: _Event, *, needed: bool = True) -> Member:
        if event.insured is None:
            if needed:
                text = T_("The authorization names no subscriber.")
                self.note(self.one.first, "subscriber-missing", text)
            return Member(Person("", ""))
        return member(find(event.insured, "NM1"), event.insured, self)

    def dependent(self, event: _Event) -> Person | None:
        if event.dependent is None:
            return None
        return person(find(event.dependent, "NM1"), event.dependent, self)


def _services_below(level: Level) -> list[Level]:
    """Every service of an event; some senders hang one service on the one before."""
    found = []
    for child in level.children:
        if child.code == "SS":
            found.append(child)
        found.extend(_services_below(child))
    return found
