"""Files in and out: stored sealed before anything is made of them, once each, with what was found in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.interchanges import ControlNumbers, Finding, Partner
from portal.domain.texts import T_, from_json, to_json
from portal.domain.transport import TransportFault
from portal.models.interchanges import InterchangeRow
from portal.models.practices import ControlNumberRow, PartnerRow
from portal.services import outbox, queues, transport
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.x12 import reader
from portal.x12.envelope import Envelope, walk

WRITTEN, LAID, SENT = "WRITTEN", "LAID", "SENT"
PATIENCE = timedelta(minutes=5)
"""So long a file may be on its way between its two units of work before it counts as left behind."""
LIMIT_BYTES = 25 * 1024 * 1024
READ_IN = frozenset({"837P", "837I", "837D", "835", "999", "997", "277CA", "TA1", "271", "277", "278"})
"""Kinds of transaction that come to us: read, or kept until there is a reader."""
KINDS = READ_IN | {"270", "276"}
"""Kinds that we know by name."""
KEPT, SPLIT = "KEPT", "SPLIT"
PASSING = frozenset({"busy", "not-stored"})
"""Findings about something in the way that the next reading may find gone."""
MOST_SETS = 20_000
"""Transactions (ST) of a file that is read in one piece."""
_ISA = 106
"""Characters of an ISA; its fourth and last are what separates elements and segments."""
MOST_FINDINGS = 500
"""So many findings of a file are kept; its count says how many there were."""
UNATTENDED = timedelta(hours=1)
"""After so long a worker reads what its own reader, broken off somewhere, has not read through."""


def receive(
    uow: UnitOfWork,
    name: str,
    body: bytes,
    *,
    kind: str,
    control: str = "",
    group: str = "",
    partner_id: bytes | None = None,
    at_once: bool = False,
    reads: bool = True,
) -> tuple[InterchangeRow, bool]:
    """Store a file that came in; returns its row and whether it is new. The same bytes again give the first row.

    In the same transaction its reading by a worker is asked for: `at_once`, or by a caller that reads it itself, for an
    hour later, in case that breaks off; not of a file of which only its parts are read. Raises Refused for a file over
    25 MiB.
    """
    check_size(body)
    digest = hashlib.sha256(body).digest()
    standing = uow.first(
        uow.select(InterchangeRow).where(InterchangeRow.direction == "in", InterchangeRow.digest == digest)
    )
    if standing is not None:
        if at_once and standing.state == "RECEIVED":  # its job may have been given up: once a day it is asked for anew
            _ask(uow, standing, f":{uow.today():%Y%m%d}", wait=timedelta())
        return standing, False
    row = _store(
        uow, "in", name, body, digest, kind=kind, control=control, group=group, state="RECEIVED", partner_id=partner_id
    )
    uow.flush()
    if reads:
        _ask(uow, row, "", wait=timedelta() if at_once else UNATTENDED)
    return row, True


def read_anew(uow: UnitOfWork, row: InterchangeRow, *, kind: str) -> None:
    """Have a file read at once that was put by, as the `kind` that it is stored as until then."""
    uow.change(row, state="RECEIVED", kind=kind, items=0, finding_count=0, findings_sealed=None)
    queues.done(uow, row)
    _ask(uow, row, f":{uow.now:%Y%m%dT%H%M%S%f}", wait=timedelta())


def check_size(body: bytes) -> None:
    """Raise Refused `too-large` for a file of more bytes or transactions than are read in one piece."""
    if len(body) > LIMIT_BYTES:
        raise Refused(T_("The file is larger than 25 MiB. Split it and try again; nothing was read."), code="too-large")
    end = re.escape(body[105:106])
    # blanks up to the next terminator: where that is a line end, a run of them would be looked through from each
    starts = re.compile(end + rb"[^\S" + end + rb"]*ST" + re.escape(body[3:4]))
    if len(body) > _ISA and sum(1 for _ in islice(starts.finditer(body), MOST_SETS + 1)) > MOST_SETS:
        raise Refused(
            T_("The file holds more than {most} transactions. Split it; nothing was read.", most=MOST_SETS),
            code="too-large",
        )


def _ask(uow: UnitOfWork, row: InterchangeRow, again: str, *, wait: timedelta) -> None:
    key = f"file.read:{row.id.hex()}{again}"
    outbox.later(uow, "file.read", key, {"interchange": row.id}, run_after=uow.now + wait)


def begin(uow: UnitOfWork, interchange_id: bytes, items: int) -> None:
    """Write down how many items a file holds before a long reading, so that its page can say how far it is."""
    uow.change(uow.get(InterchangeRow, interchange_id), items=items)


def to_read(uow: UnitOfWork, interchange_id: bytes) -> bytes | None:
    """The bytes of a file that has not been read through; None for one that has."""
    row = uow.get(InterchangeRow, interchange_id)
    body: bytes | None = uow.read(row, InterchangeRow.body_sealed) if row.state == "RECEIVED" else None
    return body


def kinds_of(body: bytes) -> frozenset[str]:
    """The kinds of transaction in a file, TA1 among them, for the import that it belongs to; empty when unreadable."""
    return kinds_in(walk(reader.read(body)))


def kinds_in(envelope: Envelope) -> frozenset[str]:
    """The kinds of transaction in what was walked through already."""
    kinds = {one.kind for one in envelope.sets}
    return frozenset(kinds | {"TA1" for interchange in envelope.interchanges if interchange.ta1})


def refuse_others(found: Collection[str], wanted: Collection[str]) -> None:
    """Raise Refused for a sound file of other kinds (`wrong-kind`), or of these and others (`several-kinds`).

    It is not stored: its own import is to meet it, and of a file of several imports each would pass over what is the
    others'. A file in which no kind can be told is not refused: its import keeps it and says what is wrong.
    """
    if found and set(wanted).isdisjoint(found):
        named = ", ".join(sorted(kind for kind in found if kind.isalnum())[:5]) or "?"
        raise Refused(
            T_("This file holds {kinds}, which cannot be read in here. Nothing was stored.", kinds=named),
            code="wrong-kind",
        )
    if set(found) & READ_IN - set(wanted):
        named = ", ".join(sorted(set(found) & READ_IN))
        raise Refused(
            T_("This file holds {kinds} together. Split it by kind; nothing was stored.", kinds=named),
            code="several-kinds",
        )


def ends(body: bytes) -> bool:
    """Whether a file ends as an interchange ends; one that is still being written does not."""
    segments = reader.read(body).segments
    return bool(segments) and segments[-1].id == "IEA"


def sent(
    uow: UnitOfWork,
    name: str,
    body: bytes,
    *,
    kind: str,
    control: str,
    group: str,
    partner: PartnerRow,
    items: int,
    id_: bytes,
) -> InterchangeRow:
    """Store a file that goes out, in the transaction that allocated its numbers."""
    digest = hashlib.sha256(body).digest()
    return _store(
        uow, "out", name, body, digest, kind=kind, control=control, group=group, state=WRITTEN, partner_id=partner.id,
        items=items, id_=id_,
    )  # fmt: skip


def _store(uow: UnitOfWork, direction: str, name: str, body: bytes, digest: bytes, **more: Any) -> InterchangeRow:
    values = {
        "direction": direction, "kind": more["kind"], "digest": digest, "name_sealed": name[-120:] or "unnamed",
        "body_sealed": body, "state": more["state"], "control": more["control"], "group_control": more["group"],
        "partner_id": more.get("partner_id"), "items": more.get("items", 0), "applied": 0, "finding_count": 0,
        "size_bytes": len(body), "created_at": uow.now, "created_by": uow.actor.identity,
    }  # fmt: skip
    return uow.new(InterchangeRow, id_=more.get("id_") or new_id(), **values)


def read_through(
    uow: UnitOfWork, row: InterchangeRow, *, items: int, applied: int, findings: Sequence[Finding], whole: bool = True
) -> tuple[Finding, ...]:
    """Write down what became of a file: how many items, how many changed something, what was found; returns the last.

    What is not `whole`, because something stood in the way that may pass, is to be read again.
    """
    if row.state != "RECEIVED":  # another reader was at the same file, and has ended it
        return tuple(findings_of(uow, row))
    found = _together(findings_of(uow, row), findings)
    state = "APPLIED" if applied and applied == items else "PARTLY" if applied else "REFUSED" if found else "READ"
    uow.change(
        row,
        state=state if whole else "RECEIVED",
        items=items,
        applied=applied,
        finding_count=len(found),
        findings_sealed=[finding_values(finding) for finding in found[:MOST_FINDINGS]] or None,
    )
    if whole:
        queues.done(uow, row)
    return found


def keep(uow: UnitOfWork, interchange_id: bytes, findings: Sequence[Finding]) -> None:
    """Write findings down with what they are about, so that none is lost when the reading breaks off behind it."""
    if findings:
        row = uow.get(InterchangeRow, interchange_id)
        found = _together(findings_of(uow, row), findings)
        kept = [finding_values(each) for each in found[:MOST_FINDINGS]]
        uow.change(row, finding_count=len(found), findings_sealed=kept)


def _together(stood: Iterable[Finding], found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of all readings of a file, in its order and each once; what passed by does not stay."""
    each = [*(finding for finding in stood if finding.code not in PASSING), *found]
    by_words = {(finding.segment, finding.code, json.dumps(to_json(finding.text))): finding for finding in each}
    return tuple(sorted(by_words.values(), key=lambda finding: finding.segment))


