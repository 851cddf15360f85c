"""Charges: into the books once, mended by undoing, audited by another person, and on to the claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from portal.domain.claims import Cover
from portal.domain.errors import Conflict, Refused
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.jobs import JobKeyRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.queues import QueueItemRow
from portal.services import ledger, practices
from portal.services.charges import auditing, entering
from portal.services.charges.entering import Typed
from portal.services.intake.lines import TypedLine
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import visits as make


def balances(world: World) -> dict[str, int]:
    with world.read("account:view") as uow:
        return {row.account: row.cents for row in uow.rows(ledger.sums(uow, LedgerLineRow.account)) if row.cents}


def typed(page: entering.EnterPage, **change: object) -> Typed:
    lines = [
        TypedLine(str(line.position), line.code, line.modifiers, line.points, str(line.units), line.charge.plain())
        for line in page.lines
    ]
    return replace(Typed((*lines, TypedLine("", "")), page.place_code, page.provider_id, page.coverage_id), **change)


def shown(world: World, id_: bytes) -> entering.EnterPage:
    with world.read("charge:enter", world.actor("charge-clerk")) as uow:
        return entering.show(uow, id_)


def enter(world: World, id_: bytes, given: Typed | None = None) -> None:
    with world.write("charge:enter", world.actor("charge-clerk")) as uow:
        entering.enter(uow, id_, uow.get(EncounterRow, id_).version, given)


def send_back(world: World, id_: bytes, category: str = "price") -> None:
    with world.write("charge:audit", world.actor("qa-auditor")) as uow:
        auditing.send_back(uow, id_, uow.get(EncounterRow, id_).version, {category: 1}, "Look again.")


def waiting(world: World, id_: bytes) -> tuple[str, list[str]]:
    with world.read("account:view") as uow:
        state = uow.get(EncounterRow, id_).state
        rows = uow.rows(
            uow.select(QueueItemRow.queue).where(QueueItemRow.subject_id == id_, QueueItemRow.state == "OPEN")
        )
        return state, [row.queue for row in rows]


def jobs(world: World) -> list[tuple[str, str]]:
    """What was asked for, by name and key, whichever engine runs it."""
    with world.units.housekeeping() as session:
        return [tuple(row) for row in session.execute(select(JobKeyRow.name, JobKeyRow.key))]


def test_charges_enter_the_books_and_wait_for_audit(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    make.released(world, id_)
    page = shown(world, id_)
    assert page.may_enter
    assert (page.total.cents, page.unpriced) == (claim.charge_cents, len(claim.lines))
    make_total = claim.charge_cents
    enter(world, id_)
    assert balances(world) == {"receivable:payer": make_total, "revenue": -make_total}
    assert waiting(world, id_) == ("QA", ["charge-audit"])
    with pytest.raises(Refused, match="settled"):
        enter(world, id_)


def test_a_visit_without_coverage_is_the_patients(world: World):
    claim = make.some(1)[0]
    nobody = Cover("", "", "", claim.patient)
    (id_,) = make.bring(world, replace(claim, cover=nobody))
    make.cleared(world, id_)
    assert balances(world) == {"receivable:patient": claim.charge_cents, "revenue": -claim.charge_cents}
    assert jobs(world) == []


def test_cleared_charges_ask_for_a_claim_once(world: World):
    (id_,) = make.bring(world)
    make.cleared(world, id_)
    assert waiting(world, id_) == ("CLEARED", [])
    key = f"claim.draft:{id_.hex()}:{make.version_of(world, id_)}"
    assert jobs(world) == [("claim.draft", key)]


def test_the_clerk_does_not_audit(world: World):
    (id_,) = make.bring(world)
    make.entered(world, id_, "one")
    version = make.version_of(world, id_)
    with world.read("charge:audit", world.actor("qa-auditor", "one")) as uow:
        assert not auditing.show(uow, id_).may_audit
    with pytest.raises(Refused), world.write("charge:audit", world.actor("qa-auditor", "one")) as uow:
        auditing.clear(uow, id_, version)
    with pytest.raises(Refused), world.write("charge:audit", world.actor("qa-auditor", "one")) as uow:
        auditing.send_back(uow, id_, version, {"price": 1}, "")
    with world.write("charge:audit", world.actor("qa-auditor", "two")) as uow:
        auditing.clear(uow, id_, version)


def test_returned_charges_are_mended_in_the_books(world: World):
    claim = next(each for each in make.claims() if len(each.lines) > 1)
    (id_,) = make.bring(world, claim)
    make.entered(world, id_)
    with pytest.raises(Refused, match="category"):
        send_back(world, id_, "mood")
    send_back(world, id_)
    page = shown(world, id_)
    assert waiting(world, id_) == ("CHARGED", ["charge-entry"])
    assert page.returned is not None
    assert page.returned.note == "Look again."
    first, *rest = typed(page).lines
    world.clock.forward(hours=1)
    enter(
        world, id_, typed(page, lines=(replace(first, charge="$1,250.50"), *(replace(line, out=True) for line in rest)))
    )
    assert balances(world) == {"receivable:payer": 125050, "revenue": -125050}
    send_back(world, id_, "charge-missing")
    world.clock.forward(hours=1)
    added = TypedLine("", "A4550", points="A", units="2", charge="57")
    enter(world, id_, typed(shown(world, id_), lines=(*typed(shown(world, id_)).lines, added)))
    assert balances(world) == {"receivable:payer": 130750, "revenue": -130750}
    with world.read("account:view") as uow:
        kinds = [row.kind for row in uow.rows(uow.select(LedgerEntryRow.kind))]
        assert kinds.count("charge-reversal") == len(claim.lines)
        posted = uow.rows(uow.select(ChargeRow.posted, ChargeRow.active).where(ChargeRow.encounter_id == id_))
        assert all(row.posted == row.active for row in posted)
        assert uow.get(EncounterRow, id_).charge_cents == 130750


def test_a_coverage_taken_off_moves_the_debt(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    make.entered(world, id_)
    send_back(world, id_, "coverage")
    enter(world, id_, typed(shown(world, id_), coverage_id="", provider_id="", place="12"))
    assert balances(world) == {"receivable:patient": claim.charge_cents, "revenue": -claim.charge_cents}
    with world.read("charge:audit", world.actor("qa-auditor")) as uow:
        page = auditing.show(uow, id_)
    assert page.payer_name is None
    assert {str(check.title): check.tone for check in page.checks} == {
        "Prices": "wait", "Charged twice": "good", "Coverage": "wait", "Clinician": "wait",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"place": "home"}, "place"),
        ({"coverage_id": "00" * 16}, "choice"),
        ({"provider_id": "zz"}, "choice"),
        ({"lines": (TypedLine("1", "", units="1", charge="ten"),)}, "charge"),
        ({"lines": (TypedLine("1", "", units="1", charge="-1"),)}, "charge"),
        ({"lines": (TypedLine("1", "", units="-1", charge="1"),)}, "code"),
        ({"lines": (TypedLine("", "nothing", units="1", charge="1"),)}, "code"),
        ({"lines": tuple(TypedLine("9" * 5000, "A4550", units="1", charge="1") for _ in range(51))}, "charge"),
        ({"lines": tuple(TypedLine(str(n), "", units="1", charge="1", out=True) for n in range(1, 9))}, "charge"),
    ],
)
def test_what_cannot_be_read_enters_nothing(world: World, change: dict, code: str):
    (id_,) = make.bring(world)
    make.released(world, id_)
    with pytest.raises(Refused) as caught:
        enter(world, id_, typed(shown(world, id_), **change))
    assert caught.value.code == code
    assert balances(world) == {}
    assert waiting(world, id_)[0] == "RELEASED"


def test_the_auditor_is_told_what_the_machine_compared(world: World):
    claim = make.some(1)[0]
    first, second = make.bring(world, claim, replace(claim, control="AGAIN"))
    prices = [(line.code, "", int(line.charge_cents / line.units)) for line in claim.lines]
    with world.write("price:load") as uow:
        practices.load_prices(uow, world.practice_id, prices, date(2026, 1, 1))
    for id_ in (first, second):
        make.entered(world, id_)
    with world.read("charge:audit", world.actor("qa-auditor")) as uow:
        tones = {str(check.title): check.tone for check in auditing.show(uow, first).checks}
    assert tones == {"Prices": "good", "Charged twice": "stop", "Coverage": "good", "Clinician": "good"}


def test_a_stale_page_changes_nothing(world: World):
    (id_,) = make.bring(world)
    make.released(world, id_)
    with pytest.raises(Conflict), world.write("charge:enter", world.actor("charge-clerk")) as uow:
        entering.enter(uow, id_, 1)
    assert balances(world) == {}


@pytest.mark.parametrize(("permission", "role"), [("charge:enter", "qa-auditor"), ("charge:audit", "charge-clerk")])
def test_who_may_enter_and_audit(world: World, permission: str, role: str):
    for each in (role, "coder", "biller", "payment-poster", "administrator"):
        with pytest.raises(Denied), world.write(permission, world.actor(each)):
            raise AssertionError("nothing opens without a permission")
