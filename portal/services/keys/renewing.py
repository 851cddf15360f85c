"""One subject's data key renewed, when it may be known to somebody (SECURITY 2.5.3).

Every envelope names the version it is sealed under, so that what is left to do is seen in the rows themselves. The old
version opens until nothing can be written under it any more: an hour later the worker (`settle`) seals what came in
between again and drops it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.access.actors import Actor, system
from portal.crypto.envelope import version_of
from portal.crypto.keyring import KeyState
from portal.models.base import Base
from portal.models.catalog import APPEND_ONLY
from portal.models.keys import SubjectKeyRow
from portal.services.keys import owned, steps
from portal.services.keys.steps import step
from portal.services.unit_of_work.fields import shape
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Renewal:
    """A subject's new key version, how many rows were sealed again, and how many stay as they are for ever."""

    version: int
    rows: int
    kept: int
    """Rows of append-only tables: the old version stays for them, to open and not to seal."""


def renew(units: Units, actor: Actor, subject: bytes) -> Renewal:
    """Give one subject a new data key and seal its rows again in batches, each with its digests in one transaction.

    Run again after a break it goes on under the same new key. Rows of append-only tables cannot be sealed again. The
    old version is dropped by `settle`. Raises NotFound.
    """
    version = begin(units, actor, subject)
    rows = sum(reseal(units, actor, subject))
    with step(units, actor) as uow:
        kept = _kept(uow, subject)
        uow.note("subject-key", subject)
    return Renewal(version, rows, kept)


def begin(units: Units, actor: Actor, subject: bytes) -> int:
    """Make the next version of a subject's key; the one of a renewal that was broken off, where there is one."""
    with step(units, actor) as uow:
        tenant = owned.tenant_of(uow, subject)
        # Of two at once the second waits here, and goes on with what the first made.
        uow.rows(uow.select(SubjectKeyRow.version).where(SubjectKeyRow.subject == subject).with_for_update())
        active = _active(uow, subject)
        unfinished = active is not None and any(_older(uow, model, subject, active) for model in _models())
        if active is None or not unfinished:
            active = uow.renew_key(tenant, subject)
        uow.note("subject-key", subject)
        uow.trail.subjects.clear()
        return active


def reseal(units: Units, actor: Actor, subject: bytes, batch: int = BATCH) -> Iterator[int]:
    """Seal what stands under older versions again, a batch a transaction; yields their numbers."""
    for model in _models():
        with units.read(actor, "key:manage", kind="key") as uow:
            ids = _older(uow, model, subject, _active(uow, subject) or 0)
        few = owned.at_once(model, batch)
        for at in range(0, len(ids), few):
            with step(units, actor) as uow:
                some = owned.column(model, "id").in_(ids[at : at + few])
                rows = uow.entities(uow.select(model).where(some, owned.by(model, subject)).with_for_update())
                for row in rows:
                    uow.reseal(row)
                uow.note("subject-key", subject)
                uow.trail.subjects.clear()  # nobody was shown to anybody
            yield len(rows)


def settle(units: Units) -> int:
    """Drop old key versions that nothing names, an hour after their successors came; how many. The worker's part.

    What was written meanwhile by somebody who had read the old version is sealed again first.
    """
    now, old, new = units.clock.now(), aliased(SubjectKeyRow), aliased(SubjectKeyRow)
    with units.housekeeping(everywhere=True) as session:
        found = session.execute(
            select(old.subject)
            .join(new, (new.subject == old.subject) & (new.state == KeyState.ACTIVE))
            .where(old.state == KeyState.DECRYPT_ONLY, new.created_at <= now - steps.SETTLED)
            .distinct()
        ).scalars()
        ripe = [
            subject
            for subject in found
            if not any(
                session.execute(select(owned.column(model, "id")).where(owned.by(model, subject)).limit(1)).first()
                for model in _models(append_only=True)
            )
        ]
    actor, gone = system("key.settle"), 0
    for subject in ripe:
        sum(reseal(units, actor, subject))
        with step(units, actor) as uow:
            active = _active(uow, subject)
            if active is None or any(_older(uow, model, subject, active) for model in _models()):
                continue  # shredded, or written to this very moment: the next turn sees to it
            gone += uow.erase(SubjectKeyRow, SubjectKeyRow.subject == subject, SubjectKeyRow.version < active)
            uow.note("subject-key", subject)
    return gone


def _models(*, append_only: bool = False) -> list[type[Base]]:
    return [model for model in owned.sealed_models() if (model.__tablename__ in APPEND_ONLY) == append_only]


def _active(uow: UnitOfWork, subject: bytes) -> int | None:
    where = SubjectKeyRow.subject == subject, SubjectKeyRow.state == KeyState.ACTIVE
    row = uow.row(uow.select(SubjectKeyRow.version).where(*where))
    return None if row is None else row.version


def _kept(uow: UnitOfWork, subject: bytes) -> int:
    return sum(
        uow.count(uow.select(owned.column(model, "id")).where(owned.by(model, subject)))
        for model in _models(append_only=True)
    )


def _older(uow: UnitOfWork, model: type[Base], subject: bytes, active: int) -> list[bytes]:
    """Ids of a subject's rows with a value under another version than the active one."""
    names = list(shape(model).sealed)
    columns = [owned.column(model, name) for name in names]
    rows = uow.rows(uow.select(owned.column(model, "id"), *columns).where(owned.by(model, subject)))
    return sorted(row.id for row in rows if _named(row, names) - {active})


def _named(row: Any, names: list[str]) -> set[int]:
    boxes = (getattr(row, name) for name in names)
    return {version_of(box.blob) for box in boxes if box is not None}
