"""Taking files in by what they are: stored at once, read by a worker, whoever brought them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from portal.access import policy
from portal.access.actors import Actor
from portal.domain.errors import Conflict, Refused
from portal.domain.interchanges import Finding
from portal.domain.texts import T_, to_json
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges, queues
from portal.services.authorizations import receiving as authorizations
from portal.services.claims import answers, statuses
from portal.services.coverage import receiving as coverage
from portal.services.encounters import importing as visits
from portal.services.files import splitting
from portal.services.files.splitting import KEEPER, Import, Piece, Taken
from portal.services.remittances import importing as remittances
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.x12 import parting
from portal.x12.envelope import walk
from portal.x12.parting import Part
from portal.x12.reader import read

VISITS: Final = Import("837P", visits.KINDS, (visits.PERMISSION,), visits.read_in)
REMITTANCES: Final = Import(
    "835", remittances.KINDS, (remittances.PERMISSION, "remittance:post"), remittances.read_in
)  # fmt: skip
ANSWERS: Final = Import("", answers.KINDS, (answers.PERMISSION,), answers.read_in)
COVERAGE: Final = Import("271", coverage.KINDS, (coverage.PERMISSION,), coverage.read_in)
AUTHORIZATIONS: Final = Import(
    "278", authorizations.KINDS, (authorizations.PERMISSION,), authorizations.read_in
)  # fmt: skip
STATUSES: Final = Import("277", statuses.KINDS, (statuses.PERMISSION,), statuses.read_in)
IMPORTS: Final = (VISITS, REMITTANCES, COVERAGE, AUTHORIZATIONS, ANSWERS, STATUSES)
"""Every kind that is read; one more is one line here. What has no line is kept and not read yet."""
OTHER: Final = "other"
"""Stands for a part whose kind we do not know by name."""

MOST_PARTS: Final = 500


class NotReadThrough(Exception):
    """Something stood in the way that may pass: the file is to be read again."""


def sort(body: bytes) -> tuple[Piece, ...]:
    """A file as the pieces that its imports read, one piece for a file of one; empty where no kind can be told.

    Raises Refused `too-large`.
    """
    interchanges.check_size(body)
    found = parting.parts(body, _label)
    if len(found) > MOST_PARTS:  # they are stored in one transaction
        raise Refused(
            T_(
                "The file changes its kind more than {most} times. Split it by kind; nothing was read.", most=MOST_PARTS
            ),
            code="too-large",
        )
    return tuple(_piece(part) for part in found if part.label or len(found) > 1)


def _label(kind: str) -> str:
    """The import of a kind, by its place in the table, or the kind itself where it is known and has none."""
    at = next((at for at, one in enumerate(IMPORTS) if kind in one.kinds), None)
    return str(at) if at is not None else f"={kind}" if kind in interchanges.KINDS else ""


def _piece(part: Part) -> Piece:
    if part.label.isdigit():
        one = IMPORTS[int(part.label)]
        return Piece(one.kind, one, part.body, part.first, part.last)
    return Piece(part.label[1:] or OTHER, None, part.body, part.first, part.last)


def take_in(
    units: Units,
    actor: Actor,
    name: str,
    body: bytes,
    *,
    request: Request | None = None,
    found: tuple[Piece, ...] | None = None,
    partner_id: bytes | None = None,
    at_once: bool = True,
) -> Taken:
    """Store a file sealed and ask for its reading; whoever brings it needs the permissions of its kinds.

    A file of several imports is stored whole, and each part of it as a file of its own. One in which no kind can be
    told is read as visits, which says what is wrong. Who reads it right away themselves says so by `at_once` False.
    Raises Refused `wrong-kind` for kinds that nobody sends us, `too-large`, Denied; then nothing is stored.
    """
    if not may_bring(actor):
        units.allow(actor, VISITS.permissions[0], request=request)  # before anything of it is looked at
    pieces = found or sort(body) or (Piece(VISITS.kind, VISITS, body, 1, 1),)
    strange = {piece.kind for piece in pieces if piece.import_ is None} - interchanges.READ_IN - {OTHER}
    if strange and not found:
        interchanges.refuse_others(strange, interchanges.READ_IN)
    for permission in {each for piece in pieces for each in piece.permissions} - {pieces[0].permissions[0]}:
        units.allow(actor, permission, request=request)
    try:
        return _store(units, actor, pieces, name, body, request, partner_id, at_once=at_once)
    except Conflict:  # the same file came by another way at the same moment: now it stands
        return _store(units, actor, pieces, name, body, request, partner_id, at_once=at_once)


def may_bring(actor: Actor) -> bool:
    """Whether somebody may read in a file of any kind."""
    return any(policy.decide(actor, one.permissions[0]).allowed for one in IMPORTS)


def _store(
    units: Units,
    actor: Actor,
    pieces: tuple[Piece, ...],
    name: str,
    body: bytes,
    request: Request | None,
    partner_id: bytes | None,
    *,
    at_once: bool,
) -> Taken:
    with units.write(actor, pieces[0].permissions[0], request=request, kind="import") as uow:
        if len(pieces) > 1:
            return splitting.store(uow, name, body, pieces, partner_id, at_once=at_once)
        (piece,) = pieces
        row, new = interchanges.receive(uow, name, body, kind=piece.kind, partner_id=partner_id, at_once=at_once)
        if not new and row.state == interchanges.KEPT and piece.import_ is not None:
            interchanges.read_anew(uow, row, kind=piece.kind)  # it came before there was a reader
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
    one = next((one for one in IMPORTS if one.kind == kind), None)
    acting = replace(actor, initiator=brought_by)
    if one is None:
        _keep(units, acting, interchange_id)
        return
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


def _keep(units: Units, actor: Actor, interchange_id: bytes) -> None:
    """A file of a kind without a reader stays as it came, and says so."""
    with units.write(actor, KEEPER) as uow:
        row = uow.get(InterchangeRow, interchange_id)
        if row.state == "RECEIVED":
            splitting.put_by(uow, row, [Finding(0, "not-read-yet", _NOT_READ)])


_NOT_READ = T_("Files of this kind are kept and not read yet.")
_VISITS_LEFT = T_("It holds visits or claims. Where they are the practice's own, read it in here by hand.")
_STRANGE = T_("It lay in a partner's folder for an hour and is no file that we know.")


def set_aside(units: Units, actor: Actor, name: str, body: bytes, *, partner_id: bytes | None = None) -> bytes:
    """Store what a partner's folder held for long and no import takes: kept sealed, with findings, for a person.

    Given again by hand, it is read as what it is. Raises Refused `too-large`.
    """
    interchanges.check_size(body)
    document = read(body)
    found = sorted((*document.findings, *walk(document).findings), key=lambda each: each.segment)
    pieces = sort(body)
    kind = pieces[0].kind if len(pieces) == 1 else OTHER
    why = _VISITS_LEFT if kind == VISITS.kind else _NOT_READ if kind in interchanges.KINDS else _STRANGE
    with units.write(actor, KEEPER, kind="import") as uow:
        row, new = interchanges.receive(uow, name, body, kind=kind, partner_id=partner_id, reads=False)
        if new:
            splitting.put_by(uow, row, [Finding(0, "set-aside", why), *found])
            queues.put(uow, "unread-files", row, reason="set-aside", detail={"text": to_json(why)})
        return row.id


_TELL = 4
"""Attempts after which a person is told, some two minutes after the first."""


def _line_up(units: Units, actor: Actor, interchange_id: bytes) -> None:
    text = T_("It could not be read through. It is tried again for three days; what was sound in it stands.")
    with units.write(actor, "interchange:view") as uow:
        row = uow.get(InterchangeRow, interchange_id)
        if row.state == "RECEIVED":
            queues.put(uow, "unread-files", row, reason="unread", detail={"text": to_json(text)})
