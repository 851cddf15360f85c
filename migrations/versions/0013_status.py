"""Questions to payers about the status of claims.

Revision 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLE = "status_question"
_REFS = ("practice_id", "patient_id", "payer_id", "claim_id", "interchange_id")


def upgrade() -> None:
    """Questions to payers about the status of claims."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        *(sa.Column(name, sa.LargeBinary(length=16), nullable=False) for name in _REFS),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"fk_{_TABLE}_{name}"))
            for name in _REFS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
        sa.UniqueConstraint("trace", name=op.f(f"uq_{_TABLE}_trace")),
    )
    waits = sa.text("state = 'ASKED'")
    op.create_index(
        op.f(f"ix_{_TABLE}_claim_id"), _TABLE, ["claim_id"], unique=True, sqlite_where=waits, postgresql_where=waits
    )
    for names in (
        ["claim_id", "asked_at"], ["practice_id", "state", "asked_at"], ["patient_id"], ["interchange_id"],
    ):  # fmt: skip
        op.create_index(op.f(f"ix_{_TABLE}_" + "_".join(names)), _TABLE, names)
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _walls() -> None:
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
