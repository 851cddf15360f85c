"""The daily look at bills that nobody pays: each takes at most one step, with its notices.

Idempotent by bill and step: a look that is cut off goes on with what is left, and one that comes twice finds nothing.
Whether a clock runs at all is said by `statements/clocks`, which is asked first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_

from portal.access.actors import Actor
from portal.domain import dunning
from portal.domain.dunning import ONWARD, Facts, Steps
from portal.domain.notices import GONE, OPEN
from portal.domain.statements.life import SIDES, StatementFacts
from portal.domain.texts import T_, to_json
from portal.models.dunning import NoticeRow
from portal.models.statements import StatementRow
from portal.services import account_holds, policies, queues
from portal.services.dunning import calling, sending
from portal.services.dunning.facts import Bill, began, bill_of, holds_of
from portal.services.statements import clocks
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

NOTICED = ("PAST_DUE", "FINAL_NOTICE")
_SLICE = 100


def run(units: Units, actor: Actor) -> int:
    """The look at one practice's bills; how many moved. What may move is found by slices, and each moves by itself."""
    calling.settle(units, actor)
    with units.read(actor, "statement:run") as uow:
        still, wanted = _still(uow), due(uow, policies.current(uow, uow.practice_id, Steps))
    for account in sorted({*still, *(account for _, account in wanted)}):
        clocks.follow(units, actor, account)
    with units.read(actor, "notice:send") as uow:
        stale = sending.stale(uow)
    if stale:
        with units.write(actor, "notice:send") as uow:
            sending.settle(uow)
    moved = 0
    for start in range(0, len(wanted), _SLICE):
        ids = [id_ for id_, _ in wanted[start : start + _SLICE]]
        with units.read(actor, "statement:run") as uow:
            rows = uow.entities(uow.select(StatementRow).where(StatementRow.id.in_(ids)))
            ready = [row.id for row in rows if _looked_at(uow, row).todo]
        moved += sum(step(units, actor, statement_id) for statement_id in ready)
    return moved


def due(uow: UnitOfWork, steps: Steps) -> list[tuple[bytes, bytes]]:
    """Bills to look at today with their accounts, the longest in their step first.

    Those whose step is over, and those that were reminded: notices may have been taken back while an account was held,
    and somebody may have to call.
    """
    row, today = StatementRow, uow.today()
    since = func.coalesce(row.step_on, row.made_on)
    over = [(row.state == state) & (since <= today - timedelta(days=steps.days_of(state))) for state in ONWARD]
    found = uow.rows(
        uow.select(row.id, row.patient_id)
        .where(or_(*over, row.state.in_(NOTICED)), func.coalesce(row.began_cents, 1) > 0)
        .order_by(since, row.id)
    )
    return [(each.id, each.patient_id) for each in found]


def _still(uow: UnitOfWork) -> list[bytes]:
    """Accounts with a bill whose clock stands although no hold stands any more: its last day is over."""
    row = StatementRow
    stopped = {each.patient_id for each in uow.rows(uow.select(row.patient_id).where(row.state.in_(SIDES)).distinct())}
    held = account_holds.standing(uow, sorted(stopped), uow.today())
    return sorted(stopped - held.keys())


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at one bill found: the step to take, notices to plan anew, or a call that nobody is told to make."""

    bill: Bill
    steps: Steps
    to: str | None
    unheard: bool
    unlaid: bool

    @property
    def todo(self) -> bool:
        return self.to is not None or self.unheard or self.unlaid


def _looked_at(uow: UnitOfWork, row: StatementRow) -> _Look:
    steps, today = policies.current(uow, row.practice_id, Steps), uow.today(row.practice_id)
    bill, states = bill_of(uow, row), _sent(uow, row)
    held, heard = bool(holds_of(uow, row, today)), bool(states & {*GONE, *OPEN})
    facts = Facts(
        bill.owed_cents, row.document_id is not None if row.state not in NOTICED else heard and not states & {*OPEN},
        insurance_open=bill.insurance_open, held=held,
    )  # fmt: skip
    to = dunning.next_step(row.state, began(row), today, facts, steps)
    stays = to is None and not held and bill.owed_cents > 0 and row.state in NOTICED
    return _Look(
        bill, steps, to, stays and not heard and "WITHDRAWN" in states,
        stays and _to_call(uow, row, bill, steps) and not queues.items_of(uow, row),
    )  # fmt: skip


def _sent(uow: UnitOfWork, row: StatementRow) -> set[str]:
    """The states of the notices of the present step."""
    notice = NoticeRow
    wanted = uow.select(notice.state).where(notice.statement_id == row.id, notice.step == row.state)
    return {each.state for each in uow.rows(wanted)} if row.state in NOTICED else set()


def step(units: Units, actor: Actor, statement_id: bytes) -> bool:
    """Look at one bill again and let it take the one step that is due; whether it did."""
    with units.write(actor, "statement:run") as uow:
        row = uow.get(StatementRow, statement_id)
        look = _looked_at(uow, row)
        if look.to is not None:
            uow.move(row, look.to, StatementFacts(delivered=True, days_passed=True, owed_cents=look.bill.owed_cents))
            uow.change(row, step_on=uow.today(row.practice_id), came_from=None, days_run=None)
            if look.to in NOTICED:
                sending.plan(uow, row, look.bill, look.steps)
        elif look.unheard:
            sending.again(uow, row, look.bill, look.steps)
        lay(uow, row, look.bill, look.steps)
        return look.to is not None


def lay(uow: UnitOfWork, row: StatementRow, bill: Bill, steps: Steps) -> None:
    """Into the queue of its step: somebody calls about larger sums, a manager decides about collection."""
    said: dict[str, object] = {"number": bill.content.number}
    if row.state == "PRE_COLLECTION":
        said |= {"text": to_json(T_("Nobody answered the final notice."))}
        queues.put(uow, "pre-collection", row, reason="unanswered", detail=said, at_risk_cents=bill.owed_cents)
    elif row.state in NOTICED and _to_call(uow, row, bill, steps):
        text = T_("A final notice went out.") if row.state == "FINAL_NOTICE" else T_("A reminder went out.")
        said |= {"text": to_json(text)}
        reason = row.state.lower().replace("_", "-")
        queues.put(uow, "calls", row, reason=reason, detail=said, at_risk_cents=bill.owed_cents)
    else:
        queues.done(uow, row)


def _to_call(uow: UnitOfWork, row: StatementRow, bill: Bill, steps: Steps) -> bool:
    return bill.owed_cents >= steps.call_cents and not calling.off_the_list(uow, row)
