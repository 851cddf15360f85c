"""Documents that came in as the office sees them: beside what they belong to, and each on a page of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_

from portal.access.policy import decide
from portal.domain.claims import Person
from portal.domain.documents import ABOUT, DETACHED, KINDS, MAKING, MOST_BYTES, UNSHOWN, UPLOADS
from portal.domain.errors import NotFound
from portal.domain.patients import full_name
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationRow
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.documents import AttachmentRow, DocumentPageRow, DocumentRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.services import documents
from portal.services.attachments.taking import SUBJECTS, seen
from portal.services.documents import Document
from portal.services.intake.showing import colleague
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_OTHERS = 30
AT_ONCE = 10
"""So many pages are shown at a time."""
_MEDIA = {
    "application/pdf": "PDF", "image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """One document of a list; `where` says what it is attached to, when that is not what the list is about."""

    document_id: str
    kind: Text
    name: str
    at: datetime
    by: str
    pages: int | None
    making: bool
    unshown: bool
    where: Text | None


@dataclass(frozen=True, slots=True)
class DocumentsPart:
    """What the macro `documents` shows: the documents of something, and the form to add one."""

    about: str
    about_id: str
    items: tuple[DocumentItem, ...]
    others: tuple[tuple[str, str], ...]
    """Documents of the same patient that are not in the list, by id and name, to be attached too."""
    may_attach: bool
    kinds: tuple[tuple[str, Text], ...]
    largest_mb: int


@dataclass(frozen=True, slots=True)
class PageItem:
    """One page that is drawn; in dots."""

    number: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class AttachedItem:
    """What a document belongs or belonged to; `about` and `about_id` lead there."""

    attachment_id: str
    version: int
    about: str
    about_id: str
    words: Text
    at: datetime
    by: str
    detached_at: datetime | None
    detached_by: str
    reason: Text | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many pages are drawn, of how many; `of` is 0 until that is known."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """See `templates/staff/documents/show.html`."""

    document_id: str
    kind: Text
    name: str
    media: str
    size_bytes: int
    at: datetime
    by: str
    patient_id: str
    patient_name: str
    making: Progress | None
    unshown: Text | None
    of: int
    pages: tuple[PageItem, ...]
    newer: int | None
    older: int | None
    attached: tuple[AttachedItem, ...]
    detached: tuple[AttachedItem, ...]
    may_attach: bool
    reasons: tuple[tuple[str, Text], ...]


def listed(uow: UnitOfWork, about: str, about_id: bytes) -> DocumentsPart:
    """Documents of something within reach, the newest first, with those of the visit or claim that it is about.

    A patient's are all that came in for them. Only kinds that the role meets. Raises NotFound.
    """
    patient_id, belongs = _related(uow, about, about_id)
    met = documents.kinds(uow)
    rows = uow.rows(
        uow.select(
            DocumentRow.id, DocumentRow.practice_id, DocumentRow.patient_id, DocumentRow.kind, DocumentRow.name_sealed,
            DocumentRow.created_at, DocumentRow.created_by, DocumentRow.pages, DocumentRow.page_count,
            AttachmentRow.about, AttachmentRow.about_id,
        )
        .join(AttachmentRow, and_(AttachmentRow.document_id == DocumentRow.id, AttachmentRow.detached_at.is_(None)))
        .where(DocumentRow.patient_id == patient_id, DocumentRow.kind.in_(met))
        .order_by(DocumentRow.created_at.desc(), DocumentRow.id, AttachmentRow.attached_at)
    )  # fmt: skip
    uow.expect(*(row.id for row in rows))
    found: dict[bytes, Any] = {}
    for row in rows:
        place = row.about, row.about_id
        if place == (about, about_id) or (row.id not in found and (not belongs or place in belongs)):
            found[row.id] = row
    names = {row.id: _name(uow, row) for row in rows}
    people = {by: colleague(uow, by) for by in {row.created_by for row in found.values()} if by}
    where = _where(uow, {(row.about, row.about_id) for row in found.values()} - {(about, about_id)})
    may = decide(uow.actor, "document:attach").allowed
    return DocumentsPart(
        about, about_id.hex(),
        tuple(
            DocumentItem(
                row.id.hex(), KINDS[row.kind], names[row.id], row.created_at, people.get(row.created_by, ""),
                row.page_count, row.pages == MAKING, row.pages not in {MAKING, "SHOWN"},
                where.get((row.about, row.about_id)),
            )
            for row in found.values()
        ),
        tuple((id_.hex(), name) for id_, name in names.items() if id_ not in found)[:_OTHERS] if may else (),
        may,
        tuple((kind, KINDS[kind]) for kind in UPLOADS if kind in met),
        MOST_BYTES // 1024 // 1024,
    )  # fmt: skip


def show(uow: UnitOfWork, document_id: bytes, *, begin: int = 1) -> DocumentPage:
    """One document that came in, with up to ten of its pages from `begin` on; raises NotFound."""
    row = seen(uow, document_id)
    drawn = uow.rows(
        uow.select(DocumentPageRow.number, DocumentPageRow.width, DocumentPageRow.height)
        .where(DocumentPageRow.document_id == document_id).order_by(DocumentPageRow.number)
    )  # fmt: skip
    begin = max(1, min(begin, len(drawn)))
    patient = uow.get(PatientRow, row.patient_id)
    attachments = _attachments(uow, document_id)
    behind = begin + AT_ONCE
    return DocumentPage(
        document_id=document_id.hex(),
        kind=KINDS[row.kind],
        name=_name(uow, row),
        media=_MEDIA.get(row.media_type, row.media_type),
        size_bytes=row.size_bytes,
        at=row.created_at,
        by=colleague(uow, row.created_by) if row.created_by else "",
        patient_id=row.patient_id.hex(),
        patient_name=full_name(
            Person(uow.read(patient, PatientRow.last_name_sealed), uow.read(patient, PatientRow.first_name_sealed))
        ),
        making=Progress(len(drawn), row.page_count or 0) if row.pages == MAKING else None,
        unshown=UNSHOWN[row.unshown] if row.unshown else None,
        of=row.page_count or len(drawn),
        pages=tuple(PageItem(page.number, page.width, page.height) for page in drawn[begin - 1 : behind - 1]),
        newer=max(1, begin - AT_ONCE) if begin > 1 else None,
        older=behind if behind <= len(drawn) else None,
        attached=tuple(each for each in attachments if each.detached_at is None),
        detached=tuple(each for each in attachments if each.detached_at is not None),
        may_attach=decide(uow.actor, "document:attach").allowed,
        reasons=tuple(DETACHED.items()),
    )


def picture(uow: UnitOfWork, document_id: bytes, number: int) -> Document:
    """The picture of one page; raises NotFound."""
    row = seen(uow, document_id)
    page = uow.first(
        uow.select(DocumentPageRow).where(DocumentPageRow.document_id == row.id, DocumentPageRow.number == number)
    )
    if page is None:
        raise NotFound(ABSENT, code="not-found")
    return Document(f"page-{number}", page.media_type, uow.read(page, DocumentPageRow.body_sealed))


def _name(uow: UnitOfWork, row: Any) -> str:
    name: str = uow.open(
        row.name_sealed, DocumentRow.name_sealed, row=row.id, subject=row.id, practice=row.practice_id
    )  # fmt: skip
    return name


def _related(uow: UnitOfWork, about: str, about_id: bytes) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """Whom something is about, and what its documents may hang on: itself, its claim, its visit; empty for all."""
    row: Any = uow.get(SUBJECTS[about], about_id)
    if about == "patient":
        return about_id, ()
    belongs = [(about, about_id)]
    claim = uow.get(ClaimRow, row.claim_id) if about == "denial" else row if about == "claim" else None
    if claim is not None:
        belongs += [("claim", claim.id), ("encounter", claim.encounter_id)]
    return row.patient_id, tuple(belongs)


def _where(uow: UnitOfWork, places: Iterable[tuple[str, bytes]]) -> dict[tuple[str, bytes], Text]:
    """What documents hang on, in words: the visit of a day, a claim by its number."""
    ids: dict[str, list[bytes]] = {name: [] for name in ABOUT}
    for name, id_ in places:
        ids[name].append(id_)
    found: dict[tuple[str, bytes], Text] = {("patient", id_): T_("the account") for id_ in ids["patient"]}
    if ids["encounter"]:
        visits = uow.rows(
            uow.select(EncounterRow.id, EncounterRow.service_from).where(EncounterRow.id.in_(ids["encounter"]))
        )
        found |= {("encounter", row.id): T_("the visit of {day}", day=row.service_from) for row in visits}
    if ids["claim"]:
        claims = uow.rows(uow.select(ClaimRow.id, ClaimRow.control).where(ClaimRow.id.in_(ids["claim"])))
        found |= {("claim", row.id): T_("claim {number}", number=row.control) for row in claims}
    if ids["authorization"]:
        asked = uow.rows(
            uow.select(AuthorizationRow.id, AuthorizationRow.from_date).where(
                AuthorizationRow.id.in_(ids["authorization"])
            )
        )
        found |= {("authorization", row.id): T_("the authorization from {day}", day=row.from_date) for row in asked}
    if ids["denial"]:
        denials = uow.rows(
            uow.select(DenialRow.id, ClaimRow.control)
            .join(ClaimRow, ClaimRow.id == DenialRow.claim_id)
            .where(DenialRow.id.in_(ids["denial"]))
        )
        found |= {("denial", row.id): T_("a denial of claim {number}", number=row.control) for row in denials}
    return found


def _attachments(uow: UnitOfWork, document_id: bytes) -> tuple[AttachedItem, ...]:
    rows = uow.entities(
        uow.select(AttachmentRow).where(AttachmentRow.document_id == document_id).order_by(AttachmentRow.attached_at)
    )
    where = _where(uow, {(row.about, row.about_id) for row in rows})
    people = {by: colleague(uow, by) for row in rows for by in (row.attached_by, row.detached_by) if by}
    return tuple(
        AttachedItem(
            row.id.hex(), row.version, row.about, row.about_id.hex(),
            where.get((row.about, row.about_id), ABOUT[row.about]),
            row.attached_at, people[row.attached_by], row.detached_at, people.get(row.detached_by or "", ""),
            DETACHED[row.reason] if row.reason else None, uow.read(row, AttachmentRow.note_sealed),
        )
        for row in rows
    )  # fmt: skip
