"""A visit that goes no further: its unsent claim is withdrawn, the books are undone, and nothing of it is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.errors import Conflict, Refused
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.queues import QueueItemRow
from portal.services import aside, ledger
from portal.services.aside import AsidePage
from portal.services.charges import entering
from portal.services.claims import drafting, showing, steps
from portal.services.claims.building import as_domains
from portal.services.encounters import bills, coding
from portal.services.granted import counting
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import bills as paper
from tests.make import visits as make
from tests.services.authorizations.desk import NEEDS, opened


def claimed(world: World) -> tuple[bytes, bytes]:
    """A cleared visit and its claim, which waits to be sent."""
    (id_,) = make.bring(world)
    make.cleared(world, id_)
    return id_, drafted(world, id_)


def drafted(world: World, id_: bytes) -> bytes:
    with world.write("claim:edit", world.machine()) as uow:
        claim = drafting.draft_for(uow, id_).claim_id
    assert claim is not None
    return claim


def shown(world: World, id_: bytes) -> AsidePage:
    with world.read("claim:edit", world.actor("biller")) as uow:
        return aside.show(uow, id_)


def set_aside(world: World, page: AsidePage, reason: str = "twice", note: str = "") -> None:
    with world.write("claim:edit", world.actor("biller")) as uow:
        id_ = bytes.fromhex(page.encounter_id)
        aside.from_claim(uow, id_, page.version, reason, note, page.effects.seen)


def hold(world: World, claim: bytes) -> None:
    with world.write("claim:hold", world.actor("biller")) as uow:
        steps.hold(uow, claim, "record")


def row(world: World, claim: bytes) -> ClaimRow:
    with world.read("claim:view", world.actor("biller")) as uow:
        return uow.get(ClaimRow, claim)


def balances(world: World) -> dict[str, int]:
    with world.read("account:view") as uow:
        return {
            each.account: int(each.cents) for each in uow.rows(ledger.sums(uow, LedgerLineRow.account)) if each.cents
        }


def active(world: World, id_: bytes) -> list[tuple[str, bool]]:
    with world.read("account:view") as uow:
        rows = uow.entities(uow.select(ChargeRow).where(ChargeRow.encounter_id == id_).order_by(ChargeRow.position))
        return [(each.code, each.active) for each in rows]


def waiting(world: World) -> list[str]:
    with world.read("queue:view") as uow:
        return [each.queue for each in uow.rows(uow.select(QueueItemRow.queue).where(QueueItemRow.state == "OPEN"))]


def test_its_unsent_claim_is_withdrawn_and_its_charges_leave_the_account(world: World):
    id_, claim = claimed(world)
    hold(world, claim)
    before = active(world, id_)
    page = shown(world, id_)
    (out,) = page.effects.claims
    assert (page.may, out.state.code, out.amount, page.effects.paid.cents) == (True, "HELD", page.effects.charged, 0)
    assert page.effects.charged.cents == row(world, claim).charge_cents > 0
    with pytest.raises(Refused, match="reason"):
        set_aside(world, page, "mood")
    set_aside(world, page, note="Same as JR-4471.")
    assert (row(world, claim).state, row(world, claim).held_from, row(world, claim).hold_reason) == (
        "WITHDRAWN", None, None,
    )  # fmt: skip
    assert balances(world) == {}
    assert waiting(world) == []
    with world.read("account:view") as uow:
        assert len(uow.rows(ledger.sums(uow, LedgerLineRow.account))) == 2, "undone by entries, not by leaving out"
        assert (uow.get(EncounterRow, id_).state, uow.get(EncounterRow, id_).charge_cents) == ("SET_ASIDE", 0)
    with world.read("claim:view", world.actor("biller")) as uow:
        told = showing.show_claim(uow, claim)
    assert (told.actions, told.findings) == ((), ())
    assert any("Its visit was set aside" in str(each.text) for each in told.history)
    # taken up again, it goes the whole way, to a claim of its own
    with world.write("bill:verify", world.actor("charge-clerk")) as uow:
        bills.take_up(uow, id_, uow.get(EncounterRow, id_).version)
    assert active(world, id_) == before
    paper.verified(world, id_)
    make.cleared(world, id_)
    again = drafted(world, id_)
    assert again != claim
    assert row(world, again).control != row(world, claim).control
    assert balances(world)["revenue"] == -row(world, again).charge_cents


def test_what_somebody_did_meanwhile_is_told_and_nothing_is_changed(world: World):
    id_, claim = claimed(world)
    page = shown(world, id_)
    hold(world, claim)
    with pytest.raises(Conflict):
        set_aside(world, page)
    with pytest.raises(Conflict):
        set_aside(world, replace(shown(world, id_), version=page.version - 1))
    assert row(world, claim).state == "HELD"
    with world.write("claim:edit") as uow:
        uow.change(uow.get(ClaimRow, claim), versions=1)
    sent = shown(world, id_)
    assert "went to a payer" in str(sent.why_not)
    with pytest.raises(Refused, match="guard:unbilled"):
        set_aside(world, sent)
    assert balances(world)["revenue"] < 0


def test_what_it_took_of_an_authorization_is_given_back(world: World):
    desk = opened(world)
    desk.rule()
    visit = desk.visit()
    granted = desk.granted(visit, services=(TypedLine("", NEEDS, units="1"),))
    claim = desk.claim(visit)
    with world.write("claim:submit") as uow:
        here = uow.get(ClaimRow, claim)
        assert counting.count(uow, [(here, as_domains(uow, [here])[claim])]) == set()
    assert desk.left(granted) == [0]
    page = shown(world, visit.encounter_id)
    assert page.effects.units
    set_aside(world, page)
    assert (desk.left(granted), row(world, claim).state) == ([1], "WITHDRAWN")


@pytest.mark.parametrize("door", ["coder", "charge-clerk"])
def test_whoever_has_the_visit_then_sets_it_aside_with_its_claim(world: World, door: str):
    id_, claim = claimed(world)
    with world.write("claim:edit", world.actor("biller")) as uow:
        steps.return_to_coding(uow, claim, "procedure-wrong")
    assert "Whoever works it there" in str(shown(world, id_).why_not)
    with pytest.raises(Refused, match="settled"):
        set_aside(world, shown(world, id_))
    room, permission = (coding, "encounter:code")
    if door == "charge-clerk":
        make.released(world, id_)
        room, permission = entering, "charge:enter"
    with world.read(permission, world.actor(door)) as uow:
        page = room.show(uow, id_)
    assert page.effects is not None
    assert [each.claim_id for each in page.effects.claims] == [claim.hex()]
    with pytest.raises(Conflict), world.write(permission, world.actor(door)) as uow:
        room.set_aside(uow, id_, page.version, "twice", "")
    with world.write(permission, world.actor(door)) as uow:
        room.set_aside(uow, id_, page.version, "twice", "", page.effects.seen)
    assert (row(world, claim).state, balances(world), waiting(world)) == ("WITHDRAWN", {}, [])


def test_a_visit_taken_up_again_has_the_lines_that_its_coder_left(world: World):
    id_ = paper.registered(world, paper.LINE, replace(paper.LINE, code="J1885"))
    paper.verified(world, id_)
    coder = world.actor("coder")
    with world.write("encounter:code", coder) as uow:
        page = coding.show(uow, id_)
        typed = make.typed(page)
        lines = (typed.lines[0], TypedLine("", "G0444", "", "A", "1"))
        coding.save(uow, id_, page.version, replace(typed, diagnoses=("Z23", "Z0000"), lines=lines))
    coded = active(world, id_)
    assert coded == [("G0438", True), ("J1885", False), ("G0444", True)]
    with world.write("encounter:code", coder) as uow:
        coding.set_aside(uow, id_, coding.show(uow, id_).version, "not-ours", "")
    assert not any(stands for _, stands in active(world, id_))
    with world.write("bill:verify", world.actor("charge-clerk")) as uow:
        bills.take_up(uow, id_, uow.get(EncounterRow, id_).version)
    assert active(world, id_) == coded
    paper.verified(world, id_)
    with world.read("encounter:code", coder) as uow:
        again = coding.show(uow, id_)
    assert [line.code for line in again.lines] == ["G0438", "G0444"]
    assert [each.code for each in again.diagnoses] == ["Z23", "Z0000"]
