"""A visit with two payers, by way of the pages: the first answers, the second is billed, the patient owes the rest."""

from __future__ import annotations

import html
import re

from portal.access import roles
from portal.domain.remittances import Adjustment
from portal.models.claims import ClaimRow
from portal.x12.claims.reading import read_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.journeys.town import Town
from tests.make import claims as people
from tests.make import remittances as make


def words(page: str) -> str:
    """What a page says."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def test_the_first_payer_answers_the_second_is_billed_and_the_patient_owes_the_rest(town: Town):
    with town.world.write("partner:edit") as uow:
        people.partner(uow, town.world.practice_id)
    sent = make.sent(town.world, second_payer="LKM04")
    before = words(town.get(roles.BILLER, "staff.claims.show", claim_id=sent.claim_id))
    assert "It is billed once the payer before it has answered." in before
    first = make.answer(sent, Adjustment("CO", "45", 3_000), Adjustment("PR", "2", 2_000))
    town.upload(roles.PAYMENT_POSTER, "first.835", make.file(make.payment(first)))
    (second,) = town.rows(ClaimRow, ClaimRow.encounter_id == sent.encounter_id, ClaimRow.rank == "S")
    shown = words(town.get(roles.BILLER, "staff.claims.show", claim_id=second.id))
    assert "Ready to send" in shown
    assert "Taken off $30.00 = Left for the next payer $20.00" in shown
    assert "CO 45 $30.00, PR 2 $20.00" in shown
    assert second.control in words(town.get(roles.BILLER, "staff.claims.show", claim_id=sent.claim_id))

    town.press(roles.BILLER, "staff.claims.show", "send", ids={"claim_id": second.id}, do="send")
    (path,) = (town.world.runtime.settings.edi / "clearing" / "out").iterdir()
    body = path.read_bytes()
    assert validate(body) == ()
    (claim,) = read_claims(read(body)).claims
    assert (claim.control, claim.cover.rank, [one.cover.rank for one in claim.others]) == (second.control, "S", ["P"])
    assert [(one.paid_cents, one.remaining_cents) for one in claim.lines[0].decisions] == [(5_000, 2_000)]

    answered = make.sent_of(town.world, second.id)
    rest = make.answer(answered, Adjustment("OA", "23", 8_000), Adjustment("PR", "3", 700), status="2")
    town.upload(roles.PAYMENT_POSTER, "second.835", make.file(make.payment(rest, payer_id="LKM04"), number=2))
    assert town.owed(sent.patient_id) == 700
    for claim_id in (sent.claim_id, second.id):
        page = words(town.get(roles.BILLER, "staff.claims.show", claim_id=claim_id))
        assert "Patient owes or paid $7.00 = Open with the payer $0.00" in page
    assert len(town.rows(ClaimRow, ClaimRow.encounter_id == sent.encounter_id)) == 2
