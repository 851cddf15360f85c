"""Prior authorization: what is asked of a payer before a service (278 request) and what it decides (278 response)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from portal.domain.claims import Address, Person
from portal.domain.eligibility import Limit, Member, Rejection
from portal.domain.remittances import Name
from portal.domain.texts import Text

Action = Literal[
    "approved", "partial", "denied", "pended", "modified", "cancelled", "contact", "not-required", "unknown"
]

ACTIONS: dict[str, Action] = {
    "A1": "approved",
    "A2": "partial",
    "A3": "denied",
    "A4": "pended",
    "A6": "modified",
    "C": "cancelled",
    "CT": "contact",
    "NA": "not-required",
}
"""HCR01 of the X12 278; the FHIR PAS code of the same letters differs (A6 is cancelled there)."""
GRANTING = frozenset({"approved", "partial", "modified"})
"""Actions after which services may be given under the number."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One composite of HI: ABK or ABF (ICD-10-CM), BK or BF (ICD-9-CM); the code without a dot."""

    qualifier: str
    code: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class CareProvider:
    """Who is to give the care, loop 2010EA or 2010F: SJ service provider, FA facility, DN referring …"""

    role: str
    name: Name
    address: Address | None = None
    taxonomy: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One HCR with its days: what was decided, under which number, and from when to when it holds."""

    code: str
    """HCR01."""
    number: str = ""
    """HCR02, the number that goes onto the claim as REF*G1; else REF*BB."""
    reason: str = ""
    """HCR03."""
    issued_on: date | None = None
    """DTP*102."""
    valid_from: date | None = None
    """DTP*007."""
    valid_to: date | None = None
    """DTP*036, or the end of DTP*007."""
    text: Text | None = None
    """What it means and what to do, in our own words; filled by the reader."""
    segment: int = 0

    @property
    def action(self) -> Action:
        """What HCR01 means."""
        return ACTIONS.get(self.code, "unknown")


@dataclass(frozen=True, slots=True)
class ReviewedService:
    """One service, loop 2000F; in an answer as it was granted, with a decision of its own when there is one."""

    code: str
    qualifier: str = "HC"
    modifiers: tuple[str, ...] = ()
    units: Decimal | None = None
    unit: str = "UN"
    revenue_code: str = ""
    """SV201; an institutional service has one or a code or both."""
    from_date: date | None = None
    to_date: date | None = None
    limit: Limit | None = None
    """HSD, such as 2 visits a month."""
    trace: str = ""
    """TRN02 of the service."""
    decision: Decision | None = None
    messages: tuple[str, ...] = ()
    providers: tuple[CareProvider, ...] = ()
    segment: int = 0


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One event for which leave is asked: loops 2000A to 2000F (005010X217)."""

    trace: str
    """TRN02, at most 50 characters; comes back in the answer."""
    reviewer: Name
    """The payer or its review organization, NM1*X3."""
    requester: Name
    subscriber: Member
    category: str
    """UM01: HS health services, AR admission, SC specialty care, IN one service in advance."""
    certification: str = "I"
    """UM02: I initial, R renewal, S revised, 3 cancel, 4 extension, 1 and 2 appeal."""
    service_type: str = ""
    """UM03."""
    place: str = ""
    """UM04-1: place of service, or type of bill."""
    place_qualifier: str = "B"
    """UM04-2: B place of service, A type of bill."""
    urgency: str = ""
    """UM06: U urgent, 03 emergency, E elective."""
    dependent: Person | None = None
    relationship: str = ""
    """INS02 of a dependent."""
    phone: str = ""
    """Of the requester."""
    previous_number: str = ""
    """REF*BB of the request: the authorization that is renewed, changed or cancelled."""
    diagnoses: tuple[Diagnosis, ...] = ()
    from_date: date | None = None
    """Admission (DTP*435) or first day of the event (AAH)."""
    to_date: date | None = None
    """Discharge (DTP*096) or last day of the event."""
    limit: Limit | None = None
    providers: tuple[CareProvider, ...] = ()
    services: tuple[ReviewedService, ...] = ()
    messages: tuple[str, ...] = ()
    reference: str = ""
    """BHT03 of the set; the writer of requests gives its own."""
    segment: int = 0


@dataclass(frozen=True, slots=True)
class AuthorizationAnswer:
    """What a payer decided; `review` is the request as it came back, with dates and units as granted."""

    review: AuthorizationRequest
    decision: Decision | None = None
    """None when the payer refused to decide, or sent no HCR."""
    rejections: tuple[Rejection, ...] = ()
    payer_trace: str = ""
    """TRN*1, the payer's own."""
    segment: int = 0

    @property
    def action(self) -> Action:
        """What was decided of the event; unknown when nothing was, whatever is said of single services."""
        return "unknown" if self.decision is None else self.decision.action

    @property
    def number(self) -> str:
        """The authorization number: of the event, else the first of a service that was granted."""
        every = [self.decision, *(one.decision for one in self.review.services)]
        granted = [one for one in every if one is not None and one.number and one.action in GRANTING]
        return granted[0].number if granted else ""

    def decision_of(self, service: ReviewedService) -> Decision | None:
        """What holds for a service: its own decision, else the event's."""
        return service.decision or self.decision
