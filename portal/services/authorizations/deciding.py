"""What a payer said to a request is kept and followed: granted with its units and days, denied, asked for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from portal.access.actors import Actor
from portal.domain import limits
from portal.domain.eligibility import Limit
from portal.domain.errors import Refused
from portal.domain.granting import GRANTED, STANDING, WAITING, AuthorizationFacts
from portal.domain.limits import Taken
from portal.domain.texts import T_, Text, from_json, to_json
from portal.models.authorizations import AuthorizationAnswerRow, AuthorizationRow
from portal.models.claims import ClaimRow
from portal.services import outbox, queues
from portal.services.authorizations.asking import asked
from portal.services.authorizations.parties import lines_of
from portal.services.granted import counting, uses
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

QUEUE = counting.QUEUE
_STATES = {
    "approved": "APPROVED", "partial": "PARTIAL", "modified": "MODIFIED", "denied": "DENIED", "pended": "PENDED",
    "contact": "PENDED", "not-required": "NOT_REQUIRED",
}  # fmt: skip
FINAL = frozenset({"approved", "partial", "modified", "denied", "not-required", "cancelled"})
_SAID: Mapping[str, tuple[Text, Text | None]] = {
    "partial": (
        T_("The payer approved less than was asked for."),
        T_("Compare units and days; ask for the rest if it is needed."),
    ),
    "modified": (
        T_("The payer approved other units or days than were asked for."),
        T_("Compare units and days; ask again if they do not suffice."),
    ),
    "denied": (
        T_("The payer denied it."),
        T_("Read the reason; let the clinicians talk, appeal, or leave it at that."),
    ),
    "pended": (T_("The payer asks for more before it decides."), T_("Send what it asks for, and say so here.")),
    "contact": (T_("The payer wants to be called before it decides."), T_("Call the payer; enter what it says.")),
    "unknown": (T_("The payer answered without a decision that can be read."), T_("Read the answer, or call.")),
    "rejected": (T_("The payer did not take the request."), T_("Correct what it names, and send it again.")),
    "cancelled": (T_("The payer says that it was cancelled."), T_("Call the payer if nobody here took it back.")),
}
_NOT_TAKEN = (
    T_("The payer did not take the request, though it has it already."),
    T_("Call the payer and enter what it says; or take the request back and ask anew."),
)
"""Only what waits for its first answer goes back to be mended and sent; a person finds out what holds of the others."""
LATER = T_("The payer decided again. What was decided first stands until somebody enters the change.")
DENIED_AGAIN = T_("The payer denied it again. Enter that if it is its answer to the appeal or the talk.")
CONTESTED = frozenset({"PEER_TO_PEER", "APPEAL"})
"""A denial stands and is argued with: another denial may be the first one sent twice, so a person tells."""
_NO_NUMBER, _NO_NUMBER_OF_OURS = (
    T_("An approval needs the payer's number."), T_("An approval needs your number for it: enter it."),
)  # fmt: skip
_NO_REASON, _NO_REASON_OF_OURS = (
    T_("A payer that denies has to say why. Choose the reason."), T_("Say why you deny it: choose the reason."),
)  # fmt: skip
_IN_THE_MAKING = T_("The payer decided what is prepared anew here. Enter its answer, or send the request again.")
_NOT_WANTED = T_("The payer approved what was taken back here. Tell the payer that it is not needed.")


ALL_TOGETHER: Final = 0
"""Where a limit of all services together stands among the positions."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a payer said, from whatever source; units in thousandths by position, None without a limit."""

    action: str
    channel: str
    number: str = ""
    reasons: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    units: Mapping[int, int | None] = field(default_factory=dict)
    limits: Mapping[int, Limit] = field(default_factory=dict)
    """What limits services besides, by position; ALL_TOGETHER for what limits all of them together."""
    dropped: frozenset[int] = frozenset()
    """Positions of limits that no form can say again and that hold no more; a person says so."""
    said: tuple[Text, ...] = ()
    note: str = ""


def keep(
    uow: UnitOfWork, row: AuthorizationRow, answer: Answer, *, asking: int, interchange_id: bytes | None = None
) -> AuthorizationAnswerRow:
    """Keep an answer with its request, unchanged for ever."""
    last = uow.row(
        uow.select(AuthorizationAnswerRow.number)
        .where(AuthorizationAnswerRow.authorization_id == row.id)
        .order_by(AuthorizationAnswerRow.number.desc())
    )
    body = {
        "number": answer.number, "note": answer.note, "said": [to_json(text) for text in answer.said],
        "units": {str(position): units for position, units in answer.units.items()},
        "limits": {str(position): limits.keep(limit) for position, limit in answer.limits.items()},
    }  # fmt: skip
    kept = uow.new(
        AuthorizationAnswerRow, practice_id=row.practice_id, patient_id=row.patient_id, payer_id=row.payer_id,
        authorization_id=row.id, number=(last.number if last else 0) + 1, asked=asking, action=answer.action,
        channel=answer.channel, reasons=list(answer.reasons), valid_from=answer.valid_from, valid_to=answer.valid_to,
        body_sealed=body, interchange_id=interchange_id, received_at=uow.now,
        received_by=uow.actor.initiator or uow.actor.identity,
    )  # fmt: skip
    uow.flush()
    return kept


