"""Facilities where a practice's clinicians work.

Revision 0025.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_FACILITY = "service_facility"


def upgrade() -> None:
    """A table of facilities, each of one practice."""
    op.create_table(
        _FACILITY,
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("npi", sa.String(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("kept_by", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{_FACILITY}_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_FACILITY}")),
    )
    op.create_index(op.f(f"ix_{_FACILITY}_practice_id"), _FACILITY, ["practice_id"])
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _walls() -> None:
    """A practice's list is its own (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    op.execute(f"ALTER TABLE {_FACILITY} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_FACILITY} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY practice_wall ON {_FACILITY} USING ((SELECT {shown}) = 'all' OR "
        f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
    )
    if role:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {_FACILITY} TO {role}")
