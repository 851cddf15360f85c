"""Sending: ready claims become checked 837 files, numbered and kept in one transaction, and handed on between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import tuple_

from portal.access.actors import Actor
from portal.domain.claims import Claim
from portal.domain.edits.rules import EditFinding
from portal.domain.errors import Refused
from portal.domain.interchanges import ControlNumbers, Finding, Partner
from portal.domain.texts import T_
from portal.models.claims import ClaimRow, ClaimVersionRow
from portal.models.encounters import EncounterRow
from portal.models.practices import PartnerRow
from portal.services import corrections, interchanges, queues
from portal.services.claims import checking, correcting
from portal.services.claims.building import as_domains
from portal.services.granted import counting
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.x12.claims.places import claims_at
from portal.x12.claims.writing import batches, write_claims
from portal.x12.guides import validate
from portal.x12.reader import read

KINDS = ("837P", "837I", "837D")
MOST_CLAIMS = 500
"""Claims in a file: its transaction holds up other writers, so it stays short."""

_REHEARSAL = ControlNumbers(1, 1, 1)
_MEND = T_("Mend what the file check names, then run the edits again.")
_ALL: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileOut:
    """A file with its claims; `sent` is False when the partner's folder did not take it, and then it goes again."""

    interchange_id: bytes
    name: str
    claims: int
    sent: bool


