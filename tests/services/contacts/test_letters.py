"""A letter is made once, put on paper by its job, kept among the documents of its claim, and noted as a contact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from portal.access import roles
from portal.domain.errors import Conflict, NotFound, Refused
from portal.jobs.handlers import HANDLERS
from portal.language.speaker import Speaker
from portal.models.contacts import LetterRow
from portal.models.documents import DocumentRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services import documents
from portal.services.attachments import showing as papers
from portal.services.contacts import desks, letters, showing
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.services.authorizations.desk import NEEDS, Desk
from tests.services.contacts.desk import claim, waiting
from tests.services.test_unit_of_work import events

pytestmark = pytest.mark.database

SAY = Speaker("en_US", "UTC").text
KEY = "c" * 32
DESK = {"name": "Appeals", "phone": "5035550142", "line1": "PO Box 1", "city": "Salem", "state": "OR",
        "postal_code": "97309"}  # fmt: skip


def form(world: World, claim_id: bytes, template: str, **more: str) -> dict[str, str]:
    with world.read("letter:make", world.actor("biller")) as uow:
        page = letters.offer(uow, "claim", claim_id, template, SAY)
    return dict(page.data) | more


def make(world: World, claim_id: bytes, given: dict[str, str], role: str = "biller") -> letters.Kept:
    with world.write("letter:make", world.actor(role)) as uow:
        return letters.make(uow, "claim", claim_id, given, SAY, key=KEY)


class Press:
    """Paper that says what it was given, and counts how often."""

    def __init__(self) -> None:
        self.set: list[dict] = []

    def statement(self, content, *, language: str, time_zone: str) -> bytes:
        raise AssertionError("no statement is asked for")

    def letter(self, content, *, language: str, time_zone: str) -> bytes:
        self.set.append(dict(content))
        return b"%PDF-1.7\n" + content["subject"].encode() + b"\n%%EOF\n"


def test_a_letter_is_made_once_printed_once_and_noted(world: World):
    row = claim(world)
    with world.write("payer-desk:edit", world.actor("biller")) as uow:
        for _ in range(2):
            desks.add(uow, row.payer_id, DESK)
            uow.flush()
    given = form(world, row.id, "status-inquiry")
    assert given["to"] == "Plan CBH03\nPO Box 1\nSalem, OR 97309"
    assert "(503) 555-0142" in given["body"], "the practice's own number"
    first, again = make(world, row.id, given), make(world, row.id, given)
    assert (first.new, again.new, again.contact_id) == (True, False, first.contact_id)
    with pytest.raises(Conflict):
        make(world, row.id, given | {"subject": "Something else"})
    with world.read("letter:make") as uow:
        [kept] = uow.entities(uow.select(LetterRow))
        assert (kept.document_id, kept.template) == (None, "status-inquiry")
        asked = uow.read(kept, LetterRow.body_sealed)
    assert asked["number"] == row.control
    assert ["Our claim number", row.control] in asked["rows"]
    assert [each.due_on.isoformat() for each in waiting(world) if each.subject_id == row.id] == [given["next_on"]]

    press = Press()
    parts = replace(world.runtime.parts, paper=press)
    for _ in range(2):
        letters.print_paper(world.units, parts, world.machine("letter.paper"), kept.id)
    assert len(press.set) == 1
    biller = world.actor("biller")
    with world.read("document:view", biller) as uow:
        [shown] = papers.listed(uow, "claim", row.id).items
        assert (shown.name, str(shown.kind)) == ("status-inquiry-2026-08-03.pdf", "Letter")
        assert b"Where does this stand?" in documents.fetch(uow, bytes.fromhex(shown.document_id)).body
    with world.read("contact:view", biller) as uow:
        [noted] = showing.part(uow, "claim", row.id).items
        assert noted.letter is not None
        assert (noted.letter.document_id, str(noted.channel), noted.out) == (shown.document_id, "Letter", True)
    told = [each for each in events(world) if each["subtype"] == "letter:make" and each["action"] == "U"]
    assert {each["type"] for each in told[0]["objects"]} >= {103, 104}
    own = world.actor(roles.PATIENT)
    with pytest.raises(Denied), world.read("contact:view", own) as uow:
        showing.part(uow, "claim", row.id)
    with world.read("document:view") as uow:
        [stored] = uow.entities(uow.select(DocumentRow))
        assert stored.pages is not None, "so that a patient's reach ends before it"


def test_what_is_not_filled_in_or_not_theirs_is_not_made(world: World):
    row = claim(world)
    given = form(world, row.id, "reconsideration", to="Plan\nPO Box 1")
    for change, code in (({}, "body"), ({"body": "Please.", "next_on": "2020-01-01"}, "next_on")):
        with pytest.raises(Refused) as refused:
            make(world, row.id, given | change)
        assert refused.value.code == code
    with pytest.raises(Denied):
        make(world, row.id, given | {"body": "Please."}, roles.PAYMENT_POSTER)
    with pytest.raises(NotFound):
        make(world, row.id, given | {"body": "Please."}, roles.CHARGE_CLERK)
    with pytest.raises(Refused), world.write("letter:make", world.actor("biller")) as uow:
        letters.offer(uow, "payer", row.payer_id, "status-inquiry", SAY)
    with pytest.raises(Refused), world.read("letter:make", world.actor("biller")) as uow:
        letters.offer(uow, "claim", row.id, "threat", SAY)
    with world.read("letter:make") as uow:
        assert uow.entities(uow.select(LetterRow)) == []
    assert "letter.paper" in HANDLERS


def test_a_department_that_is_taken_out_is_offered_no_more(world: World):
    row, biller = claim(world), world.actor("biller")
    with world.write("payer-desk:edit", biller) as uow:
        desks.add(uow, row.payer_id, DESK)
    with world.read("contact:view", biller) as uow:
        [desk] = desks.desks_of(uow, row.payer_id)
    with world.write("payer-desk:edit", biller) as uow:
        desks.take_out(uow, row.payer_id, bytes.fromhex(desk.desk_id), expected_version=desk.version)
    with pytest.raises(Conflict), world.write("payer-desk:edit", biller) as uow:
        desks.take_out(uow, row.payer_id, bytes.fromhex(desk.desk_id), expected_version=desk.version)
    assert form(world, row.id, "status-inquiry")["to"] == "Plan CBH03"
    with pytest.raises(Denied), world.write("payer-desk:edit", world.actor(roles.DENIAL_SPECIALIST)) as uow:
        desks.add(uow, row.payer_id, DESK)


def test_a_letter_about_an_authorization_lies_with_it(world: World, tmp_path: Path):
    asked = Desk(world, tmp_path, Clearinghouse(tmp_path, tmp_path, clock=world.clock))
    visit = asked.visit()
    id_ = asked.draft(visit)
    clerk = world.actor(roles.CHARGE_CLERK)
    with world.write("letter:make", clerk) as uow:
        page = letters.offer(uow, "authorization", id_, "status-inquiry", SAY)
        given = dict(page.data) | {"to": "Plan\nPO Box 1", "channel": "portal"}
        letters.make(uow, "authorization", id_, given, SAY, key=KEY)
    head = {str(word): SAY(value) for word, value in page.rows}
    assert head["Services"] == f"{NEEDS} (2)"
    assert {"Our request number", "Dates asked for"} <= head.keys()
    assert "Charged" not in head
    with world.read("letter:make") as uow:
        [kept] = uow.entities(uow.select(LetterRow))
    parts = replace(world.runtime.parts, paper=Press())
    letters.print_paper(world.units, parts, world.machine("letter.paper"), kept.id)
    with world.read("authorization:view", clerk) as uow:
        [shown] = papers.listed(uow, "authorization", id_).items
        [noted] = showing.part(uow, "authorization", id_).items
        assert noted.letter is not None
        assert noted.letter.document_id == shown.document_id
        document = papers.show(uow, bytes.fromhex(shown.document_id))
        assert [str(each.words) for each in document.attached] == ["the authorization from 2026-08-03"]
    assert [each.due_on.isoformat() for each in waiting(world, "authorizations")] == [given["next_on"]]
