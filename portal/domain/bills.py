"""Bills that the practice hands in: what is verified before they are coded, and what is asked when in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

CHECKLIST: Final[Mapping[str, Text]] = MappingProxyType({
    "complete": T_("Are all pages here?"),
    "legible": T_("Can all of it be read?"),
    "right-patient": T_("Is it about this patient, by name and birth date?"),
    "service-dates": T_("Do the dates of service agree?"),
    "nothing-missing": T_("Are clinician, place, services, diagnoses and signature there?"),
})  # fmt: skip
"""What a person answers of every bill before it is coded."""

YES, DOUBT = "YES", "DOUBT"
ANSWERS: Final[Mapping[str, Text]] = MappingProxyType({YES: T_("Yes"), DOUBT: T_("No, or in doubt")})

SET_ASIDE: Final[Mapping[str, Text]] = MappingProxyType({
    "wrong-patient": T_("It is another patient's"),
    "twice": T_("The same visit came in twice"),
    "not-ours": T_("It is not for us to bill"),
    "withdrawn": T_("The practice took it back"),
})  # fmt: skip
"""Why a visit goes no further."""

AGAIN: Final = "taken-up-again"
"""The reason of a visit that was set aside and is verified anew."""

TOPICS: Final[Mapping[str, Text]] = MappingProxyType({
    "document": T_("A page is missing or cannot be read"),
    "patient": T_("Who the patient is"),
    "date": T_("When it was done"),
    "diagnosis": T_("Which diagnosis is meant"),
    "service": T_("What was done"),
    "units": T_("How often or how long"),
    "other": T_("Something else"),
})  # fmt: skip
"""What a question to the practice is about."""

CHANNELS: Final[Mapping[str, Text]] = MappingProxyType({
    "self": T_("I am the clinician"),
    "person": T_("The clinician told me in person"),
    "phone": T_("The clinician told me by phone"),
    "writing": T_("The clinician answered in writing"),
})  # fmt: skip
"""How an answer came; all but the first are given for the clinician by the office."""

MOST_LETTERS: Final = 4_000
"""Of a question or an answer."""


def in_order(answers: Mapping[str, str]) -> bool:
    """Whether every point of the checklist was answered with yes."""
    return all(answers.get(point) == YES for point in CHECKLIST)
