"""Changing a patient's contact data, with the row version the person saw: nobody writes over somebody else's work."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from portal.domain.consents import LANGUAGES
from portal.domain.errors import Refused
from portal.domain.practices import is_phone, is_zip
from portal.domain.texts import T_, Text
from portal.models.patients import PatientRow
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork

FIELDS: Final[Mapping[str, Text]] = MappingProxyType({
    "phone": T_("Phone"), "email": T_("Email"), "line1": T_("Street"), "line2": T_("More of the address"),
    "city": T_("City"), "state": T_("State"), "postal_code": T_("ZIP code"),
})  # fmt: skip
"""What the form has, in its order."""

_ADDRESS = ("line1", "line2", "city", "state", "postal_code")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field in three versions: as this person first saw it, as it is now, as this person wants it."""

    name: str
    label: Text
    before: str
    theirs: str
    yours: str
    differs: bool


@dataclass(frozen=True, slots=True)
class AccountConflictPage:
    """See `templates/staff/accounts/conflict.html`."""

    patient_id: str
    name: str
    version: int
    changed_by: Text | str
    changed_at: datetime
    fields: tuple[FieldConflict, ...]


def tidy(given: Mapping[str, str]) -> dict[str, str]:
    """What a form gave, without blanks around it and punctuation in numbers."""
    found = {name: " ".join(given.get(name, "").split())[:_LONGEST] for name in FIELDS}
    for name in ("phone", "postal_code"):
        found[name] = "".join(each for each in found[name] if each.isdigit())
    if found["phone"].startswith("1") and len(found["phone"]) == 11:
        found["phone"] = found["phone"][1:]
    found["state"] = found["state"].upper()
    return found


def faults(values: Mapping[str, str]) -> dict[str, list[Text]]:
    """What is wrong with which field."""
    wrong: dict[str, list[Text]] = {}
    if values["phone"] and not is_phone(values["phone"]):
        wrong["phone"] = [T_("A phone number has ten digits.")]
    if values["email"] and not _EMAIL.fullmatch(values["email"]):
        wrong["email"] = [T_("An email address looks like name@example.org.")]
    if not is_zip(values["postal_code"]):
        wrong["postal_code"] = [T_("A ZIP code has five or nine digits.")]
    if len(values["state"]) != 2 or not values["state"].isalpha():
        wrong["state"] = [T_("A state has two letters, such as OR.")]
    for name in ("line1", "city"):
        if not values[name]:
            wrong[name] = [T_("This is needed for letters.")]
    return wrong


def change(uow: UnitOfWork, patient_id: bytes, version: int, values: Mapping[str, str]) -> None:
    """Keep sound values; raises NotFound, and Conflict `version` when somebody changed the account since."""
    row = uow.get(PatientRow, patient_id)
    address = uow.read(row, PatientRow.address_sealed) or {}
    wanted: dict[str, Any] = {
        "phone_sealed": values["phone"] or None,
        "email_sealed": values["email"] or None,
        "address_sealed": address | {part: values[part] for part in _ADDRESS},
    }
    changed = {name: value for name, value in wanted.items() if uow.read(row, getattr(PatientRow, name)) != value}
    uow.change(row, expected_version=version, **changed)


def current(uow: UnitOfWork, patient_id: bytes) -> tuple[int, str, dict[str, str]]:
    """Row version, name and the fields of the form as they are now."""
    row = uow.get(PatientRow, patient_id)
    address = uow.read(row, PatientRow.address_sealed) or {}
    values = {part: address.get(part) or "" for part in _ADDRESS}
    values |= {
        "phone": uow.read(row, PatientRow.phone_sealed) or "", "email": uow.read(row, PatientRow.email_sealed) or "",
    }  # fmt: skip
    return row.version, name_of(uow, row), values


def conflict(
    uow: UnitOfWork,
    patient_id: bytes,
    yours: Mapping[str, str],
    before: Mapping[str, str],
    *,
    changed_by: Text | str,
    changed_at: datetime,
) -> AccountConflictPage:
    """Both versions field by field, for the person to choose; `before` is what their form began with."""
    version, name, theirs = current(uow, patient_id)
    return AccountConflictPage(
        patient_id.hex(),
        name,
        version,
        changed_by,
        changed_at,
        tuple(
            FieldConflict(each, label, before.get(each, ""), theirs[each], yours[each], yours[each] != theirs[each])
            for each, label in FIELDS.items()
        ),
    )


def language(uow: UnitOfWork, patient_id: bytes) -> str:
    """In which language a patient is written to."""
    return uow.get(PatientRow, patient_id).language


def speak(uow: UnitOfWork, patient_id: bytes, wanted: str, *, version: int | None = None) -> None:
    """Write to a patient in another language from now on; raises Refused `language`, Conflict for an old page."""
    if wanted not in LANGUAGES:
        raise Refused(T_("Choose English or Spanish."), code="language")
    row = uow.get(PatientRow, patient_id)
    if row.language != wanted:
        uow.change(row, expected_version=version, language=wanted)
