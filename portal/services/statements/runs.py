"""Runs of bills: looked at first, asked for, followed, stopped, released; repeated or resumed, none bills twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.statements.arithmetic import due_on
from portal.domain.statements.cycle import Cycle
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow, StatementRunRow
from portal.services import outbox, policies
from portal.services.intake.showing import colleague
from portal.services.parts import Parts
from portal.services.statements import clocks, making
from portal.services.statements.accounts import owing_accounts, standing, words
from portal.services.statements.balances import PATIENT
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_SHOWN, _SLICE, _RUNS = 50, 200, 10


@dataclass(frozen=True, slots=True)
class ReadyAccount:
    """One account that would get a bill."""

    patient_id: str
    name: str
    owed: Money
    oldest: date
    last: date | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why so many accounts that owe something get no bill now."""

    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class RunItem:
    """One run in a list: how far it is."""

    run_id: str
    run_on: date
    started_at: datetime
    started_by: str
    asked: int | None
    made: int
    printed: int
    waiting: int
    """Written and on paper, for somebody to release."""
    passed: int
    stopped: bool

    @property
    def over(self) -> bool:
        """Whether nothing more is to be written."""
        return self.stopped or (self.asked is not None and self.printed + self.passed >= self.asked)


@dataclass(frozen=True, slots=True)
class RunPage:
    """See `templates/staff/statements/run.html`."""

    run_on: date
    due_on: date
    by_hand: bool
    count: int
    total: Money
    ready: tuple[ReadyAccount, ...]
    left_out: tuple[LeftOut, ...]
    runs: tuple[RunItem, ...]


def run_page(uow: UnitOfWork) -> RunPage:
    """What a run would do today: how many, how much, the first of them by name, who is left out; and the last runs."""
    found, today = standing(uow), uow.today()
    shown = sorted(found.ready, key=lambda id_: -found.ready[id_].owed_cents)[:_SHOWN]
    oldest = {
        row.patient_id: row.day
        for row in uow.rows(
            uow.select(LedgerLineRow.patient_id, func.min(EncounterRow.service_from).label("day"))
            .join(EncounterRow, EncounterRow.id == LedgerLineRow.encounter_id)
            .where(LedgerLineRow.patient_id.in_(shown), LedgerLineRow.account == PATIENT, uow.within(EncounterRow))
            .group_by(LedgerLineRow.patient_id)
        )
    }
    names = names_of(uow, shown)
    reasons = list(found.why_not.values())
    return RunPage(
        run_on=today,
        due_on=due_on(today, found.cycle.due_days),
        by_hand=found.cycle.by_hand,
        count=len(found.ready),
        total=Money(sum(each.owed_cents for each in found.ready.values())),
        ready=tuple(
            ReadyAccount(
                id_.hex(), names[id_], Money(found.ready[id_].owed_cents), oldest.get(id_, today), found.last.get(id_)
            )
            for id_ in shown
        ),
        left_out=tuple(LeftOut(words(why, found.cycle), reasons.count(why)) for why in dict.fromkeys(sorted(reasons))),
        runs=runs_of(uow),
    )


def runs_of(uow: UnitOfWork, *, run_id: bytes | None = None) -> tuple[RunItem, ...]:
    """The last runs, newest first, or one of them, with how far each is."""
    row = StatementRunRow
    wanted = uow.select(row).order_by(row.started_at.desc(), row.id)
    rows = uow.entities(wanted.limit(_RUNS) if run_id is None else wanted.where(row.id == run_id))
    bill = StatementRow
    counts = {
        each.run_id: each
        for each in uow.rows(
            uow.select(
                bill.run_id, func.count().label("made"), func.count(bill.document_id).label("printed"),
                func.count().filter(bill.state == "READY", bill.document_id.is_not(None)).label("waiting"),
            )
            .where(bill.run_id.in_([each.id for each in rows]))
            .group_by(bill.run_id)
        )
    }  # fmt: skip
    found = []
    for each in rows:
        far = counts.get(each.id)
        made, printed, waiting = (far.made, far.printed, far.waiting) if far else (0, 0, 0)
        by = colleague(uow, each.started_by)
        stopped = each.stopped_at is not None
        found.append(
            RunItem(
                each.id.hex(),
                each.run_on,
                each.started_at,
                by,
                each.asked,
                made,
                printed,
                waiting,
                each.passed,
                stopped,
            )
        )
    return tuple(found)


