"""Conversations between patients and the office, what came with them, and what patients signed.

Revision 0032.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_RIGHTS = {
    "conversation": "SELECT, INSERT, UPDATE, DELETE",
    "conversation_message": "SELECT, INSERT",
    "conversation_file": "SELECT, INSERT, DELETE",
    "signed_agreement": "SELECT, INSERT",
}
_KEPT = {
    "conversation_message": ("id", ("practice_id", "key")),
    "signed_agreement": ("id", "conversation_id"),
}
"""Added to and read, never changed."""


def upgrade() -> None:
    """Conversations between patients and the office, what came with them, and what patients signed."""
    _conversation()
    _message()
    _file()
    _agreement()
    dialect = op.get_bind().dialect.name
    for table, keys in _KEPT.items():
        for statement in ddl.append_only(table, keys, dialect):
            op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create(table: str, *columns: sa.Column[object], unique: tuple[tuple[str, ...], ...] = (), **targets: str) -> None:
    keys = [sa.UniqueConstraint(*names, name=op.f(f"uq_{table}_" + "_".join(names))) for names in unique]
    refs = [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in targets.items()
    ]
    op.create_table(table, _id("id"), *columns, *refs, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")), *keys)


def _index(table: str, *names: str) -> None:
    op.create_index(op.f(f"ix_{table}_" + "_".join(names)), table, list(names))


def _conversation() -> None:
    table = "conversation"
    _create(
        table, _id("practice_id"), _id("patient_id"), _text("kind"), _text("state"),
        _sealed("title_sealed", nullable=True), _text("wrong", nullable=True), _id("encounter_id", nullable=True),
        _id("charge_id", nullable=True), _id("statement_id", nullable=True), _text("task", nullable=True),
        _text("asks", nullable=True), _text("about_table", nullable=True), _id("about_id", nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True), _text("opened_by"), _at("opened_at"), _text("key"),
        _at("closed_at", nullable=True), _text("closed_reason", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False), _at("patient_wrote_at", nullable=True),
        _at("office_wrote_at", nullable=True), _at("patient_read_at", nullable=True),
        _at("office_read_at", nullable=True), _at("noticed_at", nullable=True),
        unique=(("practice_id", "key"),),
        practice_id="practice", patient_id="patient", encounter_id="encounter", charge_id="charge",
        statement_id="statement",
    )  # fmt: skip
    _index(table, "patient_id", "opened_at")
    _index(table, "about_id")


def _message() -> None:
    table = "conversation_message"
    _create(
        table, _id("practice_id"), _id("patient_id"), _id("conversation_id"), _text("side"),
        _sealed("words_sealed", nullable=True), _sealed("answer_sealed", nullable=True), _text("written_by"),
        _at("written_at"), _text("key"),
        unique=(("practice_id", "key"),),
        practice_id="practice", patient_id="patient", conversation_id="conversation",
    )  # fmt: skip
    _index(table, "conversation_id", "written_at")


def _file() -> None:
    table = "conversation_file"
    _create(
        table, _id("practice_id"), _id("patient_id"), _id("conversation_id"), _id("message_id"), _id("document_id"),
        _sealed("name_sealed"),
        practice_id="practice", patient_id="patient", conversation_id="conversation",
        message_id="conversation_message", document_id="document",
    )  # fmt: skip
    _index(table, "conversation_id")


def _agreement() -> None:
    table = "signed_agreement"
    _create(
        table, _id("practice_id"), _id("patient_id"), _id("conversation_id"), _text("agreement"),
        _text("agreement_version"), _text("language"), _text("words"), _sealed("digest"), _sealed("name_sealed"),
        sa.Column("signed_on", sa.Date(), nullable=False), _text("signed_by"), _at("signed_at"),
        unique=(("conversation_id",),),
        practice_id="practice", patient_id="patient", conversation_id="conversation",
    )  # fmt: skip
    _index(table, "patient_id", "agreement")


def _walls() -> None:
    """Each practice's rows are its own (SECURITY 1.4)."""
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
