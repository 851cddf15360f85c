"""The tables of the log, on a MetaData of their own that the migrations read beside the portal's."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

INSTANT_CHARACTERS = 27  # YYYY-MM-DDTHH:MM:SS.ffffffZ; text, so that both engines sort and give back the same
INDEX_MARK = "index"  # audit_mark: events below are in audit_subject and audit_actor
WITNESS_MARK = "witness"  # audit_mark: the size that the witness cosigned last; below 0 see below
NO_WITNESS, CONTRADICTED = -1, -2  # in that mark: none is set up; it holds another history than this log
SIGN_MARK = "sign"  # audit_mark: the size last signed; its row is also what keeps two signers apart

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# INTEGER PRIMARY KEY is SQLite's own row number: appends go to the end of one b-tree.
_Seq = BigInteger().with_variant(Integer(), "sqlite")

audit_event = Table(
    "audit_event",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=False),
    Column("body", LargeBinary),  # canonical JSON; NULL only after a purge
    Column("leaf", LargeBinary, nullable=False),
    CheckConstraint("seq >= 0", name="seq"),
    CheckConstraint("length(leaf) = 32", name="leaf"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", BigInteger, nullable=False),
    Column("last_recorded", String(INSTANT_CHARACTERS), nullable=False),  # empty before the first event
    Column("frontier", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", _Seq, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),  # the whole signed note, without cosignatures
    Column("frontier", LargeBinary, nullable=False),  # at that size: proofs of consistency start here
    Column("signed_at", String(INSTANT_CHARACTERS), nullable=False),
    Column("anchored_at", String(INSTANT_CHARACTERS)),  # the latest line in the anchor file
    Column("cosignatures", Text),  # the witnesses' lines
    Column("witnessed_at", String(INSTANT_CHARACTERS)),
)

# Derived from the bodies by a job, up to a mark; keyed by seq so that filling them appends (MECHANISM 3).
audit_subject = Table(
    "audit_subject",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=False),
    Column("subject", LargeBinary(16), primary_key=True),
    Index(None, "subject", "seq"),
    sqlite_with_rowid=False,
)

audit_actor = Table(
    "audit_actor",
    metadata,
    Column("seq", _Seq, primary_key=True, autoincrement=False),
    Column("actor", String(100), nullable=False),
    Index(None, "actor", "seq"),
)

audit_mark = Table(
    "audit_mark",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

# Bodies below the mark may go; the event is the purge's own (164.316(b)(2)(i): six years at the least).
audit_purge = Table(
    "audit_purge",
    metadata,
    Column("below", _Seq, primary_key=True, autoincrement=False),
    Column("event_seq", BigInteger, ForeignKey("audit_event.seq"), nullable=False),
    Column("purged_at", String(INSTANT_CHARACTERS), nullable=False),
)

# What the migration that makes the tables must insert: the log cannot be opened without it.
FIRST_ROWS: tuple[tuple[Table, dict[str, object]], ...] = (
    (audit_head, {"id": 1, "size": 0, "last_recorded": "", "frontier": b""}),
    (audit_mark, {"name": INDEX_MARK, "seq": 0}),
    (audit_mark, {"name": SIGN_MARK, "seq": 0}),
    (audit_mark, {"name": WITNESS_MARK, "seq": NO_WITNESS}),
)
