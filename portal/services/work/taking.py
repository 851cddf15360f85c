"""Steps with items of a queue: taking, giving, putting back, putting off, setting the due day, a note; many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from portal.domain import work
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.queues import Queue
from portal.domain.texts import T_, Text
from portal.domain.work import NOTE_LETTERS, SKIP_REASONS, Narrowing
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work import filters, lists

MOST_AT_ONCE = 200
"""Items of one step: what a person can look over, and what holds the store's lock for a moment only."""


class Do(StrEnum):
    """What can be done with items."""

    TAKE = "assign"
    GIVE = "give"
    PUT_BACK = "put_back"
    SKIP = "skip"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with items, as it was asked for and not yet looked at."""

    do: Do
    to: str = ""
    """The colleague, for giving; hex."""
    reason: str = ""
    day: str = ""
    words: str = field(default="", repr=False)
    over: frozenset[bytes] = frozenset()
    """Items of which the page said that they leave a colleague; no other is taken from one."""


@dataclass(frozen=True, slots=True)
class Part:
    """Items of which the same is to be said: what will happen to them, or why they are left out."""

    text: Text
    n: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a step would do, before it is done."""

    queue: str
    title: Text
    do: str
    what: Text
    items: tuple[str, ...]
    """Those to which something happens, hex."""
    over: tuple[str, ...]
    """Those of them that leave a colleague, hex."""
    amount: Money
    happens: tuple[Part, ...]
    left_out: tuple[Part, ...]
    colleague: filters.Colleague | None


def take_next(uow: UnitOfWork, name: str, narrowed: Narrowing) -> bytes | None:
    """Take the first item that is with nobody, in the order of this view; None when there is none.

    Two people never get the same: one writer at a time on SQLite; on PostgreSQL the row is locked, and what somebody
    else has locked is passed over.
    """
    queues.worked(uow, name)
    found = lists.first_free(uow, name, narrowed)
    if found is None:
        return None
    _hand(uow, found, uow.actor.user_id, work.TAKEN)
    return found.id


def preview(uow: UnitOfWork, name: str, items: Sequence[bytes], order: Order) -> Preview:
    """What a step with these items would do to how many, what is left out and why. Raises Refused, NotFound."""
    queue = queues.worked(uow, name)
    to = filters.colleague(uow, queue, order.to) if order.do is Do.GIVE else None
    standing = _standing(uow, queue, items)
    happens: dict[str, list[QueueItemRow]] = {}
    said: dict[str, Text] = {}
    left: dict[str, tuple[Text, int]] = {}
    for item in standing:
        why = _left_out(uow, order.do, item, to)
        if why is not None:
            left[why.message] = (why, left.get(why.message, (why, 0))[1] + 1)
            continue
        text = _effect(uow, order.do, item, to)
        said[text.message] = text
        happens.setdefault(text.message, []).append(item)
    gone = len(set(items)) - len(standing)
    parts = [Part(text, n) for text, n in left.values()]
    if gone:
        parts.append(Part(T_("wait no longer in this queue"), gone))
    chosen = [item for group in happens.values() for item in group]
    return Preview(
        queue.name, queue.title, order.do, _what(order.do, to), tuple(item.id.hex() for item in chosen),
        tuple(item.id.hex() for item in chosen if _leaves(uow, order.do, item)),
        Money(sum(item.at_risk_cents for item in chosen)),
        tuple(Part(said[key], len(group)) for key, group in happens.items()), tuple(parts), to,
    )  # fmt: skip


def carry_out(uow: UnitOfWork, name: str, items: Sequence[bytes], order: Order) -> int:
    """Do a step with items of a queue; how many it changed. What was done meanwhile is passed.

    Raises Refused; `with-a-colleague` where nothing but taking from colleagues of whom the page said nothing is left.
    """
    queue = queues.worked(uow, name)
    today = uow.today()
    to = filters.colleague(uow, queue, order.to) if order.do is Do.GIVE else None
    day: date | None = None
    if order.do is Do.SKIP:
        day = work.skip_until(order.day, today)
        if order.reason not in SKIP_REASONS:
            raise Refused(T_("Say why it is put off."), code="reason-missing")
        if order.reason == "other" and not order.words.strip():
            raise Refused(T_("Write the reason into the note."), code="reason-missing")
    if order.do is Do.DUE:
        day = work.new_due(order.day, today)
    changed = kept = 0
    for item in _standing(uow, queue, items):
        if _left_out(uow, order.do, item, to) is not None or (order.do is Do.DUE and item.due_on == day):
            continue
        if _leaves(uow, order.do, item) and item.id not in order.over:
            kept += 1
            continue
        _do(uow, item, order, day, to)
        changed += 1
    if kept and not changed:
        raise Refused(
            T_("A colleague took it meanwhile. Look again.", "Colleagues took them meanwhile. Look again.", n=kept),
            code="with-a-colleague",
        )
    return changed