@dataclass(frozen=True, slots=True)
class Sending:
    """What a run of sending did; `returned` are claims that went back to draft with what the checks found."""

    files: tuple[FileOut, ...] = ()
    returned: int = 0

    @property
    def claims(self) -> int:
        """Claims that are in files now."""
        return sum(file.claims for file in self.files)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A ready claim as it was read, with the row version that must still stand when it is sent."""

    id: bytes
    version: int
    claim: Claim
    findings: tuple[EditFinding, ...]


@dataclass(frozen=True, slots=True)
class _Batch:
    kind: str
    partner_id: bytes
    partner: Partner
    local: datetime
    ready: tuple[_Ready, ...]
    last: tuple[date, bytes] | None


def send_claims(
    units: Units,
    parts: Parts,
    actor: Actor,
    *,
    request: Request | None = None,
    partner: str = "",
    only: bytes | None = None,
) -> Sending:
    """Send every ready claim of the practice, or `only` one, to a partner (by code; may stay empty where there is one).

    Each file is checked by its guide before it exists: a claim with findings goes back to draft with them. Then, in one
    transaction, numbers are allocated, the file and one sealed snapshot of each claim are stored and the claims move;
    the file is put into the partner's folder after that. What fails there is repaired by `resend_unsent`. Raises
    Refused `no-partner`, `which-partner`.
    """
    done = Sending()
    for kind in KINDS:  # a file holds claims of one kind
        done = _send_kind(units, parts, actor, request, done, (kind, partner, only))
    return done


def _send_kind(
    units: Units,
    parts: Parts,
    actor: Actor,
    request: Request | None,
    done: Sending,
    wanted: tuple[str, str, bytes | None],
) -> Sending:
    kind, partner, only = wanted
    after = None
    while True:
        with units.read(actor, "claim:submit", request=request) as uow:
            batch = _next(uow, kind, partner, after, only)
        if batch is None:
            return done
        after = batch.last
        faults = _faults(batch)
        if faults:
            with units.write(actor, "claim:submit", request=request) as uow:
                returned = _return(uow, batch, faults)
            done = replace(done, returned=done.returned + returned)
        sound = [each for each in batch.ready if each.id not in faults]
        if not sound:
            continue
        with units.write(actor, "claim:submit", request=request) as uow:
            file = _store(uow, batch, sound)
        if file is not None:
            sent = interchanges.hand_on(units, parts, actor, "claim:submit", file.interchange_id, request=request)
            done = replace(done, files=(*done.files, replace(file, sent=sent)))


def resend_unsent(
    units: Units, parts: Parts, actor: Actor, *, request: Request | None = None, after: timedelta = timedelta()
) -> int:
    """Put files that were stored so long ago and not handed on into their folder, same name; how many went.

    Without a practice in hand (the system), those of all practices. A file that had gone before the crash goes twice;
    the partner tells so (TA1 note 025), which moves no claim.
    """
    with units.read(actor, "claim:submit", request=request) as uow:
        waiting = [id_ for kind in KINDS for id_ in interchanges.left_behind(uow, kind, after)]
    return sum(interchanges.hand_on(units, parts, actor, "claim:submit", id_, request=request) for id_ in waiting)


def _next(uow: UnitOfWork, kind: str, code: str, after: tuple[date, bytes] | None, only: bytes | None) -> _Batch | None:
    """The next ready claims of a kind, the first due first, built and edited once more: days have passed since."""
    same = EncounterRow.kind.is_(None) if kind == KINDS[0] else EncounterRow.kind == kind
    visit = uow.select(EncounterRow.id).where(EncounterRow.id == ClaimRow.encounter_id, same).correlate(ClaimRow)
    statement = uow.select(ClaimRow).where(correcting.sendable(uow), visit.exists())
    if only is not None:
        statement = statement.where(ClaimRow.id == only)
    if after is not None:
        statement = statement.where(tuple_(ClaimRow.filing_due, ClaimRow.id) > after)
    rows = uow.entities(statement.order_by(ClaimRow.filing_due, ClaimRow.id).limit(MOST_CLAIMS))
    if not rows:
        return None
    partner = _partner(uow, code)
    built = as_domains(uow, rows)
    findings = checking.edits_of(uow, rows, built)
    zone = ZoneInfo(checking.zone_of(uow, rows[0].practice_id))
    return _Batch(
        kind,
        partner.id,
        interchanges.as_partner(partner),
        uow.now.astimezone(zone),
        tuple(_Ready(row.id, row.version, built[row.id], findings[row.id]) for row in rows),
        (rows[-1].filing_due, rows[-1].id),
    )


def _partner(uow: UnitOfWork, code: str) -> PartnerRow:
    statement = uow.select(PartnerRow).order_by(PartnerRow.code)
    found = uow.entities(statement.where(PartnerRow.code == code) if code else statement)
    if not found:
        raise Refused(
            T_("No trading partner is set up. An administrator adds one; nothing was sent."), code="no-partner"
        )
    if len(found) > 1:
        raise Refused(T_("There are several trading partners. Choose the one to send to."), code="which-partner")
    return found[0]


def _faults(batch: _Batch) -> dict[bytes, tuple[EditFinding, ...]]:
    """What stops claims of a batch: the edits, then the guide on the file as it would be written, until it is clean."""
    faults = {each.id: each.findings for each in batch.ready if checking.blocking(each.findings)}
    while sound := [each for each in batch.ready if each.id not in faults]:
        found = _guide(batch, sound)
        if not found:
            break
        faults |= found
    return faults


def _guide(batch: _Batch, sound: Sequence[_Ready]) -> dict[bytes, tuple[EditFinding, ...]]:
    """Findings of the guide (pyx12), each with the claims whose segments it names; the envelope's with all."""
    try:
        body = write_claims([each.claim for each in sound], partner=batch.partner, numbers=_REHEARSAL, at=batch.local)
    except ValueError:
        raise Refused(
            T_("The file cannot be written with this partner's ids. An administrator corrects them; nothing was sent."),
            code="partner-shape",
        ) from None
    found = validate(body)
    if not found:
        return {}
    places = claims_at(read(body))
    faults: dict[bytes, tuple[EditFinding, ...]] = {}
    for each in sound:
        own = [one for one in found if _concerns(places.get(one.segment, _ALL), each.claim.control)]
        if own:
            faults[each.id] = tuple(_finding(one) for one in own)
    return faults


def _concerns(controls: frozenset[str], control: str) -> bool:
    return not controls or control in controls


def _finding(found: Finding) -> EditFinding:
    return EditFinding(found.code, "block", None, found.text, _MEND)


