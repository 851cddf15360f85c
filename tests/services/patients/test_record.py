"""A copy of the billing record holds everything of the patient, and for others nothing that stays with the patient."""

from __future__ import annotations

import hashlib
import io
import json
from zipfile import ZipFile

import pytest
from flask import Flask

from portal.access import roles
from portal.app import create_app
from portal.domain.errors import NotFound
from portal.domain.messages.life import PATIENT
from portal.domain.texts import T_
from portal.models.messages import ConversationMessageRow, ConversationRow
from portal.models.patients import PatientRow
from portal.services import documents
from portal.services.patients import copies, record
from tests.databases import World
from tests.make import users
from tests.make.accounts import patient
from tests.services.test_confidential import CENTS, family, keep, someone


@pytest.fixture
def ids(world: World) -> dict[str, bytes]:
    return world.scene(family, world)


def lived(world: World, ids: dict[str, bytes]) -> bytes:
    """Besides visits and payments a letter and a question of the patient; another patient, of whom nothing may show."""
    with world.write("patient:change") as uow:
        child = uow.get(PatientRow, ids["child"])
        documents.store(uow, practice_id=child.practice_id, patient_id=child.id, kind="letter",
                        name="a/=letter.pdf", media_type="application/pdf", body=b"%PDF-1 words")  # fmt: skip
        asked = uow.new(
            ConversationRow, practice_id=child.practice_id, patient_id=child.id, kind="question", state="WITH_OFFICE",
            title_sealed="=1+1", opened_by="self", opened_at=uow.now, key="k",
        )  # fmt: skip
        uow.flush()
        uow.new(
            ConversationMessageRow, practice_id=child.practice_id, patient_id=child.id, conversation_id=asked.id,
            side=PATIENT, words_sealed="Why?", written_by="self", written_at=uow.now, key="m",
        )  # fmt: skip
        other = patient(uow, first_name_sealed="Zebedee", mrn_sealed="M-Z", account_number_sealed="A-Z")
        uow.flush()
        return other.id


def taken(world: World, actor, patient_id: bytes) -> tuple[dict, dict[str, bytes]]:
    with world.units.read(actor, "own-record:make", kind="export") as uow:
        found = record.gather(uow, patient_id)
        made = copies.pack(uow, found, say=str, readme="how", page="<p>all</p>")
    with ZipFile(io.BytesIO(made.body)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files["record.json"]), files


def test_all_of_it_and_nothing_that_stays_with_the_patient(world: World, ids):
    other = lived(world, ids)
    keep(world, ids)
    own, proxy = someone(own_patients=frozenset({ids["child"]})), someone(stands_for=frozenset({ids["child"]}))
    said, files = taken(world, own, ids["child"])
    assert said["format"] == "candor-billing-record/1"
    assert said["patient"]["birth_date"] == "2010-05-05"
    assert {each["id"] for each in said["visits"]} == {ids["open"].hex(), ids["hidden"].hex()}
    assert sum(each["charged_cents"] for each in said["visits"]) == sum(CENTS.values())
    owed = sum(each["cents"] for each in said["account"] if each["account"] == "receivable:patient")
    assert owed == sum(CENTS.values()) - 7_500
    assert [each["receipt"] for each in said["payments"]] == ["R-open", "R-hidden"]
    assert said["messages"][0]["words"] == "Why?"
    assert [each["name"] for each in said["documents"]] == ["0001-=letter.pdf"]
    assert files["documents/0001-=letter.pdf"] == b"%PDF-1 words"
    listed = dict(line.split("  ")[::-1] for line in files["SHA256SUMS"].decode().splitlines())
    assert listed == {
        name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "SHA256SUMS"
    }  # fmt: skip
    assert "'=1+1" in files["tables/messages.csv"].decode(), "no cell is a formula"
    assert ",you," in files["tables/messages.csv"].decode()
    assert "40.00" in files["tables/visits.csv"].decode()

    said, files = taken(world, proxy, ids["child"])
    assert [each["id"] for each in said["visits"]] == [ids["open"].hex()]
    everything = b"".join(files.values())
    for word in (ids["hidden"].hex(), "R-hidden", "J1885", "7777", "77.77", "2026-06-09", "Zebedee"):
        assert word.encode() not in everything, word
    for actor in (own, proxy):
        with pytest.raises(NotFound):
            taken(world, actor, other)


def test_its_door_asks_for_a_fresh_code_and_shuts_out_who_only_pays(world: World, ids):
    flask: Flask = create_app(world.runtime)
    mine = users.browser(flask, world, users.user(world, roles.PATIENT, patient_id=ids["child"]))
    form = {"csrf_token": users.form_key(flask)}
    assert "Take a copy" in mine.get("/my/data").text
    answer = mine.post("/my/data", data=form)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    with ZipFile(io.BytesIO(answer.data)) as archive:
        page, readme = archive.read("record.html").decode(), archive.read("README.txt").decode()
    assert "<h2>Visits and services</h2>" in page
    assert "$77.77" in page
    assert "Your billing record" in readme
    assert "Su expediente de facturación" in readme
    world.clock.forward(minutes=6)
    late = mine.post("/my/data", data=form)
    assert late.status_code == 303
    assert "/step-up" in late.location
    payer = users.browser(flask, world, users.user(world, roles.GUARANTOR, patient_id=ids["child"]))
    assert payer.post("/my/data", data=form).status_code == 403
    assert str(T_("My data")) not in payer.get("/my/guaranteed").text
