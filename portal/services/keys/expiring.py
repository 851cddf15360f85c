"""Audit keys of months past their time: disabled, and destroyed a month later (SECURITY 3.6)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from portal.access.actors import Actor
from portal.crypto.audit_text import audit_generation_of
from portal.crypto.keyring import KeyState
from portal.crypto.keys import Purpose
from portal.models.keys import KekRow
from portal.services.keys import steps
from portal.services.keys.steps import Slot, step
from portal.services.unit_of_work.units import Units


def slot_of(tenant: bytes, sealed: bytes) -> Slot:
    """Which audit key a sealed text of a tenant's event needs."""
    return tenant, int(Purpose.AUDIT), audit_generation_of(sealed)


def expire(
    units: Units, actor: Actor, before: datetime, kept: Collection[Slot], named: Collection[Slot]
) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
    """Disable audit keys of months that ended before an instant, destroy those disabled for 30 days; gives both.

    Left as they are: `kept`, which events under a legal hold need, and `named`, which unexpired backups do.
    """
    disabled: list[Slot] = []
    destroyed: list[Slot] = []
    with step(units, actor) as uow:
        where = KekRow.purpose == int(Purpose.AUDIT), KekRow.state != KeyState.DESTROYED
        for row in uow.entities(uow.select(KekRow).where(*where).order_by(KekRow.generation).with_for_update()):
            slot = (row.tenant, int(row.purpose), row.generation)
            if _ended(row.generation) > before or slot in kept:
                continue
            if row.state != KeyState.DISABLED:
                if row.state == KeyState.ACTIVE:
                    steps.move(uow, row, KeyState.DECRYPT_ONLY)
                steps.move(uow, row, KeyState.DISABLED)
                disabled.append(slot)
            elif uow.now - row.changed_at >= steps.DISABLED_FOR and slot not in named:
                steps.destroy(uow, row)
                destroyed.append(slot)
        uow.reload_keys()
    return tuple(disabled), tuple(destroyed)


def _ended(generation: int) -> datetime:
    """When the month of an audit key was over: the first instant of the next."""
    year, month = divmod(generation + 1, 12)
    day = date(year, month + 1, 1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