def finding_values(finding: Finding) -> dict[str, Any]:
    """A finding as it is stored; its words are made again when shown, in the reader's language."""
    return {"segment": finding.segment, "code": finding.code, "text": to_json(finding.text)}


def findings_of(uow: UnitOfWork, row: InterchangeRow) -> list[Finding]:
    """The findings kept with a file."""
    stored = uow.read(row, InterchangeRow.findings_sealed) or []
    return [finding_of(each) for each in stored]


def finding_of(stored: dict[str, Any]) -> Finding:
    """The finding that `finding_values` stored."""
    return Finding(stored["segment"], stored["code"], from_json(stored["text"]))


def hand_on(
    units: Units, parts: Parts, actor: Actor, permission: str, id_: bytes, *, request: Request | None = None
) -> bool:
    """Bring a stored file to its partner, between units of work, and record that it went; False when it did not.

    It is laid aside there, that is recorded, and it gets its name: whatever breaks off, the next try sees how far it
    came, and no file goes twice. What another is at is left alone, since both would write the same file aside; a worker
    leaves a partner that rests after a failure, and what a person asks for is tried at once.
    """
    with units.write(actor, permission, request=request) as uow:
        file = uow.get(InterchangeRow, id_)
        (route,) = transport.routes(uow, file.partner_id)
        held = file.tried_at is not None and file.tried_at > uow.now - PATIENCE
        if file.state not in {WRITTEN, LAID} or held or (_by_itself(actor) and route.rests(uow.now)):
            return file.state == SENT
        uow.change(file, tried_at=uow.now)
        state, going = file.state, _Going(uow.read(file, InterchangeRow.name_sealed), id_, route)
        body = uow.read(file, InterchangeRow.body_sealed)
    if actor.user_id is None:  # what a worker for all practices does about one is that practice's
        actor = replace(actor, practice_id=route.practice_id)
    try:
        with transport.reach(parts, route) as exchange:
            if state == WRITTEN:
                exchange.lay(route.folder, going.name, body)
                with units.write(actor, permission, request=request) as uow:
                    uow.change(uow.get(InterchangeRow, id_), state=LAID)
            exchange.hand(route.folder, going.name, body)
    except (OSError, TransportFault) as error:
        with units.write(actor, permission, request=request) as uow:
            _did_not_go(uow, going, transport.fault_of(error, route))
        return False
    with units.write(actor, permission, request=request) as uow:
        file = uow.get(InterchangeRow, id_)
        if file.state == LAID:
            uow.change(file, state=SENT, tried_at=None)
        transport.worked(uow, route)
        queues.done(uow, file)
    return True


