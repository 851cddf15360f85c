"""Trading partners as whoever answers for them sees them: the way there, when files last went, what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func

from portal.domain.texts import Text
from portal.domain.transport import Server
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow, PracticeRow
from portal.services import interchanges, transport
from portal.services.transport import Trouble
from portal.services.unit_of_work.work import UnitOfWork

_WAITING = (interchanges.WRITTEN, interchanges.LAID)


@dataclass(frozen=True, slots=True)
class PartnerItem:
    """One partner; nothing here is a secret: the key that signs in is in no table (SECURITY 2)."""

    partner_id: str
    code: str
    name: str
    practice_name: str
    production: bool
    sender_id: str
    receiver_id: str
    folder: str
    server: Server | None
    """Where it is reached; None where by its folder."""
    came_at: datetime | None
    """When its last file was taken in by itself."""
    went_at: datetime | None
    """When the last file that it took was made."""
    waiting: int
    """Files that are to go to it."""
    trouble: Trouble | None
    left: Text | None
    """What lies in its inbox and cannot be taken in."""


@dataclass(frozen=True, slots=True)
class PartnersPage:
    """See `templates/staff/partners/list.html`."""

    partners: tuple[PartnerItem, ...]


def listed(uow: UnitOfWork) -> PartnersPage:
    """The partners within reach, by practice and code."""
    practices = {row.id: row.name for row in uow.rows(uow.select(PracticeRow.id, PracticeRow.name))}
    rows = {row.id: row for row in uow.entities(uow.select(PartnerRow))}
    routes = sorted(transport.routes(uow), key=lambda one: (practices.get(one.practice_id, ""), one.code))
    troubles = {one.partner_id: one for one in transport.troubles(uow)}
    left = transport.left_behind(uow)
    came, went = _last(uow, "in", ()), _last(uow, "out", (interchanges.SENT, "ANSWERED"))
    waiting = _waiting(uow)
    return PartnersPage(tuple(
        PartnerItem(
            partner_id=route.partner_id.hex(), code=route.code, name=route.name,
            practice_name=practices.get(route.practice_id, ""), production=rows[route.partner_id].usage == "P",
            sender_id=rows[route.partner_id].sender_id.strip(), receiver_id=rows[route.partner_id].receiver_id.strip(),
            folder=route.folder, server=route.server, came_at=came.get(route.partner_id),
            went_at=went.get(route.partner_id), waiting=waiting.get(route.partner_id, 0),
            trouble=troubles.get(route.partner_id), left=left.get(route.partner_id),
        )
        for route in routes
    ))  # fmt: skip


def _last(uow: UnitOfWork, direction: str, states: Sequence[str]) -> dict[bytes, datetime]:
    """When the last file of each partner was stored."""
    row = InterchangeRow
    statement = uow.select(row.partner_id, func.max(row.created_at).label("last")).where(
        row.direction == direction, row.partner_id.is_not(None)
    )
    if states:
        statement = statement.where(row.state.in_(states))
    return {one.partner_id: one.last for one in uow.rows(statement.group_by(row.partner_id))}


def _waiting(uow: UnitOfWork) -> dict[bytes, int]:
    row = InterchangeRow
    statement = uow.select(row.partner_id, func.count(row.id).label("n")).where(
        row.direction == "out", row.state.in_(_WAITING)
    )
    return {one.partner_id: one.n for one in uow.rows(statement.group_by(row.partner_id))}
