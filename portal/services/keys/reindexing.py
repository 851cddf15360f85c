"""A new index root for a tenant: every token made anew while people work (SECURITY 2.5.4, 2.6).

Each token bears the generation it was made under, so that what is left to do is seen in the rows themselves. Meanwhile
look-ups ask for the tokens of every readable generation, writes use the active one, and uniqueness is held over both
(`unit_of_work.sealing`). One-time codes are kept as digests only and cannot be made anew: the old root stays readable
until those made under it are used, gone or replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, or_

from portal.access.actors import Actor
from portal.crypto.blind import mark
from portal.crypto.errors import SealBroken
from portal.crypto.keyring import KeyState
from portal.crypto.keys import INSTALLATION, Purpose
from portal.crypto.roots import Root
from portal.models import catalog
from portal.models.base import Base
from portal.models.patients import RegistrationCodeRow
from portal.models.users import FactorRow
from portal.services.keys import owned, steps
from portal.services.keys.steps import Slot, name, step
from portal.services.unit_of_work.fields import shape
from portal.services.unit_of_work.reading import owner_of
from portal.services.unit_of_work.trail import Trail
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: how many rows have new tokens, how many could not be opened and keep the old ones."""

    rows: int
    broken: int


@dataclass(frozen=True, slots=True)
class Reindexing:
    """What a change of the index root came to; `waiting` rows and codes still name an older generation."""

    generation: int
    rows: int
    broken: int
    waiting: int
    disabled: tuple[int, ...]
    destroyed: tuple[int, ...]


def rotate(units: Units, actor: Actor, roots: Root, tenant: bytes, named: Collection[Slot] = ()) -> Reindexing:
    """Give a tenant a new index root: all tokens over to it in batches, older ones retired.

    The old root is disabled by a later run, an hour after the new one came, once nothing names it. `named` are the keys
    that unexpired backups need. Run again after a break it goes on. Raises NotFound.
    """
    generation = steps.begin(units, actor, roots, tenant, Purpose.INDEX, _rows_name_older)
    done = list(rewrite(units, actor, tenant))
    disabled, destroyed = retire(units, actor, tenant, named)
    with units.read(actor, "key:manage", kind="key") as uow:
        waiting = naming(uow, tenant, range(generation))
    return Reindexing(
        generation, sum(each.rows for each in done), sum(each.broken for each in done), waiting, disabled, destroyed
    )


def rewrite(units: Units, actor: Actor, tenant: bytes, batch: int = BATCH) -> Iterator[Batch]:
    """Make the tokens under older index roots anew, a batch a transaction with its row digests; yields the batches.

    A row that does not open is told as an alert and left: it keeps the old root readable until it is mended.
    """
    for model in _indexed(tenant):
        after = b""
        while True:
            broken: list[bytes] = []
            with step(units, actor) as uow:
                generation = steps.active(uow, tenant, Purpose.INDEX)
                rows = uow.entities(
                    uow.select(model)
                    .where(_of(model, tenant), _column(model, "id") > after, _older(model, generation))
                    .order_by(_column(model, "id"))
                    .limit(owned.at_once(model, batch))
                    .with_for_update()
                )
                uow.expect(*(owner_of(row) for row in rows))
                for row in rows:
                    try:
                        uow.retoken(row)
                    except SealBroken:
                        broken.append(row.id)  # type: ignore[attr-defined]  # every indexed table has one
                if rows:
                    after = rows[-1].id  # type: ignore[attr-defined]  # every indexed table has one
                    uow.note("key", name((tenant, Purpose.INDEX, generation)))
                    uow.trail.count = len(rows) - len(broken)
                uow.trail.subjects.clear()  # nobody was shown to anybody
            if not rows:
                break
            _alarm(units, actor, model, broken)
            yield Batch(len(rows) - len(broken), len(broken))


