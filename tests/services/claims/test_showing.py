from __future__ import annotations

import hashlib

import pytest

from portal.domain.errors import NotFound
from portal.domain.ledger import Entry, Line
from portal.domain.money import Money
from portal.models.claims import ClaimVersionRow
from portal.services import ledger
from portal.services.claims import showing, steps
from portal.services.users import accounts, grants
from tests.make import answers
from tests.services.claims.office import Office


@pytest.fixture(autouse=True)
def known(office: Office):
    """The biller has a name, as everybody who acts has."""
    with office.world.write("user:invite") as uow:
        user = accounts.create_user(uow, email="b@juniper.example", name="Bo Lund", state="ACTIVE")
        uow.flush()
        grants.give(uow, user.id, "biller", practice_id=office.world.practice_id)
        office.world.people["biller"] = user.id


def page(office: Office, claim: bytes, role: str = "biller") -> showing.ClaimPage:
    with office.world.read("claim:view", office.world.actor(role)) as uow:
        return showing.show_claim(uow, claim)


def test_a_claim_shows_where_it_stands_and_what_can_be_done(office: Office):
    claim = office.claim()
    found = page(office, claim)
    assert (found.patient_name, found.payer_name, found.number) == (
        "Mina Ashgrove", "Plan CBH03", office.row(claim).control,
    )  # fmt: skip
    assert [(line.code, line.charge, line.diagnoses, line.paid) for line in found.lines] == [
        ("G0438", Money(10_000), ("I10",), None),
        ("J1885", Money(5_000), ("I10",), None),
    ]
    assert found.actions == ("send", "hold", "draft")
    assert [step.current for step in found.steps] == [False, True, False, False, False, False]
    assert page(office, claim, "payment-poster").actions == ()


def test_findings_come_with_what_to_do(office: Office):
    found = page(office, office.claim(lines=(("12", 100),)))
    assert found.actions == ("check", "hold", "draft")
    assert [(one.severity, str(one.title), str(one.text)) for one in found.findings] == [
        ("block", "Line 1: the service code does not have the five characters of HCPCS.", "Return the claim to coding.")
    ]


def test_versions_answers_and_moves_are_its_history(office: Office):
    claim = office.claim()
    office.send()
    sent = office.sent()
    office.world.clock.forward(minutes=5)
    office.answered(answers.ta1("000000001"), "ta1")
    office.answered(answers.functional("1", {"0001": True}), "999")
    office.answered(answers.statuses(sent, ("A7:164:IL",)), "277ca")
    found = page(office, claim)
    assert (found.state.code, found.actions) == ("REJECTED", ("ready", "draft"))
    assert [(one.number, str(one.answer)) for one in found.versions] == [(1, "Rejected (A7, 277CA).")]
    told = [str(one.text) for one in found.history]
    assert told[0] == "Bo Lund: Rejected."
    assert "The partner took the file in (TA1)." in told
    assert "The partner could read the file (999)." in told
    assert "Rejected (A7, 277CA)." in told
    assert told[-1] == "Candor: Draft."
    here = found.steps[2]
    assert (str(here.text), here.current, str(here.note)) == ("Sent", True, "Rejected")
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "coverage", note="by phone")
    office.world.clock.forward(minutes=5)
    office.send()
    found = page(office, claim)
    assert [(one.number, one.answer is None) for one in found.versions] == [(2, True), (1, False)]
    assert "Bo Lund: Ready to send. The coverage was corrected: “by phone”" in [str(one.text) for one in found.history]


def test_a_held_claim_says_why(office: Office):
    claim = office.claim()
    with office.world.write("claim:hold", office.biller) as uow:
        steps.hold(uow, claim, "record")
    found = page(office, claim)
    assert (str(found.hold_reason), found.actions) == ("A record from the provider is awaited", ("release", "draft"))


def test_money_is_read_from_the_books_and_adds_up(office: Office):
    claim = office.claim()
    row = office.row(claim)
    about = {"patient_id": row.patient_id, "encounter_id": row.encounter_id, "payer_id": row.payer_id}
    day = office.world.clock.now().date()
    with office.world.write("remittance:post") as uow:
        charge = (Line("receivable:payer", 15_000, **about), Line("revenue", -15_000, **about))
        about["claim_id"] = claim
        answer = (
            Line("unapplied:payer", 9_000, **about),
            Line("contractual", 3_000, **about),
            Line("receivable:patient", 2_000, **about),
            Line("receivable:payer", -14_000, **about),
        )
        entries = [("charge", charge), ("remittance-claim", answer)]
        ledger.post(uow, [Entry(kind, day, kind, b"1" * 32, lines) for kind, lines in entries])
    sums = page(office, claim).sums
    assert sums == showing.ClaimSums(
        Money(15_000), Money(3_000), Money(9_000), Money(0), Money(2_000), Money(0), Money(1_000)
    )  # fmt: skip


def test_the_snapshot_is_what_was_sent(office: Office):
    claim = office.claim()
    office.send()
    with office.world.read("claim:view", office.biller) as uow:
        shown = showing.show_snapshot(uow, claim, 1)
        version = uow.first(uow.select(ClaimVersionRow))
        assert version is not None
        body = uow.read(version, ClaimVersionRow.body_sealed)
    assert shown.digest == hashlib.sha256(body).hexdigest()
    assert "~".join(shown.segments) + "~" == body.decode()
    with pytest.raises(NotFound), office.world.read("claim:view", office.biller) as uow:
        showing.show_snapshot(uow, claim, 2)


def test_another_practice_finds_no_such_claim(office: Office):
    claim = office.claim()
    other = Office(office.second_practice())
    with pytest.raises(NotFound), other.world.read("claim:view", other.biller) as uow:
        showing.show_claim(uow, claim)
