"""The list of claims as the office reads it: fifty to a page, most urgent first, views and places in the address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_, union_all

from portal.access import policy
from portal.domain.claims import LIFE, Person
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import Text
from portal.models.claims import ClaimRow, ClaimVersionRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services.claims.clocks import RUNNING
from portal.services.claims.correcting import sendable
from portal.services.claims.visits import NO_LIMIT
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50
MOST = 10_000
"""Counted and summed up to here, as on the page of a queue; beyond it is "more than"."""

NAMES = (PatientRow.first_name_sealed, PatientRow.last_name_sealed)


@dataclass(frozen=True, slots=True)
class ClaimSearch:
    """What the list is narrowed to; empty means every. `payer` is an id in hex, `number` that of any version."""

    state: str = ""
    payer: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class ClaimItem:
    """One claim of the list; ids are hex. `filing_due` is None where no limit is known or it was filed."""

    claim_id: str
    number: str
    patient_name: str
    payer_name: str
    day: date
    charge: Money
    state: State
    filing_due: date | None
    days_left: int | None
    findings: int


@dataclass(frozen=True, slots=True)
class ClaimsPage:
    """One page of the list; `newer` and `older` are places to go on from, `ready` counts all that wait to be sent.

    `total` is None where there are more claims in the view than `count`, up to which they were counted.
    """

    search: ClaimSearch
    states: tuple[tuple[str, Text], ...]
    payers: tuple[tuple[str, str], ...]
    claims: tuple[ClaimItem, ...]
    count: int
    total: Money | None
    ready: int
    may_send: bool
    newer: str | None
    older: str | None


def list_claims(
    uow: UnitOfWork, search: ClaimSearch = ClaimSearch(), *, before: str = "", after: str = ""
) -> ClaimsPage:
    """Claims within reach with the patients' names; `before` and `after` are places that a page before gave.

    A place or id that is none is left out of account.
    """
    rows, newer, older = _page(uow, search, before, after)
    today = uow.today()
    count, total = _sums(uow, search)
    return ClaimsPage(
        search=search,
        states=tuple(LIFE.words.items()),
        payers=_payers(uow),
        claims=tuple(_item(uow, row, today) for row in rows),
        count=min(count, MOST),
        total=Money(total) if count <= MOST else None,
        ready=uow.count(uow.select(ClaimRow.id).where(sendable(uow))),
        may_send=policy.decide(uow.actor, "claim:submit").allowed,
        newer=newer,
        older=older,
    )


def _page(
    uow: UnitOfWork, search: ClaimSearch, before: str, after: str
) -> tuple[Sequence[Any], str | None, str | None]:
    """The rows of a page, and the places before and behind it."""
    place = read_place(after or before)
    back = bool(after) and place is not None
    ids = _ids(uow, search, place, back=back)
    more = len(ids) > PAGE_ROWS
    rows = _rows(uow, ids[:PAGE_ROWS][:: -1 if back else 1])
    newer, older = (more, True) if back else (place is not None, more)
    return rows, _place(rows[0]) if rows and newer else None, _place(rows[-1]) if rows and older else None


def _ids(uow: UnitOfWork, search: ClaimSearch, place: tuple[bool, date, bytes] | None, *, back: bool) -> list[bytes]:
    """One more than a page of claims behind a place; `back` goes up the list and gives them from the last to the first.

    First in the list are those whose filing clock runs, the nearest limit on top; then all others, the latest limit on
    top. Of each state the first few are taken by an index, so that a million claims in other states cost nothing.
    """
    due, id_ = ClaimRow.filing_due, ClaimRow.id
    parts: list[Select[Any]] = []
    for running in (True, False):
        if place is not None and running is not place[0] and running is not back:
            continue  # these lie wholly behind us
        rising = running is not back
        for each in _slices(running):
            part = _narrowed(uow, uow.select(due, id_, literal(running).label("running")), search).where(each)
            if place is not None and running is place[0]:
                part = part.where(tuple_(due, id_) > place[1:] if rising else tuple_(due, id_) < place[1:])
            part = part.order_by(*((due, id_) if rising else (due.desc(), id_.desc()))).limit(PAGE_ROWS + 1)
            parts.append(select(part.subquery()))
    found = uow.rows(select(union_all(*parts).subquery()))
    first = sorted((row.filing_due, row.id) for row in found if row.running)
    rest = sorted(((row.filing_due, row.id) for row in found if not row.running), reverse=True)
    return [claim_id for _, claim_id in [*first, *rest][:: -1 if back else 1]][: PAGE_ROWS + 1]


def _slices(running: bool) -> Iterator[ColumnElement[bool]]:
    """The claims whose filing clock runs, or all others, state by state."""
    for state in sorted(LIFE.words):
        if state not in RUNNING:
            if not running:
                yield ClaimRow.state == state
        elif running:
            yield and_(ClaimRow.state == state, ClaimRow.filing_due < NO_LIMIT)
        else:
            yield and_(ClaimRow.state == state, ClaimRow.filing_due == NO_LIMIT)


def _rows(uow: UnitOfWork, ids: Sequence[bytes]) -> list[Any]:
    """The claims of these ids, in the order of the ids."""
    statement = uow.select(
        ClaimRow.id, ClaimRow.patient_id, ClaimRow.practice_id, ClaimRow.control, ClaimRow.state,
        ClaimRow.service_from, ClaimRow.charge_cents, ClaimRow.filing_due, ClaimRow.edits, *NAMES,
        PayerRow.name.label("payer_name"),
    ).where(PatientRow.id == ClaimRow.patient_id, PayerRow.id == ClaimRow.payer_id, ClaimRow.id.in_(ids))  # fmt: skip
    return sorted(uow.rows(statement), key=lambda row: ids.index(row.id))


def read_place(text: str) -> tuple[bool, date, bytes] | None:
    """A place as it stands in an address: whether its clock runs (1 or 0), YYYYMMDD, id; None for anything else."""
    running, _, rest = text.partition("-")
    day, _, id_ = rest.partition("-")
    try:
        return {"1": True, "0": False}[running], date.fromisoformat(day), bytes.fromhex(id_)
    except (KeyError, ValueError):
        return None


def _place(row: Any) -> str:
    return f"{_runs(row):d}-{row.filing_due:%Y%m%d}-{row.id.hex()}"


def _runs(row: Any) -> bool:
    return row.state in RUNNING and row.filing_due != NO_LIMIT


def _narrowed(uow: UnitOfWork, statement: Select[Any], search: ClaimSearch) -> Select[Any]:
    if search.state in LIFE.words:
        statement = statement.where(ClaimRow.state == search.state)
    payer = _id(search.payer)
    if payer is not None:
        statement = statement.where(ClaimRow.payer_id == payer)
    number = search.number.strip().upper()
    if number:
        of_version = uow.select(ClaimVersionRow.claim_id).where(ClaimVersionRow.control == number)
        statement = statement.where(or_(ClaimRow.control == number, ClaimRow.id.in_(of_version)))
    return statement


def _id(text: str) -> bytes | None:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == 16 else None


def _sums(uow: UnitOfWork, search: ClaimSearch) -> tuple[int, int]:
    """How many claims and cents are in the view, counted up to one more than MOST."""
    some = _narrowed(uow, uow.select(ClaimRow.charge_cents), search).limit(MOST + 1).subquery()
    sums = [func.count().label("n"), func.sum(some.c.charge_cents).label("cents")]
    row = uow.row(select(*sums).select_from(some))
    return (0, 0) if row is None else (int(row.n), int(row.cents or 0))


def _payers(uow: UnitOfWork) -> tuple[tuple[str, str], ...]:
    rows = uow.rows(uow.select(PayerRow.id, PayerRow.name).order_by(PayerRow.name))
    return tuple((row.id.hex(), row.name) for row in rows)


def _item(uow: UnitOfWork, row: Any, today: date) -> ClaimItem:
    due = row.filing_due if _runs(row) else None
    return ClaimItem(
        claim_id=row.id.hex(),
        number=row.control,
        patient_name=name_in(uow, row),
        payer_name=row.payer_name,
        day=row.service_from,
        charge=Money(row.charge_cents),
        state=State(row.state, LIFE.words[row.state]),
        filing_due=due,
        days_left=None if due is None else (due - today).days,
        findings=sum(each["severity"] == "block" for each in row.edits),
    )


def name_in(uow: UnitOfWork, row: Any) -> str:
    """The patient's name of a row with `patient_id`, `practice_id` and the two columns of NAMES."""
    first, last = (
        uow.open(getattr(row, column.key), column, row=row.patient_id, subject=row.patient_id, practice=row.practice_id)
        for column in NAMES
    )
    return full_name(Person(last, first))
