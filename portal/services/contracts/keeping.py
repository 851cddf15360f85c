"""Contracts as the office keeps them: what holds with each payer, its versions, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.access import policy
from portal.domain.contracts import BASES, MOST_DAYS, Terms
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.payers import MEDICARE_FILING
from portal.domain.texts import T_, Text
from portal.models.contracts import ContractRow
from portal.models.coverage import CoverageRow
from portal.models.payers import PayerRow
from portal.services import outbox
from portal.services.contracts import words
from portal.services.contracts.terms import Book, book, standing, terms_of
from portal.services.intake.showing import colleague
from portal.services.unit_of_work.work import UnitOfWork

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_FORM = (
    "valid_from", "valid_to", "filing_days", "filing_from", "secondary_days", "replacement_days", "appeal_days",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PayerTerms:
    """What holds today with one payer; `source` says from where."""

    payer_id: str
    payer_name: str
    code: str
    terms: tuple[Text, ...]
    source: Text
    assumed: bool


@dataclass(frozen=True, slots=True)
class ContractsPage:
    """See `templates/staff/contracts/list.html`."""

    payers: tuple[PayerTerms, ...]
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a contract as it was kept."""

    number: int
    terms: tuple[Text, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract: from when to when, its days, and every version of it, the newest first."""

    valid_from: date
    valid_to: date | None
    number: int
    terms: tuple[Text, ...]
    holds: bool
    withdrawn: bool
    data: Mapping[str, str]
    """Its days as the form takes them."""
    versions: tuple[Version, ...]


@dataclass(frozen=True, slots=True)
class PayerPage:
    """See `templates/staff/contracts/show.html`."""

    payer_id: str
    payer_name: str
    code: str
    medicare: Text | None
    terms: tuple[Text, ...]
    source: Text
    contracts: tuple[Contract, ...]
    bases: tuple[tuple[str, Text], ...]
    may_edit: bool


def list_contracts(uow: UnitOfWork) -> ContractsPage:
    """Every payer that covers a patient of the practice or has a contract, with what holds today."""
    covering = uow.select(CoverageRow.payer_id).distinct()
    agreed = uow.select(ContractRow.payer_id).distinct()
    payers = uow.rows(
        uow.select(PayerRow.id, PayerRow.name, PayerRow.code)
        .where(PayerRow.id.in_(covering) | PayerRow.id.in_(agreed))
        .order_by(PayerRow.name, PayerRow.id)
    )
    known, today = book(uow, (row.id for row in payers)), uow.today()
    listed = []
    for row in payers:
        terms = known.on(row.id, today)
        listed.append(
            PayerTerms(
                row.id.hex(), row.name, row.code, words.said(terms, _kind(known, row.id)),
                _source(known, row.id, terms), terms.source == "assumed" and not _medicare(known, row.id),
            )
        )  # fmt: skip
    return ContractsPage(tuple(listed), _may_edit(uow))


def show_payer(uow: UnitOfWork, payer_id: bytes) -> PayerPage:
    """The contracts with one payer; raises NotFound."""
    payer = uow.row(uow.select(PayerRow.id, PayerRow.name, PayerRow.code).where(PayerRow.id == payer_id))
    if payer is None:
        raise NotFound(T_("There is no such payer."), code="not-found")
    known, today = book(uow, [payer_id]), uow.today()
    terms = known.on(payer_id, today)
    kind = _kind(known, payer_id)
    return PayerPage(
        payer.id.hex(), payer.name, payer.code, words.of_medicare(today) if kind in MEDICARE_FILING else None,
        words.said(terms, kind), _source(known, payer_id, terms), _contracts(uow, payer_id, today),
        tuple(BASES.items()), _may_edit(uow),
    )  # fmt: skip


def keep(uow: UnitOfWork, payer_id: bytes, given: Mapping[str, str], *, number: int) -> None:
    """Keep a new version of the contract that begins on a day; `number` is that of the version the person saw.

    0 is a contract that did not stand. All limits that follow from it are worked out again by a job. The same days
    again change nothing. Raises Refused `contract` naming the field, NotFound, Conflict when somebody was quicker.
    """
    if uow.row(uow.select(PayerRow.id).where(PayerRow.id == payer_id)) is None:
        raise NotFound(T_("There is no such payer."), code="not-found")
    values = _values(given)
    newest = uow.first(
        uow.select(ContractRow)
        .where(ContractRow.payer_id == payer_id, ContractRow.valid_from == values["valid_from"])
        .order_by(ContractRow.number.desc())
    )
    seen = newest.number if newest is not None else 0
    if number == 0 and newest is not None and not newest.withdrawn:
        if all(getattr(newest, name) == value for name, value in values.items()):
            return  # the same form sent twice
        raise Refused(
            T_("A contract that begins on this day stands already. Change that one, or choose another day."),
            code="contract",
        )
    if number not in {0, seen}:
        raise Conflict(
            T_("Someone changed this while you worked on it. Nothing of yours was saved; look at the new state first."),
            code="version",
        )
    if newest is not None and all(getattr(newest, name) == value for name, value in values.items()):
        return
    row = uow.new(
        ContractRow, payer_id=payer_id, number=seen + 1, kept_by=uow.actor.identity,
        kept_at=uow.now, **values,
    )  # fmt: skip
    uow.flush()
    outbox.later(uow, "contract.recount", f"contract.recount:{row.id.hex()}", {"payer": payer_id})


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a version from a form; raises Refused naming what is wrong."""
    begins = _day(given.get("valid_from", ""))
    if begins is None:
        raise Refused(T_("Say from which day of service the contract holds. Nothing was kept."), code="contract")
    ends_text = given.get("valid_to", "").strip()
    ends = _day(ends_text)
    if (ends_text and ends is None) or (ends is not None and ends < begins):
        raise Refused(T_("The last day is not a day, or lies before the first. Nothing was kept."), code="contract")
    if given.get("filing_from") not in BASES:
        raise Refused(T_("Choose from which day the days to file are counted. Nothing was kept."), code="contract")
    return {
        "valid_from": begins,
        "valid_to": ends,
        "filing_days": _days(given.get("filing_days", "")),
        "filing_from": given["filing_from"],
        "secondary_days": _days(given.get("secondary_days", ""), empty=True),
        "replacement_days": _days(given.get("replacement_days", ""), empty=True),
        "appeal_days": _days(given.get("appeal_days", ""), empty=True),
        "withdrawn": bool(given.get("withdrawn")),
    }


def _days(text: str, *, empty: bool = False) -> int | None:
    plain = text.strip()
    if empty and not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 6 and 1 <= int(plain) <= MOST_DAYS):
        raise Refused(T_("Give whole days from 1 to {most}. Nothing was kept.", most=MOST_DAYS), code="contract")
    return int(plain)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if _EARLIEST <= found <= _LATEST else None


