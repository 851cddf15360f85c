"""What is true of X12 files whatever they carry: findings with a place, and who trades with whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.claims import Claim
from portal.domain.texts import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend: `segment` counts from 1 = ISA, 0 = the file as a whole; `code` is short and stable.

    The text says what and where and never carries a protected value.
    """

    segment: int
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Partner:
    """A trading partner as the envelope needs it: ISA05-08, GS02-03, ISA15 and the submitter of loop 1000A."""

    sender_qualifier: str
    sender_id: str
    receiver_qualifier: str
    receiver_id: str
    group_sender: str
    group_receiver: str
    usage: str
    """P for production or T for test."""
    submitter_name: str
    submitter_contact: str
    submitter_phone: str
    receiver_name: str


@dataclass(frozen=True, slots=True)
class ControlNumbers:
    """Numbers allocated by the database for one file out: ISA13, GS06 and the first ST02 (all counted upwards)."""

    interchange: int
    group: int
    first_set: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One answer about one thing we sent, from a TA1, 999 or 277CA, in one shape.

    `kind` is TA1, 999, 997 (the older form of the 999) or 277CA; `outcome` is accepted, rejected or partial. What it
    speaks of is named by whichever of `interchange_control` (ISA13), `group_control` (GS06), `set_control` (ST02),
    `batch_control` (BHT03, from TRN*2 of the 277CA's receiver level) and `claim_control` (CLM01, from TRN*2 of its
    claim level) the transaction gives. `level` for a 277CA is receiver, provider or claim.
    """

    kind: str
    outcome: str
    segment: int
    interchange_control: str = ""
    group_control: str = ""
    set_control: str = ""
    claim_control: str = ""
    batch_control: str = ""
    payer_control: str = ""
    """The payer's claim number, REF*1K of a 277CA."""
    level: str = ""
    category: str = ""
    """277CA: STC01-1, A0-A8; TA1: TA104; 999: IK501 or AK901."""
    codes: tuple[str, ...] = ()
    """277CA: "category:status:entity" of STC01, 10, 11; TA1: TA105; 999: "IK3:code@position", "IK4:code@element" or
    "IK4:code@element-component", then "IK5:code" or "AK9:code"."""
    message: str = ""
    """Free text of the partner (STC12), shown as theirs."""
    on: date | None = None
    """TA1: the day of the interchange answered; 277CA: STC02."""
    reasons: tuple[Text, ...] = ()
    """What it means and what to do, in our own words."""


@dataclass(frozen=True, slots=True)
class InterchangeAnswer:
    """What a TA1 says of an interchange: its ISA13, when it was made (ISA09, ISA10), TA104 and TA105."""

    control: str
    made: datetime
    code: str = "A"
    """A accepted, E accepted with errors, R rejected."""
    note: str = "000"


@dataclass(frozen=True, slots=True)
class ElementFault:
    """One IK4: what is wrong with one element (from 1) or component (from 1; 0 = the whole element) of a segment."""

    element: int
    code: str
    component: int = 0
    reference: str = ""
    """The data element's number in the standard."""


@dataclass(frozen=True, slots=True)
class SegmentFault:
    """One IK3: what is wrong with a segment at `position` of its set (ST = 1); elements only with code 8."""

    segment_id: str
    position: int
    code: str
    loop: str = ""
    claim_control: str = ""
    """CLM01 of the claim it stands in, for the CTX."""
    elements: tuple[ElementFault, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """What a 999 says of one set, AK2 to IK5: accepted when it has neither faults nor codes (IK502-506)."""

    kind: str
    """ST01."""
    control: str
    """ST02."""
    guide: str
    """ST03."""
    faults: tuple[SegmentFault, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """True when nothing is held against the set."""
        return not self.faults and not self.codes


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """What a 999 says of one functional group, AK1 and AK9; `included` is GE01, the sets it claims to hold."""

    functional: str
    """GS01."""
    control: str
    """GS06."""
    guide: str
    """GS08."""
    sets: tuple[SetAnswer, ...]
    included: int
    codes: tuple[str, ...] = ()
    """AK905-909."""


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """What a 277CA says of one claim: one to three "category:status" or "category:status:entity" (STC01, 10, 11)."""

    claim: Claim
    codes: tuple[str, ...]
    payer_control: str = ""
    message: str = ""

    @property
    def accepted(self) -> bool:
        """True unless a category returns or rejects the claim (A3, A4, A6, A7, A8)."""
        return not any(code.split(":")[0] in REJECTING_CATEGORIES for code in self.codes)


REJECTING_CATEGORIES = frozenset({"A3", "A4", "A6", "A7", "A8"})
"""277CA categories under which a claim does not enter adjudication and must be mended and sent again."""
