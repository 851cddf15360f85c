"""Certificates of laboratories, what lines say beside the proposal, global periods and coverage policies.

Revision 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_CERTIFICATE = "laboratory_certificate"
_OF_THE_INSTALLATION = ("global_period", "coverage_policy")


def upgrade() -> None:
    """Certificates of laboratories, what lines say beside the proposal, global periods and coverage policies."""
    op.add_column("charge", sa.Column("details_sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        _CERTIFICATE,
        _id("id"),
        _id("practice_id"),
        *(_text(name) for name in ("place", "number", "kind")),
        *_days(),
        _text("kept_by"),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f(f"fk_{_CERTIFICATE}_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_CERTIFICATE}")),
    )
    op.create_index(op.f(f"ix_{_CERTIFICATE}_practice_id"), _CERTIFICATE, ["practice_id"])
    _list("global_period", _text("period"), unique=("code", "valid_from"))
    _list(
        "coverage_policy", _text("payer"), _text("policy"), sa.Column("packed", sa.LargeBinary(), nullable=False),
        unique=("payer", "policy", "code", "valid_from"),
    )  # fmt: skip
    op.create_index(op.f("ix_coverage_policy_code"), "coverage_policy", ["code"])
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _id(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _days() -> tuple[sa.Column[object], ...]:
    return sa.Column("valid_from", sa.Date(), nullable=False), sa.Column("valid_to", sa.Date(), nullable=True)


def _list(table: str, *columns: sa.Column[object], unique: tuple[str, ...]) -> None:
    op.create_table(
        table,
        _id("id"),
        _text("code"),
        *columns,
        *_days(),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_" + "_".join(unique))),
    )


def _walls() -> None:
    """A practice's certificates are its own (SECURITY 1.4); the lists are everybody's."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    op.execute(f"ALTER TABLE {_CERTIFICATE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {_CERTIFICATE} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY practice_wall ON {_CERTIFICATE} USING ((SELECT {shown}) = 'all' OR "
        f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
    )
    if role:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {_CERTIFICATE} TO {role}")
        for name in _OF_THE_INSTALLATION:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role}")
