"""Answered text messages: STOP ends the agreement of everybody with that telephone."""

from __future__ import annotations

from portal.access.actors import system
from portal.domain.consents import SMS, read_reply
from portal.domain.messages.texting import ReplyRefused
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.services import consents
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units

_MACHINE = system("notice.reply")


def take(units: Units, parts: Parts, body: bytes, signature: str) -> str:
    """Take one answer and say what it meant: stopped, or noted; raises ReplyRefused for what is not proved.

    Only STOP changes anything: an agreement needs the words it is given to, which a text message does not show.
    """
    if parts.texter is None:
        raise ReplyRefused("not-set-up")
    reply = parts.texter.reply(body, signature, parts.clock.now().timestamp())
    if read_reply(reply.words) != "stop":
        return "noted"
    with units.read(_MACHINE, "notice:send") as uow:
        practices = [row.id for row in uow.rows(uow.select(PracticeRow.id))]
    for practice_id in practices:
        with units.write(system("notice.reply", practice_id=practice_id), "notice:send") as uow:
            tokens = sorted(uow.tokens("phone", reply.phone))
            for patient in uow.entities(uow.select(PatientRow).where(PatientRow.phone_index.in_(tokens))):
                if uow.read(patient, PatientRow.phone_sealed) == reply.phone:
                    consents.stop(uow, patient.id, SMS, by="reply")
    return "stopped"
