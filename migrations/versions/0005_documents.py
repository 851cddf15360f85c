"""Documents that came in, and what they belong to.

Revision 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Documents that came in, and what they belong to."""
    for column in (
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("pages", sa.String(), nullable=True),
        sa.Column("page_count", sa.BigInteger(), nullable=True),
        sa.Column("unshown", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("content_index", sa.LargeBinary(length=20), nullable=True),
    ):
        op.add_column("document", column)
    op.create_index(op.f("ix_document_content_index"), "document", ["content_index"])
    twice = op.f("ix_document_patient_id_content_index")
    op.create_index(twice, "document", ["patient_id", "content_index"], unique=True)
    _pages()
    _attachments()
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _pages() -> None:
    op.create_table(
        "document_page",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("document_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_document_page_practice_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_document_page_patient_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_document_page_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_page")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_document_page_document_id_number")),
    )


def _attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("document_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("about_id", sa.LargeBinary(), nullable=False),
        sa.Column("attached_by", sa.String(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detached_by", sa.String(), nullable=True),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_attachment_practice_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_attachment_patient_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_attachment_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    standing = sa.text("detached_at IS NULL")
    op.create_index(
        op.f("ix_attachment_document_id_about_about_id"), "attachment", ["document_id", "about", "about_id"],
        unique=True, sqlite_where=standing, postgresql_where=standing,
    )  # fmt: skip
    op.create_index(op.f("ix_attachment_about_id"), "attachment", ["about_id"])
    op.create_index(op.f("ix_attachment_patient_id"), "attachment", ["patient_id"])


def _walls() -> None:
    """Rows of the application's practices only (SECURITY 1.4)."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name in ("document_page", "attachment"):
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {name} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
        if role:
            op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role}")