def note(uow: UnitOfWork, name: str, item_id: bytes, words: str) -> None:
    """Add a note to an item, for whoever works it next; it stays as it is. Raises Refused, NotFound."""
    queue = queues.worked(uow, name)
    text = words.strip()[:NOTE_LETTERS]
    if not text:
        raise Refused(T_("Write something first."), code="note-missing")
    (item,) = _standing(uow, queue, [item_id]) or (None,)
    if item is None:
        raise Refused(T_("This waits no longer. Nothing was kept."), code="done")
    queues.tell(uow, item, work.NOTE, holder_id=item.holder_id, words=text)


def _standing(uow: UnitOfWork, queue: Queue, items: Sequence[bytes]) -> list[QueueItemRow]:
    """Those of the items that still wait in the queue, in a fixed order, so that two at once do not lock each other."""
    ids = sorted(set(items))
    if len(ids) > MOST_AT_ONCE:
        raise Refused(T_("Take at most {n} items at once.", n=MOST_AT_ONCE), code="too-many")
    where = (QueueItemRow.queue == queue.name, QueueItemRow.state == queues.OPEN, QueueItemRow.id.in_(ids))
    return uow.entities(uow.select(QueueItemRow).where(*where).order_by(QueueItemRow.id))


def _do(uow: UnitOfWork, item: QueueItemRow, order: Order, day: date | None, to: filters.Colleague | None) -> None:
    words = order.words.strip()[:NOTE_LETTERS] or None
    match order.do:
        case Do.TAKE:
            _hand(uow, item, uow.actor.user_id, work.TAKEN)
        case Do.GIVE if to is not None:
            _hand(uow, item, bytes.fromhex(to.user_id), work.GIVEN, words)
        case Do.PUT_BACK:
            _hand(uow, item, None, work.PUT_BACK, words)
        case Do.SKIP:
            before = item.put_off_until
            uow.change(item, put_off_until=day)
            queues.tell(
                uow, item, work.SKIPPED, holder_id=item.holder_id, reason=order.reason, day=day, day_before=before,
                words=words,
            )  # fmt: skip
        case Do.DUE:
            before = item.due_on
            uow.change(item, due_on=day)
            queues.tell(uow, item, work.DUE, holder_id=item.holder_id, day=day, day_before=before, words=words)


def _hand(uow: UnitOfWork, item: QueueItemRow, holder: bytes | None, kind: str, words: str | None = None) -> None:
    """Whoever takes a thing works it now: it is put off no longer."""
    uow.change(item, holder_id=holder, put_off_until=item.put_off_until if holder is None else None)
    queues.tell(uow, item, kind, holder_id=holder, words=words)


def _left_out(uow: UnitOfWork, do: Do, item: QueueItemRow, to: filters.Colleague | None) -> Text | None:
    if do is Do.TAKE and item.holder_id == uow.actor.user_id:
        return T_("are with you already")
    if do is Do.GIVE and to is not None and item.holder_id == bytes.fromhex(to.user_id):
        return T_("are with {name} already", name=to.name)
    if do is Do.PUT_BACK and item.holder_id is None:
        return T_("are with nobody already")
    return None


def _leaves(uow: UnitOfWork, do: Do, item: QueueItemRow) -> bool:
    """Whether a step takes an item from a colleague."""
    return do in {Do.TAKE, Do.GIVE, Do.PUT_BACK} and item.holder_id not in {None, uow.actor.user_id}


def _effect(uow: UnitOfWork, do: Do, item: QueueItemRow, to: filters.Colleague | None) -> Text:
    others = _leaves(uow, do, item)
    match do:
        case Do.TAKE:
            return T_("leave a colleague and come to you") if others else T_("come to you")
        case Do.GIVE:
            name = to.name if to else ""
            if others:
                return T_("leave another colleague and go to {name}", name=name)
            return T_("go to {name}", name=name)
        case Do.PUT_BACK:
            return T_("leave a colleague and are anybody's again") if others else T_("are anybody's again")
        case Do.SKIP:
            if item.due_on <= uow.today():
                return T_("go behind all others until the day you choose, although they are due now")
            return T_("go behind all others until the day you choose")
    return T_("get the due day you choose")


def _what(do: Do, to: filters.Colleague | None) -> Text:
    match do:
        case Do.TAKE:
            return T_("Take them")
        case Do.GIVE:
            return T_("Give them to {name}", name=to.name if to else "")
        case Do.PUT_BACK:
            return T_("Put them back")
        case Do.SKIP:
            return T_("Put them off")
    return T_("Set their due day")
