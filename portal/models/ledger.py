"""The books: double entry, append only (triggers refuse any change), in whole cents."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Index, UniqueConstraint, exists
from sqlalchemy.orm import Mapped

from portal.access.reaches import OWN, PAYS_FOR, STANDS_FOR, Reach
from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref


class LedgerEntryRow(Base):
    """One event of the trade in the books; its lines sum to nought. Digested together with its lines."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("practice_id", "key"),)
    table_code = 24

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    posted_on: Mapped[date] = clear(3)
    kind: Mapped[str] = clear(4)
    key: Mapped[str] = clear(5)
    inputs_digest: Mapped[bytes] = clear(6)
    reverses_id: Mapped[bytes | None] = ref(7, "ledger_entry.id", index=True)
    created_at: Mapped[datetime] = clear(8)

    @classmethod
    def within(cls, reach: Reach) -> ColumnElement[bool]:
        """A patient reaches the entries that have a line about them."""
        if reach.kind in {OWN, STANDS_FOR, PAYS_FOR}:
            about = exists().where(LedgerLineRow.entry_id == cls.id, LedgerLineRow.within(reach))
            return about.correlate(cls)
        return super().within(reach)


class LedgerLineRow(Base):
    """One signed amount on one account, debit positive."""

    __tablename__ = "ledger_line"
    __table_args__ = (
        Index(None, "practice_id", "account"),
        Index(None, "patient_id", "account"),
    )
    table_code = 25
    reached_by = ReachedBy(patient="patient_id", money=True)
    group = ("ledger_entry", "entry_id")

    id: Mapped[bytes] = key()
    practice_id: Mapped[bytes] = ref(2, "practice.id")
    entry_id: Mapped[bytes] = ref(3, "ledger_entry.id", index=True)
    account: Mapped[str] = clear(4)
    patient_id: Mapped[bytes | None] = clear(5)
    payer_id: Mapped[bytes | None] = clear(6)
    encounter_id: Mapped[bytes | None] = clear(7)
    charge_id: Mapped[bytes | None] = clear(8)
    claim_id: Mapped[bytes | None] = clear(9)
    deposit_id: Mapped[bytes | None] = clear(10)
    amount_cents: Mapped[int] = clear(11)
