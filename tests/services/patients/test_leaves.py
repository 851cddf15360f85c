"""Names in leaves: a search finds the same whether a name lies in one or not, whatever happened to it since."""

from __future__ import annotations

import random
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.models.keys import SubjectKeyRow
from portal.models.patients import NameLeafRow, PatientRow
from portal.services.keys import renewing, shredding
from portal.services.patients import leaves, searching
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import World
from tests.make import claims as make
from tests.services.test_unit_of_work import events


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "LEAF", 4)
    monkeypatch.setattr(leaves, "LOOSE", 1)


def add(world: World, *names: str) -> list[bytes]:
    with world.write("patient:change") as uow:
        return [make.patient(uow, last, first_name_sealed=first).id for last, first in map(str.split, names)]


def rename(world: World, id_: bytes, **values: Any) -> None:
    with world.write("patient:change") as uow:
        uow.change(uow.get(PatientRow, id_), **values)


def pack(world: World) -> int:
    return leaves.pack(world.units, world.machine("name.pack"))


def found(world: World, q: str) -> set[str]:
    with world.read("account:search", world.actor("biller")) as uow:
        return {hit.name for hit in searching.search(uow, q).hits or ()}


def lines(world: World) -> list[int]:
    with world.read("account:view") as uow:
        return sorted(row.names for row in uow.rows(uow.select(NameLeafRow.names)))


def test_every_name_is_packed_once_and_leaves_are_filled(world: World):
    add(world, *(f"Smith{n} Ada" for n in range(9)))
    assert pack(world) == 9
    assert lines(world) == [1, 4, 4]
    add(world, "Smithers Bo", "Smythe Cy")
    assert pack(world) == 2
    assert lines(world) == [3, 4, 4]
    assert pack(world) == 0
    assert len(found(world, "smith")) == 10
    assert found(world, "smith b") == {"Bo Smithers"}


def test_who_is_renamed_is_found_by_the_new_name_alone(world: World):
    ada, _ = add(world, "Obrist Ada", "Okafor Bo")
    pack(world)
    rename(world, ada, last_name_sealed="Zeller")
    for _ in range(2):
        assert found(world, "obr") == set()
        assert found(world, "zel") == {"Ada Zeller"}
        pack(world)
    rename(world, ada, first_name_sealed="Bea")
    assert found(world, "zel a") == set()
    assert found(world, "zel b") == {"Bea Zeller"}


def test_a_change_that_began_before_the_packing_is_not_lost_in_a_leaf(world: World):
    """As on PostgreSQL, where somebody may have read the row before it came into a leaf."""
    (ada,) = add(world, "Obrist Ada")
    with world.write("patient:change") as uow:
        row = uow.get(PatientRow, ada)
        leaf = uow.new(NameLeafRow, names_sealed=f"obrist\tada\t{ada.hex()}", names=1, made_at=uow.now)
        uow.flush()
        uow.derive(PatientRow, PatientRow.id == ada, name_leaf_id=leaf.id)
        uow.change(row, last_name_sealed="Zeller")
    assert found(world, "zel") == {"Ada Zeller"}


def test_whatever_is_added_renamed_and_packed_all_are_found(world: World):
    dice = random.Random(20261122)
    names = dict.fromkeys(add(world, *["Abe Ada"] * 3), "Abe")
    for _ in range(25):
        match dice.randrange(4):
            case 0:
                names |= dict.fromkeys(add(world, "Abe Ada"), "Abe")
            case 1 | 2:
                id_, name = dice.choice(sorted(names)), dice.choice(["Abe", "Abel", "Carr", "Çarr"])
                rename(world, id_, last_name_sealed=name)
                names[id_] = name
            case _:
                pack(world)
        for begin in ("abe", "abel", "car"):
            with world.read("account:search", world.actor("biller")) as uow:
                ids, _ = searching.found(uow, begin)
                uow.searched(begin, scanned=0, shown=0)
            wanted = {id_ for id_, name in names.items() if leaves.folded(name).startswith(begin)}
            assert set(ids) == wanted
            assert len(ids) == len(wanted)


