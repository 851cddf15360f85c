"""What steps with keys share: each is a unit of work of its own under `key:manage`, told as an event of type "key"."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final

from portal.access.actors import Actor
from portal.crypto.keyring import KeyState, may_move, new_stored_key
from portal.crypto.keys import Purpose
from portal.crypto.roots import Root
from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_
from portal.models.keys import KekRow
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

Slot = tuple[bytes, int, int]
"""Tenant, purpose, generation: how a tenant key is named."""
DISABLED_FOR: Final = timedelta(days=30)
"""So long a key can be had back before it is destroyed."""
SETTLED: Final = timedelta(hours=1)
"""Longer than anything works with what it read: later nothing is written any more under a key that was replaced."""


def step(units: Units, actor: Actor) -> AbstractContextManager[UnitOfWork]:
    """One step with keys."""
    return units.write(actor, "key:manage", kind="key")


def name(slot: Slot) -> str:
    """How a tenant key stands in events."""
    return f"{slot[0].hex()}.{int(slot[1])}.{slot[2]}"


def standing(uow: UnitOfWork, tenant: bytes, purpose: Purpose) -> dict[str, list[KekRow]]:
    """A tenant's keys of a purpose by state, locked until the step ends; raises NotFound when none is active."""
    where = (KekRow.tenant == tenant, KekRow.purpose == int(purpose))
    found: dict[str, list[KekRow]] = {}
    for row in uow.entities(uow.select(KekRow).where(*where).order_by(KekRow.generation).with_for_update()):
        found.setdefault(row.state, []).append(row)
    if KeyState.ACTIVE not in found:
        raise NotFound(T_("There is no key for this practice. Run ./candor setup first."), code="not-found")
    return found


def active(uow: UnitOfWork, tenant: bytes, purpose: Purpose) -> int:
    """The generation that is written under."""
    return standing(uow, tenant, purpose)[KeyState.ACTIVE][0].generation


def begin(
    units: Units,
    actor: Actor,
    roots: Root,
    tenant: bytes,
    purpose: Purpose,
    unfinished: Callable[[UnitOfWork, bytes, int], bool],
) -> int:
    """Make and activate a tenant's next key; the one of a change that was broken off, where there is one.

    `unfinished` tells whether something still names a generation older than the active one. A process that meets a
    generation it does not know asks the store for it, so none has to report first.
    """
    with step(units, actor) as uow:
        found = standing(uow, tenant, purpose)
        if KeyState.PENDING not in found and not unfinished(uow, tenant, found[KeyState.ACTIVE][0].generation):
            generation = 1 + max(row.generation for rows in found.values() for row in rows)
            uow.store_key(new_stored_key(roots, tenant, purpose, generation, KeyState.PENDING))
    with step(units, actor) as uow:
        found = standing(uow, tenant, purpose)
        for row in found.get(KeyState.PENDING, []):
            for old in found[KeyState.ACTIVE]:
                move(uow, old, KeyState.DECRYPT_ONLY)
            move(uow, row, KeyState.ACTIVE)
        uow.reload_keys()
        return active(uow, tenant, purpose)


def move(uow: UnitOfWork, row: KekRow, state: KeyState) -> None:
    """Bring a key into its next state, told by the event; raises Refused for a state that does not follow."""
    if not may_move(row.state, state):
        raise Refused(T_("A key cannot go from {old} to {new}.", old=row.state, new=str(state)), code="key-state")
    uow.note("key", name((row.tenant, row.purpose, row.generation)))
    uow.change(row, state=str(state), changed_at=uow.now)
    uow.flush()


def destroy(uow: UnitOfWork, row: KekRow) -> None:
    """Destroy a disabled key: its wrapped bytes go. Whether anything names it is the caller's question."""
    if uow.now - row.changed_at < DISABLED_FOR:
        raise Refused(T_("A key is destroyed after it has been disabled for 30 days."), code="key-too-young")
    move(uow, row, KeyState.DESTROYED)
    uow.change(row, wrapped=b"")
