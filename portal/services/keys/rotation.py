"""Rotation without downtime: states of every generation, subject keys over in batches, roots (SECURITY 2.5).

What a step left undone is seen in the rows themselves (which KEK or root each wrapped key names), so that a broken-off
run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func

from portal.access.actors import Actor
from portal.crypto.keyring import KeyState, StoredKey, rewrap_stored_key
from portal.crypto.keys import Purpose, kek_generation_of
from portal.crypto.roots import Root, root_generation_of
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.models.keys import KekRow, SubjectKeyRow
from portal.services.keys import steps
from portal.services.keys.steps import Slot, name, step
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Generation:
    """One tenant key as it stands: which root it is under, and how many subject keys name it."""

    tenant: bytes
    purpose: str
    generation: int
    state: str
    root: int
    subject_keys: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """All tenant keys, and where the root is."""

    root: str
    root_generation: int
    generations: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation came to: the new generation, how many subject keys went over, what became of older ones."""

    generation: int
    rewrapped: int
    disabled: tuple[int, ...]
    destroyed: tuple[int, ...]


def status(uow: UnitOfWork, roots: Root) -> Status:
    """Every generation with its state and the number of subject keys that name it; opens no key."""
    named = {
        (row.tenant, row.kek_generation): row.n
        for row in uow.rows(
            uow.select(SubjectKeyRow.tenant, SubjectKeyRow.kek_generation, func.count().label("n")).group_by(
                SubjectKeyRow.tenant, SubjectKeyRow.kek_generation
            )
        )
    }
    rows = uow.entities(uow.select(KekRow).order_by(KekRow.tenant, KekRow.purpose, KekRow.generation))
    return Status(
        roots.describe(),
        roots.generation,
        tuple(
            Generation(
                row.tenant, Purpose(row.purpose).name.lower(), row.generation, row.state,
                root_generation_of(row.wrapped) if row.wrapped else 0,
                named.get((row.tenant, row.generation), 0) if row.purpose == Purpose.FIELD else 0,
                row.created_at, row.changed_at,
            )
            for row in rows
        ),
    )  # fmt: skip


def rotate(units: Units, actor: Actor, roots: Root, tenant: bytes, named: Collection[Slot] = ()) -> Rotation:
    """Give a tenant a new KEK: pending, active, all subject keys over to it in batches, older ones retired.

    `named` are the keys that unexpired backups need (`backups.keys_named`). Run again after a break it goes on.
    """
    generation = begin(units, actor, roots, tenant)
    rewrapped = sum(rewrap_subjects(units, actor, tenant))
    return Rotation(generation, rewrapped, *retire(units, actor, tenant, named))


def begin(units: Units, actor: Actor, roots: Root, tenant: bytes) -> int:
    """Make and activate the next KEK; the one of a rotation that was broken off, where there is one."""
    return steps.begin(units, actor, roots, tenant, Purpose.FIELD, _naming_older)


def rewrap_subjects(units: Units, actor: Actor, tenant: bytes, batch: int = BATCH) -> Iterator[int]:
    """Wrap the subject keys that name an older KEK under the active one, a batch a transaction; yields their numbers.

    The generation in each row is the cursor: what is done no longer names the old one. Compare-and-swap on the old
    bytes: a row that someone else wrote meanwhile is left for the next batch.
    """
    while True:
        with step(units, actor) as uow:
            active = steps.active(uow, tenant, Purpose.FIELD)
            rows = uow.rows(
                uow.select(
                    SubjectKeyRow.subject, SubjectKeyRow.version, SubjectKeyRow.wrapped, SubjectKeyRow.commitment
                )
                .where(SubjectKeyRow.tenant == tenant, SubjectKeyRow.kek_generation != active)
                .order_by(SubjectKeyRow.subject, SubjectKeyRow.version)
                .limit(batch)
            )
            done = sum(_rewrap_one(uow, tenant, row) for row in rows)
            if rows:
                uow.note("key", name((tenant, Purpose.FIELD, active)))
                uow.trail.count = done
        if not rows:
            return
        yield done