def _contracts(uow: UnitOfWork, payer_id: bytes, today: date) -> tuple[Contract, ...]:
    versions: dict[date, list[Version]] = {}
    rows = uow.rows(
        uow.select(*ContractRow.__table__.columns)
        .where(ContractRow.payer_id == payer_id, uow.within(ContractRow))
        .order_by(ContractRow.valid_from, ContractRow.number.desc())
    )
    names: dict[str, str] = {}
    for row in rows:
        names.setdefault(row.kept_by, "")
        names[row.kept_by] = names[row.kept_by] or colleague(uow, row.kept_by)
        version = Version(row.number, _version_words(row), names[row.kept_by], row.kept_at)
        versions.setdefault(row.valid_from, []).append(version)
    newest = standing(uow, [payer_id])
    holding = next((row for row in newest if _holds(row, today)), None)
    return tuple(
        Contract(
            row.valid_from, row.valid_to, row.number, words.said(terms_of(row)), row is holding, row.withdrawn,
            _as_form(row), tuple(versions[row.valid_from]),
        )
        for row in newest
    )  # fmt: skip


def _holds(row: Any, today: date) -> bool:
    return not row.withdrawn and row.valid_from <= today and (row.valid_to is None or today <= row.valid_to)


def _as_form(row: Any) -> dict[str, str]:
    return {name: "" if getattr(row, name) is None else str(getattr(row, name)) for name in _FORM}


def _version_words(row: Any) -> tuple[Text, ...]:
    if row.withdrawn:
        return (T_("Taken back: nothing was agreed from this day on."),)
    ends = () if row.valid_to is None else (T_("Until {day}.", day=row.valid_to),)
    return (*words.said(terms_of(row)), *ends)


def _kind(known: Book, payer_id: bytes) -> str:
    return known.kinds.get(payer_id, "")


def _medicare(known: Book, payer_id: bytes) -> bool:
    return _kind(known, payer_id) in MEDICARE_FILING


def _source(known: Book, payer_id: bytes, terms: Terms) -> Text:
    if _medicare(known, payer_id) and terms.source != "contract":
        return T_("Federal law")
    return words.SOURCES[terms.source]


def _may_edit(uow: UnitOfWork) -> bool:
    return policy.decide(uow.actor, "contract:edit").allowed
