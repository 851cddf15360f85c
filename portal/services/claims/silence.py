"""Claims about which nobody says anything: after some days each lies in a queue, with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, false, func, not_, or_

from portal.access.actors import Actor
from portal.domain import queues as rules
from portal.domain.status import MEANINGS, Standing, standing_of
from portal.domain.texts import T_, Text, to_json
from portal.models.claims import ClaimRow
from portal.models.queues import QueueItemRow
from portal.services import corrections, queues
from portal.services.claims import standing
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

QUEUE = "unanswered-claims"
ACKNOWLEDGED_WITHIN: Final = timedelta(days=5)
"""A payer's 277CA comes within two business days as a rule; a claim that is lost must be found before its limit."""
PAID_WITHIN: Final = timedelta(days=30)
"""Clean claims are paid within 30 days (Medicare: 42 CFR 405.922; most states' prompt-pay laws: 30 to 45)."""
ASK_UNACKNOWLEDGED: Final = timedelta(days=3)
ASK_UNDECIDED: Final = timedelta(days=21)
"""After so long the payer is asked (276) by itself, so that its answer stands with the claim before it surfaces."""
_AT_ONCE = 200
_WORDS: Final[dict[str, Text]] = {
    "no-acknowledgement": T_("The payer has not said that it has this claim. Look whether the file was taken; ask."),
    "no-remittance": T_("The payer took this claim in and has not decided. Ask where it stands."),
    "void-unsent": T_("A void was approved and does not go. Send it, or give it up."),
    "void-unanswered": T_("The payer says nothing of the void. Ask; what it refuses is recorded on the claim."),
    "void-money": T_("The payer took the void in and has not taken its money back. Ask when it does."),
}
_ASK = T_("Ask the payer")
_CALL = T_("Call the payer about the void, and record it on the claim if the payer refuses it.")
_WAIT = T_("Wait for the payer's answer")

TAKEN: Final = func.coalesce(ClaimRow.accepted_at >= ClaimRow.submitted_at, false())
"""The payer took in what was sent last."""


def surface(units: Units, actor: Actor) -> int:
    """Queue what was sent and not acknowledged, or accepted and not answered, too long ago; says how many.

    A void is two silences: that the payer does not say that it has it, and that it does not take its money back.

    Of the actor's practice. What lies in a queue already is left there; an answer takes a claim out by itself.
    """
    found = 0
    while True:
        with units.read(actor, "claim:acknowledge", defer=True) as uow:
            ids = _silent(uow)
        if not ids:
            return found
        with units.write(actor, "claim:acknowledge") as uow:
            for claim in uow.entities(uow.select(ClaimRow).where(ClaimRow.id.in_(ids)).order_by(ClaimRow.id)):
                _put(uow, claim)
        found += len(ids)


def _silent(uow: UnitOfWork) -> Sequence[bytes]:
    waiting = uow.select(QueueItemRow.subject_id).where(
        QueueItemRow.subject_table == "claim", QueueItemRow.state == queues.OPEN
    )
    rows = uow.rows(
        uow.select(ClaimRow.id)
        .where(
            or_(
                and_(ClaimRow.state == "SUBMITTED", ClaimRow.submitted_at < uow.now - ACKNOWLEDGED_WITHIN),
                and_(ClaimRow.state == "ACCEPTED", ClaimRow.accepted_at < uow.now - PAID_WITHIN),
                and_(
                    ClaimRow.state == "VOID_PENDING",
                    ClaimRow.submitted_at < uow.now - ACKNOWLEDGED_WITHIN,
                    or_(not_(TAKEN), ClaimRow.accepted_at < uow.now - PAID_WITHIN),
                ),
            ),
            ClaimRow.id.not_in(waiting),
        )
        .order_by(ClaimRow.id)
        .limit(_AT_ONCE)
    )
    return [row.id for row in rows]


def _put(uow: UnitOfWork, claim: ClaimRow) -> None:
    reason = _reason(uow, claim)
    if reason is not None and not queues.items_of(uow, claim):  # else it moved on between the two looks
        _line_up(uow, claim, reason)


def say(uow: UnitOfWork, claim: ClaimRow) -> None:
    """After a payer said where a claim stands: it lies in the queue where that needs a person, or says it there.

    A claim that waits in another queue is left there.
    """
    last = standing.newest(uow, claim)
    stands: Standing = "unknown" if last is None else standing_of(last.category)
    items = queues.items_of(uow, claim)
    if claim.state in {"SUBMITTED", "ACCEPTED"} and MEANINGS[stands].todo is not None:
        if not items or items[0].queue == QUEUE:
            _line_up(uow, claim, f"status-{stands}")
    elif items and items[0].queue == QUEUE and items[0].reason.startswith("status-"):
        queues.done(uow, claim)
    else:
        retell(uow, [claim])


def retell(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> None:
    """What lies in the queue about claims says anew what the payer said last, and what comes next."""
    by_id = {claim.id: claim for claim in claims}
    uow.flush()
    items = uow.entities(
        uow.select(QueueItemRow).where(
            QueueItemRow.subject_table == "claim",
            QueueItemRow.subject_id.in_(sorted(by_id)),
            QueueItemRow.queue == QUEUE,
            QueueItemRow.state == queues.OPEN,
        )
    )
    for item in items:
        uow.change(item, detail=_detail(uow, by_id[item.subject_id], item.reason))


def _line_up(uow: UnitOfWork, claim: ClaimRow, reason: str) -> None:
    limit = claim.filing_due if claim.state == "SUBMITTED" else None
    queue = rules.QUEUES[QUEUE]
    today = uow.today()
    queues.put(
        uow, QUEUE, claim, reason=reason, detail=_detail(uow, claim, reason), at_risk_cents=claim.charge_cents,
        due_on=rules.due_on(queue, today, limit),
        priority=rules.priority(claim.charge_cents, rules.days_left(limit, today)),
    )  # fmt: skip


def _detail(uow: UnitOfWork, claim: ClaimRow, reason: str) -> dict[str, Any]:
    """Why a claim lies here with what its payer said last, and the next action; of a void the payer's status moves
    nothing, so after it somebody calls.
    """
    why, said = _WORDS.get(reason), standing.words(uow, claim)
    detail: dict[str, Any] = {"number": claim.control}
    if reason == "void-unsent":
        return detail | {"text": to_json(_WORDS[reason])}
    todo = _ASK
    if said is not None:
        why = said[0] if why is None else T_("{why} {said}", why=why, said=said[0])
        todo = _CALL if claim.state == "VOID_PENDING" else said[1] or todo
    if standing.waits(uow, claim.id) is not None:
        todo = _WAIT
    return detail | {"todo": to_json(todo)} | ({} if why is None else {"text": to_json(why)})


def _reason(uow: UnitOfWork, claim: ClaimRow) -> str | None:
    if claim.state != "VOID_PENDING":
        return {"SUBMITTED": "no-acknowledgement", "ACCEPTED": "no-remittance"}.get(claim.state)
    if corrections.void_out(uow, claim.id) is None:
        return "void-unsent"
    return "void-money" if taken_in(claim) else "void-unanswered"


def taken_in(claim: ClaimRow) -> bool:
    """Whether the payer took in what was sent last."""
    return claim.accepted_at is not None and claim.submitted_at is not None and claim.accepted_at >= claim.submitted_at
