"""Steps with everything in a view of a queue, and the parts in which they are carried out.

Revision 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BULK, _PART = "queue_bulk", "queue_bulk_part"


def upgrade() -> None:
    """Steps with everything in a view of a queue, and the parts in which they are carried out."""
    op.create_table(
        _BULK,
        *(_id(name) for name in ("id", "practice_id", "user_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("queue", "do", "state")),
        sa.Column("narrowing", sa.JSON(), nullable=False),
        sa.Column("to_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("said", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("total", "version")),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("started_at", "ended_at")),
        *(
            _to(_BULK, name, target)
            for name, target in (("practice_id", "practice"), ("user_id", "user"), ("to_id", "user"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_BULK}")),
    )
    names = ["user_id", "practice_id", "queue", "state"]
    op.create_index(op.f(f"ix_{_BULK}_" + "_".join(names)), _BULK, names)
    op.create_table(
        _PART,
        *(_id(name) for name in ("id", "practice_id", "bulk_id")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("position", "version")),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=True),
        sa.Column("skipped", sa.JSON(), nullable=True),
        *(_to(_PART, name, target) for name, target in (("practice_id", "practice"), ("bulk_id", _BULK))),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_PART}")),
    )
    op.create_index(op.f(f"ix_{_PART}_bulk_id_position"), _PART, ["bulk_id", "position"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        for table in (_BULK, _PART):
            _wall(table)


def _id(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=False)


def _to(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))


def _wall(table: str) -> None:
    """Rows of the application's practices only (SECURITY 1.4); what was looked at and never begun is let go."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY practice_wall ON {table} USING ((SELECT {shown}) = 'all' OR "
        f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
    )
    if role:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")
