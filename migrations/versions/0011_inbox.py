"""Folders of partners that are reached over SFTP, and the parts of files of several kinds.

Revision 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("partner_server", "partner_trouble", "interchange_part")


def upgrade() -> None:
    """Folders of partners that are reached over SFTP, and the parts of files of several kinds."""
    _server()
    _trouble()
    _part()
    op.add_column("interchange", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _id(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=False)


def _refs(table: str, **names: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"))
        for name, target in names.items()
    ]


def _server() -> None:
    table = "partner_server"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("partner_id"),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=False),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("host_key", sa.String(), nullable=False),
        sa.Column("inbox", sa.String(), nullable=False),
        sa.Column("outbox", sa.String(), nullable=False),
        sa.Column("done", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, practice_id="practice", partner_id="partner"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("partner_id", name=op.f(f"uq_{table}_partner_id")),
    )
    op.create_index(op.f(f"ix_{table}_practice_id"), table, ["practice_id"])


def _trouble() -> None:
    table = "partner_trouble"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("partner_id"),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, practice_id="practice", partner_id="partner"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("partner_id", name=op.f(f"uq_{table}_partner_id")),
    )
    op.create_index(op.f(f"ix_{table}_practice_id"), table, ["practice_id"])


def _part() -> None:
    table = "interchange_part"
    op.create_table(
        table,
        _id("id"),
        _id("practice_id"),
        _id("whole_id"),
        _id("part_id"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("first_segment", sa.BigInteger(), nullable=False),
        sa.Column("last_segment", sa.BigInteger(), nullable=False),
        *_refs(table, practice_id="practice", whole_id="interchange", part_id="interchange"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("whole_id", "number", name=op.f(f"uq_{table}_whole_id_number")),
    )
    op.create_index(op.f(f"ix_{table}_practice_id"), table, ["practice_id"])
    op.create_index(op.f(f"ix_{table}_part_id"), table, ["part_id"])


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
