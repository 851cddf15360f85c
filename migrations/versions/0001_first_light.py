"""First light: every table, the triggers that keep the books and the log append-only, and on PostgreSQL the walls.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit import ddl, table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = {
    "ledger_entry": ("id", ("practice_id", "key")),
    "ledger_line": ("id",),
    "claim_version": ("id", ("claim_id", "number"), "control"),
}
INSTALLATION = {
    "practice", "payer", "user", "grant", "factor", "session", "invitation", "throttle", "job", "job_key", "mail",
    "kek", "subject_key", "installation", "code", "code_release", "card_event", "legal_hold",
}  # fmt: skip
"""Tables of the whole installation: no row-level wall by practice."""


def upgrade() -> None:
    """Make everything."""
    _tables()
    dialect = op.get_bind().dialect.name
    for name, row in table.FIRST_ROWS:
        op.bulk_insert(name, [row])
    statements = ddl.triggers(dialect)
    for name, unique in APPEND_ONLY.items():
        statements += ddl.append_only(name, unique, dialect)
    for statement in statements:
        op.execute(sa.DDL(statement.replace("%", "%%")))
    if dialect == "postgresql":
        _walls()


def _walls() -> None:
    """Rights of the application's role, where there is one, and rows of its practices only (SECURITY 1.4)."""
    bind = op.get_bind()
    role = op.get_context().config.attributes.get("application_role")
    ours = [name for name in sa.inspect(bind).get_table_names() if name != "alembic_version"]
    audit = set(table.metadata.tables)
    for name in ours:
        if name in audit or name in INSTALLATION:
            continue
        op.execute(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY')
        shown = "current_setting('candor.practices', true)"
        op.execute(
            f"CREATE POLICY practice_wall ON \"{name}\" USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
    if not role:
        return
    plain = [name for name in ours if name not in audit and name not in APPEND_ONLY]
    for name in plain:
        op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{name}" TO {role}')
    op.execute(f"GRANT SELECT ON alembic_version TO {role}")
    for statement in ddl.grants(role, APPEND_ONLY):
        op.execute(statement)


def _tables() -> None:
    op.create_table(
        "card_event",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payment_id", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_card_event_event_id")),
    )
    op.create_table(
        "code_release",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_set", sa.String(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_release")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key")),
    )
    op.create_index(op.f("ix_job_state_run_after"), "job", ["state", "run_after"], unique=False)
    op.create_table(
        "job_key",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_key")),
        sa.UniqueConstraint("key", name=op.f("uq_job_key_key")),
    )
    op.create_table(
        "kek",
        sa.Column("tenant", sa.LargeBinary(length=16), nullable=False),
        sa.Column("purpose", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "purpose", "generation", name=op.f("pk_kek")),
    )
    op.create_table(
        "payer",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("filing_limit_days", sa.BigInteger(), nullable=False),
        sa.Column("appeal_levels", sa.JSON(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=True),
        sa.Column("remittance_ids", sa.JSON(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payer")),
        sa.UniqueConstraint("code", name=op.f("uq_payer_code")),
    )
    op.create_table(
        "practice",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("npi", sa.String(), nullable=False),
        sa.Column("ein", sa.String(), nullable=False),
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("remit_to", sa.JSON(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("code", name=op.f("uq_practice_code")),
    )
    op.create_table(
        "subject_key",
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("tenant", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("kek_generation", sa.BigInteger(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "version", name=op.f("pk_subject_key")),
    )
    op.create_index(op.f("ix_subject_key_kek_generation"), "subject_key", ["kek_generation"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttle")),
        sa.UniqueConstraint("kind", "source", name=op.f("uq_throttle_kind_source")),
    )
    op.create_index(op.f("ix_throttle_until"), "throttle", ["until"], unique=False)
    op.create_table(
        "user",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_failure_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email_index", sa.LargeBinary(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email_index", name=op.f("uq_user_email_index")),
    )
    op.create_table(
        "code",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("release_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_set", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["release_id"], ["code_release.id"], name=op.f("fk_code_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code")),
        sa.UniqueConstraint("code_set", "code", "valid_from", name=op.f("uq_code_code_set_code_valid_from")),
    )
    op.create_index(op.f("ix_code_code_set_words"), "code", ["code_set", "words"], unique=False)
    op.create_index(op.f("ix_code_release_id"), "code", ["release_id"], unique=False)
    op.create_table(
        "deposit",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("payer_tax", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=True),
        sa.Column("adjustments", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_deposit_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_deposit_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deposit")),
        sa.UniqueConstraint(
            "practice_id",
            "reference",
            "payer_tax",
            "amount_cents",
            name=op.f("uq_deposit_practice_id_reference_payer_tax_amount_cents"),
        ),
    )
    op.create_table(
        "duty_waiver",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("earlier", sa.String(), nullable=False),
        sa.Column("later", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_duty_waiver_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_waiver")),
    )
    op.create_table(
        "factor",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_factor_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor")),
    )
    op.create_index(op.f("ix_factor_user_id"), "factor", ["user_id"], unique=False)
    op.create_table(
        "grant",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_grant_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_grant_practice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_grant_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant")),
        sa.UniqueConstraint(
            "user_id", "role", "practice_id", "payer_id", name=op.f("uq_grant_user_id_role_practice_id_payer_id")
        ),
    )
    op.create_index(op.f("ix_grant_user_id"), "grant", ["user_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_invitation_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitation_token_digest")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("inputs_digest", sa.LargeBinary(), nullable=False),
        sa.Column("reverses_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_ledger_entry_practice_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("practice_id", "key", name=op.f("uq_ledger_entry_practice_id_key")),
    )
    op.create_index(op.f("ix_ledger_entry_reverses_id"), "ledger_entry", ["reverses_id"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("subject_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_legal_hold_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_subject_id"), "legal_hold", ["subject_id"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("subject_id", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("recipient_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("parameters_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_mail_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sender_qualifier", sa.String(), nullable=False),
        sa.Column("sender_id", sa.String(), nullable=False),
        sa.Column("receiver_qualifier", sa.String(), nullable=False),
        sa.Column("receiver_id", sa.String(), nullable=False),
        sa.Column("group_sender", sa.String(), nullable=False),
        sa.Column("group_receiver", sa.String(), nullable=False),
        sa.Column("usage", sa.String(), nullable=False),
        sa.Column("submitter_name", sa.String(), nullable=False),
        sa.Column("submitter_contact", sa.String(), nullable=False),
        sa.Column("submitter_phone", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_partner_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("practice_id", "code", name=op.f("uq_partner_practice_id_code")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("last_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("first_name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("middle_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("suffix_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("birth_date_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sex_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mrn_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("account_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("guarantor_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mrn_index", sa.LargeBinary(length=20), nullable=False),
        sa.Column("account_index", sa.LargeBinary(length=20), nullable=False),
        sa.Column("name_birth_index", sa.LargeBinary(length=20), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(length=20), nullable=True),
        sa.Column("email_index", sa.LargeBinary(length=20), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("practice_id", "account_index", name=op.f("uq_patient_practice_id_account_index")),
        sa.UniqueConstraint("practice_id", "mrn_index", name=op.f("uq_patient_practice_id_mrn_index")),
    )
    op.create_index(op.f("ix_patient_account_index"), "patient", ["account_index"], unique=False)
    op.create_index(op.f("ix_patient_email_index"), "patient", ["email_index"], unique=False)
    op.create_index(op.f("ix_patient_mrn_index"), "patient", ["mrn_index"], unique=False)
    op.create_index(op.f("ix_patient_name_birth_index"), "patient", ["name_birth_index"], unique=False)
    op.create_index(op.f("ix_patient_phone_index"), "patient", ["phone_index"], unique=False)
    op.create_index(op.f("ix_patient_practice_id"), "patient", ["practice_id"], unique=False)
    op.create_table(
        "price",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifier", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_price_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
        sa.UniqueConstraint(
            "practice_id", "code", "modifier", "valid_from", name=op.f("uq_price_practice_id_code_modifier_valid_from")
        ),
    )
    op.create_table(
        "provider",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("npi", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("taxonomy", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_provider_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("practice_id", "npi", name=op.f("uq_provider_practice_id_npi")),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("hat", sa.String(), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("assurance", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("agent_digest", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_session_practice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_session_token_digest")),
    )
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_table(
        "transition",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(), nullable=True),
        sa.Column("payer_id", sa.LargeBinary(), nullable=True),
        sa.Column("subject_table", sa.String(), nullable=False),
        sa.Column("subject_id", sa.LargeBinary(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("subject_version", sa.BigInteger(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_transition_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
    )
    op.create_index(
        op.f("ix_transition_subject_table_subject_id"), "transition", ["subject_table", "subject_id"], unique=False
    )
    op.create_table(
        "control_number",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("partner_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("following", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_control_number_partner_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_control_number_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_number")),
        sa.UniqueConstraint("partner_id", "kind", name=op.f("uq_control_number_partner_id_kind")),
    )
    op.create_table(
        "coverage",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("rank", sa.String(), nullable=False),
        sa.Column("relationship", sa.String(), nullable=False),
        sa.Column("filing_code", sa.String(), nullable=False),
        sa.Column("member_id_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("group_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("group_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("subscriber_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("member_id_index", sa.LargeBinary(length=20), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_coverage_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_coverage_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_coverage_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage")),
    )
    op.create_index(op.f("ix_coverage_member_id_index"), "coverage", ["member_id_index"], unique=False)
    op.create_index(op.f("ix_coverage_patient_id_payer_id"), "coverage", ["patient_id", "payer_id"], unique=False)
    op.create_index(op.f("ix_coverage_payer_id"), "coverage", ["payer_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_document_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_document_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_patient_id_kind"), "document", ["patient_id", "kind"], unique=False)
    op.create_table(
        "interchange",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("findings_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("group_control", sa.String(), nullable=False),
        sa.Column("partner_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("items", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("finding_count", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_interchange_partner_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_interchange_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interchange")),
        sa.UniqueConstraint(
            "practice_id", "direction", "digest", name=op.f("uq_interchange_practice_id_direction_digest")
        ),
    )
    op.create_index(op.f("ix_interchange_practice_id"), "interchange", ["practice_id"], unique=False)
    op.create_table(
        "ledger_line",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(), nullable=True),
        sa.Column("payer_id", sa.LargeBinary(), nullable=True),
        sa.Column("encounter_id", sa.LargeBinary(), nullable=True),
        sa.Column("charge_id", sa.LargeBinary(), nullable=True),
        sa.Column("claim_id", sa.LargeBinary(), nullable=True),
        sa.Column("deposit_id", sa.LargeBinary(), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_line_entry_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_ledger_line_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_line")),
    )
    op.create_index(op.f("ix_ledger_line_entry_id"), "ledger_line", ["entry_id"], unique=False)
    op.create_index(op.f("ix_ledger_line_patient_id_account"), "ledger_line", ["patient_id", "account"], unique=False)
    op.create_index(op.f("ix_ledger_line_practice_id_account"), "ledger_line", ["practice_id", "account"], unique=False)
    op.create_table(
        "patient_link",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_patient_link_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_patient_link_practice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_patient_link_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_link")),
        sa.UniqueConstraint("user_id", "patient_id", name=op.f("uq_patient_link_user_id_patient_id")),
    )
    op.create_index(op.f("ix_patient_link_patient_id"), "patient_link", ["patient_id"], unique=False)
    op.create_index(op.f("ix_patient_link_user_id"), "patient_link", ["user_id"], unique=False)
    op.create_table(
        "queue_item",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("subject_table", sa.String(), nullable=False),
        sa.Column("subject_id", sa.LargeBinary(), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at_risk_cents", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("holder_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["holder_id"], ["user.id"], name=op.f("fk_queue_item_holder_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_queue_item_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_queue_item_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_queue_item_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_item")),
    )
    op.create_index(op.f("ix_queue_item_holder_id"), "queue_item", ["holder_id"], unique=False)
    op.create_index(op.f("ix_queue_item_patient_id"), "queue_item", ["patient_id"], unique=False)
    op.create_index(
        op.f("ix_queue_item_practice_id_queue_state_due_on_id"),
        "queue_item",
        ["practice_id", "queue", "state", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_queue_item_subject_table_subject_id"), "queue_item", ["subject_table", "subject_id"], unique=False
    )
    op.create_table(
        "registration_code",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrong_tries", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_registration_code_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_registration_code_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_code")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_registration_code_code_digest")),
    )
    op.create_index(op.f("ix_registration_code_patient_id"), "registration_code", ["patient_id"], unique=False)
    op.create_table(
        "encounter",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("coverage_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("provider_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("service_to", sa.Date(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("diagnoses_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proposal_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("code_qualifier", sa.String(), nullable=False),
        sa.Column("source_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("source_control_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("interchange_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source_index", sa.LargeBinary(length=20), nullable=False),
        sa.Column("source_control_index", sa.LargeBinary(length=20), nullable=True),
        sa.ForeignKeyConstraint(["coverage_id"], ["coverage.id"], name=op.f("fk_encounter_coverage_id")),
        sa.ForeignKeyConstraint(["interchange_id"], ["interchange.id"], name=op.f("fk_encounter_interchange_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_encounter_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_encounter_practice_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_encounter_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter")),
        sa.UniqueConstraint("practice_id", "source_index", name=op.f("uq_encounter_practice_id_source_index")),
    )
    op.create_index(op.f("ix_encounter_interchange_id"), "encounter", ["interchange_id"], unique=False)
    op.create_index(op.f("ix_encounter_patient_id"), "encounter", ["patient_id"], unique=False)
    op.create_index(
        op.f("ix_encounter_practice_id_state_service_from_id"),
        "encounter",
        ["practice_id", "state", "service_from", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_encounter_source_control_index"), "encounter", ["source_control_index"], unique=False)
    op.create_index(op.f("ix_encounter_source_index"), "encounter", ["source_index"], unique=False)
    op.create_table(
        "remittance",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("interchange_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("deposit_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("payment_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("payer_name", sa.String(), nullable=False),
        sa.Column("payer_tax", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("claim_count", sa.BigInteger(), nullable=False),
        sa.Column("matched_count", sa.BigInteger(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("claims_paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("adjustment_cents", sa.BigInteger(), nullable=False),
        sa.Column("findings_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("set_control", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["deposit_id"], ["deposit.id"], name=op.f("fk_remittance_deposit_id")),
        sa.ForeignKeyConstraint(["interchange_id"], ["interchange.id"], name=op.f("fk_remittance_interchange_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_remittance_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_remittance_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance")),
        sa.UniqueConstraint("practice_id", "payment_key", name=op.f("uq_remittance_practice_id_payment_key")),
    )
    op.create_index(op.f("ix_remittance_interchange_id"), "remittance", ["interchange_id"], unique=False)
    op.create_index(op.f("ix_remittance_payer_id"), "remittance", ["payer_id"], unique=False)
    op.create_index(op.f("ix_remittance_practice_id"), "remittance", ["practice_id"], unique=False)
    op.create_table(
        "statement",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("run_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opening_cents", sa.BigInteger(), nullable=False),
        sa.Column("closing_cents", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("document_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_statement_document_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_statement_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_statement_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("patient_id", "run_key", name=op.f("uq_statement_patient_id_run_key")),
        sa.UniqueConstraint("practice_id", "number", name=op.f("uq_statement_practice_id_number")),
    )
    op.create_index(op.f("ix_statement_patient_id"), "statement", ["patient_id"], unique=False)
    op.create_table(
        "charge",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("encounter_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("units_thousandths", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("pointers", sa.JSON(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("service_to", sa.Date(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("qualifier", sa.String(), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_charge_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_charge_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_charge_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("control", name=op.f("uq_charge_control")),
        sa.UniqueConstraint("encounter_id", "position", name=op.f("uq_charge_encounter_id_position")),
    )
    op.create_index(op.f("ix_charge_patient_id"), "charge", ["patient_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("encounter_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("coverage_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_from", sa.String(), nullable=True),
        sa.Column("hold_reason", sa.String(), nullable=True),
        sa.Column("rank", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=False),
        sa.Column("filing_due", sa.Date(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("adjudicated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("versions", sa.BigInteger(), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column("state_before_remittance", sa.String(), nullable=True),
        sa.Column("payer_control_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payer_control_index", sa.LargeBinary(length=20), nullable=True),
        sa.ForeignKeyConstraint(["coverage_id"], ["coverage.id"], name=op.f("fk_claim_coverage_id")),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_claim_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_claim_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_claim_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_claim_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("control", name=op.f("uq_claim_control")),
    )
    op.create_index(op.f("ix_claim_encounter_id"), "claim", ["encounter_id"], unique=False)
    op.create_index(op.f("ix_claim_patient_id"), "claim", ["patient_id"], unique=False)
    op.create_index(op.f("ix_claim_payer_control_index"), "claim", ["payer_control_index"], unique=False)
    op.create_index(
        op.f("ix_claim_payer_id_submitted_at_id"), "claim", ["payer_id", "submitted_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_claim_practice_id_filing_due_id"), "claim", ["practice_id", "filing_due", "id"], unique=False
    )
    op.create_index(
        op.f("ix_claim_practice_id_state_filing_due_id"),
        "claim",
        ["practice_id", "state", "filing_due", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_claim_practice_id_state_payer_id_charge_cents"),
        "claim",
        ["practice_id", "state", "payer_id", "charge_cents"],
        unique=False,
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("fee_cents", sa.BigInteger(), nullable=True),
        sa.Column("form_key", sa.String(), nullable=False),
        sa.Column("checkout_id", sa.String(), nullable=True),
        sa.Column("checkout_url", sa.String(), nullable=True),
        sa.Column("intent_id", sa.String(), nullable=True),
        sa.Column("receipt_number", sa.String(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("encounter_id", sa.LargeBinary(length=16), nullable=True),
        sa.ForeignKeyConstraint(["encounter_id"], ["encounter.id"], name=op.f("fk_payment_encounter_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_payment_patient_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_payment_practice_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_payment_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("checkout_id", name=op.f("uq_payment_checkout_id")),
        sa.UniqueConstraint("form_key", name=op.f("uq_payment_form_key")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_payment_intent_id")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_payment_receipt_number")),
    )
    op.create_index(op.f("ix_payment_patient_id"), "payment", ["patient_id"], unique=False)
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("claim_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("interchange_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("about_interchange_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("message_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("payer_control_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_interchange_id"], ["interchange.id"], name=op.f("fk_acknowledgement_about_interchange_id")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_acknowledgement_claim_id")),
        sa.ForeignKeyConstraint(["interchange_id"], ["interchange.id"], name=op.f("fk_acknowledgement_interchange_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_acknowledgement_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_acknowledgement_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_acknowledgement_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
    )
    op.create_index(
        op.f("ix_acknowledgement_about_interchange_id"), "acknowledgement", ["about_interchange_id"], unique=False
    )
    op.create_index(op.f("ix_acknowledgement_claim_id"), "acknowledgement", ["claim_id"], unique=False)
    op.create_index(op.f("ix_acknowledgement_interchange_id"), "acknowledgement", ["interchange_id"], unique=False)
    op.create_table(
        "claim_version",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("claim_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("control", sa.String(), nullable=False),
        sa.Column("interchange_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("set_control", sa.String(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_version_claim_id")),
        sa.ForeignKeyConstraint(["interchange_id"], ["interchange.id"], name=op.f("fk_claim_version_interchange_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_claim_version_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_claim_version_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_claim_version_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_version")),
        sa.UniqueConstraint("claim_id", "number", name=op.f("uq_claim_version_claim_id_number")),
        sa.UniqueConstraint("control", name=op.f("uq_claim_version_control")),
    )
    op.create_index(op.f("ix_claim_version_interchange_id"), "claim_version", ["interchange_id"], unique=False)
    op.create_table(
        "remittance_claim",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("remittance_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("claim_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("patient_cents", sa.BigInteger(), nullable=False),
        sa.Column("adjustments", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=True),
        sa.Column("control_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("payer_control_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("patient_name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("corrected_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("entry_id", sa.LargeBinary(), nullable=True),
        sa.Column("subject_id", sa.LargeBinary(), nullable=False),
        sa.Column("segment", sa.BigInteger(), nullable=False),
        sa.Column("payer_control_index", sa.LargeBinary(length=20), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_remittance_claim_claim_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_remittance_claim_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_remittance_claim_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_remittance_claim_practice_id")),
        sa.ForeignKeyConstraint(["remittance_id"], ["remittance.id"], name=op.f("fk_remittance_claim_remittance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_claim")),
        sa.UniqueConstraint("remittance_id", "position", name=op.f("uq_remittance_claim_remittance_id_position")),
    )
    op.create_index(op.f("ix_remittance_claim_claim_id"), "remittance_claim", ["claim_id"], unique=False)
    op.create_index(op.f("ix_remittance_claim_patient_id"), "remittance_claim", ["patient_id"], unique=False)
    op.create_index(
        op.f("ix_remittance_claim_payer_control_index"), "remittance_claim", ["payer_control_index"], unique=False
    )
    op.create_table(
        "denial",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("claim_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("charge_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("remittance_claim_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("group_code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("appeal_due", sa.Date(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charge_id"], ["charge.id"], name=op.f("fk_denial_charge_id")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_denial_claim_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_denial_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_denial_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_denial_practice_id")),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_denial_remittance_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denial")),
        sa.UniqueConstraint("remittance_claim_id", "position", name=op.f("uq_denial_remittance_claim_id_position")),
    )
    op.create_index(op.f("ix_denial_claim_id"), "denial", ["claim_id"], unique=False)
    op.create_index(op.f("ix_denial_patient_id"), "denial", ["patient_id"], unique=False)
    op.create_table(
        "remittance_line",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("remittance_claim_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("patient_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("charge_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("charge_cents", sa.BigInteger(), nullable=False),
        sa.Column("paid_cents", sa.BigInteger(), nullable=False),
        sa.Column("allowed_cents", sa.BigInteger(), nullable=True),
        sa.Column("units_thousandths", sa.BigInteger(), nullable=True),
        sa.Column("billed_code", sa.String(), nullable=False),
        sa.Column("adjustments", sa.JSON(), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("service_from", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["charge_id"], ["charge.id"], name=op.f("fk_remittance_line_charge_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_remittance_line_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_remittance_line_payer_id")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_remittance_line_practice_id")),
        sa.ForeignKeyConstraint(
            ["remittance_claim_id"], ["remittance_claim.id"], name=op.f("fk_remittance_line_remittance_claim_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remittance_line")),
        sa.UniqueConstraint(
            "remittance_claim_id", "position", name=op.f("uq_remittance_line_remittance_claim_id_position")
        ),
    )
    op.create_index(op.f("ix_remittance_line_charge_id"), "remittance_line", ["charge_id"], unique=False)
    op.create_table(
        "audit_actor",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_actor")),
    )
    op.create_index(op.f("ix_audit_actor_actor_seq"), "audit_actor", ["actor", "seq"], unique=False)
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.String(length=27), nullable=False),
        sa.Column("anchored_at", sa.String(length=27), nullable=True),
        sa.Column("cosignatures", sa.Text(), nullable=True),
        sa.Column("witnessed_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(leaf) = 32", name=op.f("ck_audit_event_leaf")),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_audit_event_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("last_recorded", sa.String(length=27), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_mark",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_mark")),
    )
    op.create_table(
        "audit_subject",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("seq", "subject", name=op.f("pk_audit_subject")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_audit_subject_subject_seq"), "audit_subject", ["subject", "seq"], unique=False)
    op.create_table(
        "audit_purge",
        sa.Column("below", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("purged_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["event_seq"], ["audit_event.seq"], name=op.f("fk_audit_purge_event_seq_audit_event")),
        sa.PrimaryKeyConstraint("below", name=op.f("pk_audit_purge")),
    )
