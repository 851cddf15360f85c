"""Documents under their own keys: stored once, opened whole, every view told."""

from __future__ import annotations

from dataclasses import dataclass

from portal.models.documents import DocumentRow
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it leaves: bytes, media type and the name to save it under."""

    name: str
    media_type: str
    body: bytes


def store(
    uow: UnitOfWork, *, patient_id: bytes | None, kind: str, name: str, media_type: str, body: bytes
) -> DocumentRow:
    """Seal a document under its own key."""
    return uow.new(
        DocumentRow, patient_id=patient_id, kind=kind, media_type=media_type, size_bytes=len(body), name_sealed=name,
        body_sealed=body, created_at=uow.now,
    )  # fmt: skip


def fetch(uow: UnitOfWork, document_id: bytes) -> Document:
    """Open a document within reach; raises NotFound."""
    row = uow.get(DocumentRow, document_id)
    return Document(uow.read(row, DocumentRow.name_sealed), row.media_type, uow.read(row, DocumentRow.body_sealed))