def _return(uow: UnitOfWork, batch: _Batch, faults: dict[bytes, tuple[EditFinding, ...]]) -> int:
    """Take claims that a check stopped back to draft, unless someone has changed them in between."""
    versions = {each.id: each.version for each in batch.ready}
    returned = 0
    for claim in _standing(uow, versions, sorted(faults)):
        if claim.state == "READY":
            checking.settle(uow, claim, faults[claim.id], reason="guide")
        elif (correction := corrections.under_way(uow, claim.id)) is not None:
            correcting.settle(uow, claim, correction, faults[claim.id])
        returned += 1
    return returned


def _standing(uow: UnitOfWork, versions: dict[bytes, int], ids: Sequence[bytes]) -> list[ClaimRow]:
    """The claims that are still ready and as they were read; locked, so that two senders never take one twice."""
    found = uow.entities(
        uow.select(ClaimRow)
        .where(ClaimRow.id.in_(ids), correcting.sendable(uow))
        .order_by(ClaimRow.id)
        .with_for_update()
    )
    return [claim for claim in found if claim.version == versions[claim.id]]


def _store(uow: UnitOfWork, batch: _Batch, sound: Sequence[_Ready]) -> FileOut | None:
    """Numbers, file, snapshots and moves in one transaction; None when all the claims changed in between."""
    rows = {claim.id: claim for claim in _standing(uow, {each.id: each.version for each in sound}, _ids(sound))}
    gone = counting.count(uow, [(rows[each.id], each.claim) for each in sound if each.id in rows])
    rows = {id_: row for id_, row in rows.items() if id_ not in gone}  # they wait for the next run
    claims = [each.claim for each in sound if each.id in rows]
    if not claims:
        return None
    partner = uow.get(PartnerRow, batch.partner_id)
    sets = batches(claims)
    numbers = interchanges.control_numbers(uow, partner, len(sets))
    body = write_claims(claims, partner=batch.partner, numbers=numbers, at=batch.local)
    id_ = new_id()
    control = f"{numbers.interchange:09d}"
    name = f"{control}-{id_.hex()[:8]}.837"
    interchanges.sent(
        uow, name, body, kind=batch.kind, control=control, group=str(numbers.group), partner=partner, items=len(claims),
        id_=id_,
    )  # fmt: skip
    uow.flush()
    by_control = {each.claim.control: rows[each.id] for each in sound if each.id in rows}
    versions: list[dict[str, Any]] = []
    for at, members in enumerate(sets):
        own = ControlNumbers(numbers.interchange, numbers.group, numbers.first_set + at)
        for claim in members:
            alone = write_claims([claim], partner=batch.partner, numbers=own, at=batch.local)
            versions.append(_version(uow, by_control[claim.control], id_, f"{own.first_set:04d}", alone))
    uow.insert(ClaimVersionRow, versions)
    for row in rows.values():
        _submit(uow, row)
    return FileOut(id_, name, len(claims), sent=False)


def _ids(sound: Sequence[_Ready]) -> list[bytes]:
    return sorted(each.id for each in sound)


def _version(uow: UnitOfWork, row: ClaimRow, file: bytes, set_control: str, body: bytes) -> dict[str, Any]:
    """The immutable snapshot of one submission: the 837 of this claim alone."""
    id_ = new_id()
    return {
        "id": id_, "practice_id": row.practice_id, "patient_id": row.patient_id, "payer_id": row.payer_id,
        "claim_id": row.id, "number": row.versions + 1, "control": row.control, "interchange_id": file,
        "set_control": set_control, "submitted_at": uow.now,
        "body_sealed": uow.seal(
            ClaimVersionRow.body_sealed, body, row=id_, subject=row.patient_id, practice=row.practice_id
        ),
    }  # fmt: skip


def _submit(uow: UnitOfWork, row: ClaimRow) -> None:
    payer_control = "" if row.frequency == "1" else uow.read(row, ClaimRow.payer_control_sealed) or ""
    if row.state != "VOID_PENDING":  # a void waits where it is for the money to be taken back
        uow.move(row, "SUBMITTED", checking.facts(uow, row, snapshot=True, payer_control=payer_control), reason="sent")
        uow.change(row, state_before_remittance=None)  # an answer to what went before is none to this version
    correcting.went(uow, row)
    uow.change(row, versions=row.versions + 1, submitted_at=uow.now)
    queues.done(uow, row)