def read_kept(uow: UnitOfWork, row: AuthorizationAnswerRow) -> Answer:
    """The answer that `keep` kept."""
    body: dict[str, Any] = uow.read(row, AuthorizationAnswerRow.body_sealed)
    return Answer(
        row.action, row.channel, body["number"], tuple(row.reasons), row.valid_from, row.valid_to,
        {int(position): units for position, units in body["units"].items()},
        {int(at): limit for at, each in body.get("limits", {}).items() if (limit := limits.kept(each)) is not None},
        said=tuple(from_json(each) for each in body["said"]), note=body["note"],
    )  # fmt: skip


def follow(uow: UnitOfWork, row: AuthorizationRow, answer: Answer) -> None:
    """Let a request go where an answer puts it, with the item of whoever has to do something then. Raises Refused."""
    if answer.action == "rejected" and row.state == "SUBMITTED":
        uow.move(row, "DRAFT", AuthorizationFacts(), reason="refused")
        uow.change(row, reasons=list(answer.reasons))
        _line_up(uow, row, answer)
        return
    to = _STATES.get(answer.action)
    if to is None or row.state not in {*WAITING, "DENIED"}:
        _line_up(uow, row, answer)
        return
    if row.state != to:
        about = AuthorizationFacts(number=answer.number, reasons=answer.reasons)
        uow.move(row, to, about, reason=answer.action, note=answer.note or None)
    uow.change(row, reasons=list(answer.reasons))
    if to in GRANTED:
        _grant(uow, row, answer, to)
    if answer.action in FINAL:
        uow.change(row, decided_at=uow.now)
    if answer.action in {"approved", "not-required"}:
        queues.done(uow, row)
    else:
        _line_up(uow, row, answer)
    if to in GRANTED:
        counting.watch_limits(uow, row)
    _let_claims_follow(uow, row)


def enter(
    uow: UnitOfWork, id_: bytes, answer: Answer, *, expected_version: int | None = None
) -> AuthorizationAnswerRow:
    """Enter what a payer said by phone, letter or on its portal; of one that was granted, what is changed now.

    A draft counts as asked for that way. Raises Refused, Conflict.
    """
    row = uow.get(AuthorizationRow, id_)
    uow.change(row, expected_version=expected_version)
    _check(uow, row, answer)
    if row.state == "DRAFT":
        asked(uow, row, answer.channel)
    kept = keep(uow, row, answer, asking=row.asked)
    if row.state in STANDING:
        _grant(uow, row, answer, row.granted_as or "APPROVED")
        queues.done(uow, row)
        counting.settle(uow, row)
        counting.watch_limits(uow, row)
        _let_claims_follow(uow, row)
    else:
        follow(uow, row, answer)
    return kept


def apply_members(units: Units, actor: Actor, answer_id: bytes) -> None:
    """Follow what a payer's own people decided here, for a worker; once more changes nothing.

    Where something else was decided or done meanwhile, that stands and somebody is told.
    """
    with units.read(actor, "authorization:answer", defer=True) as uow:
        practice_id = uow.get(AuthorizationAnswerRow, answer_id).practice_id
    with units.write(replace(actor, practice_id=practice_id), "authorization:answer") as uow:
        kept = uow.get(AuthorizationAnswerRow, answer_id)
        row = uow.get(AuthorizationRow, kept.authorization_id)
        answer = read_kept(uow, kept)
        if row.state in WAITING and kept.asked == row.asked:
            follow(uow, row, answer)
        elif row.state not in WAITING and kept.action in FINAL and not _says_the_same(uow, row, answer):
            too_late(uow, row, answer)


def check_units(uow: UnitOfWork, row: AuthorizationRow, answer: Answer) -> None:
    """Refuse a decision that contradicts itself, whoever makes it: no number, no service, no reason, turned days."""
    own = answer.channel == "payer"  # the payer's people type it, and are told as such
    if answer.action in {"approved", "partial", "modified"}:
        if not answer.number.strip() or len(answer.number) > 50:
            raise Refused(_NO_NUMBER_OF_OURS if own else _NO_NUMBER, code="guard:number")
        if not answer.units:
            raise Refused(T_("Say how many units, visits or days of which service are approved."), code="units")
        known = {line.position for line in lines_of(uow, row.id)}
        if not set(answer.units) <= known or not set(answer.limits) <= {ALL_TOGETHER, *answer.units}:
            raise Refused(T_("This form is not complete. Open the page again."), code="form")
    if answer.action == "denied" and not answer.reasons:
        raise Refused(_NO_REASON_OF_OURS if own else _NO_REASON, code="guard:denial-reason")
    if turned(row, answer):
        raise Refused(T_("The last day lies before the first."), code="days")


def turned(row: AuthorizationRow, answer: Answer) -> bool:
    """Whether it would end before it begins; days that the payer does not name are those asked for."""
    if answer.action not in {"approved", "partial", "modified"}:
        return False
    first, last = answer.valid_from or row.from_date, answer.valid_to or row.to_date
    return last is not None and last < first


