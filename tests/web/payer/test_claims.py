"""Claims on a payer's pages: its own members', and no others'."""

from __future__ import annotations

import pytest

from portal.access import roles
from portal.app import create_app
from tests.databases import World
from tests.make import users
from tests.services.claims.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


def reviewer(flask, office: Office, payer_id: bytes):
    """Somebody of a payer, signed in."""
    office.world.clock.forward(minutes=1)
    reviewer = users.user(office.world, roles.PAYER_USER, payer_id=payer_id, named="Owen Pratt")
    return users.browser(flask, office.world, reviewer)


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
