"""A 277 in: each answer finds its question by the trace, once, is kept with its claim, and says what that comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from portal.access.actors import Actor
from portal.domain.claims import ClaimFacts
from portal.domain.errors import Refused
from portal.domain.interchanges import Acknowledgement, Finding
from portal.domain.status import MEANINGS, ClaimStatus, StatusAnswer, standing_of, wants_more
from portal.domain.texts import T_, Text, to_json
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow
from portal.models.interchanges import InterchangeRow
from portal.models.status import StatusQuestionRow
from portal.services import interchanges, queues, receiving
from portal.services.claims import silence, standing, verdicts
from portal.services.claims.answers import enclosing, made
from portal.services.claims.standing import KIND
from portal.services.receiving import Received
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.envelope import walk
from portal.x12.reader import read
from portal.x12.status import read_statuses

PERMISSION = "claim:acknowledge"
KINDS = frozenset({KIND})
_SLICE = 100
"""Answers in one transaction: claims move one by one, and pages wait meanwhile."""
_UNMATCHED = T_("This answer about where a claim stands belongs to no question and to no claim of ours.")
_CONTRADICTS = T_("This answer names a question of ours and the number of another claim. Read it and call the payer.")
_BEFORE = T_("This question was answered before; the first answer stands.")
_OTHERWISE = T_(
    "This question was answered before, and otherwise. The first answer stands: read this one, call the payer."
)
_GROUP = T_("The payer answered for a whole group and named no question of ours.")
_LOST = T_("The claim never arrived at the payer. Make it ready and send it again.")


@dataclass(frozen=True, slots=True)
class _About:
    """A claim that an answer speaks of: which submission of it, and by which question where there is one."""

    claim_id: bytes
    version_file: bytes | None
    question_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    """An answer, when its file was made, and what it speaks of; `why` it speaks of nothing of ours."""

    number: int
    answer: StatusAnswer
    made_at: datetime
    about: tuple[_About, ...]
    why: Finding | None = None


def import_statuses(units: Units, actor: Actor, name: str, body: bytes, *, request: Request | None = None) -> Received:
    """Store a 277 sealed, then apply it. Raises Refused `too-large` and `wrong-kind`; then nothing is stored."""
    apply = partial(_apply_file, units, actor, request)
    return receiving.take(units, actor, PERMISSION, KIND, name, body, apply, request=request)


def read_in(units: Units, actor: Actor, request: Request | None, interchange_id: bytes) -> Received:
    """Apply a stored file, or go on with it; one applied before changes nothing."""
    apply = partial(_apply_file, units, actor, request)
    return receiving.go_on(units, actor, PERMISSION, interchange_id, apply, request=request)


def lost(uow: UnitOfWork, claim_id: bytes, *, expected_version: int | None = None) -> None:
    """Take a claim that its payer does not find as one that never arrived: it can be made ready and sent again.

    Raises NotFound, Conflict, Refused `not-lost` when the payer's last answer is another.
    """
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if not standing.lost(uow, claim):
        raise Refused(T_("The payer's last answer is another one. Reload the page."), code="not-lost")
    uow.move(claim, "REJECTED", ClaimFacts(actor=uow.actor.user_id), reason="lost")
    _line_up(uow, claim, "lost", _LOST)


def supplied(uow: UnitOfWork, claim_id: bytes, *, expected_version: int | None = None) -> None:
    """Say that the payer was given what it asked for: the claim is with the payer again. Raises NotFound, Conflict."""
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if claim.state != "PENDED":
        raise Refused(T_("The payer asks for nothing any more. Reload the page."), code="not-pended")
    _go_on(uow, claim, "supplied")
    uow.change(claim, accepted_at=uow.now)  # from here on its silence counts anew


def _apply_file(
    units: Units, actor: Actor, request: Request | None, file_id: bytes, body: bytes, new: bool
) -> Received:
    document = read(body)
    found, envelope = read_statuses(document), walk(document)
    with units.read(actor, PERMISSION, request=request, kind="import") as uow:
        now = uow.now
        matches = [
            _match(uow, number, answer, made(enclosing(envelope, answer.segment), now) or now)
            for number, answer in enumerate(found.answers)
        ]
    told = [each.why for each in matches if each.why is not None]
    strange = list(told)
    applied = 0
    for start in range(0, len(matches), _SLICE):
        with units.write(actor, PERMISSION, request=request, kind="import") as uow:
            for each in matches[start : start + _SLICE]:
                kept = sum([_keep(uow, file_id, each, about) for about in each.about])
                applied += bool(kept)
                if each.about and not kept:
                    same = all(_said_before(uow, each.answer, about) for about in each.about)
                    told.append(Finding(each.answer.segment, "answered-before", _BEFORE if same else _OTHERWISE))
                    strange += [] if same else told[-1:]
    with units.write(actor, PERMISSION, request=request, kind="import") as uow:
        file = uow.get(InterchangeRow, file_id)
        findings = interchanges.read_through(
            uow, file, items=len(matches), applied=applied, findings=(*found.findings, *told)
        )
        if strange:
            detail = {"n": len(strange), "text": to_json(strange[0].text)}
            queues.put(uow, "unmatched-answers", file, reason="unmatched", detail=detail)
        return Received(file_id, new, len(matches), applied, findings)


def _match(uow: UnitOfWork, number: int, answer: StatusAnswer, made_at: datetime) -> _Match:
    """By trace; else by the claim's numbers. What answers for a whole set names it (BHT03), and speaks of all of it."""

    def nothing(code: str, text: Text) -> _Match:
        return _Match(number, answer, made_at, (), Finding(answer.segment, code, text))

    question = StatusQuestionRow
    columns = question.id, question.claim_id, question.control
    if answer.level != "claim":
        named = [each for each in (answer.trace, answer.reference) if each]
        rows = uow.rows(uow.select(*columns).where(question.reference.in_(named)).order_by(question.id))
        return _Match(number, answer, made_at, _abouts(uow, rows)) if rows else nothing("unmatched", _GROUP)
    rows = uow.rows(uow.select(*columns).where(question.trace == answer.trace)) if answer.trace else ()
    if rows and answer.claim_control and answer.claim_control != rows[0].control:
        return nothing("contradicts", _CONTRADICTS)
    abouts = _abouts(uow, rows) or _by_numbers(uow, answer)
    return _Match(number, answer, made_at, abouts) if abouts else nothing("unmatched", _UNMATCHED)


