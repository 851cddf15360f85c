"""Claims that go again: what is refused, what is prepared, what is sent, and what stands when it is taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.errors import Conflict, Refused
from portal.domain.remittances import Adjustment
from portal.models.claims import ClaimRow, ClaimVersionRow, CorrectionRow
from portal.models.encounters import EncounterRow
from portal.services.claims import correcting, drafting, steps
from portal.services.unit_of_work.units import Denied
from portal.x12.claims.reading import read_claims
from portal.x12.reader import read
from tests.databases import World
from tests.make import answers, work
from tests.make import remittances as money
from tests.services.claims.office import Office

LATER = answers.AT + timedelta(hours=1)
CO45, CO50 = Adjustment("CO", "45", 3_000), Adjustment("CO", "50", 7_000)


@pytest.fixture
def answered(office: Office) -> tuple[bytes, money.Sent]:
    """A claim that went out and was paid in part; as the payer reads it too."""
    claim = office.claim()
    office.send()
    return claim, paid(office, claim)


def paid(office: Office, claim: bytes) -> money.Sent:
    sent = office.world.scene(_paid, office.world, claim)
    assert office.state(claim) in {"ADJUDICATED", "CLOSED"}
    return sent


def _paid(world: World, claim: bytes) -> money.Sent:
    sent = money.sent_of(world, claim)
    money.bring(world, money.payment(money.answer(sent, CO45)))
    return sent


def correction(office: Office) -> CorrectionRow:
    with office.world.read("claim:view") as uow:
        (row,) = uow.entities(uow.select(CorrectionRow))
        return row


def replaced(office: Office, claim: bytes, reason: str = "registration") -> CorrectionRow:
    with office.world.write("claim:edit", office.biller) as uow:
        return correcting.start_replacement(uow, claim, reason, note="as the payer said")


def last_sent(office: Office, claim: bytes):
    with office.world.read("claim:view") as uow:
        versions = uow.entities(
            uow.select(ClaimVersionRow).where(ClaimVersionRow.claim_id == claim).order_by(ClaimVersionRow.number)
        )
        (found,) = read_claims(read(uow.read(versions[-1], ClaimVersionRow.body_sealed))).claims
        return versions, found


def test_a_replacement_goes_under_a_new_number_with_the_payers(office: Office, answered):
    claim, sent = answered
    before = office.row(claim)
    row = replaced(office, claim)
    assert (row.state, office.row(claim).frequency) == ("READY", "7")
    assert office.items(claim) == [("claims", "replacement")]
    assert office.send().claims == 1
    versions, out = last_sent(office, claim)
    after = office.row(claim)
    assert (out.frequency, out.payer_control, out.control) == ("7", f"ICN{sent.control}", after.control)
    assert (after.state, after.versions, len(versions)) == ("SUBMITTED", 2, 2)
    assert after.control != before.control
    assert correction(office).state == "SENT"
    assert office.items(claim) == []
    assert office.send().claims == 0


def test_the_payer_takes_back_and_pays_a_replacement(office: Office, answered):
    claim, sent = answered
    replaced(office, claim)
    office.send()
    again = money.sent_of(office.world, claim)
    first = money.answer(sent, CO45)
    money.bring(office.world, money.payment(money.turned(first), money.answer(again, Adjustment("CO", "45", 1_000))))
    assert office.state(claim) in {"ADJUDICATED", "CLOSED"}
    with office.world.read("claim:view") as uow:
        assert uow.get(ClaimRow, claim).frequency == "7"


def test_wrong_codes_pass_the_same_hands_before_a_replacement_goes(office: Office, answered):
    claim, _ = answered
    row = replaced(office, claim, "modifier")
    assert row.state == "OPEN"
    encounter = office.row(claim).encounter_id
    assert office.items(encounter) == [("coding", "modifier")]
    assert office.send().claims == 0, "the visit is being worked on"
    with office.world.write("claim:edit") as uow:
        uow.get(EncounterRow, encounter).state = "CLEARED"
        uow.flush()
        drafting.draft_for(uow, encounter)
    assert correction(office).state == "READY"
    assert office.send().claims == 1


def test_a_rejected_replacement_stays_a_replacement(office: Office, answered):
    claim, _ = answered
    replaced(office, claim)
    office.send()
    office.answered(said(office, "A7:164:IL"))
    row = office.row(claim)
    assert (row.state, row.frequency) == ("REJECTED", "7")
    with office.world.write("claim:edit", office.biller) as uow:
        assert steps.rework(uow, claim, "registration").state == "READY"
    office.send()
    _, out = last_sent(office, claim)
    assert out.frequency == "7"
    assert out.payer_control


def said(office: Office, *codes: str) -> bytes:
    """A 277CA about the second file."""
    body = max(office.out.iterdir(), key=lambda path: path.name).read_bytes()
    return answers.statuses(body, codes or ("A2:20:PR",), batch="000000002-0002")


@pytest.mark.parametrize("state", ["READY", "SUBMITTED", "REJECTED"])
def test_what_was_not_answered_is_not_replaced(office: Office, state: str):
    claim = office.claim()
    if state != "READY":
        office.send()
    if state == "REJECTED":
        office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    with pytest.raises(Refused, match="way"):
        replaced(office, claim)
    with pytest.raises(Refused, match="way"), office.world.write("claim:void", office.biller) as uow:
        correcting.ask_void(uow, claim, "not-rendered")
    assert office.state(claim) == state


def test_two_at_once_are_one(office: Office, answered):
    claim, _ = answered
    version = office.row(claim).version
    with office.world.write("claim:edit", office.biller) as uow:
        correcting.start_replacement(uow, claim, "registration", expected_version=version)
    with pytest.raises(Conflict), office.world.write("claim:edit", office.biller) as uow:
        correcting.start_replacement(uow, claim, "registration", expected_version=version)
    with pytest.raises(Refused, match="way"):
        replaced(office, claim)


def ask(office: Office, claim: bytes, reason: str = "wrong-patient") -> None:
    with office.world.write("claim:void", office.biller) as uow:
        correcting.ask_void(uow, claim, reason, note="it was her sister")


def approve(office: Office, claim: bytes, role: str = "billing-manager") -> None:
    with office.world.write("claim:void-approve", office.world.actor(role)) as uow:
        correcting.approve_void(uow, claim)


def test_a_void_needs_another_person_and_ends_when_the_money_is_back(office: Office, answered):
    claim, sent = answered
    stood = office.state(claim)
    ask(office, claim)
    assert (office.state(claim), office.items(claim)) == (stood, [("void-approvals", "wrong-patient")])
    assert office.send().claims == 0, "nobody has approved it"
    with pytest.raises(Denied):
        approve(office, claim, "biller")
    approve(office, claim)
    assert (office.state(claim), office.items(claim)) == ("VOID_PENDING", [("claims", "void")])
    office.send()
    _, out = last_sent(office, claim)
    assert (out.frequency, out.payer_control) == ("8", f"ICN{sent.control}")
    assert office.state(claim) == "VOID_PENDING"
    money.bring(office.world, money.payment(money.turned(money.answer(sent, CO45))))
    work.drain(office.world)
    assert (office.state(claim), office.items(claim)) == ("VOIDED", [("claims", "voided")])
    with office.world.write("claim:edit", office.biller) as uow:
        steps.return_to_coding(uow, claim, "documentation")
    assert office.items(claim) == []
    assert office.items(office.row(claim).encounter_id) == [("coding", "documentation")]


def test_nobody_approves_what_they_asked_for(office: Office, answered):
    claim, _ = answered
    manager = office.world.actor("billing-manager")
    with pytest.raises(Denied), office.world.write("claim:void", manager) as uow:
        correcting.ask_void(uow, claim, "billed-twice")
    both = replace(manager, grants=(*manager.grants, *office.biller.grants))
    with office.world.write("claim:void", both) as uow:
        correcting.ask_void(uow, claim, "billed-twice")
    with pytest.raises(Refused), office.world.write("claim:void-approve", both) as uow:
        correcting.approve_void(uow, claim)
    with office.world.write("claim:void-approve", office.world.actor("billing-manager", "another")) as uow:
        correcting.approve_void(uow, claim)
    assert office.state(claim) == "VOID_PENDING"


def test_a_void_that_the_payer_rejects_leaves_the_claim_as_it_stood(office: Office, answered):
    claim, _ = answered
    ask(office, claim)
    approve(office, claim)
    office.send()
    office.answered(said(office, "A7:164:IL"))
    row = office.row(claim)
    assert (row.state, row.frequency) == ("ADJUDICATED", "1")
    assert office.items(claim) == [("rejected-claims", "void-refused")]
    ask(office, claim)


def test_a_void_before_any_answer_is_done_when_it_is_accepted(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), payer_control="ICN1"))
    assert office.state(claim) == "ACCEPTED"
    ask(office, claim)
    approve(office, claim)
    office.send()
    office.answered(said(office))
    assert (office.state(claim), office.items(claim)) == ("VOIDED", [("claims", "voided")])


@pytest.mark.parametrize("approved", [False, True])
def test_a_void_given_up_changes_nothing(office: Office, answered, approved: bool):
    claim, _ = answered
    stood = office.row(claim)
    ask(office, claim)
    if approved:
        approve(office, claim)
    with office.world.write("claim:edit", office.biller) as uow:
        correcting.give_up(uow, claim, "not-needed")
    row = office.row(claim)
    assert (row.state, row.frequency) == ("ADJUDICATED" if approved else stood.state, "1")
    assert correction(office).state == "CANCELLED"
    assert office.send().claims == 0
    with pytest.raises(Refused, match="no-request"), office.world.write("claim:edit", office.biller) as uow:
        correcting.give_up(uow, claim, "not-needed")


def test_somebody_elses_request_is_taken_back_by_a_manager_only(office: Office, answered):
    claim, _ = answered
    ask(office, claim)
    other = office.world.actor("biller", "another biller")
    with pytest.raises(Refused, match="not-yours"), office.world.write("claim:edit", other) as uow:
        correcting.give_up(uow, claim, "not-needed")
    with office.world.write("claim:edit", office.world.actor("billing-manager")) as uow:
        correcting.give_up(uow, claim, "refused")
    assert correction(office).state == "CANCELLED"


@pytest.mark.parametrize("reason", ["", "whim"])
def test_each_step_wants_a_known_reason(office: Office, answered, reason: str):
    claim, _ = answered
    for step in (correcting.start_replacement, correcting.ask_void, correcting.give_up):
        with pytest.raises(Refused, match="reason-missing"), office.world.write("claim:edit") as uow:
            step(uow, claim, reason)


def bystander(office: Office) -> bytes:
    return office.claim(last="Nobody-Else")


def back_alone(office: Office, sent: money.Sent) -> None:
    """The payer takes back what it paid, and says nothing more."""
    money.bring(office.world, money.payment(money.turned(money.answer(sent, CO45))))


def test_a_void_asked_for_ends_with_a_rejection_and_stops_nobody(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), payer_control="ICN1"))
    ask(office, claim)
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",), at=LATER))
    assert (office.state(claim), correction(office).state) == ("REJECTED", "CANCELLED")
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "registration")
    bystander(office)
    assert office.send().claims == 2


def test_a_request_waits_on_when_an_acceptance_comes_meanwhile(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), payer_control="ICN1"))
    ask(office, claim)
    office.answered(answers.statuses(office.sent(), at=LATER))
    assert office.items(claim) == [("void-approvals", "wrong-patient")]


@pytest.mark.parametrize("way", ["7", "8"])
def test_money_taken_back_meanwhile_ends_what_was_ready_and_stops_nobody(office: Office, answered, way: str):
    claim, sent = answered
    if way == "7":
        replaced(office, claim)
    else:
        ask(office, claim)
        approve(office, claim)
    other = bystander(office)
    back_alone(office, sent)
    work.drain(office.world)
    assert correction(office).state == "CANCELLED"
    assert (office.state(claim), office.row(claim).frequency) == ("VOIDED" if way == "8" else "SUBMITTED", "1")
    assert office.send().claims == 1
    assert office.state(other) == "SUBMITTED"


def test_a_claim_does_not_close_while_its_replacement_is_ready(office: Office, answered):
    claim, sent = answered
    replaced(office, claim)
    first = money.answer(sent, CO45)
    whole = money.answer(money.sent_of(office.world, claim), control=sent.control)
    money.bring(office.world, money.payment(money.turned(first), whole))
    work.drain(office.world)
    assert (office.state(claim), correction(office).state) == ("ADJUDICATED", "READY")
    assert office.send().claims == 1


def test_a_void_that_never_left_is_not_done_by_an_answer_about_the_original(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), payer_control="ICN1"))
    ask(office, claim)
    approve(office, claim)
    office.answered(answers.statuses(office.sent(), at=LATER))
    assert (office.state(claim), correction(office).state) == ("VOID_PENDING", "READY")
    assert office.send().claims == 1


def test_never_an_original_after_the_payer_has_answered(office: Office):
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), ("A7:164:IL",)))
    sent = money.sent_of(office.world, claim)
    money.bring(office.world, money.payment(money.answer(sent, CO45)))
    back_alone(office, sent)
    assert office.state(claim) == "REJECTED"
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "registration")
    office.send()
    _, out = last_sent(office, claim)
    assert (out.frequency, out.payer_control) == ("7", f"ICN{sent.control}")


def test_a_rejections_number_is_none_of_the_claims(office: Office, answered):
    claim, sent = answered
    replaced(office, claim)
    office.send()
    body = max(office.out.iterdir(), key=lambda path: path.name).read_bytes()
    office.answered(answers.statuses(body, ("A7:164:IL",), batch="000000002-0002", payer_control="REJ999"))
    with office.world.write("claim:edit", office.biller) as uow:
        steps.rework(uow, claim, "registration")
    office.send()
    _, out = last_sent(office, claim)
    assert out.payer_control == f"ICN{sent.control}"


def test_an_old_payment_taken_back_does_not_answer_for_the_replacement(office: Office, answered):
    claim, sent = answered
    replaced(office, claim)
    office.send()
    back_alone(office, sent)
    assert office.state(claim) == "SUBMITTED"


def test_a_stale_page_acts_on_nothing(office: Office, answered):
    claim, _ = answered

    def shown() -> correcting.Shown:
        row = correction(office)
        return correcting.Shown(office.row(claim).version, row.id, row.version)

    ask(office, claim)
    asked = shown()
    with office.world.write("claim:void-approve", office.world.actor("billing-manager")) as uow:
        correcting.approve_void(uow, claim, shown=asked)
    with (
        pytest.raises(Conflict),
        office.world.write("claim:void-approve", office.world.actor("billing-manager")) as uow,
    ):
        correcting.approve_void(uow, claim, shown=asked)
    approved = shown()
    for step in (correcting.give_up, correcting.record_refusal, correcting.check_again):
        reason = {"give_up": ("not-needed",), "record_refusal": ("stands",)}.get(step.__name__, ())
        for stale in (asked, replace(approved, correction_id=bytes(16)), replace(approved, claim_version=1)):
            with pytest.raises(Conflict), office.world.write("claim:edit", office.biller) as uow:
                step(uow, claim, *reason, shown=stale)
    with office.world.write("claim:edit", office.biller) as uow:
        correcting.give_up(uow, claim, "not-needed", shown=approved)
    ask(office, claim)
    with pytest.raises(Conflict), office.world.write("claim:edit", office.biller) as uow:
        correcting.give_up(uow, claim, "not-needed", shown=approved)
    assert office.items(claim) == [("void-approvals", "wrong-patient")]


def test_a_stopped_replacement_is_checked_again_when_the_fault_is_mended(office: Office, answered):
    claim, _ = answered
    replaced(office, claim, "modifier")
    encounter = office.row(claim).encounter_id
    with office.world.write("claim:edit") as uow:
        uow.get(EncounterRow, encounter).state = "CLEARED"
    with office.world.write("claim:edit", office.biller) as uow:
        assert correcting.check_again(uow, claim).blocking == 0
    assert (correction(office).state, office.items(claim)) == ("READY", [("claims", "replacement")])
    office.send()
    with pytest.raises(Refused, match="no-request"), office.world.write("claim:edit", office.biller) as uow:
        correcting.check_again(uow, claim)


def test_nothing_goes_again_beside_a_void_that_is_out(office: Office, answered):
    claim, _ = answered
    ask(office, claim)
    approve(office, claim)
    office.send()
    with pytest.raises(Refused, match="way"):
        replaced(office, claim)
    with pytest.raises(Refused, match="way"):
        ask(office, claim)
