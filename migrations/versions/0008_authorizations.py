"""Prior authorization: rules, requests, what was granted and used.

Revision 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEPT = {"authorization_use": (("id",),), "authorization_answer": (("id",), ("authorization_id", "number"))}
"""Tables that are added to and never changed, with their unique keys."""
_RIGHTS = {
    "authorization": "SELECT, INSERT, UPDATE",
    "authorization_line": "SELECT, INSERT, UPDATE, DELETE",
    "authorization_use": "SELECT, INSERT",
    "authorization_rule": "SELECT, INSERT, UPDATE, DELETE",
    "authorization_answer": "SELECT, INSERT",
}


def upgrade() -> None:
    """Prior authorization: rules, requests, what was granted and used."""
    _authorization()
    _line()
    _use()
    _rule()
    _answer()
    dialect = op.get_bind().dialect.name
    for name, keys in _KEPT.items():
        for statement in ddl.append_only(name, keys, dialect):
            op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _refs(table: str, *names: str, **others: str) -> list[sa.ForeignKeyConstraint]:
    targets = {name: name.removesuffix("_id") for name in names} | others
    return [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in targets.items()
    ]


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _authorization() -> None:
    table = "authorization"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("payer_id"),
        _id("coverage_id"),
        _id("encounter_id", nullable=True),
        _id("provider_id", nullable=True),
        _id("previous_id", nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("granted_as", sa.String(), nullable=True),
        sa.Column("certification", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.Column("retroactive", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        _id("interchange_id", nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("warned", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("diagnoses_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=True),
        *_refs(
            table, "practice_id", "patient_id", "payer_id", "coverage_id", "encounter_id", "provider_id",
            "interchange_id", previous_id=table,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("trace", name=op.f(f"uq_{table}_trace")),
    )  # fmt: skip
    _index(table, "practice_id", "state", "created_at", "id")
    _index(table, "payer_id", "asked_at", "id")
    _index(table, "patient_id", "payer_id")
    _index(table, "encounter_id")
    _index(table, "interchange_id")


def _line() -> None:
    table = "authorization_line"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("payer_id"),
        _id("authorization_id"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("asked_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("granted_thousandths", sa.BigInteger(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "payer_id", "authorization_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("authorization_id", "position", name=op.f(f"uq_{table}_authorization_id_position")),
    )


def _use() -> None:
    table = "authorization_use"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("payer_id"),
        _id("authorization_id"),
        _id("line_id"),
        _id("claim_id"),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("thousandths", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_refs(
            table, "practice_id", "patient_id", "payer_id", "authorization_id", "claim_id",
            line_id="authorization_line",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )  # fmt: skip
    _index(table, "authorization_id")
    _index(table, "line_id")
    _index(table, "claim_id")


def _rule() -> None:
    table = "authorization_rule"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("payer_id", nullable=True),
        sa.Column("code_first", sa.String(), nullable=False),
        sa.Column("code_last", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "payer_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    _index(table, "practice_id", "payer_id", "code_first")


def _answer() -> None:
    table = "authorization_answer"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("patient_id"),
        _id("payer_id"),
        _id("authorization_id"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        _id("interchange_id", nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "payer_id", "authorization_id", "interchange_id"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("authorization_id", "number", name=op.f(f"uq_{table}_authorization_id_number")),
    )
    _index(table, "interchange_id")


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4); uses and answers can be added and read, and no more."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name, rights in _RIGHTS.items():
        # "authorization" is a word of SQL's own
        op.execute(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY')
        op.execute(
            f"CREATE POLICY practice_wall ON \"{name}\" USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f'GRANT {rights} ON "{name}" TO {role}')