def _abouts(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[_About, ...]:
    """The claims of questions, each with the file of the submission that was asked about."""
    version = ClaimVersionRow
    files = {
        row.control: row.interchange_id
        for row in uow.rows(
            uow.select(version.control, version.interchange_id).where(
                version.control.in_(sorted({row.control for row in rows}))
            )
        )
    }
    return tuple(_About(row.claim_id, files.get(row.control), row.id) for row in rows)


def _by_numbers(uow: UnitOfWork, answer: StatusAnswer) -> tuple[_About, ...]:
    """The one claim with our number (REF*EJ) or the payer's (REF*1K); nothing where they name two."""
    version, claim = ClaimVersionRow, ClaimRow
    found: dict[bytes, _About] = {}
    if answer.claim_control:
        for row in uow.rows(
            uow.select(version.claim_id, version.interchange_id).where(version.control == answer.claim_control)
        ):
            found[row.claim_id] = _About(row.claim_id, row.interchange_id)
    if answer.payer_control:
        token = uow.token("payer-control", answer.payer_control)
        ids = [row.id for row in uow.rows(uow.select(claim.id).where(claim.payer_control_index == token))]
        last = standing.sent_last(uow, [id_ for id_ in ids if id_ not in found])
        for id_, row in last.items():
            found[id_] = _About(id_, row.interchange_id)
    return tuple(found.values()) if len(found) == 1 else ()


def _keep(uow: UnitOfWork, file_id: bytes, match: _Match, about: _About) -> bool:
    """Keep an answer with its claim and follow it; False for one to a question that was answered before.

    A question keeps one answer that is one: after "could not answer", or one for its whole set, a later one is taken.
    """
    id_ = hashlib.sha256(b"status/v1" + file_id + match.number.to_bytes(8, "big") + about.claim_id).digest()[:16]
    claim = uow.first(uow.select(ClaimRow).where(ClaimRow.id == about.claim_id).with_for_update())
    assert claim is not None, "a claim is never deleted"
    row = AcknowledgementRow
    if uow.rows(uow.select(row.id).where(row.id == id_)):
        return True  # a reading that was broken off goes on behind it
    question = None if about.question_id is None else uow.get(StatusQuestionRow, about.question_id)
    if question is not None:
        if question.state == "ANSWERED":
            return False
        unsaid = match.answer.standing == "error" or match.answer.level != "claim"
        uow.change(question, state="LAPSED" if unsaid else "ANSWERED")
    item = _item(match.answer, claim, last=_is_last(uow, claim, about))
    _insert(uow, file_id, id_, match, about, claim, item)
    uow.flush()
    _follow(uow, claim, item)
    return True


def _said_before(uow: UnitOfWork, answer: StatusAnswer, about: _About) -> bool:
    """Whether the claim has just this answer already: a payer that says something else tells of another claim part."""
    row = AcknowledgementRow
    rows = uow.rows(
        uow.select(row.codes).where(
            row.claim_id == about.claim_id, row.kind == KIND, row.about_interchange_id == about.version_file
        )
    )
    return any(each.codes == standing.codes_of(answer) for each in rows)


def _is_last(uow: UnitOfWork, claim: ClaimRow, about: _About) -> bool:
    last = standing.sent_last(uow, [claim.id]).get(claim.id)
    return last is not None and last.interchange_id == about.version_file


def _item(answer: StatusAnswer, claim: ClaimRow, *, last: bool) -> Acknowledgement:
    """A status in the shape of an acknowledgement; it decides only about what was sent last, and about no void."""
    latest = answer.latest
    assert latest is not None, "the reader leaves out what has no status"
    outcome = MEANINGS[latest.standing].outcome
    decides = last and answer.level == "claim" and claim.state != "VOID_PENDING"
    every = [latest, *(one for one in answer.statuses if one is not latest)]
    return Acknowledgement(
        kind=KIND,
        outcome=outcome if decides else "noted",
        segment=answer.segment,
        claim_control=answer.claim_control,
        payer_control=answer.payer_control if latest.standing != "not-found" else "",
        level=answer.level,
        category=latest.codes[0].partition(":")[0],
        codes=tuple(standing.codes_of(answer)),
        message=latest.message,
        on=latest.on,
        reasons=tuple(text for one in every for text in one.reasons),
    )


def _insert(
    uow: UnitOfWork, file_id: bytes, id_: bytes, match: _Match, about: _About, claim: ClaimRow, item: Acknowledgement
) -> None:
    said = {
        "reasons": [to_json(text) for text in item.reasons],
        "message": item.message,
        "statuses": [_status(each) for each in match.answer.statuses],
        "lines": [
            {
                "code": each.line.code, "control": each.line.control, "charge": each.line.charge_cents,
                "paid": each.paid_cents, "statuses": [_status(one) for one in each.statuses],
            }
            for each in match.answer.lines
        ],
    }  # fmt: skip
    uow.new(
        AcknowledgementRow, id_=id_, practice_id=claim.practice_id, patient_id=claim.patient_id,
        payer_id=claim.payer_id, interchange_id=file_id, claim_id=claim.id, about_interchange_id=about.version_file,
        kind=item.kind, outcome=item.outcome, category=item.category, codes=list(item.codes), received_at=uow.now,
        answered_on=item.on, made_at=match.made_at, message_sealed=said,
        payer_control_sealed=item.payer_control or None,
    )  # fmt: skip


def _status(one: ClaimStatus) -> dict[str, Any]:
    return {
        "codes": list(one.codes), "on": one.on.isoformat() if one.on else None, "charge": one.charge_cents,
        "paid": one.paid_cents, "decided_on": one.decided_on.isoformat() if one.decided_on else None,
        "paid_on": one.paid_on.isoformat() if one.paid_on else None, "check_number": one.check_number,
        "message": one.message, "reasons": [to_json(text) for text in one.reasons],
    }  # fmt: skip


def _follow(uow: UnitOfWork, claim: ClaimRow, item: Acknowledgement) -> None:
    """What the answer comes to, unless the payer said something newer: state, queue and next action.

    What is said of a whole set of questions says nothing of one claim: it moves none, and is told beside it.
    """
    if item.level != "claim":
        silence.retell(uow, [claim])
        return
    last = standing.newest(uow, claim)
    asks = last is not None and wants_more(last.category)
    says = "noted" if last is None else MEANINGS[standing_of(last.category)].outcome
    if claim.state == "PENDED" and not asks and says != "noted":
        _go_on(uow, claim, "answered")
    if item.outcome != "noted":  # an older verdict was followed when it came; what a person did since stands
        verdicts.decide(uow, claim, [item])
    decided = verdicts.latest_of(uow, claim)
    if last is None or (decided is not None and decided.made_at > last.made_at):
        silence.retell(uow, [claim])
    elif asks and claim.state == "ACCEPTED":
        uow.move(claim, "PENDED", ClaimFacts(), reason="information")
        items = queues.items_of(uow, claim)
        if not items or items[0].queue == silence.QUEUE:  # a void that waits for a manager waits on
            _line_up(uow, claim, "information", MEANINGS["information"].words)
    else:
        silence.say(uow, claim)


def _go_on(uow: UnitOfWork, claim: ClaimRow, reason: str) -> None:
    """The payer works on a claim again that waited for the office."""
    uow.move(claim, "ACCEPTED", ClaimFacts(actor=uow.actor.user_id), reason=reason)
    if any(item.queue == "pended-claims" for item in queues.items_of(uow, claim)):
        queues.done(uow, claim)


def _line_up(uow: UnitOfWork, claim: ClaimRow, reason: str, text: Text) -> None:
    queues.follow(
        uow, claim, reason=reason, at_risk_cents=claim.charge_cents, limit=claim.filing_due,
        detail={"number": claim.control, "text": to_json(text)},
    )  # fmt: skip
