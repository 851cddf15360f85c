"""Code sets by release: what a code means, and from when to when it may be used; with what is known of its words."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from portal.models.base import Base, ReachedBy
from portal.models.columns import clear, key, ref


class CodeReleaseRow(Base):
    """One loaded file of one set: what, from when, from which file, by whom."""

    __tablename__ = "code_release"
    table_code = 34
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    code_set: Mapped[str] = clear(2)
    """A name of `domain.codes.SETS`, or ncci-ptp or mue."""
    effective: Mapped[date] = clear(3)
    file_name: Mapped[str] = clear(4)
    digest: Mapped[bytes] = clear(5)
    loaded_by: Mapped[str] = clear(6)
    loaded_at: Mapped[datetime] = clear(7)
    code_count: Mapped[int] = clear(8)
    whole: Mapped[bool | None] = clear(9)
    """False for a file of changes, beside which those before it hold; None where it was loaded before this was kept."""


class CodeRow(Base):
    """One code of one set with its dates."""

    __tablename__ = "code"
    __table_args__ = (UniqueConstraint("code_set", "code", "valid_from"),)
    table_code = 35
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    release_id: Mapped[bytes] = ref(2, "code_release.id", index=True)
    code_set: Mapped[str] = clear(3)
    code: Mapped[str] = clear(4)
    description: Mapped[str] = clear(5)
    # Column 6 was the description folded for search, until code_word took its place.
    billable: Mapped[bool] = clear(7)
    valid_from: Mapped[date] = clear(8)
    valid_to: Mapped[date | None] = clear(9)


class CodeBlockRow(Base):
    """Two hundred codes of a set in their order: the places that `code_word` speaks of."""

    __tablename__ = "code_block"
    __table_args__ = (UniqueConstraint("code_set", "block"),)
    table_code = 69
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    code_set: Mapped[str] = clear(2, derived=True)
    block: Mapped[int] = clear(3, derived=True)
    """From nought; code n of the set stands at n modulo 200 of block n // 200."""
    codes: Mapped[str] = clear(4, derived=True)
    """With blanks between them."""


class CodeWordRow(Base):
    """One word of the descriptions of a set, and in which of its codes it stands or stood."""

    __tablename__ = "code_word"
    __table_args__ = (UniqueConstraint("code_set", "word"),)
    table_code = 64
    digested = False
    reached_by = ReachedBy(practice=None, installation=True)

    id: Mapped[bytes] = key()
    code_set: Mapped[str] = clear(2, derived=True)
    word: Mapped[str] = clear(3, derived=True)
    """Of lower-case letters and digits."""
    places: Mapped[bytes] = clear(4, derived=True)
    """A bit for each code of the set in its order, the lowest bit of the first byte first, deflated."""
