"""Laboratories: which services are tests, and the certificate that tests are paid with (CLIA, 42 CFR 493)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

KINDS: Final[Mapping[str, Text]] = MappingProxyType({
    "waiver": T_("Waiver"),
    "microscopy": T_("Provider-performed microscopy"),
    "registration": T_("Registration"),
    "compliance": T_("Compliance"),
    "accreditation": T_("Accreditation"),
})  # fmt: skip
"""The five certificates of 42 CFR 493.2, from the least to what allows every test."""

WAIVED = "QW"
"""A test that a certificate of waiver allows."""
PROFESSIONAL = "26"
"""A reading alone, which need not happen in the laboratory."""
REFERRED = "90"
"""Another laboratory made the test, under its own certificate."""
TESTS: Final = frozenset({
    "G0103", "G0123", "G0143", "G0144", "G0145", "G0147", "G0148", "G0306", "G0307", "G0328", "G0432", "G0433",
    "G0435", "G0475", "G0476", "G0480", "G0481", "G0482", "G0483", "G0499", "G0659", "P2028", "P2029", "P2031",
    "P2033", "P2038", "P3000", "P7001", "Q0111", "Q0112", "Q0113", "Q0114", "Q0115", "U0001", "U0002", "U0003",
    "U0004",
})  # fmt: skip
"""Tests of HCPCS level II (CMS, public domain)."""
MICROSCOPY: Final = frozenset({"Q0111", "Q0112", "Q0113", "Q0114", "Q0115"})
"""Those of them that a clinician makes with a microscope, never waived (42 CFR 493.19)."""

_CERTIFICATE: Final = re.compile(r"[0-9]{2}D[0-9]{7}")
_FIRST, _AFTER = "80000", "90000"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A laboratory's certificate as a practice keeps it; without `place` it is that of all its places of service."""

    number: str
    kind: str
    place: str
    valid_from: date
    valid_to: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it is valid on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def meets(self, other: Certificate) -> bool:
        """Whether two are for the same place on some day."""
        last, others = self.valid_to or date.max, other.valid_to or date.max
        return self.place == other.place and self.valid_from <= others and other.valid_from <= last


def is_certificate(text: str) -> bool:
    """Whether a number has the shape of a CLIA certificate: two digits, a D, seven digits."""
    return _CERTIFICATE.fullmatch(text) is not None


def is_laboratory_number(code: str) -> bool:
    """Whether a number of level I lies in the range of laboratory services, 80000 to 89999."""
    return len(code) == len(_FIRST) and code.isdecimal() and _FIRST <= code < _AFTER


def is_test(code: str, modifiers: Collection[str]) -> bool:
    """Whether a service is a laboratory's, by its number or because it says so."""
    return WAIVED in modifiers or code in TESTS or is_laboratory_number(code)


def made_here(code: str, modifiers: Collection[str]) -> bool:
    """Whether a test is one that whoever bills has made, and needs the own certificate for."""
    return is_test(code, modifiers) and PROFESSIONAL not in modifiers and REFERRED not in modifiers


def standing(certificates: Iterable[Certificate], place: str, day: date) -> Certificate | None:
    """The certificate of a place of service on a day: its own before that of all places; None without one."""
    holding = [one for one in certificates if one.place in {place, ""} and one.holds(day)]
    return max(holding, key=lambda one: (one.place != "", one.valid_from), default=None)
