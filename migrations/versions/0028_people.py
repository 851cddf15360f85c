"""Who stands for patients, with scope, end and evidence; what stays with the patient; deaths; other addresses.

Revision 0028.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TABLES = ("proxy_invitation", "confidential_statement", "confidential_contact", "death")


def upgrade() -> None:
    """Who stands for patients, with scope, end and evidence; what stays with the patient; deaths; other addresses."""
    op.add_column("encounter", sa.Column("confidential", sa.String(), nullable=True))
    _links()
    _proxy_invitation()
    _confidential_statement()
    _confidential_contact()
    _death()
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(length=16), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _sealed(name: str, *, nullable: bool = True) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=nullable)


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


def _indexed(table: str, *names: str) -> None:
    for name in names:
        op.create_index(op.f(f"ix_{table}_{name}"), table, [name])


def _one(table: str, where: str, *names: str) -> None:
    """At most one row of these stands at a time."""
    where_ = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, [*names], unique=True, **where_)


def _links() -> None:
    """One link of a sign-in and a patient stands at a time; those that ended are kept."""
    table = "patient_link"
    with op.batch_alter_table(table) as batch:
        for column in (
            _text("scope", nullable=True),
            _sealed("words_sealed"),
            _id("document_id", nullable=True),
            _text("made_by", nullable=True),
            sa.Column("by_patient", sa.Boolean(), nullable=True),
            _at("ended_at", nullable=True),
            _text("ended_by", nullable=True),
            _text("reason", nullable=True),
        ):
            batch.add_column(column)
        batch.create_foreign_key(op.f(f"fk_{table}_document_id"), "document", ["document_id"], ["id"])
        batch.drop_constraint(op.f(f"uq_{table}_user_id_patient_id"), type_="unique")
    _one(table, "ended_at IS NULL", "user_id", "patient_id")


def _proxy_invitation() -> None:
    table = "proxy_invitation"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _text("relation"),
        _text("scope"),
        _day("valid_from"),
        _day("valid_to", nullable=True),
        _sealed("name_sealed", nullable=False),
        _sealed("email_sealed"),
        _sealed("words_sealed"),
        _id("document_id", nullable=True),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        _at("expires_at"),
        sa.Column("wrong_tries", sa.BigInteger(), nullable=False),
        _text("invited_by"),
        sa.Column("by_patient", sa.Boolean(), nullable=False),
        _at("created_at"),
        _at("ended_at", nullable=True),
        _text("reason", nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id", "document_id"),
        sa.UniqueConstraint("code_digest", name=op.f(f"uq_{table}_code_digest")),
    )
    _indexed(table, "practice_id", "patient_id")


def _confidential_statement() -> None:
    table = "confidential_statement"
    names = ("statement_id", "encounter_id")
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _id("encounter_id"),
        _id("statement_id"),
        *_refs(table, "practice_id", "patient_id", "encounter_id", "statement_id"),
        sa.UniqueConstraint(*names, name=op.f(f"uq_{table}_{'_'.join(names)}")),
    )
    _indexed(table, "practice_id", "patient_id", "encounter_id")


def _confidential_contact() -> None:
    table = "confidential_contact"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _text("state"),
        _sealed("address_sealed"),
        _sealed("phone_sealed"),
        _sealed("email_sealed"),
        _day("since"),
        _day("until", nullable=True),
        _sealed("words_sealed"),
        _at("asked_at"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_refs(table, "practice_id", "patient_id"),
    )
    _indexed(table, "practice_id")
    _one(table, "state IN ('ASKED', 'AGREED')", "patient_id")


def _death() -> None:
    table = "death"
    op.create_table(
        table,
        _id(),
        _id("practice_id"),
        _id("patient_id"),
        _day("died_on", nullable=True),
        _text("evidence"),
        _sealed("told_sealed", nullable=False),
        _id("document_id", nullable=True),
        _text("recorded_by"),
        _at("recorded_at"),
        _text("withdrawn_by", nullable=True),
        _at("withdrawn_at", nullable=True),
        *_refs(table, "practice_id", "patient_id", "document_id"),
    )
    _indexed(table, "practice_id")
    _one(table, "withdrawn_at IS NULL", "patient_id")


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
