"""Accounts of patients: billed together, holds, policies, runs of statements and their clocks.

Revision 0027.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_RIGHTS = {
    "account_hold": "SELECT, INSERT, UPDATE, DELETE",
    "practice_policy": "SELECT, INSERT",
    "statement_person": "SELECT, INSERT, UPDATE, DELETE",
    "statement_run": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    """Accounts of patients: billed together, holds, policies, runs of statements and their clocks."""
    _columns()
    _account_hold()
    _practice_policy()
    _statement_person()
    _statement_run()
    dialect = op.get_bind().dialect.name
    for statement in ddl.append_only("practice_policy", ("id", ("practice_id", "kind", "number")), dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _columns() -> None:
    """What stood before: everybody on an account of their own, and bills without a clock that ran for a part only."""
    op.add_column("patient", sa.Column("billed_with_id", sa.LargeBinary(length=16), nullable=True))
    op.create_index(op.f("ix_patient_billed_with_id"), "patient", ["billed_with_id"])
    for column in (
        sa.Column("run_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("began_cents", sa.BigInteger(), nullable=True),
        sa.Column("step_on", sa.Date(), nullable=True),
        sa.Column("came_from", sa.String(), nullable=True),
        sa.Column("days_run", sa.BigInteger(), nullable=True),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_index", sa.LargeBinary(length=20), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printed_in", sa.LargeBinary(length=16), nullable=True),
    ):
        op.add_column("statement", column)
    for name in ("run_id", "code_index", "printed_in"):
        op.create_index(op.f(f"ix_statement_{name}"), "statement", [name])


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refs(table: str, *names: str) -> list[sa.SchemaItem]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"fk_{table}_{name}"))
            for name in names
        ),
    ]


def _account_hold() -> None:
    table = "account_hold"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _id("account_id"),
        _text("kind"),
        _text("about_table", nullable=True),
        _id("about_id", nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        _text("opened_by"),
        _at("opened_at"),
        _text("ended_by", nullable=True),
        _at("ended_at", nullable=True),
        _text("reason", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id"),
    )
    op.create_index(op.f(f"ix_{table}_account_id_ended_at"), table, ["account_id", "ended_at"])
    for name in ("practice_id", "patient_id", "about_id"):
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])


def _practice_policy() -> None:
    table = "practice_policy"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _text("kind"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        _text("kept_by"),
        _at("kept_at"),
        *_refs(table, "practice_id"),
        sa.UniqueConstraint("practice_id", "kind", "number", name=op.f(f"uq_{table}_practice_id_kind_number")),
    )


def _statement_person() -> None:
    table = "statement_person"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("statement_id"),
        _id("patient_id"),
        sa.Column("closing_cents", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "statement_id", "patient_id"),
        sa.UniqueConstraint("statement_id", "patient_id", name=op.f(f"uq_{table}_statement_id_patient_id")),
    )
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])


def _statement_run() -> None:
    table = "statement_run"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        sa.Column("run_on", sa.Date(), nullable=False),
        _text("started_by"),
        _at("started_at"),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=True),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        _at("stopped_at", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id"),
    )
    op.create_index(op.f(f"ix_{table}_practice_id_started_at"), table, ["practice_id", "started_at"])


def _walls() -> None:
    """Each practice's rows are its own (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for table, rights in _RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {table} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT {rights} ON {table} TO {role}")
