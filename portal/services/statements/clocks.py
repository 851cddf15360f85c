"""The clocks of an account's bills: stopped by what holds it, gone on where they stood, and over when all is paid.

One look puts every open bill into the state that the books and the holds say, so it is asked for after anything that
may have changed either, as often as one likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from portal.access.actors import Actor
from portal.domain.statements.content import load
from portal.domain.statements.cycle import Cycle
from portal.domain.statements.holds import STATES, Hold, weightiest
from portal.domain.statements.life import LADDER, SIDES, StatementFacts
from portal.models.patients import PatientRow
from portal.models.statements import StatementRow
from portal.services import account_holds, policies, queues
from portal.services.statements.balances import open_of, with_payers
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

ASKING = ("READY", *LADDER)
OPEN = (*ASKING, *SIDES)
"""States of bills that are not over."""


@dataclass(frozen=True, slots=True)
class _Books:
    """What the account's books and holds say now."""

    owed: Mapping[bytes | None, int]
    with_payers: Mapping[bytes | None, int]
    holds: tuple[Hold, ...]
    least_cents: int


def follow(units: Units, actor: Actor, patient_id: bytes) -> int:
    """The job after money moved or a hold came or went: every open bill of the account, brought up to date; how many
    moved.
    """
    with units.write(actor, "statement:run") as uow:
        account = account_holds.anchor(uow, patient_id)
        people = sorted({*account_holds.members(uow, account), patient_id})
        today = uow.today(uow.get(PatientRow, account).practice_id)
        rows = uow.entities(
            uow.select(StatementRow)
            .where(StatementRow.patient_id.in_(people), StatementRow.state.in_(OPEN))
            .with_for_update()
        )
        if not rows:
            return 0
        books = _Books(
            open_of(uow, people),
            with_payers(uow, people),
            account_holds.standing(uow, [account], today).get(account, ()),
            policies.current(uow, rows[0].practice_id, Cycle).least_cents,
        )
        return sum(_settle(uow, row, books, today) for row in rows)


def _settle(uow: UnitOfWork, row: StatementRow, books: _Books, today: date) -> bool:
    """Put one bill into the state that is due to it; whether it moved."""
    charges = {bytes.fromhex(line.charge_id) or None for line in load(uow.read(row, StatementRow.content_sealed)).lines}
    left = max(sum(books.owed.get(charge, 0) for charge in charges), 0)
    to = _due(charges, left, books)
    if to == row.state or (to is None and row.state in ASKING):
        return False
    if row.state in SIDES and to != "PAID":
        go_on(uow, row, today)
    if to == "PAID":
        uow.move(row, "PAID", StatementFacts(owed_cents=left))
        queues.done(uow, row)
    elif to is not None:
        halt(uow, row, to, today)
    return True


def _due(charges: set[bytes | None], left: int, books: _Books) -> str | None:
    """PAID, the side state that is due, or None where the clock runs."""
    reopened = any(books.with_payers.get(charge, 0) for charge in charges)
    asked = sum(max(books.owed.get(each, 0), 0) for each in charges if not books.with_payers.get(each, 0))
    if left <= 0 and not reopened:
        return "PAID"
    hold = weightiest(books.holds)
    if hold is not None:
        return STATES[hold.kind]
    if min(asked, left) <= 0:
        return "INSURANCE_PENDING"
    return "SMALL_BALANCE" if left < books.least_cents else None


def halt(uow: UnitOfWork, row: StatementRow, side: str, today: date) -> None:
    """Stop a bill's clock: the step and the days of it that are over are kept."""
    run = (today - (row.step_on or row.made_on)).days if row.state in LADDER else 0
    uow.change(row, came_from=row.state, days_run=max(run, 0))
    uow.move(row, side, StatementFacts(), reason=side.lower().replace("_", "-"))
    queues.follow(uow, row, reason="held")


def go_on(uow: UnitOfWork, row: StatementRow, today: date) -> None:
    """Let a stopped clock go on in its step, with the days that were left of it."""
    back = row.came_from or "STATEMENT_1"
    uow.move(row, back, StatementFacts(came_from=back), reason="over")
    step_on = None if back == "READY" else today - timedelta(days=row.days_run or 0)
    uow.change(row, came_from=None, days_run=None, step_on=step_on)
    queues.follow(uow, row, reason="goes-on")
