"""What users may: grants given and ended, and the hats that follow from them."""

from __future__ import annotations

from portal.access import roles
from portal.access.actors import Grant
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.users import GrantRow
from portal.services.unit_of_work.work import UnitOfWork

Hat = tuple[str, bytes | None]
"""(work or administration, the practice worked in)."""


def of(uow: UnitOfWork, user_id: bytes) -> tuple[Grant, ...]:
    """The grants in force of a user."""
    rows = uow.rows(
        uow.select(GrantRow.role, GrantRow.practice_id.label("practice"), GrantRow.payer_id)
        .where(GrantRow.user_id == user_id, GrantRow.ended_at.is_(None))
        .order_by(GrantRow.granted_at, GrantRow.role)
    )
    return tuple(Grant(row.role, row.practice, row.payer_id) for row in rows)


def hats(held: tuple[Grant, ...], *, patient: bool = False) -> list[Hat]:
    """The hats a person can wear, work first; a patient wears the work hat in no practice."""
    found: list[Hat] = []
    for grant in sorted(held, key=lambda each: roles.hat_of(each.role) != roles.WORK):
        hat = (roles.hat_of(grant.role), grant.practice_id if roles.hat_of(grant.role) == roles.WORK else None)
        if hat not in found:
            found.append(hat)
    if patient and (roles.WORK, None) not in found:
        found.append((roles.WORK, None))
    return found or [(roles.WORK, None)]


def give(
    uow: UnitOfWork, user_id: bytes, role: str, *, practice_id: bytes | None = None, payer_id: bytes | None = None
) -> None:
    """Grant a role; raises Refused for one that cannot be granted so, or to oneself (domain workflows 0)."""
    if role not in roles.GRANTABLE:
        raise Refused(T_("There is no role {role}.", role=role) if role else T_("Choose a role."), code="no-such-role")
    if uow.actor.user_id == user_id:
        raise Refused(T_("Nobody grants rights to themselves. Ask another administrator."), code="two-people")
    if role == roles.PAYER_USER and payer_id is None:
        raise Refused(T_("A payer's user is granted for one payer; name it."), code="payer-needed")
    if role in roles.GRANTABLE - {roles.PAYER_USER, roles.ADMINISTRATOR} and practice_id is None:
        raise Refused(T_("The role {role} is granted in a practice; name it.", role=role), code="practice-needed")
    wanted = Grant(role, practice_id, payer_id)
    if wanted in of(uow, user_id):
        return
    uow.new(
        GrantRow, user_id=user_id, role=role, practice_id=practice_id, payer_id=payer_id,
        granted_by=uow.actor.identity, granted_at=uow.now,
    )  # fmt: skip


def end(uow: UnitOfWork, user_id: bytes, grant_id: bytes) -> None:
    """End a grant; the person's next request is decided without it."""
    row = uow.get(GrantRow, grant_id)
    if row.user_id == user_id and row.ended_at is None:
        uow.change(row, ended_at=uow.now)
