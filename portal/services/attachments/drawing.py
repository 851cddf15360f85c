"""The pictures of a document's pages, made by a worker and kept sealed under the document's own key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func

from portal.access.actors import Actor
from portal.domain.documents import MAKING, NOT_SHOWN, SHOWN, PagePicture, Unshowable
from portal.models.documents import DocumentPageRow, DocumentRow
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units

_PAGES, _BYTES = 8, 4 * 1024 * 1024
"""So much is kept at a time: nobody waits long for the store, and a drawing that breaks off goes on from there."""


def draw(units: Units, parts: Parts, actor: Actor, document_id: bytes) -> None:
    """Draw what is not drawn yet; a document that cannot be shown, or not from a page on, says why.

    Drawing runs between units of work. A second run goes on where the first broke off.
    """
    with units.read(actor, "document:view") as uow:
        row = uow.get(DocumentRow, document_id)
        if row.pages != MAKING:
            return
        done = uow.value(uow.select(func.count(DocumentPageRow.id)).where(DocumentPageRow.document_id == document_id))
        body, media_type = uow.read(row, DocumentRow.body_sealed), row.media_type
        keeper = _Keeper(units, actor, document_id, row.patient_id)
    unshown = None
    try:
        for picture in parts.scans.pages(body, media_type, first=done + 1):
            keeper.take(picture)
    except Unshowable as problem:
        unshown = problem.code
    keeper.end(unshown)


@dataclass(slots=True)
class _Keeper:
    """Gathers pictures and stores them a few at a time."""

    units: Units
    actor: Actor
    document_id: bytes
    patient_id: bytes | None
    waiting: list[PagePicture] = field(default_factory=list)
    counted: bool = False

    def take(self, picture: PagePicture) -> None:
        self.waiting.append(picture)
        full = len(self.waiting) >= _PAGES or sum(len(each.body) for each in self.waiting) >= _BYTES
        if full or not self.counted:  # the first page is shown at once, and says how many there are
            self._keep()

    def end(self, unshown: str | None) -> None:
        self._keep({"pages": NOT_SHOWN if unshown else SHOWN, "unshown": unshown})

    def _keep(self, last: dict[str, str | None] | None = None) -> None:
        with self.units.write(self.actor, "document:attach") as uow:
            changes: dict[str, Any] = dict(last or {})
            if self.waiting and not self.counted:
                changes["page_count"] = self.waiting[0].of
            if changes:
                uow.change(uow.get(DocumentRow, self.document_id), **changes)
            for each in self.waiting:
                uow.new(
                    DocumentPageRow, patient_id=self.patient_id, document_id=self.document_id, number=each.number,
                    media_type=each.media_type, width=each.width, height=each.height, size_bytes=len(each.body),
                    body_sealed=each.body,
                )  # fmt: skip
        self.counted = self.counted or bool(self.waiting)
        self.waiting = []
