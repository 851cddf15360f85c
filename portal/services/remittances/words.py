"""What remittances are told in: states, ways of paying, decisions and the payer's adjustments, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

STATES: Final[Mapping[str, Text]] = MappingProxyType({
    "POSTED": T_("Posted"),
    "RECORDED": T_("Recorded, no money moved"),
    "HELD": T_("Held"),
})  # fmt: skip

CLAIM_STATES: Final[Mapping[str, Text]] = MappingProxyType({
    "MATCHED": T_("Matched"),
    "UNMATCHED": T_("Not matched"),
    "RECORDED": T_("For information"),
})  # fmt: skip

_METHODS = {
    "ACH": T_("by bank transfer"),
    "CHK": T_("by check"),
    "FWT": T_("by wire"),
    "BOP": T_("at the payer's choice"),
    "NON": T_("no money moves"),
}

_STATUSES = {
    "1": T_("Decided as first payer"),
    "2": T_("Decided as second payer"),
    "3": T_("Decided as third payer"),
    "4": T_("Denied"),
    "19": T_("Decided as first payer, sent on to the next"),
    "20": T_("Decided as second payer, sent on to the next"),
    "21": T_("Decided as third payer, sent on to the next"),
    "22": T_("Earlier payment taken back"),
    "23": T_("Not theirs, sent on"),
    "25": T_("Told in advance, nothing paid"),
}
"""CLP02, by our own understanding."""

_ADJUSTMENTS = {
    "50": T_("Charge for being late"),
    "72": T_("Refund of the practice, acknowledged"),
    "AP": T_("Advance payment"),
    "CS": T_("Adjustment"),
    "FB": T_("Balance carried forward"),
    "IR": T_("Tax withheld"),
    "J1": T_("Not reimbursed"),
    "L6": T_("Interest"),
    "LE": T_("Levy"),
    "WO": T_("Overpayment taken back"),
}
"""PLB03-1, by our own understanding."""


def method(code: str) -> Text:
    """How a payment is made, BPR04."""
    return _METHODS.get(code) or T_("in another way ({code})", code=code or "-")


def status(code: str) -> Text:
    """What a payer decided on a claim, CLP02."""
    return _STATUSES.get(code) or T_("Decided otherwise ({code})", code=code or "-")


def adjustment(code: str) -> Text:
    """Why a payer changed a payment as a whole, PLB03-1."""
    return _ADJUSTMENTS.get(code) or T_("Another reason")
