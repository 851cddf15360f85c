"""Asking for later work inside the unit of work's own transaction; a key runs once for ever (DESIGN 3, Jobs)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update

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
) -> bool:
    """Ask for a job by name (`noun.verb`); arguments are ids only. Returns False when the key was asked for before."""
    if not uow.claim_key(JobKeyRow, key, name=name, created_at=uow.now):
        return False
    practice = uow.practice_or_none()
    arguments = {argument: id_.hex() for argument, id_ in (ids or {}).items()}
    if uow.enqueue is not None:
        if practice is not None:
            arguments["practice"] = practice.hex()
        uow.enqueue(uow.connection(), name=name, key=key, arguments=arguments)
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
MOST_ATTEMPTS = 12
"""After so many tries, some three days, a job is DEAD and waits for a person."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as a worker holds it."""

    id: bytes
    name: str
    key: str
    practice_id: bytes | None
    ids: dict[str, bytes]
    attempts: int


def lease(units: Units, worker: str) -> Job | None:
    """Take the next job that is due, or one whose worker has not renewed its lease; None when nothing waits."""
    now = units.clock.now()
    with units.housekeeping(writing=True) as session:
        due = or_(
            and_(JobRow.state == "WAITING", JobRow.run_after <= now),
            and_(JobRow.state == "RUNNING", JobRow.lease_until < now),
        )
        row = session.execute(
            select(JobRow).where(due).order_by(JobRow.run_after, JobRow.id).limit(1).with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if row is None:
            return None
        row.state, row.leased_by, row.lease_until, row.attempts = "RUNNING", worker, now + LEASE, row.attempts + 1
        ids = {name: bytes.fromhex(value) for name, value in row.arguments.items()}
        return Job(row.id, row.name, row.key, row.practice_id, ids, row.attempts)


def renew(units: Units, job: Job, worker: str) -> bool:
    """Hold a job longer; False when another worker has taken it over."""
    with units.housekeeping(writing=True) as session:
        done: Any = session.execute(
            update(JobRow)
            .where(JobRow.id == job.id, JobRow.leased_by == worker, JobRow.state == "RUNNING")
            .values(lease_until=units.clock.now() + LEASE)
        )
        return bool(done.rowcount == 1)


def finish(units: Units, job: Job, worker: str, *, error: str | None = None) -> None:
    """A job is done, or has failed and is tried again later, a little later each time; its error is a class name."""
    now = units.clock.now()
    values: dict[str, Any] = {"state": "DONE", "done_at": now, "error": None, "lease_until": None}
    if error is not None:
        dead = job.attempts >= MOST_ATTEMPTS
        wait = timedelta(seconds=min(2**job.attempts, 12 * 3600))
        values = {"state": "DEAD" if dead else "WAITING", "run_after": now + wait, "error": error, "lease_until": None}
    with units.housekeeping(writing=True) as session:
        session.execute(update(JobRow).where(JobRow.id == job.id, JobRow.leased_by == worker).values(**values))


def counts(units: Units) -> dict[str, int]:
    """How many jobs stand in each state."""
    with units.housekeeping() as session:
        return {
            state: int(n) for state, n in session.execute(select(JobRow.state, func.count()).group_by(JobRow.state))
        }


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
    """What became of a mail: SENT, FAILED or UNCERTAIN."""
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
