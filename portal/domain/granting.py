"""The life of an authorization, its clocks, and the arithmetic of what was granted and is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from portal.domain import limits
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.limits import Cap, Span, Taken
from portal.domain.texts import T_, Text

WAITING = ("SUBMITTED", "PENDED", "INFO_SENT", "PEER_TO_PEER", "APPEAL")
"""With the payer: an answer decides it."""
GRANTED = ("APPROVED", "PARTIAL", "MODIFIED")
STANDING = (*GRANTED, "IN_USE", "EXHAUSTED", "EXPIRED")
"""It was granted; which of these it is, is reckoned from what is used, left and over (`reckoned`)."""
EXPIRING_DAYS: Final = 14
"""So long before its last day somebody is told, as long as units are left."""

CANCELS: Mapping[str, Text] = MappingProxyType({
    "not-needed": T_("The payer does not want to be asked for this"),
    "not-planned": T_("The service is not given after all"),
    "other-plan": T_("The patient has another plan"),
    "asked-twice": T_("It was asked for twice"),
    "not-taken": T_("The payer did not take it; it is asked anew"),
})  # fmt: skip
"""Why a request is taken back."""
RETROACTIVE: Mapping[str, Text] = MappingProxyType({
    "emergency": T_("It was an emergency"),
    "coverage-found": T_("The coverage was not known on the day"),
    "changed-service": T_("Another service than planned turned out to be needed"),
    "overlooked": T_("It was overlooked"),
})  # fmt: skip
"""Why leave is asked for after the service; the payer reads it with the request."""
REASONS: Mapping[str, Text] = MappingProxyType({
    "not-necessary": T_("Not medically necessary"), "not-covered": T_("Not a benefit of the plan"),
    "out-of-network": T_("Out of the network"), "too-late": T_("Asked for too late"),
    "information": T_("The information asked for did not come"), "other": T_("Another reason, in the note"),
})  # fmt: skip
"""Why a payer did not grant, as people say it; a 278 carries the payer's own code instead (HCR03)."""
URGENCIES: Mapping[str, Text] = MappingProxyType({
    "standard": T_("Standard, within 7 days"), "expedited": T_("Expedited, within 72 hours"),
})  # fmt: skip
CHANNELS: Mapping[str, Text] = MappingProxyType({
    "278": T_("By file (278)"), "phone": T_("By phone"), "portal": T_("On the payer's portal"),
    "letter": T_("By letter or fax"), "payer": T_("By the payer, here"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clock:
    """Within how long a payer has to decide, from a day on."""

    urgency: str
    since: date
    within: timedelta


CLOCKS: tuple[Clock, ...] = (
    Clock("standard", date.min, timedelta(days=14)),
    Clock("expedited", date.min, timedelta(hours=72)),
    Clock("standard", date(2026, 1, 1), timedelta(days=7)),
)
"""42 CFR 422.568, 422.572, 438.210, 457.495 and 45 CFR 156.223 as of CMS-0057-F: Medicare Advantage, Medicaid, CHIP
and plans of the federal exchange. Other payers are held to the same days, so that a silent one is called."""


MOST_UNITS: Final = 999_999_999
"""Of one service, in thousandths; what people may type, and more than anything that is done."""


def is_number(text: str) -> bool:
    """Whether a payer's number can go onto a claim (REF*G1): 1 to 50 signs of which none means something in X12."""
    return 0 < len(text) <= 50 and text.isascii() and text.isprintable() and not set(text) & set("*~:^|")


def answer_due(urgency: str, asked_at: datetime, zone: str) -> date:
    """The practice's day by which the payer has to decide."""
    asked = asked_at.astimezone(ZoneInfo(zone))
    held = [clock for clock in CLOCKS if clock.urgency == urgency and clock.since <= asked.date()]
    return (asked_at + max(held, key=lambda clock: clock.since).within).astimezone(ZoneInfo(zone)).date()


@dataclass(frozen=True, slots=True)
class AuthorizationFacts:
    """What the guards may know."""

    complete: bool = False
    """It has services with units, days and a diagnosis."""
    number: str = ""
    """The payer's number."""
    reasons: tuple[str, ...] = ()
    """Why it was denied."""
    used: bool = False
    """A claim that stands has used of it."""
    reckoned: str = ""
    """Where it stands by what is used, left and over."""


LIFE: Lifecycle[AuthorizationFacts] = Lifecycle(
    name="authorization",
    start_states=("DRAFT",),
    moves=(
        Move("DRAFT", "SUBMITTED", "authorization:request", "either", guard="complete"),
        Move("SUBMITTED", "DRAFT", "authorization:answer", "system", needs_reason=True),
        *(Move(frm, "PENDED", "authorization:answer", "either") for frm in WAITING if frm != "PENDED"),
        Move("PENDED", "INFO_SENT", "authorization:request"),
        *(
            Move(frm, to, "authorization:answer", "either", guard="number")
            for frm in (*WAITING, "DENIED")
            for to in GRANTED
        ),
        *(Move(frm, "DENIED", "authorization:answer", "either", guard="denial-reason") for frm in WAITING),
        *(Move(frm, "NOT_REQUIRED", "authorization:answer", "either") for frm in WAITING),
        Move("DENIED", "PEER_TO_PEER", "authorization:request"),
        Move("DENIED", "APPEAL", "authorization:request"),
        *(
            Move(frm, to, "authorization:answer", "system", guard="reckoned")
            for frm in STANDING
            for to in STANDING
            if frm != to
        ),
        *(
            Move(frm, "CANCELLED", "authorization:request", guard="unused", needs_reason=True)
            for frm in ("DRAFT", *WAITING, *GRANTED)
        ),
    ),
    words={
        "DRAFT": T_("To be asked for"),
        "SUBMITTED": T_("Asked for"),
        "PENDED": T_("Payer asks for more"),
        "INFO_SENT": T_("Information sent"),
        "APPROVED": T_("Approved"),
        "PARTIAL": T_("Approved in part"),
        "MODIFIED": T_("Approved with changes"),
        "DENIED": T_("Denied"),
        "PEER_TO_PEER": T_("Clinicians talk"),
        "APPEAL": T_("In appeal"),
        "IN_USE": T_("In use"),
        "EXHAUSTED": T_("Used up"),
        "EXPIRED": T_("Expired"),
        "NOT_REQUIRED": T_("Not needed"),
        "CANCELLED": T_("Taken back"),
    },
    guards={
        "complete": Guard(
            lambda facts, _: facts.complete,
            T_("Name at least one service with its units, the first day and a diagnosis."),
        ),
        "number": Guard(lambda facts, _: bool(facts.number), T_("An approval needs the payer's number.")),
        "denial-reason": Guard(
            lambda facts, _: bool(facts.reasons), T_("A payer that denies has to say why. Choose the reason.")
        ),
        "unused": Guard(
            lambda facts, _: not facts.used,
            T_("Services were billed under it already, so it cannot be taken back."),
        ),
        "reckoned": Guard(
            lambda facts, move: facts.reckoned == move.to,
            T_("It stands where what is used, left and over puts it."),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class GrantedLine:
    """One service that was granted; units in thousandths."""

    id: bytes
    code: str
    modifiers: tuple[str, ...]
    granted: int | None
    """None for as many as are needed."""
    spent: tuple[Taken, ...] = ()
    """By claims that stand, but for the one at hand."""
    caps: tuple[Cap, ...] = ()
    """What limits it besides units."""

    @property
    def used(self) -> int:
        """Units in thousandths."""
        return sum(one.units for one in self.spent)

    @property
    def left(self) -> int | None:
        """Never below nought; None without a limit."""
        return None if self.granted is None else max(self.granted - self.used, 0)

    def used_up(self, first: date, last: date | None) -> bool:
        """Whether nothing of it is left on any day of the approval."""
        return self.left == 0 or any(limits.used_up(cap, self.spent, first, last) for cap in self.caps)

    def with_more(self, taken: Iterable[Taken]) -> GrantedLine:
        """The line once something was taken of an authorization."""
        return replace(self, spent=(*self.spent, *(one for one in taken if one.line_id == self.id)))


@dataclass(frozen=True, slots=True)
class GrantedCare:
    """One authorization as a claim sees it."""

    id: bytes
    state: str
    number: str
    first: date | None
    last: date | None
    lines: tuple[GrantedLine, ...]
    caps: tuple[Cap, ...] = ()
    """What limits all its services together."""

    def holds(self, first: date, last: date) -> bool:
        """Whether it covers all days of a service."""
        return (self.first is None or self.first <= first) and (self.last is None or last <= self.last)

    @property
    def anchor(self) -> date:
        """The day from which periods are counted."""
        return self.first or date.min

    def has_room(self, line: GrantedLine, more: Taken) -> bool:
        """Whether units and every limit, of the line and of all, have room for one more service."""
        if line.left is not None and more.units > line.left:
            return False
        if not all(limits.fits(cap, line.spent, more, self.anchor) for cap in line.caps):
            return False
        every = [one for each in self.lines for one in each.spent] if self.caps else []
        return all(limits.fits(cap, every, more, self.anchor) for cap in self.caps)

    def with_more(self, taken: Sequence[Taken]) -> GrantedCare:
        """The authorization once something was taken of it."""
        return replace(self, lines=tuple(line.with_more(taken) for line in self.lines))


@dataclass(frozen=True, slots=True)
class BilledService:
    """One line of a claim; `units` in thousandths, `needed` when a rule wants leave for it."""

    key: str
    """REF*6R of the line."""
    code: str
    modifiers: tuple[str, ...]
    units: int
    first: date
    last: date
    needed: bool = False
    stay: Span | None = None
    """The days of the inpatient stay that it belongs to."""


def take(care: GrantedCare, services: Sequence[BilledService]) -> tuple[Taken, ...]:
    """What services take of an authorization, in their order: all of a service or none, never more than left."""
    taken: list[Taken] = []
    for one in services:
        if not care.holds(one.first, one.last):
            continue
        for line in care.lines:
            more = Taken(line.id, one.key, one.units, Span(one.first, one.last), one.stay)
            if _same(line, one) and care.has_room(line, more):
                taken.append(more)
                care = care.with_more([more])
                break
    return tuple(taken)


def choose(cares: Sequence[GrantedCare], services: Sequence[BilledService]) -> tuple[GrantedCare, tuple[Taken, ...]]:
    """The one authorization that goes onto a claim, and what the claim takes of it.

    The one that covers most of what needs leave, then most of the rest, then the one that ends first. Raises
    ValueError for none that covers anything.
    """
    needed = {one.key for one in services if one.needed}
    offers = [(care, take(care, services)) for care in cares]
    offers = [(care, taken) for care, taken in offers if taken]
    if not offers:
        raise ValueError("no authorization covers any of the services")

    def worth(offer: tuple[GrantedCare, tuple[Taken, ...]]) -> tuple[int, int, int, bytes]:
        care, taken = offer
        met = {one.key for one in taken}
        return (len(met & needed), len(met), -(care.last or date.max).toordinal(), care.id)

    return max(offers, key=worth)


def besides(
    cares: Sequence[GrantedCare], taken: Sequence[Taken], services: Sequence[BilledService]
) -> Iterator[tuple[GrantedCare, tuple[Taken, ...]]]:
    """Further authorizations for services that need one and of which nothing was taken yet, the best first.

    They go onto the lines (REF*G1 of loop 2400), which a professional and a dental claim have.
    """
    met, free = {one.key for one in taken}, list(cares)
    while rest := [one for one in services if one.needed and one.key not in met]:
        try:
            care, more = choose(free, rest)
        except ValueError:
            return
        met |= {one.key for one in more}
        free.remove(care)
        yield care, more


def obstacle(cares: Sequence[GrantedCare], open_codes: Mapping[str, Collection[str]], one: BilledService) -> str:
    """Why the number on the claim does not cover a service: elsewhere, units, dates, asked, denied or missing.

    `open_codes` are the codes of requests that were not granted, by state.
    """
    if any(take(care, [one]) for care in cares):
        return "elsewhere"
    same = [care for care in cares if any(_same(line, one) for line in care.lines)]
    if any(care.holds(one.first, one.last) for care in same):
        return "units"
    if same:
        return "dates"
    if any(one.code in open_codes.get(state, ()) for state in ("DRAFT", *WAITING)):
        return "asked"
    return "denied" if one.code in open_codes.get("DENIED", ()) else "missing"


def reckoned(granted_as: str, care: GrantedCare, today: date) -> str:
    """Where a granted authorization stands: used up, over, in use, or as it was granted."""
    every = [one for line in care.lines for one in line.spent]
    gone = bool(care.lines) and all(line.used_up(care.anchor, care.last) for line in care.lines)
    if gone or any(limits.used_up(cap, every, care.anchor, care.last) for cap in care.caps):
        return "EXHAUSTED"
    if care.last is not None and care.last < today:
        return "EXPIRED"
    return "IN_USE" if every else granted_as


def warning(state: str, last: date | None, today: date) -> str:
    """What somebody is told of a granted authorization: exhausted, expiring, or nothing."""
    if state == "EXHAUSTED":
        return "exhausted"
    soon = last is not None and today <= last <= today + timedelta(days=EXPIRING_DAYS)
    return "expiring" if soon and state in {*GRANTED, "IN_USE"} else ""


def _same(line: GrantedLine, one: BilledService) -> bool:
    return line.code == one.code and set(line.modifiers) <= set(one.modifiers)
