"""A session wears one hat: work in one practice, or administration, which shows no protected data (DESIGN 3)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.access import roles
from portal.access.actors import Actor, system
from portal.domain.texts import T_, Text
from portal.models.practices import PracticeRow
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.users import grants, sessions

_SYSTEM = system("hats")


@dataclass(frozen=True, slots=True)
class Choice:
    """One hat that a person may wear."""

    key: str
    hat: str
    practice_id: bytes | None
    title: Text
    about: Text


def key(hat: str, practice_id: bytes | None) -> str:
    """How a hat is named in a form."""
    return f"{hat}:{practice_id.hex() if practice_id else ''}"


def choices(units: Units, actor: Actor) -> tuple[Choice, ...]:
    """Every hat of the actor, with the practice's name and what it is for."""
    with units.read(_SYSTEM, "sign-in:attempt", defer=True) as uow:
        rows = uow.rows(uow.select(PracticeRow.id, PracticeRow.name))
        names = {row.id: row.name for row in rows}
    found: list[Choice] = []
    for hat, practice_id in grants.hats(actor.grants):
        if hat == roles.ADMINISTRATION:
            title, about = T_("Administration"), T_("People, practices, payers. Shows nothing about patients.")
        else:
            title = T_("Work at {practice}", practice=names.get(practice_id, "") if practice_id else "")
            about = T_("Patients, claims and money, as your role allows.")
        found.append(Choice(key(hat, practice_id), hat, practice_id, title, about))
    return tuple(found)


def wear(units: Units, request: Request, actor: Actor, token: str, hat: str, practice_id: bytes | None) -> str:
    """Put a hat on; told in the log; returns the session's new token."""
    new = sessions.change_hat(units, token, hat=hat, practice_id=practice_id)
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = actor.identity
        uow.note("hat", practice_id or hat)
    return new
