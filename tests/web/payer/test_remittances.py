"""A payer reads what it sent, and nothing of another."""

from __future__ import annotations

from portal.app import create_app
from portal.models.payers import PayerRow
from portal.models.remittances import RemittanceRow
from portal.services.users import accounts, enrolment, grants, signing
from tests.databases import World
from tests.make import claims as offices
from tests.make import remittances as make
from tests.services.remittances.test_importing import CO45, PR1, rows
from tests.web.test_guard import PASSWORD, SECRET, sign_in


def payer_person(world: World, payer_code: str):
    """A browser in which somebody of a payer has signed in."""
    with world.write("user:invite") as uow:
        payer = uow.first(uow.select(PayerRow).where(PayerRow.code == payer_code))
        email = f"{payer_code.lower()}@plan.example"
        user = accounts.create_user(uow, email=email, name="Pat Payer", state="ACTIVE")
        uow.change(user, password_hash=signing.PASSWORDS.hash_password(PASSWORD))
        uow.flush()
        grants.give(uow, user.id, "payer-user", payer_id=payer.id)
        enrolment.set_factor(uow, user.id, SECRET)
    world.clock.forward(minutes=1)
    client = create_app(world.runtime).test_client()
    assert sign_in(client, world, email).status_code == 303
    return client


def test_a_payer_reads_its_own_and_changes_nothing(world: World):
    sent, other = make.sent(world, last="Quillon"), make.sent(world, payer_code="OTHER1")
    make.bring(world, make.payment(make.answer(sent, CO45, PR1), trace="MINE1"))
    theirs = make.payment(make.answer(other, CO45, PR1), trace="THEIRS1", payer_id="OTHER1", payer_tax="1000000001")
    make.bring(world, theirs, number=2)
    client = payer_person(world, "CBH03")
    listed = client.get("/payer/remittances").text
    assert "MINE1" in listed
    assert "THEIRS1" not in listed
    ids = {row.trace: row.id.hex() for row in rows(world, RemittanceRow)}
    shown = client.get(f"/payer/remittances/{ids['MINE1']}")
    assert shown.status_code == 200
    for words in ("Quillon", sent.control, "CO 45 $30.00", "Balances"):
        assert words in shown.text, words
    assert client.get(f"/payer/remittances/{ids['THEIRS1']}").status_code == 404
    assert client.get(f"/office/remittances/{ids['MINE1']}").status_code == 403
    assert client.post(f"/payer/remittances/{ids['MINE1']}").status_code in {400, 405}


def test_a_payer_is_no_office(world: World):
    with world.write("payer:edit") as uow:
        offices.payer(uow)
    client = payer_person(world, "CBH03")
    assert client.get("/office/remittances").status_code == 403
    assert client.get("/office/deposits").status_code == 403
    assert "No remittance of yours has arrived" in client.get("/payer/remittances").text
