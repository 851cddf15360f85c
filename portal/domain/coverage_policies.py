"""Coverage policies: for which diagnoses a payer covers a service (CMS's LCD and NCD, and those of other payers)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

MEDICARE: Final = "medicare"
"""Instead of a payer's code: every payer of Medicare part A or B (national determinations)."""
PREFIX: Final = "*"
"""At the end of a diagnosis: every code that begins so."""


class Covered(NamedTuple):
    """A diagnosis that a policy covers a service for, on some days."""

    diagnosis: str
    """Without dot; with `PREFIX` at its end, the beginning of codes."""
    first: date | None = None
    last: date | None = None

    def meets(self, code: str, day: date) -> bool:
        """Whether a diagnosis is covered on a day."""
        named = code.startswith(self.diagnosis[:-1]) if self.diagnosis[-1:] == PREFIX else code == self.diagnosis
        return named and (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy about one service, as one release of the list has it."""

    number: str
    valid_from: date
    valid_to: date | None
    covered: tuple[Covered, ...]
    """Of all that it covers at least what the diagnoses at hand need."""

    def holds(self, day: date) -> bool:
        """Whether services of a day are judged by it."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def supports(self, codes: Iterable[str], day: date) -> bool:
        """Whether any of some diagnoses supports the service on a day."""
        return any(one.meets(code, day) for code in codes for one in self.covered)
