"""A question that the payer answers while one waits; when it cannot, the question goes with the other files."""

from __future__ import annotations

from datetime import datetime

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.interchanges import Finding
from portal.domain.realtime import Service
from portal.domain.texts import T_
from portal.domain.transport import TransportFault
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow
from portal.services import interchanges, queues, realtime
from portal.services.files import reading
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units

PERMISSION = "eligibility:ask"
_ANSWERS = frozenset({"271", "999", "TA1"})


def ask(units: Units, parts: Parts, actor: Actor, file_id: bytes) -> bool:
    """Ask in real time what a stored file asks and store the answer; False when it went with the other files instead.

    A worker that is killed meanwhile asks again under the same number. What went already is not asked again.
    """
    with units.write(actor, PERMISSION) as uow:
        file = uow.get(InterchangeRow, file_id)
        if file.state != interchanges.WRITTEN:
            return False
        uow.change(file, tried_at=uow.now)  # so that nobody hands it on meanwhile
        partner = uow.get(PartnerRow, file.partner_id or b"")
        found = realtime.with_password(uow, partner.id)
        name, body = partner.name, uow.read(file, InterchangeRow.body_sealed)
    try:
        said = _said(parts, *found, body, file_id, units.clock.now()) if found is not None else None
    except TransportFault as fault:
        text = T_("{partner} was to be asked at once: {what} The question goes with the files.", partner=name,
                  what=fault.text)  # fmt: skip
        with units.write(actor, PERMISSION) as uow:
            interchanges.keep(uow, file_id, [Finding(0, fault.code, text)])
        said = None
    if said is None:
        with units.write(actor, PERMISSION) as uow:
            uow.change(uow.get(InterchangeRow, file_id), tried_at=None)
        interchanges.hand_on(units, parts, actor, PERMISSION, file_id)
        return False
    with units.read(actor, PERMISSION) as uow:
        file = uow.get(InterchangeRow, file_id)
        control, partner_id = file.control, file.partner_id
    reading.take_in(units, actor, f"{control}-{file_id.hex()[:8]}.271", said, partner_id=partner_id)
    with units.write(actor, PERMISSION) as uow:
        file = uow.get(InterchangeRow, file_id)
        if file.state == interchanges.WRITTEN:
            uow.change(file, state=interchanges.SENT, tried_at=None)
        queues.done(uow, file)
    return True


def _said(parts: Parts, service: Service, password: str, body: bytes, file_id: bytes, at: datetime) -> bytes:
    """The answer; anything but a 271, a 999 or a TA1 is none."""
    said = parts.realtime(service, password, body, kind="270", id_=file_id, at=at)
    kinds = interchanges.kinds_of(said)
    try:
        reading.sort(said)
    except Refused as refused:  # more transactions than are read in one piece, say
        raise TransportFault("refused", refused.text) from None
    if not kinds or not kinds <= _ANSWERS:
        raise TransportFault("refused", T_("What came back is no answer to a question about coverage."))
    return said