def retire(
    units: Units, actor: Actor, tenant: bytes, named: Collection[Slot] = ()
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Disable index roots that nothing names any more, destroy those disabled for 30 days; gives both lists.

    Left as they are: those replaced within the hour (somebody may still write what they read before), and any that a
    row, a one-time code or an unexpired backup names.
    """
    disabled, destroyed = [], []
    with step(units, actor) as uow:
        found = steps.standing(uow, tenant, Purpose.INDEX)
        for row in found.get(KeyState.DECRYPT_ONLY, []):
            settled = uow.now - row.changed_at >= steps.SETTLED
            if settled and not naming(uow, tenant, range(row.generation, row.generation + 1)):
                steps.move(uow, row, KeyState.DISABLED)
                disabled.append(row.generation)
        for row in found.get(KeyState.DISABLED, []):
            ripe = row.generation not in disabled and uow.now - row.changed_at >= steps.DISABLED_FOR
            if ripe and (tenant, int(Purpose.INDEX), row.generation) not in named:
                steps.destroy(uow, row)
                destroyed.append(row.generation)
        uow.reload_keys()
    return tuple(disabled), tuple(destroyed)


def naming(uow: UnitOfWork, tenant: bytes, generations: range) -> int:
    """How many rows, by any of their tokens, and one-time codes that still work name some of these generations."""
    low, high = mark(generations.start), mark(generations.stop)
    count = 0
    for model in _indexed(tenant):
        between = or_(*(_between(column, low, high) for column in _tokens(model)))
        count += uow.count(uow.select(_column(model, "id")).where(_of(model, tenant), between))
    codes = uow.select(RegistrationCodeRow.id).where(
        RegistrationCodeRow.practice_id == tenant, RegistrationCodeRow.used_at.is_(None),
        RegistrationCodeRow.expires_at > uow.now, _between(RegistrationCodeRow.code_digest, low, high),
    )  # fmt: skip
    count += uow.count(codes)
    if tenant == INSTALLATION:
        recovery = uow.select(FactorRow.id).where(FactorRow.state == "ACTIVE", _between(FactorRow.digest, low, high))
        count += uow.count(recovery)
    return count


def _rows_name_older(uow: UnitOfWork, tenant: bytes, generation: int) -> bool:
    found = (
        uow.row(uow.select(_column(model, "id")).where(_of(model, tenant), _older(model, generation)))
        for model in _indexed(tenant)
    )
    return any(row is not None for row in found)


def _indexed(tenant: bytes) -> list[type[Base]]:
    """The models with tokens of a tenant: those of a practice's business, or the installation's."""
    found = [model for model in catalog.models().values() if shape(model).indexes]
    return sorted(
        (model for model in found if shape(model).has_practice != (tenant == INSTALLATION)),
        key=lambda model: model.table_code,
    )


def _of(model: type[Base], tenant: bytes) -> ColumnElement[bool]:
    """A tenant's rows; a model without practice is the installation's as a whole."""
    column = _column(model, "practice_id" if shape(model).has_practice else "id")
    found: ColumnElement[bool] = column == tenant if shape(model).has_practice else column.is_not(None)
    return found


def _older(model: type[Base], generation: int) -> ColumnElement[bool]:
    return or_(*(column < mark(generation) for column in _tokens(model)))


def _tokens(model: type[Base]) -> list[Any]:
    return [_column(model, index.attribute) for index in shape(model).indexes]


def _between(column: Any, low: bytes, high: bytes) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (column >= low) & (column < high)
    return found


def _column(model: type[Base], name_: str) -> Any:
    return getattr(model, name_)


def _alarm(units: Units, actor: Actor, model: type[Base], broken: list[bytes]) -> None:
    """Rows that do not open are told as what they are."""
    if broken:
        trail = Trail("alert", asked={(model.table_code, id_) for id_ in broken})
        units.refused(actor, "key:manage", "integrity", kind="alert", outcome=12, trail=trail)
