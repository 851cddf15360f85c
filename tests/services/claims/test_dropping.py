"""A replacement that its payer rejected is given up: the claim stands by the answer before, and goes on from there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.errors import Conflict, Refused
from portal.models.claims import ClaimRow
from portal.models.ledger import LedgerLineRow
from portal.services import ledger
from portal.services.claims import again, correcting, drafting, restoring, showing, standing, steps
from portal.services.encounters import coding
from portal.services.unit_of_work.units import Denied
from tests.make import answers, visits
from tests.make import remittances as money
from tests.services.claims.office import Office
from tests.services.claims.test_correcting import LATER, back_alone, correction, paid, replaced


@pytest.fixture
def rejected(office: Office) -> tuple[bytes, money.Sent]:
    """A claim that was paid, and whose replacement the payer rejected; as the payer read the first."""
    claim = office.claim()
    office.send()
    office.answered(answers.statuses(office.sent(), payer_control="ICN1"))
    sent = paid(office, claim)
    send_again(office, claim, replaced)
    return claim, sent


def send_again(office: Office, claim: bytes, prepare: object) -> None:
    """Prepare a claim to go again, send it, and let the payer reject it."""
    office.world.clock.forward(hours=1)
    prepare(office, claim)  # type: ignore[operator]
    office.send()
    office.world.clock.forward(hours=1)
    told(office, "A7:164:IL")


def told(office: Office, *codes: str, **more: object) -> None:
    """A 277CA about the last file."""
    files = sorted(office.out.iterdir(), key=lambda path: path.name)
    batch = f"{len(files):09d}-{len(files):04d}"
    office.answered(answers.statuses(files[-1].read_bytes(), codes, batch=batch, **more), f"{len(files)}-{codes}.edi")


def reworked(office: Office, claim: bytes) -> None:
    with office.world.write("claim:edit", office.biller) as uow:
        assert steps.rework(uow, claim, "registration").state == "READY"


def drop(office: Office, claim: bytes, reason: str = "first-stands", **more: object) -> bool:
    with office.world.write("claim:edit", office.biller) as uow:
        return correcting.give_up(uow, claim, reason, **more)


def control_that_stands(office: Office, claim: bytes) -> tuple[int, str]:
    with office.world.read("claim:view", office.biller) as uow:
        row = standing.sent_last(uow, [claim])[claim]
        return row.number, row.control


@pytest.mark.parametrize("times", [1, 2])
def test_the_claim_stands_as_it_was_answered_before(office: Office, rejected, times: int):
    claim, sent = rejected
    if times == 2:
        send_again(office, claim, reworked)
    assert (office.state(claim), office.row(claim).versions) == ("REJECTED", 1 + times)
    with office.world.read("claim:view", office.biller) as uow:
        page = showing.show_claim(uow, claim)
    assert {"give_up", "ready"} <= set(page.actions)
    assert page.correction is not None
    assert "give it up" in str(page.correction.waits)
    assert dict(page.give_up_reasons).keys() == {"not-needed", "first-stands", "no-more"}
    assert drop(office, claim, note="They pay as they did.")
    row, went = office.row(claim), correction(office)
    assert (row.state, row.frequency, office.items(claim)) == ("ADJUDICATED", "1", [])
    assert (went.state, went.sent_version) == ("REFUSED", 2)
    assert control_that_stands(office, claim) == (1, sent.control), "who asks the payer asks about the first again"
    with office.world.read("claim:view", office.biller) as uow:
        page = showing.show_claim(uow, claim)
    assert {"replace", "void"} <= set(page.actions)
    assert not {"ready", "give_up"} & set(page.actions)
    assert any("They pay as they did." in str(each.text) for each in page.history)
    back_alone(office, sent)
    assert office.state(claim) == "ACCEPTED", "where it stood when the answer came that is taken back now"


def test_it_goes_again_and_may_be_given_up_again(office: Office, rejected):
    claim, _ = rejected
    assert drop(office, claim)
    send_again(office, claim, replaced)
    assert control_that_stands(office, claim)[0] == 3
    with office.world.read("claim:view", office.biller) as uow:
        row = again.on_its_way(uow, uow.get(ClaimRow, claim))
        assert row is not None
        assert row.sent_version == 3
    assert drop(office, claim, "no-more")
    assert (office.state(claim), control_that_stands(office, claim)[0]) == ("ADJUDICATED", 1)


def test_only_what_was_rejected_and_never_decided_about_is_given_up(office: Office, rejected):
    claim, sent = rejected
    for reason in ("", "refused", "answered"):
        with pytest.raises(Refused, match="reason-missing"):
            drop(office, claim, reason)
    row, went = office.row(claim), correction(office)
    with pytest.raises(Conflict):
        drop(office, claim, shown=correcting.Shown(row.version - 1, went.id, went.version))
    with pytest.raises(Denied), office.world.write("claim:edit", office.world.actor("payment-poster")) as uow:
        correcting.give_up(uow, claim, "no-more")
    told(office, "A2:20:PR", at=LATER.replace(year=2027))
    assert office.state(claim) == "ACCEPTED"
    with pytest.raises(Refused, match="no-request"):
        drop(office, claim, "not-needed")
    told(office, "A7:164:IL", at=LATER.replace(year=2028))
    back_alone(office, sent)
    assert office.state(claim) == "REJECTED"
    with pytest.raises(Refused, match="no-request"):
        drop(office, claim, "not-needed")  # the earlier answer is gone


def test_a_payer_that_takes_it_in_after_all_is_called_and_recoded_visits_are_looked_at(office: Office):
    claim, encounter = to_be_recoded(office, "procedure-wrong")
    visits.coded(office.world, encounter)
    finished(office, encounter)
    office.send()
    office.world.clock.forward(hours=1)
    told(office, "A7:164:IL")
    assert drop(office, claim)
    assert (office.state(claim), office.items(claim)) == ("ADJUDICATED", [("claims", "visit-changed")])
    told(office, "A2:20:PR", at=LATER.replace(year=2027))
    assert (office.state(claim), office.items(claim)) == ("ADJUDICATED", [("claims", "replacement-taken-late")])
    with office.world.write("claim:edit", office.biller) as uow:
        correcting.seen(uow, claim)
    assert office.items(claim) == []


def to_be_recoded(office: Office, reason: str) -> tuple[bytes, bytes]:
    """A claim that was paid, and whose visit went back to coding for a replacement; ids of both."""
    claim = office.claim()
    office.send()
    paid(office, claim)
    office.world.clock.forward(hours=1)
    replaced(office, claim, reason)
    return claim, office.row(claim).encounter_id


def finished(office: Office, encounter: bytes) -> None:
    """A visit that is coded passes the other hands, and its claim follows."""
    visits.checked(office.world, encounter)
    visits.charged(office.world, encounter)
    visits.audited(office.world, encounter)
    with office.world.write("claim:edit") as uow:
        drafting.draft_for(uow, encounter)


@pytest.mark.parametrize("cleared", ["before", "after"])
def test_a_visit_coded_anew_for_an_earlier_replacement_is_looked_at_too(office: Office, cleared: str):
    claim, encounter = to_be_recoded(office, "procedure-wrong")
    visits.coded(office.world, encounter)
    assert not drop(office, claim, "not-needed"), "somebody worked on the visit"
    if cleared == "before":
        finished(office, encounter)
    office.world.clock.forward(hours=1)
    replaced(office, claim)
    if cleared == "after":
        finished(office, encounter)
    office.send()
    office.world.clock.forward(hours=1)
    told(office, "A7:164:IL")
    assert drop(office, claim)
    assert (office.state(claim), office.items(claim)) == ("ADJUDICATED", [("claims", "visit-changed")])


def test_a_visit_is_sent_back_with_what_the_payer_has_and_the_books_follow(office: Office):
    claim, encounter = to_be_recoded(office, "units")
    coded_with(office, encounter, "3")
    finished(office, encounter)
    assert charged(office, encounter) == 45_000
    office.send()
    office.world.clock.forward(hours=1)
    told(office, "A7:164:IL")
    assert drop(office, claim)
    assert (office.items(claim), charged(office, encounter)) == ([("claims", "visit-changed")], 45_000)
    with office.world.read("claim:view", office.biller) as uow:
        assert "restore" in showing.show_claim(uow, claim).actions
    with office.world.write("claim:edit", office.biller) as uow, pytest.raises(Refused, match="reason-missing"):
        restoring.restore(uow, claim, "")
    with office.world.write("claim:edit", office.biller) as uow:
        restoring.restore(
            uow, claim, "units", note="See the answer.", expected_version=uow.get(ClaimRow, claim).version
        )
    assert office.items(claim) == []
    with office.world.read("encounter:code", office.world.actor("coder")) as uow:
        back = coding.show(uow, encounter).returned
    assert back is not None
    assert back.note is not None
    assert back.note.startswith("See the answer. The payer has: ")
    assert "G0438 x 1 (100.00)" in back.note
    coded_with(office, encounter, "1")
    finished(office, encounter)
    assert (office.items(claim), charged(office, encounter)) == ([], 15_000), "it is what the payer has: nothing to see"
    with office.world.write("claim:edit", office.biller) as uow, pytest.raises(Refused, match="not-changed"):
        restoring.restore(uow, claim, "units")


def coded_with(office: Office, encounter: bytes, units: str) -> None:
    """A coder gives every service so many units."""
    with office.world.write("encounter:code", office.world.actor("coder")) as uow:
        page = coding.show(uow, encounter)
        given = visits.typed(page)
        lines = tuple(replace(line, units=units) if line.code else line for line in given.lines)
        coding.finish(uow, encounter, page.version, replace(given, lines=lines))


def charged(office: Office, encounter: bytes) -> int:
    """What stands in the books for a visit."""
    with office.world.read("account:view") as uow:
        return -ledger.balance(uow, LedgerLineRow.encounter_id == encounter, LedgerLineRow.account == "revenue")
