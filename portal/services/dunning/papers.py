"""Letters of steps on paper: set by their job, kept as documents of the account, mailed by a person who says so."""

from __future__ import annotations

import hashlib

from portal.access.actors import Actor
from portal.domain.errors import Conflict
from portal.domain.notices import NoticeFacts
from portal.domain.texts import T_, to_json
from portal.models.dunning import NoticeRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import documents, queues
from portal.services.dunning import sending
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_CHANGED = T_("This letter was mailed or taken back meanwhile. Nothing was changed; look at it again.")
_FILES = {"PAST_DUE": "reminder", "FINAL_NOTICE": "final-notice"}


def print_paper(units: Units, parts: Parts, actor: Actor, notice_id: bytes) -> None:
    """The job of one letter: set between units of work, sealed with the account, and laid to be mailed."""
    with units.read(actor, "notice:send") as uow:
        row = uow.get(NoticeRow, notice_id)
        if row.state != "PLANNED":
            return
        content = uow.read(row, NoticeRow.body_sealed)
        language, zone = row.language, uow.get(PracticeRow, row.practice_id).time_zone
    paper = parts.paper.notice(content, language=language, time_zone=zone)
    with units.write(actor, "notice:send") as uow:
        row = uow.get(NoticeRow, notice_id)
        if row.state != "PLANNED":
            return
        gone = sending.left_step(uow, uow.get(StatementRow, row.statement_id), row)
        if gone:
            sending.take_back(uow, row, gone)
            return
        document = documents.store(
            uow, patient_id=row.patient_id, kind="letter", name=f"{_FILES[row.step]}-{content['number']}.pdf",
            media_type="application/pdf", body=paper,
        )  # fmt: skip
        uow.flush()
        uow.move(row, "TO_MAIL", NoticeFacts(paper=True))
        uow.change(
            row, document_id=document.id, text_digest=hashlib.sha256(paper).digest(),
            recipient_sealed=", ".join(content["to"]),
        )  # fmt: skip
        said = {
            "number": content["number"],
            "text": to_json(T_("A letter about a bill is printed and must be mailed.")),
        }
        queues.put(uow, "letters", row, reason="notice", detail=said, at_risk_cents=content["owed_cents"])


def mailed(uow: UnitOfWork, notice_id: bytes, version: int) -> None:
    """Somebody mailed the letter; raises Refused where its bill was paid meanwhile, Conflict for an old page."""
    row = _standing(uow, notice_id, version)
    stands = not sending.left_step(uow, uow.get(StatementRow, row.statement_id), row)
    uow.move(row, "SENT", NoticeFacts(stands=stands))
    uow.change(row, sent_at=uow.now)
    queues.done(uow, row)


def keep_back(uow: UnitOfWork, notice_id: bytes, version: int) -> None:
    """The letter is not mailed: its bill was paid, or its address is none any more."""
    row = _standing(uow, notice_id, version)
    why = sending.left_step(uow, uow.get(StatementRow, row.statement_id), row)
    sending.take_back(uow, row, why or "address-changed")


def _standing(uow: UnitOfWork, notice_id: bytes, version: int) -> NoticeRow:
    row = uow.get(NoticeRow, notice_id)
    if row.state != "TO_MAIL" or row.version != version:
        raise Conflict(_CHANGED, code="version")
    return row
