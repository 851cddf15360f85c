"""What steps with keys share: each is a unit of work of its own under `key:manage`, told as an event of type "key"."""

from __future__ import annotations

from contextlib import AbstractContextManager

from portal.access.actors import Actor
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

Slot = tuple[bytes, int, int]
"""Tenant, purpose, generation: how a tenant key is named."""


def step(units: Units, actor: Actor) -> AbstractContextManager[UnitOfWork]:
    """One step with keys."""
    return units.write(actor, "key:manage", kind="key")


def name(slot: Slot) -> str:
    """How a tenant key stands in events."""
    return f"{slot[0].hex()}.{int(slot[1])}.{slot[2]}"
