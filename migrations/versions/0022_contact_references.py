"""Contacts found by the payer's reference number.

Revision 0022.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TABLE = "contact_reference"


def upgrade() -> None:
    """Contacts found by the payer's reference number; those that stand are noted by a job, for the keys are its own."""
    refs = {"practice_id": "practice", "patient_id": "patient", "contact_id": "contact"}
    op.create_table(
        _TABLE,
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        *(sa.Column(name, sa.LargeBinary(length=16), nullable=name == "patient_id") for name in refs),
        sa.Column("reference_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("reference_index", sa.LargeBinary(length=20), nullable=True),
        *(
            sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{_TABLE}_{name}"))
            for name, target in refs.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
        sa.UniqueConstraint("contact_id", name=op.f(f"uq_{_TABLE}_contact_id")),
    )
    for name in ("practice_id", "patient_id", "reference_index"):
        op.create_index(op.f(f"ix_{_TABLE}_{name}"), _TABLE, [name], unique=False)
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
