"""Names of users, for the pages that say who did something."""

from __future__ import annotations

import threading

from portal.access.actors import Actor
from portal.models.users import UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_MOST = 2000
_own: dict[str, str] = {}
_lock = threading.Lock()


def name_of(units: Units, actor: Actor) -> str:
    """A signed-in person's own name, opened once a session in this process and told then; kept in memory only."""
    with _lock:
        known = _own.get(actor.session)
    if known is not None or actor.user_id is None:
        return known or ""
    with units.read(actor, "session:manage") as uow:
        name = names(uow, {actor.user_id})[actor.user_id]
    with _lock:
        if len(_own) >= _MOST:
            _own.clear()
        _own[actor.session] = name
    return name


def names(uow: UnitOfWork, users: set[bytes]) -> dict[bytes, str]:
    """Names of users by id, opened under the role's field set; an unknown id is left out."""
    uow.expect(*users)
    rows = uow.rows(uow.select(UserRow.id, UserRow.name_sealed).where(UserRow.id.in_(sorted(users))))
    return {
        row.id: uow.open(row.name_sealed, UserRow.name_sealed, row=row.id, subject=row.id, practice=INSTALLATION)
        for row in rows
    }


def email_of(uow: UnitOfWork, user_id: bytes) -> str:
    """A user's e-mail address."""
    email: str = uow.read(uow.get(UserRow, user_id), UserRow.email_sealed)
    return email
