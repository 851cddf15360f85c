"""Where a patient is reached: the one place that statements, letters, mails and calls ask (45 CFR 164.522(b))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.domain.claims import Person
from portal.domain.patients import full_name
from portal.domain.people import stands
from portal.domain.practices import address_lines
from portal.models.patients import PatientRow
from portal.models.people import ConfidentialContactRow
from portal.services.unit_of_work.work import UnitOfWork

DECEASED = "DECEASED"


@dataclass(frozen=True, slots=True)
class Where:
    """How to reach a patient now; what is None must not be used, whatever else is on record."""

    addressee: str
    address: Mapping[str, Any] | None
    email: str | None
    phone: str | None
    confidential: bool
    """The patient asked to be reached so and not otherwise; nothing of it goes to a guarantor."""
    deceased: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """The address as an envelope shows it."""
        return (self.addressee, *address_lines(self.address))


def where_to(uow: UnitOfWork, patient: PatientRow) -> Where:
    """Where mail and notices to a patient go now: what they asked for and the office agreed to, else what is on record.

    A way that they named replaces all others: an e-mail on record is not used for somebody who named only an address.
    Nobody mails or calls whom has died; letters go to the estate.
    """
    asked = agreed(uow, patient)
    apart = None if asked is None else uow.read(asked, ConfidentialContactRow.address_sealed)
    return Where(
        addressee(uow, patient),
        apart or uow.read(patient, PatientRow.address_sealed),
        email_of(uow, patient),
        phone_of(uow, patient),
        confidential=asked is not None,
        deceased=patient.state == DECEASED,
    )


def email_of(uow: UnitOfWork, patient: PatientRow) -> str | None:
    """The email to write to now, if any; see `where_to`."""
    return _way(uow, patient, PatientRow.email_sealed, ConfidentialContactRow.email_sealed)


def phone_of(uow: UnitOfWork, patient: PatientRow) -> str | None:
    """The number to call or text now, if any; see `where_to`."""
    return _way(uow, patient, PatientRow.phone_sealed, ConfidentialContactRow.phone_sealed)


def _way(uow: UnitOfWork, patient: PatientRow, usual: Any, apart: Any) -> str | None:
    if patient.state == DECEASED:
        return None
    asked = agreed(uow, patient)
    found: str | None = uow.read(patient, usual) if asked is None else uow.read(asked, apart)
    return found or None


def agreed(uow: UnitOfWork, patient: PatientRow) -> ConfidentialContactRow | None:
    """The other way in which a patient is reached today, if any."""
    if patient.state == DECEASED:
        return None
    row = ConfidentialContactRow
    found = uow.first(uow.select(row).where(row.patient_id == patient.id, row.state == "AGREED"))
    if found is None or not stands(found.since, found.until, uow.today(patient.practice_id)):
        return None
    return found


def addressee(uow: UnitOfWork, patient: PatientRow) -> str:
    """To whom a letter or bill is written: the patient, or of whom has died the estate (UPC 3-703)."""
    name = full_name(
        Person(
            last=uow.read(patient, PatientRow.last_name_sealed),
            first=uow.read(patient, PatientRow.first_name_sealed),
            middle=uow.read(patient, PatientRow.middle_name_sealed) or "",
            suffix=uow.read(patient, PatientRow.suffix_sealed) or "",
        )
    )
    return f"The Estate of {name}" if patient.state == DECEASED else name
