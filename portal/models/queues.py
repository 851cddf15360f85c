"""Work that waits for a person, how each thing moved, and who waived a duty. An item lies in one queue at a time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref, sealed
from portal.models.types import Box


def _among_open(*names: str, where: str = "state = 'OPEN'") -> Index:
    """An index over what waits in a queue of a practice, by an order of its pages; what is done has left it."""
    return Index(None, "practice_id", "queue", *names, "id", sqlite_where=text(where), postgresql_where=text(where))


class QueueItemRow(Base):
    """One thing waiting: what, why, with whom, due when. The patient, else the practice, is the subject."""

    __tablename__ = "queue_item"
    __table_args__ = (
        Index(None, "subject_table", "subject_id"),
        _among_open("due_on"),
        _among_open("holder_id", "due_on"),
        _among_open("priority"),
        _among_open("created_at"),
        _among_open("at_risk_cents"),
        _among_open("reason", "due_on"),
        _among_open("payer_id", "due_on"),
        _among_open("put_off_until", where="state = 'OPEN' AND put_off_until IS NOT NULL"),
    )
    table_code = 26
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    queue: Mapped[str] = clear(3)
    state: Mapped[str] = clear(4)
    """OPEN or DONE."""
    subject_table: Mapped[str] = clear(5)
    subject_id: Mapped[bytes] = clear(6)
    patient_id: Mapped[bytes | None] = ref(7, "patient.id", index=True)
    payer_id: Mapped[bytes | None] = ref(8, "payer.id")
    reason: Mapped[str] = clear(9)
    """A short code; its words are the domain's."""
    detail: Mapped[dict[str, Any]] = clear(10, JSON)
    """What the words need and is open: codes, amounts, positions."""
    at_risk_cents: Mapped[int] = clear(11)
    priority: Mapped[int] = clear(12)
    due_on: Mapped[date] = clear(13)
    """Never empty: pages go on by it, and the engines order what is empty differently."""
    holder_id: Mapped[bytes | None] = ref(14, "user.id", index=True)
    note_sealed: Mapped[Box | None] = sealed(15, bucket=1024)
    created_at: Mapped[datetime] = clear(16)
    done_at: Mapped[datetime | None] = clear(17)
    version: Mapped[int] = clear(18)
    put_off_until: Mapped[date | None] = clear(19)
    """Put off by somebody: it stands behind all others until this day; a day that came means nothing."""


