"""One page about a patient's people and privacy for the office, but for sign-ins, which are the users' own room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.money import Money
from portal.domain.people import CONTACT_LIFE, EVIDENCE_OF_DEATH, majority_on
from portal.domain.practices import address_lines, phone_written
from portal.domain.texts import Text
from portal.models.patients import PatientRow
from portal.models.people import ConfidentialContactRow, DeathRow
from portal.models.practices import PracticeRow
from portal.services import confidential
from portal.services.confidential import KeptVisit
from portal.services.patients import deaths, elsewhere, together
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Death:
    """What the office was told of a patient's death."""

    died_on: date | None
    evidence: Text
    told: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another way to be reached: `asked` while it waits for the office."""

    id: str
    version: int
    asked: bool
    state: Text
    lines: tuple[str, ...]
    phone: str | None
    email: str | None
    until: date | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """Another patient of the account."""

    patient_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """See `templates/staff/accounts/people.html`."""

    patient_id: str
    version: int
    name: str
    today: date
    of_age_on: date
    minor: bool
    death: Death | None
    visits: tuple[KeptVisit, ...]
    owed_apart: Money
    elsewhere: Elsewhere | None
    billed_with: Named | None
    others: tuple[Named, ...]


def show(uow: UnitOfWork, patient_id: bytes) -> PeoplePage:
    """A patient's people and privacy; raises NotFound."""
    row = uow.get(PatientRow, patient_id)
    state = uow.value(uow.select(PracticeRow.address).where(PracticeRow.id == row.practice_id))["state"]
    of_age_on, today = majority_on(uow.read(row, PatientRow.birth_date_sealed), state), uow.today(row.practice_id)
    died = deaths.standing(uow, patient_id)
    anchor = uow.get(PatientRow, row.billed_with_id) if row.billed_with_id else None
    return PeoplePage(
        patient_id=patient_id.hex(),
        version=row.version,
        name=name_of(uow, row),
        today=today,
        of_age_on=of_age_on,
        minor=today < of_age_on,
        death=None if died is None else _death(uow, died),
        visits=confidential.visits(uow, patient_id),
        owed_apart=Money(confidential.owed_apart_cents(uow, patient_id)),
        elsewhere=elsewhere_of(uow, patient_id),
        billed_with=None if anchor is None else Named(anchor.id.hex(), name_of(uow, anchor)),
        others=tuple(
            Named(id_.hex(), name_of(uow, uow.get(PatientRow, id_))) for id_ in together.others(uow, patient_id)
        ),
    )


def elsewhere_of(uow: UnitOfWork, patient_id: bytes) -> Elsewhere | None:
    """Where else a patient is to be reached, asked for or in use."""
    row: ConfidentialContactRow | None = elsewhere.standing(uow, patient_id)
    if row is None:
        return None
    said: dict[str, Any] = elsewhere.opened(uow, row)
    return Elsewhere(
        row.id.hex(),
        row.version,
        row.state == "ASKED",
        CONTACT_LIFE.words[row.state],
        tuple(address_lines(said["address"])) if said["address"] else (),
        phone_written(said["phone"]) if said["phone"] else None,
        said["email"],
        row.until,
        said["words"],
    )


def _death(uow: UnitOfWork, row: DeathRow) -> Death:
    return Death(row.died_on, EVIDENCE_OF_DEATH[row.evidence], uow.read(row, DeathRow.told_sealed))
