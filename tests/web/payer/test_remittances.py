"""A payer reads what it sent, and nothing of another."""

from __future__ import annotations

from portal.access import roles
from portal.app import create_app
from portal.models.payers import PayerRow
from portal.models.remittances import RemittanceRow
from tests.databases import World
from tests.make import claims as offices
from tests.make import remittances as make
from tests.make import users
from tests.services.remittances.test_importing import CO45, PR1, rows


def payer_person(world: World, payer_code: str):
    """A browser in which somebody of a payer has signed in."""
    with world.write("user:invite") as uow:
        payer_id = uow.first(uow.select(PayerRow).where(PayerRow.code == payer_code)).id
    world.clock.forward(minutes=1)
    somebody = users.user(world, roles.PAYER_USER, payer_id=payer_id, named="Pat Payer")
    return users.browser(create_app(world.runtime), world, somebody)


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
