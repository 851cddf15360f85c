"""Claims about which payers are turned to, and what somebody types of it."""

from __future__ import annotations

import os
from typing import Any

from portal.domain import contacts as rules
from portal.domain.contacts import Contact
from portal.models.claims import ClaimRow
from portal.models.queues import QueueItemRow
from portal.services.contacts import recording
from portal.services.contacts.recording import Kept
from tests.databases import START, World
from tests.make import claims as make

TODAY = START.date()
CALL = {
    "channel": "call", "direction": "out", "day": "2026-08-03", "time": "09:30", "person": "Dana Whitlock",
    "reference": "I-77120", "words": "It is in review.", "next_step": "", "next_on": "",
}  # fmt: skip


def called(**more: str) -> Contact:
    return rules.read(CALL | more, TODAY)


def claim(world: World, **more: Any) -> ClaimRow:
    with world.write("claim:edit") as uow:
        return make.claim(uow, **more)


def record(world: World, about: str, about_id: bytes, role: str = "biller", *, key: str = "", **more: Any) -> Kept:
    settles = more.pop("settles", False)
    with world.write("contact:record", world.actor(role)) as uow:
        key = key or os.urandom(16).hex()
        return recording.record(uow, about, about_id, called(**more), key=key, settles=settles)


def waiting(world: World, queue: str | None = None) -> list[QueueItemRow]:
    """The open items, of one queue or of all."""
    with world.read("queue:view") as uow:
        rows = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.state == "OPEN"))
        return [row for row in rows if queue in {None, row.queue}]
