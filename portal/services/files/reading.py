"""Taking files in by what they are: stored at once, read by a worker, whoever brought them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from portal.access.actors import Actor
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges
from portal.services.claims import answers
from portal.services.encounters import importing as visits
from portal.services.remittances import importing as remittances
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units


@dataclass(frozen=True, slots=True)
class Import:
    """One import: what a file of it is stored as until it is read, what it reads, who may ask for it, how it reads."""

    kind: str
    kinds: frozenset[str]
    permissions: tuple[str, ...]
    read_in: Callable[[Units, Actor, Request | None, bytes], object]


VISITS: Final = Import("837P", visits.KINDS, (visits.PERMISSION,), visits.read_in)
REMITTANCES: Final = Import(
    "835", remittances.KINDS, (remittances.PERMISSION, "remittance:post"), remittances.read_in
)  # fmt: skip
ANSWERS: Final = Import("", answers.KINDS, (answers.PERMISSION,), answers.read_in)
IMPORTS: Final = (VISITS, REMITTANCES, ANSWERS)


class NotReadThrough(Exception):
    """Something stood in the way that may pass: the file is to be read again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it was taken in; not `new` when the same bytes were here before."""

    interchange_id: bytes
    new: bool


def import_of(body: bytes) -> Import:
    """The import that a file belongs to; one whose kinds cannot be told is read as visits, which says what is wrong.

    Raises Refused `wrong-kind` for a file that no import reads.
    """
    found = interchanges.kinds_of(body)
    interchanges.refuse_others(found, frozenset().union(*(one.kinds for one in IMPORTS)))
    return next((one for one in IMPORTS if one.kinds & found), VISITS)


def take_in(
    units: Units, actor: Actor, name: str, body: bytes, *, request: Request | None = None, found: Import | None = None
) -> Taken:
    """Store a file sealed and ask for its reading; whoever brings it needs the permissions of its kind.

    Raises Refused `wrong-kind`, `too-large`, Denied; then nothing is stored.
    """
    one = found or import_of(body)
    for permission in one.permissions[1:]:
        units.allow(actor, permission, request=request)
    with units.write(actor, one.permissions[0], request=request, kind="import") as uow:
        row, new = interchanges.receive(uow, name, body, kind=one.kind, at_once=True)
        return Taken(row.id, new)


def read_on(units: Units, actor: Actor, interchange_id: bytes) -> None:
    """Read a stored file, for a worker: who brought it is told as who started it. One read through does nothing.

    Raises NotReadThrough.
    """
    with units.read(actor, "interchange:view", defer=True) as uow:
        row = uow.get(InterchangeRow, interchange_id)
        state, kind, brought_by = row.state, row.kind, row.created_by
    if state != "RECEIVED":
        return
    one = next(one for one in IMPORTS if one.kind == kind)
    one.read_in(units, replace(actor, initiator=brought_by), None, interchange_id)
    with units.read(actor, "interchange:view", defer=True) as uow:
        if uow.get(InterchangeRow, interchange_id).state == "RECEIVED":
            raise NotReadThrough
