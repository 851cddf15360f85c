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
    gone = patient.state == "DECEASED"
    asked = None if gone else agreed(uow, patient)
    if asked is None:
        return Where(
            addressee(uow, patient),
            uow.read(patient, PatientRow.address_sealed),
            None if gone else uow.read(patient, PatientRow.email_sealed),
            None if gone else uow.read(patient, PatientRow.phone_sealed),
            confidential=False,
            deceased=gone,
        )
    address = uow.read(asked, ConfidentialContactRow.address_sealed)
    return Where(
        addressee(uow, patient),
        address or uow.read(patient, PatientRow.address_sealed),
        uow.read(asked, ConfidentialContactRow.email_sealed),
        uow.read(asked, ConfidentialContactRow.phone_sealed),
        confidential=True,
        deceased=False,
    )


def agreed(uow: UnitOfWork, patient: PatientRow) -> ConfidentialContactRow | None:
    """The other way in which a patient is reached today, if any."""
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
    return f"The Estate of {name}" if patient.state == "DECEASED" else name
