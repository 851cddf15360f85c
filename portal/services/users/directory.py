"""The people of the house for administrators: staff, payers' people, officers; never patients, who are protected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from portal.domain.texts import T_, Text
from portal.domain.users import ROLE_WORDS
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow
from portal.models.users import FactorRow, GrantRow, SessionRow, UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork

PAGE = 50
_STATES: dict[str, Text] = {
    "INVITED": T_("Invited"),
    "ACTIVE": T_("Active"),
    "LOCKED": T_("Locked"),
    "DISABLED": T_("Access ended"),
}


@dataclass(frozen=True, slots=True)
class State:
    """A state by code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class GrantItem:
    """A role in words, and where it holds."""

    role: Text
    place: str


@dataclass(frozen=True, slots=True)
class UserItem:
    """One person with what they may."""

    user_id: str
    name: str
    email: str
    state: State
    grants: tuple[GrantItem, ...]
    factors: int
    last_at: datetime | None
    version: int
    can_disable: bool


@dataclass(frozen=True, slots=True)
class UsersPage:
    """See `templates/admin/users/list.html`."""

    users: tuple[UserItem, ...]
    newer: str | None
    older: str | None


def people_page(uow: UnitOfWork, *, before: bytes | None = None) -> UsersPage:
    """A page of users with roles, by id; the ids are random, so the order is stable and says nothing."""
    granted = exists().where(GrantRow.user_id == UserRow.id)
    columns = (UserRow.id, UserRow.email_sealed, UserRow.name_sealed, UserRow.state, UserRow.version)
    statement: Select[Any] = uow.select(*columns).where(granted).order_by(UserRow.id).limit(PAGE + 1)
    rows = uow.rows(statement if before is None else statement.where(UserRow.id > before))
    shown = rows[:PAGE]
    uow.expect(*(row.id for row in shown))
    ids = [row.id for row in shown]
    grants, factors, seen = _grants(uow, ids), _factors(uow, ids), _seen(uow, ids)
    items = tuple(
        UserItem(
            user_id=row.id.hex(),
            name=uow.open(row.name_sealed, UserRow.name_sealed, row=row.id, subject=row.id, practice=INSTALLATION),
            email=uow.open(row.email_sealed, UserRow.email_sealed, row=row.id, subject=row.id, practice=INSTALLATION),
            state=State(row.state, _STATES.get(row.state, T_("Unknown"))),
            grants=grants.get(row.id, ()),
            factors=factors.get(row.id, 0),
            last_at=seen.get(row.id),
            version=row.version,
            can_disable=row.state != "DISABLED" and row.id != uow.actor.user_id,
        )
        for row in shown
    )
    return UsersPage(items, None, shown[-1].id.hex() if len(rows) > PAGE else None)


def places(uow: UnitOfWork) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Practices and payers to choose from: (id in hex, name)."""
    practices = uow.rows(uow.select(PracticeRow.id, PracticeRow.name).order_by(PracticeRow.name))
    payers = uow.rows(uow.select(PayerRow.id, PayerRow.name).order_by(PayerRow.name))
    return (
        tuple((row.id.hex(), row.name) for row in practices),
        tuple((row.id.hex(), row.name) for row in payers),
    )


def _grants(uow: UnitOfWork, ids: list[bytes]) -> dict[bytes, tuple[GrantItem, ...]]:
    found: dict[bytes, tuple[GrantItem, ...]] = {}
    statement: Any = (
        select(GrantRow.user_id, GrantRow.role, PracticeRow.name.label("practice"), PayerRow.name.label("payer"))
        .outerjoin(PracticeRow, PracticeRow.id == GrantRow.practice_id)
        .outerjoin(PayerRow, PayerRow.id == GrantRow.payer_id)
        .where(GrantRow.user_id.in_(ids), GrantRow.ended_at.is_(None), uow.within(GrantRow))
        .order_by(GrantRow.role)
    )
    for row in uow.rows(statement):
        item = GrantItem(ROLE_WORDS[row.role], row.practice or row.payer or "")
        found[row.user_id] = (*found.get(row.user_id, ()), item)
    return found


def _factors(uow: UnitOfWork, ids: list[bytes]) -> dict[bytes, int]:
    statement = (
        uow.select(FactorRow.user_id, func.count().label("n"))
        .where(FactorRow.user_id.in_(ids), FactorRow.kind == "totp", FactorRow.state == "ACTIVE")
        .group_by(FactorRow.user_id)
    )
    return {row.user_id: int(row.n) for row in uow.rows(statement)}


def _seen(uow: UnitOfWork, ids: list[bytes]) -> dict[bytes, datetime]:
    statement = (
        uow.select(SessionRow.user_id, func.max(SessionRow.last_active_at).label("at"))
        .where(SessionRow.user_id.in_(ids))
        .group_by(SessionRow.user_id)
    )
    return {row.user_id: row.at for row in uow.rows(statement)}
