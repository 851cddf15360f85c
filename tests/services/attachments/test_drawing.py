"""A worker draws the pages of documents, goes on where it broke off, and says why it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.domain.documents import MAKING, NOT_SHOWN, SHOWN, PagePicture, Unshowable
from portal.models.documents import DocumentPageRow, DocumentRow
from portal.services.attachments import drawing
from tests.databases import World
from tests.make import claims as make
from tests.make import papers, scans
from tests.services.test_unit_of_work import events

pytestmark = pytest.mark.database


@pytest.fixture
def encounter_id(world: World) -> bytes:
    with world.write("patient:change") as uow:
        return make.visit(uow).encounter_id


def state(world: World, id_: bytes) -> tuple[str | None, int | None, str | None, list[int]]:
    with world.read("document:view") as uow:
        row = uow.get(DocumentRow, id_)
        pages = uow.entities(
            uow.select(DocumentPageRow).where(DocumentPageRow.document_id == id_).order_by(DocumentPageRow.number)
        )
        return row.pages, row.page_count, row.unshown, [page.number for page in pages]


def draw(world: World, id_: bytes, parts=None) -> None:
    drawing.draw(world.units, parts or world.runtime.parts, world.machine("document.pages"), id_)


def test_pages_are_drawn_once_and_kept_sealed(world: World, encounter_id: bytes):
    id_ = papers.take(world, "encounter", encounter_id, body=scans.pdf(10))
    assert state(world, id_) == (MAKING, None, None, [])
    for _ in range(2):
        draw(world, id_)
        assert state(world, id_) == (SHOWN, 10, None, list(range(1, 11)))
    with world.runtime.engine.connect() as connection:
        stored = b"".join(bytes(row[0]) for row in connection.execute(text("SELECT body_sealed FROM document_page")))
        assert b"\x89PNG\r\n\x1a\n" not in stored
    told = [event for event in events(world) if event["subtype"] in {"document:view", "document:attach"}]
    worked = [event for event in told if event["actor"] == "system:document.pages"]
    assert [event["action"] for event in worked] == ["R", "U", "C", "U", "R"], "read, kept, looked"


@pytest.mark.parametrize(
    ("body", "why"), [(scans.locked_pdf(), "encrypted"), (scans.png_bomb(20_000), "too-large")], ids=["pdf", "png"]
)
def test_what_cannot_be_shown_keeps_its_original_and_says_why(world: World, encounter_id: bytes, body: bytes, why: str):
    id_ = papers.take(world, "encounter", encounter_id, body=body)
    draw(world, id_)
    kept, _, unshown, pages = state(world, id_)
    assert (kept, unshown, pages) == (NOT_SHOWN, why, [])
    with world.read("document:view") as uow:
        assert uow.read(uow.get(DocumentRow, id_), DocumentRow.body_sealed) == body


class Breaking:
    """Scans that break off after so many pages, each time that they are asked."""

    def __init__(self, after: int, error: Exception) -> None:
        self.after, self.error, self.firsts = after, error, list[int]()

    def pages(self, body: bytes, media_type: str, *, first: int = 1) -> Iterator[PagePicture]:
        self.firsts.append(first)
        for number in range(first, first + self.after):
            yield PagePicture(number, 30, "image/png", 10, 10, b"\x89PNG\r\n\x1a\n" + bytes([number]))
        raise self.error


def test_a_drawing_that_breaks_off_goes_on_from_there(world: World, encounter_id: bytes):
    id_ = papers.take(world, "encounter", encounter_id)
    breaking = Breaking(12, OSError("no process can be started"))
    parts = replace(world.runtime.parts, scans=breaking)
    with pytest.raises(OSError, match="no process"):
        draw(world, id_, parts)
    kept, of, unshown, pages = state(world, id_)
    assert (kept, of, unshown) == (MAKING, 30, None)
    assert pages == list(range(1, 10)), "the first at once, then eight at a time"
    with pytest.raises(OSError, match="no process"):
        draw(world, id_, parts)
    assert breaking.firsts == [1, 10]


def test_pages_before_what_cannot_be_shown_stay(world: World, encounter_id: bytes):
    id_ = papers.take(world, "encounter", encounter_id)
    draw(world, id_, replace(world.runtime.parts, scans=Breaking(3, Unshowable("damaged"))))
    assert state(world, id_) == (NOT_SHOWN, 30, "damaged", [1, 2, 3])
