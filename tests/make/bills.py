"""Visits that come as a bill on paper, as the front desk types them in."""

from __future__ import annotations

from typing import Any

from portal.domain.bills import CHECKLIST, DOUBT, YES
from portal.models.encounters import EncounterRow
from portal.services.encounters import bills
from portal.services.intake import registration
from portal.services.intake.lines import TypedLine

IN_ORDER = dict.fromkeys(CHECKLIST, YES)
UNREADABLE = IN_ORDER | {"legible": DOUBT}


def form(**change: str) -> dict[str, str]:
    """The fields of the registration form of somebody who pays herself, on the first day of `tests.databases`."""
    return {
        "last": "Ostrander", "first": "Delphine", "birth_date": "1961-04-09", "sex": "F", "line1": "9 Quince Lane",
        "city": "Millbrook", "state": "or", "postal_code": "97001-0214", "service_from": "2026-08-03", "place": "11",
        "number": "JR-4471", "note": "Follow-up, ten minutes.",
    } | change  # fmt: skip


LINE = TypedLine("", "G0438", "", "A", "1", "172.50")


def registered(world: Any, *lines: TypedLine, diagnoses: tuple[str, ...] = ("Z23",), **change: str) -> bytes:
    """A visit taken in from its bill; its id."""
    with world.write("visit:import", world.actor("charge-clerk")) as uow:
        return registration.register(uow, form(**change), diagnoses, lines or (LINE,)).encounter_id


def verified(world: Any, encounter_id: bytes, name: str = "verifier") -> None:
    """Its bill found in order."""
    with world.write("bill:verify", world.actor("charge-clerk", name)) as uow:
        bills.verify(uow, encounter_id, uow.get(EncounterRow, encounter_id).version, IN_ORDER)
