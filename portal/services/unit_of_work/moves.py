"""Moving a thing along its life: table, guard, permission, the two-person rule, and the move kept for its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from portal.access import duties, policy
from portal.domain.errors import Refused
from portal.domain.lifecycle import Lifecycle
from portal.domain.texts import T_
from portal.models.base import Base
from portal.models.queues import DutyWaiverRow, TransitionRow
from portal.services.unit_of_work.fields import row_id
from portal.services.unit_of_work.lives import LIVES

if TYPE_CHECKING:
    from portal.services.unit_of_work.work import UnitOfWork


def move(uow: UnitOfWork, entity: Base, to: str, facts: Any, *, reason: str, note: str | None) -> None:
    """Check and record one move; see `UnitOfWork.move`."""
    row = cast("Any", entity)
    life: Lifecycle[Any] = LIVES[entity.__tablename__]
    step = life.permit(row.state, to, facts, reason=reason)
    if step.who == "person" and not uow.actor.system and step.permission != uow.permission:
        decided = policy.decide(uow.actor, step.permission)
        if not decided.allowed:
            raise Refused(T_("Your role does not take this step."), code=decided.reason)
    if step.who != "system":
        _two_people(uow, entity, step.permission)
    record(uow, entity, row.state, to, step.permission, reason, note)
    row.state = to


NOTE_LETTERS = 4000
"""So much of a note is kept; what is longer belongs into a document."""


def record(
    uow: UnitOfWork, entity: Base, frm: str | None, to: str, permission: str, reason: str, note: str | None
) -> None:
    """Keep one move in the thing's history. Raises Refused for a note that nobody would read."""
    if note and len(note) > NOTE_LETTERS:
        raise Refused(T_("This note is too long. Keep it to {n} letters.", n=NOTE_LETTERS), code="note-too-long")
    row = cast("Any", entity)
    patient = row_id(entity) if entity.__tablename__ == "patient" else getattr(entity, "patient_id", None)
    uow.new(
        TransitionRow,
        practice_id=row.practice_id,
        patient_id=patient,
        payer_id=getattr(entity, "payer_id", None),
        subject_table=entity.__tablename__,
        subject_id=row_id(entity),
        from_state=frm,
        to_state=to,
        permission=permission,
        actor=uow.actor.identity,
        at=uow.now,
        reason=reason,
        subject_version=getattr(entity, "version", None) or 0,
        note_sealed=note or None,
    )


def waived(uow: UnitOfWork, earlier: str, later: str, practice_id: bytes) -> bool:
    """Whether a recorded exception lets one person take both steps in this practice today."""
    day = uow.today(practice_id)
    found = uow.rows(
        select(DutyWaiverRow.id).where(
            DutyWaiverRow.practice_id == practice_id,
            DutyWaiverRow.earlier == earlier,
            DutyWaiverRow.later == later,
            DutyWaiverRow.valid_from <= day,
            DutyWaiverRow.valid_to >= day,
        )
    )
    return bool(found)


def _two_people(uow: UnitOfWork, entity: Base, permission: str) -> None:
    earlier = duties.conflicting(permission)
    if not earlier or uow.actor.system:
        return
    taken = uow.rows(
        select(TransitionRow.permission)
        .where(
            TransitionRow.subject_table == entity.__tablename__,
            TransitionRow.subject_id == row_id(entity),
            TransitionRow.permission.in_(sorted(earlier)),
            TransitionRow.actor == uow.actor.identity,
        )
        .distinct()
    )
    for step in taken:
        if not waived(uow, step.permission, permission, cast("Any", entity).practice_id):
            raise Refused(
                T_("This step is for someone other than the person who took the step before. Ask a colleague."),
                code="two-people",
            )
