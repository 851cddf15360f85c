"""Acknowledgements: TA1, 999 and 277CA find what they answer, all are kept, and the latest decides about a claim."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from portal.access.actors import Actor
from portal.domain.interchanges import Acknowledgement, Finding
from portal.domain.texts import T_, to_json
from portal.models.claims import AcknowledgementRow, ClaimRow
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges, queues
from portal.services.claims import verdicts
from portal.services.claims.matching import ClaimMatch, Match, Matcher
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.acknowledgements.reading import read_acknowledgements
from portal.x12.envelope import Envelope, Interchange, walk
from portal.x12.reader import Document, read

PERMISSION = "claim:acknowledge"
KINDS = frozenset({"TA1", "999", "997", "277CA"})
_SLICE = 100
"""Rows in one transaction: claims move one by one, and pages wait meanwhile."""
_AHEAD: Final = timedelta(days=31)
"""A partner's clock may run ahead; by more it is a mistyped year."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of acknowledgements; the same file again gives the same figures with `new` False."""

    interchange_id: bytes
    new: bool
    kind: str
    items: int
    applied: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row to keep: an answer about a file, or about one claim; `number` makes its id the same at every attempt."""

    number: int
    item: Acknowledgement
    made_at: datetime
    about: bytes | None
    claim: ClaimMatch | None


def import_acknowledgements(
    units: Units, actor: Actor, name: str, body: bytes, *, request: Request | None = None
) -> Imported:
    """Store a file of acknowledgements sealed, then apply it: rows are kept, claims move, rejected ones are queued.

    The same bytes again change nothing; a file whose import was cut off goes on where it stopped. Raises Refused
    `too-large`, and `wrong-kind` for a file that holds other transactions only; then nothing is stored.
    """
    document = read(body)
    interchanges.refuse_others(interchanges.kinds_in(walk(document)), KINDS)
    with units.write(actor, PERMISSION, request=request) as uow:
        file, new = interchanges.receive(uow, name, body, kind="")
        if file.state != "RECEIVED":
            return _summary(uow, file)
        file_id = file.id
    return _apply_file(units, actor, request, file_id, document, new=new)


def read_in(units: Units, actor: Actor, request: Request | None, interchange_id: bytes) -> Imported:
    """Apply a stored file, or go on with it; one applied before changes nothing."""
    with units.read(actor, PERMISSION, request=request) as uow:
        body = interchanges.to_read(uow, interchange_id)
        if body is None:
            return _summary(uow, uow.get(InterchangeRow, interchange_id))
    return _apply_file(units, actor, request, interchange_id, read(body), new=True)


def _apply_file(
    units: Units, actor: Actor, request: Request | None, file_id: bytes, document: Document, *, new: bool
) -> Imported:
    """An answer that finds nothing of ours is a finding and puts the file into the queue `unmatched-answers`."""
    found = read_acknowledgements(document)
    items = [item for item in found.items if item.level != "provider" or item.outcome == "rejected"]
    with units.read(actor, PERMISSION, request=request) as uow:
        rows, unmatched = _match(uow, items, walk(document))
    if len(rows) > _SLICE:
        with units.write(actor, PERMISSION, request=request) as uow:
            interchanges.begin(uow, file_id, len(items))
    for start in range(0, len(rows), _SLICE):
        with units.write(actor, PERMISSION, request=request) as uow:
            _apply(uow, file_id, rows[start : start + _SLICE])
    with units.write(actor, PERMISSION, request=request) as uow:
        file = uow.get(InterchangeRow, file_id)
        uow.change(file, kind=_kind(items))
        applied = len(items) - len(unmatched)
        findings = interchanges.read_through(
            uow, file, items=len(items), applied=applied, findings=(*found.findings, *unmatched)
        )
        if unmatched:
            detail = {"n": len(unmatched), "text": to_json(unmatched[0].text)}
            queues.put(uow, "unmatched-answers", file, reason="unmatched", detail=detail)
        return Imported(file_id, new, file.kind, len(items), applied, findings)


def _kind(items: Sequence[Acknowledgement]) -> str:
    kinds = {item.kind for item in items}
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else ""


def _summary(uow: UnitOfWork, file: InterchangeRow) -> Imported:
    findings = tuple(interchanges.findings_of(uow, file))
    return Imported(file.id, False, file.kind, file.items, file.applied, findings)


def _match(uow: UnitOfWork, items: Sequence[Acknowledgement], envelope: Envelope) -> tuple[list[_Row], list[Finding]]:
    """The rows that the answers of a file make, and a finding for each that found nothing of ours."""
    matcher = Matcher(uow, items)
    rows: list[_Row] = []
    unmatched: list[Finding] = []
    for number, item in enumerate(items):
        interchange = enclosing(envelope, item.segment)
        made_at = made(interchange, uow.now) or uow.now
        match = matcher.find(item, interchange)
        rows += _rows(number, item, made_at, match)
        if match is None:
            unmatched.append(Finding(item.segment, "unmatched", _UNMATCHED.get(item.kind, _UNMATCHED["999"])))
    return rows, unmatched


_UNMATCHED = {
    "TA1": T_("This TA1 answers a file that we did not send, or sent to another partner."),
    "999": T_("This answer speaks of a group or set that we did not send."),
    "277CA": T_("This status speaks of a claim that we did not send."),
}


def _rows(number: int, item: Acknowledgement, made_at: datetime, match: Match | None) -> Iterable[_Row]:
    """One row about the file, but for a claim's own status; and one for each claim that a rejection stops."""
    if match is None:
        yield _Row(number, item, made_at, None, None)
        return
    if item.level != "claim":
        yield _Row(number, item, made_at, match.interchange_id, None)
    for claim in match.claims:
        yield _Row(number, item, made_at, match.interchange_id, claim)


