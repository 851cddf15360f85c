"""Changes of the sampling rules that wait for a second person.

Revision 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE = "sample_change"
_REFS = {"practice_id": "practice", "rule_id": "sample_rule", "worker_id": "user"}


def upgrade() -> None:
    """Changes of the sampling rules that wait for a second person."""
    op.create_table(
        _TABLE,
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        _text("check_kind"),
        sa.Column("rule_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("ends", sa.Boolean(), nullable=False),
        _text("kind"),
        _number("percent"),
        sa.Column("worker_id", sa.LargeBinary(length=16), nullable=True),
        _text("code"),
        _number("cents"),
        _text("state"),
        _text("proposed_by"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        _number("visits"),
        _number("checked_before"),
        _number("checked_after"),
        _number("trials"),
        _number("version"),
        *(
            sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{_TABLE}_{name}"))
            for name, target in _REFS.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
    )
    names = ["practice_id", "check_kind", "state"]
    op.create_index(op.f(f"ix_{_TABLE}_" + "_".join(names)), _TABLE, names)
    if op.get_bind().dialect.name == "postgresql":
        _wall()


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _wall() -> None:
    """Rows of the application's practices only (SECURITY 1.4); what was decided is kept."""
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
