"""Claims as a payer reads them: its own members', from the moment they were sent, and nothing of the office's work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, tuple_

from portal.domain.claims import LIFE
from portal.domain.dates import today
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.remittances import RemittanceClaimRow, RemittanceRow
from portal.services.claims.history import Step
from portal.services.claims.lines import ClaimLine, lines_of, paid_by
from portal.services.claims.listing import NAMES, PAGE_ROWS, name_in
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CORRECTED = frozenset({"DRAFT", "READY", "HELD"})
_WORDS: dict[str, Text] = {
    **{state: words for state, words in LIFE.words.items() if state not in _CORRECTED},
    "CORRECTED": T_("Being corrected by the practice"),
    "REJECTED": T_("Rejected by you"),
    "PENDED": T_("You asked for more"),
    "ADJUDICATED": T_("Answered by you"),
}
"""What the practice does to a claim that came back is not told apart; what the payer did is said to it as its own."""
_WAY = (("SUBMITTED", T_("Sent")), ("ACCEPTED", T_("Accepted")), ("ADJUDICATED", T_("Answered")))


@dataclass(frozen=True, slots=True)
class PayerClaimItem:
    """One claim of the list; ids are hex."""

    claim_id: str
    number: str
    payer_number: str | None
    patient_name: str
    member: str
    sent_on: date
    """The practice's day."""
    day: date
    charge: Money
    paid: Money | None
    state: State


@dataclass(frozen=True, slots=True)
class PayerClaimsPage:
    """One page of the members' claims, the last sent first."""

    payer_name: str
    practice_name: str
    state: str
    states: tuple[tuple[str, Text], ...]
    claims: tuple[PayerClaimItem, ...]
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerClaimPage:
    """One claim as the payer reads it: what was sent and answered, and nothing else about the person."""

    claim_id: str
    number: str
    payer_number: str | None
    patient_name: str
    member: str
    birth_date: date
    day: date
    provider: str
    practice_name: str
    practice_phone: str | None
    payer_name: str
    state: State
    steps: tuple[Step, ...]
    lines: tuple[ClaimLine, ...]
    charged: Money
    paid: Money | None
    remittances: tuple[tuple[str, str], ...]


def list_members_claims(uow: UnitOfWork, *, state: str = "", before: str = "", after: str = "") -> PayerClaimsPage:
    """Claims that were sent to the payer of whoever asks; what was never sent does not exist for it."""
    order = tuple_(ClaimRow.submitted_at, ClaimRow.id)
    statement = uow.select(
        ClaimRow.id, ClaimRow.patient_id, ClaimRow.practice_id, ClaimRow.payer_id, ClaimRow.control, ClaimRow.state,
        ClaimRow.submitted_at, ClaimRow.service_from, ClaimRow.charge_cents, ClaimRow.payer_control_sealed,
        ClaimRow.coverage_id, CoverageRow.member_id_sealed, PracticeRow.time_zone, *NAMES,
    ).where(
        ClaimRow.submitted_at.is_not(None), PatientRow.id == ClaimRow.patient_id,
        CoverageRow.id == ClaimRow.coverage_id, PracticeRow.id == ClaimRow.practice_id,
    )  # fmt: skip
    if state in _WORDS:
        statement = statement.where(_in_state(state))
    place = _read_place(after or before)
    if after and place:
        rows = list(
            uow.rows(statement.where(order > place).order_by(ClaimRow.submitted_at, ClaimRow.id).limit(PAGE_ROWS + 1))
        )
        newer, older = len(rows) > PAGE_ROWS, True
        rows = list(reversed(rows[:PAGE_ROWS]))
    else:
        statement = statement.where(order < place) if place else statement
        newest = statement.order_by(ClaimRow.submitted_at.desc(), ClaimRow.id.desc())
        rows = list(uow.rows(newest.limit(PAGE_ROWS + 1)))
        newer, older = place is not None, len(rows) > PAGE_ROWS
        rows = rows[:PAGE_ROWS]
    paid = _paid(uow, [row.id for row in rows])
    return PayerClaimsPage(
        payer_name=_names(uow, PayerRow, uow.reach.payers),
        practice_name=_names(uow, PracticeRow, {row.practice_id for row in rows}),
        state=state if state in _WORDS else "",
        states=tuple(_WORDS.items()),
        claims=tuple(_item(uow, row, paid) for row in rows),
        newer=_place(rows[0]) if rows and newer else None,
        older=_place(rows[-1]) if rows and older else None,
    )


