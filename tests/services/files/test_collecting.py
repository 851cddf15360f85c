"""Files that partners put into their folders are taken in whole, once, by themselves."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from portal.domain.texts import from_json
from portal.gateways.exchange import FolderExchange
from portal.jobs.handlers import Tools
from portal.jobs.schedule import PERIODIC, collecting
from portal.models.interchanges import InterchangeRow
from portal.models.queues import QueueItemRow
from portal.models.remittances import RemittanceRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services import interchanges, transport
from portal.services.files import collecting as by_hand
from portal.services.files import listing, partners, reading
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import answers, remittances, work
from tests.make import claims as make
from tests.make import visits as make_visits
from tests.services.claims.office import Office


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


@pytest.fixture
def waiting(office: Office) -> Path:
    folder = office.world.runtime.settings.edi / "clearing" / "in"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def collect(world: World):
    """One look, and what was taken is read; the collector remembers what it saw before."""
    look = collecting()

    def collect() -> int:
        taken = look(Tools(world.units, world.runtime.parts, lambda: None))
        work.drain(world)
        return taken

    return collect


def stored(world: World) -> list[str]:
    with world.read("interchange:view") as uow:
        rows = uow.rows(uow.select(InterchangeRow.kind).where(InterchangeRow.direction == "in"))
        return sorted(row.kind for row in rows)


def posted(world: World) -> int:
    with world.read("remittance:view") as uow:
        return uow.count(uow.select(RemittanceRow.id).where(RemittanceRow.state == "POSTED"))


def era(world: World, number: int = 1) -> bytes:
    """An 835 that pays one claim."""
    return remittances.file(remittances.payment(remittances.answer(remittances.sent(world))), number=number)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_worker_looks_for_files():
    assert [each.apart for each in PERIODIC if each.name == "file.collect"] == [True]


def test_answers_and_payments_are_taken_in_by_themselves(office: Office, waiting: Path, collect):
    claim_id = office.claim()
    office.send()
    Clearinghouse(office.out, waiting, clock=office.world.clock).collect()
    (waiting / "pay.835").write_bytes(era(office.world))
    arrived = names(waiting)
    assert len(arrived) >= 3
    assert collect() == 0, "seen for the first time"
    assert collect() == len(arrived)
    assert names(waiting) == []
    assert names(waiting.parent / "done") == arrived
    assert {"TA1", "999", "835"} <= set(stored(office.world))
    assert office.state(claim_id) != "SUBMITTED"
    assert posted(office.world) == 1
    assert collect() == 0


def test_the_same_file_again_makes_nothing_twice(office: Office, waiting: Path, collect):
    body = era(office.world)
    for name in ("monday.835", "monday.835", "again.835"):
        (waiting / name).write_bytes(body)
        assert (collect(), collect()) == (0, 1)
    assert (stored(office.world), posted(office.world)) == (["835"], 1)
    assert names(waiting.parent / "done") == ["again.835", "monday.835", "monday.835.2"]


def test_a_file_that_is_still_written_is_left_until_it_is_whole(office: Office, waiting: Path, collect):
    body, path = era(office.world), waiting / "large.835"
    for part in (len(body) // 3, len(body) // 2, len(body) - 1):  # it grows between the looks
        path.write_bytes(body[:part])
        assert collect() == 0
    path.write_bytes(body[: len(body) // 2])  # and rests for a while
    assert [collect() for _ in range(3)] == [0, 0, 0]
    assert (stored(office.world), names(waiting)) == ([], ["large.835"])
    path.write_bytes(body)
    assert (collect(), collect()) == (0, 1)
    assert posted(office.world) == 1


def test_what_is_no_answer_is_left_and_stops_no_other(office: Office, waiting: Path, collect):
    office.claim()
    office.send()
    (waiting / "a.837").write_bytes(office.sent())
    (waiting / "b.txt").write_bytes(b"Dear customer, we are closed on Monday.")
    (waiting / "c.835").write_bytes(era(office.world))
    assert [collect() for _ in range(3)] == [0, 1, 0]
    assert names(waiting) == ["a.837", "b.txt"]
    assert posted(office.world) == 1


def left(world: World) -> list[tuple[str, str]]:
    """State and words of what people were told of partners."""
    with world.read("queue:view") as uow:
        rows = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.queue == transport.QUEUE))
        return [(row.state, str(from_json(row.detail["text"]))) for row in rows]


def test_a_file_too_large_is_left_and_a_person_is_told_until_it_is_gone(office: Office, waiting: Path, collect):
    body, world = era(office.world), office.world
    (waiting / "huge.835").write_bytes(body[:-1] + b" " * (26 * 1024 * 1024) + body[-1:])
    assert [collect() for _ in range(3)] == [0, 0, 0]
    assert (names(waiting), stored(world)) == (["huge.835"], [])
    ((state, words),) = left(world)
    assert (state, "larger than 25 MiB" in words, "huge.835" in words) == ("OPEN", True, False)
    with world.read("partner:view", world.actor("billing-manager")) as uow:
        (partner,) = partners.listed(uow).partners
    assert (str(partner.left), partner.trouble, partner.server, partner.came_at) == (words, None, None, None)
    collecting()(Tools(world.units, world.runtime.parts, lambda: None))  # another worker, that saw nothing before
    assert [each for each, _ in left(world)] == ["OPEN"]
    (waiting / "huge.835").write_bytes(body)
    assert (collect(), collect()) == (0, 1)
    assert ([each for each, _ in left(world)], posted(world)) == (["DONE"], 1)
    with world.read("partner:view", world.actor("billing-manager")) as uow:
        (partner,) = partners.listed(uow).partners
    assert (partner.left, partner.came_at is not None) == (None, True)


class Counting(FolderExchange):
    """A folder that remembers which files were read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.read: list[str] = []

    def take(self, folder: str, name: str) -> bytes:
        self.read.append(name)
        return super().take(folder, name)


