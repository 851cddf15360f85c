"""Files of payers' answers on their way in: stored sealed, applied once, gone on with where they broke off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.access.actors import Actor
from portal.domain.interchanges import Finding
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a file of answers; the same file again gives the same figures with `new` False."""

    interchange_id: bytes
    new: bool
    items: int
    applied: int
    findings: tuple[Finding, ...]


Apply = Callable[[bytes, bytes, bool], Received]
"""Applies a stored file: its id, its bytes, and whether it is new."""


def take(
    units: Units, actor: Actor, permission: str, kind: str, name: str, body: bytes, apply: Apply, *,
    request: Request | None = None,
) -> Received:  # fmt: skip
    """Store a file sealed, then apply it. Raises Refused `too-large`, `wrong-kind`: then nothing is stored."""
    interchanges.refuse_others(interchanges.kinds_of(body), frozenset({kind}))
    with units.write(actor, permission, request=request, kind="import") as uow:
        file, new = interchanges.receive(uow, name, body, kind=kind)
        if file.state != "RECEIVED":
            return _summary(uow, file)
        file_id = file.id
    return apply(file_id, body, new)


def go_on(
    units: Units, actor: Actor, permission: str, interchange_id: bytes, apply: Apply, *, request: Request | None = None
) -> Received:
    """Apply a stored file, or go on with it; one applied before changes nothing."""
    with units.read(actor, permission, request=request, kind="import") as uow:
        body = interchanges.to_read(uow, interchange_id)
        if body is None:
            return _summary(uow, uow.get(InterchangeRow, interchange_id))
    return apply(interchange_id, body, True)


def _summary(uow: UnitOfWork, file: InterchangeRow) -> Received:
    return Received(file.id, False, file.items, file.applied, tuple(interchanges.findings_of(uow, file)))
