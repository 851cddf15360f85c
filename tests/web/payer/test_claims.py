"""Claims on a payer's pages: its own members', and no others'."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.services.users import accounts, enrolment, grants, signing
from tests.databases import World
from tests.services.claims.office import Office
from tests.web.test_guard import PASSWORD, SECRET, sign_in


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


def reviewer(flask, office: Office, payer_id: bytes):
    """Somebody of a payer, signed in."""
    office.world.clock.forward(minutes=1)
    email = f"{payer_id.hex()[:8]}@plan.example"
    with office.world.write("user:invite") as uow:
        user = accounts.create_user(uow, email=email, name="Owen Pratt", state="ACTIVE")
        uow.change(user, password_hash=signing.PASSWORDS.hash_password(PASSWORD))
        uow.flush()
        grants.give(uow, user.id, "payer-user", payer_id=payer_id)
        enrolment.set_factor(uow, user.id, SECRET)
    client = flask.test_client()
    assert sign_in(client, office.world, email).status_code == 303
    return client


def test_a_payer_sees_its_own_members_claims_only(office: Office):
    mine, theirs = office.claim(), office.claim(last="Birch", payer_code="LKM04")
    unsent = office.claim(last="Cedar", lines=(("12", 100),))
    office.send()
    flask = create_app(office.world.runtime)
    client = reviewer(flask, office, office.row(mine).payer_id)
    page = client.get("/payer/claims")
    assert page.status_code == 200
    assert "Mina Ashgrove" in page.text
    for other in ("Birch", "Cedar", "LKM04", theirs.hex(), unsent.hex()):
        assert other not in page.text
    shown = client.get(f"/payer/claims/{mine.hex()}")
    assert shown.status_code == 200
    assert "$150.00" in shown.text
    for claim in (theirs, unsent):
        assert client.get(f"/payer/claims/{claim.hex()}").status_code == 404
    for path in ("/office/claims", f"/office/claims/{mine.hex()}", f"/office/claims/{mine.hex()}/versions/1"):
        assert client.get(path).status_code == 403
    other = reviewer(flask, office, office.row(theirs).payer_id)
    assert other.get(f"/payer/claims/{mine.hex()}").status_code == 404
    assert "Ashgrove" not in other.get("/payer/claims").text
