"""Payments of several visits and people, their refunds and disputes, guests, and payouts of the card processor.

Revision 0030.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_RIGHTS = {
    "payment_share": "SELECT, INSERT",
    "card_refund": "SELECT, INSERT, UPDATE",
    "card_dispute": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    """Columns of payments and events, and three tables, each of one practice."""
    _columns()
    _payment_share()
    _card_refund()
    _card_dispute()
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _columns() -> None:
    for column in (
        sa.Column("means", sa.String(), nullable=True),
        sa.Column("back_cents", sa.BigInteger(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("statement_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("document_id", sa.LargeBinary(length=16), nullable=True),
    ):
        op.add_column("payment", column)
    op.add_column("card_event", sa.Column("intent_id", sa.String(), nullable=True))
    op.add_column("card_event", sa.Column("detail", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_card_event_intent_id"), "card_event", ["intent_id"])


def _payment_share() -> None:
    table = "payment_share"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("payment_id"),
        _id("patient_id"),
        sa.Column("encounter_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "payment_id", "patient_id", "encounter_id"),
        sa.UniqueConstraint("payment_id", "position", name=op.f(f"uq_{table}_payment_id_position")),
    )
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])


def _card_refund() -> None:
    table = "card_refund"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _id("payment_id"),
        sa.Column("refund_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "payment_id"),
        sa.UniqueConstraint("refund_id", name=op.f(f"uq_{table}_refund_id")),
    )
    _indexes(table)


def _card_dispute() -> None:
    table = "card_dispute"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _id("payment_id"),
        sa.Column("dispute_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence_due", sa.Date(), nullable=True),
        sa.Column("moves", sa.JSON(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "payment_id"),
        sa.UniqueConstraint("dispute_id", name=op.f(f"uq_{table}_dispute_id")),
    )
    _indexes(table)


def _id(name: str = "id") -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=False)


def _refs(table: str, *names: str) -> list[sa.Constraint]:
    found: list[sa.Constraint] = [
        sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"fk_{table}_{name}"))
        for name in names
    ]
    return [*found, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def _indexes(table: str) -> None:
    for name in ("practice_id", "patient_id", "payment_id"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])


def _walls() -> None:
    """Each practice's rows are its own (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for table, rights in _RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {table} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT {rights} ON {table} TO {role}")
