"""Asking for later work inside the unit of work's own transaction; a key runs once for ever (DESIGN 3, Jobs)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.models.jobs import JobKeyRow, JobRow, MailRow
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