def show_members_claim(uow: UnitOfWork, claim_id: bytes) -> PayerClaimPage:
    """Open a claim that was sent to the payer of whoever asks; raises NotFound for any other."""
    claim = uow.get(ClaimRow, claim_id)
    if claim.submitted_at is None:
        raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")
    patient = uow.get(PatientRow, claim.patient_id)
    cover = uow.get(CoverageRow, claim.coverage_id)
    practice = uow.get(PracticeRow, claim.practice_id)
    name = uow.row(
        uow.select(ClaimRow.patient_id, ClaimRow.practice_id, *NAMES).where(
            ClaimRow.id == claim.id, PatientRow.id == ClaimRow.patient_id
        )
    )
    return PayerClaimPage(
        claim_id=claim.id.hex(),
        number=claim.control,
        payer_number=uow.read(claim, ClaimRow.payer_control_sealed),
        patient_name=name_in(uow, name),
        member=uow.read(cover, CoverageRow.member_id_sealed),
        birth_date=uow.read(patient, PatientRow.birth_date_sealed),
        day=claim.service_from,
        provider=_provider(uow, claim, practice),
        practice_name=practice.name,
        practice_phone=practice.phone or None,
        payer_name=_names(uow, PayerRow, {claim.payer_id}),
        state=_state(claim.state),
        steps=_steps(claim, practice.time_zone),
        lines=lines_of(uow, claim),
        charged=Money(claim.charge_cents),
        paid=paid_by(uow, claim),
        remittances=_remittances(uow, claim),
    )


def _in_state(state: str) -> ColumnElement[bool]:
    return ClaimRow.state.in_(sorted(_CORRECTED)) if state == "CORRECTED" else ClaimRow.state == state


def _state(state: str) -> State:
    told = "CORRECTED" if state in _CORRECTED else state
    return State(told, _WORDS[told])


def _item(uow: UnitOfWork, row: Any, paid: dict[bytes, int]) -> PayerClaimItem:
    def opened(column: Any, of: bytes) -> Any:
        return uow.open(getattr(row, column.key), column, row=of, subject=row.patient_id, practice=row.practice_id)

    return PayerClaimItem(
        claim_id=row.id.hex(),
        number=row.control,
        payer_number=opened(ClaimRow.payer_control_sealed, row.id),
        patient_name=name_in(uow, row),
        member=opened(CoverageRow.member_id_sealed, row.coverage_id),
        sent_on=today(row.submitted_at, row.time_zone),
        day=row.service_from,
        charge=Money(row.charge_cents),
        paid=Money(paid[row.id]) if row.id in paid else None,
        state=_state(row.state),
    )


def _paid(uow: UnitOfWork, claims: Sequence[bytes]) -> dict[bytes, int]:
    statement = (
        uow.select(RemittanceClaimRow.claim_id, func.sum(RemittanceClaimRow.paid_cents).label("cents"))
        .where(RemittanceClaimRow.claim_id.in_(claims))
        .group_by(RemittanceClaimRow.claim_id)
    )
    return {row.claim_id: int(row.cents) for row in uow.rows(statement)} if claims else {}


def _names(uow: UnitOfWork, model: Any, ids: Any) -> str:
    rows = uow.rows(uow.select(model.name).where(model.id.in_(sorted(ids))).order_by(model.name)) if ids else ()
    return ", ".join(row.name for row in rows)


def _provider(uow: UnitOfWork, claim: ClaimRow, practice: PracticeRow) -> str:
    row = uow.row(
        uow.select(ProviderRow.first_name, ProviderRow.last_name, EncounterRow.provider_id).where(
            EncounterRow.id == claim.encounter_id, ProviderRow.id == EncounterRow.provider_id
        )
    )
    return practice.name if row is None else " ".join(filter(None, (row.first_name, row.last_name)))


def _steps(claim: ClaimRow, zone: str) -> tuple[Step, ...]:
    """Sent, accepted, answered, on the practice's days; a claim that came back stands at the first of them."""
    days = [claim.submitted_at, claim.accepted_at, claim.adjudicated_at]
    at = {"ACCEPTED": 1, "PENDED": 1}.get(
        claim.state, 0 if claim.state in {"SUBMITTED", "REJECTED", *_CORRECTED} else 2
    )
    beside = None if claim.state in {"SUBMITTED", "ACCEPTED", "ADJUDICATED"} else _state(claim.state).text
    return tuple(
        Step(
            words,
            today(day, zone) if number <= at and (day := days[number]) is not None else None,
            number < at,
            number == at,
            beside if number == at else None,
        )
        for number, (_, words) in enumerate(_WAY)
    )


def _remittances(uow: UnitOfWork, claim: ClaimRow) -> tuple[tuple[str, str], ...]:
    rows = uow.rows(
        uow.select(RemittanceRow.id, RemittanceRow.trace)
        .where(
            and_(RemittanceClaimRow.claim_id == claim.id, RemittanceClaimRow.remittance_id == RemittanceRow.id),
            uow.within(RemittanceClaimRow),
        )
        .distinct()
        .order_by(RemittanceRow.trace)
    )
    return tuple((row.id.hex(), row.trace) for row in rows)


def _place(row: Any) -> str:
    return f"{(row.submitted_at - _EPOCH) // _EPOCH.resolution}-{row.id.hex()}"


def _read_place(text: str) -> tuple[datetime, bytes] | None:
    """A place in the list as it stands in an address, microseconds-id; None for anything else."""
    at, _, id_ = text.partition("-")
    try:
        return _EPOCH + int(at) * _EPOCH.resolution, bytes.fromhex(id_)
    except (ValueError, OverflowError):
        return None