def test_what_was_refused_is_not_read_again_until_it_changes(office: Office, waiting: Path):
    world, look, counted = office.world, collecting(), Counting(waiting.parent.parent)
    tools = Tools(world.units, replace(world.runtime.parts, exchange=counted), lambda: None)
    body = era(world)
    for name in ("a.835", "b.835"):
        (waiting / name).write_bytes(body[:-1] + b" " * (26 * 1024 * 1024) + body[-1:])
    (waiting / "c.txt").write_bytes(b"Dear customer, we are closed on Monday.")
    assert [look(tools) for _ in range(6)] == [0] * 6
    assert sorted(counted.read) == ["a.835", "b.835", *["c.txt"] * 2], "twice, to see whether it is still written"
    assert [state for state, _ in left(world)] == ["OPEN"], "told all the while"
    os.utime(waiting / "b.835", (1, 1))
    (waiting / "a.835").write_bytes(body)
    counted.read.clear()
    assert [look(tools) for _ in range(3)] == [0, 1, 0]
    assert sorted(counted.read) == ["a.835"] * 3 + ["b.835"], "what only its time says is another is read once"
    counted.read.clear()
    world.clock.forward(minutes=61)
    assert [look(tools) for _ in range(2)] == [1, 0], "after an hour what is no answer is set aside"
    assert sorted(counted.read) == ["b.835", "c.txt", "c.txt"], "and a clock that stood still is not trusted longer"


def test_each_practice_collects_from_its_own_partners(office: Office, waiting: Path, collect):
    second = office.second_practice()
    (waiting / "pay.835").write_bytes(era(office.world))
    assert (collect(), collect()) == (0, 1)
    assert (stored(office.world), stored(second)) == (["835"], [])


def test_a_name_that_leads_elsewhere_stops_no_other_and_one_in_other_letters_is_taken(
    office: Office, waiting: Path, collect
):
    odd = Path(os.fsdecode(os.fsencode(waiting) + b"/a\xff.835"))
    (waiting / "a\\b.835").write_bytes(era(office.world))
    odd.write_bytes(era(office.world, number=2))
    (waiting / "c.835").write_bytes(era(office.world, number=3))
    assert [collect() for _ in range(3)] == [0, 2, 0]
    assert names(waiting) == ["a\\b.835"]
    assert (waiting.parent / "done" / odd.name).exists()
    with office.world.read("interchange:view") as uow:
        assert {one.name for one in listing.listed(uow).files if one.direction == "in"} == {"a\\xff.835", "c.835"}
    ((state, words),) = left(office.world)
    assert (state, "Its name cannot be used." in words) == ("OPEN", True)


class Closed(FolderExchange):
    """A folder in which the machine does not let us open, or put away, files of some names."""

    unread: str = ""
    unmoved: str = ""

    def take(self, folder: str, name: str) -> bytes:
        if name == self.unread:
            raise PermissionError(name)
        return super().take(folder, name)

    def done(self, folder: str, name: str) -> None:
        if name == self.unmoved:
            raise PermissionError(name)
        super().done(folder, name)


