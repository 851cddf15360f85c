"""Legal holds: placed and lifted; what is held is neither purged nor shredded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.domain.errors import Conflict, NotFound
from portal.domain.texts import T_
from portal.models.holds import LegalHoldRow
from portal.services.keys import owned
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold in force."""

    subject: bytes
    reason: str
    placed_at: datetime


def place(uow: UnitOfWork, subject: bytes, reason: str) -> None:
    """Hold everything of a subject (a patient or user); raises NotFound without its key, Conflict when it is held."""
    tenant = owned.tenant_of(uow, subject)
    if _standing(uow, subject) is not None:
        raise Conflict(T_("There is a hold on this record already."), code="held")
    uow.new(
        LegalHoldRow, practice_id=None if tenant == INSTALLATION else tenant, subject_id=subject,
        reason_sealed=reason, placed_at=uow.now,
    )  # fmt: skip


def lift(uow: UnitOfWork, subject: bytes) -> None:
    """End a hold; raises NotFound where none is in force."""
    row = _standing(uow, subject)
    if row is None:
        raise NotFound(T_("There is no hold on this record."), code="not-found")
    uow.change(row, lifted_at=uow.now)


def standing(uow: UnitOfWork) -> tuple[Hold, ...]:
    """The holds in force, the oldest first."""
    rows = uow.entities(
        uow.select(LegalHoldRow).where(LegalHoldRow.lifted_at.is_(None)).order_by(LegalHoldRow.placed_at)
    )
    return tuple(Hold(row.subject_id, uow.read(row, LegalHoldRow.reason_sealed), row.placed_at) for row in rows)


def held(uow: UnitOfWork) -> frozenset[bytes]:
    """Whose records are held now."""
    rows = uow.rows(uow.select(LegalHoldRow.subject_id).where(LegalHoldRow.lifted_at.is_(None)))
    return frozenset(row.subject_id for row in rows)


def _standing(uow: UnitOfWork, subject: bytes) -> LegalHoldRow | None:
    where = LegalHoldRow.subject_id == subject, LegalHoldRow.lifted_at.is_(None)
    return uow.first(uow.select(LegalHoldRow).where(*where).with_for_update())
