"""Holds on accounts: opened and ended by whatever room has the reason; the clocks of bills follow by a job."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from portal.domain.errors import Refused
from portal.domain.statements.holds import KINDS, Hold
from portal.domain.texts import T_
from portal.models.account_holds import AccountHoldRow
from portal.models.base import Base
from portal.models.patients import PatientRow
from portal.services import outbox
from portal.services.unit_of_work.fields import row_id
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500


def anchor(uow: UnitOfWork, patient_id: bytes) -> bytes:
    """The patient on whose account this one is billed; raises NotFound out of reach."""
    return uow.get(PatientRow, patient_id).billed_with_id or patient_id


def members(uow: UnitOfWork, account_id: bytes) -> tuple[bytes, ...]:
    """Everybody within reach who is billed on an account, its anchor first."""
    rows = uow.rows(uow.select(PatientRow.id).where(PatientRow.billed_with_id == account_id).order_by(PatientRow.id))
    return (account_id, *(row.id for row in rows))


def hold(
    uow: UnitOfWork,
    patient_id: bytes,
    kind: str,
    *,
    about: Base | None = None,
    until: date | None = None,
    words: str = "",
) -> AccountHoldRow:
    """Stop the clocks of the account on which a patient is billed; the same reason twice is one hold.

    `until` is its last day. Raises Refused `hold` for a kind that bills do not know or a last day that is over.
    """
    patient = uow.get(PatientRow, patient_id)
    today = uow.today(patient.practice_id)
    if kind not in KINDS or (until is not None and until < today):
        raise Refused(T_("Choose why nothing is asked, and a day that is still to come."), code="hold")
    row = AccountHoldRow
    about_id = None if about is None else row_id(about)
    standing_ = uow.first(
        uow.select(row).where(
            row.patient_id == patient_id,
            row.kind == kind,
            row.ended_at.is_(None),
            row.about_id.is_not_distinct_from(about_id),
        )
    )
    if standing_ is not None:
        if standing_.until != until:
            uow.change(standing_, until=until)
        return standing_
    made = uow.new(
        AccountHoldRow, practice_id=patient.practice_id, patient_id=patient_id,
        account_id=patient.billed_with_id or patient_id, kind=kind,
        about_table=None if about is None else about.__tablename__, about_id=about_id, since=today, until=until,
        words_sealed=words or None, opened_by=uow.actor.identity, opened_at=uow.now,
    )  # fmt: skip
    uow.flush()
    _follow(uow, made, "opened")
    return made


def end(uow: UnitOfWork, row: AccountHoldRow, *, reason: str) -> None:
    """End a hold; the clocks go on from where they stood. One that is over already stays as it ended."""
    if row.ended_at is None:
        uow.change(row, ended_by=uow.actor.identity, ended_at=uow.now, reason=reason)
        _follow(uow, row, "ended")


def end_about(uow: UnitOfWork, about: Base, *, reason: str) -> None:
    """End every hold that a thing brought: its conversation is answered, its plan is over."""
    row = AccountHoldRow
    wanted = uow.select(row).where(
        row.about_table == about.__tablename__, row.about_id == row_id(about), row.ended_at.is_(None)
    )
    for each in uow.entities(wanted):
        end(uow, each, reason=reason)


def standing(uow: UnitOfWork, accounts: Collection[bytes], today: date) -> dict[bytes, tuple[Hold, ...]]:
    """What holds each of these accounts on a day, by the account's anchor; accounts without a hold are not named."""
    row, ids = AccountHoldRow, sorted(accounts)
    found: dict[bytes, list[Hold]] = {}
    for start in range(0, len(ids), _SLICE):
        wanted = uow.select(row.account_id, row.kind, row.since, row.until).where(
            row.account_id.in_(ids[start : start + _SLICE]), row.ended_at.is_(None)
        )
        for each in uow.rows(wanted):
            one = Hold(each.kind, each.since, each.until)
            if one.stands(today):
                found.setdefault(each.account_id, []).append(one)
    return {account: tuple(holds) for account, holds in found.items()}


def _follow(uow: UnitOfWork, row: AccountHoldRow, event: str) -> None:
    outbox.later(
        uow, "statement.follow", f"statement.follow:{row.id.hex()}:{event}", {"account": row.account_id},
        practice_id=row.practice_id,
    )  # fmt: skip