def test_a_file_that_is_closed_to_us_is_told_to_a_person_and_stops_no_other(office: Office, waiting: Path):
    world, look = office.world, collecting()
    closed = Closed(waiting.parent.parent)
    tools = Tools(world.units, replace(world.runtime.parts, exchange=closed), lambda: None)
    closed.unread, closed.unmoved = "a.835", "b.835"
    for number, name in enumerate(("a.835", "b.835", "c.835"), 1):
        (waiting / name).write_bytes(era(world, number=number))
    assert [look(tools) for _ in range(3)] == [0, 1, 0]
    assert (names(waiting), stored(world)) == (["a.835", "b.835"], ["835", "835"]), "b is taken in and lies there"
    ((state, words),) = left(world)
    assert (state, "It cannot be opened (PermissionError)." in words) == ("OPEN", True)
    with world.read("interchange:view") as uow:
        assert transport.troubles(uow) == (), "the way to the partner is none the worse"
    closed.unread = ""
    assert [look(tools) for _ in range(2)] == [0, 1]
    assert [each for each, _ in left(world)] == ["OPEN"]
    closed.unmoved = ""
    assert look(tools) == 1
    assert ([each for each, _ in left(world)], names(waiting), stored(world)) == (["DONE"], [], ["835"] * 3)


def test_a_file_that_replaces_another_meanwhile_is_not_put_away_unread(
    office: Office, waiting: Path, collect, monkeypatch: pytest.MonkeyPatch
):
    first, second = era(office.world), era(office.world, number=2)
    take_in = reading.take_in

    def replaced(*given, **more):
        taken = take_in(*given, **more)
        (waiting / "pay.835").write_bytes(second)
        return taken

    (waiting / "pay.835").write_bytes(first)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "take_in", replaced)
        assert (collect(), collect()) == (0, 1)
    assert (waiting / "pay.835").read_bytes() == second
    assert (collect(), collect()) == (0, 1)
    assert (names(waiting), len(stored(office.world))) == ([], 2)


def test_a_folder_of_two_practices_is_left_to_people(office: Office, waiting: Path, collect):
    second = office.second_practice()
    with second.write("partner:edit") as uow:
        make.partner(uow, second.practice_id)
    (waiting / "pay.835").write_bytes(era(office.world))
    assert [collect() for _ in range(3)] == [0, 0, 0]
    assert (stored(office.world), stored(second), names(waiting)) == ([], [], ["pay.835"])


def test_a_folder_that_leads_elsewhere_stops_no_other(office: Office, waiting: Path, collect, tmp_path: Path):
    with office.world.write("partner:edit") as uow:
        make.partner(uow, office.world.practice_id, code="astray", folder="astray")
    (waiting.parent.parent / "astray").symlink_to(tmp_path)
    (waiting / "pay.835").write_bytes(era(office.world))
    assert (collect(), collect()) == (0, 1)


def test_by_hand_what_one_may_read_in_is_taken_now_and_the_rest_left(office: Office, waiting: Path):
    claim_id = office.claim()
    office.send()
    (waiting / "1.277ca").write_bytes(answers.statuses(office.sent(), ("A7:164:IL",)))
    (waiting / "2.835").write_bytes(era(office.world))
    (waiting / "3.277ca").write_bytes(answers.statuses(office.sent())[:-20])

    def taken(actor) -> list[tuple[str, int]]:
        found = by_hand.collect(office.world.units, office.world.runtime.parts, actor)
        return [(one.kind, one.applied) for one in found]

    assert taken(office.biller) == [("277CA", 2)]
    assert office.state(claim_id) == "REJECTED"
    assert names(waiting) == ["2.835", "3.277ca"]
    assert taken(office.biller) == []
    assert taken(office.world.actor("payment-poster")) == [("835", 1)]
    assert names(waiting) == ["3.277ca"]
    with pytest.raises(Denied):
        taken(office.world.actor("coder"))


def test_by_hand_a_part_that_stands_twice_in_a_file_puts_no_other_in_its_place(office: Office, waiting: Path):
    claim_id = office.claim()
    office.send()
    money, late = era(office.world), answers.statuses(office.sent(), ("A7:164:IL",))
    (waiting / "all").write_bytes(money + answers.statuses(office.sent()) + money + late)
    manager = office.world.actor("billing-manager")
    taken = by_hand.collect(office.world.units, office.world.runtime.parts, manager)
    assert [(one.kind, one.findings) for one in taken] == [("835", 0), ("277CA", 0), ("277CA", 0)]
    assert office.state(claim_id) in {"REJECTED", "ADJUDICATED"}
    assert stored(office.world) == ["277CA", "277CA", "835", "mixed"], "none was read as what it is not"


