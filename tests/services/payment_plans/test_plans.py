"""Plans over real books: agreed once, paid by payments, cut by the insurer, late, failed, paused, replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from portal.access.actors import Actor, system
from portal.domain.charges import Owed
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.posting.payments import card_payment_entry
from portal.models.account_holds import AccountHoldRow
from portal.models.jobs import MailRow
from portal.models.patients import PatientRow
from portal.models.payment_plans import PaymentConsentRow, PaymentPlanRow
from portal.models.queues import QueueItemRow
from portal.services import account_holds, ledger
from portal.services.payment_plans import desk, following, proposing, showing
from portal.services.payment_plans.proposing import Agreed
from portal.services.payments.owing import owed_charges
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import World
from tests.make import accounts
from tests.services.payments.conftest import patient_actor

pytestmark = pytest.mark.database


@dataclass
class Story:
    """A patient who owes 86.40 in two visits, and the office of the practice."""

    world: World
    patient_id: bytes
    actor: Actor

    def mine(self, work: Callable[[UnitOfWork], Any]) -> Any:
        with self.world.units.write(self.actor, "own-plan:make") as uow:
            return work(uow)

    def office(self, work: Callable[[UnitOfWork], Any], permission: str = "plan:edit") -> Any:
        with self.world.write(permission) as uow:
            return work(uow)

    def propose(self, count: int = 3, key: str = "a" * 32, **more: Any) -> bytes:
        return self.mine(lambda uow: proposing.propose(uow, self.patient_id, count, 15, key=key, **more).id)

    def agree(self, plan_id: bytes, words: str = "I agree.") -> None:
        version = self.view(plan_id).version
        self.mine(lambda uow: proposing.consent(uow, plan_id, Agreed(words, "en_US"), version=version).id)

    def begun(self, count: int = 3) -> bytes:
        plan_id = self.propose(count)
        self.agree(plan_id)
        return plan_id

    def view(self, plan_id: bytes) -> showing.PlanView:
        with self.world.read("plan:edit") as uow:
            return showing.view(uow, uow.get(PaymentPlanRow, plan_id))

    def row(self, plan_id: bytes) -> PaymentPlanRow:
        with self.world.read("plan:edit") as uow:
            return uow.get(PaymentPlanRow, plan_id)

    def follow(self, plan_id: bytes, on: date | None = None) -> str:
        if on is not None:
            now = self.world.clock.now()
            self.world.clock.forward(days=(on - now.date()).days)
        actor = system("plan.follow", practice_id=self.world.practice_id)
        following.follow(self.world.units, self.world.runtime.parts, actor, plan_id)
        return self.row(plan_id).state

    def pay(self, cents: int) -> None:
        def put(uow: UnitOfWork) -> None:
            owed = owed_charges(uow, [self.patient_id])
            ledger.post(uow, [card_payment_entry(_key(), self.patient_id, cents, owed, uow.today())])

        self.office(put, "payment:settle")
        following.of_account(
            self.world.units, system("payment.settled", practice_id=self.world.practice_id), self.patient_id
        )

    def holds(self) -> list[str]:
        row = AccountHoldRow
        with self.world.read("account:view") as uow:
            return sorted(each.kind for each in uow.entities(uow.select(row).where(row.ended_at.is_(None))))

    def waits(self) -> list[str]:
        row = QueueItemRow
        with self.world.read("plan:edit") as uow:
            found = uow.entities(uow.select(row).where(row.queue == "plan-cases", row.state == "OPEN"))
            return [each.reason for each in found]


_KEYS = iter(range(1, 100))


def _key() -> bytes:
    return next(_KEYS).to_bytes(16, "big")


@pytest.fixture
def story(world: World) -> Story:
    patient_id = accounts.owing(world)
    return Story(world, patient_id, patient_actor(world, patient_id))


def test_a_plan_is_agreed_to_once_stops_the_clock_and_is_paid(story: Story) -> None:
    plan_id = story.propose()
    assert story.propose() == plan_id, "the same form twice is one plan"
    assert (story.row(plan_id).state, story.holds()) == ("PENDING_CONSENT", [])
    version = story.view(plan_id).version
    with pytest.raises(Conflict):
        story.mine(lambda uow: proposing.consent(uow, plan_id, Agreed("x", "en_US"), version=version + 1))
    story.agree(plan_id, "I agree to pay.")
    story.agree(plan_id, "Pressed twice.")
    with story.world.read("plan:edit") as uow:
        [kept] = uow.entities(uow.select(PaymentConsentRow))
        assert (kept.words, kept.digest) == ("I agree to pay.", hashlib.sha256(b"I agree to pay.").digest())
    assert story.holds() == ["ON_PLAN"]
    seen = story.view(plan_id)
    assert [part.asked.cents for part in seen.parts] == [seen.total.cents // 3] * 2 + [
        seen.total.cents - seen.total.cents // 3 * 2
    ]
    story.pay(seen.parts[0].asked.cents + 100)
    assert [part.standing for part in story.view(plan_id).parts] == ["paid", "part", "due"]
    story.pay(story.view(plan_id).left.cents)
    assert (story.row(plan_id).state, story.holds()) == ("COMPLETED", [])


def test_what_changes_the_balance_before_the_yes_needs_a_new_plan(story: Story) -> None:
    plan_id = story.propose()
    story.pay(500)
    with pytest.raises(Refused) as said:
        story.agree(plan_id)
    assert said.value.code == "guard:agreed"
    assert story.holds() == []


def test_what_comes_off_the_balance_otherwise_shortens_the_last_part(story: Story) -> None:
    plan_id = story.begun()
    before = [part.asked.cents for part in story.view(plan_id).parts]

    def take_off(uow: UnitOfWork) -> None:
        charge = max(owed_charges(uow, [story.patient_id]), key=lambda each: each.open_cents)
        ledger.post(uow, [_written_off(charge, 1_000, uow.today())])

    story.office(take_off, "payment:settle")
    after = story.view(plan_id)
    assert [part.asked.cents for part in after.parts] == [*before[:2], before[2] - 1_000]
    assert (after.cut.cents, after.paid.cents) == (1_000, 0)


def _written_off(charge: Owed, cents: int, day: date) -> Any:
    entry = card_payment_entry(b"w" * 16, charge.patient_id, cents, [charge], day)
    return type(entry)(
        kind="write-off", posted_on=day, key="w", inputs_digest=entry.inputs_digest,
        lines=tuple(
            line if line.account == "receivable:patient" else type(line)("write-off:other", line.amount_cents)
            for line in entry.lines
        ),
    )  # fmt: skip


def test_late_is_told_and_queued_and_ends_the_plan_only_after_the_notice(story: Story) -> None:
    with story.world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, story.patient_id), email_sealed="teresa@example.org")
    plan_id = story.begun()
    first, second, _ = (part.due_on for part in story.view(plan_id).parts)
    assert story.follow(plan_id, first - timedelta(days=2)) == "ACTIVE"
    assert story.follow(plan_id) == "ACTIVE"
    with story.world.read("mail:send") as uow:
        assert [mail.template for mail in uow.entities(uow.select(MailRow))] == ["something_new"], "told once"
    assert story.follow(plan_id, first + timedelta(days=5)) == "ACTIVE"
    assert story.follow(plan_id, first + timedelta(days=6)) == "LATE"
    assert (story.waits(), story.holds()) == (["late"], ["ON_PLAN"])
    assert story.follow(plan_id, second + timedelta(days=5)) == "LATE", "one payment is missing, not two"
    assert story.follow(plan_id, second + timedelta(days=6)) == "DEFAULTED"
    assert (story.waits(), story.holds()) == (["defaulted"], [])


def test_who_was_not_told_does_not_fail_and_who_catches_up_goes_on(story: Story) -> None:
    plan_id = story.begun()
    parts = story.view(plan_id).parts
    assert story.follow(plan_id, parts[1].due_on + timedelta(days=6)) == "LATE"
    assert story.follow(plan_id, parts[1].due_on + timedelta(days=20)) == "LATE"
    assert story.waits() == ["late-untold"]
    version = story.view(plan_id).version
    story.office(lambda uow: desk.step(uow, plan_id, "told", version=version))
    assert story.follow(plan_id) == "LATE"
    assert story.waits() == ["late"]
    story.pay(sum(part.asked.cents for part in parts[:2]))
    assert (story.row(plan_id).state, story.waits()) == ("ACTIVE", [])


def test_a_question_pauses_a_plan_and_its_end_moves_the_days(story: Story) -> None:
    plan_id = story.begun()
    first = story.view(plan_id).parts[0].due_on
    story.office(lambda uow: account_holds.hold(uow, story.patient_id, "DISPUTED"), "patient:change")
    assert story.follow(plan_id, first + timedelta(days=40)) == "SUSPENDED"

    def answered(uow: UnitOfWork) -> None:
        row = AccountHoldRow
        for each in uow.entities(uow.select(row).where(row.kind == "DISPUTED")):
            account_holds.end(uow, each, reason="answered")

    story.office(answered, "patient:change")
    assert story.follow(plan_id) == "ACTIVE"
    today = story.world.clock.now().date()
    days = [part.due_on for part in story.view(plan_id).parts]
    assert all(day > today and day.day == 15 for day in days)
    assert len(set(days)) == 3


def test_a_change_is_a_new_plan_over_all_that_is_owed(story: Story) -> None:
    old = story.begun(2)
    story.pay(1_000)
    new = story.propose(3, key="b" * 32)
    assert story.row(old).state == "ACTIVE", "until the yes"
    story.agree(new)
    assert (story.row(old).state, story.row(new).state) == ("MODIFIED", "ACTIVE")
    assert story.holds() == ["ON_PLAN"]
    assert (story.view(new).total.cents, story.view(new).paid.cents) == (story.view(old).total.cents - 1_000, 0)
    version = story.view(new).version
    story.mine(lambda uow: proposing.cancel(uow, new, version=version, reason="patient"))
    assert (story.row(new).state, story.holds()) == ("CANCELLED", [])


def test_many_parts_go_to_a_manager_and_nobody_else_sees_a_plan(story: Story) -> None:
    with pytest.raises(Refused):
        story.propose(24)
    with story.world.write("patient:change") as uow:
        other = accounts.patient(uow).id
    stranger = Story(story.world, other, Actor(
        "05" * 16, b"\x05" * 16, own_patients=frozenset({other}), session="00" * 8, assurance="aal2", method="totp",
        authenticated_seconds_ago=10,
    ))  # fmt: skip
    plan_id = story.propose()
    with pytest.raises(NotFound):
        stranger.mine(lambda uow: proposing.cancel(uow, plan_id, version=1, reason="patient"))
    with pytest.raises(Refused) as said:
        stranger.propose()
    assert said.value.code == "nothing-owed"
