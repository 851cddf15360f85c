"""Taking files in by what they are: stored at once, read by a worker, whoever brought them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from portal.access import policy
from portal.access.actors import Actor
from portal.domain.errors import Conflict
from portal.domain.texts import T_, to_json
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges, queues
from portal.services.claims import answers
from portal.services.coverage import receiving as coverage
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
COVERAGE: Final = Import("271", coverage.KINDS, (coverage.PERMISSION,), coverage.read_in)
IMPORTS: Final = (VISITS, REMITTANCES, COVERAGE, ANSWERS)


class NotReadThrough(Exception):
    """Something stood in the way that may pass: the file is to be read again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it was taken in; not `new` when the same bytes were here before."""

    interchange_id: bytes
    new: bool
    waits: bool = True
    """It is still to be read, or to be read on."""


def import_of(body: bytes) -> Import:
    """The import that a file belongs to; one whose kinds cannot be told is read as visits, which says what is wrong.

    Raises Refused `wrong-kind` for a file that no import reads, `several-kinds` for one of several, `too-large`.
    """
    interchanges.check_size(body)
    found = interchanges.kinds_of(body)
    one = next((one for one in IMPORTS if one.kinds & found), VISITS)
    interchanges.refuse_others(found, one.kinds)
    return one


def take_in(
    units: Units,
    actor: Actor,
    name: str,
    body: bytes,
    *,
    request: Request | None = None,
    found: Import | None = None,
    at_once: bool = True,
) -> Taken:
    """Store a file sealed and ask for its reading; whoever brings it needs the permissions of its kind.

    Who reads it right away themselves says so by `at_once` False. Raises Refused `wrong-kind`, `several-kinds`,
    `too-large`, Denied; then nothing is stored.
    """
    if not may_bring(actor):
        units.allow(actor, VISITS.permissions[0], request=request)  # before anything of it is looked at
    one = found or import_of(body)
    for permission in one.permissions[1:]:
        units.allow(actor, permission, request=request)
    try:
        return _store(units, actor, one, name, body, request, at_once=at_once)
    except Conflict:  # the same file came by another way at the same moment: now it stands
        return _store(units, actor, one, name, body, request, at_once=at_once)


def may_bring(actor: Actor) -> bool:
    """Whether somebody may read in a file of any kind."""
    return any(policy.decide(actor, one.permissions[0]).allowed for one in IMPORTS)


def _store(
    units: Units, actor: Actor, one: Import, name: str, body: bytes, request: Request | None, *, at_once: bool
) -> Taken:
    with units.write(actor, one.permissions[0], request=request, kind="import") as uow:
        row, new = interchanges.receive(uow, name, body, kind=one.kind, at_once=at_once)
        return Taken(row.id, new, row.state == "RECEIVED")


def read_on(units: Units, actor: Actor, interchange_id: bytes, *, attempt: int = 1) -> None:
    """Read a stored file, for a worker: who brought it is told as who started it. One read through does nothing.

    What could not be read through after some attempts lies in a queue until it can. Raises NotReadThrough, or whatever
    stood in the way.
    """
    with units.read(actor, "interchange:view", defer=True) as uow:
        row = uow.get(InterchangeRow, interchange_id)
        state, kind, brought_by = row.state, row.kind, row.created_by
    if state != "RECEIVED":
        return
    one = next(one for one in IMPORTS if one.kind == kind)
    acting = replace(actor, initiator=brought_by)
    try:
        one.read_in(units, acting, None, interchange_id)
    except Exception:
        if attempt >= _TELL:
            _line_up(units, acting, interchange_id)
        raise
    with units.read(actor, "interchange:view", defer=True) as uow:
        left = uow.get(InterchangeRow, interchange_id).state == "RECEIVED"
    if left and attempt >= _TELL:
        _line_up(units, acting, interchange_id)
    if left:
        raise NotReadThrough


_TELL = 4
"""Attempts after which a person is told, some two minutes after the first."""


def _line_up(units: Units, actor: Actor, interchange_id: bytes) -> None:
    text = T_("It could not be read through. It is tried again for three days; what was sound in it stands.")
    with units.write(actor, "interchange:view") as uow:
        row = uow.get(InterchangeRow, interchange_id)
        if row.state == "RECEIVED":
            queues.put(uow, "unread-files", row, reason="unread", detail={"text": to_json(text)})
