"""Code sets: releases loaded whole and switched at once, codes searched, described, and handed to the claim edits."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import case

from portal.domain import titles
from portal.domain.codes import SETS, CodeRelease, CodeSpan, diagnosis_set, procedure_set
from portal.domain.errors import Refused
from portal.feeds.codes import PLACES_START, places, read_codes
from portal.feeds.layouts import Listed
from portal.models.codes import CodeBlockRow, CodeReleaseRow, CodeRow, CodeWordRow
from portal.services import releases
from portal.services.unit_of_work.work import UnitOfWork, new_id

_SLICE = 500
_FIRST_SLICE = 100
_BLOCK = 200
_LONGEST_CODE = 10
_LONGEST_WORD = 40
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Found:
    """One code found by a search."""

    code: str
    description: str
    billable: bool
    """False for a heading, such as an ICD-10-CM category with subcategories."""


@dataclass(slots=True)
class _Staged:
    """What is to be done, worked out before anything is: whole new rows, and changes of standing rows by id."""

    added: int = 0
    changed: int = 0
    retired: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    changes: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    gone: list[bytes] = field(default_factory=list)


def load(
    uow: UnitOfWork, code_set: str, name: str, body: bytes, effective: date, *, rehearse: bool = False
) -> releases.Loaded:
    """Load a published file that holds from a day on; codes it no longer lists end the day before.

    The file is read and compared whole before the first row is touched, and all is switched in this transaction. The
    same file for the same day changes nothing. A HCPCS file brings its modifiers with it. Raises Refused `layout` with
    the line number, `order` for a file older than what stands.
    """
    loaded = _load(uow, code_set, name, body, effective, rehearse)
    if code_set != "hcpcs":
        return loaded
    try:
        modifiers = _load(uow, "hcpcs-modifier", name, body, effective, rehearse)
    except Refused as refused:
        if refused.code != "no-codes":
            raise
        return loaded  # a part of the file, without them
    return replace(loaded, beside=(modifiers,))


def _load(uow: UnitOfWork, code_set: str, name: str, body: bytes, effective: date, rehearse: bool) -> releases.Loaded:
    listed = read_codes(code_set, body)
    digest = hashlib.sha256(body).digest()
    same = releases.standing_release(uow, code_set, effective, digest)
    if same is not None:
        return releases.Loaded(code_set, effective, len(listed), 0, 0, 0, same)
    staged = _stage(uow, code_set, listed, effective)
    counts = releases.Loaded(code_set, effective, len(listed), staged.added, staged.changed, staged.retired)
    if rehearse:
        return counts
    release_id = releases.record(uow, code_set, name, digest, effective, len(listed))
    _switch(uow, staged, code_set, release_id)
    return replace(counts, release_id=release_id)


def load_places(uow: UnitOfWork) -> releases.Loaded:
    """Load the places of service that come with us."""
    return load(uow, "pos", "places.csv", places(), PLACES_START)


def _stage(uow: UnitOfWork, code_set: str, listed: Sequence[Listed], effective: date) -> _Staged:
    staged = _Staged()
    newest: dict[str, Any] = {}
    for row in uow.rows(
        uow.select(
            CodeRow.id, CodeRow.code, CodeRow.description, CodeRow.billable, CodeRow.valid_from, CodeRow.valid_to
        )
        .where(CodeRow.code_set == code_set)
        .order_by(CodeRow.valid_from)
    ):
        newest[row.code] = row
    for each in listed:
        _stage_one(staged, newest.pop(each.code, None), each, effective)
    day_before = effective - timedelta(days=1)
    for old in newest.values():
        if old.valid_from >= effective:
            staged.gone.append(old.id)
        elif old.valid_to is None or old.valid_to > day_before:
            staged.changes[old.id] = {"valid_to": day_before}
        else:
            continue
        staged.retired += 1
    return staged


def _stage_one(staged: _Staged, old: Any, new: Listed, effective: date) -> None:
    """One listed code beside its newest row: a new meaning is a new row, so that the old one stays for old services."""
    values = {"description": new.description, "billable": new.billable, "valid_to": new.valid_to}
    if old is None:
        staged.added += 1
        staged.rows.append({"code": new.code, "valid_from": new.valid_from or effective, **values})
        return
    if (old.description, old.billable, old.valid_to) == tuple(values.values()):
        return
    stood = old.valid_to is None or old.valid_to >= effective
    staged.changed += stood
    staged.added += not stood
    same_words = (old.description, old.billable) == (new.description, new.billable)
    if old.valid_from >= effective or (stood and same_words):
        staged.changes[old.id] = values
        return
    if stood:
        staged.changes[old.id] = {"valid_to": effective - timedelta(days=1)}
    staged.rows.append({"code": new.code, "valid_from": effective, **values})


def _switch(uow: UnitOfWork, staged: _Staged, code_set: str, release_id: bytes) -> None:
    touched = [*staged.changes, *staged.gone]
    for start in range(0, len(touched), _SLICE):
        for row in uow.entities(uow.select(CodeRow).where(CodeRow.id.in_(touched[start : start + _SLICE]))):
            if row.id in staged.changes:
                uow.change(row, **staged.changes[row.id])
                if "description" in staged.changes[row.id]:
                    uow.change(row, release_id=release_id)
            else:
                uow.delete(row)
    about = {"release_id": release_id, "code_set": code_set}
    uow.insert(CodeRow, [{"id": new_id(), **about, **row} for row in staged.rows])
    uow.flush()
    _index_words(uow, code_set)


def _index_words(uow: UnitOfWork, code_set: str) -> None:
    """List anew in which codes of a set each word stands, in their descriptions of all times."""
    found: dict[str, set[str]] = {}
    for row in uow.rows(uow.select(CodeRow.code, CodeRow.description).where(CodeRow.code_set == code_set)):
        found.setdefault(row.code, set()).update(_words(row.description))
    ordered = sorted(found)
    places: dict[str, list[int]] = {}
    for place, code in enumerate(ordered):
        for word in found[code]:
            places.setdefault(word, []).append(place)
    blocks = [" ".join(ordered[start : start + _BLOCK]) for start in range(0, len(ordered), _BLOCK)]
    uow.erase(CodeBlockRow, CodeBlockRow.code_set == code_set)
    uow.erase(CodeWordRow, CodeWordRow.code_set == code_set)
    uow.insert(
        CodeBlockRow,
        [{"id": new_id(), "code_set": code_set, "block": at, "codes": each} for at, each in enumerate(blocks)],
    )
    uow.insert(
        CodeWordRow,
        [
            {"id": new_id(), "code_set": code_set, "word": word, "places": _marked(some)}
            for word, some in places.items()
        ],
    )


def _marked(places: Sequence[int]) -> bytes:
    """Places in their order as bits, deflated."""
    bits = bytearray(places[-1] // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return zlib.compress(bits, 1)


def search(uow: UnitOfWork, text: str, code_set: str, on: date, *, limit: int = 25) -> tuple[Found, ...]:
    """Codes of a set that hold on a day, by code or its beginning (with or without dot) or by the beginnings of words.

    The exact code first, then codes that begin so, then by words; codes that can be sent before headings. The set
    `diagnosis` is ICD-9-CM for a day before October 2015, else ICD-10-CM.
    """
    if code_set == "diagnosis":
        code_set = diagnosis_set(on)
    code = "".join(each for each in text if each.isascii() and each.isalnum()).upper()
    words = _words(text)
    if not code or not words:
        return ()
    found = _by_code(uow, code, code_set, on, limit)
    if len(found) < limit:
        known = {each.code for each in found}
        found += _by_words(uow, words, code_set, on, known, limit - len(found))
    return tuple(found)


def _by_code(uow: UnitOfWork, code: str, code_set: str, on: date, limit: int) -> list[Found]:
    # Codes are capital letters and digits, in whatever order of letters the database keeps: so the last is Z.
    rows = uow.rows(
        uow.select(CodeRow.code, CodeRow.description, CodeRow.billable)
        .where(CodeRow.code_set == code_set, CodeRow.code.between(code, code + "Z" * _LONGEST_CODE), _holds(on))
        .order_by(CodeRow.code)
        .limit(limit)
    )
    return [Found(row.code, row.description, row.billable) for row in rows]


def _by_words(
    uow: UnitOfWork, words: Sequence[str], code_set: str, on: date, known: set[str], limit: int
) -> list[Found]:
    """Codes with all words in their description of that day; they are looked at in their order, some at a time."""
    places = _places(_having(uow, words, code_set))
    billable: list[Found] = []
    headings: list[Found] = []
    size = _FIRST_SLICE
    while len(billable) < limit and (part := list(islice(places, size))):
        rows = uow.rows(
            uow.select(CodeRow.code, CodeRow.description, CodeRow.billable).where(
                CodeRow.code_set == code_set, CodeRow.code.in_(_at(uow, part, code_set) - known), _holds(on)
            )
        )
        for row in sorted(rows, key=lambda each: each.code):
            has = _words(row.description)
            if all(any(each.startswith(word) for each in has) for word in words):
                (billable if row.billable else headings).append(Found(row.code, row.description, row.billable))
        size = _SLICE
    return [*billable, *headings][:limit]


def _having(uow: UnitOfWork, words: Sequence[str], code_set: str) -> int:
    """A bit for each code in whose descriptions of any time words begin so."""
    having = -1
    for word in words:
        rows = uow.rows(
            uow.select(CodeWordRow.places).where(
                CodeWordRow.code_set == code_set, CodeWordRow.word.between(word, word + "z" * _LONGEST_WORD)
            )
        )
        places = 0
        for row in rows:
            places |= int.from_bytes(zlib.decompress(row.places), "little")
        having &= places
    return having


def _places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, in their order."""
    for at, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        if byte:
            yield from (at * 8 + bit for bit in range(8) if byte >> bit & 1)


