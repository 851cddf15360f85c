"""Leaves of names: what a search by the beginning of a name reads at once.

Revision 0014.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLE = "name_leaf"


def upgrade() -> None:
    """Leaves of names: what a search by the beginning of a name reads at once."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("names_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("names", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{_TABLE}_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_practice_id"), _TABLE, ["practice_id"], unique=False)
    op.add_column("patient", sa.Column("name_leaf_id", sa.LargeBinary(length=16), nullable=True))
    op.create_index(
        op.f("ix_patient_practice_id_name_leaf_id_id"), "patient", ["practice_id", "name_leaf_id", "id"], unique=False
    )
    if op.get_bind().dialect.name == "postgresql":
        _wall()


def _wall() -> None:
    """Rows of the application's practices only (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    op.execute(f"ALTER TABLE {_TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_TABLE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY practice_wall ON {_TABLE} USING ((SELECT {shown}) = 'all' OR "
        f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
    )
    if role:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_TABLE} TO {role}")
