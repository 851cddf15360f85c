"""Documents in the store: taken in for a visit, drawn by the real program."""

from __future__ import annotations

import os
from typing import Any

from portal.access import roles
from portal.domain.documents import MAKING
from portal.jobs.handlers import HANDLERS, Tools
from portal.models.documents import DocumentRow
from portal.services.attachments import taking
from portal.services.outbox import Job
from tests.make import scans


def take(
    world: Any,
    about: str,
    about_id: bytes,
    *,
    body: bytes | None = None,
    kind: str = "bill",
    name: str = "scan.pdf",
    role: str = roles.CHARGE_CLERK,
) -> bytes:
    """A document attached to something, not drawn yet; its id."""
    with world.write("document:attach", world.actor(role)) as uow:
        return taking.take_in(uow, about, about_id, kind=kind, name=name, body=body or scans.pdf(2)).document_id


def draw(world: Any) -> None:
    """What the worker does for each document that waits, on either engine of jobs."""
    with world.read("document:view") as uow:
        waiting = [row.id for row in uow.rows(uow.select(DocumentRow.id).where(DocumentRow.pages == MAKING))]
    for id_ in waiting:
        job = Job(os.urandom(16), "document.pages", "", world.practice_id, {"document": id_}, 1)
        HANDLERS["document.pages"](Tools(world.units, world.runtime.parts, lambda: None), job)