def _at(uow: UnitOfWork, places: Sequence[int], code_set: str) -> set[str]:
    """The codes at places of their set."""
    blocks = {place // _BLOCK for place in places}
    query = uow.select(CodeBlockRow.block, CodeBlockRow.codes)
    rows = uow.rows(query.where(CodeBlockRow.code_set == code_set, CodeBlockRow.block.in_(sorted(blocks))))
    codes = {row.block: row.codes.split() for row in rows}
    return {codes[place // _BLOCK][place % _BLOCK] for place in places}


def describe(uow: UnitOfWork, codes: Iterable[str], *, code_set: str = "", on: date | None = None) -> dict[str, str]:
    """The descriptions of codes of a set, as far as loaded; without a set, of procedure codes by their shape.

    Without a day, the newest words of each.
    """
    wanted = sorted({code for code in codes if code})
    sets = {code: code_set or procedure_set(code) for code in wanted}
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _SLICE):
        part = wanted[start : start + _SLICE]
        where = [CodeRow.code.in_(part), CodeRow.code_set.in_(sorted({sets[code] for code in part}))]
        rows = uow.rows(
            uow.select(CodeRow.code, CodeRow.code_set, CodeRow.description)
            .where(*where, *([] if on is None else [_holds(on)]))
            .order_by(CodeRow.valid_from)
        )
        found |= {row.code: row.description for row in rows if row.code_set == sets[row.code]}
    return found


_KEPT: dict[tuple[bytes, ...], CodeRelease] = {}
"""The newest release by the ids of all that is loaded: these rows never change, and reading 100,000 takes a second."""


def release(uow: UnitOfWork, on: date) -> CodeRelease:
    """All that is loaded, with the days of every code, as one value for claim edits, named by what holds on a day."""
    rows = uow.rows(
        uow.select(CodeReleaseRow.id, CodeReleaseRow.effective)
        .where(CodeReleaseRow.code_set.in_(SETS))
        .order_by(CodeReleaseRow.id)
    )
    ids = tuple(row.id for row in rows)
    kept = _KEPT.get(ids)
    if kept is None:
        kept = CodeRelease("", *_spans(uow))
        _KEPT.clear()
        _KEPT[ids] = kept
    standing = max((row.effective for row in rows if row.effective <= on), default=None)
    return replace(kept, name=standing.isoformat() if standing else "none")


def _spans(uow: UnitOfWork) -> tuple[dict[str, dict[str, tuple[CodeSpan, ...]]], dict[str, titles.Title]]:
    """The days of every code, and what the titles of ICD-10-CM say."""
    sets: dict[str, dict[str, tuple[CodeSpan, ...]]] = {}
    same: dict[CodeSpan, CodeSpan] = {}
    newest: dict[str, str] = {}
    title = case((CodeRow.code_set == "icd10cm", CodeRow.description), else_="").label("title")
    columns = (CodeRow.code_set, CodeRow.code, CodeRow.valid_from, CodeRow.valid_to, CodeRow.billable, title)
    for row in uow.rows(uow.select(*columns).order_by(CodeRow.valid_from)):
        made = CodeSpan(row.valid_from, row.valid_to, row.billable)
        codes = sets.setdefault(row.code_set, {})
        codes[row.code] = (*codes.get(row.code, ()), same.setdefault(made, made))
        if row.title:
            newest[row.code] = row.title
    return sets, titles.said(newest)


def _holds(on: date) -> Any:
    return (CodeRow.valid_from <= on) & (CodeRow.valid_to.is_(None) | (CodeRow.valid_to >= on))


def _words(text: str) -> tuple[str, ...]:
    """The words of a text as they are looked for: lower-case letters and digits, without accents, each once."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return tuple(dict.fromkeys(word[:_LONGEST_WORD] for word in _WORD.findall(plain)))
