"""One item of a queue: where it leads, what was done with it and noted, also in the queues where it lay before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement

from portal.access.policy import decide
from portal.domain import work
from portal.domain.errors import NotFound
from portal.domain.queues import QUEUES
from portal.domain.texts import T_, Text
from portal.models.base import Base
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.queues import QueueItemRow, QueueStepRow
from portal.models.remittances import RemittanceClaimRow
from portal.models.users import UserRow
from portal.services import queues
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.work import filters, lists
from portal.services.work.filters import Colleague
from portal.services.work.lists import QueueRow

MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to an item; `words` is the note with it."""

    at: datetime
    text: Text
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Leads:
    """Where an item leads besides its own work, as far as the actor may go; ids are hex."""

    claim_id: str | None
    patient_id: str | None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item."""

    queue: str
    title: Text
    row: QueueRow
    waits: bool
    """Still to be done."""
    mine: bool
    leads: Leads
    colleagues: tuple[Colleague, ...]
    steps: tuple[Step, ...]
    """The newest first."""
    today: date


def show(uow: UnitOfWork, name: str, item_id: bytes) -> ItemPage:
    """One item of a queue that the actor works; raises NotFound."""
    queue, today = queues.worked(uow, name), uow.today()
    found = uow.row(lists.selected(uow).where(QueueItemRow.id == item_id, QueueItemRow.queue == name))
    if found is None:
        raise NotFound(ABSENT, code="not-found")
    standing = uow.get(QueueItemRow, item_id).state
    people = filters.colleagues(uow, queue)
    return ItemPage(
        queue.name, queue.title, lists.shown(uow, found, today), standing == queues.OPEN,
        found.holder_id is not None and found.holder_id == uow.actor.user_id,
        _leads(uow, found), people, _steps(uow, found, people), today,
    )  # fmt: skip


def _leads(uow: UnitOfWork, item: Any) -> Leads:
    account = item.patient_id if decide(uow.actor, "account:view").allowed else None
    claim = _claim_of(uow, item) if decide(uow.actor, "claim:view").allowed else None
    return Leads(claim.hex() if claim else None, account.hex() if account else None)


_CLAIM_OF: Mapping[str, tuple[type[Base], Any, Any]] = {
    "claim": (ClaimRow, ClaimRow.id, ClaimRow.id),
    "encounter": (ClaimRow, ClaimRow.encounter_id, ClaimRow.id),
    "denial": (DenialRow, DenialRow.id, DenialRow.claim_id),
    "remittance_claim": (RemittanceClaimRow, RemittanceClaimRow.id, RemittanceClaimRow.claim_id),
}
"""By table of what waits: where its claim is named, by which column it is found, and in which it stands."""


def _claim_of(uow: UnitOfWork, item: Any) -> bytes | None:
    if item.subject_table not in _CLAIM_OF:
        return None
    _, by, column = _CLAIM_OF[item.subject_table]
    found: bytes | None = uow.value(uow.select(column).where(by == item.subject_id).limit(1))
    return found


def _steps(uow: UnitOfWork, item: Any, people: tuple[Colleague, ...]) -> tuple[Step, ...]:
    """Steps with all items of the same thing, and when each came and was done; newest first.

    What bears one instant stands in the order it happened: out of one queue, then into the next.
    """
    row, step = QueueItemRow, QueueStepRow
    of_the_thing = (row.subject_table == item.subject_table, row.subject_id == item.subject_id)
    stays = uow.rows(uow.select(row.id, row.queue, row.created_at, row.done_at).where(*of_the_thing).limit(MOST_STEPS))
    taken = uow.rows(
        uow.select(
            step.id, step.item_id, step.practice_id, step.patient_id, step.kind, step.actor, step.holder_id,
            step.reason, step.day, step.day_before, step.words_sealed, step.at,
        )
        .where(step.item_id.in_(sorted(each.id for each in stays)))
        .order_by(step.at.desc(), step.id)
        .limit(MOST_STEPS)
    )  # fmt: skip
    names = _names(uow, taken, people)
    found: list[Step] = []
    for stay in sorted(stays, key=lambda each: (each.created_at, each.done_at is None, each.done_at, each.id)):
        title = QUEUES[stay.queue].title if stay.queue in QUEUES else T_("{name}", name=stay.queue)
        found.append(Step(stay.created_at, T_("It came to “{queue}”.", queue=title)))
        oldest_first = reversed([each for each in taken if each.item_id == stay.id])
        found += [Step(each.at, _text(each, names), _words(uow, each)) for each in oldest_first]
        if stay.done_at is not None:
            found.append(Step(stay.done_at, T_("It left “{queue}”.", queue=title)))
    return tuple(sorted(found, key=lambda each: each.at)[::-1])


def _words(uow: UnitOfWork, step: Any) -> str | None:
    owner = step.patient_id or step.practice_id
    words: str | None = uow.open(step.words_sealed, QueueStepRow.words_sealed, row=step.id, subject=owner)
    return words


def _names(uow: UnitOfWork, steps: Any, people: tuple[Colleague, ...]) -> dict[str, str]:
    """Names of all who took a step or got an item, by hex id; those who work here no longer are looked up."""
    names = {each.user_id: each.name for each in people}
    wanted = {each.actor for each in steps if len(each.actor) == 32}
    wanted |= {each.holder_id.hex() for each in steps if each.holder_id}
    missing = sorted(bytes.fromhex(each) for each in wanted - names.keys())
    if missing:
        uow.expect(*missing)
        where: ColumnElement[bool] = UserRow.id.in_(missing)
        for row in uow.rows(uow.select(UserRow.id, UserRow.name_sealed).where(where)):
            names[row.id.hex()] = uow.open(
                row.name_sealed, UserRow.name_sealed, row=row.id, subject=row.id, practice=INSTALLATION
            )
    return names


def _text(step: Any, names: Mapping[str, str]) -> Text:
    who = T_("{name}", name=names.get(step.actor, "")) if names.get(step.actor) else T_("The system")
    to = names.get(step.holder_id.hex(), "") if step.holder_id else ""
    match step.kind:
        case work.TAKEN:
            return T_("{who} took it.", who=who)
        case work.GIVEN:
            return T_("{who} gave it to {name}.", who=who, name=to)
        case work.PUT_BACK:
            return T_("{who} put it back for anybody.", who=who)
        case work.SKIPPED:
            why = work.SKIP_REASONS.get(step.reason) or T_("{code}", code=step.reason or "")
            return T_("{who} put it off until {day}: {why}.", who=who, day=step.day, why=why)
        case work.DUE:
            return T_("{who} moved its due day from {before} to {day}.", who=who, before=step.day_before, day=step.day)
        case work.ANSWERED:
            return T_("The patient answered what was asked.")
    return T_("{who} noted:", who=who)
