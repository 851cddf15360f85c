"""Where a claim stands with its payer: what is asked (276) and what is said (277, 005010X212), in whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from portal.domain.claims import Person
from portal.domain.eligibility import NOBODY, Member
from portal.domain.remittances import Name
from portal.domain.texts import Text

Standing = Literal[
    "received", "rejected", "pending", "information", "paid", "denied", "finalized", "not-found", "error", "unknown"
]

_BY_CATEGORY: dict[str, Standing] = {
    "A0": "received",
    "A1": "received",
    "A2": "received",
    "A3": "rejected",
    "A4": "not-found",
    "A5": "received",
    "A6": "rejected",
    "A7": "rejected",
    "A8": "rejected",
    "F1": "paid",
    "F2": "denied",
    "D0": "not-found",
}
_BY_LETTER: dict[str, Standing] = {"P": "pending", "R": "information", "F": "finalized", "E": "error"}


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One service line asked about: loop 2210."""

    code: str
    charge_cents: int
    modifiers: tuple[str, ...] = ()
    units: Decimal | None = None
    qualifier: str = "HC"
    revenue_code: str = ""
    control: str = ""
    """REF*FJ, our line control number."""
    from_date: date | None = None
    to_date: date | None = None
    segment: int = 0


@dataclass(frozen=True, slots=True)
class StatusQuestion:
    """One claim asked about: loops 2000A to 2210 of a 276."""

    trace: str
    """TRN02; comes back in the answer."""
    payer: Name
    provider: Name
    subscriber: Member
    dependent: Person | None = None
    claim_control: str = ""
    """REF*EJ: CLM01 as we sent it."""
    payer_control: str = ""
    """REF*1K: the payer's claim number, when it is known."""
    bill_type: str = ""
    """REF*BLT, of institutional claims."""
    charge_cents: int | None = None
    """AMT*T3."""
    from_date: date | None = None
    to_date: date | None = None
    lines: tuple[StatusLine, ...] = ()
    reference: str = ""
    """BHT03 of the set; the writer gives its own."""
    segment: int = 0


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """One STC: up to three composites, the day it holds from, amounts, and the payment when there is one."""

    codes: tuple[str, ...]
    """"category:status" or "category:status:entity" of STC01, STC10 and STC11."""
    on: date | None = None
    """STC02."""
    charge_cents: int | None = None
    paid_cents: int | None = None
    decided_on: date | None = None
    """STC06."""
    paid_on: date | None = None
    """STC08."""
    check_number: str = ""
    """STC09: number of the check or trace of the transfer, as in TRN02 of the remittance."""
    message: str = ""
    """STC12, the partner's own words."""
    reasons: tuple[Text, ...] = ()
    """What it means and what to do, in our own words; filled by the reader."""
    segment: int = 0

    @property
    def standing(self) -> Standing:
        """What the first category comes to."""
        category = self.codes[0].partition(":")[0] if self.codes else ""
        return _BY_CATEGORY.get(category) or _BY_LETTER.get(category[:1], "unknown")


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What is said of one service line: loop 2220."""

    line: StatusLine
    paid_cents: int | None = None
    statuses: tuple[ClaimStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """What a payer says of one claim, or (level receiver or provider) why it says nothing of a whole group."""

    level: str
    """claim, provider or receiver."""
    statuses: tuple[ClaimStatus, ...]
    payer: Name = NOBODY
    provider: Name = NOBODY
    subscriber: Member | None = None
    dependent: Person | None = None
    trace: str = ""
    """TRN*2: ours; at the receiver's level BHT03 of the question."""
    claim_control: str = ""
    payer_control: str = ""
    bill_type: str = ""
    from_date: date | None = None
    to_date: date | None = None
    lines: tuple[LineStatus, ...] = ()
    reference: str = ""
    """BHT03 of the answer."""
    segment: int = 0

    @property
    def latest(self) -> ClaimStatus | None:
        """The status of the latest day; of equal days the last in the file."""
        found: ClaimStatus | None = None
        for one in self.statuses:
            if found is None or (one.on or date.min) >= (found.on or date.min):
                found = one
        return found

    @property
    def standing(self) -> Standing:
        """Where the claim stands by its latest status."""
        latest = self.latest
        return "unknown" if latest is None else latest.standing
