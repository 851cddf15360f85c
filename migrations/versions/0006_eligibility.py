"""What payers answered about coverage.

Revision 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = ("eligibility_question", "eligibility_answer", "eligibility_rule")


def upgrade() -> None:
    """What payers answered about coverage."""
    _question()
    _answer()
    _rule()
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _id(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _refs(table: str, *names: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"fk_{table}_{name}"))
        for name in names
    ]


def _question() -> None:
    table = "eligibility_question"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("payer_id"),
        _id("coverage_id"),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("service_types", sa.JSON(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        _id("interchange_id"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "payer_id", "coverage_id", "interchange_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("trace", name=op.f(f"uq_{table}_trace")),
    )
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])
    op.create_index(op.f(f"ix_{table}_interchange_id"), table, ["interchange_id"])
    op.create_index(op.f(f"ix_{table}_coverage_id_asked_at"), table, ["coverage_id", "asked_at"])
    op.create_index(op.f(f"ix_{table}_practice_id_state_asked_at"), table, ["practice_id", "state", "asked_at"])


def _answer() -> None:
    table = "eligibility_answer"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("payer_id"),
        _id("coverage_id"),
        _id("question_id"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("other_payer", sa.Boolean(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        _id("interchange_id"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        *_refs(table, "practice_id", "patient_id", "payer_id", "coverage_id", "interchange_id"),
        sa.ForeignKeyConstraint(["question_id"], ["eligibility_question.id"], name=op.f(f"fk_{table}_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("question_id", "number", name=op.f(f"uq_{table}_question_id_number")),
    )
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])
    op.create_index(op.f(f"ix_{table}_interchange_id"), table, ["interchange_id"])
    op.create_index(op.f(f"ix_{table}_coverage_id_asked_at"), table, ["coverage_id", "asked_at"])


def _rule() -> None:
    table = "eligibility_rule"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("payer_id", nullable=True),
        sa.Column("recheck_days", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "payer_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("practice_id", "payer_id", name=op.f(f"uq_{table}_practice_id_payer_id")),
    )


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name in _TABLES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {name} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role}")
