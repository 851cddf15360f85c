"""Bills verified, questions to providers, and checks of coders by sample.

Revision 0010.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEPT = {
    "bill_check": ("id",), "check_result": ("id", ("encounter_id", "check_kind", "number")), "charge_finding": ("id",),
}  # fmt: skip
"""Added to and read, never changed; with their unique keys."""
_CHANGED = ("question", "sample_rule", "check_setting")


def upgrade() -> None:
    """Bills verified, questions to providers, and checks of coders by sample."""
    _bills()
    _rules()
    _results()
    _findings()
    dialect = op.get_bind().dialect.name
    for table, unique in _KEPT.items():
        for statement in ddl.append_only(table, unique, dialect):
            op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _refs(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in targets.items()
    ]


def _create(table: str, *columns: sa.Column[Any], unique: tuple[str, ...] = (), **targets: str) -> None:
    keys = [sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_" + "_".join(unique)))] if unique else []
    primary = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))
    op.create_table(table, _id("id"), *columns, *_refs(table, **targets), primary, *keys)


def _index(table: str, *names: str) -> None:
    op.create_index(op.f(f"ix_{table}_" + "_".join(names)), table, list(names))


_VISIT = {"practice_id": "practice", "patient_id": "patient", "encounter_id": "encounter"}


def _visit() -> list[sa.Column[Any]]:
    return [_id("practice_id"), _id("patient_id"), _id("encounter_id")]


def _bills() -> None:
    _create(
        "bill_check", *_visit(), _number("encounter_version"), _text("point"), _text("answer"), _text("actor"),
        _instant("at"), **_VISIT,
    )  # fmt: skip
    _index("bill_check", "encounter_id", "at")
    _create(
        "question", *_visit(), _id("provider_id", nullable=True), _text("topic"), _text("state"),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=False), _text("asked_by"), _instant("asked_at"),
        sa.Column("answer_sealed", sa.LargeBinary(), nullable=True), _text("channel", nullable=True),
        _text("answered_by", nullable=True), _instant("answered_at", nullable=True), _number("version"),
        **_VISIT, provider_id="provider",
    )  # fmt: skip
    _index("question", "encounter_id", "asked_at")


def _rules() -> None:
    _create(
        "sample_rule", _id("practice_id"), _text("check_kind"), _text("kind"), _number("percent"),
        _id("worker_id", nullable=True), _text("code"), _number("cents"), _text("made_by"), _instant("made_at"),
        _text("ended_by", nullable=True), _instant("ended_at", nullable=True), _number("version"),
        practice_id="practice", worker_id="user",
    )  # fmt: skip
    _index("sample_rule", "practice_id", "check_kind", "ended_at")
    _create(
        "check_setting", _id("practice_id"), _text("check_kind"), _id("seed"), _number("late_after_days"),
        _number("version"), unique=("practice_id", "check_kind"), practice_id="practice",
    )  # fmt: skip


def _results() -> None:
    table = "check_result"
    _create(
        table, *_visit(), _text("check_kind"), _number("number"), _id("worker_id", nullable=True), _text("checker"),
        _text("outcome"), _number("items"), sa.Column("found", sa.JSON(), nullable=False), _instant("at"),
        unique=("encounter_id", "check_kind", "number"), **_VISIT,
    )  # fmt: skip
    _index(table, "practice_id", "check_kind", "at")


def _findings() -> None:
    _create(
        "charge_finding", *_visit(), _text("kind"), _id("charge_id"), _id("other_charge_id", nullable=True),
        _number("days"), _text("reason"), _text("actor"), _instant("at"),
        **_VISIT, charge_id="charge", other_charge_id="charge",
    )  # fmt: skip
    _index("charge_finding", "encounter_id", "at")
    _index("charge_finding", "practice_id", "kind", "at")


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4); what is kept can be added and read, and no more."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name in (*_KEPT, *_CHANGED):
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {name} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            rights = "SELECT, INSERT" if name in _KEPT else "SELECT, INSERT, UPDATE, DELETE"
            op.execute(f"GRANT {rights} ON {name} TO {role}")
