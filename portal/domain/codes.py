"""Code sets: the shapes of codes, releases dated by service, and the reasons that are contractual.

No CPT, CDT or X12 text is here: shapes and numbers only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

from portal.domain.titles import Title

SETS = (
    "icd10cm", "icd9cm", "hcpcs", "hcpcs-modifier", "cpt", "cdt", "modifier", "pos", "taxonomy", "carc", "rarc",
)  # fmt: skip
"""Names of the code sets that can be loaded."""

ICD_10_START = date(2015, 10, 1)
"""First service date of ICD-10-CM (45 CFR 162.1002(c))."""

_ICD_10_CM = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}")
_ICD_9_CM = re.compile(r"[0-9]{3,5}|V[0-9]{2,4}|E[0-9]{3,4}")
_HCPCS = re.compile(r"[A-Z][0-9]{4}")
_CPT = re.compile(r"[0-9]{4}[0-9A-Z]")
_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_CPT_MODIFIER = re.compile(r"[0-9][0-9A-Z]|P[1-6]")
_PLACE = re.compile(r"[0-9]{2}")
_TAXONOMY = re.compile(r"[0-9A-Z]{9}X")


def is_icd_10_cm(code: str) -> bool:
    """Whether a code has the shape of ICD-10-CM, 3 to 7 characters without the dot."""
    return _ICD_10_CM.fullmatch(code) is not None


def is_icd_9_cm(code: str) -> bool:
    """Whether a code has the shape of ICD-9-CM without the dot."""
    return _ICD_9_CM.fullmatch(code) is not None


def is_procedure(code: str) -> bool:
    """Whether a code has the five characters of HCPCS level I (CPT) or II."""
    return procedure_set(code) != ""


def procedure_set(code: str) -> str:
    """The set a five-character procedure code belongs to by its shape: hcpcs, cdt, cpt, or empty for none."""
    if _HCPCS.fullmatch(code):
        return "cdt" if code[0] == "D" else "hcpcs"
    return "cpt" if _CPT.fullmatch(code) else ""


def is_modifier(code: str) -> bool:
    """Whether a code has the two characters of a procedure modifier."""
    return _MODIFIER.fullmatch(code) is not None


def modifier_sets(code: str) -> tuple[str, ...]:
    """The sets in which a modifier may stand: the AMA's begin with a digit or are P1 to P6, the others are CMS's.

    A licensee's own list of modifiers may hold both kinds.
    """
    return ("modifier",) if _CPT_MODIFIER.fullmatch(code) else ("hcpcs-modifier", "modifier")


def diagnosis_set(on: date) -> str:
    """The set that diagnoses of a service day are coded in."""
    return "icd9cm" if on < ICD_10_START else "icd10cm"


def diagnosis_qualifier(on: date) -> str:
    """How the 837 names that set before the principal diagnosis (HI01-1): BK for ICD-9-CM, ABK for ICD-10-CM."""
    return "BK" if on < ICD_10_START else "ABK"


def is_place(code: str) -> bool:
    """Whether a code has the two digits of a place of service."""
    return _PLACE.fullmatch(code) is not None


def is_taxonomy(code: str) -> bool:
    """Whether a code has the ten characters of a provider taxonomy, the last an X (NUCC)."""
    return _TAXONOMY.fullmatch(code) is not None


class CodeSpan(NamedTuple):
    """A time in which a code stands in its set; `valid_to` is the last day, None while it stands."""

    valid_from: date
    valid_to: date | None = None
    billable: bool = True
    """False for a heading that may not be sent, such as an ICD-10-CM category with subcategories."""


Standing = Literal["valid", "unknown", "not-yet", "retired", "heading", "unloaded"]


@dataclass(frozen=True, slots=True)
class CodeRelease:
    """Everything loaded of the code sets, as one frozen value; old spans stay for old service dates.

    `sets` maps a name of SETS to code → spans, oldest first. A set that is absent was not loaded: its codes are taken
    by shape alone.
    """

    name: str
    sets: Mapping[str, Mapping[str, tuple[CodeSpan, ...]]] = field(default_factory=lambda: MappingProxyType({}))
    titles: Mapping[str, Title] = field(default_factory=lambda: MappingProxyType({}))
    """What titles of ICD-10-CM codes say of their use, by code; codes whose title says nothing are not in it."""

    def standing(self, code_set: str, code: str, on: date) -> Standing:
        """How a code stands on a service date."""
        codes = self.sets.get(code_set)
        if codes is None:
            return "unloaded"
        spans = codes.get(code)
        if not spans:
            return "unknown"
        for span in spans:
            if span.valid_from <= on and (span.valid_to is None or on <= span.valid_to):
                return "valid" if span.billable else "heading"
        return "not-yet" if on < spans[0].valid_from else "retired"


NO_CODES = CodeRelease("none")
"""A release with nothing loaded."""

_UNASSIGNED_PLACES = {
    28, 29, 30, 35, 36, 37, 38, 39, 40, 43, 44, 45, 46, 47, 48, 59, 63, 64, 67, 68, 69, 70, 73, 74, 75, 76, 77, 78, 79,
    80, *range(82, 99),
}  # fmt: skip

PLACES = frozenset(f"{number:02d}" for number in range(1, 100) if number not in _UNASSIGNED_PLACES)
"""Assigned places of service for when no list is loaded (CMS Place of Service Codes, public domain)."""

CONTRACTUAL: Mapping[str, date] = MappingProxyType({
    "24": date.min,  # covered by capitation
    "42": date.min,  # above the fee schedule, as older remittances say it
    "44": date.min,  # discount for prompt payment
    "45": date.min,  # above the fee schedule or the contracted amount
    "59": date.min,  # reduced by rules for several procedures at once
    "131": date.min,  # discount negotiated for this claim
    "144": date.min,  # incentive; negative when it raises the payment (MIPS)
    "172": date.min,  # contracted amount of the specialty
    "223": date.min,  # a law or regulation without a code of its own
    "237": date(2012, 1, 1),  # penalty by law: first payment year of the quality programmes (42 CFR 414.92)
    "A2": date.min,  # contractual, as older remittances say it
    "253": date(2013, 4, 1),  # sequestration, services from this day (2 U.S.C. 901a)
})  # fmt: skip
"""CARC numbers that, in group CO, lower the charge by contract or law and are written off, with the first service date.

Our own grouping, in our own words: X12 owns the list and its texts. `date.min` where no law sets a day.
"""


def is_contractual(group: str, reason: str, on: date | None) -> bool:
    """Whether an adjustment is a contractual write-off for a service on a day; an unknown day counts as recent."""
    since = CONTRACTUAL.get(reason)
    return group == "CO" and since is not None and (on is None or since <= on)
