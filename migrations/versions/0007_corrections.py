"""Corrections of claims: replacements and voids on their way.

Revision 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLE = "claim_correction"
_OPEN = "state IN ('REQUESTED', 'OPEN', 'READY')"


def upgrade() -> None:
    """Corrections of claims: replacements and voids on their way."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("claim_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("frequency_before", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("claim_state", sa.String(), nullable=False),
        sa.Column("requested_by", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sent_version", sa.BigInteger(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{_TABLE}_{column}"))
            for column, target in (
                ("practice_id", "practice.id"),
                ("patient_id", "patient.id"),
                ("payer_id", "payer.id"),
                ("claim_id", "claim.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_practice_id"), _TABLE, ["practice_id"], unique=False)
    op.create_index(
        op.f(f"ix_{_TABLE}_claim_id"), _TABLE, ["claim_id"], unique=True, sqlite_where=sa.text(_OPEN),
        postgresql_where=sa.text(_OPEN),
    )  # fmt: skip
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
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {_TABLE} TO {role}")
