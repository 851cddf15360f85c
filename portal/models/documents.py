"""Documents: each under a key of its own, whether we made it or it came in, and what those that came in belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, case, exists, select, text
from sqlalchemy.orm import Mapped

from portal.access.reaches import OWN, STANDS_FOR, Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, index, key, ref, sealed
from portal.models.encounters import EncounterRow
from portal.models.statements import StatementRow
from portal.models.types import Box


class DocumentRow(Base):
    """A document under its own key (the document is the subject): a statement's PDF, a letter, what was scanned."""

    __tablename__ = "document"
    __table_args__ = (
        Index(None, "patient_id", "kind"),
        Index(None, "patient_id", "content_index", unique=True),
    )
    table_code = 31
    sealed_under = ("id",)
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = ref(3, "patient.id")
    kind: Mapped[str] = clear(4)
    media_type: Mapped[str] = clear(5)
    size_bytes: Mapped[int] = clear(6)
    name_sealed: Mapped[Box] = sealed(7, bucket=128)
    body_sealed: Mapped[Box] = sealed(8, kind="bytes", bucket=2048)
    created_at: Mapped[datetime] = clear(9)
    content_sealed: Mapped[Box | None] = sealed(10, kind="bytes")
    """SHA-256 of patient and bytes, of what came in: the same bytes for the same patient are one document."""
    pages: Mapped[str | None] = clear(11)
    """MAKING, SHOWN, NOT_SHOWN; None for what was made here, which is shown as it is."""
    page_count: Mapped[int | None] = clear(12)
    unshown: Mapped[str | None] = clear(13)
    """Why its pages, or the rest of them, cannot be shown: a code of `domain.documents.UNSHOWN`."""
    created_by: Mapped[str | None] = clear(14)
    content_index: Mapped[bytes | None] = index(15, "document-content", "content_sealed")

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """Patients reach what was made for them; what came in is the office's."""
        clause = super().within(reach)
        return and_(clause, cls.pages.is_(None)) if reach.kind in {OWN, STANDS_FOR} else clause

    @classmethod
    def telling(cls, reach: Reach, *_above: type[Base]) -> ColumnElement[bool]:
        """Papers say in words what they are about: what is not known to name no confidential visit, tells of one.

        A bill's paper tells where its bill does; a letter or a receipt as soon as there is such a visit.
        """
        bill, visit = StatementRow, EncounterRow
        told = select(bill.document_id).where(
            bill.patient_id.in_(sorted(reach.shut)), bill.telling(reach, cls), bill.document_id.is_not(None)
        )
        any_ = exists().where(visit.patient_id == cls.patient_id, visit.telling(reach)).correlate(cls)
        return case((cls.kind == "statement", cls.id.in_(told.correlate(None))), else_=any_)


class DocumentPageRow(Base):
    """The picture of one page of a document that came in, as the office looks at it; under the document's key."""

    __tablename__ = "document_page"
    __table_args__ = (UniqueConstraint("document_id", "number"),)
    table_code = 80
    sealed_under = ("document_id",)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = ref(3, "patient.id")
    document_id: Mapped[bytes] = ref(4, "document.id")
    number: Mapped[int] = clear(5)
    """From 1."""
    media_type: Mapped[str] = clear(6)
    width: Mapped[int] = clear(7)
    """In dots."""
    height: Mapped[int] = clear(8)
    size_bytes: Mapped[int] = clear(9)
    body_sealed: Mapped[Box] = sealed(10, kind="bytes", bucket=2048)


class AttachmentRow(Base):
    """That a document belongs to something; taken off with a reason, never deleted."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index(
            None, "document_id", "about", "about_id", unique=True,
            sqlite_where=text("detached_at IS NULL"), postgresql_where=text("detached_at IS NULL"),
        ),
        Index(None, "about_id"),
    )  # fmt: skip
    table_code = 81

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes] = ref(3, "patient.id", index=True)
    document_id: Mapped[bytes] = ref(4, "document.id")
    about: Mapped[str] = clear(5)
    """The table of what it belongs to: a key of `domain.documents.ABOUT`."""
    about_id: Mapped[bytes] = clear(6)
    attached_by: Mapped[str] = clear(7)
    attached_at: Mapped[datetime] = clear(8)
    detached_by: Mapped[str | None] = clear(9)
    detached_at: Mapped[datetime | None] = clear(10)
    reason: Mapped[str | None] = clear(11)
    """Why it was taken off: a code of `domain.documents.DETACHED`."""
    note_sealed: Mapped[Box | None] = sealed(12, bucket=1024)
    version: Mapped[int] = clear(13)
