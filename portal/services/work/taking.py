"""Steps with items of a queue: taking, giving, putting back, putting off, setting the due day, a note; many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

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
    count: int
    """To how many something happens."""
    bulk: str | None = None
    """The step kept for a whole view (`work.bulk`), hex; its items are not on the page."""
    more: bool = False
    """The view holds more than a step with a whole view takes."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Items sorted by what a step would do to them."""

    chosen: tuple[Any, ...]
    """Those to which something happens, in the order given."""
    over: tuple[Any, ...]
    """Those of them that leave a colleague."""
    happens: tuple[Part, ...]
    left_out: tuple[Part, ...]


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
    found = weigh(uow, order.do, standing, to)
    gone = len(set(items)) - len(standing)
    left = (*found.left_out, Part(T_("wait no longer in this queue"), gone)) if gone else found.left_out
    return Preview(
        queue.name, queue.title, order.do, what(order.do, to), tuple(item.id.hex() for item in found.chosen),
        tuple(item.id.hex() for item in found.over), Money(sum(item.at_risk_cents for item in found.chosen)),
        found.happens, left, to, len(found.chosen),
    )  # fmt: skip


def weigh(uow: UnitOfWork, do: Do, items: Sequence[Any], to: filters.Colleague | None) -> Weighed:
    """What a step of the actor's would do to items: rows or entities with id, holder_id and due_on."""
    who = uow.actor.user_id
    chosen, over = [], []
    happens: dict[str, tuple[Text, int]] = {}
    left: dict[str, tuple[Text, int]] = {}
    for item in items:
        why = left_out(do, item, to, who)
        if why is not None:
            left[why.message] = (why, left.get(why.message, (why, 0))[1] + 1)
            continue
        text = _effect(uow, do, item, to)
        happens[text.message] = (text, happens.get(text.message, (text, 0))[1] + 1)
        chosen.append(item)
        if _leaves(do, item, who):
            over.append(item)
    parts = (tuple(Part(*each) for each in found.values()) for found in (happens, left))
    return Weighed(tuple(chosen), tuple(over), *parts)


def carry_out(uow: UnitOfWork, name: str, items: Sequence[bytes], order: Order) -> int:
    """Do a step with items of a queue; how many it changed. What was done meanwhile is passed.

    Raises Refused; `with-a-colleague` where nothing but taking from colleagues of whom the page said nothing is left.
    """
    queue = queues.worked(uow, name)
    to = filters.colleague(uow, queue, order.to) if order.do is Do.GIVE else None
    day = checked(order, uow.today())
    who = uow.actor.user_id
    changed = kept = 0
    for item in _standing(uow, queue, items):
        if left_out(order.do, item, to, who) is not None or (order.do is Do.DUE and item.due_on == day):
            continue
        if _leaves(order.do, item, who) and item.id not in order.over:
            kept += 1
            continue
        do_one(uow, item, order, day, to, who)
        changed += 1
    if kept and not changed:
        raise Refused(
            T_("A colleague took it meanwhile. Look again.", "Colleagues took them meanwhile. Look again.", n=kept),
            code="with-a-colleague",
        )
    return changed


def checked(order: Order, today: date) -> date | None:
    """The day of a step that has one; raises Refused `skip-day`, `due-day` or `reason-missing`."""
    if order.do is Do.DUE:
        return work.new_due(order.day, today)
    if order.do is not Do.SKIP:
        return None
    day = work.skip_until(order.day, today)
    if order.reason not in SKIP_REASONS:
        raise Refused(T_("Say why it is put off."), code="reason-missing")
    if order.reason == "other" and not order.words.strip():
        raise Refused(T_("Write the reason into the note."), code="reason-missing")
    return day


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


def do_one(
    uow: UnitOfWork, item: QueueItemRow, order: Order, day: date | None, to: filters.Colleague | None, who: bytes | None
) -> None:
    """Do a step with one item, as this person's, who may have left it to a job."""
    words = order.words.strip()[:NOTE_LETTERS] or None
    match order.do:
        case Do.TAKE:
            _hand(uow, item, who, work.TAKEN, by=who)
        case Do.GIVE if to is not None:
            _hand(uow, item, bytes.fromhex(to.user_id), work.GIVEN, words, by=who)
        case Do.PUT_BACK:
            _hand(uow, item, None, work.PUT_BACK, words, by=who)
        case Do.SKIP:
            before = item.put_off_until
            uow.change(item, put_off_until=day)
            queues.tell(
                uow, item, work.SKIPPED, holder_id=item.holder_id, reason=order.reason, day=day, day_before=before,
                words=words, by=who,
            )  # fmt: skip
        case Do.DUE:
            before = item.due_on
            uow.change(item, due_on=day)
            queues.tell(uow, item, work.DUE, holder_id=item.holder_id, day=day, day_before=before, words=words, by=who)


def _hand(
    uow: UnitOfWork, item: QueueItemRow, holder: bytes | None, kind: str, words: str | None = None,
    *, by: bytes | None = None,
) -> None:  # fmt: skip
    """Whoever takes a thing works it now: it is put off no longer."""
    uow.change(item, holder_id=holder, put_off_until=item.put_off_until if holder is None else None)
    queues.tell(uow, item, kind, holder_id=holder, words=words, by=by)


def left_out(do: Do, item: Any, to: filters.Colleague | None, who: bytes | None) -> Text | None:
    """Why a step of this person's does nothing to an item, where it is so already."""
    if do is Do.TAKE and item.holder_id == who:
        return T_("are with you already")
    if do is Do.GIVE and to is not None and item.holder_id == bytes.fromhex(to.user_id):
        return T_("are with {name} already", name=to.name)
    if do is Do.PUT_BACK and item.holder_id is None:
        return T_("are with nobody already")
    return None


def _leaves(do: Do, item: Any, who: bytes | None) -> bool:
    """Whether a step takes an item from a colleague."""
    return do in {Do.TAKE, Do.GIVE, Do.PUT_BACK} and item.holder_id not in {None, who}


def _effect(uow: UnitOfWork, do: Do, item: Any, to: filters.Colleague | None) -> Text:
    others = _leaves(do, item, uow.actor.user_id)
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


def what(do: Do, to: filters.Colleague | None) -> Text:
    """A step in a word or two, as the heading of its page."""
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