def _rewrap_one(uow: UnitOfWork, tenant: bytes, row: Any) -> int:
    wrapped = uow.keyring.rewrap_data_key(tenant, row.subject, row.version, row.wrapped, row.commitment)
    return uow.replace(
        SubjectKeyRow,
        SubjectKeyRow.subject == row.subject,
        SubjectKeyRow.version == row.version,
        SubjectKeyRow.wrapped == row.wrapped,
        wrapped=wrapped,
        kek_generation=kek_generation_of(wrapped),
    )


def retire(
    units: Units, actor: Actor, tenant: bytes, named: Collection[Slot] = ()
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Disable KEKs that no subject key names, destroy those disabled for 30 days; gives both lists of generations.

    Left as they are: any that a row or an unexpired backup names.
    """
    disabled, destroyed = [], []
    with step(units, actor) as uow:
        found = steps.standing(uow, tenant, Purpose.FIELD)
        for row in found.get(KeyState.DECRYPT_ONLY, []):
            if not _naming(uow, tenant, row.generation):
                steps.move(uow, row, KeyState.DISABLED)
                disabled.append(row.generation)
        for row in found.get(KeyState.DISABLED, []):
            ripe = row.generation not in disabled and uow.now - row.changed_at >= steps.DISABLED_FOR
            if ripe and (tenant, int(Purpose.FIELD), row.generation) not in named:
                destroy(uow, row, named)
                destroyed.append(row.generation)
        uow.reload_keys()
    return tuple(disabled), tuple(destroyed)


def destroy(uow: UnitOfWork, row: KekRow, named: Collection[Slot]) -> None:
    """Destroy a disabled KEK: its wrapped bytes go; raises Refused while a row or an unexpired backup names it."""
    if _naming(uow, row.tenant, row.generation) or (row.tenant, row.purpose, row.generation) in named:
        raise Refused(
            T_("A record or a backup still needs this key. It can be destroyed once neither names it."),
            code="key-named",
        )
    steps.destroy(uow, row)


def rewrap(units: Units, actor: Actor, roots: Root) -> int:
    """Wrap every tenant key under the newest root, each by compare-and-swap; how many went over."""
    with step(units, actor) as uow:
        rows = uow.rows(uow.select(KekRow.tenant, KekRow.purpose, KekRow.generation, KekRow.state, KekRow.wrapped))
        done = 0
        for row in rows:
            if not row.wrapped or root_generation_of(row.wrapped) == roots.generation:
                continue
            old = StoredKey(row.tenant, row.purpose, row.generation, row.state, row.wrapped)
            new = rewrap_stored_key(roots, old)
            met = uow.replace(KekRow, *_is(new), KekRow.wrapped == row.wrapped, wrapped=new.wrapped, changed_at=uow.now)
            if met != 1:
                raise Conflict(T_("A key was changed meanwhile. Nothing was wrapped anew; run it again."), code="key")
            uow.note("key", name((row.tenant, row.purpose, row.generation)))
            done += 1
        uow.trail.count = done
        uow.reload_keys()
    return done


def root_generations(wrapped: Iterable[bytes]) -> list[int]:
    """The roots that some wrapped tenant keys name; destroyed keys name none."""
    return sorted({root_generation_of(each) for each in wrapped if each})


def _is(key: StoredKey) -> tuple[ColumnElement[bool], ...]:
    return (KekRow.tenant == key.tenant, KekRow.purpose == int(key.purpose), KekRow.generation == key.generation)


def _naming(uow: UnitOfWork, tenant: bytes, generation: int) -> int:
    where = (SubjectKeyRow.tenant == tenant, SubjectKeyRow.kek_generation == generation)
    return uow.count(uow.select(SubjectKeyRow.subject).where(*where))


def _naming_older(uow: UnitOfWork, tenant: bytes, generation: int) -> bool:
    where = (SubjectKeyRow.tenant == tenant, SubjectKeyRow.kek_generation != generation)
    return uow.row(uow.select(SubjectKeyRow.subject).where(*where)) is not None
