"""Help asked for, decided, carried on, taken back; what it does in the books and to the bills' clocks."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from portal.access.actors import Actor, system
from portal.domain.assistance.incomes import Household, Income
from portal.domain.assistance.policy import Assistance
from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.account_holds import AccountHoldRow
from portal.models.assistance import AssistanceFileRow, AssistanceRow
from portal.models.documents import DocumentRow
from portal.models.ledger import LedgerLineRow
from portal.models.payers import PayerRow
from portal.models.queues import QueueItemRow
from portal.services import documents, ledger, policies
from portal.services.assistance import applying, books, deciding, letters, levels, nights
from portal.services.assistance.applying import Upload
from tests.databases import World
from tests.make import accounts
from tests.services.messages.test_messages import PDF, patient_at

POOR = Household(2, (Income("wages", 1_500_00, "month"),))  # 18,000 of 21,150: within 200 %
MIDDLE = Household(1, (Income("wages", 3_500_00, "month"),))  # 42,000 of 15,650: 269 %


@dataclass
class Story:
    """Teresa, who owes 86.40, a biller and a manager."""

    world: World
    teresa: bytes
    patient: Actor

    def __post_init__(self) -> None:
        self.biller = self.world.actor("biller", "bea")
        self.manager = self.world.actor("billing-manager", "max")

    def row(self) -> AssistanceRow:
        with self.world.read("assistance:view") as uow:
            row = uow.first(uow.select(AssistanceRow).order_by(AssistanceRow.begun_at.desc()))
            assert row is not None
            return row

    def applied(self, household: Household = POOR) -> bytes:
        with self.world.write("own-help:make", self.patient) as uow:
            row = applying.begin(uow, self.teresa)
            applying.tell(uow, row.id, household, version=row.version)
            uow.flush()
            applying.submit(uow, row.id, version=row.version)
            return row.id

    def decided(self, percent: int = 100, reason: str = "by-policy", by: Actor | None = None, **more: Any) -> int:
        row = self.row()
        by = by or self.biller
        permission = "assistance:decide" if row.state in {"REVIEWED", "APPEALED"} else "assistance:prepare"
        with self.world.write(permission, by) as uow:
            return deciding.decide(uow, row.id, percent, reason, version=row.version, **more)

    def owed(self) -> int:
        with self.world.read("account:view") as uow:
            return ledger.owed_by_patient(uow, self.teresa)

    def off(self) -> int:
        with self.world.read("account:view") as uow:
            return ledger.balance(uow, LedgerLineRow.account == "write-off:assistance")

    def holds(self) -> list[str]:
        with self.world.read("account:view") as uow:
            rows = uow.rows(uow.select(AccountHoldRow.kind).where(AccountHoldRow.ended_at.is_(None)))
            return [row.kind for row in rows]

    def waits_in(self) -> list[str]:
        with self.world.read("queue:view") as uow:
            return [each.queue for each in uow.rows(uow.select(QueueItemRow.queue).where(QueueItemRow.state == "OPEN"))]


@pytest.fixture
def story(world: World) -> Story:
    teresa = accounts.owing(world)
    return Story(world, teresa, patient_at(teresa))


def rules(world: World, **more: Any) -> None:
    with world.write("policy:edit", world.actor("billing-manager", "max")) as uow:
        known = policies.version(uow, world.practice_id, Assistance)
        policies.keep(uow, world.practice_id, replace(Assistance(), **more), version=known)


def test_a_draft_is_kept_step_by_step_and_sent_once_it_is_whole(story: Story):
    with story.world.write("own-help:make", story.patient) as uow:
        first = applying.begin(uow, story.teresa).id
    with story.world.write("own-help:make", story.patient) as uow:
        row = applying.begin(uow, story.teresa)
        assert row.id == first, "a second press begins nothing"
        applying.tell(uow, first, Household(2), version=row.version)
    row = story.row()
    with pytest.raises(Refused) as missing, story.world.write("own-help:make", story.patient) as uow:
        applying.submit(uow, first, version=row.version)
    assert missing.value.code == "guard:complete"
    with pytest.raises(Conflict), story.world.write("own-help:make", story.patient) as uow:
        applying.tell(uow, first, POOR, version=1)
    row = story.row()
    with pytest.raises(NotFound), story.world.write("own-help:make", patient_at(os.urandom(16))) as uow:
        applying.tell(uow, first, POOR, version=row.version)
    assert story.holds() == []
    story.applied()
    row = story.row()
    assert (row.state, row.due_on, story.holds()) == ("SUBMITTED", date(2026, 8, 17), ["FINANCIAL_ASSISTANCE_PENDING"])
    assert story.waits_in() == ["assistance"]
    with pytest.raises(Refused) as sent, story.world.write("own-help:make", story.patient) as uow:
        applying.tell(uow, first, MIDDLE, version=row.version)
    assert sent.value.code == "sent"
    with story.world.write("own-help:make", story.patient) as uow:
        applying.withdraw(uow, first, version=row.version)
    assert (story.row().state, story.holds(), story.waits_in()) == ("WITHDRAWN", [], [])


def test_papers_are_checked_sealed_and_met_by_who_decides_only(story: Story):
    id_ = story.applied()
    for body in (b"no paper", b"%PDF-1.7 cut"):
        with pytest.raises(Refused), story.world.write("own-help:make", story.patient) as uow:
            applying.attach(uow, id_, Upload("pay.pdf", body))
    with story.world.write("own-help:make", story.patient) as uow:
        applying.attach(uow, id_, Upload("C:\\stubs\\pay.pdf", PDF))
    with pytest.raises(Refused) as twice, story.world.write("own-help:make", story.patient) as uow:
        applying.attach(uow, id_, Upload("again.pdf", PDF))
    assert twice.value.code == "file"
    with story.world.read("assistance:view", story.biller) as uow:
        paper = uow.first(uow.select(AssistanceFileRow))
        assert paper is not None
        assert uow.read(paper, AssistanceFileRow.name_sealed) == "pay.pdf"
    with story.world.read("document:view", story.biller) as uow:
        assert documents.fetch(uow, paper.document_id).body == PDF
    for other in ("charge-clerk", "payment-poster", "coder"):
        with pytest.raises(NotFound), story.world.read("document:view", story.world.actor(other)) as uow:
            documents.fetch(uow, paper.document_id)


def test_one_person_decides_a_small_sum_and_it_goes_off_once(story: Story):
    id_ = story.applied()
    row = story.row()
    with story.world.read("assistance:view", story.biller) as uow:
        found = deciding.finding(uow, row)
        assert (found.yearly_cents, found.level_cents, found.percent, found.discount) == (1_800_000, 2_115_000, 86, 100)
    assert story.decided(100) == 8_640
    row = story.row()
    assert (row.state, row.percent, row.cents, row.valid_until) == ("APPROVED", 100, 8_640, date(2027, 2, 2))
    assert (story.owed(), story.off(), story.holds(), story.waits_in()) == (0, 8_640, [], [])
    with pytest.raises(Conflict), story.world.write("assistance:prepare", story.biller) as uow:
        deciding.decide(uow, id_, 100, "by-policy", version=row.version - 1)
    with pytest.raises(Refused), story.world.write("assistance:prepare", story.biller) as uow:
        deciding.decide(uow, id_, 100, "by-policy", version=row.version)
    for _ in range(2):
        nights.run(story.world.units, story.world.machine())
    assert story.off() == 8_640


def test_help_in_part_holds_for_what_comes_later_and_ends(story: Story):
    story.applied(MIDDLE)
    assert story.decided(50) == 4_320
    assert (story.row().state, story.owed()) == ("PARTLY", 4_320)
    with story.world.write("patient:change") as uow:
        of = accounts.PatientRow
        accounts.visit(uow, uow.get(of, story.teresa), date(2026, 8, 3), {"J1885": 1_001})
    for _ in range(2):
        nights.run(story.world.units, story.world.machine())
    assert (story.owed(), story.off(), story.row().cents) == (4_320 + 500, 4_320 + 501, 4_821)
    story.world.clock.forward(days=190)
    nights.run(story.world.units, story.world.machine())
    assert story.row().state == "EXPIRED"
    with story.world.write("patient:change") as uow:
        accounts.visit(uow, uow.get(accounts.PatientRow, story.teresa), date(2026, 8, 9), {"J1885": 1_000})
    nights.run(story.world.units, story.world.machine())
    assert story.off() == 4_821


def test_a_larger_sum_is_for_two_people(story: Story):
    rules(story.world, single_cents=5_000)
    id_ = story.applied()
    with pytest.raises(Refused) as alone:
        story.decided(100)
    assert alone.value.code == "guard:alone"
    assert story.off() == 0
    row = story.row()
    with story.world.write("assistance:prepare", story.manager) as uow:
        deciding.prepare(uow, id_, 100, government=False, note="", version=row.version)
    assert (story.row().state, story.waits_in()) == ("REVIEWED", ["assistance"])
    with pytest.raises(Refused) as same:
        story.decided(100, by=story.manager)
    assert same.value.code == "guard:second"
    with pytest.raises(Refused):
        story.decided(100, by=story.biller)
    assert story.decided(100, by=story.world.actor("billing-manager", "other")) == 8_640


def test_copays_of_government_plans_are_left_without_a_managers_own_reason(story: Story):
    with story.world.write("payer:edit", system("test")) as uow:
        payer = uow.first(uow.select(PayerRow))
        assert payer is not None
        uow.change(payer, kind="MB")
    id_ = story.applied()
    row = story.row()
    with story.world.read("assistance:view", story.biller) as uow:
        reckoned = deciding.reckon(uow, row, 100, government=False)
        assert (reckoned.cents, reckoned.government_cents) == (0, 8_640)
    with pytest.raises(Refused) as why:
        story.decided(100, government=True)
    assert why.value.code == "note"
    with pytest.raises(Refused) as alone:
        story.decided(100, government=True, note="Their own need: a house fire")
    assert alone.value.code == "guard:alone"
    row = story.row()
    with story.world.write("assistance:prepare", story.biller) as uow:
        deciding.prepare(uow, id_, 100, government=True, note="fire", version=row.version)
    assert story.decided(100, by=story.manager, government=True, note="Their own need: a house fire") == 8_640
    assert story.owed() == 0


def test_what_is_missing_is_asked_for_and_comes_back(story: Story):
    id_ = story.applied()
    row = story.row()
    with pytest.raises(Refused), story.world.write("assistance:prepare", story.biller) as uow:
        deciding.ask_for(uow, id_, "papers", " ", None, version=row.version)
    row = story.row()
    with story.world.write("assistance:prepare", story.biller) as uow:
        deciding.ask_for(uow, id_, "papers", "Your last two pay stubs", None, version=row.version)
    assert (story.row().state, story.waits_in(), len(story.holds())) == ("INCOMPLETE", [], 1)
    story.world.clock.forward(days=20)
    for _ in range(2):
        nights.run(story.world.units, story.world.machine())
    assert story.waits_in() == ["assistance"], "nobody sent them: a person looks"
    row = story.row()
    with story.world.write("own-help:make", story.patient) as uow:
        applying.submit(uow, id_, version=row.version)
    assert (story.row().state, story.waits_in()) == ("SUBMITTED", ["assistance"])


def test_who_is_denied_may_ask_again_in_time_and_a_grant_can_be_taken_back(story: Story):
    id_ = story.applied(replace(MIDDLE, incomes=(Income("wages", 9_000_00, "month"),)))
    with pytest.raises(Refused) as odd:
        story.decided(0, "by-policy")
    assert odd.value.code == "reason"
    assert story.decided(0, "above") == 0
    row = story.row()
    with story.world.write("own-help:make", story.patient) as uow:
        applying.appeal(uow, id_, "I lost my work in July.", version=row.version)
    assert (story.row().state, len(story.holds()), story.waits_in()) == ("APPEALED", 1, ["assistance"])
    with pytest.raises(Refused) as note:
        story.decided(50, "hardship", by=story.manager)
    assert note.value.code == "note"
    assert story.decided(50, "hardship", by=story.manager, note="Lost work", words="We wish you well.") == 4_320
    row = story.row()
    with story.world.write("assistance:decide", story.manager) as uow:
        assert deciding.revoke(uow, id_, "untrue", "They still work.", version=row.version) == 4_320
    assert (story.row().state, story.owed(), story.off()) == ("REVOKED", 8_640, 0)
    row = story.row()
    with story.world.read("account:view") as uow:
        assert books.taken(uow, deciding.key_of(row)) == {}
    row = story.row()
    with pytest.raises(Refused), story.world.write("own-help:make", story.patient) as uow:
        applying.appeal(uow, id_, "But no", version=row.version)


def test_the_days_for_another_look_end(story: Story):
    id_ = story.applied()
    story.decided(0, "not-shown")
    story.world.clock.forward(days=31)
    row = story.row()
    with pytest.raises(Refused) as late, story.world.write("own-help:make", story.patient) as uow:
        applying.appeal(uow, id_, "Please", version=row.version)
    assert late.value.code == "guard:in_time"


class Press:
    """Keeps what it is asked to set."""

    def __init__(self) -> None:
        self.set: list[dict[str, Any]] = []

    def own_letter(self, content: dict[str, Any], *, language: str, time_zone: str) -> bytes:
        self.set.append(content)
        return PDF


def test_each_decision_has_its_letter_once(story: Story):
    id_ = story.applied()
    story.decided(50, words="Call Bea with any question.")
    press = Press()
    parts = replace(story.world.runtime.parts, paper=press)
    for _ in range(2):
        letters.print_paper(story.world.units, parts, story.world.machine(), id_)
    [content] = press.set
    said = str(content["paragraphs"])
    assert "look again within" in said
    assert "Call Bea" in said
    assert "1500" not in said, "no income on paper"
    assert story.waits_in() == ["letters"]
    row = story.row()
    with story.world.write("assistance:prepare", story.biller) as uow:
        deciding.mailed(uow, id_, version=row.version)
    assert story.waits_in() == []
    row = story.row()
    with story.world.read("own-document:view", story.patient) as uow:
        letter = row.document_id
        assert letter is not None
        assert uow.get(DocumentRow, letter).kind == "letter"


def test_guidelines_of_a_year_are_loaded_once_and_replaced(world: World):
    head = "year,region,1,2,3,4,5,6,7,8,extra\n"
    line = "2026,US,16000,21000,26000,31000,36000,41000,46000,51000,5000\n"
    boss = system("codes.load")

    def load(text: str, **more: Any):
        with world.write("code:load", boss) as uow:
            return levels.load(uow, io.BytesIO(text.encode()), "fpl.csv", date(2026, 1, 13), **more)

    assert load(head + line, rehearse=True).release_id is None
    assert load(head + line).added == 1
    assert load(head + line).added == 0
    assert load(head + line.replace("16000", "15999")).changed == 1
    with world.read("assistance:view") as uow:
        first = levels.level_of(uow, "OR", date(2026, 8, 3))
        alaska = levels.level_of(uow, "AK", date(2026, 8, 3))
    assert first is not None
    assert alaska is not None
    assert (first.cents(1), alaska.year) == (1_599_900, 2025)
