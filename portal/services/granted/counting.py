"""What was granted is counted down when claims are sent, given back when they are voided, and told when it runs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func

from portal.domain.claims import Claim
from portal.domain.granting import GRANTED, STANDING, AuthorizationFacts, reckoned, warning
from portal.domain.texts import T_, to_json
from portal.models.authorizations import AuthorizationRow, AuthorizationUseRow
from portal.models.claims import ClaimRow
from portal.services import queues
from portal.services.granted.finding import Standing, lines_of, parts_of, standing_of
from portal.services.unit_of_work.work import UnitOfWork, new_id

QUEUE = "authorizations"
_VOID = "8"
_TOLD = {
    "exhausted": (
        T_("All that was granted is used."),
        T_("If more is planned, ask the payer for more; else nothing is to be done."),
    ),
    "expiring": (
        T_("It ends soon, and not all that was granted is used."),
        T_("If the services are still planned, ask the payer for more time; else nothing is to be done."),
    ),
}


def count(uow: UnitOfWork, pairs: Sequence[tuple[ClaimRow, Claim]]) -> set[bytes]:
    """Count down what claims take that are sent now; ids of those for which it is no longer there, and nothing is done.

    A claim that goes again takes what differs. A void takes nothing: it gives back once it is done (`give_back`).
    """
    kept = [(row, claim) for row, claim in pairs if row.frequency != _VOID]
    _lock(uow, {row.patient_id for row, _ in kept})
    # under the lock, and under the number that each was built with
    standing = standing_of(uow, [row for row, _ in kept], {row.id: claim for row, claim in kept})
    gone: set[bytes] = set()
    touched: set[bytes] = set()
    for row, claim in kept:
        now = standing[row.id]
        if now.obstacles or now.on(claim) != claim:
            gone.add(row.id)
        else:
            touched |= _put(uow, row, now)
    _settle(uow, touched)
    return gone


def give_back(uow: UnitOfWork, claim_ids: Iterable[bytes]) -> None:
    """Give back all that claims took; for those that were voided. Once more changes nothing."""
    touched: set[bytes] = set()
    use = AuthorizationUseRow
    for part in parts_of(claim_ids):
        rows = uow.rows(
            uow.select(use.patient_id, use.claim_id, use.payer_id, use.practice_id, use.authorization_id)
            .where(use.claim_id.in_(part))
            .distinct()
        )
        for row in rows:
            touched |= _take(uow, row, {}, row.authorization_id)
    _settle(uow, touched)


def restore(uow: UnitOfWork, claim: ClaimRow, before: datetime) -> None:
    """Let a claim have what it had before a moment: what it took since is given back, what it gave back taken again."""
    _lock(uow, {claim.patient_id})
    use = AuthorizationUseRow
    rows = uow.rows(
        uow.select(use.authorization_id, use.line_id, use.control, use.thousandths, use.at).where(
            use.claim_id == claim.id
        )
    )
    had: dict[bytes, dict[tuple[bytes, str], int]] = {row.authorization_id: {} for row in rows}
    for row in rows:
        if row.at < before:
            of = had[row.authorization_id]
            of[row.line_id, row.control] = of.get((row.line_id, row.control), 0) + row.thousandths
    about = _About(claim.practice_id, claim.patient_id, claim.payer_id, claim.id)
    _settle(uow, set().union(*(_take(uow, about, units, id_) for id_, units in had.items())))


def settle(uow: UnitOfWork, row: AuthorizationRow) -> None:
    """Put a granted authorization where what is used, left and over says, and tell somebody once where it is due."""
    if row.state not in STANDING:
        return
    uow.flush()
    lines, today = lines_of(uow, [row.id]).get(row.id, ()), uow.today(row.practice_id)
    to = reckoned(row.granted_as or "APPROVED", lines, row.valid_to, today)
    if to != row.state:
        reason = "given-back" if to in GRANTED else to.lower()
        uow.move(row, to, AuthorizationFacts(reckoned=to), reason=reason)
    told = warning(to, row.valid_to, today)
    if told == row.warned:
        return
    if told:
        text, todo = _TOLD[told]
        due = row.valid_to if told == "expiring" else None
        detail = {"text": to_json(text), "todo": to_json(todo)}
        queues.put(uow, QUEUE, row, reason=told, detail=detail, due_on=due)
    elif any(item.reason in _TOLD for item in queues.items_of(uow, row)):
        queues.done(uow, row)
    uow.change(row, warned=told)


def _put(uow: UnitOfWork, row: ClaimRow, now: Standing) -> set[bytes]:
    """Write down what a claim takes, and give back what it took of others or takes no more."""
    use = AuthorizationUseRow
    before = {each.authorization_id for each in uow.rows(
        uow.select(use.authorization_id).where(use.claim_id == row.id).distinct()
    )}  # fmt: skip
    every = [(now.authorization_id, now.taken), *((one.authorization_id, one.taken) for one in now.more)]
    wanted = {id_: {(one.line_id, one.key): one.units for one in taken} for id_, taken in every if id_ is not None}
    about = _About(row.practice_id, row.patient_id, row.payer_id, row.id)
    touched: set[bytes] = set()
    for id_ in sorted(before | wanted.keys()):
        touched |= _take(uow, about, wanted.get(id_, {}), id_)
    return touched


@dataclass(frozen=True, slots=True)
class _About:
    practice_id: bytes
    patient_id: bytes
    payer_id: bytes
    claim_id: bytes


def _take(uow: UnitOfWork, about: Any, wanted: Mapping[tuple[bytes, str], int], id_: bytes) -> set[bytes]:
    """Write the difference between what a claim has of an authorization and what it is to have."""
    use = AuthorizationUseRow
    rows = uow.rows(
        uow.select(use.line_id, use.control, func.sum(use.thousandths).label("used"))
        .where(use.claim_id == about.claim_id, use.authorization_id == id_)
        .group_by(use.line_id, use.control)
    )
    has = {(row.line_id, row.control): int(row.used) for row in rows}
    steps = {key: wanted.get(key, 0) - has.get(key, 0) for key in sorted(has.keys() | wanted.keys())}
    made = [
        {
            "id": new_id(), "practice_id": about.practice_id, "patient_id": about.patient_id,
            "payer_id": about.payer_id, "authorization_id": id_, "line_id": line_id, "claim_id": about.claim_id,
            "control": control, "thousandths": step, "at": uow.now,
        }
        for (line_id, control), step in steps.items()
        if step
    ]  # fmt: skip
    uow.insert(use, made)
    return {id_} if made else set()


def _lock(uow: UnitOfWork, patients: Iterable[bytes]) -> None:
    """Two who count at once wait for each other here; on SQLite writers are one at a time anyway."""
    for part in parts_of(patients):
        row = AuthorizationRow
        statement = uow.select(row.id).where(row.patient_id.in_(part), row.state.in_(STANDING)).order_by(row.id)
        uow.rows(statement.with_for_update())


def _settle(uow: UnitOfWork, ids: Iterable[bytes]) -> None:
    for part in parts_of(ids):
        statement = uow.select(AuthorizationRow).where(AuthorizationRow.id.in_(part)).order_by(AuthorizationRow.id)
        for row in uow.entities(statement):
            settle(uow, row)