def _check(uow: UnitOfWork, row: AuthorizationRow, answer: Answer) -> None:
    check_units(uow, row, answer)
    if row.state not in STANDING:
        return
    if answer.action not in {"approved", "modified", "partial"}:
        raise Refused(
            T_("It was approved. Enter what the payer approves now, or take it back."), code="granted-already"
        )
    # A claim that is sent just now counts under this lock, so that nothing is taken away that it took.
    uow.rows(uow.select(AuthorizationRow.id).where(AuthorizationRow.id == row.id).with_for_update())
    granted = {line.id: line for line in uses.lines_of(uow, [row.id]).get(row.id, ())}
    first = answer.valid_from or row.from_date
    for line in lines_of(uow, row.id):
        units, known = answer.units.get(line.position, 0), granted.get(line.id)
        spent = known.spent if known is not None else ()
        short = units is not None and known is not None and units < known.used
        if short or _overdrawn(answer.limits.get(line.position), spent, first):
            raise Refused(T_("Service {line}: more is used already than that.", line=line.position), code="units")
    every = [one for each in granted.values() for one in each.spent]
    if _overdrawn(answer.limits.get(ALL_TOGETHER), every, first):
        raise Refused(T_("All services together: more is used already than that."), code="units")


def _overdrawn(limit: Limit | None, spent: Sequence[Taken], first: date) -> bool:
    """Whether claims that stand have more than a limit would leave them in one of its periods."""
    caps = limits.read(limit).caps if limit is not None else ()
    return any(amount > cap.amount for cap in caps for amount in limits.filled(cap, spent, first).values())


def _grant(uow: UnitOfWork, row: AuthorizationRow, answer: Answer, granted_as: str) -> None:
    """Units, limits, days and number as they hold from now on; days that the payer does not name are those asked for.

    A limit that no form can say again holds until somebody says that it does not, or types another.
    """

    def limit_of(position: int, stood: list[Any] | None) -> list[str] | None:
        before = limits.kept(stood)
        stands = before is not None and not limits.can_be_typed(before) and position not in answer.dropped
        return limits.keep(answer.limits.get(position) or (before if stands else None))

    for line in lines_of(uow, row.id):
        units, granted = answer.units.get(line.position), line.position in answer.units
        limit = limit_of(line.position, line.limits) if granted else None
        uow.change(line, granted=granted, granted_thousandths=units, limits=limit)
    together = limit_of(ALL_TOGETHER, row.limits)
    uow.change(
        row, granted_as=granted_as, limits=together, number_sealed=answer.number,
        valid_from=answer.valid_from or row.from_date, valid_to=answer.valid_to or row.to_date, warned="",
    )  # fmt: skip
    uow.flush()


def _line_up(uow: UnitOfWork, row: AuthorizationRow, answer: Answer) -> None:
    text, todo = _SAID.get(answer.action, (LATER, None))
    if answer.action == "rejected" and row.state in WAITING:
        text, todo = _NOT_TAKEN
    if row.state in STANDING and answer.action not in {"partial", "modified"}:
        text, todo = LATER, None
    detail: dict[str, Any] = {"text": to_json(text)} | ({"todo": to_json(todo)} if todo is not None else {})
    due = row.due_on if row.state == "PENDED" else None
    queues.put(uow, QUEUE, row, reason=answer.action, detail=detail, due_on=due)


def _let_claims_follow(uow: UnitOfWork, row: AuthorizationRow) -> None:
    """Drafts of claims of this patient to this payer are checked anew: what stopped them may be there now."""
    claim = ClaimRow
    waits = uow.select(claim.encounter_id).where(
        claim.patient_id == row.patient_id, claim.payer_id == row.payer_id, claim.state == "DRAFT"
    )
    for each in uow.rows(waits.order_by(claim.id)):
        key = f"claim.draft:{each.encounter_id.hex()}:authorization:{row.id.hex()}:{row.version}"
        outbox.later(uow, "claim.draft", key, {"encounter": each.encounter_id})


def too_late(uow: UnitOfWork, row: AuthorizationRow, answer: Answer) -> None:
    """A payer decided what waits for no answer: somebody compares, and enters what changed."""
    if row.state == "CANCELLED" and answer.action not in {"approved", "partial", "modified"}:
        return
    text = {"DRAFT": _IN_THE_MAKING, "CANCELLED": _NOT_WANTED}.get(row.state, LATER)
    queues.put(uow, QUEUE, row, reason=counting.AGAIN, detail={"text": to_json(text)})


def _says_the_same(uow: UnitOfWork, row: AuthorizationRow, answer: Answer) -> bool:
    """Whether what stands is what an answer says."""
    if row.state in STANDING:
        return bool(answer.number) and uow.read(row, AuthorizationRow.number_sealed) == answer.number
    return _STATES.get(answer.action) == row.state


def unclear(uow: UnitOfWork, row: AuthorizationRow, why: Text) -> None:
    """A payer's answer cannot be followed as it is: somebody reads it."""
    queues.put(uow, QUEUE, row, reason="unclear", detail={"text": to_json(why)}, due_on=row.due_on)
