"""A step with everything in a view: looked at first, kept with what was seen of each item, carried out part by part.

Each part is one transaction that also says of the part that it is done: a run that ends half way, however it ends, is
run on from there, and nothing is done twice. An item that is not as it was seen is passed, and counted with why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from portal.access.actors import Actor
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.queues import QUEUES, Queue
from portal.domain.texts import Text, from_json, to_json
from portal.domain.work import NOTE_LETTERS, Narrowing
from portal.models.queues import QueueBulkPartRow, QueueBulkRow, QueueItemRow, QueueStepRow
from portal.services import outbox, queues
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work import filters, lists, progress, taking
from portal.services.work.filters import Colleague
from portal.services.work.progress import ASKED, DONE, RUNNING, STOPPED, BulkPage
from portal.services.work.taking import MOST_AT_ONCE, Do, Order, Part, Preview

MOST: Final = 10_000
"""Items of one step with a whole view: more are done in several, so that a slip stays within what can be mended."""
MOST_LOOKS: Final = 10
"""So many steps that were looked at and not begun are kept of a person."""
_KEPT = timedelta(days=1)
"""So long a step that was looked at waits to be begun; then it is let go."""
_SHOWN = timedelta(hours=1)
"""So long the page of the queue names a step that has ended."""


@dataclass(frozen=True, slots=True)
class Lately:
    """A step of the actor's with a whole view that runs, or ended not long ago."""

    bulk_id: str
    what: Text
    total: int
    running: bool


def look(uow: UnitOfWork, name: str, narrowed: Narrowing, order: Order) -> Preview:
    """What a step with everything in a view would do, kept as it was seen until it is begun. Raises Refused, NotFound.

    Of a view that holds more than MOST, the first in its order.
    """
    queue = queues.worked(uow, name)
    to = filters.colleague(uow, queue, order.to) if order.do is Do.GIVE else None
    item = QueueItemRow
    wanted = uow.select(item.id, item.version, item.holder_id, item.due_on, item.at_risk_cents)
    found = lists.walk(uow, name, narrowed, MOST + 1, of=wanted)
    more = len(found) > MOST
    weighed = taking.weigh(uow, order.do, found[:MOST], to)
    amount = sum(row.at_risk_cents for row in weighed.chosen)
    _let_go(uow)
    bulk = uow.new(
        QueueBulkRow, user_id=uow.actor.user_id, queue=name, narrowing=narrowed.pairs(), do=order.do.value,
        to_id=bytes.fromhex(to.user_id) if to else None, reason=None, day=None, words_sealed=None,
        said={
            "happens": _kept(weighed.happens), "left_out": _kept(weighed.left_out), "cents": amount, "more": more,
        },
        total=len(weighed.chosen), state=ASKED, ended_why=None, asked_at=uow.now, started_at=None, ended_at=None,
    )  # fmt: skip
    uow.flush()
    seen = [[row.id.hex(), row.version, row.holder_id.hex() if row.holder_id else ""] for row in weighed.chosen]
    for position, start_at in enumerate(range(0, len(seen), MOST_AT_ONCE)):
        uow.new(
            QueueBulkPartRow, bulk_id=bulk.id, position=position, items=seen[start_at : start_at + MOST_AT_ONCE],
            changed=None, skipped=None,
        )  # fmt: skip
    return _preview(queue, bulk, to)


def looked(uow: UnitOfWork, name: str, bulk_id: bytes) -> Preview:
    """The same page again, as it was kept, where something on it was missing."""
    queue = queues.worked(uow, name)
    bulk = _own(uow, name, bulk_id)
    return _preview(queue, bulk, _to(uow, queue, bulk))


def begin(uow: UnitOfWork, name: str, bulk_id: bytes, order: Order) -> BulkPage:
    """Begin what was looked at: at once where it is one part, else by a job. Raises Refused, NotFound.

    A second press finds it begun and changes nothing. Which step it is was kept with the page; the order brings day,
    reason and words.
    """
    queue = queues.worked(uow, name)
    bulk = _own(uow, name, bulk_id)
    if bulk.state == ASKED:
        to = _to(uow, queue, bulk)
        given = replace(order, do=Do(bulk.do))
        words = order.words.strip()[:NOTE_LETTERS] or None
        uow.change(
            bulk, day=taking.checked(given, uow.today()), reason=order.reason[:40] if given.do is Do.SKIP else None,
            words_sealed=words, state=RUNNING, started_at=uow.now,
        )  # fmt: skip
        if bulk.total <= MOST_AT_ONCE:
            while _part(uow, bulk, to):
                pass
        else:
            outbox.later(uow, "queue.bulk", f"queue.bulk:{bulk.id.hex()}", {"bulk": bulk.id})
    return progress.page(uow, queue, bulk)


