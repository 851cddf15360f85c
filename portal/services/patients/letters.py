"""The letter that carries a registration code, in the patient's own language; told as Texts, for whoever writes it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.texts import T_, Text
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class CodeLetter:
    """A letter: to whom, from whom, in which locale, its paragraphs in order."""

    to: tuple[str, ...]
    sender: str
    language: str
    time_zone: str
    subject: Text
    paragraphs: tuple[Text | str, ...]


def code_letter(uow: UnitOfWork, patient_id: bytes, code: str, public_url: str) -> CodeLetter:
    """The letter with a code just issued (SECURITY 1.4): how to sign up, what else is needed, and how long it holds."""
    row = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, row.practice_id)
    address = uow.read(row, PatientRow.address_sealed) or {}
    place = f"{address.get('city', '')}, {address.get('state', '')} {address.get('postal_code', '')}"
    lines = (name_of(uow, row), address.get("line1", ""), address.get("line2", ""), place if address else "")
    return CodeLetter(
        tuple(line for line in lines if line),
        practice.name,
        row.language,
        practice.time_zone,
        T_("Your code to see your bills online"),
        (
            T_("Open {address} and type this code:", address=f"{public_url}/register"),
            code,
            T_("You will also be asked for your last name and your birth date."),
            T_("The code works once, and for 21 days. Keep it to yourself."),
            T_("Call us at {phone} with any question, also if you did not ask for this.", phone=practice.phone),
        ),
    )
