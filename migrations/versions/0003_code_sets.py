"""Code sets beyond ICD-10-CM and HCPCS, with the tables of NCCI, MUE and fee schedules.

Revision 0003.
"""

from __future__ import annotations

import os
import re
import unicodedata
import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OF_PRACTICES = ("fee_schedule", "fee")
_OF_THE_INSTALLATION = ("code_block", "code_word", "ncci_pairs", "mue")


def upgrade() -> None:
    """Code sets beyond ICD-10-CM and HCPCS, with the tables of NCCI, MUE and fee schedules."""
    _words()
    _edits()
    _fees()
    if op.get_bind().dialect.name == "postgresql":
        _walls()


def _words() -> None:
    """Words of the descriptions that stand already take the place of the folded descriptions."""
    op.create_table(
        "code_block",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_set", sa.String(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("codes", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_block")),
        sa.UniqueConstraint("code_set", "block", name=op.f("uq_code_block_code_set_block")),
    )
    op.create_table(
        "code_word",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code_set", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_word")),
        sa.UniqueConstraint("code_set", "word", name=op.f("uq_code_word_code_set_word")),
    )
    found: dict[str, dict[str, set[str]]] = {}
    for code_set, code, description in op.get_bind().execute(sa.text("SELECT code_set, code, description FROM code")):
        plain = unicodedata.normalize("NFKD", description).encode("ascii", "ignore").decode().casefold()
        found.setdefault(code_set, {}).setdefault(code, set()).update(re.findall("[a-z0-9]+", plain))
    for code_set, codes in found.items():
        _index(code_set, codes)
    op.drop_index("ix_code_code_set_words", table_name="code")
    op.drop_column("code", "words")


def _index(code_set: str, codes: dict[str, set[str]]) -> None:
    """Blocks of two hundred codes, and for each word a bit for each code it stands in (`services.codes`)."""
    ordered = sorted(codes)
    bits: dict[str, int] = {}
    for place, code in enumerate(ordered):
        for word in codes[code]:
            bits[word[:40]] = bits.get(word[:40], 0) | 1 << place
    blocks = [" ".join(ordered[start : start + 200]) for start in range(0, len(ordered), 200)]
    run = op.get_bind().execute
    for at, block in enumerate(blocks):
        values = {"id": os.urandom(16), "code_set": code_set, "block": at, "codes": block}
        run(
            sa.text("INSERT INTO code_block (id, code_set, block, codes) VALUES (:id, :code_set, :block, :codes)"),
            values,
        )
    for word, places in bits.items():
        packed = zlib.compress(places.to_bytes((places.bit_length() + 7) // 8, "little"), 1)
        values = {"id": os.urandom(16), "code_set": code_set, "word": word, "places": packed}
        run(
            sa.text("INSERT INTO code_word (id, code_set, word, places) VALUES (:id, :code_set, :word, :places)"),
            values,
        )


def _edits() -> None:
    op.create_table(
        "ncci_pairs",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("column_one", sa.String(), nullable=False),
        sa.Column("pair_count", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ncci_pairs")),
        sa.UniqueConstraint("column_one", name=op.f("uq_ncci_pairs_column_one")),
    )
    op.create_table(
        "mue",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("rationale", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mue")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_mue_code_valid_from")),
    )


def _fees() -> None:
    op.create_table(
        "fee_schedule",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fee_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_fee_schedule_practice_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_fee_schedule_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_schedule")),
    )
    op.create_index(op.f("ix_fee_schedule_practice_id"), "fee_schedule", ["practice_id"], unique=False)
    key = ("practice_id", "payer_id", "code", "modifier", "setting", "locality", "valid_from")
    op.create_table(
        "fee",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("practice_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("payer_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("modifier", sa.String(), nullable=False),
        sa.Column("setting", sa.String(), nullable=False),
        sa.Column("locality", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_fee_practice_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["payer.id"], name=op.f("fk_fee_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee")),
        sa.UniqueConstraint(*key, name=op.f("uq_fee_service")),
    )


def _walls() -> None:
    """Fees are seen by their practice only (SECURITY 1.4); what CMS publishes, by all."""
    role = op.get_context().config.attributes.get("application_role")
    shown = "current_setting('candor.practices', true)"
    for name in _OF_PRACTICES:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY practice_wall ON {name} USING ((SELECT {shown}) = 'all' OR "
            f"encode(practice_id, 'hex') = ANY (string_to_array((SELECT {shown}), ',')))"
        )
    for name in (*_OF_PRACTICES, *_OF_THE_INSTALLATION) if role else ():
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role}")