class QueueStepRow(Base):
    """One step that a person took with an item: taken, given, put back, skipped, due anew, a note. Never changed."""

    __tablename__ = "queue_step"
    __table_args__ = (Index(None, "item_id", "at"),)
    table_code = 75
    reached_by = ReachedBy(patient="patient_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = ref(3, "patient.id")
    """Whose key seals the words, where the item is about a patient."""
    item_id: Mapped[bytes] = ref(4, "queue_item.id")
    kind: Mapped[str] = clear(5)
    actor: Mapped[str] = clear(6)
    """As in `TransitionRow`: a user's id in hex, or the system's job."""
    holder_id: Mapped[bytes | None] = ref(7, "user.id")
    """With whom it was afterwards."""
    reason: Mapped[str | None] = clear(8)
    """Why it was skipped: a code of `domain.work.SKIP_REASONS`."""
    day: Mapped[date | None] = clear(9)
    """When it comes back, or its new due day."""
    day_before: Mapped[date | None] = clear(10)
    words_sealed: Mapped[Box | None] = sealed(11, bucket=1024)
    at: Mapped[datetime] = clear(12)


class TransitionRow(Base):
    """One move of one thing: from, to, who, when, why, and the version it acted on."""

    __tablename__ = "transition"
    __table_args__ = (Index(None, "subject_table", "subject_id"),)
    table_code = 27
    reached_by = ReachedBy(patient="patient_id", payer="payer_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    patient_id: Mapped[bytes | None] = clear(3)
    payer_id: Mapped[bytes | None] = clear(4)
    subject_table: Mapped[str] = clear(5)
    subject_id: Mapped[bytes] = clear(6)
    from_state: Mapped[str | None] = clear(7)
    to_state: Mapped[str] = clear(8)
    permission: Mapped[str] = clear(9)
    actor: Mapped[str] = clear(10)
    at: Mapped[datetime] = clear(11)
    reason: Mapped[str] = clear(12)
    subject_version: Mapped[int] = clear(13)
    note_sealed: Mapped[Box | None] = sealed(14, bucket=1024)
    """Free words with the move; the patient, else the practice, is the subject."""


class DutyWaiverRow(Base):
    """In a one-person office, a recorded, reviewed exception from one pair of duties."""

    __tablename__ = "duty_waiver"
    table_code = 28

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    earlier: Mapped[str] = clear(3)
    later: Mapped[str] = clear(4)
    reason: Mapped[str] = clear(5)
    granted_by: Mapped[str] = clear(6)
    valid_from: Mapped[date] = clear(7)
    valid_to: Mapped[date] = clear(8)
    reviewed_by: Mapped[str | None] = clear(9)
    reviewed_at: Mapped[datetime | None] = clear(10)


class QueueFilterRow(Base):
    """A view of a queue that somebody kept under a name; the practice is the subject of the name."""

    __tablename__ = "queue_filter"
    __table_args__ = (Index(None, "user_id", "practice_id", "queue"),)
    table_code = 76
    sealed_under = ("practice_id",)
    reached_by = ReachedBy(user="user_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    user_id: Mapped[bytes] = ref(3, "user.id")
    queue: Mapped[str] = clear(4)
    name_sealed: Mapped[Box] = sealed(5, bucket=128)
    """Sealed, since people write names of patients into names of things."""
    narrowing: Mapped[dict[str, Any]] = clear(6, JSON)
    """`domain.work.Narrowing.pairs`: codes, ids and numbers of open columns only."""
    created_at: Mapped[datetime] = clear(7)


class QueueBulkRow(Base):
    """One step with many items of a view, as somebody looked at it: ASKED, RUNNING, DONE or STOPPED."""

    __tablename__ = "queue_bulk"
    __table_args__ = (Index(None, "user_id", "practice_id", "queue", "state"),)
    table_code = 107
    sealed_under = ("practice_id",)

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    user_id: Mapped[bytes] = ref(3, "user.id")
    """Whose step it is, whoever carries it out."""
    queue: Mapped[str] = clear(4)
    narrowing: Mapped[dict[str, Any]] = clear(5, JSON)
    """The view that was chosen, as `domain.work.Narrowing.pairs`."""
    do: Mapped[str] = clear(6)
    to_id: Mapped[bytes | None] = ref(7, "user.id")
    reason: Mapped[str | None] = clear(8)
    day: Mapped[date | None] = clear(9)
    words_sealed: Mapped[Box | None] = sealed(10, bucket=1024)
    said: Mapped[dict[str, Any]] = clear(11, JSON)
    """What the page said before: what happens to how many, what is left out, and the amount."""
    total: Mapped[int] = clear(12)
    state: Mapped[str] = clear(13)
    ended_why: Mapped[str | None] = clear(14)
    """Why it was stopped: asked, or rights."""
    asked_at: Mapped[datetime] = clear(15)
    started_at: Mapped[datetime | None] = clear(16)
    ended_at: Mapped[datetime | None] = clear(17)
    version: Mapped[int] = clear(18)


class QueueBulkPartRow(Base):
    """So many of its items as one transaction takes, each with the version and holder that were seen."""

    __tablename__ = "queue_bulk_part"
    __table_args__ = (Index(None, "bulk_id", "position", unique=True),)
    table_code = 108

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    bulk_id: Mapped[bytes] = ref(3, "queue_bulk.id")
    position: Mapped[int] = clear(4)
    items: Mapped[list[Any]] = clear(5, JSON)
    """[item id in hex, version, holder's id in hex or ""], in the order of the view."""
    changed: Mapped[int | None] = clear(6)
    """How many it changed; empty until it was carried out, which happens once."""
    skipped: Mapped[dict[str, Any] | None] = clear(7, JSON)
    """How many it passed, by why."""
    version: Mapped[int] = clear(8)
