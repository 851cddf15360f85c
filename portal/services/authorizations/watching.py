"""Approvals that end or are over, day by day, practice by practice; and requests whose file was refused."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, and_, or_

from portal.access.actors import Actor
from portal.domain.granting import EXPIRING_DAYS, GRANTED
from portal.models.authorizations import AuthorizationRow
from portal.services.authorizations.asking import take_back_refused
from portal.services.granted import counting
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_AT_ONCE = 200
_RUNNING = (*GRANTED, "IN_USE")


def watch(units: Units, actor: Actor) -> int:
    """Let approvals of the actor's practice expire whose last day is over, and tell of those that end soon, once.

    Requests whose file a partner refused are drafts again. Returns how many were touched; a second call touches none.
    """
    with units.write(actor, "authorization:answer") as uow:
        done = take_back_refused(uow)
    while True:
        with units.write(actor, "authorization:answer") as uow:
            rows = uow.entities(_due(uow))
            for row in rows:
                counting.settle(uow, row)
        done += len(rows)
        if len(rows) < _AT_ONCE:
            return done


def _due(uow: UnitOfWork) -> Select[AuthorizationRow]:
    row, today = AuthorizationRow, uow.today()
    soon = today + timedelta(days=EXPIRING_DAYS)
    ends = or_(row.valid_to < today, and_(row.valid_to <= soon, row.warned == ""))
    return uow.select(row).where(row.state.in_(_RUNNING), ends).order_by(row.valid_to, row.id).limit(_AT_ONCE)
