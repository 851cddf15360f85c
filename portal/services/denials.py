"""Denials and underpayments: opened by remittances, sorted and noted by a person, each in its queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.access import policy
from portal.domain import contracts, denials, queues
from portal.domain.claims import Person
from portal.domain.denials import CATEGORIES, LIFE, DenialFacts
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import T_, Text, to_json
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.encounters import ChargeRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.queues import TransitionRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import queues as work
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork

_TRIAGEABLE = ("NEW", "REOPENED")


@dataclass(frozen=True, slots=True)
class Happening:
    """One move of the case."""

    at: datetime
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialPage:
    """One case as it is worked; `category` is what a person chose, else what the payer's reason suggests."""

    denial_id: str
    version: int
    title: Text
    state: State
    amount: Money
    reason: str
    category: str
    categories: tuple[tuple[str, Text], ...]
    note: str | None
    claim_id: str
    number: str
    remittance_id: str
    patient_id: str
    patient_name: str
    payer_name: str
    day: date
    service: str | None
    due_on: date | None
    days_left: int | None
    clock: Text | None
    """Until when it may be appealed, in words."""
    history: tuple[Happening, ...]
    may_triage: bool


def show_denial(uow: UnitOfWork, denial_id: bytes) -> DenialPage:
    """Open one case; raises NotFound."""
    row = uow.get(DenialRow, denial_id)
    claim, patient = uow.get(ClaimRow, row.claim_id), uow.get(PatientRow, row.patient_id)
    part = uow.row(uow.select(RemittanceClaimRow.remittance_id).where(RemittanceClaimRow.id == row.remittance_claim_id))
    payer = uow.row(uow.select(PayerRow.name).where(PayerRow.id == row.payer_id))
    charge = uow.row(uow.select(ChargeRow.code).where(ChargeRow.id == row.charge_id)) if row.charge_id else None
    person = Person(uow.read(patient, PatientRow.last_name_sealed), uow.read(patient, PatientRow.first_name_sealed))
    moves = _moves(uow, row)
    return DenialPage(
        denial_id=row.id.hex(),
        version=row.version,
        title=_title(row),
        state=State(row.state, LIFE.words[row.state]),
        amount=Money(row.amount_cents),
        reason=f"{row.group_code} {row.reason}".strip(),
        category=_category(moves) or denials.category_of(row.reason),
        categories=tuple(CATEGORIES.items()),
        note=uow.read(row, DenialRow.note_sealed),
        claim_id=claim.id.hex(),
        number=claim.control,
        remittance_id=part.remittance_id.hex() if part else "",
        patient_id=row.patient_id.hex(),
        patient_name=full_name(person),
        payer_name=payer.name if payer else "",
        day=claim.service_from,
        service=charge.code if charge else None,
        due_on=row.appeal_due,
        days_left=queues.days_left(row.appeal_due, uow.today()),
        clock=None if row.appeal_due is None else contracts.appeal_by(row.appeal_due, uow.today()),
        history=tuple(Happening(move.at, _told(uow, move)) for move in moves),
        may_triage=row.state in _TRIAGEABLE and policy.decide(uow.actor, "denial:triage").allowed,
    )


def triage(
    uow: UnitOfWork, denial_id: bytes, category: str, note: str = "", *, expected_version: int | None = None
) -> None:
    """Sort a new case: its category is the move's reason, the note is sealed with the case, its place is kept.

    Raises Refused for a category that is none, or a case that is sorted already; Conflict when it has moved on.
    """
    if category not in CATEGORIES:
        raise Refused(T_("Choose a category for this denial first."), code="guard:triaged")
    row = uow.get(DenialRow, denial_id)
    changes: dict[str, Any] = {"note_sealed": note} if note else {}
    uow.change(row, expected_version=expected_version, **changes)
    uow.move(row, "TRIAGED", DenialFacts(actor=uow.actor.user_id, category=category), reason=category, note=note)
    queue = queues.QUEUES["underpayments" if row.kind == "underpayment" else "denials"]
    claim = uow.get(ClaimRow, row.claim_id)
    work.put(
        uow, queue.name, row, reason=category, at_risk_cents=abs(row.amount_cents),
        detail={
            "text": to_json(CATEGORIES[category]), "code": f"{row.group_code} {row.reason}".strip() or None,
            "number": claim.control,
        },
        due_on=queues.due_on(queue, uow.today(), row.appeal_due),
        priority=queues.priority(abs(row.amount_cents), queues.days_left(row.appeal_due, uow.today())),
    )  # fmt: skip


def _title(row: DenialRow) -> Text:
    return T_("Paid less than expected") if row.kind == "underpayment" else T_("Denied by the payer")


def _moves(uow: UnitOfWork, row: DenialRow) -> list[Any]:
    """The case's moves, the newest first."""
    return list(
        uow.rows(
            uow.select(TransitionRow.at, TransitionRow.to_state, TransitionRow.reason, TransitionRow.actor)
            .where(TransitionRow.subject_table == DenialRow.__tablename__, TransitionRow.subject_id == row.id)
            .order_by(TransitionRow.at.desc(), TransitionRow.subject_version.desc())
        )
    )


def _category(moves: list[Any]) -> str:
    return next((move.reason for move in moves if move.to_state == "TRIAGED"), "")


def _told(uow: UnitOfWork, move: Any) -> Text:
    who = colleague(uow, move.actor)
    if move.to_state == "TRIAGED":
        return T_("{who} sorted it as: {category}.", who=who, category=CATEGORIES.get(move.reason) or move.reason)
    return T_("{who}: {state}.", who=who, state=LIFE.words[move.to_state])
