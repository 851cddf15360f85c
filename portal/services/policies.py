"""What a practice decided about billing its patients: the newest version of each policy, and keeping a new one."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, ClassVar, Protocol, TypeVar

from portal.domain.errors import Conflict
from portal.domain.texts import T_
from portal.models.policies import PracticePolicyRow
from portal.services.unit_of_work.work import UnitOfWork

_CHANGED = T_("Somebody else changed these rules meanwhile. Look at them again; nothing was kept.")


class Policy(Protocol):
    """A frozen dataclass of `domain` whose every field has a default and is plain JSON or a tuple of it."""

    KIND: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


P = TypeVar("P", bound=Policy)


def current(uow: UnitOfWork, practice_id: bytes, kind: type[P]) -> P:
    """What holds now; the domain's defaults where a practice decided nothing. A field that is gone is passed over."""
    row = _newest(uow, practice_id, kind.KIND)
    if row is None:
        return kind()
    known = {field.name for field in fields(kind)}
    return kind(**{name: _tuples(value) for name, value in row.body.items() if name in known})


def version(uow: UnitOfWork, practice_id: bytes, kind: type[Policy]) -> int:
    """Which version holds, 0 for the defaults: what a form carries so that nobody overwrites what they did not see."""
    row = _newest(uow, practice_id, kind.KIND)
    return 0 if row is None else row.number


def keep(uow: UnitOfWork, practice_id: bytes, value: Policy, *, version: int) -> None:
    """Keep a new version after the one that was looked at; Conflict `policy-changed` where another came since."""
    row = _newest(uow, practice_id, value.KIND)
    if version != (0 if row is None else row.number):
        raise Conflict(_CHANGED, code="policy-changed")
    if row is not None and current(uow, practice_id, type(value)) == value:
        return
    body = asdict(value)
    uow.new(
        PracticePolicyRow, practice_id=practice_id, kind=value.KIND, number=version + 1, body=body,
        kept_by=uow.actor.identity, kept_at=uow.now,
    )  # fmt: skip


def _newest(uow: UnitOfWork, practice_id: bytes, kind: str) -> PracticePolicyRow | None:
    row = PracticePolicyRow
    wanted = uow.select(row).where(row.practice_id == practice_id, row.kind == kind)
    return uow.first(wanted.order_by(row.number.desc()))


def _tuples(value: Any) -> Any:
    """JSON knows lists only, and what is kept is frozen."""
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value
