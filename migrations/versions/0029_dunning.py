"""Following up on bills: notices, what patients agreed to be reached by, calls, promises.

Revision 0029.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_RIGHTS = {
    "contact_choice": "SELECT, INSERT, UPDATE",
    "notice": "SELECT, INSERT, UPDATE",
    "account_call": "SELECT, INSERT",
    "payment_promise": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    """Notices about bills, choices of contact, calls and promises; each practice's are its own."""
    _choice()
    _notice()
    _call()
    _promise()
    dialect = op.get_bind().dialect.name
    for statement in ddl.append_only("account_call", ("id", ("practice_id", "key")), dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _bytes(name: str, length: int | None = None) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=length), nullable=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _keys(table: str, **targets: str) -> list[sa.SchemaItem]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
            for name, target in targets.items()
        ),
    ]


def _choice() -> None:
    table = "contact_choice"
    op.create_table(
        table, _id(), _id("practice_id"), _id("patient_id"), _text("channel"),
        sa.Column("allowed", sa.Boolean(), nullable=False), _number("wording_version"), _text("words"),
        _text("language"), _text("by"), _text("recorded_by"), _at("began_at"), _at("ended_at", nullable=True),
        _number("version"), *_keys(table, practice_id="practice", patient_id="patient"),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_patient_id_channel_ended_at"), table, ["patient_id", "channel", "ended_at"])


def _notice() -> None:
    table = "notice"
    op.create_table(
        table, _id(), _id("practice_id"), _id("patient_id"), _id("statement_id"), _text("step"), _text("channel"),
        _text("state"), _text("why", nullable=True), _at("planned_for"), _at("sent_at", nullable=True),
        _text("template"), _text("language"), _bytes("recipient_sealed"), _bytes("body_sealed"), _bytes("text_digest"),
        _bytes("stop_digest", 32), _id("document_id", nullable=True), _at("created_at"), _number("version"),
        *_keys(table, practice_id="practice", patient_id="patient", statement_id="statement", document_id="document"),
        sa.UniqueConstraint("statement_id", "step", "channel", name=op.f(f"uq_{table}_statement_id_step_channel")),
        sa.UniqueConstraint("stop_digest", name=op.f(f"uq_{table}_stop_digest")),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])
    op.create_index(op.f(f"ix_{table}_practice_id_state"), table, ["practice_id", "state"])


def _call() -> None:
    table = "account_call"
    op.create_table(
        table, _id(), _id("practice_id"), _id("patient_id"), _id("statement_id"), _text("outcome"),
        _bytes("words_sealed"), sa.Column("next_on", sa.Date(), nullable=True), _text("made_by"), _at("made_at"),
        _text("key"), *_keys(table, practice_id="practice", patient_id="patient", statement_id="statement"),
        sa.UniqueConstraint("practice_id", "key", name=op.f(f"uq_{table}_practice_id_key")),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])


def _promise() -> None:
    table = "payment_promise"
    op.create_table(
        table, _id(), _id("practice_id"), _id("patient_id"), _id("statement_id"), _id("call_id", nullable=True),
        _number("amount_cents"), _number("owed_cents"), sa.Column("pay_by", sa.Date(), nullable=False), _text("state"),
        _text("made_by"), _at("made_at"), _number("version"),
        *_keys(
            table, practice_id="practice", patient_id="patient", statement_id="statement", call_id="account_call"
        ),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])
    op.create_index(op.f(f"ix_{table}_practice_id_state_pay_by"), table, ["practice_id", "state", "pay_by"])


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
