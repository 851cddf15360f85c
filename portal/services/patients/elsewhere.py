"""Another way to be reached (45 CFR 164.522(b)): asked for by the patient, agreed to by the office, ended by either."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.access.actors import Actor
from portal.domain.errors import NotFound, Refused
from portal.domain.people import DECLINES, ContactFacts
from portal.domain.texts import T_, to_json
from portal.models.patients import PatientRow
from portal.models.people import ConfidentialContactRow
from portal.models.queues import QueueItemRow
from portal.services import queues
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_LONGEST = 500
_ASKED = T_("The patient asks to be reached in another way. Agree to it under “People and privacy”.")


def ask(
    uow: UnitOfWork,
    patient_id: bytes,
    *,
    address: Mapping[str, str] | None,
    phone: str,
    email: str,
    until: date | None,
    words: str = "",
) -> ConfidentialContactRow:
    """Ask to be reached in another way; it waits for the office, and replaces an earlier one once it is agreed.

    Raises Refused for no way at all, for a last day that is over, and while another request waits.
    """
    patient = uow.get(PatientRow, patient_id)
    if not (address or phone or email):
        raise Refused(T_("Give an address, a phone number or an email."), code="nowhere")
    today = uow.today(patient.practice_id)
    if until is not None and until < today:
        raise Refused(T_("Choose a last day that is still to come."), code="dates")
    if patient.state == "DECEASED":
        raise Refused(T_("The patient has died; letters go to the estate."), code="estate")
    known = standing(uow, patient_id)
    if known is not None and known.state == "ASKED":
        raise Refused(T_("An earlier request waits for us. Take it back before you ask for another."), code="waits")
    if known is not None:
        end(uow, patient_id, known.id, version=known.version)
        uow.flush()
    row = uow.new(
        ConfidentialContactRow, practice_id=patient.practice_id, patient_id=patient_id, state="ASKED",
        address_sealed=dict(address) if address else None, phone_sealed=phone or None, email_sealed=email or None,
        since=today, until=until, words_sealed=words.strip()[:_LONGEST] or None, asked_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(row, reason="asked")
    return row


def agree(uow: UnitOfWork, patient_id: bytes, row_id: bytes, *, version: int) -> None:
    """The office uses it from now on; nobody asks why (164.522(b)(2)(iii)). Raises NotFound, Conflict `version`."""
    row = _of(uow, patient_id, row_id)
    uow.change(row, expected_version=version)
    reachable = any(each is not None for each in (row.address_sealed, row.phone_sealed, row.email_sealed))
    uow.move(row, "AGREED", ContactFacts(reachable))
    queues.follow(uow, row, reason="asked")


def decline(uow: UnitOfWork, patient_id: bytes, row_id: bytes, reason: str, *, version: int) -> None:
    """It cannot be done, for one of the two reasons that the rule knows. Raises Refused, NotFound, Conflict."""
    if reason not in DECLINES:
        raise Refused(T_("Choose why it cannot be done."), code="reason-missing")
    row = _of(uow, patient_id, row_id)
    uow.change(row, expected_version=version)
    uow.move(row, "DECLINED", ContactFacts(reachable=False), reason=reason)
    queues.follow(uow, row, reason="asked")


def end(uow: UnitOfWork, patient_id: bytes, row_id: bytes, *, version: int) -> ConfidentialContactRow:
    """Back to what is on record; raises NotFound, Conflict `version`."""
    row = _of(uow, patient_id, row_id)
    uow.change(row, expected_version=version)
    uow.move(row, "ENDED", ContactFacts(reachable=True))
    return row


def end_by_office(uow: UnitOfWork, patient_id: bytes, row_id: bytes, *, version: int) -> None:
    """The same by the office, at the patient's word; it waits no longer."""
    queues.done(uow, end(uow, patient_id, row_id, version=version))


def follow(units: Units, actor: Actor) -> int:
    """Let the office's queue hold every request that waits, and no other; how many wait.

    A patient's own unit of work reaches no queue: it is asked for after theirs, and once a night for what that missed.
    """
    row = ConfidentialContactRow
    with units.write(actor, "people:change") as uow:
        item = QueueItemRow
        lies = uow.rows(
            uow.select(item.subject_id).where(item.subject_table == row.__tablename__, item.state == queues.OPEN)
        )
        known = {each.subject_id for each in lies}
        waiting = uow.entities(uow.select(row).where(row.state == "ASKED"))
        for each in waiting:
            if each.id not in known:
                queues.follow(uow, each, reason="asked", detail={"text": to_json(_ASKED)})
        for over in uow.entities(uow.select(row).where(row.id.in_(sorted(known)), row.state != "ASKED")):
            queues.done(uow, over)
        return len(waiting)


def standing(uow: UnitOfWork, patient_id: bytes) -> ConfidentialContactRow | None:
    """The request that waits or is in use, if there is one."""
    row = ConfidentialContactRow
    return uow.first(uow.select(row).where(row.patient_id == patient_id, row.state.in_(["ASKED", "AGREED"])))


def opened(uow: UnitOfWork, row: ConfidentialContactRow) -> dict[str, Any]:
    """What a request says, opened: address, phone, email, words."""
    columns = {
        "address": ConfidentialContactRow.address_sealed, "phone": ConfidentialContactRow.phone_sealed,
        "email": ConfidentialContactRow.email_sealed, "words": ConfidentialContactRow.words_sealed,
    }  # fmt: skip
    return {name: uow.read(row, column) for name, column in columns.items()}


def _of(uow: UnitOfWork, patient_id: bytes, row_id: bytes) -> ConfidentialContactRow:
    row = uow.get(ConfidentialContactRow, row_id)
    if row.patient_id != patient_id:
        raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")
    return row
