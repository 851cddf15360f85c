"""Documents under their own keys: stored once, opened whole, every view told, each role its kinds."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from portal.access.fields import DOCUMENTS
from portal.access.permissions import PERMISSIONS
from portal.access.roles import SYSTEM
from portal.domain.documents import MAKING, look
from portal.domain.errors import NotFound
from portal.models.documents import AttachmentRow, DocumentRow
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it leaves: bytes, media type and the name to save it under."""

    name: str
    media_type: str
    body: bytes


def store(
    uow: UnitOfWork, *, patient_id: bytes | None, kind: str, name: str, media_type: str, body: bytes, **more: Any
) -> DocumentRow:
    """Seal a document under its own key; `more` are columns of one that came in."""
    return uow.new(
        DocumentRow, patient_id=patient_id, kind=kind, media_type=media_type, size_bytes=len(body), name_sealed=name,
        body_sealed=body, created_at=uow.now, **more,
    )  # fmt: skip


def receive(
    uow: UnitOfWork, *, practice_id: bytes, patient_id: bytes, kind: str, name: str, body: bytes, **more: Any
) -> DocumentRow:
    """Seal a file that came in, whoever brought it; its pages are to be drawn by the job `document.pages`.

    Only its first and last bytes are looked at. Raises Refused for what is none of the kinds that are taken in, too
    large or cut short (`domain.documents.look`).
    """
    return store(
        uow, practice_id=practice_id, patient_id=patient_id, kind=kind, name=tidy(name), media_type=look(body),
        body=body, pages=MAKING, created_by=uow.actor.identity, **more,
    )  # fmt: skip


def file_with(uow: UnitOfWork, document: DocumentRow, about: str, about_id: bytes) -> None:
    """Attach a document to something of its patient (`domain.documents.ABOUT`) that it is not attached to yet."""
    uow.new(
        AttachmentRow, practice_id=document.practice_id, patient_id=document.patient_id, document_id=document.id,
        about=about, about_id=about_id, attached_by=uow.actor.identity, attached_at=uow.now,
    )  # fmt: skip


def tidy(name: str) -> str:
    """A file's name without folders and signs that cannot be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(each for each in last if unicodedata.category(each)[0] != "C").strip()
    return plain[-_NAME_LENGTH:] or "unnamed"


def fetch(uow: UnitOfWork, document_id: bytes) -> Document:
    """Open a document within reach; raises NotFound, alike for one of a kind that this role does not meet."""
    row = uow.get(DocumentRow, document_id)
    if row.kind not in kinds(uow):
        raise NotFound(ABSENT, code="not-found")
    return Document(uow.read(row, DocumentRow.name_sealed), row.media_type, uow.read(row, DocumentRow.body_sealed))


def kinds(uow: UnitOfWork) -> frozenset[str]:
    """The kinds of documents that whoever acts meets: those of all their roles that grant this permission."""
    held = {SYSTEM} if uow.actor.system else uow.actor.roles()
    granting = held & PERMISSIONS[uow.permission].reach_by_role.keys()
    return frozenset().union(*(DOCUMENTS.get(role, frozenset()) for role in granting))
