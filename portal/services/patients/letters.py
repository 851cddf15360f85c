"""Letters about a patient's sign-in, in the patient's own language; told as Texts, for whoever writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.domain.errors import NotFound
from portal.domain.people import SELF
from portal.domain.practices import address_lines, phone_written
from portal.domain.texts import T_, Text
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.practices import PracticeRow
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.patients.account import name_of
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter: to whom, from whom, in which locale, its paragraphs in order."""

    to: tuple[str, ...]
    sender: str
    language: str
    time_zone: str
    subject: Text
    paragraphs: tuple[Text | str, ...]


def code_letter(uow: UnitOfWork, patient_id: bytes, code: str, public_url: str) -> Letter:
    """The letter with a code just issued (SECURITY 1.4): how to sign up, what else is needed, and how long it holds."""
    row = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, row.practice_id)
    return _letter(
        uow,
        row,
        practice,
        T_("Your code to see your bills online"),
        (
            T_("Open {address} and type this code:", address=f"{public_url}/register"),
            code,
            T_("You will also be asked for your last name and your birth date."),
            T_("The code works once, and for 21 days. Keep it to yourself."),
            T_(
                "Call us at {phone} with any question, also if you did not ask for this.",
                phone=phone_written(practice.phone),
            ),
        ),
    )


def registered_letter(uow: UnitOfWork, patient_id: bytes) -> Letter:
    """The notice that a sign-in was opened, for a patient without an e-mail on record (SECURITY 1.4).

    It is printed once: the letter waits no longer. Raises NotFound, also where nobody has a sign-in.
    """
    row = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, row.practice_id)
    links = uow.entities(
        uow.select(PatientLinkRow).where(PatientLinkRow.patient_id == patient_id, PatientLinkRow.relation == SELF)
    )
    if not links:
        raise NotFound(ABSENT, code="not-found")
    for link in links:
        queues.done(uow, link)
    return _letter(
        uow,
        row,
        practice,
        T_("Your account was opened"),
        (
            T_("An account to see your bills from {practice} online was opened in your name.", practice=practice.name),
            T_("You opened it yourself? Then there is nothing to do."),
            T_(
                "It was not you? Please call us at {phone}, and we close it at once.",
                phone=phone_written(practice.phone),
            ),
            T_("We never ask for your password or digits by phone or mail."),
        ),
    )


def proxy_letter(uow: UnitOfWork, patient_id: bytes, name: str, code: str, public_url: str) -> Letter:
    """The letter to somebody who is to stand or pay for a patient, with their code; it names the patient nowhere."""
    row = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, row.practice_id)
    letter = _letter(
        uow,
        row,
        practice,
        T_("Your code to look after bills of somebody else"),
        (
            T_("Open {address} and type this code:", address=f"{public_url}/register"),
            code,
            T_("You will also be asked for the last name and the birth date of the patient."),
            T_("You have a sign-in already? Then open {address} and type it there.", address=f"{public_url}/my/people"),
            T_("The code works once, and for 21 days. Keep it to yourself."),
            T_(
                "Call us at {phone} with any question, also if you did not ask for this.",
                phone=phone_written(practice.phone),
            ),
        ),
    )
    return replace(letter, to=(" ".join(name.split()),))


def of_age_letter(uow: UnitOfWork, patient_id: bytes, code: str, public_url: str) -> Letter:
    """The letter to who came of age: nobody else sees their bills now, and how to. It waits no longer; NotFound."""
    row = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, row.practice_id)
    links = uow.entities(
        uow.select(PatientLinkRow).where(PatientLinkRow.patient_id == patient_id, PatientLinkRow.reason == "of-age")
    )
    if not links:
        raise NotFound(ABSENT, code="not-found")
    for link in links:
        queues.done(uow, link)
    return _letter(
        uow,
        row,
        practice,
        T_("Your bills are yours now"),
        (
            T_("You are of age. Your parents no longer see your bills from {practice}.", practice=practice.name),
            T_("To see them yourself, open {address} and type this code:", address=f"{public_url}/register"),
            code,
            T_("You will also be asked for your last name and your birth date."),
            T_("If you want somebody to go on helping you, you can invite them there."),
            T_("The code works once, and for 21 days. Keep it to yourself."),
        ),
    )


def waits(uow: UnitOfWork, patient_id: bytes, *, reason: str = "registered") -> bool:
    """Whether a letter to this patient waits to be printed."""
    waiting = (
        QueueItemRow.reason == reason,
        QueueItemRow.patient_id == patient_id,
        QueueItemRow.queue == "letters",
        QueueItemRow.state == queues.OPEN,
    )
    return uow.count(uow.select(QueueItemRow.id).where(*waiting)) > 0


def _letter(
    uow: UnitOfWork, row: PatientRow, practice: PracticeRow, subject: Text, paragraphs: tuple[Text | str, ...]
) -> Letter:
    address = uow.read(row, PatientRow.address_sealed) or {}
    to = (name_of(uow, row), *address_lines(address))
    return Letter(to, practice.name, row.language, practice.time_zone, subject, paragraphs)
