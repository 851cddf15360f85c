"""The officer's pages through HTTP: what she sees, what she does not, and that her looking is in the log too."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from audit.checkpoint import VerifierKey, origin
from audit.verify import verify
from portal import runtime
from portal.app import create_app
from portal.models.patients import PatientRow
from portal.services import practices
from portal.services.auditing import upkeep
from portal.services.patients import account
from portal.services.users import tries
from tests.databases import World
from tests.make import users
from tests.make.practices import npi, practice
from tests.services.test_unit_of_work import events, patient
from tests.web.test_guard import form_token, person, sign_in

OFFICER = "helen@juniper.example"


@pytest.fixture
def client(world: World):
    return users.browser(create_app(world.runtime), world, person(world, "compliance-officer", OFFICER))


def signed(world: World) -> VerifierKey:
    key = runtime.signing_key(world.runtime.settings)
    upkeep.tick(world.units, world.runtime.parts, [key])
    return VerifierKey.of(origin(world.runtime.parts.installation), key)


def seen(world: World, last: str = "Marlowe", mrn: str = "M-1042", times: int = 1) -> bytes:
    """A patient whose account a biller looked at."""
    with world.write("patient:change") as uow:
        id_ = patient(uow, last, mrn).id
    for _ in range(times):
        with world.read("account:view", world.actor("biller")) as uow:
            account.show(uow, id_)
    return id_


def elsewhere(world: World) -> bytes:
    """Another practice of the same installation, with a patient somebody looked at there."""
    with world.write("practice:edit") as uow:
        row = practices.add_practice(
            uow, world.runtime.roots, practice(code="elm", name="Elm Street", npi=npi("223456789"))
        )
        other = row.id
    mine, world.practice_id = world.practice_id, other
    try:
        return seen(world, "Hidden", "M-77")
    finally:
        world.practice_id = mine


def words(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)).replace("&#39;", "'")


def test_the_list_reads_as_sentences_and_the_search_is_in_the_log(world: World, client):
    id_ = seen(world)
    page = client.get(f"/compliance/log?patient={id_.hex()}")
    assert page.status_code == 200
    assert "opened the registration of Ada Marlowe, for payment" in words(page)
    assert "About Ada Marlowe" in words(page)
    last = events(world)[-1]
    assert (last["type"], last["subtype"], last["action"]) == ("query", "audit:search", "E")
    assert last["subjects"] == [id_.hex()]
    assert last["query"]["shown"] == 2
    assert id_.hex() not in json.dumps(last["query"])
    assert [each["subtype"] for each in events(world)].count("audit:search") == 1, "one event a page"


def test_a_name_is_found_and_what_was_searched_for_is_sealed(world: World, client):
    seen(world)
    token = form_token(client, "/compliance/log")
    page = client.post("/compliance/log/patient", data={"csrf_token": token, "q": "marl"})
    assert "Ada Marlowe" in words(page)
    assert "M-1042" in words(page)
    last = events(world)[-1]
    assert last["query"]["shown"] == 1
    assert "marl" not in json.dumps(last).lower()
    opened = client.get(f"/compliance/log/{last['seq']}")
    assert "Searched for marl" in words(opened)
    short = client.post("/compliance/log/patient", data={"csrf_token": token, "q": "ma"})
    assert short.status_code == 422
    assert events(world)[-1]["reason"] == "too-short"


def test_an_officer_searches_by_name_no_oftener_than_others(world: World, client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tries, "MOST_SEARCHES", 1)
    form = {"csrf_token": form_token(client, "/compliance/log"), "q": "Okonkwo"}
    assert [client.post("/compliance/log/patient", data=form).status_code for _ in range(2)] == [200, 429]


def test_T89_a_search_without_hits_is_told_as_well(world: World, client):
    token = form_token(client, "/compliance/log")
    page = client.post("/compliance/log/patient", data={"csrf_token": token, "q": "Nobodyatall"})
    assert "Nobody was found" in words(page)
    last = events(world)[-1]
    assert last["query"]["shown"] == 0
    assert last["practices"] == [world.practice_id.hex()]


def test_filters_narrow_and_pages_follow_each_other(world: World, client):
    id_ = seen(world, times=70)
    biller = world.people["biller"].hex()
    first = client.get(f"/compliance/log?person={biller}&action=R&patient={id_.hex()}")
    numbers = [int(each) for each in re.findall(r"/compliance/log/(\d+)\"", first.text)]
    assert len(numbers) == 50
    assert numbers == sorted(numbers, reverse=True)
    older = re.search(r'rel="next" href="([^"]+)"', first.text).group(1).replace("&amp;", "&")
    second = client.get(older)
    rest = [int(each) for each in re.findall(r"/compliance/log/(\d+)\"", second.text)]
    assert len(rest) == 20
    assert max(rest) < min(numbers)
    newer = re.search(r'rel="prev" href="([^"]+)"', second.text).group(1).replace("&amp;", "&")
    back = [int(each) for each in re.findall(r"/compliance/log/(\d+)\"", client.get(newer).text)]
    assert back == numbers
    none = client.get(f"/compliance/log?person={biller}&outcome=8")
    assert "No entry fits" in words(none)
    day = world.clock.now().date().isoformat()
    assert "opened the registration" in words(client.get(f"/compliance/log?patient={id_.hex()}&from={day}&to={day}"))
    assert "No entry fits" in words(client.get(f"/compliance/log?patient={id_.hex()}&to=2020-01-01"))
    assert client.get("/compliance/log?from=yesterday").status_code == 422


def test_an_officer_sees_nothing_of_other_practices(world: World, client):
    hidden = elsewhere(world)
    theirs = [each["seq"] for each in events(world) if hidden.hex() in each.get("subjects", ())]
    assert theirs
    page = client.get(f"/compliance/log?patient={hidden.hex()}")
    assert "Hidden" not in page.text
    assert not re.findall(r"/compliance/log/(\d+)\"", page.text)
    assert client.get(f"/compliance/log/{theirs[0]}").status_code == 404
    assert client.get("/compliance/log/999999").status_code == 404
    assert client.get(f"/compliance/log/{theirs[0]}/proof").status_code == 404
    assert client.get(f"/compliance/log/patients/{hidden.hex()}").status_code == 404
    told = events(world)[-1]
    assert (told["outcome"], told["reason"]) == (4, "not-found")
    assert "subjects" not in told
    token = form_token(client, "/compliance/log")
    assert "Nobody was found" in words(
        client.post("/compliance/log/patient", data={"csrf_token": token, "q": "Hidden"})
    )
    signed(world)
    found = client.post(
        "/compliance/log/export", data={"csrf_token": token, "patient": hidden.hex(), "reason": "curious"}
    )
    assert found.status_code == 422


def test_an_event_opens_with_all_it_says_its_bytes_and_its_proof(world: World, client):
    id_ = seen(world)
    seq = next(each["seq"] for each in events(world) if each.get("actor_role") == "biller")
    before = client.get(f"/compliance/log/{seq}")
    assert "Not signed yet" in words(before)
    key = signed(world)
    page = client.get(f"/compliance/log/{seq}")
    text = words(page)
    for said in ("account:view", "payment", "Ada Marlowe", "Unchanged since it was written", "last name"):
        assert said in text
    assert f"&#34;seq&#34;:{seq}" in page.text or f'"seq":{seq}' in page.text
    last = events(world)[-1]
    assert {"type": "audit_event", "id": str(seq)} in last["objects"]
    assert last["subjects"] == [id_.hex()], "whose name the officer saw"
    proof = client.get(f"/compliance/log/{seq}/proof")
    from audit.proof import verify_proof

    body = json.dumps(events(world)[seq], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert verify_proof(proof.text, body, [key])[0] == seq


def test_everyone_who_saw_a_patient(world: World, client):
    id_ = seen(world, times=3)
    with world.write("patient:change", world.actor("charge-clerk")) as uow:
        uow.change(uow.get(PatientRow, id_), state="INACTIVE")
    client.get(f"/compliance/log?patient={id_.hex()}")
    page = client.get(f"/compliance/log/patients/{id_.hex()}")
    text = words(page)
    assert "Everyone who saw Ada Marlowe" in text
    assert re.search(r"biller payment 3 ", text), text
    assert "charge clerk" in text
    assert "compliance officer" in text, "her own look counts"
    assert "None found" in text
    last = events(world)[-1]
    assert (last["subtype"], last["subjects"]) == ("audit:view", [id_.hex()])


def test_an_export_verifies_offline_and_is_an_entry_with_its_digest(world: World, client, tmp_path: Path):
    id_ = seen(world, times=4)
    token = form_token(client, "/compliance/log")
    data = {"csrf_token": token, "patient": id_.hex(), "reason": "asked by the board"}
    assert client.post("/compliance/log/export", data=data).status_code == 422, "not signed yet"
    key = signed(world)
    asked = client.get(f"/compliance/log/export?patient={id_.hex()}")
    assert "about Ada Marlowe" in words(asked)
    assert client.post("/compliance/log/export", data=data | {"reason": " "}).status_code == 422
    signed(world)
    made = client.post("/compliance/log/export", data=data)
    assert made.status_code == 200, made.text
    assert made.headers["Content-Disposition"].startswith("attachment")
    path = tmp_path / "log.zip"
    path.write_bytes(made.data)
    report = verify(path, [], [key])
    assert report.ok, report.problems
    assert report.size >= 5
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        lines = archive.read("events.jsonl").splitlines()
    assert all(world.practice_id.hex() in json.loads(line)["practices"] for line in lines)
    import hashlib

    last = events(world)[-1]
    assert (last["type"], last["subtype"], last["count"]) == ("export", "audit:export", len(lines))
    assert last["digest"] == hashlib.sha256(made.data).hexdigest()
    assert "board" not in json.dumps(last)
    tampered = bytearray(made.data)
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        body = archive.read("events.jsonl")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made.data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, body.replace(b"biller", b"bilker") if name == "events.jsonl" else old.read(name))
    path.write_bytes(out.getvalue())
    assert tampered
    assert not verify(path, [], [key]).ok


def test_an_export_needs_a_fresh_sign_in(world: World, client):
    seen(world)
    token = form_token(client, "/compliance/log")
    world.clock.forward(minutes=6)
    response = client.post("/compliance/log/export", data={"csrf_token": token, "reason": "x"})
    assert response.status_code == 303
    assert "step" in response.location


def test_the_state_of_the_log(world: World, client):
    assert "Search tables" in words(client.get("/compliance/log/health"))
    signed(world)
    upkeep.index(world.units)
    page = words(client.get("/compliance/log/health"))
    assert "Signed and kept outside the database" in page or "wait to be signed" in page
    assert "Every entry can be searched fast." in page
    assert re.search(r"Full verification .* By command", page), "the page does not claim what it did not do"
    assert "En español" not in page, "the office reads English"
    world.clock.forward(minutes=5)
    seen(world)
    sign_in(client, world, OFFICER)
    world.clock.forward(minutes=11)
    seen(world, "Later", "M-2")
    with world.read("audit:view", world.machine()) as uow:
        found = upkeep.health(uow)
    assert found.red
    assert found.size > found.anchored
    signed(world)
    with world.read("audit:view", world.machine()) as uow:
        assert not upkeep.health(uow).red


def test_only_officers_come_in(world: World):
    person(world, "biller", "bill@juniper.example")
    client = create_app(world.runtime).test_client()
    sign_in(client, world, "bill@juniper.example")
    for path in ("/compliance/log", "/compliance/log/0", "/compliance/log/export", "/compliance/log/health"):
        assert client.get(path).status_code == 403
    assert events(world)[-1]["reason"] == "no-role"


def test_T98_what_a_client_writes_into_its_headers_is_one_escaped_event(world: World, client):
    seen(world)
    size = len(events(world))
    agent = 'evil\u2028"agent"' + "x" * 1_000_000
    page = client.get("/compliance/log/health", headers={"User-Agent": agent.encode().decode("latin-1")})
    assert page.status_code == 200
    page = client.get("/compliance/log?person=%0D%0A%22%E2%80%A8x", headers={"User-Agent": "a" * 100_000})
    assert page.status_code == 200
    told = events(world)[size:]
    assert len([each for each in told if each["subtype"] == "audit:search"]) == 1
    assert all(len(json.dumps(each)) < 4_000 for each in told)
