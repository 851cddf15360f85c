"""One subject's data keys removed for ever (SECURITY 2.7.5)."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.holds import LegalHoldRow
from portal.models.keys import SubjectKeyRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.patients import NameLeafRow, PatientRow
from portal.models.practices import PracticeRow
from portal.models.types import Instant
from portal.services.keys import owned
from portal.services.keys.steps import step
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

RETENTION_YEARS: Final = 10
LEAST_YEARS: Final = 6
"""45 CFR 164.316(b)(2)(i)."""


@dataclass(frozen=True, slots=True)
class Shredded:
    """How many data keys went, and whether their bytes are off the disk already (SQLite's log was cut)."""

    keys: int
    bytes_gone: bool


def shred(
    units: Units, actor: Actor, subject: bytes, *, record: Path, reason: str, years: int = RETENTION_YEARS
) -> Shredded:
    """Make everything of one subject unreadable for ever by removing its data keys.

    Law that keeps records beats erasure: raises Refused while anything about the subject is younger than `years`
    (never less than six), NotFound without a key. The shred is written to `record` first, a JSON line on disk outside
    the data, so that `reapply` can do it again after an older backup was restored.
    """
    if years < LEAST_YEARS:
        raise Refused(T_("Records are kept for at least {n} years.", n=LEAST_YEARS), code="retention")
    with step(units, actor) as uow:
        owned.tenant_of(uow, subject)
        if _held(uow, subject):
            raise Refused(T_("A legal hold keeps these records. Lift it first."), code="legal-hold")
        newest = _newest_record(uow, subject)
        limit = uow.now.replace(year=uow.now.year - years, day=min(uow.now.day, 28))
        if newest is not None and newest > limit:
            raise Refused(
                T_(
                    "The law keeps these records: the newest is of {day} and stays for {n} years.",
                    day=newest.date(),
                    n=years,
                ),
                code="retention",
            )
        _hold_practices(uow, [subject])
        _write_down(record, {"subject": subject.hex(), "at": uow.now.isoformat(), "reason": reason})
        gone = _remove(uow, subject)
    return Shredded(gone, cut_log(units))


def reapply(units: Units, actor: Actor, record: Path) -> int:
    """Shred again what the record names and an older backup brought back; how many data keys went."""
    if not record.exists():
        return 0
    subjects = {bytes.fromhex(json.loads(line)["subject"]) for line in record.read_text().splitlines() if line}
    with step(units, actor) as uow:
        _hold_practices(uow, subjects)
        gone = sum(_remove(uow, subject) for subject in sorted(subjects))
    cut_log(units)
    return gone


def _held(uow: UnitOfWork, subject: bytes) -> bool:
    where = LegalHoldRow.subject_id == subject, LegalHoldRow.lifted_at.is_(None)
    return uow.row(uow.select(LegalHoldRow.id).where(*where)) is not None


def _newest_record(uow: UnitOfWork, subject: bytes) -> datetime | None:
    """When the newest row about a subject was written: what is sealed under its key, and for a patient the books."""
    found: list[datetime] = []
    for model in owned.sealed_models():
        for column in model.__table__.columns:
            if isinstance(column.type, Instant):
                newest = uow.value(select(func.max(owned.column(model, column.key))).where(owned.by(model, subject)))
                found += [newest] if newest is not None else []
    posted = select(func.max(LedgerEntryRow.created_at)).where(
        LedgerLineRow.entry_id == LedgerEntryRow.id, LedgerLineRow.patient_id == subject
    )
    newest = uow.value(posted)
    return max([*found, newest] if newest is not None else found, default=None)


def _hold_practices(uow: UnitOfWork, subjects: Collection[bytes]) -> None:
    """Hold the practices of some subjects, in one order and before anything else: one shred of a practice at a time.

    Each of two would hold its own patient, and the first, while it has the leaves, would want that of the second, which
    waits for the leaves. Whoever only adds rows to a practice is not held up.
    """
    practices = uow.select(PatientRow.practice_id).where(PatientRow.id.in_(sorted(subjects)))
    uow.rows(
        uow.select(PracticeRow.id)
        .where(PracticeRow.id.in_(practices))
        .order_by(PracticeRow.id)
        .with_for_update(key_share=True)
    )


def _remove(uow: UnitOfWork, subject: bytes) -> int:
    _unleaf(uow, subject)
    gone = uow.erase(SubjectKeyRow, SubjectKeyRow.subject == subject)
    if gone:
        uow.note("subject-key", subject)
        uow.trail.count = (uow.trail.count or 0) + gone
    return gone


def _unleaf(uow: UnitOfWork, subject: bytes) -> None:
    """The leaves of a patient's practice go too: copies that another key opens. Who stood in them is packed anew.

    All of them, for a name that was changed stands in its old leaf until that one is packed again.
    """
    # held, so that a packing that has read the name already ends first, and its leaf is met here
    mine = uow.select(PatientRow.practice_id).where(PatientRow.id == subject).with_for_update()
    practice = uow.value(mine)
    if practice is None:
        return
    leaves = uow.select(NameLeafRow).where(NameLeafRow.practice_id == practice).order_by(NameLeafRow.id)
    standing = uow.entities(leaves.with_for_update())
    uow.derive(PatientRow, PatientRow.practice_id == practice, PatientRow.name_leaf_id.is_not(None), name_leaf_id=None)
    for leaf in standing:
        uow.delete(leaf)


def _write_down(record: Path, said: dict[str, str]) -> None:
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as file:
        file.write(json.dumps(said, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())


def cut_log(units: Units) -> bool:
    """On SQLite deleted bytes stay in the write-ahead log until it is cut (SECURITY 2.7.5); False while it is read."""
    if units.engine.dialect.name != "sqlite":
        return True
    with units.gate():
        connection = units.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, _, _ = cursor.fetchone() or (1, 0, 0)
        finally:
            connection.close()
    return not busy
