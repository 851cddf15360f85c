"""The people of a demonstration, to sign in as with one click; only ever used in demo mode on loopback."""

from __future__ import annotations

from dataclasses import dataclass

from portal.access import roles
from portal.access.actors import system
from portal.models.patients import PatientLinkRow
from portal.models.users import UserRow
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.users import grants, people

_SYSTEM = system("demo")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be: user id in hex, name, the narrowest role, the language of their pages."""

    key: str
    name: str
    role: str
    language: str


def everybody(units: Units, request: Request) -> tuple[Person, ...]:
    """Every active user with a role, patients too, in the order of roles and names."""
    with units.read(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        rows = uow.rows(uow.select(UserRow.id, UserRow.language).where(UserRow.state == "ACTIVE"))
        speaks = {row.id: row.language for row in rows}
        named = people.names(uow, set(speaks))
        patients = {row.user_id for row in uow.rows(uow.select(PatientLinkRow.user_id))}
        found: list[Person] = []
        for id_, name in named.items():
            held = {grant.role for grant in grants.of(uow, id_)} | ({roles.PATIENT} if id_ in patients else set())
            role = next((each for each in roles.NARROWEST_FIRST if each in held), None)
            if role is not None:
                found.append(Person(id_.hex(), name, role, speaks[id_]))
    return tuple(sorted(found, key=lambda each: (roles.NARROWEST_FIRST.index(each.role), each.name)))
