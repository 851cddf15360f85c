"""Help with bills through HTTP: a patient applies step by step, the office decides, nobody else gets in."""

from __future__ import annotations

import io

import pytest

from portal.app import create_app
from portal.models.assistance import AssistanceRow
from portal.services import ledger
from tests.databases import World
from tests.make import accounts, users
from tests.services.messages.test_messages import PDF


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def post(client, path: str, **data):
    return client.post(path, data={"csrf_token": users.form_key(client.application), **data})


def row(world: World) -> AssistanceRow:
    with world.read("assistance:view") as uow:
        found = uow.first(uow.select(AssistanceRow))
        assert found is not None
        return found


def test_from_the_quick_check_to_the_decision(world: World, flask):
    teresa = accounts.owing(world)
    client = users.browser(flask, world, users.user(world, "patient", patient_id=teresa))
    assert "Would it help me?" in client.get("/my/help").text
    asked = {"patient": teresa.hex(), "size": "2", "amount": "1,500", "period": "month"}
    assert "the whole bill may be taken off" in post(client, "/my/help/check", **asked).text
    assert "take nothing off" in post(client, "/my/help/check", **asked | {"amount": "15000"}).text
    wrong = post(client, "/my/help/check", **asked | {"size": "many"})
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)
    with world.read("assistance:view") as uow:
        assert uow.count(uow.select(AssistanceRow.id)) == 0, "the quick check keeps nothing"

    page = post(client, "/my/help", patient=teresa.hex()).headers["Location"]
    assert post(client, "/my/help", patient=teresa.hex()).headers["Location"] == page, "pressed twice"
    assert post(client, page, do="size", size="0", version=row(world).version).status_code == 422
    assert post(client, page, do="size", size="2", version=row(world).version).status_code == 303
    assert post(client, page, do="size", size="3", version=1).status_code == 409, "an old window"
    assert post(client, page, do="send", version=row(world).version).status_code == 422, "no income told yet"
    again = users.browser(flask, world, users.user(world, "patient", patient_id=teresa))
    assert "Step 2 of 3" in again.get(page).text, "the draft outlives the session"
    told = {"kind": ["wages", "other"], "amount": ["1500.00", ""], "period": ["month", "month"], "words": "I lost work"}
    assert post(again, page, do="incomes", version=row(world).version, **told).status_code == 303
    assert "$18,000.00" in again.get(page).text
    for body, status in ((b"junk", 422), (PDF, 303)):
        assert post(again, page, do="file", file=(io.BytesIO(body), "stub.pdf")).status_code == status
    assert post(again, page, do="send", version=row(world).version).status_code == 303
    assert "We look at it" in again.get(page).text

    other = users.browser(flask, world, users.user(world, "patient", patient_id=stranger(world)))
    assert other.get(page).status_code == 404
    assert post(other, page, do="withdraw", version=row(world).version).status_code == 404
    assert post(other, "/my/help", patient=teresa.hex()).status_code == 404
    decide(world, flask, teresa)
    assert "100 percent is taken off: $86.40" in again.get(page).text
    spanish = again.get("/my/help").text
    assert "Earlier requests" in spanish


def stranger(world: World) -> bytes:
    with world.write("patient:change") as uow:
        return accounts.patient(uow).id


def decide(world: World, flask, teresa: bytes) -> None:
    path = f"/office/assistance/{row(world).id.hex()}"
    for role in ("coder", "charge-clerk", "payment-poster"):
        assert users.browser(flask, world, users.user(world, role)).get(path).status_code == 403
    client = users.browser(flask, world, users.user(world, "biller"))
    listed = client.get("/office/queues/assistance").text
    assert path in listed or row(world).id.hex() in listed
    shown = client.get(path).text
    assert "I lost work" in shown
    assert "stub.pdf" in shown
    assert "$43.20" in client.get(path + "?percent=50").text
    given = {"do": "decide", "grant": "1", "percent": "100", "reason": "by-policy"}
    before = row(world).version
    assert post(client, path, **given | {"reason": "above"}, version=before).status_code == 303, "told above the page"
    assert row(world).state == "SUBMITTED"
    assert post(client, path, **given, second="1", version=before).status_code == 403, "a manager's step"
    assert post(client, path, **given, version=before).status_code == 303
    assert post(client, path, **given, version=before).status_code == 409
    assert row(world).state == "APPROVED"
    with world.read("account:view") as uow:
        assert ledger.owed_by_patient(uow, teresa) == 0
