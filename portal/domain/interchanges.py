"""What is true of X12 files whatever they carry: findings with a place, and who trades with whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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

    `kind` is TA1, 999 or 277CA; `outcome` is accepted, rejected or partial. What it speaks of is named by whichever
    of `interchange_control` (ISA13), `group_control` (GS06), `set_control` (ST02) and `claim_control` (CLM01, from
    TRN*2 of the 277CA) the transaction gives. `level` for a 277CA is receiver, provider or claim.
    """

    kind: str
    outcome: str
    segment: int
    interchange_control: str = ""
    group_control: str = ""
    set_control: str = ""
    claim_control: str = ""
    payer_control: str = ""
    """The payer's claim number, REF*1K of a 277CA."""
    level: str = ""
    category: str = ""
    """277CA: STC01-1, A0-A8; TA1: TA104; 999: IK501 or AK901."""
    codes: tuple[str, ...] = ()
    """277CA: "category:status:entity" of STC01, 10, 11; TA1: TA105; 999: "IK3:code@position" and "IK4:code@element"."""
    message: str = ""
    """Free text of the partner (STC12), shown as theirs."""
    on: date | None = None
    reasons: tuple[Text, ...] = ()
    """What it means and what to do, in our own words."""
