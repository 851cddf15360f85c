"""How far a step with everything in a view has come, and what came of it: what was passed, why, and who was quicker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from portal.domain.queues import Queue
from portal.domain.texts import T_, Text
from portal.models.queues import QueueBulkPartRow, QueueBulkRow
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work import filters, taking
from portal.services.work.filters import Colleague
from portal.services.work.taking import Do, Part

ASKED, RUNNING, DONE, STOPPED = "ASKED", "RUNNING", "DONE", "STOPPED"

_WHY: Final[Mapping[str, Text]] = MappingProxyType({
    "gone": T_("wait no longer in this queue"),
    "holder": T_("went to {name} meanwhile"),
    "back": T_("were given back meanwhile"),
    "changed": T_("were changed by {name} meanwhile"),
    "same": T_("were so already"),
})  # fmt: skip
"""Why an item was passed."""
_ORDER: Final = tuple(_WHY)
_SOMEBODY: Final = T_("somebody else")

_ENDS: Final[Mapping[str, Text]] = MappingProxyType({
    "asked": T_("Stopped, as you asked."),
    "rights": T_("Stopped: you, or the colleague, do not work this queue any more."),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class BulkPage:
    """A step with a whole view, on its way or over; see `templates/staff/queue_bulk.html`."""

    bulk_id: str
    queue: str
    title: Text
    what: Text
    state: str
    """running, done or stopped."""
    sentence: Text
    total: int
    reached: int
    """How many were come to: changed or passed."""
    changed: int
    skipped: tuple[Part, ...]
    at: datetime
    address: dict[str, str]
    """The view, as it stands in an address."""


def page(uow: UnitOfWork, queue: Queue, bulk: QueueBulkRow) -> BulkPage:
    """What came of a step so far."""
    uow.flush()
    row = QueueBulkPartRow
    parts = uow.rows(uow.select(row.changed, row.skipped).where(row.bulk_id == bulk.id, row.changed.is_not(None)))
    changed, skipped = sum(each.changed for each in parts), Counter[str]()
    for each in parts:
        skipped.update(each.skipped)
    people = {each.user_id: each for each in filters.colleagues(uow, queue)}
    said = tuple(
        Part(_why(key, people), n) for key, n in sorted(skipped.items(), key=lambda each: _ORDER.index(_code(each[0])))
    )
    to = people.get(bulk.to_id.hex()) if bulk.to_id else None
    reached = changed + skipped.total()
    return BulkPage(
        bulk.id.hex(), queue.name, queue.title, taking.what(Do(bulk.do), to),
        bulk.state.lower(), _sentence(bulk, changed, reached), bulk.total, reached, changed, said,
        bulk.started_at or bulk.asked_at, bulk.narrowing,
    )  # fmt: skip


def _sentence(bulk: QueueBulkRow, changed: int, reached: int) -> Text:
    if bulk.state == RUNNING:
        return T_("On its way: {done} of {n} so far.", done=reached, n=bulk.total)
    if bulk.state == STOPPED:
        left = bulk.total - reached
        rest = T_("{n} item was not come to.", "{n} items were not come to.", n=left)
        return T_("{why} {rest}", why=_ENDS[bulk.ended_why or "asked"], rest=rest)
    return T_("Done: {n} item was changed.", "Done: {n} items were changed.", n=changed)


def _code(key: str) -> str:
    return key.partition(":")[0]


def _why(key: str, people: Mapping[str, Colleague]) -> Text:
    """Why items were passed; a name is told as long as its bearer works the queue."""
    who = people.get(key.partition(":")[2])
    return Text(_WHY[_code(key)].message, {"name": who.name if who is not None else _SOMEBODY})
