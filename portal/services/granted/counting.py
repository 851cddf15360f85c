"""What was granted is counted down when claims are sent, given back when they are voided, and told when it runs out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlalchemy import func

from portal.domain import limits
from portal.domain.claims import Claim
from portal.domain.granting import GRANTED, STANDING, AuthorizationFacts, reckoned, warning
from portal.domain.limits import Taken
from portal.domain.texts import T_, to_json
from portal.models.authorizations import AuthorizationLineRow, AuthorizationRow, AuthorizationUseRow
from portal.models.claims import ClaimRow
from portal.services import queues
from portal.services.granted.finding import Standing, standing_of
from portal.services.granted.left import left_of
from portal.services.granted.uses import care_of, lines_of, parts_of
from portal.services.unit_of_work.work import UnitOfWork, new_id

QUEUE = "authorizations"
AGAIN = "again"
"""Why an approval waits of which the payer said something else since; nothing that we reckon takes its place."""
_VOID = "8"
_Key: TypeAlias = tuple[bytes, str, date | None, date | None, date | None, date | None]
"""A granted line, a service (REF*6R), and the days it was given on: what uses are summed by."""
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
_WATCH = T_("Compare it by hand with what is billed, and call the payer where it is not clear.")


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
    _settle(uow, touched, watch=True)
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
        uow.select(use.authorization_id, *_columns(), use.thousandths, use.at).where(use.claim_id == claim.id)
    )
    had: dict[bytes, dict[_Key, int]] = {row.authorization_id: {} for row in rows}
    for row in rows:
        if row.at < before:
            of = had[row.authorization_id]
            of[_key(row)] = of.get(_key(row), 0) + row.thousandths
    about = _About(claim.practice_id, claim.patient_id, claim.payer_id, claim.id)
    _settle(uow, set().union(*(_take(uow, about, units, id_) for id_, units in had.items())))


def settle(uow: UnitOfWork, row: AuthorizationRow) -> None:
    """Put a granted authorization where what is used, left and over says, and tell somebody once where it is due."""
    if row.state not in STANDING:
        return
    uow.flush()
    lines, today = lines_of(uow, [row.id]).get(row.id, ()), uow.today(row.practice_id)
    care = care_of(row, lines)
    to = reckoned(row.granted_as or "APPROVED", care, today)
    if to != row.state:
        reason = "given-back" if to in GRANTED else to.lower()
        uow.move(row, to, AuthorizationFacts(reckoned=to), reason=reason)
    told = warning(to, row.valid_to, today)
    if told == row.warned:
        return
    if told and not _decided_again(uow, row):
        text, todo = _TOLD[told]
        rest = next(iter(left_of(care, today)), None)
        if told == "expiring" and rest is not None:
            text = T_("It ends soon: {rest}.", rest=rest)
        due = row.valid_to if told == "expiring" else None
        detail = {"text": to_json(text), "todo": to_json(todo)}
        queues.put(uow, QUEUE, row, reason=told, detail=detail, due_on=due)
    elif any(item.reason in _TOLD for item in queues.items_of(uow, row)):
        queues.done(uow, row)
    uow.change(row, warned=told)


def watch_limits(uow: UnitOfWork, row: AuthorizationRow) -> None:
    """Have a person watch a limit of an approval that is not counted here, each time that claims take of it."""
    line = AuthorizationLineRow
    granted = uow.select(line.limits).where(line.authorization_id == row.id, line.granted.is_(True))
    stored = [row.limits, *(each.limits for each in uow.rows(granted.order_by(line.position)))]
    uncounted = [limit for each in stored if (limit := limits.kept(each)) and not limits.read(limit).counted]
    if not uncounted or _decided_again(uow, row):
        return
    text = T_("The payer set a limit that is not counted here: {limit}.", limit=limits.words(uncounted[0]))
    queues.put(uow, QUEUE, row, reason="limit", detail={"text": to_json(text), "todo": to_json(_WATCH)})


def _decided_again(uow: UnitOfWork, row: AuthorizationRow) -> bool:
    return any(item.reason == AGAIN for item in queues.items_of(uow, row))


def _put(uow: UnitOfWork, row: ClaimRow, now: Standing) -> set[bytes]:
    """Write down what a claim takes, and give back what it took of others or takes no more."""
    use = AuthorizationUseRow
    before = {each.authorization_id for each in uow.rows(
        uow.select(use.authorization_id).where(use.claim_id == row.id).distinct()
    )}  # fmt: skip
    every = [(now.authorization_id, now.taken), *((one.authorization_id, one.taken) for one in now.more)]
    wanted = {id_: {_place(one): one.units for one in taken} for id_, taken in every if id_ is not None}
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


def _columns() -> tuple[Any, ...]:
    use = AuthorizationUseRow
    return use.line_id, use.control, use.served_from, use.served_to, use.stay_from, use.stay_to


def _key(row: Any) -> _Key:
    return row.line_id, row.control, row.served_from, row.served_to, row.stay_from, row.stay_to


def _place(one: Taken) -> _Key:
    stay = one.stay
    ends = (stay.first, stay.last) if stay is not None else (None, None)
    return one.line_id, one.key, one.served.first, one.served.last, *ends


def _take(uow: UnitOfWork, about: Any, wanted: Mapping[_Key, int], id_: bytes) -> set[bytes]:
    """Write the difference between what a claim has of an authorization and what it is to have."""
    use = AuthorizationUseRow
    rows = uow.rows(
        uow.select(*_columns(), func.sum(use.thousandths).label("used"))
        .where(use.claim_id == about.claim_id, use.authorization_id == id_)
        .group_by(*_columns())
    )
    has = {_key(row): int(row.used) for row in rows}
    steps = {key: wanted.get(key, 0) - has.get(key, 0) for key in has.keys() | wanted.keys()}
    made = [
        {
            "id": new_id(), "practice_id": about.practice_id, "patient_id": about.patient_id,
            "payer_id": about.payer_id, "authorization_id": id_, "line_id": line_id, "claim_id": about.claim_id,
            "control": control, "thousandths": step, "at": uow.now, "served_from": served_from,
            "served_to": served_to, "stay_from": stay_from, "stay_to": stay_to,
        }
        for (line_id, control, served_from, served_to, stay_from, stay_to), step in steps.items()
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


def _settle(uow: UnitOfWork, ids: Iterable[bytes], *, watch: bool = False) -> None:
    for part in parts_of(ids):
        statement = uow.select(AuthorizationRow).where(AuthorizationRow.id.in_(part)).order_by(AuthorizationRow.id)
        for row in uow.entities(statement):
            settle(uow, row)
            if watch and not row.warned:
                watch_limits(uow, row)
