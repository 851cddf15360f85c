"""Finding patients: by number through blind indexes, by name by opening and comparing; each search is told, sealed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select

from portal.domain.claims import Person
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import T_
from portal.models.claims import ClaimRow
from portal.models.contacts import ContactReferenceRow, ContactRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services import ledger
from portal.services.patients import leaves
from portal.services.patients.leaves import folded
from portal.services.unit_of_work.work import UnitOfWork

LEAST_LETTERS = 3
SHOWN = 50
_BORN = re.compile(r"(?P<name>.*?)[ ,]+(?:(?P<iso>\d{4}-\d\d-\d\d)|(?P<us>\d{1,2}/\d{1,2}/\d{4}))")


@dataclass(frozen=True, slots=True)
class AccountHit:
    """One patient found."""

    patient_id: str
    name: str
    birth_date: date
    mrn: str
    payer_name: str | None
    owed: Money


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was found; `hits` is None before anything was searched."""

    q: str
    hits: tuple[AccountHit, ...] | None
    more: bool


@dataclass(frozen=True, slots=True)
class Match:
    """A patient by name and MRN, for whoever may see no more."""

    patient_id: str
    name: str
    mrn: str


def search(uow: UnitOfWork, q: str) -> SearchPage:
    """Up to 50 patients by MRN, account or claim number, a payer's reference number for a contact, by last name and
    birth date, or by the beginning of a name.

    Raises Refused `too-short` for less than three letters of a name.
    """
    ids, scanned = _found(uow, q)
    shown = ids[:SHOWN]
    owed = _owed(uow, shown)
    payers = _payers(uow, shown)
    hits = tuple(
        AccountHit(
            row.patient_id.hex(), _name(uow, row), _open(uow, row, PatientRow.birth_date_sealed),
            _open(uow, row, PatientRow.mrn_sealed), payers.get(row.patient_id), Money(owed.get(row.patient_id, 0)),
        )
        for row in _rows(uow, shown, PatientRow.birth_date_sealed)
    )  # fmt: skip
    uow.searched(q.strip(), scanned=scanned, shown=len(hits))
    return SearchPage(q.strip(), tuple(sorted(hits, key=lambda hit: (hit.name, hit.mrn))), len(ids) > SHOWN)


def matching(uow: UnitOfWork, q: str) -> tuple[Match, ...]:
    """The same by MRN or name, with nothing shown but name and MRN: for the officer who looks for a patient."""
    ids, scanned = _found(uow, q, numbers=("mrn",))
    shown = ids[:SHOWN]
    found = [
        Match(row.patient_id.hex(), _name(uow, row), _open(uow, row, PatientRow.mrn_sealed))
        for row in _rows(uow, shown)
    ]
    uow.searched(q.strip(), scanned=scanned, shown=len(found))
    return tuple(sorted(found, key=lambda match: (match.name, match.mrn)))


def found(uow: UnitOfWork, q: str) -> tuple[list[bytes], int]:
    """Ids of the patients that `search` would show, and how many values were opened: for lists of something else.

    Nothing is told yet: the caller shows its list and tells the search. Raises Refused as `search` does.
    """
    ids, scanned = _found(uow, q)
    return ids[:SHOWN], scanned


def by_name(q: str) -> bool:
    """Whether a search may go by the beginning of a name, for which every name of the practice is opened."""
    return not any(each.isdigit() for each in _cut(q))


def _found(uow: UnitOfWork, q: str, numbers: Sequence[str] = ("mrn", "account", "claim")) -> tuple[list[bytes], int]:
    """Ids of patients that fit, and how many values were opened to find them."""
    text = _cut(q)
    found, scanned = _by_number(uow, text, numbers)
    if found:
        return found, scanned
    born = _BORN.fullmatch(text)
    if born is not None and "account" in numbers:
        found, more = _by_birth(uow, born["name"], _day(born["iso"] or born["us"]))
    elif by_name(text) or len(folded(text)) < LEAST_LETTERS:
        found, more = _by_name(uow, text)
    else:
        more = 0  # a number that nobody has
    return found, scanned + more


def _cut(q: str) -> str:
    """As much of what was typed as is looked for."""
    return q.strip()[:120].strip()


def _by_number(uow: UnitOfWork, text: str, numbers: Sequence[str]) -> tuple[list[bytes], int]:
    found: list[bytes] = []
    scanned = 0
    for rule, column, index in (
        ("mrn", PatientRow.mrn_sealed, PatientRow.mrn_index),
        ("account", PatientRow.account_number_sealed, PatientRow.account_index),
    ):
        tokens = uow.tokens(rule, text) if rule in numbers and uow.practice_or_none() else frozenset()
        if not tokens:
            continue
        hits, opened = uow.sift(_narrow(uow, column, index.in_(tokens)), column, _same(text))
        scanned += opened
        found += [row.id for row in hits]
    if "claim" in numbers and text:
        tokens = uow.tokens("claim-control", text) if uow.practice_or_none() else frozenset()
        for statement in (
            uow.select(ClaimRow.patient_id.label("id")).where(ClaimRow.control == text.upper()),
            uow.select(EncounterRow.patient_id.label("id")).where(EncounterRow.source_control_index.in_(tokens)),
            _by_reference(uow, text),
        ):
            found += [row.id for row in uow.rows(statement.limit(SHOWN + 1))]
    return list(dict.fromkeys(found)), scanned