@dataclass(frozen=True, slots=True)
class _Going:
    """A file on its way."""

    name: str
    id: bytes
    route: transport.Route


def _by_itself(actor: Actor) -> bool:
    """Whether a worker acts, and no person by page or command."""
    return actor.user_id is None and not actor.purpose


def _did_not_go(uow: UnitOfWork, going: _Going, fault: TransportFault) -> None:
    """Another file of its name is a matter of this file; anything else is one of the partner."""
    file = uow.get(InterchangeRow, going.id)
    uow.change(file, tried_at=None)
    if fault.code != "other-bytes":
        transport.failed(uow, going.route, fault)
        return
    keep(uow, file.id, [Finding(0, fault.code, fault.text)])
    text = T_("{partner}: {what}", partner=going.route.name, what=fault.text)
    queues.put(uow, transport.QUEUE, file, reason=fault.code, detail={"text": to_json(text)})


def left_behind(uow: UnitOfWork, kind: str, after: timedelta) -> list[bytes]:
    """Files of a kind that were stored so long ago and not handed on, the oldest first."""
    rows = uow.rows(
        uow.select(InterchangeRow.id)
        .where(
            InterchangeRow.direction == "out",
            InterchangeRow.kind == kind,
            InterchangeRow.state.in_((WRITTEN, LAID)),
            InterchangeRow.created_at <= uow.now - after,
        )
        .order_by(InterchangeRow.created_at, InterchangeRow.id)
    )
    return [row.id for row in rows]


def control_numbers(uow: UnitOfWork, partner: PartnerRow, sets: int) -> ControlNumbers:
    """Allocate ISA13, GS06 and a run of ST02 in the transaction that stores the file, so none is used twice."""
    taken: dict[str, int] = {}
    rows = uow.entities(uow.select(ControlNumberRow).where(ControlNumberRow.partner_id == partner.id).with_for_update())
    for row in rows:
        taken[row.kind] = row.following
        uow.change(row, following=row.following + (sets if row.kind == "set" else 1))
    return ControlNumbers(taken["interchange"], taken["group"], taken["set"])


def as_partner(row: PartnerRow) -> Partner:
    """A stored partner as the envelope needs it."""
    return Partner(
        sender_qualifier=row.sender_qualifier, sender_id=row.sender_id, receiver_qualifier=row.receiver_qualifier,
        receiver_id=row.receiver_id, group_sender=row.group_sender, group_receiver=row.group_receiver, usage=row.usage,
        submitter_name=row.submitter_name, submitter_contact=row.submitter_contact,
        submitter_phone=row.submitter_phone, receiver_name=row.name,
    )  # fmt: skip
