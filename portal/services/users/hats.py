"""A session wears one hat: work in a practice, for oneself or a payer, or administration, which shows no patient."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.access import roles
from portal.access.actors import Actor, system
from portal.domain.texts import T_, Text
from portal.domain.users import session_limits
from portal.models.payers import PayerRow
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


def of(actor: Actor) -> list[grants.Hat]:
    """The hats of an actor; who is a patient too may look at their own record, in no practice."""
    return grants.hats(actor.grants, patient=_outdoors(actor))


def _outdoors(actor: Actor) -> bool:
    """Whether somebody comes for themselves, for whom they stand or for whom they pay."""
    return bool(actor.own_patients or actor.stands_for or actor.pays_for)


def choices(units: Units, actor: Actor) -> tuple[Choice, ...]:
    """Every hat of the actor, with the practice's or payer's name and what it is for."""
    with units.read(_SYSTEM, "sign-in:attempt", defer=True) as uow:
        rows = uow.rows(uow.select(PracticeRow.id, PracticeRow.name))
        names = {row.id: row.name for row in rows}
        ids = [grant.payer_id for grant in actor.grants if grant.role == roles.PAYER_USER]
        payers = [
            row.name for row in uow.rows(uow.select(PayerRow.name).where(PayerRow.id.in_(ids)).order_by(PayerRow.name))
        ]
    found: list[Choice] = []
    for hat, practice_id in of(actor):
        if hat == roles.ADMINISTRATION:
            title, about = T_("Administration"), T_("People, practices, payers. Shows nothing about patients.")
        elif practice_id is None:
            title, about = _outside(", ".join(payers), patient=_outdoors(actor))
        else:
            title = T_("Work at {practice}", practice=names.get(practice_id, ""))
            about = T_("Patients, claims and money, as your role allows.")
        found.append(Choice(key(hat, practice_id), hat, practice_id, title, about))
    return tuple(found)


def _outside(payers: str, *, patient: bool) -> tuple[Text, Text]:
    """The hat worn in no practice: one's own, an insurer's by name, or both at once."""
    if not payers:
        return T_("On your own behalf"), T_("Your own bills and visits.")
    if not patient:
        return T_("Answer for {payer}", payer=payers), T_("Claims and remittances of its members.")
    return (
        T_("On your own behalf, and for {payer}", payer=payers),
        T_("Your own bills and visits, and claims and remittances of its members."),
    )


def wear(units: Units, request: Request, actor: Actor, token: str, hat: str, practice_id: bytes | None) -> str:
    """Put a hat on; told in the log; returns the session's new token.

    The absolute limit is the new hat's, counted from the same sign-in.
    """
    before, after = (
        session_limits(each.roles()).absolute for each in (actor, replace(actor, hat=hat, practice_id=practice_id))
    )
    new = sessions.change_hat(units, token, hat=hat, practice_id=practice_id, longer=after - before)
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = actor.identity
        uow.note("hat", practice_id or hat)
    return new