def _by_reference(uow: UnitOfWork, text: str) -> Select[Any]:
    """Patients about whom a payer was turned to under that number of its own, as far as it was not corrected."""
    row, known = ContactReferenceRow, uow.practice_or_none()
    tokens = uow.tokens("contact-reference", text) if known else frozenset()
    corrected = uow.select(ContactRow.id).where(ContactRow.corrects_id == row.contact_id).exists()
    return uow.select(row.patient_id.label("id")).where(
        row.reference_index.in_(tokens), row.patient_id.is_not(None), ~corrected
    )


def _by_birth(uow: UnitOfWork, name: str, day: date) -> tuple[list[bytes], int]:
    tokens = uow.tokens("name-birth", name, day)
    if not tokens:
        return [], 0
    column = PatientRow.last_name_sealed
    hits, scanned = uow.sift(_narrow(uow, column, PatientRow.name_birth_index.in_(tokens)), column, _same(name))
    column = PatientRow.birth_date_sealed
    sure, more = uow.sift(_narrow(uow, column, PatientRow.id.in_([row.id for row in hits])), column, day.__eq__)
    return [row.id for row in sure], scanned + more


def _by_name(uow: UnitOfWork, text: str) -> tuple[list[bytes], int]:
    """Last name, or last name and first name, each by its beginning; no token of a beginning is ever stored.

    Of more patients than are shown, only one more is looked for.
    """
    last, _, first = text.partition(",") if "," in text else text.partition(" ")
    if len(folded(last)) < LEAST_LETTERS:  # "de la Cruz" is a last name of several words
        last, first = text, ""
    if len(folded(last)) < LEAST_LETTERS:
        raise Refused(
            T_("Give at least {n} letters of the last name, or a whole number.", n=LEAST_LETTERS), code="too-short"
        )
    found, scanned = _begins(uow, folded(last), folded(first))
    if not found and folded(first):  # a last name of two words
        found, more = _begins(uow, folded(text), "")
        scanned += more
    return found, scanned


def _begins(uow: UnitOfWork, last: str, first: str) -> tuple[list[bytes], int]:
    """Who is in no leaf yet is opened and compared; of the leaves' candidates only those count whose own name fits.

    In this order: who comes into a leaf meanwhile is met twice rather than never.
    """
    found, scanned = _fitting(uow, last, first, PatientRow.name_leaf_id.is_(None))
    ids, names = leaves.begins(uow, last, first)
    scanned += names
    for at in range(0, len(ids), SHOWN + 1):
        if len(found) > SHOWN:
            break
        some, opened = _fitting(uow, last, first, PatientRow.id.in_(ids[at : at + SHOWN + 1]))
        found += some
        scanned += opened
    return list(dict.fromkeys(found)), scanned


def _fitting(uow: UnitOfWork, last: str, first: str, where: Any) -> tuple[list[bytes], int]:
    column = PatientRow.last_name_sealed
    hits, scanned = uow.sift(_narrow(uow, column, where), column, lambda name: folded(name).startswith(last))
    if hits and first:
        column, ids = PatientRow.first_name_sealed, [row.id for row in hits]
        within = _narrow(uow, column, PatientRow.id.in_(ids))
        hits, more = uow.sift(within, column, lambda name: folded(name).startswith(first))
        scanned += more
    return [row.id for row in hits], scanned


def _narrow(uow: UnitOfWork, column: Any, *where: Any) -> Select[Any]:
    return uow.select(PatientRow.id, PatientRow.practice_id, column).where(*where).order_by(PatientRow.id)


def _same(text: str) -> Any:
    wanted = folded(text)
    return lambda value: folded(value) == wanted


def _day(text: str) -> date:
    try:
        if "/" in text:
            month, day, year = (int(each) for each in text.split("/"))
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(T_("There is no such day as {day}.", day=text), code="no-such-day") from None


def _rows(uow: UnitOfWork, ids: Collection[bytes], *more: Any) -> Sequence[Any]:
    names = (
        PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed,
        PatientRow.suffix_sealed, PatientRow.mrn_sealed,
    )  # fmt: skip
    columns = (PatientRow.id.label("patient_id"), PatientRow.practice_id, *names, *more)
    return uow.rows(uow.select(*columns).where(PatientRow.id.in_(sorted(ids))))


def _open(uow: UnitOfWork, row: Any, column: Any) -> Any:
    return uow.open(
        getattr(row, column.key), column, row=row.patient_id, subject=row.patient_id, practice=row.practice_id
    )


def _name(uow: UnitOfWork, row: Any) -> str:
    return full_name(
        Person(
            last=_open(uow, row, PatientRow.last_name_sealed),
            first=_open(uow, row, PatientRow.first_name_sealed),
            middle=_open(uow, row, PatientRow.middle_name_sealed) or "",
            suffix=_open(uow, row, PatientRow.suffix_sealed) or "",
        )
    )


def _owed(uow: UnitOfWork, ids: Collection[bytes]) -> dict[bytes, int]:
    lines = LedgerLineRow
    where = (lines.account == "receivable:patient", lines.patient_id.in_(sorted(ids)))
    return {row.patient_id: int(row.cents) for row in uow.rows(ledger.sums(uow, lines.patient_id, where=where))}


def _payers(uow: UnitOfWork, ids: Collection[bytes]) -> dict[bytes, str]:
    """The first payer of each."""
    rows = uow.rows(
        uow.select(CoverageRow.patient_id, CoverageRow.rank, PayerRow.name)
        .where(CoverageRow.payer_id == PayerRow.id, CoverageRow.patient_id.in_(sorted(ids)))
        .order_by(CoverageRow.rank.desc(), CoverageRow.id)
    )
    order = sorted(rows, key=lambda row: "PST".find(row.rank), reverse=True)
    return {row.patient_id: row.name for row in order}
