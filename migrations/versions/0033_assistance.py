"""Help with bills: poverty guidelines by year, applications with their papers, discounts that were given.

Revision 0033.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_TABLES = ("assistance", "assistance_file", "discount")
_UNDER_WAY = "state IN ('DRAFT', 'SUBMITTED', 'INCOMPLETE', 'REVIEWED', 'APPEALED')"


def upgrade() -> None:
    """Help with bills: poverty guidelines by year, applications with their papers, discounts that were given."""
    _levels()
    _assistance()
    _files()
    _discounts()
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _sealed(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _refs(table: str, *names: str) -> list[sa.SchemaItem]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *(
            sa.ForeignKeyConstraint([name], [f"{name.removesuffix('_id')}.id"], name=op.f(f"fk_{table}_{name}"))
            for name in names
        ),
    ]


def _indexed(table: str, *names: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, [*names])


def _levels() -> None:
    table = "poverty_level"
    op.create_table(
        table,
        _id(),
        _number("year"),
        _text("region"),
        sa.Column("dollars", sa.JSON(), nullable=False),
        _number("extra"),
        *_refs(table),
        sa.UniqueConstraint("year", "region", name=op.f(f"uq_{table}_year_region")),
    )
    role = op.get_context().config.attributes.get("application_role")
    if role and op.get_bind().dialect.name == "postgresql":
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")


def _assistance() -> None:
    table = "assistance"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _text("state"),
        _sealed("household_sealed"),
        _text("begun_by"),
        _at("begun_at"),
        _day("submitted_on", nullable=True),
        _day("due_on", nullable=True),
        _sealed("finding_sealed", nullable=True),
        _number("percent", nullable=True),
        sa.Column("government", sa.Boolean(), nullable=True),
        _number("cents", nullable=True),
        _day("decided_on", nullable=True),
        _day("valid_until", nullable=True),
        _text("reason", nullable=True),
        _sealed("words_sealed", nullable=True),
        _id("document_id", nullable=True),
        _day("mailed_on", nullable=True),
        _number("version"),
        *_refs(table, "practice_id", "patient_id", "document_id"),
    )
    _indexed(table, "patient_id", "state")
    _indexed(table, "practice_id", "state")
    op.create_index(
        op.f("ix_assistance_under_way"), table, ["patient_id"], unique=True, sqlite_where=sa.text(_UNDER_WAY),
        postgresql_where=sa.text(_UNDER_WAY),
    )  # fmt: skip


def _files() -> None:
    table = "assistance_file"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _id("assistance_id"),
        _id("document_id"),
        _sealed("name_sealed"),
        _at("came_at"),
        *_refs(table, "practice_id", "patient_id", "assistance_id", "document_id"),
    )
    _indexed(table, "assistance_id")


def _discounts() -> None:
    table = "discount"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _text("kind"),
        _id("statement_id", nullable=True),
        _id("encounter_id", nullable=True),
        _number("percent"),
        _number("cents"),
        _text("reason"),
        _sealed("words_sealed", nullable=True),
        _text("given_by"),
        _day("given_on"),
        _text("key"),
        _day("ended_on", nullable=True),
        _number("version"),
        *_refs(table, "practice_id", "patient_id", "statement_id", "encounter_id"),
        sa.UniqueConstraint("practice_id", "key", name=op.f(f"uq_{table}_practice_id_key")),
    )
    _indexed(table, "patient_id")
    _indexed(table, "encounter_id")


def _walls() -> None:
    """Each practice's rows are its own (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {table} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {role}")