def names_of(uow: UnitOfWork, patients: list[bytes]) -> dict[bytes, str]:
    """First and last names of patients, opened."""
    uow.saw(*patients)
    columns = (PatientRow.id, PatientRow.practice_id, PatientRow.first_name_sealed, PatientRow.last_name_sealed)
    rows = uow.rows(uow.select(*columns).where(PatientRow.id.in_(patients)))
    return {
        row.id: " ".join(
            uow.open(box, column, row=row.id, subject=row.id, practice=row.practice_id)
            for box, column in (
                (row.first_name_sealed, PatientRow.first_name_sealed),
                (row.last_name_sealed, PatientRow.last_name_sealed),
            )
        )
        for row in rows
    }


def start(uow: UnitOfWork, run_on: date | None = None, *, key: str | None = None) -> bytes | None:
    """Ask for a run; its id, None where one was asked for under this key before.

    Raises Refused `day` when the day that was looked at is over, `running` while another is being written.
    """
    today = uow.today()
    if run_on not in {None, today}:
        raise Refused(
            T_("That list was of another day. Look at today's and press again; no bill was made."), code="day"
        )
    uow.rows(uow.select(PracticeRow.id).where(PracticeRow.id == uow.practice_id).with_for_update())
    if any(not each.over for each in runs_of(uow)):
        raise Refused(T_("A run is being written just now. Wait until it is done."), code="running")
    cycle = policies.current(uow, uow.practice_id, Cycle)
    row = uow.new(
        StatementRunRow, practice_id=uow.practice_id, run_on=today, started_by=uow.actor.identity, started_at=uow.now,
        by_hand=cycle.by_hand, asked=None, passed=0, stopped_at=None,
    )  # fmt: skip
    uow.flush()
    outbox.later(uow, "statement.run", key or f"statement.run:{row.id.hex()}", {"run": row.id})
    return row.id


def stop(uow: UnitOfWork, run_id: bytes) -> None:
    """Write no more bills of a run; what is written stays."""
    row = uow.get(StatementRunRow, run_id)
    if row.stopped_at is None:
        uow.change(row, stopped_at=uow.now)


def run(units: Units, actor: Actor, run_id: bytes) -> int:
    """The job of a run: one job an account to be billed, one for each whose bills may be settled; how many to bill.

    The jobs are asked for by slices, each in a short transaction, so that a large run holds up no page. Cut off and
    begun again, it asks for what is missing.
    """
    with units.read(actor, "statement:run") as uow:
        ready, owing = sorted(standing(uow).ready), owing_accounts(uow)
        open_ = uow.rows(uow.select(StatementRow.patient_id).where(StatementRow.state.in_(clocks.OPEN)).distinct())
        made = uow.rows(uow.select(StatementRow.patient_id).where(StatementRow.run_id == run_id))
        stale = [row.patient_id for row in open_ if row.patient_id not in owing]
    ready = sorted({*ready, *(row.patient_id for row in made)})
    asked = [("statement.make", each) for each in ready] + [("statement.close", each) for each in stale]
    for start_at in range(0, len(asked), _SLICE):
        with units.write(actor, "statement:run") as uow:
            for name, account in asked[start_at : start_at + _SLICE]:
                about = {"run": run_id, "account": account} if name == "statement.make" else {"patient": account}
                outbox.later(uow, name, f"{name}:{account.hex()}:{run_id.hex()}", about)
    with units.write(actor, "statement:run") as uow:
        row = uow.get(StatementRunRow, run_id)
        if row.asked is None:
            uow.change(row, asked=len(ready))
    return len(ready)


def release_all(units: Units, parts: Parts, actor: Actor, run_id: bytes) -> int:
    """The job of a release: every bill of a run that is on paper and not held goes out, in slices; how many went."""
    went, row = 0, StatementRow
    with units.read(actor, "statement:run") as uow:
        wanted = uow.select(row.id).where(row.run_id == run_id, row.state == "READY", row.document_id.is_not(None))
        ids = [each.id for each in uow.rows(wanted.order_by(row.id))]
    for start_at in range(0, len(ids), _SLICE):
        with units.write(actor, "statement:run") as uow:
            for id_ in ids[start_at : start_at + _SLICE]:
                try:
                    went += making.release(uow, parts, id_)
                except Refused:
                    continue  # held since: it stays in its queue, and its page says why
    return went


def cycle_day(units: Units, actor: Actor) -> int:
    """Ask for a run by itself on the practice's days of the week, once a day; how many were asked for."""
    with units.write(actor, "statement:run") as uow:
        today = uow.today()
        if not policies.current(uow, uow.practice_id, Cycle).writes_on(today):
            return 0
        begun = uow.select(StatementRunRow.id).where(StatementRunRow.run_on == today)
        if uow.row(begun) is not None or any(not each.over for each in runs_of(uow)):
            return 0
        start(uow)
        return 1
