"""Eligibility: what a payer is asked about a coverage on a day (270) and what it says (271), in cents and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from portal.domain.claims import Address, Person
from portal.domain.remittances import Name
from portal.domain.texts import Text

State = Literal["active", "inactive", "unknown", "rejected"]

ACTIVE_CODES = frozenset({"1", "2", "3", "4", "5"})
"""EB01 of coverage that stands."""
INACTIVE_CODES = frozenset({"6", "7", "8"})
"""EB01 of coverage that does not stand, or not yet."""
WHOLE_PLAN = "30"
"""EB03 of the plan as a whole."""
OTHER_PAYER_ROLES = frozenset({"PR", "PRP", "SEP", "TTP"})
"""NM101 of loop 2120 for another payer: payer, primary, secondary, tertiary."""
_ENDS = frozenset({"347", "357", "349"})
_BEGINS = frozenset({"346", "356", "348"})
_SPANS = frozenset({"291", "307"})
"""DTP01: plan, eligibility and benefit begin, end, or span."""

NOBODY = Name()
"""A party that is not named."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as a payer knows them: NM1*IL with NM109, and the group of REF*6P."""

    person: Person
    member_id: str = ""
    qualifier: str = "MI"
    """NM108: MI member id, II standard health identifier."""
    group_number: str = ""


@dataclass(frozen=True, slots=True)
class EligibilityQuestion:
    """One patient asked about: loops 2000A to 2110C, or 2110D when it is a dependent (005010X279A1)."""

    trace: str
    """TRN02, at most 50 characters; comes back in the answer."""
    payer: Name
    provider: Name
    subscriber: Member
    on: date | None
    """The day asked for, DTP*291; the payer takes the day it reads the question when None."""
    service_types: tuple[str, ...] = (WHOLE_PLAN,)
    dependent: Person | None = None
    relationship: str = ""
    """INS02 of a dependent: 01 spouse, 19 child, 34 other adult."""
    until: date | None = None
    """The last day asked for, when it is not the first."""
    reference: str = ""
    """BHT03 of the set; the writer gives its own."""
    segment: int = 0


@dataclass(frozen=True, slots=True)
class Dated:
    """One DTP: its qualifier, first and last day (the same for a single day)."""

    qualifier: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Limit:
    """One HSD, such as 35 visits in a calendar year: HSD01-06."""

    kind: str = ""
    """HSD01: VS visits, DY days, HS hours, UN units, MN months …"""
    quantity: Decimal | None = None
    unit: str = ""
    rate: Decimal | None = None
    period: str = ""
    """HSD05: 21 years, 23 calendar year, 29 what is left, 34 month …"""
    periods: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """One party of loop 2120: another payer (PR, PRP, SEP, TTP), the primary care provider (P3), a contact …"""

    role: str
    """NM101."""
    name: Name
    address: Address | None = None
    phone: str = ""
    references: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """One AAA: why a question was not answered, at which level, and what to do, in our own words."""

    level: str
    """payer, provider (of a 278: requester), subscriber, dependent, event, service or benefit."""
    reason: str
    """AAA03."""
    follow_up: str = ""
    """AAA04."""
    text: Text | None = None
    """What is wrong and what to do; filled by the reader."""
    segment: int = 0


