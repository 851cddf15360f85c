"""The form of what only a facility's visit has: kept, refused with all that was typed, and stale."""

from __future__ import annotations

import html

import pytest

from portal.app import create_app
from tests.databases import World
from tests.make import visits as make
from tests.services.claims.test_kinds import stay
from tests.web.staff.test_visits import at_work, form_of, place


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def test_details_are_corrected_on_their_page(flask, world: World):
    (id_,) = make.bring(world, stay())
    coder = at_work(flask, world, "coder")
    coding = coder.get(place(coder, "encounters.code", encounter_id=id_.hex())).text
    here = place(coder, "details.show", encounter_id=id_.hex())
    assert here in coding
    assert "Revenue code 0120" in coding
    given = form_of(coder, here, "statement_from")
    present = ["Y", "W"]
    wrong = coder.post(here, data={**given, "present_at": present, "drg": "none", "conditions": "09 C5"})
    assert wrong.status_code == 422
    said = html.unescape(wrong.text)
    assert 'name="conditions" value="09 C5"' in said
    assert 'name="drg" value="none"' in said
    assert "A diagnosis related group has three or four digits." in said
    assert "<option selected>W</option>" in said
    right = coder.post(here, data={**given, "present_at": present, "drg": "292", "discharge_hour": ""})
    assert right.status_code == 303
    page = html.unescape(coder.get(here).text)
    assert "The claim edits still find 1 thing; it stands below." in page
    assert "The bill that ends a stay needs the hour of discharge." in page
    assert coder.post(here, data={**given, "drg": "293"}).status_code == 409
    biller = at_work(flask, world, "biller")
    assert biller.get(here).status_code == 403
