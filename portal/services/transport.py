"""How a partner is reached, by its folder or its server: the way there, and what is known of troubles on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain import transport as rules
from portal.domain.texts import T_, Text, from_json, to_json
from portal.domain.transport import Server, TransportFault
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow, PartnerServerRow, PartnerTroubleRow
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.parts import Exchange, Parts
from portal.services.unit_of_work.work import UnitOfWork

QUEUE = "partner-troubles"
_LEFT = "file-left"


@dataclass(frozen=True, slots=True)
class Route:
    """The way to one partner. With `server` it is reached there; `folder` is its name in the exchange either way."""

    partner_id: bytes
    practice_id: bytes
    code: str
    name: str
    folder: str
    server: Server | None
    rests_until: datetime | None
    """Not to be tried before by itself: it failed lately."""
    failing: bool
    held: bool
    """A person was told that something in its inbox cannot be taken in."""

    def rests(self, now: datetime) -> bool:
        """Whether it is too early for a worker to try again."""
        return self.rests_until is not None and now < self.rests_until

    @property
    def key(self) -> tuple[bytes, str]:
        """What tells two ways apart that may hold files of the same name."""
        return self.partner_id if self.server else b"", self.folder


@dataclass(frozen=True, slots=True)
class Trouble:
    """A partner that could not be reached, as people see it."""

    partner_id: bytes
    name: str
    text: Text
    failures: int
    since: datetime
    next_try_at: datetime


def routes(uow: UnitOfWork, partner_id: bytes | None = None) -> list[Route]:
    """The ways to the practice's partners by code, or to one."""
    statement = uow.select(PartnerRow).order_by(PartnerRow.code)
    if partner_id is not None:
        statement = statement.where(PartnerRow.id == partner_id)
    partners = uow.entities(statement)
    ids = [row.id for row in partners]
    servers = {
        row.partner_id: row
        for row in uow.entities(uow.select(PartnerServerRow).where(PartnerServerRow.partner_id.in_(ids)))
    }
    troubles = {
        row.partner_id: row
        for row in uow.entities(
            uow.select(PartnerTroubleRow).where(PartnerTroubleRow.partner_id.in_(ids), PartnerTroubleRow.failures > 0)
        )
    }
    held = left_behind(uow)
    return [_route(row, servers.get(row.id), troubles.get(row.id), held=row.id in held) for row in partners]


def _route(row: PartnerRow, server: PartnerServerRow | None, trouble: PartnerTroubleRow | None, *, held: bool) -> Route:
    return Route(
        row.id, row.practice_id, row.code, row.name, row.folder,
        server_of(server) if server is not None else None,
        trouble.next_try_at if trouble is not None else None, trouble is not None, held,
    )  # fmt: skip


def server_of(row: PartnerServerRow) -> Server:
    """A stored server as a value."""
    return Server(row.host, row.port, row.user_name, row.host_key, row.inbox, row.outbox, row.done)


@contextmanager
def reach(parts: Parts, route: Route) -> Iterator[Exchange]:
    """The exchange with one partner, for the length of the block; may raise TransportFault."""
    if route.server is None:
        yield parts.exchange
        return
    with parts.sftp(route.folder, route.server) as session:
        yield session


def fault_of(error: OSError | ValueError | TransportFault, route: Route) -> TransportFault:
    """What went wrong on the way to a partner; what a disk says becomes `disk`."""
    if isinstance(error, TransportFault):
        return error
    text = T_(
        "The folder {folder} of the exchange cannot be used ({error}).", folder=route.folder, error=type(error).__name__
    )
    return TransportFault("disk", text)


def failed(uow: UnitOfWork, route: Route, fault: TransportFault) -> None:
    """Count a failure, set when it is tried again, and after some in a row tell a person what and where."""
    row = _trouble(uow, route)
    failures = (row.failures if row is not None else 0) + 1
    values: dict[str, Any] = {
        "failures": failures, "code": fault.code, "said": to_json(fault.text), "failed_at": uow.now,
        "next_try_at": uow.now + rules.wait(failures),
    }  # fmt: skip
    if row is None:
        uow.new(PartnerTroubleRow, practice_id=route.practice_id, partner_id=route.partner_id, since=uow.now, **values)
    else:
        uow.change(row, since=uow.now if failures == 1 else row.since, **values)
    if failures >= rules.TELL_AFTER or fault.code in rules.AT_ONCE:
        text = T_("{partner}: {what}", partner=route.name, what=fault.text)
        partner = uow.get(PartnerRow, route.partner_id)
        queues.put(uow, QUEUE, partner, reason=fault.code, detail={"n": failures, "text": to_json(text)})


def worked(uow: UnitOfWork, route: Route) -> None:
    """A partner was reached again: what was told of it is over."""
    row = _trouble(uow, route)
    if row is not None and row.failures:
        uow.change(row, failures=0)
        queues.done(uow, uow.get(PartnerRow, route.partner_id))


def left(uow: UnitOfWork, route: Route, why: Text) -> None:
    """Something in a partner's inbox cannot be taken in: tell a person, who has the partner send it otherwise.

    Its name is not said: file names may name patients.
    """
    text = T_("{partner}: a file in its inbox is left where it lies. {why}", partner=route.name, why=why)
    queues.put(uow, QUEUE, uow.get(PartnerRow, route.partner_id), reason=_LEFT, detail={"text": to_json(text)})


def cleared(uow: UnitOfWork, route: Route) -> None:
    """What was left in a partner's inbox is gone."""
    queues.done(uow, uow.get(PartnerRow, route.partner_id))


def left_behind(uow: UnitOfWork) -> dict[bytes, Text]:
    """What people were told of inboxes, by partner."""
    item = QueueItemRow
    rows = uow.rows(
        uow.select(item.subject_id, item.detail).where(
            item.subject_table == PartnerRow.__tablename__, item.reason == _LEFT, item.state == queues.OPEN
        )
    )
    return {row.subject_id: from_json(row.detail["text"]) for row in rows}


def forget(uow: UnitOfWork, partner_id: bytes) -> None:
    """Try a partner anew at once: the way to it was set up again."""
    for route in routes(uow, partner_id):
        worked(uow, route)


def lay_anew(uow: UnitOfWork, partner_id: bytes) -> None:
    """Files that were laid aside where a partner was reached before did not go: they are laid aside at the new place.

    Else they would be missed there, and count as taken. One that did go all the same comes with its old numbers.
    """
    where = InterchangeRow.partner_id == partner_id, InterchangeRow.state == "LAID"
    for file in uow.entities(uow.select(InterchangeRow).where(*where)):
        uow.change(file, state="WRITTEN")


def _trouble(uow: UnitOfWork, route: Route) -> PartnerTroubleRow | None:
    return uow.first(uow.select(PartnerTroubleRow).where(PartnerTroubleRow.partner_id == route.partner_id))


def troubles(uow: UnitOfWork) -> tuple[Trouble, ...]:
    """Partners of the practice that cannot be reached now, the longest first."""
    rows = uow.rows(
        uow.select(
            PartnerRow.id, PartnerRow.name, PartnerTroubleRow.said, PartnerTroubleRow.failures, PartnerTroubleRow.since,
            PartnerTroubleRow.next_try_at,
        )
        .join(PartnerTroubleRow, PartnerTroubleRow.partner_id == PartnerRow.id)
        .where(PartnerTroubleRow.failures > 0, uow.within(PartnerTroubleRow))
        .order_by(PartnerTroubleRow.since)
    )  # fmt: skip
    return tuple(
        Trouble(row.id, row.name, from_json(row.said), row.failures, row.since, row.next_try_at) for row in rows
    )
