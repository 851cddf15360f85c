"""What help needs once a day: grants carried on and ended, papers that did not come, drafts that nobody sent."""

from __future__ import annotations

from datetime import date, timedelta

from portal.access.actors import Actor
from portal.domain.assistance.life import GRANTED, AssistanceFacts
from portal.domain.texts import T_, to_json
from portal.models.assistance import AssistanceRow
from portal.services import queues
from portal.services.assistance import deciding, discounts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

DRAFT_DAYS = 90
"""A draft that nobody touched so long is over; a new one is begun in a minute."""
_MISSING = T_("The papers that a patient was asked for did not come")
_MOST = 500


def run(units: Units, actor: Actor) -> int:
    """The work of one practice; harmless as often as one likes. How many applications and bills moved."""
    with units.write(actor, "assistance:prepare") as uow:
        today = uow.today()
        done = _grants(uow, today) + _stale(uow, today) + _missing(uow, today)
    return done + discounts.night(units, actor)


def _grants(uow: UnitOfWork, today: date) -> int:
    done = 0
    for row in _in_states(uow, *GRANTED):
        if row.valid_until is not None and row.valid_until < today:
            uow.move(row, "EXPIRED", AssistanceFacts(), reason="over")
            done += 1
        elif deciding.carry_on(uow, row):
            done += 1
    return done


def _stale(uow: UnitOfWork, today: date) -> int:
    rows = [row for row in _in_states(uow, "DRAFT") if row.begun_at.date() + timedelta(days=DRAFT_DAYS) < today]
    for row in rows:
        uow.move(row, "EXPIRED", AssistanceFacts(), reason="not-sent")
    return len(rows)


def _missing(uow: UnitOfWork, today: date) -> int:
    late = [row for row in _in_states(uow, "INCOMPLETE") if row.due_on is not None and row.due_on < today]
    fresh = [row for row in late if not queues.items_of(uow, row)]
    for row in fresh:
        queues.put(uow, "assistance", row, reason="papers-missing", detail={"text": to_json(_MISSING)})
    return len(fresh)


def _in_states(uow: UnitOfWork, *states: str) -> list[AssistanceRow]:
    row = AssistanceRow
    return uow.entities(uow.select(row).where(row.state.in_(states)).order_by(row.begun_at, row.id).limit(_MOST))
