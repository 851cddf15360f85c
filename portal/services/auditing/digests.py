"""The daily digest: size and root of the log, mailed to every compliance officer, to be printed and filed.

The third kind of anchor of SECURITY 3.4: it lies outside of the machine as soon as the mail is there.
"""

from __future__ import annotations

from sqlalchemy import select

from audit.checkpoint import parse_checkpoint, parse_note
from audit.table import audit_checkpoint
from portal.access.actors import system
from portal.access.roles import COMPLIANCE_OFFICER
from portal.models.jobs import JobKeyRow
from portal.models.users import GrantRow, UserRow
from portal.services import outbox
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork


def mail(units: Units) -> int:
    """Write today's digest (a UTC day) to each officer once there is a signed head; how many, 0 when it is written."""
    day = units.clock.now().date().isoformat()
    key = f"audit.digest:{day}"
    with units.housekeeping() as session:
        note = session.connection().execute(
            select(audit_checkpoint.c.note).order_by(audit_checkpoint.c.size.desc()).limit(1)
        ).scalar()  # fmt: skip
        if note is None or session.execute(select(JobKeyRow.id).where(JobKeyRow.key == key)).first() is not None:
            return 0
    with units.write(system("audit.digest"), "mail:send") as uow:
        if not uow.claim_key(JobKeyRow, key, name="audit.digest", created_at=uow.now):
            return 0  # another worker was quicker
        head = parse_checkpoint(parse_note(note).text)
        officers = _officers(uow)
        for officer in officers:
            outbox.mail(
                uow, "log_digest", recipient=uow.read(officer, UserRow.email_sealed), subject_id=officer.id,
                language=officer.language,
                parameters={"day": day, "size": str(head.size), "root": head.root.hex(), "note": note},
            )  # fmt: skip
        return len(officers)


def _officers(uow: UnitOfWork) -> list[UserRow]:
    holds = select(GrantRow.user_id).where(
        GrantRow.role == COMPLIANCE_OFFICER, GrantRow.ended_at.is_(None), uow.within(GrantRow)
    )
    return uow.entities(uow.select(UserRow).where(UserRow.id.in_(holds), UserRow.state == "ACTIVE"))
