"""Contacts with payers: calls, letters, messages, and what comes next.

Revision 0012.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEPT = "contact"
"""Added to and read, never changed."""
_RIGHTS = {
    _KEPT: "SELECT, INSERT", "letter": "SELECT, INSERT, UPDATE", "payer_desk": "SELECT, INSERT, UPDATE",
}  # fmt: skip


def upgrade() -> None:
    """Contacts with payers: calls, letters, messages, and what comes next."""
    _letter()
    _contact()
    _desk()
    dialect = op.get_bind().dialect.name
    for statement in ddl.append_only(_KEPT, ("id", ("practice_id", "key"), "corrects_id"), dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.BigInteger(), nullable=False)


def _create(table: str, *columns: sa.Column[Any], unique: tuple[tuple[str, ...], ...] = (), **targets: str) -> None:
    keys = [sa.UniqueConstraint(*names, name=op.f(f"uq_{table}_" + "_".join(names))) for names in unique]
    refs = [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in targets.items()
    ]
    op.create_table(table, _id("id"), *columns, *refs, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")), *keys)


def _index(table: str, *names: str) -> None:
    op.create_index(op.f(f"ix_{table}_" + "_".join(names)), table, list(names))


def _letter() -> None:
    _create(
        "letter", _id("practice_id"), _id("patient_id"), _id("payer_id"), _text("about"), _id("about_id"),
        _text("template"), _text("channel"), _sealed("body_sealed"), _id("document_id", nullable=True),
        _text("made_by"), _instant("made_at"), _text("key"), _version(),
        unique=(("practice_id", "key"),),
        practice_id="practice", patient_id="patient", payer_id="payer", document_id="document",
    )  # fmt: skip
    _index("letter", "patient_id")
    _index("letter", "about_id")


def _contact() -> None:
    _create(
        "contact", _id("practice_id"), _id("patient_id", nullable=True), _id("payer_id"), _text("about"),
        _id("about_id"), _text("channel"), _text("direction"), sa.Column("day", sa.Date(), nullable=False),
        _text("time", nullable=True), _sealed("person_sealed", nullable=True),
        _sealed("reference_sealed", nullable=True), _sealed("words_sealed"),
        _sealed("next_step_sealed", nullable=True), sa.Column("next_on", sa.Date(), nullable=True),
        _id("corrects_id", nullable=True), _text("reason", nullable=True), _id("letter_id", nullable=True),
        _text("recorded_by"), _instant("recorded_at"), _text("key"),
        unique=(("practice_id", "key"), ("corrects_id",)),
        practice_id="practice", patient_id="patient", payer_id="payer", corrects_id="contact", letter_id="letter",
    )  # fmt: skip
    _index("contact", "patient_id")
    _index("contact", "about_id")
    _index("contact", "practice_id", "payer_id", "day", "recorded_at", "id")


def _desk() -> None:
    _create(
        "payer_desk", _id("practice_id"), _id("payer_id"), _text("name"), _text("phone", nullable=True),
        _text("fax", nullable=True), sa.Column("address", sa.JSON(), nullable=True), _text("added_by"),
        _instant("added_at"), _text("ended_by", nullable=True), _instant("ended_at", nullable=True), _version(),
        practice_id="practice", payer_id="payer",
    )  # fmt: skip
    _index("payer_desk", "practice_id", "payer_id")


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4); contacts can be added and read, and no more."""
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
