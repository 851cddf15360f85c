"""Plans to pay a balance in parts, and the words that patients agreed to about paying.

Revision 0034.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_RIGHTS = {
    "payment_plan": "SELECT, INSERT, UPDATE, DELETE",
    "plan_charge": "SELECT, INSERT, DELETE",
    "plan_instalment": "SELECT, INSERT, UPDATE, DELETE",
    "payment_consent": "SELECT, INSERT",
}


def upgrade() -> None:
    """Plans to pay a balance in parts, and the words that patients agreed to about paying."""
    _plan()
    _charge()
    _instalment()
    _consent()
    dialect = op.get_bind().dialect.name
    for statement in ddl.append_only("payment_consent", ("id", ("about_id", "kind")), dialect):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _id(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create(table: str, *columns: sa.Column[object], unique: tuple[str, ...], **targets: str) -> None:
    refs = [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in targets.items()
    ]
    op.create_table(
        table, _id("id"), *columns, *refs, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_" + "_".join(unique))),
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])


def _plan() -> None:
    table = "payment_plan"
    _create(
        table, _id("practice_id"), _id("patient_id"), _text("state"), _number("enrolled_cents"), _number("count"),
        _number("day"), _text("form_key"), _id("replaces_id", nullable=True), _text("proposed_by"), _at("proposed_at"),
        sa.Column("by_office", sa.Boolean(), nullable=False), _at("began_at", nullable=True),
        _at("noticed_at", nullable=True), _at("ended_at", nullable=True), _text("reason", nullable=True),
        _number("version"),
        unique=("practice_id", "form_key"), practice_id="practice", patient_id="patient",
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_practice_id_state"), table, ["practice_id", "state"])


def _charge() -> None:
    table = "plan_charge"
    _create(
        table, _id("practice_id"), _id("plan_id"), _id("patient_id"), _id("charge_id"), _id("encounter_id"),
        _number("cents"), _number("paid_cents"),
        unique=("plan_id", "charge_id"), practice_id="practice", plan_id="payment_plan", patient_id="patient",
        charge_id="charge", encounter_id="encounter",
    )  # fmt: skip
    op.create_index(op.f(f"ix_{table}_charge_id"), table, ["charge_id"])


def _instalment() -> None:
    _create(
        "plan_instalment", _id("practice_id"), _id("plan_id"), _id("patient_id"), _number("position"),
        sa.Column("due_on", sa.Date(), nullable=False), _number("cents"), _at("reminded_at", nullable=True),
        _number("version"),
        unique=("plan_id", "position"), practice_id="practice", plan_id="payment_plan", patient_id="patient",
    )  # fmt: skip


def _consent() -> None:
    _create(
        "payment_consent", _id("practice_id"), _id("patient_id"), _text("kind"), _id("about_id"), _text("language"),
        _text("words"), sa.Column("digest", sa.LargeBinary(length=32), nullable=False), _text("how"),
        _text("given_by"), _at("given_at"),
        unique=("about_id", "kind"), practice_id="practice", patient_id="patient",
    )  # fmt: skip


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
