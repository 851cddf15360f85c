"""A visit that goes no further: its unsent claim is withdrawn, the books are undone, and nothing of it is lost."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.domain.errors import Conflict, Refused
from portal.domain.posting.payments import card_payment_entry
from portal.jobs.handlers import close_statements
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.queues import QueueItemRow
from portal.models.statements import StatementRow
from portal.services import aside, ledger
from portal.services.aside import AsidePage
from portal.services.charges import entering
from portal.services.claims import drafting, showing, steps
from portal.services.claims.building import as_domains
from portal.services.encounters import bills, coding
from portal.services.granted import counting
from portal.services.intake.lines import TypedLine
from portal.services.payments.owing import held_charges, owed_charges
from portal.services.statements import making
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import World
from tests.jobs.engines import Engine
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


def self_pay(world: World) -> bytes:
    """A cleared visit without coverage, billed to its patient."""
    (id_,) = make.bring(world)
    with world.write("account:view") as uow:
        uow.change(uow.get(EncounterRow, id_), coverage_id=None)
    make.cleared(world, id_)
    with world.write("claim:edit", world.machine()) as uow:
        assert drafting.draft_for(uow, id_).claim_id is None
    return id_


def pay(world: World, id_: bytes, cents: int) -> bytes:
    with world.write("payment:settle") as uow:
        patient: bytes = uow.get(EncounterRow, id_).patient_id
        entry = card_payment_entry(os.urandom(16), patient, cents, owed_charges(uow, [patient]), uow.today())
        ledger.post(uow, [entry])
    return patient


def billed(world: World) -> list[str]:
    with world.read("statement:run", world.actor("billing-manager")) as uow:
        return [row.state for row in uow.entities(uow.select(StatementRow))]


def test_a_visit_that_its_patient_pays_is_set_aside_with_its_bill_and_what_was_paid_is_looked_at(world: World):
    id_ = self_pay(world)
    charged = balances(world)["receivable:patient"]
    patient = pay(world, id_, 1_500)
    assert waiting(world) == []
    making.make(world.units, world.runtime.parts, world.machine("statement.make"), patient)
    page = shown(world, id_)
    assert (page.may, page.effects.claims, page.effects.charged.cents) == (True, (), charged)
    assert (page.effects.paid.cents, page.effects.bills, billed(world)) == (1_500, 1, ["READY"])
    pay(world, id_, 500)
    with pytest.raises(Conflict):
        set_aside(world, page)
    set_aside(world, shown(world, id_))
    assert balances(world) == {"cash:card": 2_000, "receivable:patient": -2_000}
    with world.read("queue:view") as uow:
        (item,) = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.queue == "credits"))
    assert (item.state, item.patient_id, item.at_risk_cents) == ("OPEN", patient, 2_000)
    Engine(world).drain(statement_close=close_statements, statement_paper=lambda *_: None)
    assert billed(world) == ["PAID"], "closed before it went"
    with pytest.raises(Refused, match="settled"):
        set_aside(world, shown(world, id_))
    with world.write("bill:verify", world.actor("charge-clerk")) as uow:
        bills.take_up(uow, id_, uow.get(EncounterRow, id_).version)
    paper.verified(world, id_)
    make.entered(world, id_)
    assert "credits" not in waiting(world), "charged again, it is no credit any more"


def in_order(world: World, first: Callable[[UnitOfWork], object], second: Callable[[], None]) -> None:
    """One of two goes first and keeps its work open until the other waits for it; then both end."""
    opened_, failed = threading.Event(), []

    def follow() -> None:
        opened_.wait()
        try:
            second()
        except Exception as exc:  # noqa: BLE001 - it is told where the test looks
            failed.append(exc)

    other = threading.Thread(target=follow)
    other.start()
    postgresql = world.runtime.engine.dialect.name == "postgresql"
    with world.write("claim:edit", world.actor("biller")) as uow:
        first(uow)
        uow.flush()
        opened_.set()
        while postgresql and other.is_alive() and not _waits(world):
            other.join(0.01)
    other.join()
    if failed:
        raise failed[0]


def _waits(world: World) -> bool:
    """Whether another connection of this database waits for a lock."""
    with world.runtime.engine.connect() as connection:
        return bool(
            connection.scalar(
                text("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
            )
        )  # fmt: skip


def test_a_claim_drafted_while_its_visit_is_set_aside_is_not_made(world: World):
    (id_,) = make.bring(world)
    make.cleared(world, id_)
    page, found = shown(world, id_), []

    def aside_(uow: UnitOfWork) -> None:
        aside.from_claim(uow, id_, page.version, "twice", "", page.effects.seen)

    def draft() -> None:
        with world.write("claim:edit", world.machine()) as uow:
            found.append(drafting.draft_for(uow, id_))

    in_order(world, aside_, draft)
    assert [each.claim_id for each in found] == [None]
    with world.read("claim:view", world.actor("biller")) as uow:
        assert uow.count(uow.select(ClaimRow.id)) == 0
        assert uow.get(EncounterRow, id_).state == "SET_ASIDE"
    assert balances(world) == {}


def test_a_visit_set_aside_while_its_claim_is_drafted_stays_with_it(world: World):
    (id_,) = make.bring(world)
    make.cleared(world, id_)
    page = shown(world, id_)
    with pytest.raises(Conflict):
        in_order(world, lambda uow: drafting.draft_for(uow, id_), lambda: set_aside(world, page))
    with world.read("claim:view", world.actor("biller")) as uow:
        (claim,) = uow.entities(uow.select(ClaimRow))
        assert (uow.get(EncounterRow, id_).state, claim.state in aside.UNSENT) == ("CLEARED", True)
    set_aside(world, shown(world, id_))
    assert (row(world, claim.id).state, balances(world)) == ("WITHDRAWN", {})


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


def test_a_payment_that_comes_while_its_visit_is_set_aside_finds_nothing_owed_on_it(world: World):
    id_ = self_pay(world)
    page = shown(world, id_)

    def settle() -> None:
        with world.write("payment:settle") as uow:
            patient = uow.get(EncounterRow, id_).patient_id
            owed = held_charges(uow, [patient])
            ledger.post(uow, [card_payment_entry(os.urandom(16), patient, 1_500, owed, uow.today())])

    def aside_(uow: UnitOfWork) -> None:
        aside.from_claim(uow, id_, page.version, "twice", "", page.effects.seen)

    in_order(world, aside_, settle)
    assert balances(world) == {"cash:card": 1_500, "unapplied:patient": -1_500}
