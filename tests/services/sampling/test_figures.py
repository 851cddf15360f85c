"""How exact work was: counted from first checks, by person and all together."""

from __future__ import annotations

from datetime import date, timedelta

from portal.domain.sampling import CHARGES, CODING, Accuracy
from portal.services.charges import auditing
from portal.services.encounters import review
from portal.services.sampling import figures, own
from tests.databases import World
from tests.make import users
from tests.make import visits as make


def checked(world: World, id_: bytes, coder: str, found: dict[str, int]) -> None:
    make.coded(world, id_, coder)
    with world.write("encounter:review", world.actor("coding-manager")) as uow:
        version = review.show(uow, id_).version
        if found:
            review.send_back(uow, id_, version, found, "")
        else:
            review.release(uow, id_, version)


def shown(world: World, check: str = CODING, first: date | None = None, last: date | None = None):
    permission = "encounter:sample" if check == CODING else "charge:sample"
    with world.read(permission) as uow:
        return figures.show(uow, check, first, last)


def test_the_figure_of_each_coder_is_what_was_right_of_what_was_checked(world: World):
    for name in ("maya", "noel"):
        world.people[name] = users.user(world, "coder")
    claims = make.some(3)
    ids = make.bring(world, *claims)
    sizes = [len(claim.diagnoses) + len(claim.lines) for claim in claims]
    checked(world, ids[0], "maya", {})
    checked(world, ids[1], "maya", {"modifier": 1, "procedure-missing": 2, "documentation": 1})
    checked(world, ids[2], "noel", {})
    world.clock.forward(minutes=1)
    checked(world, ids[1], "maya", {})
    page = shown(world)
    maya = Accuracy(sizes[0] + sizes[1] - 1, sizes[0] + sizes[1] + 2)
    assert sorted((each.checks, each.passed, each.accuracy) for each in page.people) == [
        (1, 1, Accuracy(sizes[2], sizes[2])), (2, 1, maya),
    ]  # fmt: skip
    assert page.whole.accuracy == maya + Accuracy(sizes[2], sizes[2])
    with world.read("encounter:code", world.actor("coder", "maya")) as uow:
        hers, brief = own.show(uow, CODING), own.brief(uow, CODING)
    assert (hers.figure.checks, hers.figure.accuracy, brief) == (2, maya, maya)
    assert [(each.encounter_id, len(each.found)) for each in hers.visits] == [(ids[1].hex(), 3)]
    with world.read("encounter:code", world.actor("coder", "noel")) as uow:
        assert (own.show(uow, CODING).visits, own.brief(uow, CODING)) == ((), Accuracy(sizes[2], sizes[2]))
    assert {str(words): n for words, n in page.whole.found}["A service that was done is not coded"] == 2
    today = page.last
    assert (page.first, page.charged) == (today - timedelta(days=89), None)
    before = shown(world, last=today - timedelta(days=1))
    assert (before.people, before.whole.accuracy.permille) == ((), None)
    assert shown(world, first=date(1999, 1, 1)).first == today - timedelta(days=365)


def test_charges_are_scored_and_late_ones_counted(world: World):
    claim = make.some(1)[0]
    (id_,) = make.bring(world, claim)
    make.entered(world, id_)
    with world.write("charge:audit", world.actor("qa-auditor")) as uow:
        auditing.send_back(uow, id_, auditing.show(uow, id_).version, {"place": 1}, "")
    page = shown(world, CHARGES)
    items = len(claim.lines) + 3
    assert page.whole.accuracy == Accuracy(items - 1, items)
    with world.read("charge:enter", world.actor("charge-clerk", "charge-clerk")) as uow:
        hers = own.show(uow, CHARGES)
        assert (own.brief(uow, CHARGES), own.brief(uow, CODING)) == (page.whole.accuracy, Accuracy())
    assert [(visit.encounter_id, [str(words) for words, _ in visit.found]) for visit in hers.visits] == [
        (id_.hex(), ["The place of service is wrong"])
    ]
    with world.read("charge:enter", world.actor("charge-clerk", "another")) as uow:
        assert (own.show(uow, CHARGES).visits, own.brief(uow, CHARGES)) == ((), Accuracy())
    assert (page.charged, page.late, page.duplicates) == (len(claim.lines), len(claim.lines), 0)