def test_by_hand_a_folder_of_two_practices_is_left_to_people(office: Office, waiting: Path):
    second = office.second_practice()
    with second.write("partner:edit") as uow:
        make.partner(uow, second.practice_id)
    (waiting / "pay.835").write_bytes(era(office.world))
    assert by_hand.collect(office.world.units, office.world.runtime.parts, office.world.actor("billing-manager")) == []
    assert names(waiting) == ["pay.835"]


def test_by_hand_one_bad_file_stops_no_other_and_a_new_one_is_not_put_away_unread(
    office: Office, waiting: Path, monkeypatch: pytest.MonkeyPatch
):
    first, second = era(office.world), era(office.world, number=2)
    (waiting / "a\\b.835").write_bytes(first)
    (waiting / "b.835").write_bytes(first)
    (waiting / "c.835").write_bytes(era(office.world, number=3))
    read_in = reading.REMITTANCES.read_in

    def replaced(*given):
        (waiting / "b.835").write_bytes(second)
        return read_in(*given)

    manager = office.world.actor("billing-manager")
    swapped = [replace(reading.REMITTANCES, read_in=replaced)]
    taken = by_hand.collect(office.world.units, office.world.runtime.parts, manager, wanted=swapped)
    assert [one.applied for one in taken] == [1, 1]
    assert (waiting / "b.835").read_bytes() == second
    assert names(waiting) == ["a\\b.835", "b.835"]


def test_what_no_import_takes_is_set_aside_after_an_hour_and_given_by_hand_it_is_read(
    office: Office, waiting: Path, collect
):
    world, visits = office.world, make_visits.file(make_visits.some(1))
    (waiting / "a.837").write_bytes(visits)
    (waiting / "b.txt").write_bytes(b"Dear customer, we are closed on Monday.")
    (waiting / "c.835").write_bytes(era(world)[:-30])
    assert [collect() for _ in range(3)] == [0, 0, 0]
    world.clock.forward(minutes=61)
    assert (collect(), names(waiting)) == (3, [])
    with world.read("interchange:view") as uow:
        rows = uow.entities(uow.select(InterchangeRow).order_by(InterchangeRow.kind))
        codes = [{each.code for each in interchanges.findings_of(uow, row)} for row in rows]
        waits = uow.count(uow.select(QueueItemRow.id).where(QueueItemRow.queue == "unread-files"))
    assert [(row.kind, row.state) for row in rows] == [("835", "KEPT"), ("837P", "KEPT"), ("other", "KEPT")]
    assert all("set-aside" in each for each in codes)
    assert {"iea-missing", "ge-missing", "se-missing"} & codes[0]
    assert "no-isa" in codes[2]
    assert waits == 3
    reading.take_in(world.units, world.actor("charge-clerk"), "a.837", visits)
    work.drain(world)
    with world.read("interchange:view") as uow:
        assert uow.get(InterchangeRow, rows[1].id).state == "APPLIED"
        assert uow.count(uow.select(QueueItemRow.id).where(QueueItemRow.state == "OPEN")) >= 2


def test_a_partner_that_cannot_be_reached_rests_is_told_and_stops_no_other(
    office: Office, waiting: Path, collect, tmp_path: Path
):
    world = office.world
    with world.write("partner:edit") as uow:
        row = make.partner(uow, world.practice_id, code="astray", folder="astray")
    link = waiting.parent.parent / "astray"
    link.symlink_to(tmp_path)
    assert collect() == 0
    (waiting / "pay.835").write_bytes(era(world))
    assert (collect(), collect()) == (0, 1)
    tries = []
    for _ in range(20):
        world.clock.forward(minutes=1)
        collect()
        with world.read("interchange:view") as uow:
            tries.append([one.failures for one in transport.troubles(uow)])
    assert tries[:8] == [[2], [2], [3], [3], [3], [3], [4], [4]], "after 1, 2 and 4 minutes"
    with world.read("interchange:view") as uow:
        (item,) = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.queue == "partner-troubles"))
        assert (item.subject_id, item.reason, item.state) == (row.id, "disk", "OPEN")
        assert "astray" in str(from_json(item.detail["text"]))
    link.unlink()
    world.clock.forward(minutes=61)
    collect()
    with world.read("interchange:view") as uow:
        assert transport.troubles(uow) == ()
        (item,) = uow.entities(uow.select(QueueItemRow).where(QueueItemRow.queue == "partner-troubles"))
        assert item.state == "DONE"
