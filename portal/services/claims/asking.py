"""Asking payers where claims stand: questions become a numbered 276, stored in one transaction and handed on after."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, not_, or_

from portal.access.actors import Actor, system
from portal.domain.claims import Claim
from portal.domain.eligibility import Member
from portal.domain.errors import Refused
from portal.domain.remittances import Name
from portal.domain.status import StatusQuestion
from portal.domain.texts import T_, to_json
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow, CorrectionRow
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow, PracticeRow
from portal.models.status import StatusQuestionRow
from portal.services import interchanges, outbox, queues
from portal.services.claims import silence, standing
from portal.services.claims.building import SELF, slices
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.x12.claims.reading import read_claims
from portal.x12.reader import read
from portal.x12.status_out import batches, reference, write_inquiries

PERMISSION = "claim:ask"
KIND = "276"
AGAIN: Final = timedelta(days=7)
"""So long nobody asks about the same claim again by itself; after it, an answer that never came is given up."""
NIGHT_HOUR: Final = 3
"""From this hour of a practice's own day on, once a day."""
_FILE_REFUSED = T_("The partner refused our questions about claims. Open the file: it says why.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run of asking did; `sent` is False when a partner's folder did not take a file, which then goes later."""

    questions: int = 0
    files: tuple[bytes, ...] = ()
    sent: bool = True


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One claim to ask about, as it was read: its version must still stand when the question is stored."""

    claim_id: bytes
    version: int
    partner_id: bytes
    question: StatusQuestion


def ask_claim(
    units: Units,
    parts: Parts,
    actor: Actor,
    claim_id: bytes,
    *,
    expected_version: int | None = None,
    request: Request | None = None,
) -> Asked:
    """Ask now where one claim stands; two who ask at once ask once.

    Raises NotFound, Conflict, Refused (`not-with-payer`, `asked-before`, `no-partner`, `partner-shape`).
    """
    with units.write(actor, PERMISSION, request=request) as uow:
        claim = uow.get(ClaimRow, claim_id)
        uow.change(claim, expected_version=expected_version)
        if not standing.askable(uow, claim):
            raise Refused(T_("The payer does not have this claim, so it was not asked."), code="not-with-payer")
        _lapse(uow, [claim_id])
        if standing.waits(uow, claim_id) is not None:
            raise Refused(T_("The payer was asked already; its answer comes by itself."), code="asked-before")
        wanted = _questions(uow, [claim])
        if not wanted:
            raise Refused(
                T_("It is not known by which partner this claim went, so nobody was asked."), code="no-partner"
            )
        files = _store(uow, wanted, "hand")
    return _hand_on(units, parts, actor, request, Asked(len(wanted)), files)


def ask_silent(units: Units, parts: Parts, actor: Actor, *, request: Request | None = None) -> Asked:
    """Ask about every claim of which nobody said anything for days (`silence`), and not again within a week.

    In files of at most 500, each to the partner by which its claims went; a second call finds nothing to ask. Questions
    of files that the partner refused count as not asked; the file goes to people. Raises Refused `partner-shape`, yet
    only when every other partner's claims were asked about.
    """
    with units.write(actor, PERMISSION, request=request) as uow:
        _refused(uow)
    with units.read(actor, PERMISSION, request=request) as uow:
        ids = _silent(uow)
    done, wrong = Asked(), None
    for part in slices(ids):
        with units.read(actor, PERMISSION, request=request) as uow:
            wanted = _questions(uow, uow.entities(uow.select(ClaimRow).where(ClaimRow.id.in_(part))))
        for partner in sorted({one.partner_id for one in wanted}):
            through = [one for one in wanted if one.partner_id == partner]
            try:
                with units.write(actor, PERMISSION, request=request) as uow:
                    standing_still = _standing(uow, through)
                    files = _store(uow, standing_still, "silent")
            except Refused as refused:
                wrong = refused
                continue
            done = replace(done, questions=done.questions + len(standing_still))
            done = _hand_on(units, parts, actor, request, done, files)
    if wrong is not None:
        raise wrong
    return done


def night(units: Units) -> int:
    """Have the silent claims of each practice asked about where it is late enough, once a day; how many practices."""
    with units.read(system("claim.ask"), "practice:edit", defer=True) as uow:
        practices = uow.rows(uow.select(PracticeRow.id, PracticeRow.time_zone))
        now = uow.now
    asked = 0
    for row in practices:
        local = now.astimezone(ZoneInfo(row.time_zone))
        if local.hour < NIGHT_HOUR:
            continue
        with units.write(system("claim.ask", practice_id=row.id), PERMISSION) as uow:
            asked += outbox.later(uow, "claim.ask", f"claim.ask:{row.id.hex()}:{local:%Y%m%d}")
    return asked


def resend_unsent(units: Units, parts: Parts, actor: Actor) -> int:
    """Put files of questions that were stored and not handed on into their folder; how many went. See `sending`."""
    with units.read(actor, PERMISSION) as uow:
        waiting = interchanges.left_behind(uow, KIND, interchanges.PATIENCE)
    return sum(interchanges.hand_on(units, parts, actor, PERMISSION, id_) for id_ in waiting)


def _silent(uow: UnitOfWork) -> list[bytes]:
    """Claims and voids that count as silent and were not asked about within a week."""
    question = StatusQuestionRow
    lately = uow.select(question.claim_id).where(question.state != "FAILED", question.asked_at > uow.now - AGAIN)
    voids = uow.select(CorrectionRow.claim_id).where(CorrectionRow.frequency == "8", CorrectionRow.state == "SENT")
    rows = uow.rows(
        uow.select(ClaimRow.id)
        .where(
            or_(
                and_(ClaimRow.state == "SUBMITTED", ClaimRow.submitted_at < uow.now - silence.ASK_UNACKNOWLEDGED),
                and_(ClaimRow.state == "ACCEPTED", ClaimRow.accepted_at < uow.now - silence.ASK_UNDECIDED),
                and_(
                    ClaimRow.state == "VOID_PENDING",
                    ClaimRow.id.in_(voids),
                    ClaimRow.submitted_at < uow.now - silence.ASK_UNACKNOWLEDGED,
                    or_(not_(silence.TAKEN), ClaimRow.accepted_at < uow.now - silence.ASK_UNDECIDED),
                ),
            ),
            ClaimRow.id.not_in(lately),
        )
        .order_by(ClaimRow.id)
    )
    return [row.id for row in rows]


def _questions(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> list[_Wanted]:
    """A question about each claim as it went last, with a trace of its own that nobody can guess."""
    gone = uow.gone(claim.patient_id for claim in claims)  # shredded: there is nothing left to ask with
    claims = [claim for claim in claims if claim.patient_id not in gone]
    versions = standing.sent_last(uow, (claim.id for claim in claims))
    files = sorted({row.interchange_id for row in versions.values() if row.interchange_id is not None})
    partners: dict[bytes, bytes] = {}
    for part in slices(files):
        rows = uow.rows(
            uow.select(InterchangeRow.id, InterchangeRow.partner_id).where(
                InterchangeRow.id.in_(part), InterchangeRow.partner_id.is_not(None)
            )
        )
        partners |= {row.id: row.partner_id for row in rows}
    bodies = {
        row.claim_id: uow.read(row, ClaimVersionRow.body_sealed)
        for part in slices(row.id for row in versions.values())
        for row in uow.entities(uow.select(ClaimVersionRow).where(ClaimVersionRow.id.in_(part)))
    }
    wanted = []
    for claim in claims:
        row = versions.get(claim.id)
        partner = None if row is None else partners.get(row.interchange_id)
        if row is None or partner is None:
            continue
        (went,) = read_claims(read(bodies[claim.id])).claims
        number = uow.read(claim, ClaimRow.payer_control_sealed) or ""
        wanted.append(_Wanted(claim.id, claim.version, partner, _question(went, row.control, number)))
    return wanted


def _question(claim: Claim, control: str, payer_control: str) -> StatusQuestion:
    own = claim.cover.relationship == SELF
    days = [day for line in claim.lines for day in (line.from_date, line.to_date) if day is not None]
    return StatusQuestion(
        trace=f"S{secrets.token_hex(12).upper()}",
        payer=Name(claim.cover.payer_name, qualifier="PI", identifier=claim.cover.payer_id),
        provider=Name(claim.billing.name, qualifier="XX", identifier=claim.billing.npi),
        subscriber=Member(claim.cover.subscriber, claim.cover.member_id),
        dependent=None if own else claim.patient,
        claim_control=control,
        payer_control=payer_control,
        charge_cents=claim.charge_cents,
        from_date=min(days, default=None),
        to_date=max(days, default=None),
    )


def _standing(uow: UnitOfWork, wanted: Sequence[_Wanted]) -> list[_Wanted]:
    """Those whose claims are as they were read and have no question that waits; locked, so that two never ask twice."""
    versions = {one.claim_id: one.version for one in wanted}
    locked = uow.entities(
        uow.select(ClaimRow).where(ClaimRow.id.in_(sorted(versions))).order_by(ClaimRow.id).with_for_update()
    )
    still = {claim.id for claim in locked if claim.version == versions[claim.id]}
    _lapse(uow, still)
    question = StatusQuestionRow
    open_ = uow.rows(
        uow.select(question.claim_id).where(question.claim_id.in_(sorted(still)), question.state == "ASKED")
    )
    still -= {row.claim_id for row in open_}
    return [one for one in wanted if one.claim_id in still]


def _lapse(uow: UnitOfWork, claims: Iterable[bytes]) -> None:
    """Questions that nobody answered in a week are given up; an answer that comes later is still theirs."""
    question = StatusQuestionRow
    old = uow.entities(
        uow.select(question).where(
            question.claim_id.in_(sorted(claims)), question.state == "ASKED", question.asked_at <= uow.now - AGAIN
        )
    )
    for row in old:
        uow.change(row, state="LAPSED")
    uow.flush()


def _store(uow: UnitOfWork, wanted: Sequence[_Wanted], reason: str) -> tuple[bytes, ...]:
    """Numbers, file and questions in one transaction, all to one partner; no file for no question."""
    if not wanted:
        return ()
    partner = uow.get(PartnerRow, wanted[0].partner_id)
    by_trace = {one.question.trace: one for one in wanted}
    questions = [one.question for one in wanted]
    sets = batches(questions)
    numbers = interchanges.control_numbers(uow, partner, len(sets))
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == uow.practice_id))
    local = uow.now.astimezone(ZoneInfo(zone))
    try:
        body = write_inquiries(questions, partner=interchanges.as_partner(partner), numbers=numbers, at=local)
    except ValueError:
        raise Refused(
            T_("The file cannot be written with this partner's ids. An administrator corrects them; nobody was asked."),
            code="partner-shape",
        ) from None
    file_id, control = new_id(), f"{numbers.interchange:09d}"
    interchanges.sent(
        uow, f"{control}-{file_id.hex()[:8]}.276", body, kind=KIND, control=control, group=str(numbers.group),
        partner=partner, items=len(questions), id_=file_id,
    )  # fmt: skip
    uow.flush()
    claims = {
        claim.id: claim
        for claim in uow.entities(uow.select(ClaimRow).where(ClaimRow.id.in_([one.claim_id for one in wanted])))
    }
    uow.insert(StatusQuestionRow, [
        {
            "id": new_id(), "practice_id": uow.practice_id, "patient_id": claim.patient_id, "payer_id": claim.payer_id,
            "claim_id": claim.id, "control": each.claim_control, "trace": each.trace,
            "reference": reference(numbers, at), "state": "ASKED", "reason": reason, "interchange_id": file_id,
            "asked_at": uow.now, "asked_by": uow.actor.initiator or uow.actor.identity, "version": 1,
        }
        for at, batch in enumerate(sets)
        for each in batch
        for claim in [claims[by_trace[each.trace].claim_id]]
    ])  # fmt: skip
    silence.retell(uow, list(claims.values()))
    return (file_id,)


def _hand_on(
    units: Units, parts: Parts, actor: Actor, request: Request | None, done: Asked, files: tuple[bytes, ...]
) -> Asked:
    sent = [interchanges.hand_on(units, parts, actor, PERMISSION, id_, request=request) for id_ in files]
    return replace(done, files=(*done.files, *files), sent=done.sent and all(sent))


def _refused(uow: UnitOfWork) -> None:
    """Questions whose file the partner turned away count as not asked; the file lies with people until then."""
    answer, question = AcknowledgementRow, StatusQuestionRow
    waiting = uow.rows(uow.select(question.interchange_id).where(question.state == "ASKED").distinct())
    for part in slices(row.interchange_id for row in waiting):
        turned = uow.rows(
            uow.select(answer.about_interchange_id)
            .where(answer.about_interchange_id.in_(part), answer.outcome == "rejected")
            .distinct()
        )
        for row in turned:
            file = uow.get(InterchangeRow, row.about_interchange_id)
            queues.put(
                uow, silence.QUEUE, file, reason="file-refused", detail={"text": to_json(_FILE_REFUSED)}
            )  # fmt: skip
            stuck = uow.select(question).where(question.interchange_id == file.id, question.state == "ASKED")
            for one in uow.entities(stuck):
                uow.change(one, state="FAILED")
