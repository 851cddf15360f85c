"""The poll: finds what lost webhooks missed, lets go of what was never opened, asks for fees that were not known."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func

from portal.access.actors import system
from portal.domain.payments import CardsRefused, CardsUnavailable, PaymentFacts
from portal.models.payments import CardEventRow, PaymentRow
from portal.services.parts import Parts
from portal.services.payments import settling
from portal.services.unit_of_work.units import Units

LOOK_BACK = timedelta(days=4)
"""How far back events are listed again, at least: three days without webhooks, and one to spare.

Those taken before are known by their id. Who heard nothing for longer asks from there on.
"""
KEPT_BY_THE_PROCESSOR = timedelta(days=29)
"""How far back the processor lists events; it keeps 30 days."""
FEES_ASKED = timedelta(days=14)
"""For so long a fee that is not known is asked for; a bank debit's comes days after its page."""

PATIENCE = timedelta(minutes=2)
"""How long a webhook may be under way before the processor is asked."""

ABANDONED = timedelta(minutes=15)
"""After so long, a payment whose page was never opened is none."""

_POLLER = system("payment.poll")
_SLICE = 500


def poll(units: Units, parts: Parts) -> int:
    """One round; returns how many events and payments it brought forward. Raises CardsUnavailable, CardsRefused."""
    if parts.cards is None:
        return 0
    forward = 0
    events = list(parts.cards.events_since(_since(units)))
    known = _known(units, [event.id for event in events])
    for event in events:
        if event.id not in known:
            forward += settling.apply(units, event)
    forward += _checkouts(units, parts) + settling.catch_up(units)
    return forward + _abandoned(units) + _fees(units, parts)


def _since(units: Units) -> datetime:
    """From where events are listed: a little before the last that was heard, and never less than LOOK_BACK."""
    now = units.clock.now()
    with units.read(_POLLER, "payment:settle") as uow:
        heard = uow.value(uow.select(func.max(CardEventRow.received_at)))
    last = heard - timedelta(hours=1) if heard is not None else now - KEPT_BY_THE_PROCESSOR
    return max(min(now - LOOK_BACK, last), now - KEPT_BY_THE_PROCESSOR)


def _known(units: Units, ids: list[str]) -> set[str]:
    with units.read(_POLLER, "payment:settle") as uow:
        found: set[str] = set()
        for start in range(0, len(ids), _SLICE):
            where = CardEventRow.event_id.in_(ids[start : start + _SLICE])
            found |= {row.event_id for row in uow.rows(uow.select(CardEventRow.event_id).where(where))}
        return found


def _checkouts(units: Units, parts: Parts) -> int:
    """Payments that wait longer than a webhook takes: the processor knows."""
    with units.read(_POLLER, "payment:settle") as uow:
        rows = uow.rows(
            uow.select(PaymentRow.id)
            .where(PaymentRow.state.in_(("PENDING", "PROCESSING")), PaymentRow.created_at < uow.now - PATIENCE)
            .order_by(PaymentRow.created_at)
        )
    return sum(settling.refresh(units, parts, row.id) == "ended" for row in rows)


def _abandoned(units: Units) -> int:
    """Intentions whose page never opened: we stopped between the two steps, and nobody has its address."""
    with units.write(_POLLER, "payment:settle") as uow:
        rows = uow.entities(
            uow.select(PaymentRow)
            .where(PaymentRow.state == "CREATED", PaymentRow.created_at < uow.now - ABANDONED)
            .with_for_update()
        )
        for row in rows:
            uow.move(row, "FAILED", PaymentFacts(), reason="abandoned")
        return len(rows)


def _fees(units: Units, parts: Parts) -> int:
    with units.read(_POLLER, "payment:settle") as uow:
        rows = uow.rows(
            uow.select(PaymentRow.id).where(
                PaymentRow.settled_at > uow.now - FEES_ASKED,
                PaymentRow.fee_cents.is_(None),
                PaymentRow.intent_id.is_not(None),
            )
        )
    for row in rows:
        try:
            settling.record_fee(units, parts, row.id)
        except (CardsUnavailable, CardsRefused):
            continue
    return len(rows)