@dataclass(frozen=True, slots=True)
class Benefit:
    """One EB with what hangs on it. Codes are as sent; `share` is a part of one (0.2 = 20 %)."""

    code: str
    """EB01: 1-5 active, 6-8 inactive, A coinsurance, B copay, C deductible, F limit, G out of pocket, I not covered,
    L primary care provider, R other payer …"""
    level: str = ""
    """EB02: IND, FAM, EMP, ESP, ECH …"""
    service_types: tuple[str, ...] = ()
    insurance_type: str = ""
    """EB04."""
    plan: str = ""
    period: str = ""
    """EB06: 22 service year, 23 calendar year, 24 used so far, 27 visit, 29 left, 32 lifetime …"""
    amount_cents: int | None = None
    share: Decimal | None = None
    quantity_kind: str = ""
    quantity: Decimal | None = None
    authorization: str = ""
    """EB11: Y an authorization is needed, N not, U not known."""
    network: str = ""
    """EB12: Y in the network, N out of it, W both alike, U not known."""
    procedure: tuple[str, ...] = ()
    """EB13 by components."""
    limits: tuple[Limit, ...] = ()
    dates: tuple[Dated, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    """III*ZZ: places of service."""
    messages: tuple[str, ...] = ()
    parties: tuple[Party, ...] = ()
    segment: int = 0

    @property
    def for_plan(self) -> bool:
        """Whether it speaks of the plan as a whole."""
        return not self.service_types or WHOLE_PLAN in self.service_types


@dataclass(frozen=True, slots=True)
class EligibilityAnswer:
    """What a payer says about one patient; without a subscriber when it refused above that level."""

    payer: Name
    provider: Name = NOBODY
    subscriber: Member | None = None
    dependent: Person | None = None
    relationship: str = ""
    traces: tuple[str, ...] = ()
    """TRN*2, the traces of those who asked: ours among them."""
    payer_trace: str = ""
    """TRN*1, the payer's own."""
    reference: str = ""
    """BHT03: that of the set that asked."""
    group_name: str = ""
    dates: tuple[Dated, ...] = ()
    """DTP of the member: plan and eligibility."""
    benefits: tuple[Benefit, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    segment: int = 0

    @property
    def plan_name(self) -> str:
        """EB05 of the first active benefit that names one, else of any."""
        active = [one.plan for one in self.benefits if one.code in ACTIVE_CODES and one.plan]
        return next(iter(active or [one.plan for one in self.benefits if one.plan]), "")

    @property
    def messages(self) -> tuple[str, ...]:
        """Every free text once, in order."""
        return tuple(dict.fromkeys(said for one in self.benefits for said in one.messages))

    @property
    def primary_care(self) -> Party | None:
        """The primary care provider that the payer has on record (EB*L or NM1*P3)."""
        parties = (party for one in self.benefits for party in one.parties)
        return next((party for party in parties if party.role == "P3"), None)

    @property
    def other_payers(self) -> tuple[Party, ...]:
        """Payers that the payer knows of beside itself: EB*R with loop 2120 (coordination of benefits, MSP)."""
        told = [
            party
            for one in self.benefits
            if one.code == "R"
            for party in one.parties
            if party.role in OTHER_PAYER_ROLES and (party.name.last or party.name.identifier)
        ]
        return tuple(dict.fromkeys(told))

    @property
    def says_other_payer(self) -> bool:
        """Whether it says that another payer is there, named or not."""
        return any(one.code == "R" for one in self.benefits)

    def state(self, on: date | None = None) -> State:
        """Whether the coverage stands, on a day when told: what is said of the whole plan goes before single services.

        Active coverage whose span of plan or eligibility leaves the day out is inactive. `rejected` when the payer
        refused the question and said nothing of coverage; `unknown` when it neither refused nor said.
        """
        for told in ([one for one in self.benefits if one.for_plan], list(self.benefits)):
            standing = [one for one in told if one.code in ACTIVE_CODES]
            if standing:
                reaches = on is None or (_reaches(self.dates, on) and any(_reaches(one.dates, on) for one in standing))
                return "active" if reaches else "inactive"
            if any(one.code in INACTIVE_CODES for one in told):
                return "inactive"
        return "rejected" if self.rejections else "unknown"


VISIT = ("98",)
"""EB03 of a visit in the office; what is said of the whole plan holds where nothing is said of it."""
_LEFT = "29"


@dataclass(frozen=True, slots=True)
class CostShare:
    """What a patient pays by what a payer said, in its network; several values where it names several.

    An estimate of the payer's rules, never of a claim.
    """

    copays_cents: tuple[int, ...] = ()
    shares: tuple[Decimal, ...] = ()
    """Parts of one."""
    deductible_cents: int | None = None
    deductible_left_cents: int | None = None
    out_of_pocket_cents: int | None = None
    out_of_pocket_left_cents: int | None = None

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return self != CostShare()


def cost_share(benefits: Sequence[Benefit], service_types: Sequence[str] = VISIT) -> CostShare:
    """What a patient pays for services of these types: copay (B), coinsurance (A), deductible (C), out of pocket (G).

    Benefits out of the network are left out; what is said of one of the types goes before the whole plan, and of the
    patient before the family. Amounts of a deductible without EB06 = 29 (left) are the whole one.
    """

    def told(code: str, *, left: bool | None = None) -> list[Benefit]:
        wanted = [one for one in benefits if one.code == code and one.network != "N"]
        if left is not None:
            wanted = [one for one in wanted if (one.period == _LEFT) == left]
        of_types = [one for one in wanted if set(one.service_types) & set(service_types)]
        found = of_types or [one for one in wanted if one.for_plan]
        return [one for one in found if one.level != "FAM"] or found

    def amount(code: str, *, left: bool) -> int | None:
        cents = [one.amount_cents for one in told(code, left=left) if one.amount_cents is not None]
        return min(cents, default=None) if left else max(cents, default=None)

    return CostShare(
        tuple(sorted({one.amount_cents for one in told("B") if one.amount_cents is not None})),
        tuple(sorted({one.share for one in told("A") if one.share is not None})),
        amount("C", left=False),
        amount("C", left=True),
        amount("G", left=False),
        amount("G", left=True),
    )


def _reaches(dates: tuple[Dated, ...], on: date) -> bool:
    """Whether no begin lies after the day and no end before it; a single day of plan (291) is only the day asked."""
    for one in dates:
        spans = one.qualifier in _SPANS and one.first != one.last
        if (spans or one.qualifier in _BEGINS) and one.first is not None and one.first > on:
            return False
        if (spans or one.qualifier in _ENDS) and one.last is not None and one.last < on:
            return False
    return True
