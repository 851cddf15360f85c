"""Documents are taken in and attached to what they are about, or taken off again with a reason; none is deleted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from portal.domain.documents import ABOUT, DETACHED, KINDS, MAKING, UPLOADS, check_size
from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_
from portal.models.assistance import AssistanceRow
from portal.models.authorizations import AuthorizationRow
from portal.models.base import Base
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.documents import AttachmentRow, DocumentRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.services import documents, outbox
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

SUBJECTS: dict[str, type[Base]] = {
    "patient": PatientRow, "encounter": EncounterRow, "claim": ClaimRow, "denial": DenialRow,
    "authorization": AuthorizationRow, "assistance": AssistanceRow,
}  # fmt: skip
"""What a document can be about; the words are `domain.documents.ABOUT`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A document as it was taken in; not `new` when the same bytes were here for this patient before."""

    document_id: bytes
    new: bool


def take_in(uow: UnitOfWork, about: str, about_id: bytes, *, kind: str, name: str, body: bytes) -> Taken:
    """Store a document sealed, attach it, and ask for the pictures of its pages, all in one.

    Only its first and last bytes are looked at here. Raises Refused for what is none of the kinds, too large or cut
    short (`domain.documents.look`), NotFound for what it is about out of reach.
    """
    if kind not in UPLOADS or kind not in documents.kinds(uow):
        raise Refused(T_("Choose what kind of document it is."), code="kind")
    check_size(len(body))
    patient_id = patient_of(uow, about, about_id)
    content = hashlib.sha256(patient_id + body).digest()
    standing = _standing(uow, patient_id, content)
    if standing is None:
        row = documents.receive(
            uow, practice_id=uow.practice_id, patient_id=patient_id, kind=kind, name=name, body=body,
            content_sealed=content,
        )  # fmt: skip
        uow.flush()
        _ask(uow, row.id, "")
    else:
        row = standing
        if row.pages == MAKING:  # its job may have been given up: once a day it is asked for anew
            _ask(uow, row.id, f":{uow.today():%Y%m%d}")
    _attach(uow, row, about, about_id)
    return Taken(row.id, standing is None)


def attach(uow: UnitOfWork, document_id: bytes, about: str, about_id: bytes) -> None:
    """Attach a document that is here to something else of the same patient; once there, it stays as it is.

    Raises NotFound, Refused `other-patient`.
    """
    patient_id = patient_of(uow, about, about_id)
    document = seen(uow, document_id)
    if document.patient_id != patient_id:
        raise Refused(T_("This document is about another patient."), code="other-patient")
    _attach(uow, document, about, about_id)


def detach(
    uow: UnitOfWork, document_id: bytes, attachment_id: bytes, reason: str, note: str = "", *, expected_version: int
) -> None:
    """Take a document off what it was attached to; it is kept, and so is who, when and why.

    Raises Refused without a reason, NotFound, Conflict when somebody was quicker.
    """
    if reason not in DETACHED or (reason == "other" and not note):
        raise Refused(T_("Say why it is taken off."), code="reason")
    seen(uow, document_id)
    row = uow.get(AttachmentRow, attachment_id)
    if row.document_id != document_id:
        raise NotFound(ABSENT, code="not-found")
    if row.detached_at is not None:
        raise Refused(T_("It was taken off already."), code="detached")
    uow.change(
        row, expected_version=expected_version, detached_by=uow.actor.identity, detached_at=uow.now, reason=reason,
        note_sealed=note or None,
    )  # fmt: skip


def seen(uow: UnitOfWork, document_id: bytes) -> Any:
    """What stands open of a document that came in; raises NotFound, also for a kind that this role does not meet.

    Columns, so that the many bytes of the document are left where they are.
    """
    row = uow.row(
        uow.select(
            DocumentRow.id, DocumentRow.practice_id, DocumentRow.patient_id, DocumentRow.kind, DocumentRow.media_type,
            DocumentRow.size_bytes, DocumentRow.name_sealed, DocumentRow.created_at, DocumentRow.created_by,
            DocumentRow.pages, DocumentRow.page_count, DocumentRow.unshown,
        ).where(
            DocumentRow.id == document_id, DocumentRow.pages.is_not(None), DocumentRow.kind.in_(documents.kinds(uow))
        )
    )  # fmt: skip
    uow.trail.asked.add((DocumentRow.table_code, document_id))
    if row is None:
        raise NotFound(ABSENT, code="not-found")
    return row


def patient_of(uow: UnitOfWork, about: str, about_id: bytes) -> bytes:
    """Whom something within reach is about; raises NotFound."""
    model: Any = SUBJECTS.get(about)
    if model is None or about not in ABOUT:
        raise NotFound(ABSENT, code="not-found")
    column = model.id if about == "patient" else model.patient_id
    row = uow.row(uow.select(column.label("patient_id")).where(model.id == about_id))
    if row is None:
        uow.trail.asked.add((model.table_code, about_id))
        raise NotFound(ABSENT, code="not-found")
    found: bytes = row.patient_id
    return found


def _standing(uow: UnitOfWork, patient_id: bytes, content: bytes) -> DocumentRow | None:
    """The same bytes for the same patient; raises Refused where they are filed as what this role does not meet."""
    tokens = uow.tokens("document-content", content)
    found = uow.first(
        uow.select(DocumentRow).where(DocumentRow.patient_id == patient_id, DocumentRow.content_index.in_(tokens))
    )
    if found is None or uow.read(found, DocumentRow.content_sealed) != content:
        return None
    if found.kind not in documents.kinds(uow):
        raise Refused(
            T_("This file is here already, as: {kind}. Your role does not open these; ask a colleague.",
               kind=KINDS[found.kind]),
            code="kind",
        )  # fmt: skip
    return found


def _attach(uow: UnitOfWork, document: Any, about: str, about_id: bytes) -> None:
    there = uow.row(uow.select(AttachmentRow.id).where(
        AttachmentRow.document_id == document.id, AttachmentRow.about == about, AttachmentRow.about_id == about_id,
        AttachmentRow.detached_at.is_(None),
    ))  # fmt: skip
    if there is None:
        documents.file_with(uow, document, about, about_id)


def _ask(uow: UnitOfWork, document_id: bytes, again: str) -> None:
    outbox.later(uow, "document.pages", f"document.pages:{document_id.hex()}{again}", {"document": document_id})
