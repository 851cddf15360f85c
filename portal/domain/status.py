"""Where a claim stands with its payer: what is asked (276) and what is said (277, 005010X212), in whole cents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal

from portal.domain.claims import Person
from portal.domain.eligibility import NOBODY, Member
from portal.domain.remittances import Name
from portal.domain.texts import T_, Text

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
_WAITING_FOR_US = frozenset({"P3", "P4"})
"""In work, but at rest until the office or the patient sends what was asked for."""


def standing_of(category: str) -> Standing:
    """What a category (STC01-1) comes to."""
    return _BY_CATEGORY.get(category) or _BY_LETTER.get(category[:1], "unknown")


def wants_more(category: str) -> bool:
    """Whether the payer decides nothing before it gets something."""
    return category in _WAITING_FOR_US or standing_of(category) == "information"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a standing means for a claim: `outcome` moves it as an acknowledgement's does, noted moves nothing.

    `todo` says what a person does about a claim that no remittance has settled; None where there is only to wait.
    """

    words: Text
    outcome: Literal["accepted", "rejected", "noted"]
    todo: Text | None = None


_REMITTANCE = T_("Look for the payment and its remittance. When it is not here, ask the payer to send it again.")
MEANINGS: Final[Mapping[Standing, Meaning]] = MappingProxyType({
    "received": Meaning(T_("The payer has the claim."), "accepted"),
    "rejected": Meaning(T_("The payer turned the claim away."), "rejected"),
    "pending": Meaning(T_("The payer is working on the claim."), "accepted"),
    "information": Meaning(T_("The payer asks for more before it decides."), "accepted"),
    "paid": Meaning(T_("The payer says that it paid."), "accepted", _REMITTANCE),
    "denied": Meaning(
        T_("The payer says that it denied the claim."),
        "accepted",
        T_("Look for the remittance: it says why, and the time to appeal runs. When it is not here, ask for it."),
    ),
    "finalized": Meaning(T_("The payer says that it has decided."), "accepted", _REMITTANCE),
    "not-found": Meaning(
        T_("The payer does not find the claim."),
        "noted",
        T_("See whether its file was taken, and compare member number and payer. If it never arrived, send it again."),
    ),
    "error": Meaning(T_("The payer could not answer."), "noted"),
    "unknown": Meaning(
        T_("The payer's answer is not clear."), "noted", T_("Read its codes on the claim, and call the payer.")
    ),
})  # fmt: skip


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
        return standing_of(category)


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
