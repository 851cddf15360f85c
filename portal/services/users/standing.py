"""Who stands or pays for whom, as pages show it: to the office, to the patient, and to whoever does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.access.actors import Actor
from portal.domain.claims import Person
from portal.domain.dates import today
from portal.domain.patients import full_name
from portal.domain.people import ALL, BILLING, BY_OFFICE, ENDS, RELATIONS, SCOPES, SELF
from portal.domain.texts import Text
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.people import ProxyInvitationRow
from portal.models.practices import PracticeRow
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import people, proxies


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkItem:
    """Somebody who stands or stood for a patient."""

    link_id: str
    name: str
    relation: Text
    scope: Text
    since: date
    until: date | None
    by_patient: bool
    may_end: bool
    words: str | None
    ended_on: date | None
    why: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationItem:
    """Somebody who was asked and has not accepted yet."""

    invitation_id: str
    name: str
    relation: Text
    scope: Text
    until: date | None
    expires_on: date
    by_patient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodFor:
    """Somebody for whom the reader stands or pays."""

    patient_id: str
    name: str
    practice: str
    scope: Text
    pays_only: bool
    until: date | None


def of_patient(uow: UnitOfWork, patient_id: bytes, *, office: bool) -> tuple[LinkItem, ...]:
    """Who stands for a patient, and, for the office, who did; the patient in person is not among them."""
    row = PatientLinkRow
    wanted = uow.select(row).where(row.patient_id == patient_id, row.relation != SELF)
    if not office:
        wanted = wanted.where(row.ended_at.is_(None))
    links = uow.entities(wanted.order_by(row.ended_at.is_not(None), row.valid_from, row.id))
    names = people.names(uow, {link.user_id for link in links})
    zone = _zone(uow, patient_id)
    patient = uow.get(PatientRow, patient_id)
    adult = office or proxies.of_age_on(uow, patient) <= uow.today(patient.practice_id)
    return tuple(
        LinkItem(
            link_id=link.id.hex(),
            name=names.get(link.user_id, ""),
            relation=RELATIONS[link.relation],
            scope=SCOPES[link.scope or ALL],
            since=link.valid_from,
            until=link.valid_to,
            by_patient=bool(link.by_patient),
            may_end=link.ended_at is None and (adult or bool(link.by_patient)),
            words=uow.read(link, row.words_sealed) if office else None,
            ended_on=today(link.ended_at, zone) if link.ended_at else None,
            why=ENDS.get(link.reason or "") or BY_OFFICE.get(link.reason or ""),
        )
        for link in links
    )


def invitations(uow: UnitOfWork, patient_id: bytes, *, office: bool) -> tuple[InvitationItem, ...]:
    """Who was asked and may still accept; a patient sees those they asked themselves."""
    zone = _zone(uow, patient_id)
    return tuple(
        InvitationItem(
            invitation_id=row.id.hex(),
            name=uow.read(row, ProxyInvitationRow.name_sealed),
            relation=RELATIONS[row.relation],
            scope=SCOPES[row.scope],
            until=row.valid_to,
            expires_on=today(row.expires_at, zone),
            by_patient=row.by_patient,
        )
        for row in proxies.waiting(uow, patient_id)
        if office or row.by_patient
    )


def stood_for(units: Units, actor: Actor, request: Request) -> tuple[StoodFor, ...]:
    """For whom the reader stands or pays; each name is opened in the role in which the reader meets them."""
    found: list[StoodFor] = []
    for permission, patients in (("home:view", actor.stands_for), ("guaranteed-bill:view", actor.pays_for)):
        if not patients:
            continue
        with units.read(actor, permission, request=request) as uow:
            names, practices = names_of(uow, patients), _practices(uow, patients)
            link = PatientLinkRow
            links = proxies.standing(uow, link.user_id == actor.user_id, link.patient_id.in_(sorted(patients)))
            found += (
                StoodFor(
                    patient_id=each.patient_id.hex(),
                    name=names[each.patient_id],
                    practice=practices[each.patient_id],
                    scope=SCOPES[each.scope or ALL],
                    pays_only=each.scope == BILLING,
                    until=each.valid_to,
                )
                for each in links
            )
    return tuple(found)


def _practices(uow: UnitOfWork, patients: Iterable[bytes]) -> dict[bytes, str]:
    practice = PracticeRow
    wanted = uow.select(PatientRow.id, practice.name).where(
        PatientRow.id.in_(sorted(patients)), practice.id == PatientRow.practice_id
    )
    return {row.id: row.name for row in uow.rows(wanted)}


def names_of(uow: UnitOfWork, patients: Iterable[bytes]) -> dict[bytes, str]:
    """Names of patients within reach, as people read them."""
    row = PatientRow
    return {
        patient.id: full_name(
            Person(
                last=uow.read(patient, row.last_name_sealed),
                first=uow.read(patient, row.first_name_sealed),
                middle=uow.read(patient, row.middle_name_sealed) or "",
                suffix=uow.read(patient, row.suffix_sealed) or "",
            )
        )
        for patient in uow.entities(uow.select(row).where(row.id.in_(sorted(patients))))
    }


def _zone(uow: UnitOfWork, patient_id: bytes) -> str:
    practice_id = uow.get(PatientRow, patient_id).practice_id
    return str(uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == practice_id)))
