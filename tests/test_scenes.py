"""A scene is put only where the same was done before, and goes on as if it had been played."""

from __future__ import annotations

from portal.models.claims import ClaimRow
from tests.databases import World
from tests.make import claims as make
from tests.services.claims.office import Office


def claims(world: World) -> int:
    with world.read("claim:view") as uow:
        return uow.count(uow.select(ClaimRow.id))


def test_a_scene_is_put_where_the_same_was_done_and_played_elsewhere(world: World):
    office, stage = Office.opened(world), world.stage
    assert stage is not None
    begun = stage.store.keep()
    claim = office.claim()

    stage.store.put(begun)
    assert claims(world) == 0
    assert office.claim() == claim, "its number is drawn by lot: it was put"
    assert claims(world) == 1
    other = office.claim()
    assert other != claim, "a second one is made"
    assert claims(world) == 2

    stage.store.put(begun)
    with world.write("partner:edit") as uow:
        make.payer(uow, "OTHER")
    assert office.claim() not in {claim, other}, "something else was done before"

    stage.store.put(begun)
    world.clock.forward(minutes=1)
    assert office.claim() not in {claim, other}, "at another time"

    stage.store.put(begun)
    world.clock.forward(minutes=-1)
    office.out.mkdir(parents=True, exist_ok=True)
    (office.out / "left.edi").write_bytes(b"")
    assert office.claim() not in {claim, other}, "beside another file"


def test_what_was_put_goes_on_with_its_files_people_and_log(world: World):
    office, stage = Office.opened(world), world.stage
    assert stage is not None
    begun = stage.store.keep()
    claim = office.claim()
    assert office.send().claims == 1
    sent, biller = office.sent(), world.people["biller"]

    stage.store.put(begun)
    (office.out / next(office.out.iterdir()).name).unlink()
    world.people.clear()
    assert office.claim() == claim
    assert office.send().claims == 1
    assert (office.sent(), world.people["biller"]) == (sent, biller)
    assert (office.state(claim), office.row(claim).versions) == ("SUBMITTED", 1)
    office.claim()
    assert office.send().claims == 1
    assert len(list(office.out.iterdir())) == 2