def enclosing(envelope: Envelope, segment: int) -> Interchange | None:
    """The interchange of a file in which a segment stands."""
    before = [one for one in envelope.interchanges if one.segment <= segment]
    return before[-1] if before else None


def made(interchange: Interchange | None, now: datetime) -> datetime | None:
    """ISA09 and ISA10, in whatever zone the partner lives: it orders the partner's answers among themselves.

    None for what is no time, and for one so far ahead that nothing said later would ever count.
    """
    if interchange is None:
        return None
    try:
        found = datetime.strptime(f"{interchange.date}{interchange.time[:4]}", "%y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return found if found <= now + _AHEAD else None


def _apply(uow: UnitOfWork, file_id: bytes, rows: Sequence[_Row]) -> None:
    """Keep the rows that are not kept yet and let them decide about their claims."""
    by_id = {_id(file_id, row): row for row in rows}
    standing = uow.rows(uow.select(AcknowledgementRow.id).where(AcknowledgementRow.id.in_(sorted(by_id))))
    missing = {id_: row for id_, row in by_id.items() if id_ not in {each.id for each in standing}}
    uow.insert(AcknowledgementRow, [_values(uow, file_id, id_, row) for id_, row in missing.items()])
    claims = sorted({row.claim.claim_id for row in missing.values() if row.claim is not None})
    if not claims:
        return
    locked = uow.select(ClaimRow).where(ClaimRow.id.in_(claims)).order_by(ClaimRow.id).with_for_update()
    for claim in uow.entities(locked):
        said = [row.item for row in missing.values() if row.claim is not None and row.claim.claim_id == claim.id]
        verdicts.decide(uow, claim, said)


def _id(file_id: bytes, row: _Row) -> bytes:
    """The same for the same answer of the same file, so that an import that was cut off adds nothing twice.

    Not to be guessed either: the file's id is random.
    """
    about = row.claim.claim_id if row.claim is not None else b""
    return hashlib.sha256(b"acknowledgement/v1" + file_id + row.number.to_bytes(8, "big") + about).digest()[:16]


def _values(uow: UnitOfWork, file_id: bytes, id_: bytes, row: _Row) -> dict[str, Any]:
    item, claim, practice = row.item, row.claim, uow.practice_id
    subject = claim.patient_id if claim is not None else practice
    said = {"reasons": [to_json(text) for text in item.reasons], "message": item.message}
    named = [f"ST:{item.set_control.zfill(4)}"] if item.set_control else []

    def sealed(column: Any, value: Any) -> Any:
        return uow.seal(column, value, row=id_, subject=subject, practice=practice)

    return {
        "id": id_, "practice_id": practice, "patient_id": claim.patient_id if claim is not None else None,
        "payer_id": claim.payer_id if claim is not None else None, "interchange_id": file_id,
        "claim_id": claim.claim_id if claim is not None else None, "about_interchange_id": row.about,
        "kind": item.kind, "outcome": item.outcome, "category": item.category, "codes": [*named, *item.codes],
        "received_at": uow.now, "answered_on": item.on, "made_at": row.made_at,
        "message_sealed": sealed(AcknowledgementRow.message_sealed, said),
        "payer_control_sealed": sealed(AcknowledgementRow.payer_control_sealed, item.payer_control or None),
    }  # fmt: skip
