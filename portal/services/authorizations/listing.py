"""Authorizations in lists: all of the practice, narrowed by state, and those of one patient for the account."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import tuple_

from portal.access.policy import decide
from portal.domain.claims import Person
from portal.domain.granting import LIFE, STANDING, WAITING
from portal.domain.patients import full_name
from portal.domain.texts import Text
from portal.models.authorizations import AuthorizationLineRow, AuthorizationRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50
NAMES = (
    PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed, PatientRow.suffix_sealed,
)  # fmt: skip
_OF_PATIENT = 20


@dataclass(frozen=True, slots=True)
class AuthorizationItem:
    """One of a list; ids are hex. The days are those granted, else those asked for."""

    authorization_id: str
    patient_name: str
    payer_name: str
    codes: str
    first: date
    last: date | None
    state: State
    due_on: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class AuthorizationsPage:
    """One page, the newest first; `newer` and `older` are ids to go on from."""

    state: str
    states: tuple[tuple[str, Text], ...]
    items: tuple[AuthorizationItem, ...]
    may_edit: bool
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class PatientPart:
    """What stands on the page of a patient or a claim."""

    patient_id: str
    items: tuple[AuthorizationItem, ...]
    may_request: bool


def listed(
    uow: UnitOfWork, *, state: str = "", before: bytes | None = None, after: bytes | None = None
) -> AuthorizationsPage:
    """Those of the practice, narrowed to a state."""
    row = AuthorizationRow
    order, edge = tuple_(row.created_at, row.id), before or after
    where: list[Any] = [row.state == state] if state in LIFE.words else []
    place = uow.row(uow.select(row.created_at, row.id).where(row.id == edge)) if edge is not None else None
    if place is not None:
        there = tuple_(place.created_at, place.id)
        where.append(order < there if before else order > there)
    backwards = place is not None and before is None
    by = (row.created_at, row.id) if backwards else (row.created_at.desc(), row.id.desc())
    found = list(uow.rows(_selected(uow).where(*where).order_by(*by).limit(PAGE_ROWS + 1)))
    more = len(found) > PAGE_ROWS
    found = found[:PAGE_ROWS][::-1] if backwards else found[:PAGE_ROWS]
    newer, older = (more, True) if backwards else (place is not None, more)
    items = _items(uow, found)
    return AuthorizationsPage(
        state if state in LIFE.words else "",
        tuple(LIFE.words.items()),
        items,
        decide(uow.actor, "authorization:edit").allowed,
        items[0].authorization_id if items and newer else None,
        items[-1].authorization_id if items and older else None,
    )


def of_patient(uow: UnitOfWork, patient_id: bytes, *, payer_id: bytes | None = None) -> PatientPart | None:
    """Those of a patient, of one payer where one is named; None for whom they are not shown to."""
    if not decide(uow.actor, "authorization:view").allowed:
        return None
    row = AuthorizationRow
    where = [row.patient_id == patient_id] + ([row.payer_id == payer_id] if payer_id is not None else [])
    found = uow.rows(
        _selected(uow).where(*where).order_by(row.created_at.desc(), row.id.desc()).limit(_OF_PATIENT)
    )  # fmt: skip
    return PatientPart(patient_id.hex(), _items(uow, found), decide(uow.actor, "authorization:request").allowed)


def name_of(uow: UnitOfWork, row: Any) -> str:
    """A patient's name from a row of `NAMES` with patient_id and practice_id."""
    last, first, middle, suffix = (
        uow.open(
            getattr(row, each.key), each, row=row.patient_id, subject=row.patient_id, practice=row.practice_id
        ) or ""
        for each in NAMES
    )  # fmt: skip
    return full_name(Person(last, first, middle, suffix))


def codes_of(uow: UnitOfWork, ids: Iterable[bytes]) -> dict[bytes, str]:
    """The service codes of authorizations, in their order."""
    line, wanted = AuthorizationLineRow, sorted(set(ids))
    found: dict[bytes, list[str]] = {}
    rows = uow.rows(
        uow.select(line.authorization_id, line.code)
        .where(line.authorization_id.in_(wanted))
        .order_by(line.authorization_id, line.position)
    )
    for row in rows:
        found.setdefault(row.authorization_id, []).append(row.code)
    return {id_: ", ".join(those) for id_, those in found.items()}


def _selected(uow: UnitOfWork) -> Any:
    row = AuthorizationRow
    return (
        uow.select(
            row.id, row.practice_id, row.patient_id, row.state, row.from_date, row.to_date, row.valid_from,
            row.valid_to, row.due_on, *NAMES,
        )
        .add_columns(PayerRow.name.label("payer_name"))
        .where(PatientRow.id == row.patient_id, PayerRow.id == row.payer_id)
    )  # fmt: skip


def _items(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[AuthorizationItem, ...]:
    codes, found = codes_of(uow, [row.id for row in rows]), []
    for row in rows:
        granted, waits = row.state in STANDING, row.state in WAITING and row.due_on is not None
        found.append(
            AuthorizationItem(
                row.id.hex(), name_of(uow, row), row.payer_name, codes.get(row.id, ""),
                row.valid_from if granted else row.from_date, row.valid_to if granted else row.to_date,
                State(row.state, LIFE.words[row.state]), row.due_on if waits else None,
                (row.due_on - uow.today(row.practice_id)).days if waits else None,
            )
        )  # fmt: skip
    return tuple(found)