def test_no_more_candidates_are_opened_than_are_shown(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leaves, "LEAF", 100)
    monkeypatch.setattr(searching, "SHOWN", 5)
    add(world, *(f"Smith{n:02} Ada" for n in range(30)))
    pack(world)
    with world.read("account:search", world.actor("biller")) as uow:
        page = searching.search(uow, "smith")
    assert (len(page.hits or ()), page.more) == (5, True)
    assert events(world)[-1]["query"]["scanned"] == 30 + 6


def test_nobody_counts_as_shown_who_is_packed(world: World):
    ids = add(world, "Obrist Ada", "Okafor Bo")
    size = len(events(world))
    pack(world)
    told = [each for each in events(world)[size:] if each.get("subjects")]
    assert told == []
    assert ids


def test_a_shredded_patient_is_found_no_more_and_stops_no_search(world: World, tmp_path):
    ada, bo = add(world, "Obrist Ada", "Obrador Bo")
    pack(world)
    world.clock.forward(days=365 * 12)
    shredding.shred(world.units, world.machine(), ada, record=tmp_path / "record", reason="order")
    with world.read("account:view") as uow:
        assert uow.rows(uow.select(NameLeafRow.id)) == [], "no copy of the name is left"
    assert found(world, "obr") == {"Bo Obrador"}
    pack(world)
    assert lines(world) == [1]
    assert found(world, "obr") == {"Bo Obrador"}
    assert bo


def test_a_former_name_goes_with_the_shredded_patient(world: World, tmp_path):
    ada, *_ = add(world, "Maiden Ada", "Obrador Bo", "Obrador Cy", "Obrador Di")
    pack(world)
    rename(world, ada, last_name_sealed="Married")
    add(world, "Obrador Ed", "Obrador Fe", "Obrador Gus")
    pack(world)
    world.clock.forward(days=365 * 12)
    shredding.shred(world.units, world.machine(), ada, record=tmp_path / "record", reason="order")
    pack(world)
    with world.read("account:search", world.actor("biller")) as uow:
        kept = [uow.read(leaf, NameLeafRow.names_sealed) for leaf in uow.entities(uow.select(NameLeafRow))]
    assert sum(text.count("obrador") for text in kept) == 6
    assert not any("maiden" in text or "married" in text for text in kept)


def test_no_name_is_packed_while_its_patient_is_shredded(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (ada,) = add(world, "Obrist Ada")
    world.clock.forward(days=365 * 12)
    place = leaves._with_room  # called when the names were read, and before they stand in a leaf
    shred = partial(shredding.shred, world.units, world.machine(), ada, record=tmp_path / "record", reason="order")
    thread = threading.Thread(target=shred)

    def meanwhile(*given: Any) -> Any:
        thread.start()
        thread.join(1)
        return place(*given)

    monkeypatch.setattr(leaves, "_with_room", meanwhile)
    pack(world)
    thread.join()
    with world.read("account:view") as uow:
        assert uow.rows(uow.select(NameLeafRow.id)) == []


def test_two_patients_of_a_practice_are_shredded_at_once(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ada, bo = add(world, "Obrist Ada", "Obrador Bo")
    pack(world)
    world.clock.forward(days=365 * 12)
    gone, derive = [], UnitOfWork.derive

    def shred(subject: bytes) -> None:
        path = tmp_path / subject.hex()
        gone.append(shredding.shred(world.units, world.machine(), subject, record=path, reason="order").keys)

    thread = threading.Thread(target=shred, args=(bo,))

    def meanwhile(*given: Any, **more: Any) -> Any:  # the first has its leaves, and would take all out of them
        if thread.ident is None:
            thread.start()
            thread.join(0.5)
        return derive(*given, **more)

    monkeypatch.setattr(UnitOfWork, "derive", meanwhile)
    shred(ada)
    thread.join()
    assert gone == [1, 1]
    assert found(world, "obr") == set()


def test_leaves_follow_a_new_key_of_the_practice(world: World):
    add(world, "Obrist Ada")
    pack(world)
    renewing.renew(world.units, world.machine(), world.practice_id)
    with world.runtime.engine.connect() as connection:
        versions = connection.execute(
            select(SubjectKeyRow.version).where(SubjectKeyRow.subject == world.practice_id)
        ).scalars()
        assert max(versions) == 2
    assert found(world, "obr") == {"Ada Obrist"}
