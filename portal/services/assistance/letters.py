"""The letter with a decision about help: what was decided, what it does, how to ask for another look; on paper."""

from __future__ import annotations

from typing import Any

from portal.access.actors import Actor
from portal.domain.assistance.life import DECIDED, REASONS
from portal.domain.assistance.policy import Assistance
from portal.domain.money import Money
from portal.domain.practices import address_lines, phone_written
from portal.domain.texts import T_, Text, to_json
from portal.models.assistance import AssistanceRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.services import addresses, documents, outbox, policies, queues
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_LETTER = T_("A letter about help is printed and must be mailed")
SUBJECTS = {
    "APPROVED": T_("We can help with your bills"),
    "PARTLY": T_("We can help with part of your bills"),
    "DENIED": T_("About your request for help"),
    "REVOKED": T_("About the help with your bills"),
}


def print_paper(units: Units, parts: Parts, actor: Actor, assistance_id: bytes) -> None:
    """The job of one letter: set between units of work, sealed with the patient, laid to be mailed, told of by mail."""
    with units.read(actor, "assistance:prepare") as uow:
        row = uow.get(AssistanceRow, assistance_id)
        if row.state not in SUBJECTS or row.document_id is not None:
            return
        patient, practice = uow.get(PatientRow, row.patient_id), uow.get(PracticeRow, row.practice_id)
        content, version = content_of(uow, row, parts.public_url), row.version
        language, zone = patient.language, practice.time_zone
    paper = parts.paper.own_letter(content, language=language, time_zone=zone)
    with units.write(actor, "assistance:prepare") as uow:
        row = uow.get(AssistanceRow, assistance_id)
        if row.version != version:  # a later step has a letter of its own
            return
        document = documents.store(
            uow, patient_id=row.patient_id, kind="letter", name=f"help-{uow.today(row.practice_id)}.pdf",
            media_type="application/pdf", body=paper,
        )  # fmt: skip
        uow.flush()
        uow.change(row, document_id=document.id)
        queues.put(uow, "letters", row, reason="assistance", detail={"text": to_json(_LETTER)})
        mail(uow, parts, row)


def notice(units: Units, parts: Parts, actor: Actor, assistance_id: bytes) -> None:
    """The job after the office asked for something: a mail that says so without saying what."""
    with units.write(actor, "assistance:prepare") as uow:
        row = uow.get(AssistanceRow, assistance_id)
        if row.state == "INCOMPLETE":
            mail(uow, parts, row)


def mail(uow: UnitOfWork, parts: Parts, row: AssistanceRow) -> None:
    """A mail that there is something new, where the patient has one on record."""
    patient = uow.get(PatientRow, row.patient_id)
    address = addresses.email_of(uow, patient)
    if address:
        outbox.mail(
            uow, "something_new", recipient=address, subject_id=patient.id, practice_id=row.practice_id,
            language=patient.language,
            parameters={"practice": uow.get(PracticeRow, row.practice_id).name, "url": parts.public_url},
        )  # fmt: skip


def content_of(uow: UnitOfWork, row: AssistanceRow, public_url: str) -> dict[str, Any]:
    """The letter as plain JSON; it names no income and no service, so that whoever opens it learns little."""
    patient, practice = uow.get(PatientRow, row.patient_id), uow.get(PracticeRow, row.practice_id)
    said = [*_decided(uow, row)]
    words = uow.read(row, AssistanceRow.words_sealed)
    letter = [to_json(each) for each in said]
    if words:
        letter.append(words)
    letter += [to_json(each) for each in _next(uow, row, practice.phone, public_url)]
    return {
        "practice": {"name": practice.name, "lines": list(address_lines(practice.address)), "phone": practice.phone},
        "to": list(addresses.where_to(uow, patient).lines),
        "made_on": uow.today(row.practice_id).isoformat(),
        "subject": to_json(SUBJECTS[row.state]),
        "paragraphs": letter,
    }


def _decided(uow: UnitOfWork, row: AssistanceRow) -> list[Text]:
    asked = row.submitted_on or uow.today(row.practice_id)
    found = [T_("You asked us for help with your bills on {day}. Thank you for telling us.", day=asked)]
    if row.state == "REVOKED":
        found.append(T_("We granted help before. We have to take it back, and the bills are open again."))
    elif row.percent and row.valid_until is not None:
        found += [
            T_("We take {n} percent off what you owe us for care. Today that is {sum}.", n=row.percent,
               sum=Money(row.cents or 0)),
            T_("It also holds for bills that come until {day}.", day=row.valid_until),
        ]  # fmt: skip
    else:
        found.append(T_("We cannot grant it this time."))
    if row.reason is not None and row.reason in REASONS:
        found.append(T_("The reason: {why}.", why=REASONS[row.reason]))
    return found


def _next(uow: UnitOfWork, row: AssistanceRow, phone: str, public_url: str) -> list[Text]:
    site = public_url.removeprefix("https://").removeprefix("http://")
    found: list[Text] = []
    if row.state in DECIDED and row.state != "APPROVED" and row.decided_on is not None:
        days = policies.current(uow, row.practice_id, Assistance).appeal_days
        found += [
            T_("You think this is wrong, or something changed? Ask us to look again within {n} days: sign in at {site} "
               "and open “Help with bills”, write to us, or call {phone}.", n=days, site=site,
               phone=phone_written(phone)),
            T_("What is still open can be paid in parts, without interest. Just ask."),
        ]  # fmt: skip
    found.append(T_("Questions? Call {phone}. An interpreter costs you nothing.", phone=phone_written(phone)))
    return found
