"""A change of the sampling rules takes effect when a second person agrees, who sees what it would have let through."""

from __future__ import annotations

import pytest

from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.sampling import CHARGES, CODING
from portal.models.queues import DutyWaiverRow
from portal.services.encounters import review
from portal.services.sampling import changes
from tests.databases import World
from tests.make import visits as make
from tests.make.sampling import EDITORS, agree, first, propose, rule, second, shown


def step(world: World, do, change: changes.ChangeItem, *more: str, by=None, check: str = CODING) -> None:
    with world.write(EDITORS[check][0], by or second(world, check)) as uow:
        do(uow, check, bytes.fromhex(change.change_id), change.version, *more)


def test_one_person_alone_changes_no_rule(world: World):
    ids = make.bring(world, *make.some(3))
    make.coded(world, ids[0])
    with world.write("encounter:review", world.actor("coding-manager")) as uow:
        review.send_back(uow, ids[0], review.show(uow, ids[0]).version, {"units": 1}, "")
    for id_ in ids[:2]:
        make.coded(world, id_)
    change = propose(world, kind="value", value="900000")
    assert (change.visits, change.before, change.after) == (2, 2, 1), "what came back is checked whatever the rules"
    assert (change.own, change.may_decide) == (False, True)
    (mine,) = shown(world).waiting
    assert (mine.own, mine.may_decide) == (True, False)
    for do, more in ((changes.agree, ()), (changes.turn_down, ("Because.",))):
        with pytest.raises(Refused, match="guard:another"):
            step(world, do, change, *more, by=first(world))
    make.coded(world, ids[2])
    with world.read("encounter:review", world.actor("coding-manager")) as uow:
        assert str(review.show(uow, ids[2]).chosen) == "There is no rule: every visit is checked."
    assert shown(world).rules == ()
    agree(world, change)
    page = shown(world)
    assert ([str(each.words) for each in page.rules], page.waiting) == (["Every visit of $900,000.00 or more"], ())
    (decided,) = page.decided
    assert (decided.state.code, decided.before, decided.after, decided.note) == ("AGREED", 2, 1, None)
    with pytest.raises(Conflict):
        agree(world, change)


def test_a_change_is_turned_down_with_a_reason_or_taken_back_by_its_own_maker(world: World):
    change = propose(world, kind="all", percent="1")
    for words in (" ", "a\0b"):
        with pytest.raises(Refused, match="words"):
            step(world, changes.turn_down, change, words)
    with pytest.raises(Refused, match="guard:own"):
        step(world, changes.take_back, change)
    step(world, changes.turn_down, change, "That checks nearly nobody.")
    step(world, changes.take_back, propose(world, kind="all", percent="2"), by=first(world))
    page = shown(world)
    assert (page.rules, page.waiting) == ((), ())
    assert {(each.state.code, each.note) for each in page.decided} == {
        ("TURNED_DOWN", "That checks nearly nobody."), ("TAKEN_BACK", None),
    }  # fmt: skip


def test_rules_are_read_ended_and_kept(world: World):
    rule(world, kind="all", percent="10 %")
    with pytest.raises(Refused, match="rule"):
        propose(world, kind="all", percent="10")
    other = propose(world, kind="code", percent="50", code="g04.38")
    with pytest.raises(Refused, match="rule"):
        propose(world, kind="code", percent="50", code="G0438")
    (standing,) = shown(world).rules
    rule_id = bytes.fromhex(standing.rule_id)
    with pytest.raises(NotFound), world.write("charge:sample", first(world, CHARGES)) as uow:
        changes.propose_end(uow, CHARGES, rule_id, standing.version)
    with pytest.raises(NotFound):
        step(world, changes.agree, other, check=CHARGES)
    for refused in (None, Refused):
        with world.write("encounter:sample", first(world)) as uow:
            if refused is None:
                changes.propose_end(uow, CODING, rule_id, standing.version)
                continue
            with pytest.raises(refused, match="rule"):
                changes.propose_end(uow, CODING, rule_id, standing.version)
    assert [str(each.words) for each in shown(world).rules] == ["10 % of all visits"], "it holds until that is agreed"
    (ending,) = (each for each in shown(world).waiting if each.ends)
    assert str(ending.words) == "10 % of all visits"
    agree(world, ending)
    with pytest.raises(Conflict):
        agree(world, other)  # the rules changed, so it was tried anew
    agree(world, shown(world).waiting[0])
    page = shown(world)
    assert [str(each.words) for each in page.rules] == ["50 % of the visits with a code that begins with G0438"]
    assert len(page.ended) == 1


def test_each_kind_of_rule_is_tried_on_the_visits_as_they_were_worked(world: World):
    claims = make.some(3)
    ids = make.bring(world, *claims)
    for id_, name in zip(ids, ("maya", "maya", "noel"), strict=True):
        make.coded(world, id_, name)
    rule(world, kind="value", value="900000")
    code = claims[0].diagnoses[0]
    expected = sum(any(each.startswith(code) for each in claim.diagnoses) for claim in claims)
    change = propose(world, kind="code", code=code)
    assert (change.visits, change.before, change.after) == (3, 0, expected)
    highest = max(claim.charge_cents for claim in claims)
    change = propose(world, kind="value", value=f"{highest / 100:.2f}")
    assert (change.before, change.after) == (0, sum(claim.charge_cents >= highest for claim in claims))


def test_in_an_office_of_one_a_recorded_exception_lets_the_same_person_agree(world: World):
    change = propose(world, kind="all", percent="30")
    with world.write("practice:edit") as uow:
        uow.new(
            DutyWaiverRow, practice_id=world.practice_id, earlier="encounter:sample", later="sample-rule:agree",
            reason="One manager", granted_by="system:test", valid_from=uow.today(), valid_to=uow.today(),
        )  # fmt: skip
    agree(world, change, by=first(world))
    assert [str(each.words) for each in shown(world).rules] == ["30 % of all visits"]
