"""The poster's and the denial specialist's pages: a file in, what it became, and what waits for people."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.domain.remittances import Adjustment, Name, ProviderAdjustment
from portal.models.denials import DenialRow
from portal.models.remittances import RemittanceRow
from tests.databases import World
from tests.make import remittances as make
from tests.make import work
from tests.services.remittances.test_importing import CO45, PR1, balances, claim_of, items, rows
from tests.web.staff.test_visits import at_work, form_of, place, upload


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def test_an_835_is_uploaded_read_and_posted(flask, world: World):
    sent = make.sent(world)
    poster = at_work(flask, world, "payment-poster")
    plb = (ProviderAdjustment("L6", "INT7", -120, 0, provider="1"),)
    answer = upload(poster, make.file(make.payment(make.answer(sent, CO45, PR1), trace="T77", plb=plb)), "era.835")
    assert answer.status_code == 303, answer.text
    work.drain(world)
    assert "era.835" in poster.get(answer.location).text
    listed = poster.get(place(poster, "remittances.list")).text
    assert "T77" in listed
    assert "Posted" in listed
    (row,) = rows(world, RemittanceRow)
    shown = poster.get(place(poster, "remittances.show", remittance_id=row.id))
    assert shown.status_code == 200
    for words in ("Balances", "INT7", "Interest", "CO 45 $30.00", "PR 1 $20.00", sent.control, "1 of 1 claims"):
        assert words in shown.text, words
    assert "T77" in poster.get(place(poster, "deposits.list")).text
    assert claim_of(world, sent).state == "ADJUDICATED"


def test_a_lost_claim_is_matched_by_hand_from_its_queue(flask, world: World):
    sent = make.sent(world)
    lost = make.answer(sent, CO45, PR1, control="0099", payer_control="", patient=Name("Ashgrov", "Mina"))
    make.bring(world, make.payment(lost))
    poster = at_work(flask, world, "payment-poster")
    (row,) = rows(world, RemittanceRow)
    path = place(poster, "remittances.show", remittance_id=row.id)
    assert path in poster.get(place(poster, "queues.show", queue="unmatched-payments")).text
    given = form_of(poster, path, 'name="remittance_claim"')
    match = place(poster, "remittances.match", remittance_id=row.id)
    assert poster.post(match, data={**given, "number": "NOSUCH"}).status_code == 422
    done = poster.post(match, data={**given, "number": sent.control.lower()})
    assert done.status_code == 303, done.text
    assert "Matched and posted" in poster.get(path).text
    assert balances(world, patient_id=sent.patient_id)["receivable:patient"] == 2_000
    assert items(world, "unmatched-payments") == []


def test_a_payment_that_is_off_is_held_and_says_why(flask, world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, CO45, PR1), amount_cents=4_999))
    poster = at_work(flask, world, "payment-poster")
    (row,) = rows(world, RemittanceRow)
    path = place(poster, "remittances.show", remittance_id=row.id)
    assert path in poster.get(place(poster, "queues.show", queue="unbalanced-payments")).text
    shown = poster.get(path).text
    assert "Off by" in shown
    assert "nothing of it was posted" in shown
    given = form_of(poster, path, 'name="version"')
    again = poster.post(place(poster, "remittances.post", remittance_id=row.id), data=given)
    assert again.status_code == 303
    assert "still cannot be posted" in poster.get(path).text
    assert claim_of(world, sent).state == "ACCEPTED"


def test_a_denial_is_sorted_and_keeps_its_note(flask, world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, Adjustment("CO", "197", 10_000), status="4")))
    specialist = at_work(flask, world, "denial-specialist")
    (case,) = rows(world, DenialRow)
    path = place(specialist, "denials.show", denial_id=case.id)
    assert path in specialist.get(place(specialist, "queues.show", queue="denials")).text
    given = form_of(specialist, path, 'name="category"')
    assert given["category"] == ["authorization"]
    wrong = specialist.post(path, data={**given, "category": "none-such"})
    assert wrong.status_code in {403, 409, 422}
    done = specialist.post(path, data={**given, "category": "coding", "note": "Modifier was lost."})
    assert done.status_code == 303, done.text
    shown = specialist.get(path).text
    assert "Modifier was lost." in shown
    assert "Sorted" in shown
    assert 'name="category"' not in shown
    assert [item.reason for item in items(world, "denials")] == ["coding"]
    assert specialist.post(path, data={**given, "category": "coding"}).status_code in {403, 409, 422}


def test_an_underpayment_stays_in_its_own_queue(flask, world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, CO45, Adjustment("OA", "97", 500))))
    specialist = at_work(flask, world, "denial-specialist")
    (case,) = rows(world, DenialRow)
    path = place(specialist, "denials.show", denial_id=case.id)
    given = form_of(specialist, path, 'name="category"')
    assert specialist.post(path, data=given).status_code == 303
    assert [item.subject_id for item in items(world, "underpayments")] == [case.id]
    assert items(world, "denials") == []


def test_who_does_not_post_may_look_and_not_match(flask, world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, CO45, control="0", payer_control="", patient=Name("A", "B"))))
    (row,) = rows(world, RemittanceRow)
    biller = at_work(flask, world, "biller")
    shown = biller.get(place(biller, "remittances.show", remittance_id=row.id))
    assert shown.status_code == 200
    assert "Match by hand" not in shown.text
    coder = at_work(flask, world, "coder")
    assert coder.get(place(coder, "remittances.show", remittance_id=row.id)).status_code == 403
