"""Each audience's address alone leads to its first page, for whom the page is."""

from __future__ import annotations

import pytest

from portal.app import create_app
from tests.databases import World
from tests.make import claims as make
from tests.make import users

OWN = {"administrator": "/admin", "compliance-officer": "/compliance", "payer-user": "/payer"}


@pytest.mark.parametrize("role", OWN)
def test_an_audiences_address_leads_to_its_first_page(sqlite_world: World, role: str):
    flask = create_app(sqlite_world.runtime)
    with sqlite_world.write("payer:edit") as uow:
        payer_id = make.payer(uow).id
    browser = users.browser(flask, sqlite_world, users.user(sqlite_world, role, payer_id=payer_id))
    address = OWN[role]
    home = browser.get("/").location
    assert home.startswith(f"{address}/")
    for spelled in (address, f"{address}/"):
        answer = browser.get(spelled)
        assert (answer.status_code, answer.location) == (303, home)
    assert [browser.get(other).status_code for whose, other in OWN.items() if whose != role] == [403, 403]
    assert flask.test_client().get(address).location.startswith("/sign-in")
