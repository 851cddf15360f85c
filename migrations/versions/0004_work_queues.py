"""Work queues: steps and notes of items, putting off, saved filters, and an index for each order of a page.

Revision 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = "state = 'OPEN'"
_ORDERS = (
    (("due_on",), _OPEN),
    (("holder_id", "due_on"), _OPEN),
    (("priority",), _OPEN),
    (("created_at",), _OPEN),
    (("at_risk_cents",), _OPEN),
    (("reason", "due_on"), _OPEN),
    (("payer_id", "due_on"), _OPEN),
    (("put_off_until",), f"{_OPEN} AND put_off_until IS NOT NULL"),
)
"""What a page of a queue is ordered by, and which rows the index holds."""


def upgrade() -> None:
    """Work queues: steps and notes of items, putting off, saved filters, and an index for each order of a page."""
    op.add_column("queue_item", sa.Column("put_off_until", sa.Date(), nullable=True))
    # it held what is done as well, and SQLite took it for the one of "with nobody"
    op.drop_index("ix_queue_item_practice_id_queue_state_due_on_id", "queue_item")
    for names, where in _ORDERS:
        columns = ["practice_id", "queue", *names, "id"]
        name = op.f("ix_queue_item_" + "_".join(columns))
        op.create_index(name, "queue_item", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    _tables()
    dialect = op.get_bind().dialect.name
    for statement in ddl.append_only("queue_step", ("id",), dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _tables() -> None:
    op.create_table(
        "queue_step",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("item_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("day_before", sa.Date(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_queue_step_practice_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_queue_step_patient_id")),
        sa.ForeignKeyConstraint(["item_id"], ["queue_item.id"], name=op.f("fk_queue_step_item_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["user.id"], name=op.f("fk_queue_step_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_step")),
    )
    op.create_index(op.f("ix_queue_step_item_id_at"), "queue_step", ["item_id", "at"], unique=False)
    op.create_table(
        "queue_filter",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("narrowing", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_queue_filter_practice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_queue_filter_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_filter")),
    )
    op.create_index(
        op.f("ix_queue_filter_user_id_practice_id_queue"), "queue_filter", ["user_id", "practice_id", "queue"]
    )


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4); steps can be added and read, and no more."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name, rights in (("queue_step", "SELECT, INSERT"), ("queue_filter", "SELECT, INSERT, UPDATE, DELETE")):
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {name} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT {rights} ON {name} TO {role}")
