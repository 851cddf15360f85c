"""Whose ids these are: names of people and patients within reach, opened under the reader's own field set."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from portal.domain.texts import T_, Text
from portal.models.patients import PatientRow
from portal.models.users import GrantRow, UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500


def of_people(uow: UnitOfWork, identities: Collection[str]) -> dict[str, Text | str]:
    """Who acted, by what the log says: a user's name, the system's job, or nobody."""
    found: dict[str, Text | str] = {each: _unnamed(each) for each in identities}
    users = sorted(bytes.fromhex(each) for each in identities if len(each) == 32)
    for start in range(0, len(users), _SLICE):
        found |= _opened(uow, users[start : start + _SLICE])
    return found


def _opened(uow: UnitOfWork, users: list[bytes]) -> dict[str, str]:
    uow.expect(*users)
    rows = uow.rows(uow.select(UserRow.id, UserRow.name_sealed).where(UserRow.id.in_(users)))
    return {
        row.id.hex(): uow.open(row.name_sealed, UserRow.name_sealed, row=row.id, subject=row.id, practice=INSTALLATION)
        for row in rows
    }


def _unnamed(identity: str) -> Text:
    if identity == "anonymous":
        return T_("Somebody not signed in")
    if identity.startswith("system:"):
        return T_("The system ({job})", job=identity.removeprefix("system:"))
    return T_("Somebody outside ({id})", id=identity[:8])


def of_patients(uow: UnitOfWork, ids: Collection[str]) -> dict[str, str]:
    """Names of patients within reach by the hex of their ids; each one named counts as shown."""
    wanted = sorted(bytes.fromhex(each) for each in ids)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _SLICE):
        rows = uow.rows(
            uow.select(
                PatientRow.id.label("patient_id"), PatientRow.practice_id, PatientRow.last_name_sealed,
                PatientRow.first_name_sealed,
            ).where(PatientRow.id.in_(wanted[start : start + _SLICE]))
        )  # fmt: skip
        for row in rows:
            place = {"row": row.patient_id, "subject": row.patient_id, "practice": row.practice_id}
            first = uow.open(row.first_name_sealed, PatientRow.first_name_sealed, **place)
            found[row.patient_id.hex()] = (
                f"{first} {uow.open(row.last_name_sealed, PatientRow.last_name_sealed, **place)}"
            )
    return found


def staff(uow: UnitOfWork) -> list[tuple[str, str]]:
    """Everyone who has or had a role within reach, id in hex and name, by name."""
    held = uow.rows(select(GrantRow.user_id).where(uow.within(GrantRow)).distinct())
    named = of_people(uow, [row.user_id.hex() for row in held])
    return sorted(((id_, name) for id_, name in named.items() if isinstance(name, str)), key=lambda pair: pair[1])
