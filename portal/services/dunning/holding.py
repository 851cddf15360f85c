"""Holds that the office opens and ends by itself: mail came back, a bankruptcy, an estate, a question by telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.errors import Conflict, Refused
from portal.domain.statements.holds import BY_HAND, KINDS
from portal.domain.texts import T_, Text
from portal.models.account_holds import AccountHoldRow
from portal.models.patients import PatientRow
from portal.services import account_holds
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class HoldItem:
    """One hold that stands; `by_hand` where a person may end it here."""

    hold_id: str
    version: int
    text: Text
    since: date
    until: date | None
    words: str | None
    by_hand: bool


@dataclass(frozen=True, slots=True)
class HoldsPage:
    """See `templates/staff/dunning/holds.html`."""

    patient_id: str
    name: str
    items: tuple[HoldItem, ...]
    kinds: tuple[tuple[str, Text], ...]


def page(uow: UnitOfWork, patient_id: bytes) -> HoldsPage:
    """Why the account is not asked for money now."""
    patient = uow.get(PatientRow, patient_id)
    row, account = AccountHoldRow, account_holds.anchor(uow, patient_id)
    today = uow.today(patient.practice_id)
    found = uow.entities(
        uow.select(row).where(row.account_id == account, row.ended_at.is_(None)).order_by(row.since, row.id)
    )
    items = tuple(
        HoldItem(
            each.id.hex(), each.version, KINDS[each.kind], each.since, each.until, uow.read(each, row.words_sealed),
            each.kind in BY_HAND and each.about_id is None,
        )
        for each in found
        if each.until is None or each.until >= today
    )  # fmt: skip
    return HoldsPage(patient_id.hex(), name_of(uow, patient), items, tuple((kind, KINDS[kind]) for kind in BY_HAND))


def open_(uow: UnitOfWork, patient_id: bytes, kind: str, words: str) -> None:
    """Stop asking the account; raises Refused `hold` for a kind that comes with something else, or without words."""
    if kind not in BY_HAND:
        raise Refused(T_("Choose why nothing is asked."), code="hold")
    if not words.strip():
        raise Refused(T_("Write down how you know: a letter, a court's number, who called."), code="words")
    account_holds.hold(uow, patient_id, kind, words=words.strip())


def end(uow: UnitOfWork, patient_id: bytes, hold_id: bytes, version: int) -> None:
    """Ask the account again, with the days that were left; raises Conflict for an old page."""
    row = uow.get(AccountHoldRow, hold_id)
    if row.version != version or row.ended_at is not None or row.account_id != account_holds.anchor(uow, patient_id):
        raise Conflict(
            T_("This was ended or changed meanwhile. Look at it again; nothing was changed."), code="version"
        )
    if row.kind not in BY_HAND or row.about_id is not None:
        raise Refused(T_("This ends with what brought it: a plan, a question, an application."), code="hold")
    account_holds.end(uow, row, reason="by-hand")
