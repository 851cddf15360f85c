"""Requests as a payer's own people read and decide them: those addressed to their payer, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_

from portal.domain.errors import Conflict, NotFound
from portal.domain.granting import REASONS, RETROACTIVE, URGENCIES, WAITING
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationAnswerRow, AuthorizationRow
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.services import outbox
from portal.services.authorizations.deciding import FINAL, Answer, check_units, keep
from portal.services.authorizations.limited import Choices, Limited, together_of
from portal.services.authorizations.listing import NAMES, PAGE_ROWS, codes_of, name_of
from portal.services.authorizations.showing import Service, place_of, provider_of, services_of
from portal.services.intake.showing import State
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

DECISIONS: Mapping[str, Text] = {
    "approved": T_("Approve as asked for"), "modified": T_("Approve with changes"), "partial": T_("Approve in part"),
    "denied": T_("Deny"), "pended": T_("Ask the practice for more"),
    "not-required": T_("Say that it needs no approval"),
}  # fmt: skip
"""What a payer's people choose from; once kept, all others read it in the words of `showing.ANSWERS`."""
_ASKED_HERE = (*WAITING, "APPROVED", "PARTIAL", "MODIFIED", "IN_USE", "EXHAUSTED", "EXPIRED", "DENIED", "NOT_REQUIRED")
_WORDS: dict[str, Text] = {
    "OPEN": T_("Waits for you"), "ANSWERED": T_("Being taken in"), "PENDED": T_("Waits for the practice"),
    "GRANTED": T_("Approved"), "DENIED": T_("Denied"), "NOT_REQUIRED": T_("Not needed"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MemberRequest:
    """One request of the list."""

    authorization_id: str
    patient_name: str
    practice_name: str
    codes: str
    urgency: Text
    first: date
    due_on: date | None
    days_left: int | None
    state: State


@dataclass(frozen=True, slots=True)
class MemberRequestsPage:
    """The requests to this payer, those that wait first, then the last asked for."""

    only_open: bool
    items: tuple[MemberRequest, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRequestPage:
    """One request as the payer reads it: what was asked, for whom, and the form to decide it."""

    authorization_id: str
    version: int
    patient_name: str
    member: str
    birth_date: date
    practice_name: str
    practice_phone: str | None
    provider: str
    urgency: Text
    place: str
    first: date
    last: date | None
    asked_at: datetime
    due_on: date | None
    days_left: int | None
    retroactive: Text | None
    diagnoses: tuple[str, ...]
    message: str | None
    services: tuple[Service, ...]
    together: Limited | None
    state: State
    number: str | None
    valid_from: date | None
    valid_to: date | None
    may_decide: bool
    decisions: tuple[tuple[str, Text], ...]
    reasons: tuple[tuple[str, Text], ...]
    choices: Choices


def listed(uow: UnitOfWork, *, only_open: bool = True) -> MemberRequestsPage:
    """Requests that were sent to the payer of whoever asks; a draft, or one taken back, does not exist for it."""
    row = AuthorizationRow
    states = WAITING if only_open else _ASKED_HERE
    rows = uow.rows(
        uow.select(
            row.id, row.practice_id, row.patient_id, row.state, row.asked, row.urgency, row.from_date, row.due_on,
            row.asked_at, *NAMES,
        )
        .where(row.state.in_(states), row.asked_at.is_not(None), PatientRow.id == row.patient_id)
        .order_by(*((row.due_on, row.id) if only_open else (row.asked_at.desc(), row.id)))
        .limit(PAGE_ROWS + 1)
    )  # fmt: skip
    shown = rows[:PAGE_ROWS]
    codes, answered = codes_of(uow, [one.id for one in shown]), _answered(uow, [one.id for one in shown])
    practices = {one.practice_id for one in shown}
    names = {one.id: one.name for one in uow.rows(
        uow.select(PracticeRow.id, PracticeRow.name).where(PracticeRow.id.in_(sorted(practices)))
    )} if practices else {}  # fmt: skip
    items = tuple(
        MemberRequest(
            one.id.hex(), name_of(uow, one), names.get(one.practice_id, ""), codes.get(one.id, ""),
            URGENCIES[one.urgency], one.from_date, one.due_on if one.state in WAITING else None,
            (one.due_on - uow.today(one.practice_id)).days if one.state in WAITING and one.due_on else None,
            _state(one.state, decided=(one.id, one.asked) in answered),
        )
        for one in shown
    )  # fmt: skip
    return MemberRequestsPage(only_open, items, len(rows) > PAGE_ROWS)


def show(uow: UnitOfWork, id_: bytes) -> MemberRequestPage:
    """Open a request that was sent to the payer of whoever asks; raises NotFound for any other."""
    row = _sent(uow, id_)
    patient, cover = uow.get(PatientRow, row.patient_id), uow.get(CoverageRow, row.coverage_id)
    practice = uow.get(PracticeRow, row.practice_id)
    about = uow.row(
        uow.select(AuthorizationRow.patient_id, AuthorizationRow.practice_id, *NAMES).where(
            AuthorizationRow.id == row.id, PatientRow.id == AuthorizationRow.patient_id
        )
    )
    decided = (row.id, row.asked) in _answered(uow, [row.id])
    waits = row.state in WAITING and not decided
    assert row.asked_at is not None, "it was sent"
    return MemberRequestPage(
        authorization_id=row.id.hex(),
        version=row.version,
        patient_name=name_of(uow, about),
        member=uow.read(cover, CoverageRow.member_id_sealed),
        birth_date=uow.read(patient, PatientRow.birth_date_sealed),
        practice_name=practice.name,
        practice_phone=practice.phone or None,
        provider=provider_of(uow, row),
        urgency=URGENCIES[row.urgency],
        place=place_of(uow, row),
        first=row.from_date,
        last=row.to_date,
        asked_at=row.asked_at,
        due_on=row.due_on if waits else None,
        days_left=(row.due_on - uow.today(row.practice_id)).days if waits and row.due_on else None,
        retroactive=RETROACTIVE.get(row.retroactive),
        diagnoses=tuple(uow.read(row, AuthorizationRow.diagnoses_sealed)),
        message=uow.read(row, AuthorizationRow.message_sealed),
        services=services_of(uow, row),
        together=together_of(uow, row),
        state=_state(row.state, decided=decided),
        number=uow.read(row, AuthorizationRow.number_sealed),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        may_decide=waits,
        decisions=tuple(DECISIONS.items()),
        reasons=tuple(REASONS.items()),
        choices=Choices(),
    )


def decide(uow: UnitOfWork, id_: bytes, answer: Answer, *, expected_version: int) -> None:
    """Keep the decision of a payer's own people; a worker follows it in the practice at once.

    One request is decided once. Raises NotFound, Refused with what is missing, Conflict for a page that has aged.
    """
    row = _sent(uow, id_)
    uow.change(row, expected_version=expected_version)
    if row.state not in WAITING or (row.id, row.asked) in _answered(uow, [row.id]):
        raise Conflict(T_("This request was decided meanwhile. Nothing of yours was kept; look at it again."),
                       code="decided")  # fmt: skip
    if answer.action not in DECISIONS:
        raise NotFound(ABSENT, code="not-found")
    check_units(uow, row, answer)
    kept = keep(uow, row, answer, asking=row.asked)
    outbox.later(uow, "authorization.decided", f"authorization.decided:{kept.id.hex()}", {"answer": kept.id})


def _sent(uow: UnitOfWork, id_: bytes) -> AuthorizationRow:
    row = uow.get(AuthorizationRow, id_)
    if row.asked_at is None or row.state not in _ASKED_HERE:
        raise NotFound(ABSENT, code="not-found")
    return row


def _answered(uow: UnitOfWork, ids: list[bytes]) -> set[tuple[bytes, int]]:
    """Which asking of which request was decided here and is being taken in; after an appeal it waits for them anew."""
    kept, row = AuthorizationAnswerRow, AuthorizationRow
    rows = uow.rows(
        uow.select(kept.authorization_id, kept.asked).where(
            kept.authorization_id.in_(ids), kept.channel == "payer", kept.action.in_(sorted(FINAL)),
            row.id == kept.authorization_id, or_(row.decided_at.is_(None), row.decided_at < kept.received_at),
        )
    )  # fmt: skip
    return {(row.authorization_id, row.asked) for row in rows}


def _state(state: str, *, decided: bool) -> State:
    if state in WAITING:
        code = "ANSWERED" if decided else "PENDED" if state == "PENDED" else "OPEN"
    else:
        code = state if state in _WORDS else "GRANTED"
    return State(code, _WORDS[code])
