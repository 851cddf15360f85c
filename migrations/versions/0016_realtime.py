"""Services of partners that answer questions while one waits.

Revision 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLE = "partner_service"


def upgrade() -> None:
    """Services of partners that answer questions while one waits."""
    op.create_table(
        _TABLE,
        *(sa.Column(name, sa.LargeBinary(length=16), nullable=False) for name in ("id", "practice_id", "partner_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("url", "user_name", "sender", "receiver")),
        sa.Column("password_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_{_TABLE}_{name}_id"))
            for name in ("practice", "partner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
        sa.UniqueConstraint("partner_id", name=op.f(f"uq_{_TABLE}_partner_id")),
    )
    op.create_index(op.f(f"ix_{_TABLE}_practice_id"), _TABLE, ["practice_id"])
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
