"""Contracts of payers with their days, visits kept from the plan, and edits that a practice writes itself.

Revision 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_RIGHTS = {
    "contract": "SELECT, INSERT",
    "restriction": "SELECT, INSERT, UPDATE, DELETE",
    "edit_rule": "SELECT, INSERT, UPDATE, DELETE",
}


def upgrade() -> None:
    """Contracts of payers with their days, visits kept from the plan, and edits that a practice writes itself."""
    _contract()
    _restriction()
    _edit_rule()
    dialect = op.get_bind().dialect.name
    kept = "id", ("practice_id", "payer_id", "valid_from", "number")
    for statement in ddl.append_only("contract", kept, dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=False)


def _refs(table: str, *names: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"fk_{table}_{name}"))
        for name in names
    ]


def _contract() -> None:
    table = "contract"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("payer_id"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("filing_days", sa.BigInteger(), nullable=False),
        sa.Column("filing_from", sa.String(), nullable=False),
        sa.Column("secondary_days", sa.BigInteger(), nullable=True),
        sa.Column("replacement_days", sa.BigInteger(), nullable=True),
        sa.Column("appeal_days", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("kept_by", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        *_refs(table, "practice_id", "payer_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "practice_id", "payer_id", "valid_from", "number",
            name=op.f(f"uq_{table}_practice_id_payer_id_valid_from_number"),
        ),
    )  # fmt: skip


def _restriction() -> None:
    table = "restriction"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("encounter_id"),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("kept_by", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "encounter_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_practice_id"), table, ["practice_id"])
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])
    stands = sa.text("lifted_at IS NULL")
    op.create_index(
        op.f(f"ix_{table}_encounter_id"), table, ["encounter_id"], unique=True, sqlite_where=stands,
        postgresql_where=stands,
    )  # fmt: skip


def _edit_rule() -> None:
    table = "edit_rule"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("rule_id"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("todo", sa.String(), nullable=False),
        sa.Column("tried", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_by", sa.String(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("practice_id", "rule_id", "number", name=op.f(f"uq_{table}_practice_id_rule_id_number")),
    )
    on = sa.text("state = 'ON'")
    op.create_index(op.f(f"ix_{table}_rule_id"), table, ["rule_id"], unique=True, sqlite_where=on, postgresql_where=on)


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4); versions of contracts can be added and read."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name, rights in _RIGHTS.items():
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {name} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT {rights} ON {name} TO {role}")