def run(units: Units, actor: Actor, bulk_id: bytes) -> None:
    """The job of a step with a whole view: part after part, each for ever once, until none is left or it is stopped.

    Before each part it is looked whether whoever began it, and the colleague it gives to, work the queue still.
    Everything is told as done by the system for whoever began it.
    """
    with units.read(actor, "queue:assign") as uow:
        bulk = uow.get(QueueBulkRow, bulk_id)
        acting = replace(actor, initiator=bulk.user_id.hex(), practice_id=bulk.practice_id)
        queue = QUEUES[bulk.queue]
        to = _to(uow, queue, bulk, absent=True)
    left = True
    while left:
        with units.write(acting, "queue:assign") as uow:
            bulk = uow.get(QueueBulkRow, bulk_id)
            if bulk.state != RUNNING:
                return
            gone = bulk.to_id is not None and to is None
            if gone or not filters.all_work(uow, queue, {bulk.user_id} | ({bulk.to_id} if bulk.to_id else set())):
                uow.change(bulk, state=STOPPED, ended_why="rights", ended_at=uow.now)
                return
            left = _part(uow, bulk, to)


def show(uow: UnitOfWork, name: str, bulk_id: bytes) -> BulkPage:
    """How far a step of the actor's has come, or what came of it."""
    queue = queues.worked(uow, name)
    bulk = _own(uow, name, bulk_id)
    if bulk.state == ASKED:
        raise NotFound(ABSENT, code="not-found")
    return progress.page(uow, queue, bulk)


def stop(uow: UnitOfWork, name: str, bulk_id: bytes) -> None:
    """Leave what was not come to yet as it is; what is done stays done. Nothing happens where it is over."""
    queues.worked(uow, name)
    bulk = _own(uow, name, bulk_id)
    if bulk.state == RUNNING:
        uow.change(bulk, state=STOPPED, ended_why="asked", ended_at=uow.now)


def lately(uow: UnitOfWork, queue: Queue, colleagues: Sequence[Colleague]) -> tuple[Lately, ...]:
    """The actor's steps with whole views of a queue that run, and those that ended within the hour."""
    row = QueueBulkRow
    found = uow.rows(
        uow.select(row.id, row.do, row.to_id, row.total, row.state)
        .where(
            row.user_id == uow.actor.user_id, row.practice_id == uow.practice_id, row.queue == queue.name,
            row.state != ASKED, row.total > MOST_AT_ONCE,
            (row.state == RUNNING) | (row.ended_at > uow.now - _SHOWN),
        )
        .order_by(row.started_at.desc(), row.id)
        .limit(3)
    )  # fmt: skip
    names = {each.user_id: each for each in colleagues}
    return tuple(
        Lately(
            each.id.hex(), taking.what(Do(each.do), names.get(each.to_id.hex()) if each.to_id else None), each.total,
            each.state == RUNNING,
        )
        for each in found
    )  # fmt: skip


def _part(uow: UnitOfWork, bulk: QueueBulkRow, to: Colleague | None) -> bool:
    """Carry out the next part, if one is left; whether there may be more. The last one ends the step."""
    row = QueueBulkPartRow
    mine = uow.select(row).where(row.bulk_id == bulk.id, row.changed.is_(None)).order_by(row.position)
    part = uow.first(mine)
    if part is None:
        uow.change(bulk, state=DONE, ended_at=uow.now)
        return False
    words = uow.read(bulk, QueueBulkRow.words_sealed) or ""
    order = Order(Do(bulk.do), reason=bulk.reason or "", words=words)
    # in one order and locked, so that nobody changes one between the look at it and its change
    ids = sorted(bytes.fromhex(each[0]) for each in part.items)
    item = QueueItemRow
    standing = uow.entities(uow.select(item).where(item.id.in_(ids)).order_by(item.id).with_for_update())
    found = {each.id.hex(): each for each in standing}
    passed: dict[str, str] = {}
    for item_id, version, holder in part.items:
        why = _passed(found.get(item_id), version, holder, bulk, to)
        if why is not None:
            passed[item_id] = why
            continue
        taking.do_one(uow, found[item_id], order, bulk.day, to, bulk.user_id)
    skipped = _with_whom(uow, bulk, passed, found)
    uow.change(part, changed=len(part.items) - len(passed), skipped=dict(skipped))
    uow.flush()
    return True


