"""Asking for later work inside the unit of work's own transaction; a key runs once for ever (DESIGN 3, Jobs)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, text, update

from portal.access.actors import Actor
from portal.models.jobs import JobKeyRow, JobRow, MailRow
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork


def later(
    uow: UnitOfWork,
    name: str,
    key: str,
    ids: dict[str, bytes] | None = None,
    *,
    run_after: datetime | None = None,
    practice_id: bytes | None = None,
) -> bool:
    """Ask for a job by name (`noun.verb`); arguments are ids only. Returns False when the key was asked for before.

    `practice_id` is the practice it runs within, where the unit of work is none's: what patients do has none chosen.
    """
    if any(len(id_) != 16 for id_ in (ids or {}).values()):
        raise ValueError("arguments of jobs are ids of 16 bytes and nothing else")
    if not uow.claim_key(JobKeyRow, key, name=name, created_at=uow.now):
        return False
    practice = practice_id or uow.practice_or_none()
    arguments = {argument: id_.hex() for argument, id_ in (ids or {}).items()}
    if uow.enqueue is not None:
        uow.enqueue(
            uow.connection(), name=name, key=key, practice=practice.hex() if practice else None, ids=arguments,
            run_after=run_after, urgent=name in URGENT,
        )  # fmt: skip
        return True
    uow.new(
        JobRow,
        name=name,
        key=key,
        practice_id=practice,
        arguments=arguments,
        state="WAITING",
        attempts=0,
        run_after=run_after or uow.now,
        created_at=uow.now,
    )
    return True


def mail(
    uow: UnitOfWork,
    template: str,
    *,
    recipient: str,
    subject_id: bytes,
    language: str,
    parameters: dict[str, Any],
    practice_id: bytes | None = None,
) -> None:
    """Write a mail, sealed under a patient's or user's key, and ask for its sending; it is sent at most once."""
    row = uow.new(
        MailRow,
        practice_id=practice_id,
        subject_id=subject_id,
        template=template,
        language=language,
        recipient_sealed=recipient,
        parameters_sealed=parameters,
        state="WAITING",
        created_at=uow.now,
    )
    uow.flush()
    later(uow, "mail.send", f"mail.send:{row.id.hex()}", {"mail": row.id})


LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 14
"""After so many tries, some three days, a job is DEAD and waits for a person."""
KEPT = timedelta(days=30)
"""So long a done job is kept to be looked at; its key stays for ever."""
URGENT = frozenset({"document.pages", "eligibility.now", "file.read", "letter.paper", "mail.send", "queue.bulk"})
"""Somebody waits for these at a screen: they pass what a night's run has piled up."""
EXPRESS = frozenset({"mail.send"})
"""Urgent and short: these do not wait for a long job to end either."""


def wait_after(attempts: int) -> timedelta | None:
    """How long a job rests after so many tries that failed: 10 s, then three times as long each time, at most 12 h.

    None when it has been tried often enough.
    """
    return None if attempts >= MOST_ATTEMPTS else timedelta(seconds=min(10 * 3 ** (attempts - 1), 12 * 3600))


@dataclass(frozen=True, slots=True)
class Job:
    """One job as a worker holds it."""

    id: bytes
    name: str
    key: str
    practice_id: bytes | None
    ids: dict[str, bytes]
    attempts: int


def lease(units: Units, worker: str, length: timedelta = LEASE, *, express: bool = False) -> Job | None:
    """Take the next job that is due, or one whose worker has not renewed its lease; None when nothing waits.

    With `express`, only one of those that wait for nothing else.

    A job that has ended its worker so often that no try is left is DEAD here: nobody else came to say so.
    """
    now = units.clock.now()
    lost = and_(JobRow.state == "RUNNING", JobRow.lease_until < now)
    due = or_(and_(JobRow.state == "WAITING", JobRow.run_after <= now), lost)
    due = and_(due, JobRow.name.in_(EXPRESS)) if express else due
    with units.housekeeping() as session:  # a look that holds nobody up: most of the time nothing is due
        if session.execute(select(JobRow.id).where(due).limit(1)).first() is None:
            return None
    with units.housekeeping(writing=True) as session:
        session.execute(
            update(JobRow)
            .where(lost, JobRow.attempts >= MOST_ATTEMPTS)
            .values(state="DEAD", error="WorkerLost", lease_until=None)
        )
        row = session.execute(
            select(JobRow)
            .where(due)
            .order_by(case((JobRow.name.in_(URGENT), 0), else_=1), JobRow.run_after, JobRow.id)
            .limit(1)
        ).scalar_one_or_none()
        if row is None:
            return None
        row.state, row.leased_by, row.lease_until, row.attempts = "RUNNING", worker, now + length, row.attempts + 1
        ids = {name: bytes.fromhex(value) for name, value in row.arguments.items()}
        return Job(row.id, row.name, row.key, row.practice_id, ids, row.attempts)


