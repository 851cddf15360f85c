"""A charge: one service on a patient's account, as the books and the matching of remittances know it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text


@dataclass(frozen=True, slots=True)
class Charge:
    """One service with its price; ids are 16 bytes."""

    charge_id: bytes
    patient_id: bytes
    encounter_id: bytes
    amount_cents: int
    payer_id: bytes | None = None
    """Who is billed first; None when there is no coverage and the patient owes it at once."""
    claim_id: bytes | None = None
    code: str = ""
    modifiers: tuple[str, ...] = ()
    from_date: date | None = None
    control: str = ""
    """REF*6R of the claim line."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What a patient owes on one charge: receivable:patient, never below nought."""

    charge_id: bytes
    patient_id: bytes
    encounter_id: bytes
    from_date: date
    open_cents: int
    claim_id: bytes | None = None


LATE_AFTER_DAYS: Final = 3
"""Days from service to entry after which a charge is late, where a practice has said nothing."""
MOST_LATE_DAYS: Final = 90

LATE: Final[Mapping[str, Text]] = MappingProxyType({
    "practice-late": T_("The practice handed it in late"),
    "question": T_("A question to the practice took long"),
    "coverage": T_("The coverage had to be cleared up"),
    "forgotten": T_("It lay here too long"),
    "corrected": T_("It was entered before and is corrected now"),
})  # fmt: skip
"""Why charges are entered late."""

TWICE: Final[Mapping[str, Text]] = MappingProxyType({
    "repeated": T_("It was done more than once that day"),
    "other-site": T_("It was done at another place of the body"),
    "other-record": T_("The record shows two separate visits that day"),
})  # fmt: skip
"""Why a charge that looks like another is not the same."""


@dataclass(frozen=True, slots=True)
class Service:
    """A charge as it is compared with others: one patient, same day, code, modifiers and clinician are the same."""

    charge_id: bytes
    patient_id: bytes
    day: date
    code: str
    modifiers: tuple[str, ...]
    provider_id: bytes | None

    @property
    def sameness(self) -> tuple[bytes, date, str, tuple[str, ...], bytes | None]:
        """What two of them agree in when one may be the other; the order of modifiers says nothing."""
        return self.patient_id, self.day, self.code, tuple(sorted(self.modifiers)), self.provider_id


def days_late(service_day: date, entered_on: date, late_after_days: int) -> int:
    """The charge lag in days where it is late, else 0 (HFMA: entry date minus service date)."""
    lag = (entered_on - service_day).days
    return lag if lag > late_after_days else 0


def twins(own: Sequence[Service], others: Iterable[Service]) -> dict[bytes, bytes]:
    """Of the charges of a visit, which look like another: charge id to the other's, others' before one's own.

    Of several alike within the visit the first stands for itself, and the later ones look like it.
    """
    known: dict[object, bytes] = {}
    for service in others:
        known.setdefault(service.sameness, service.charge_id)
    found: dict[bytes, bytes] = {}
    for service in own:
        other = known.setdefault(service.sameness, service.charge_id)
        if other != service.charge_id:
            found[service.charge_id] = other
    return found
