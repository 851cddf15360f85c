"""A 278 in: each answer finds its request by the trace, decides once, and what needs a person goes to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from portal.access.actors import Actor
from portal.domain import limits
from portal.domain.authorizations import GRANTING, AuthorizationAnswer
from portal.domain.eligibility import Limit
from portal.domain.granting import MOST_UNITS, WAITING, is_number
from portal.domain.interchanges import Finding
from portal.domain.texts import T_, Text, to_json
from portal.models.authorizations import AuthorizationAnswerRow, AuthorizationLineRow, AuthorizationRow
from portal.models.interchanges import InterchangeRow
from portal.models.payers import PayerRow
from portal.services import interchanges, queues, receiving
from portal.services.authorizations import deciding
from portal.services.authorizations.asking import take_back_refused
from portal.services.authorizations.deciding import Answer
from portal.services.authorizations.parties import lines_of
from portal.services.receiving import Received
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.authorizations.reading import read_decisions
from portal.x12.reader import read

PERMISSION = "authorization:answer"
KINDS = frozenset({"278"})
_UNMATCHED = T_("This answer belongs to no request of ours.")
_BEFORE = T_("This request was decided before; the first decision stands.")
_NOT_WAITING = T_("This request waits for no answer: it was taken back here, or is prepared anew.")
_OVERTAKEN = T_("This answer is to an earlier asking; the request was sent again since.")
_NO_NUMBER = T_("The payer approves without a number, so that nothing can be billed under it. Call the payer.")
_NO_SUCH_NUMBER = T_("The payer's number is too long for a claim, or has signs that no number has. Call the payer.")
_NO_SUCH_UNITS = T_("The payer approves units that no service has. Call the payer, and enter what it says.")
_TURNED = T_("The payer approves days that end before they begin. Call the payer, and enter what it says.")
_WRONG_SERVICE = T_("The payer approves services that were not asked for. A person has to read it.")


def import_answers(units: Units, actor: Actor, name: str, body: bytes, *, request: Request | None = None) -> Received:
    """Store a 278 sealed, then apply it. Raises Refused `too-large` and `wrong-kind`; then nothing is stored."""
    apply = partial(_apply_file, units, actor, request)
    return receiving.take(units, actor, PERMISSION, "278", name, body, apply, request=request)


def read_in(units: Units, actor: Actor, request: Request | None, interchange_id: bytes) -> Received:
    """Apply a stored file, or go on with it; one applied before changes nothing."""
    apply = partial(_apply_file, units, actor, request)
    return receiving.go_on(units, actor, PERMISSION, interchange_id, apply, request=request)


def _apply_file(
    units: Units, actor: Actor, request: Request | None, file_id: bytes, body: bytes, new: bool
) -> Received:
    found = read_decisions(read(body))
    told: list[Finding] = []
    applied = unmatched = 0
    read_on: Counter[tuple[bytes, int]] = Counter()
    for answer in found.answers:
        with units.write(actor, PERMISSION, request=request, kind="import") as uow:
            rows = _match(uow, answer)
            said = [
                _apply(uow, file_id, row, asking, answer, earlier=read_on[row.id, asking]) for row, asking in rows
            ] or [_UNMATCHED]
            read_on.update((row.id, asking) for row, asking in rows)
            applied += any(one is None for one in said)
            unmatched += not rows
            told += [Finding(answer.segment, _CODES.get(str(one), "unclear"), one) for one in said if one is not None]
    with units.write(actor, PERMISSION, request=request, kind="import") as uow:
        file = uow.get(InterchangeRow, file_id)
        findings = interchanges.read_through(
            uow, file, items=len(found.answers), applied=applied, findings=(*found.findings, *told)
        )
        if unmatched:
            detail = {"n": unmatched, "text": to_json(_UNMATCHED)}
            queues.put(uow, "unmatched-answers", file, reason="unmatched", detail=detail)
        take_back_refused(uow)
        return Received(file_id, new, len(found.answers), applied, findings)


_CODES = {
    str(_UNMATCHED): "unmatched", str(_BEFORE): "answered-before", str(_OVERTAKEN): "overtaken",
    str(_NOT_WAITING): "not-waiting", str(deciding.DENIED_AGAIN): "denied-again",
}  # fmt: skip


def _match(uow: UnitOfWork, answer: AuthorizationAnswer) -> list[tuple[AuthorizationRow, int]]:
    """By trace, with the number of the asking; a refusal above any event has none and names the set (BHT03)."""
    row = AuthorizationRow
    trace, _, asking = answer.review.trace.partition("-")
    if trace:
        found = uow.first(uow.select(row).where(row.trace == trace).with_for_update())
        known = found is not None and asking.isascii() and asking.isdigit() and 0 < int(asking[:9]) <= found.asked
        return [(found, int(asking[:9]))] if found is not None and known else []
    if not answer.review.reference or not answer.rejections:
        return []
    named = answer.review.reviewer.identifier
    among = uow.select(row).where(row.reference == answer.review.reference, row.state == "SUBMITTED")
    if named:
        among = among.where(row.payer_id.in_(uow.select(PayerRow.id).where(PayerRow.code == named)))
    return [(one, one.asked) for one in uow.entities(among.order_by(row.id).with_for_update())]


def _apply(
    uow: UnitOfWork, file_id: bytes, row: AuthorizationRow, asking: int, answer: AuthorizationAnswer, *, earlier: int
) -> Text | None:
    """Keep an answer and follow it; why not, where it is kept and a person told, or known already.

    `earlier` is how many answers to the same asking stand before this one in the file.
    """
    kept = AuthorizationAnswerRow
    same = (kept.authorization_id == row.id, kept.interchange_id == file_id, kept.asked == asking)
    if uow.count(uow.select(kept.id).where(*same)) > earlier:
        return None  # a reading that was broken off goes on behind it
    found = _answer(answer, lines_of(uow, row.id))
    unclear = _unclear(row, answer, found)
    deciding.keep(uow, row, found, asking=asking, interchange_id=file_id)
    if asking != row.asked:
        return _OVERTAKEN
    if row.state not in WAITING:
        deciding.too_late(uow, row, found)
        return _NOT_WAITING if row.state in {"DRAFT", "CANCELLED"} else _BEFORE
    if found.action == "denied" and row.state in deciding.CONTESTED:
        deciding.unclear(uow, row, deciding.DENIED_AGAIN)
        return deciding.DENIED_AGAIN
    if unclear is not None:
        deciding.unclear(uow, row, unclear)
        return unclear
    deciding.follow(uow, row, found)
    return None


def _unclear(row: AuthorizationRow, answer: AuthorizationAnswer, found: Answer) -> Text | None:
    """Why an approval is not followed as it is; None for what can be."""
    if found.action not in GRANTING:
        return None
    if not found.number:
        return _NO_NUMBER
    if not is_number(found.number):
        return _NO_SUCH_NUMBER
    if any(one.units is not None and abs(one.units) * 1000 > MOST_UNITS for one in answer.review.services):
        return _NO_SUCH_UNITS
    if not found.units:
        return _WRONG_SERVICE
    return _TURNED if deciding.turned(row, found) else None


def _answer(answer: AuthorizationAnswer, lines: Sequence[AuthorizationLineRow]) -> Answer:
    """What a 278 says, service by service, as it is kept; what the payer did not list was decided with the event."""
    decision, services = answer.decision, answer.review.services
    if decision is None:
        of_services = [one.decision for one in services if one.decision is not None]
        decision = next((one for one in of_services if one.action in GRANTING), next(iter(of_services), None))
    if decision is None:
        reasons = tuple(dict.fromkeys(one.reason for one in answer.rejections))
        said = tuple(one.text for one in answer.rejections if one.text is not None)
        return Answer("rejected" if answer.rejections else "unknown", "278", reasons=reasons, said=said)
    texts = (decision.text, *(one.text for one in answer.rejections))
    said = tuple(text for text in texts if text is not None)
    units: dict[int, int | None] = {}
    limited: dict[int, Limit] = {}
    action = decision.action
    if action in GRANTING:
        units, limited = _granted(answer, lines)
        other = limited or any(units.get(line.position, 0) != line.asked_thousandths for line in lines)
        if action == "approved" and other:
            action = "modified" if set(units) == {line.position for line in lines} else "partial"
    return Answer(
        action, "278", answer.number, (decision.reason,) if decision.reason else (), decision.valid_from,
        decision.valid_to, units, limited, said=said,
    )  # fmt: skip


def _granted(
    answer: AuthorizationAnswer, lines: Sequence[AuthorizationLineRow]
) -> tuple[dict[int, int | None], dict[int, Limit]]:
    """Units and limits by position, as the payer lists them; all services as asked for when it lists none.

    Where it names no units, a limit that is counted decides alone, of the service or of all together; else what was
    asked for stands.
    """
    together = answer.review.limit
    limited = {deciding.ALL_TOGETHER: together} if together is not None else {}
    if not answer.review.services:
        return {line.position: _units(None, line, together) for line in lines}, limited
    granted: dict[int, int | None] = {}
    left = list(lines)
    for one in answer.review.services:
        line = next(
            (each for each in left if each.code == one.code and set(each.modifiers) == set(one.modifiers)), None
        )
        line = line or next((each for each in left if each.code == one.code), None)
        if line is None:
            continue
        left.remove(line)
        decided = answer.decision_of(one)
        if decided is not None and decided.action in GRANTING:
            granted[line.position] = _units(one.units, line, one.limit, together)
            if one.limit is not None:
                limited[line.position] = one.limit
    return granted, limited


def _units(units: Decimal | None, line: AuthorizationLineRow, *limited: Limit | None) -> int | None:
    if units is not None:
        return min(int(max(units, Decimal(0)) * 1000), MOST_UNITS)
    decides = any(limits.read(limit).counted for limit in limited if limit is not None)
    return None if decides else line.asked_thousandths