def _passed(
    item: QueueItemRow | None, version: int, holder: str, bulk: QueueBulkRow, to: Colleague | None
) -> str | None:
    """Why an item is left as it is; None where the step is done with it."""
    if item is None or item.state != queues.OPEN or item.queue != bulk.queue:
        return "gone"
    if taking.left_out(Do(bulk.do), item, to, bulk.user_id) is not None:
        return "same"
    if bulk.do == Do.DUE and item.due_on == bulk.day:
        return "same"
    if (item.holder_id.hex() if item.holder_id else "") != holder:
        return "holder"
    return "changed" if item.version != version else None


def _with_whom(
    uow: UnitOfWork, bulk: QueueBulkRow, passed: Mapping[str, str], found: Mapping[str, QueueItemRow]
) -> Counter[str]:
    """How many were passed by why, and where somebody was quicker by whom: the user's id stands behind a colon."""
    step = QueueStepRow
    changed = sorted(bytes.fromhex(id_) for id_, why in passed.items() if why == "changed")
    last: dict[str, str] = {}
    if changed:
        since = uow.select(step.item_id, step.actor).where(step.item_id.in_(changed), step.at >= bulk.asked_at)
        rows = uow.rows(since.order_by(step.at))
        last = {row.item_id.hex(): row.actor for row in rows}
    told = Counter[str]()
    for id_, why in passed.items():
        holder = found[id_].holder_id if why == "holder" else None
        who = holder.hex() if holder else last.get(id_, "")
        told[f"{why}:{who}" if who else "back" if why == "holder" else why] += 1
    return told


def _preview(queue: Queue, bulk: QueueBulkRow, to: Colleague | None) -> Preview:
    said = bulk.said
    return Preview(
        queue.name, queue.title, bulk.do, taking.what(Do(bulk.do), to), (), (), Money(said["cents"]),
        _parts(said["happens"], to), _parts(said["left_out"], to), to, bulk.total, bulk.id.hex(), said["more"],
    )  # fmt: skip


def _kept(parts: Iterable[Part]) -> list[Any]:
    """Parts to be stored without the colleague's name, which is sealed where it stands."""
    bare = ((replace(each.text, parameters={}), each.n) for each in parts)
    return [[to_json(text), n] for text, n in bare]


def _parts(stored: Iterable[Any], to: Colleague | None) -> tuple[Part, ...]:
    texts = ((from_json(text), n) for text, n in stored)
    name = {"name": to.name if to else ""}
    return tuple(Part(replace(text, parameters=name) if "{name}" in text.message else text, n) for text, n in texts)


def _own(uow: UnitOfWork, name: str, bulk_id: bytes) -> QueueBulkRow:
    found = uow.get(QueueBulkRow, bulk_id)
    if found.user_id != uow.actor.user_id or found.queue != name:
        raise NotFound(ABSENT, code="not-found")
    return found


def _to(uow: UnitOfWork, queue: Queue, bulk: QueueBulkRow, *, absent: bool = False) -> Colleague | None:
    """The colleague of a step; raises Refused where they do not work the queue any more, unless that is well."""
    if bulk.to_id is None:
        return None
    if absent:
        return next((each for each in filters.colleagues(uow, queue) if each.user_id == bulk.to_id.hex()), None)
    return filters.colleague(uow, queue, bulk.to_id.hex())


def _let_go(uow: UnitOfWork) -> None:
    """Forget what the actor looked at long ago and never began, and of the rest the oldest: MOST_LOOKS stay, with one.

    Each holds up to MOST items.
    """
    bulk, part = QueueBulkRow, QueueBulkPartRow
    mine = uow.select(bulk).where(bulk.user_id == uow.actor.user_id, bulk.state == ASKED)
    looks = uow.entities(mine.order_by(bulk.asked_at.desc(), bulk.id))
    kept = [each for each in looks if each.asked_at >= uow.now - _KEPT][: MOST_LOOKS - 1]
    for each in looks:
        if each in kept:
            continue
        for one in uow.entities(uow.select(part).where(part.bulk_id == each.id)):
            uow.delete(one)
        uow.flush()
        uow.delete(each)
