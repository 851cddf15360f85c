"""A request to a payer as people type it: read, kept as a draft, changed, extended, taken back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.codes import diagnosis_qualifier, is_place
from portal.domain.errors import Refused
from portal.domain.granting import (
    CANCELS,
    RETROACTIVE,
    STANDING,
    URGENCIES,
    WAITING,
    AuthorizationFacts,
)
from portal.domain.texts import T_, to_json
from portal.domain.work import day_of
from portal.models.authorizations import AuthorizationLineRow, AuthorizationRow, AuthorizationUseRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.practices import ProviderRow
from portal.models.restrictions import RestrictionRow
from portal.services import queues
from portal.services.intake.lines import Line, TypedLine, read_diagnoses, read_line
from portal.services.unit_of_work.work import UnitOfWork

INITIAL, EXTENSION = "I", "4"
MOST_SERVICES = 12
_LONGEST = 2_000
_TO_SEND = T_("A request is to be sent to the payer.")
SEEN = frozenset({*STANDING, "DENIED", "NOT_REQUIRED", "CANCELLED"})
_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRequest:
    """A request as it was typed; ids are of rows within reach, or None."""

    coverage_id: bytes | None
    provider_id: bytes | None = None
    encounter_id: bytes | None = None
    previous_id: bytes | None = None
    first: str = ""
    last: str = ""
    place: str = ""
    urgency: str = "standard"
    retroactive: str = ""
    diagnoses: Sequence[str] = ()
    services: Sequence[TypedLine] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """The same as it is meant."""

    first: date
    last: date | None
    diagnoses: tuple[str, ...]
    services: tuple[Line, ...]


def draft(uow: UnitOfWork, patient_id: bytes, typed: TypedRequest, *, channel: str = "278") -> AuthorizationRow:
    """Keep a request as a draft, in the queue of what is to be sent. Raises NotFound, Refused with what is wrong."""
    uow.get(PatientRow, patient_id)
    cover = _coverage(uow, patient_id, typed.coverage_id)
    found = _read(uow, typed)
    previous = _previous(uow, patient_id, cover, typed.previous_id)
    visit = uow.get(EncounterRow, typed.encounter_id) if typed.encounter_id is not None else None
    if visit is not None and visit.patient_id != patient_id:
        raise Refused(T_("This visit is another patient's."), code="other-patient")
    refuse_kept(uow, visit.id if visit else None)
    if typed.provider_id is not None:
        uow.get(ProviderRow, typed.provider_id)
    _refuse_twice(uow, patient_id, typed, found)
    row = uow.new(
        AuthorizationRow, patient_id=patient_id, payer_id=cover.payer_id, coverage_id=cover.id,
        encounter_id=visit.id if visit else None, provider_id=typed.provider_id,
        previous_id=previous.id if previous else None, state="DRAFT",
        certification=EXTENSION if previous else INITIAL, place=typed.place, urgency=typed.urgency, channel=channel,
        from_date=found.first, to_date=found.last, retroactive=typed.retroactive,
        trace=f"R{secrets.token_hex(12).upper()}", asked=0, reasons=[], warned="", created_at=uow.now,
        created_by=uow.actor.identity, diagnoses_sealed=list(found.diagnoses),
        message_sealed=typed.message.strip() or None,
    )  # fmt: skip
    uow.flush()
    uow.begin(row)
    uow.insert(AuthorizationLineRow, [
        {
            "id": secrets.token_bytes(16), "practice_id": row.practice_id, "patient_id": patient_id,
            "payer_id": row.payer_id, "authorization_id": row.id, "position": n, "code": line.code,
            "modifiers": list(line.modifiers), "asked_thousandths": int(line.units * 1000),
            "granted_thousandths": None, "granted": False,
        }
        for n, line in enumerate(found.services, 1)
    ])  # fmt: skip
    queues.follow(uow, row, reason="to-send", detail={"text": to_json(_TO_SEND)})
    return row


def cancel(
    uow: UnitOfWork, id_: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> AuthorizationRow:
    """Take a request or an unused approval back, for a reason of CANCELS; raises Refused, Conflict."""
    if reason not in CANCELS:
        raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")
    _check_note(note)
    row = uow.get(AuthorizationRow, id_)
    uow.change(row, expected_version=expected_version)
    uow.move(row, "CANCELLED", AuthorizationFacts(used=used(uow, row.id)), reason=reason, note=note)
    queues.done(uow, row)
    return row


def follow_up(
    uow: UnitOfWork, id_: bytes, to: str, *, note: str = "", expected_version: int | None = None
) -> AuthorizationRow:
    """Information was sent, the clinicians talk, or an appeal was filed: say so. Raises Refused, Conflict."""
    _check_note(note)
    row = uow.get(AuthorizationRow, id_)
    uow.change(row, expected_version=expected_version)
    uow.move(row, to, AuthorizationFacts(), reason=to.lower(), note=note)
    queues.follow(uow, row, reason=to.lower(), limit=row.due_on if to == "INFO_SENT" else None)
    return row


def seen(uow: UnitOfWork, id_: bytes, *, expected_version: int | None = None) -> None:
    """Somebody has seen that it ends soon, is used up, was denied or granted otherwise: it waits no longer."""
    row = uow.get(AuthorizationRow, id_)
    uow.change(row, expected_version=expected_version)
    if row.state not in SEEN:
        raise Refused(T_("This waits for a step, and not only to be seen. Reload the page."), code="not-seen")
    queues.done(uow, row)


def used(uow: UnitOfWork, id_: bytes) -> bool:
    """Whether a claim that stands has used of it."""
    use = AuthorizationUseRow
    rows = uow.rows(uow.select(use.claim_id, use.thousandths).where(use.authorization_id == id_))
    by_claim: dict[bytes, int] = {}
    for row in rows:
        by_claim[row.claim_id] = by_claim.get(row.claim_id, 0) + row.thousandths
    return any(by_claim.values())


def refuse_kept(uow: UnitOfWork, encounter_id: bytes | None) -> None:
    """Raise Refused `restricted` for a visit that the patient keeps from the plan (45 CFR 164.522(a)(1)(vi))."""
    kept = RestrictionRow.keeps(EncounterRow.id)
    if encounter_id is not None and uow.row(uow.select(EncounterRow.id).where(EncounterRow.id == encounter_id, kept)):
        raise Refused(
            T_("The patient paid this visit in full and keeps it from the plan: the plan is not asked about it."),
            code="restricted",
        )


def _check_note(note: str) -> None:
    if len(note) > _LONGEST_NOTE or "\0" in note:
        raise Refused(T_("The note has at most {n} letters.", n=_LONGEST_NOTE), code="note")


def _refuse_twice(uow: UnitOfWork, patient_id: bytes, typed: TypedRequest, found: _Read) -> None:
    """Raise Refused `asked-already` for what is asked for already, word for word: a button pressed twice asks once."""
    row, line = AuthorizationRow, AuthorizationLineRow
    # Two who ask at once wait for each other here; on SQLite writers are one at a time anyway.
    uow.rows(uow.select(PatientRow.id).where(PatientRow.id == patient_id).with_for_update())
    alike = uow.rows(
        uow.select(row.id).where(
            row.patient_id == patient_id, row.coverage_id == typed.coverage_id, row.state.in_(("DRAFT", *WAITING)),
            row.encounter_id.is_not_distinct_from(typed.encounter_id), row.from_date == found.first,
            row.previous_id.is_not_distinct_from(typed.previous_id), row.to_date.is_not_distinct_from(found.last),
            row.provider_id.is_not_distinct_from(typed.provider_id), row.place == typed.place,
        )
    )  # fmt: skip
    lines = uow.rows(
        uow.select(line.authorization_id, line.code, line.modifiers, line.asked_thousandths)
        .where(line.authorization_id.in_([each.id for each in alike]))
        .order_by(line.authorization_id, line.position)
    )
    wanted = [(one.code, list(one.modifiers), int(one.units * 1000)) for one in found.services]
    standing: dict[bytes, list[tuple[str, list[str], int]]] = {}
    for one in lines:
        standing.setdefault(one.authorization_id, []).append((one.code, one.modifiers, one.asked_thousandths))
    if wanted in standing.values():
        raise Refused(
            T_("Exactly this was asked for already and is not decided yet: see the list. Nothing was asked twice."),
            code="asked-already",
        )


def _read(uow: UnitOfWork, typed: TypedRequest) -> _Read:
    first, last = day_of(typed.first), day_of(typed.last) if typed.last.strip() else None
    if first is None or (typed.last.strip() and last is None):
        raise Refused(T_("Give the first day of the services; the last may stay empty."), code="days")
    if last is not None and last < first:
        raise Refused(T_("The last day lies before the first."), code="days")
    if typed.urgency not in URGENCIES or not is_place(typed.place):
        raise Refused(T_("Choose the place of service and how urgent it is."), code="place")
    late = first < uow.today()
    if late != bool(typed.retroactive) or typed.retroactive not in {"", *RETROACTIVE}:
        text = T_("The first day is over: say why it is asked for only now.") if late else T_(
            "The first day is not over, so nothing is asked for late. Take the reason out."
        )  # fmt: skip
        raise Refused(text, code="retroactive")
    if len(typed.message) > _LONGEST or "\0" in typed.message:
        raise Refused(T_("What the payer is told has at most {n} letters.", n=_LONGEST), code="message")
    diagnoses = read_diagnoses(typed.diagnoses, diagnosis_qualifier(first))
    filled = [one for one in typed.services if one.code.strip()]
    services = tuple(read_line(one, n, 0) for n, one in enumerate(filled, 1))
    if not diagnoses or not services or len(services) > MOST_SERVICES:
        raise Refused(
            T_("Name a diagnosis, and one to {n} services with their units.", n=MOST_SERVICES), code="incomplete"
        )
    if len({(one.code, one.modifiers) for one in services}) < len(services):
        raise Refused(T_("A service stands twice. Join its units."), code="twice")
    return _Read(first, last, diagnoses, services)


def _coverage(uow: UnitOfWork, patient_id: bytes, coverage_id: bytes | None) -> CoverageRow:
    if coverage_id is None:
        raise Refused(T_("Choose the coverage whose payer is asked."), code="coverage")
    cover = uow.get(CoverageRow, coverage_id)
    if cover.patient_id != patient_id:
        raise Refused(T_("This coverage is another patient's."), code="other-patient")
    return cover


def _previous(uow: UnitOfWork, patient_id: bytes, cover: CoverageRow, id_: bytes | None) -> Any:
    """The approval that is to be extended: of the same patient and payer, and with a number."""
    if id_ is None:
        return None
    row = uow.get(AuthorizationRow, id_)
    if row.patient_id != patient_id or row.payer_id != cover.payer_id or row.number_sealed is None:
        raise Refused(T_("Only an approval of the same patient and payer is extended."), code="previous")
    return row
