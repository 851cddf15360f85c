"""Code sets: releases loaded whole and switched at once, codes searched, described, and handed to the claim edits."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import case, or_

from portal.domain.codes import CodeRelease, CodeSpan, procedure_set
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.feeds.codes import PLACES_START, places, read_codes
from portal.feeds.layouts import Listed
from portal.models.codes import CodeReleaseRow, CodeRow
from portal.services.unit_of_work.work import UnitOfWork, new_id

_SLICE = 500
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file did to its set, or, of a rehearsal, would do; `release_id` is None then."""

    code_set: str
    effective: date
    total: int
    added: int
    changed: int
    retired: int
    release_id: bytes | None = None


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


def load(uow: UnitOfWork, code_set: str, name: str, body: bytes, effective: date, *, rehearse: bool = False) -> Loaded:
    """Load a published file that holds from a day on; codes it no longer lists end the day before.

    The file is read and compared whole before the first row is touched, and all is switched in this transaction. The
    same file for the same day changes nothing. Raises Refused `layout` with the line number, `order` for a file older
    than what stands.
    """
    listed = read_codes(code_set, body)
    digest = hashlib.sha256(body).digest()
    releases = uow.rows(
        uow.select(CodeReleaseRow.id, CodeReleaseRow.effective, CodeReleaseRow.digest)
        .where(CodeReleaseRow.code_set == code_set)
        .order_by(CodeReleaseRow.effective, CodeReleaseRow.loaded_at)
    )
    if releases and releases[-1].effective > effective:
        raise Refused(
            T_(
                "A release from {day} on is loaded already. Load releases of a set in the order of their days.",
                day=releases[-1].effective,
            ),
            code="order",
        )
    if releases and (releases[-1].effective, releases[-1].digest) == (effective, digest):
        return Loaded(code_set, effective, len(listed), 0, 0, 0, releases[-1].id)
    staged = _stage(uow, code_set, listed, effective)
    counts = Loaded(code_set, effective, len(listed), staged.added, staged.changed, staged.retired)
    if rehearse:
        return counts
    row = uow.new(
        CodeReleaseRow, code_set=code_set, effective=effective, file_name=name[-120:], digest=digest,
        loaded_by=uow.actor.initiator or uow.actor.identity, loaded_at=uow.now, code_count=len(listed),
    )  # fmt: skip
    uow.flush()
    _switch(uow, staged, code_set, row.id)
    return replace(counts, release_id=row.id)


def load_places(uow: UnitOfWork) -> Loaded:
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
                    uow.change(row, words=_folded(row.description), release_id=release_id)
            else:
                uow.delete(row)
    about = {"release_id": release_id, "code_set": code_set}
    uow.insert(
        CodeRow,
        [{"id": new_id(), **about, "words": _folded(row["description"]), **row} for row in staged.rows],
    )


def search(uow: UnitOfWork, text: str, code_set: str, on: date, *, limit: int = 25) -> tuple[Found, ...]:
    """Codes of a set that hold on a day, by code or its beginning (with or without dot) or by the beginnings of words.

    The exact code first, then codes that begin so, then by words; codes that can be sent before headings.
    """
    code = "".join(filter(str.isalnum, text)).upper()
    words = _WORD.findall(_plain(text))
    if not code or not words:
        return ()
    beginning = CodeRow.code.startswith(code, autoescape=True)
    by_words = [CodeRow.words.contains(f" {word}", autoescape=True) for word in words]
    rank = case((CodeRow.code == code, 0), (beginning, 1), (CodeRow.billable, 2), else_=3)
    first = by_words[0]
    for clause in by_words[1:]:
        first &= clause
    rows = uow.rows(
        uow.select(CodeRow.code, CodeRow.description, CodeRow.billable)
        .where(CodeRow.code_set == code_set, _holds(on), or_(beginning, first))
        .order_by(rank, CodeRow.code)
        .limit(limit)
    )
    return tuple(Found(row.code, row.description, row.billable) for row in rows)


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
    rows = uow.rows(uow.select(CodeReleaseRow.id, CodeReleaseRow.effective).order_by(CodeReleaseRow.id))
    ids = tuple(row.id for row in rows)
    kept = _KEPT.get(ids)
    if kept is None:
        kept = CodeRelease("", _spans(uow))
        _KEPT.clear()
        _KEPT[ids] = kept
    standing = max((row.effective for row in rows if row.effective <= on), default=None)
    return replace(kept, name=standing.isoformat() if standing else "none")


def _spans(uow: UnitOfWork) -> dict[str, dict[str, tuple[CodeSpan, ...]]]:
    sets: dict[str, dict[str, tuple[CodeSpan, ...]]] = {}
    same: dict[CodeSpan, CodeSpan] = {}
    columns = (CodeRow.code_set, CodeRow.code, CodeRow.valid_from, CodeRow.valid_to, CodeRow.billable)
    for row in uow.rows(uow.select(*columns).order_by(CodeRow.valid_from)):
        made = CodeSpan(row.valid_from, row.valid_to, row.billable)
        codes = sets.setdefault(row.code_set, {})
        codes[row.code] = (*codes.get(row.code, ()), same.setdefault(made, made))
    return sets


def _holds(on: date) -> Any:
    return (CodeRow.valid_from <= on) & (CodeRow.valid_to.is_(None) | (CodeRow.valid_to >= on))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()


def _folded(description: str) -> str:
    """A description as it is searched: each word behind a blank, so that a word is found by its beginning."""
    return "".join(f" {word}" for word in _WORD.findall(_plain(description)))