def renew(units: Units, job: Job, worker: str, length: timedelta = LEASE) -> bool:
    """Hold a job longer; False when another worker has taken it over."""
    with units.housekeeping(writing=True) as session:
        done: Any = session.execute(
            update(JobRow).where(*_held(job, worker)).values(lease_until=units.clock.now() + length)
        )
        return bool(done.rowcount == 1)


def finish(units: Units, job: Job, worker: str, *, error: str | None = None) -> None:
    """A job is done, or has failed and is tried again later, a little later each time; its error is a class name.

    Nothing happens when another worker has taken it over.
    """
    now = units.clock.now()
    values: dict[str, Any] = {"state": "DONE", "done_at": now, "error": None, "lease_until": None}
    if error is not None:
        wait = wait_after(job.attempts)
        values = {"state": "DEAD", "error": error, "lease_until": None}
        if wait is not None:
            values |= {"state": "WAITING", "run_after": now + wait}
    with units.housekeeping(writing=True) as session:
        session.execute(update(JobRow).where(*_held(job, worker)).values(**values))


def _held(job: Job, worker: str) -> tuple[ColumnElement[bool], ...]:
    # with the attempt: a worker that was thought dead must not end a later try of its own
    return (
        JobRow.id == job.id, JobRow.leased_by == worker, JobRow.state == "RUNNING", JobRow.attempts == job.attempts
    )  # fmt: skip


def tidy(units: Units) -> None:
    """Let go of jobs done long ago; their keys stay."""
    with units.housekeeping(writing=True) as session:
        session.execute(delete(JobRow).where(JobRow.state == "DONE", JobRow.done_at < units.clock.now() - KEPT))


_OF_PROCRASTINATE = {"todo": "WAITING", "doing": "RUNNING", "succeeded": "DONE", "failed": "DEAD"}


def counts(units: Units) -> dict[str, int]:
    """How many jobs stand in each state, whichever engine runs them."""
    with units.housekeeping() as session:
        if units.enqueue is None:
            found = session.execute(select(JobRow.state, func.count()).group_by(JobRow.state)).all()
        else:
            found = session.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")).all()
        said = {"WAITING": 0, "RUNNING": 0, "DONE": 0, "DEAD": 0}
        for state, n in found:
            named = _OF_PROCRASTINATE.get(state, state if state in said else "DEAD")
            said[named] += int(n)
        return said


def mail_to_send(units: Units, actor: Actor, mail_id: bytes) -> Mail | None:
    """Mark a mail as being sent and return it; None when it was begun before: an uncertain send is not repeated."""
    with units.write(actor, "mail:send") as uow:
        row = uow.get(MailRow, mail_id)
        if row.state == "SENDING":
            uow.change(row, state="UNCERTAIN")
            return None
        if row.state != "WAITING":
            return None
        uow.change(row, state="SENDING")
        return Mail(
            row.id.hex(), uow.read(row, MailRow.recipient_sealed), row.template, row.language,
            uow.read(row, MailRow.parameters_sealed),
        )  # fmt: skip


def mail_ended(units: Units, actor: Actor, mail_id: bytes, state: str) -> None:
    """What became of a mail: SENT, FAILED, UNCERTAIN, or WAITING again when it surely has not gone."""
    with units.write(actor, "mail:send") as uow:
        row = uow.get(MailRow, mail_id)
        uow.change(row, state=state, sent_at=uow.now if state == "SENT" else None)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the gateway sends it."""

    key: str
    recipient: str
    template: str
    language: str
    parameters: dict[str, Any]
