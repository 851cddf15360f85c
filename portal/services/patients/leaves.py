"""The names of a practice once more, folded, a thousand in a leaf under the practice's key (decision 0016).

Every patient has a data key of their own; to open a hundred thousand of them for one search takes seconds, a hundred
leaves take a moment. A leaf only ever gives candidates: the search opens each candidate's own name before it counts.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from portal.access.actors import Actor
from portal.models.patients import NameLeafRow, PatientRow
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

LEAF: Final = 1000
LOOSE: Final = 100
"""So many names in no leaf are opened one by one with each search; with more of them they are packed."""


def folded(text: str) -> str:
    """A name without case, accents and everything that is neither letter nor digit."""
    if text.isascii() and text.isalnum():  # nearly every name, and this runs for each of a practice
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(each for each in plain.casefold() if each.isalnum() and not unicodedata.combining(each))


def begins(uow: UnitOfWork, last: str, first: str) -> tuple[list[bytes], int]:
    """Patients whose folded names may begin so, by the leaves within reach, and how many names were looked through."""
    column = NameLeafRow.names_sealed
    leaves = uow.select(NameLeafRow.id, NameLeafRow.practice_id, NameLeafRow.names, column).order_by(NameLeafRow.id)
    found: list[bytes] = []

    def look(text: str) -> bool:
        found.extend(_in(text, last, first))
        return True

    rows, _ = uow.sift(leaves, column, look)
    return found, sum(row.names for row in rows)


def pack(units: Units, actor: Actor) -> int:
    """Put names that are in no leaf into leaves, a leaf a transaction, until few are left; how many.

    A leaf that still has room takes them in. Broken off anywhere it goes on where it was.
    """
    packed = 0
    while _waiting(units, actor):
        with units.write(actor, "patient:change") as uow:
            packed += _pack(uow)
            uow.trail.subjects.clear()  # nobody was shown to anybody
    return packed


def _waiting(units: Units, actor: Actor) -> bool:
    with units.read(actor, "patient:change", defer=True) as uow:
        loose = uow.select(PatientRow.id).where(PatientRow.name_leaf_id.is_(None))
        return uow.count(loose.limit(LOOSE)) == LOOSE


def _pack(uow: UnitOfWork) -> int:
    last, first = PatientRow.last_name_sealed, PatientRow.first_name_sealed
    # held, so that nobody is renamed between the reading of a name and its place in a leaf
    loose = uow.rows(
        uow.select(PatientRow.id, PatientRow.practice_id, last, first)
        .where(PatientRow.name_leaf_id.is_(None))
        .order_by(PatientRow.id)
        .limit(LEAF)
        .with_for_update()
    )
    names = zip(uow.carried(loose, last), uow.carried(loose, first), loose, strict=True)
    lines = [
        f"{folded(family)}\t{folded(given)}\t{row.id.hex()}"
        for family, given, row in names
        if family is not None and given is not None  # shredded: there is nothing left to find
    ]
    leaf = _with_room(uow, len(lines))
    if leaf is None:
        leaf = uow.new(NameLeafRow, names_sealed="\n".join(sorted(lines)), names=len(lines), made_at=uow.now)
        uow.flush()
    else:
        lines += _still(uow, leaf)
        uow.change(leaf, names_sealed="\n".join(sorted(lines)), names=len(lines), made_at=uow.now)
    return uow.derive(PatientRow, PatientRow.id.in_([row.id for row in loose]), name_leaf_id=leaf.id)


def _with_room(uow: UnitOfWork, lines: int) -> NameLeafRow | None:
    room = uow.select(NameLeafRow).where(NameLeafRow.names <= LEAF - lines).order_by(NameLeafRow.names, NameLeafRow.id)
    return uow.first(room.with_for_update())


def _still(uow: UnitOfWork, leaf: NameLeafRow) -> Iterator[str]:
    """The lines of a leaf that are up to date: those of who was renamed since went elsewhere."""
    rows = uow.rows(uow.select(PatientRow.id).where(PatientRow.name_leaf_id == leaf.id))
    here = {row.id.hex() for row in rows}
    text: str = uow.read(leaf, NameLeafRow.names_sealed)
    return (line for line in text.split("\n") if line.rpartition("\t")[2] in here)


def _in(text: str, last: str, first: str) -> Iterable[bytes]:
    lines = text.split("\n")
    for at in range(bisect_left(lines, last), len(lines)):
        if not lines[at].startswith(last):
            return
        _, given, id_ = lines[at].split("\t")
        if given.startswith(first):
            yield bytes.fromhex(id_)
