"""Which services a payer wants asked for in advance: rules by payer, code, place and day, and which of them decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.domain.codes import is_procedure


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule of a practice: whether a payer wants leave for codes from first to last, at a place, from a day on."""

    payer_id: bytes | None
    """None for every payer."""
    first: str
    last: str
    """The same as `first` for one code."""
    place: str
    """Place of service; empty for every place."""
    needed: bool
    """False for an exception, such as the emergency room."""
    since: date
    until: date | None = None

    def covers(self, payer_id: bytes, code: str, place: str, on: date) -> bool:
        """Whether it speaks of a service."""
        return (
            self.payer_id in {None, payer_id}
            and self.first <= code <= self.last
            and len(code) == len(self.first)
            and self.place in {"", place}
            and self.since <= on
            and (self.until is None or on <= self.until)
        )

    @property
    def weight(self) -> tuple[bool, bool, int, date, bool]:
        """What decides among rules that speak of one service: the payer's own, of the place, of fewer codes, newer."""
        wide = int(self.last, 36) - int(self.first, 36)
        return (self.payer_id is not None, self.place != "", -wide, self.since, self.needed)


def deciding(rules: Iterable[Requirement], payer_id: bytes, code: str, place: str, on: date) -> Requirement | None:
    """The rule that decides about a service; None where none speaks of it, and then nothing is needed."""
    return max(
        (rule for rule in rules if rule.covers(payer_id, code, place, on)), key=lambda rule: rule.weight, default=None
    )


def is_needed(rules: Iterable[Requirement], payer_id: bytes, code: str, place: str, on: date) -> bool:
    """Whether the payer wants to be asked before a service."""
    found = deciding(rules, payer_id, code, place, on)
    return found is not None and found.needed


def codes_of(text: str) -> tuple[str, str] | None:
    """A code, or a range of codes with a hyphen, as first and last; None for anything else."""
    first, hyphen, last = (part.strip().upper() for part in text.partition("-"))
    last = last if hyphen else first
    # "L1000-A0100" and "99-J1885" are slips of the pen: a range stays within one letter
    sound = is_procedure(first) and is_procedure(last) and first <= last and first[0].isalpha() == last[0].isalpha()
    if not sound or (first[0].isalpha() and first[0] != last[0]):
        return None
    return first, last
