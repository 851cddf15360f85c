"""Contacts and letters through the pages: noted, corrected, written, seen where they belong, and once each."""

from __future__ import annotations

import re

import pytest

from portal.access import roles
from portal.app import create_app
from portal.models.contacts import ContactRow, LetterRow
from tests.databases import World
from tests.make import users
from tests.services.contacts.desk import claim
from tests.web.staff.test_visits import form_of, place


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def count(world: World, model) -> int:
    with world.read("contact:view") as uow:
        return uow.count(uow.select(model.id))


def test_a_call_is_noted_corrected_and_found_everywhere(flask, world: World):
    row = claim(world)
    biller = users.browser(flask, world, users.user(world, roles.BILLER))
    here = place(biller, "claims.show", claim_id=row.id)
    path = place(biller, "contacts.new", about="claim", about_id=row.id)
    assert f'href="{path}"' in biller.get(here).text
    form = form_of(biller, path, 'name="words"')
    typed = {
        **form,
        "person": "Dana <Whitlock>",
        "reference": "I-77120",
        "words": "In review.",
        "next_on": "2026-08-20",
    }
    wrong = biller.post(path, data={**typed, "words": "a\x07b"})
    assert wrong.status_code == 422
    assert 'value="Dana &lt;Whitlock&gt;"' in wrong.text, "what was typed is still there"
    assert biller.post(path, data={**typed, "key": "x"}).status_code == 422
    done = biller.post(path, data=typed, follow_redirects=True)
    assert "Kept. It comes up again on August 20, 2026." in done.text
    assert "Dana &lt;Whitlock&gt;" in done.text
    assert "it counts once" in biller.post(path, data=typed, follow_redirects=True).text
    assert count(world, ContactRow) == 1

    with world.read("contact:view") as uow:
        contact_id = uow.rows(uow.select(ContactRow.id))[0].id
    one = place(biller, "contacts.show", contact_id=contact_id)
    for page in (
        here, place(biller, "accounts.show", patient_id=row.patient_id),
        place(biller, "contacts.payer", payer_id=row.payer_id),
    ):  # fmt: skip
        assert f'href="{one}"' in biller.get(page).text, page
    assert ">1<" in biller.get(place(biller, "contacts.list")).text
    search = place(biller, "contacts.find")
    asked = form_of(biller, search, 'name="q"')
    assert "No contact has this reference number." in biller.post(search, data={**asked, "q": "I-7712"}).text
    assert f'href="{one}"' in biller.post(search, data={**asked, "q": "i 77120"}).text
    letter = biller.get(place(biller, "letters.write", about="claim", about_id=row.id)).text
    assert re.findall(r'aria-current="page">([^<]*)', letter)[0] == "Payers", "a letter lies with the payers"
    again = form_of(biller, one, 'value="correct"')
    assert biller.post(one, data={**again, "do": "correct", "reason": ""}).status_code == 422
    fixed = {**again, "do": "correct", "reason": "mistyped", "words": "Denied.", "next_on": ""}
    assert "Corrected. What stood before is kept below." in biller.post(one, data=fixed, follow_redirects=True).text
    assert biller.post(one, data={**fixed, "key": "f" * 32}).status_code == 409, "a stale page corrects nothing twice"
    assert "It was corrected since." in biller.get(one).text


def test_a_letter_is_looked_at_made_once_and_shown(flask, world: World):
    row = claim(world)
    biller = users.browser(flask, world, users.user(world, roles.BILLER))
    path = place(biller, "letters.write", about="claim", about_id=row.id) + "?template=reconsideration"
    form = {**form_of(biller, path, 'name="template"'), "to": "Plan CBH03\nPO Box 1", "subject": "Please", "do": "make"}
    unfilled = biller.post(path, data={**form, "body": "[[Say here why.]]"})
    assert unfilled.status_code == 422
    assert "Fill in what stands between" in unfilled.text
    form["body"] = "The record shows <why>.\n\nPlease."
    seen = biller.post(path, data={**form, "do": "preview"})
    assert "As it will be" in seen.text
    assert '<p class="said">The record shows &lt;why&gt;.</p>' in seen.text
    made = biller.post(path, data=form, follow_redirects=True)
    assert "The letter is made and noted." in made.text
    assert "The PDF is being made." in made.text
    assert "made once" in biller.post(path, data=form, follow_redirects=True).text
    assert biller.post(path, data={**form, "body": "Else."}).status_code == 409
    assert (count(world, LetterRow), count(world, ContactRow)) == (1, 1)
    assert biller.get(path.replace("reconsideration", "threat")).status_code == 422
    assert biller.get(path.replace("/claim/", "/patient/")).status_code == 404


def test_a_payer_gets_departments_and_other_roles_see_nothing(flask, world: World):
    row = claim(world)
    biller = users.browser(flask, world, users.user(world, roles.BILLER))
    path = place(biller, "contacts.payer", payer_id=row.payer_id)
    form = {**form_of(biller, path, 'name="line1"'), "name": "Appeals", "do": "add"}
    assert "Give a phone number, a fax number or an address." in biller.post(path, data=form).text
    kept = biller.post(path, data={**form, "phone": "503 555 0142"}, follow_redirects=True)
    assert "(503) 555-0142" in kept.text
    out = {**form_of(biller, path, 'value="out"'), "do": "out"}
    assert biller.post(path, data=out).status_code == 303
    assert biller.post(path, data=out).status_code == 409
    coder = users.browser(flask, world, users.user(world, roles.CODER))
    clerk = users.browser(flask, world, users.user(world, roles.CHARGE_CLERK))
    for endpoint in ("contacts.new", "letters.write"):
        assert coder.get(place(coder, endpoint, about="claim", about_id=row.id)).status_code == 403
        assert clerk.get(place(clerk, endpoint, about="claim", about_id=row.id)).status_code == 404
    member = users.browser(flask, world, users.user(world, roles.PAYER_USER, payer_id=row.payer_id))
    assert member.get(path).status_code == 403
