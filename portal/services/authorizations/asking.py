"""Requests go to payers: numbered as a 278 and stored in one transaction, handed on after it; what was refused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.granting import AuthorizationFacts, answer_due
from portal.domain.texts import T_, to_json
from portal.models.authorizations import AuthorizationRow
from portal.models.claims import AcknowledgementRow
from portal.models.practices import PartnerRow, PracticeRow
from portal.services import interchanges, queues
from portal.services.authorizations.parties import as_request, lines_of
from portal.services.authorizations.requesting import refuse_kept
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.x12.authorizations.writing import reference, write_requests

PERMISSION = "authorization:request"
KIND = "278"
_WAITS = T_("The payer was asked and has to decide by the day it is due.")
_REFUSED = T_("The partner refused the file with this request. Open the file: it says why. Then send it again.")


def ask(
    units: Units,
    parts: Parts,
    actor: Actor,
    id_: bytes,
    *,
    expected_version: int | None = None,
    request: Request | None = None,
) -> bool:
    """Send a drafted request to its payer; whether the partner's folder took it, else it goes by itself later.

    Raises NotFound, Conflict, Refused (`guard:complete`, `no-such-move`, `no-partner`, `which-partner`, `restricted`).
    """
    with units.write(actor, PERMISSION, request=request) as uow:
        row = uow.get(AuthorizationRow, id_)
        uow.change(row, expected_version=expected_version)
        refuse_kept(uow, row.encounter_id)
        file_id = _store(uow, row)
    return interchanges.hand_on(units, parts, actor, PERMISSION, file_id, request=request)


def asked(uow: UnitOfWork, row: AuthorizationRow, channel: str) -> None:
    """Say that the payer has been asked, however: it lies with the payer until the day by which it has to decide."""
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == row.practice_id))
    due = answer_due(row.urgency, uow.now, zone)
    complete = bool(lines_of(uow, row.id)) and bool(uow.read(row, AuthorizationRow.diagnoses_sealed))
    uow.move(row, "SUBMITTED", AuthorizationFacts(complete=complete), reason="asked")
    uow.change(row, channel=channel, asked=row.asked + 1, asked_at=uow.now, due_on=due, reasons=[])
    uow.flush()
    queues.put(
        uow, "authorization-answers", row, reason="asked", detail={"text": to_json(_WAITS)}, due_on=due
    )  # fmt: skip


def resend_unsent(units: Units, parts: Parts, actor: Actor) -> int:
    """Put files of requests that were stored and not handed on into their folder; how many went."""
    with units.read(actor, PERMISSION) as uow:
        waiting = interchanges.left_behind(uow, KIND, interchanges.PATIENCE)
    return sum(interchanges.hand_on(units, parts, actor, PERMISSION, id_) for id_ in waiting)


def take_back_refused(uow: UnitOfWork) -> int:
    """Requests whose file the partner turned away (TA1, 999) are drafts again, with what to do; how many."""
    answer, row = AcknowledgementRow, AuthorizationRow
    waiting = uow.select(row.interchange_id).where(row.state == "SUBMITTED", row.interchange_id.is_not(None))
    files = sorted({each.interchange_id for each in uow.rows(waiting.distinct())})
    turned = uow.rows(
        uow.select(answer.about_interchange_id)
        .where(answer.about_interchange_id.in_(files), answer.outcome == "rejected")
        .distinct()
    )
    back = 0
    for each in turned:
        stuck = uow.select(row).where(row.interchange_id == each.about_interchange_id, row.state == "SUBMITTED")
        for one in uow.entities(stuck):
            uow.move(one, "DRAFT", AuthorizationFacts(), reason="file-refused")
            queues.follow(uow, one, reason="file-refused", detail={"text": to_json(_REFUSED)})
            back += 1
    return back


def _store(uow: UnitOfWork, row: AuthorizationRow) -> bytes:
    """Numbers, file and move in one transaction."""
    partner = _partner(uow)
    asked(uow, row, "278")
    made = as_request(uow, row, f"{row.trace}-{row.asked}")
    numbers = interchanges.control_numbers(uow, partner, 1)
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == row.practice_id))
    local = uow.now.astimezone(ZoneInfo(zone))
    try:
        body = write_requests([made], partner=interchanges.as_partner(partner), numbers=numbers, at=local)
    except ValueError:
        raise Refused(
            T_("The file cannot be written with this partner's ids. An administrator corrects them; nobody was asked."),
            code="partner-shape",
        ) from None
    file_id, control = new_id(), f"{numbers.interchange:09d}"
    interchanges.sent(
        uow, f"{control}-{file_id.hex()[:8]}.278", body, kind=KIND, control=control, group=str(numbers.group),
        partner=partner, items=1, id_=file_id,
    )  # fmt: skip
    uow.flush()
    uow.change(row, interchange_id=file_id, reference=reference(numbers, 0))
    return file_id


def _partner(uow: UnitOfWork) -> PartnerRow:
    found = uow.entities(uow.select(PartnerRow).order_by(PartnerRow.code))
    if not found:
        raise Refused(
            T_("No trading partner is set up. An administrator adds one; nobody was asked."), code="no-partner"
        )
    if len(found) > 1:
        raise Refused(
            T_("There are several trading partners, and it is not known which one asks."), code="which-partner"
        )
    return found[0]
