"""Finding patients by what one knows of them, within reach, told as a search."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.access.actors import Grant
from portal.domain.errors import Refused
from portal.services.patients import searching
from tests.databases import World
from tests.make import claims as make
from tests.services.test_unit_of_work import events


def people(world: World) -> None:
    with world.write("patient:change") as uow:
        for last, first, mrn in (
            ("O'Brien", "Mina", "M-100"), ("Obrist", "Ada", "M-200"), ("de la Cruz", "José", "M-300"),
            ("Núñez", "Ana", "M-400"),
        ):  # fmt: skip
            make.patient(uow, last, first_name_sealed=first, mrn_sealed=mrn)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("obr", {"Mina O'Brien", "Ada Obrist"}),
        ("OBRIEN", {"Mina O'Brien"}),
        ("obr ad", {"Ada Obrist"}),
        ("Obrist, Ada", {"Ada Obrist"}),
        ("de la cruz", {"José de la Cruz"}),
        ("nunez", {"Ana Núñez"}),
        ("m-200", {"Ada Obrist"}),
        ("M200", {"Ada Obrist"}),
        ("Obrist 1980-03-04", {"Ada Obrist"}),
        ("Obrist, 3/4/1980", {"Ada Obrist"}),
        ("Obrist 1980-03-05", set()),
        ("rist", set()),
        ("%%%abc_", set()),
    ],
)
def test_a_patient_is_found_by_what_one_knows(world: World, q: str, found: set[str]):
    people(world)
    with world.read("account:search", world.actor("biller")) as uow:
        page = searching.search(uow, q)
    assert {hit.name for hit in page.hits or ()} == found
    assert not page.more


@pytest.mark.parametrize("q", ["", "  ", "ob", "o'b", "1", "Obrist 1980-02-31", ".,-"])
def test_too_little_is_refused(world: World, q: str):
    people(world)
    with pytest.raises(Refused), world.read("account:search", world.actor("biller")) as uow:
        searching.search(uow, q)


def test_fifty_are_shown_and_that_there_are_more_is_said(world: World):
    with world.write("patient:change") as uow:
        for n in range(53):
            make.patient(uow, f"Smith{n:02d}")
    with world.read("account:search", world.actor("biller")) as uow:
        page = searching.search(uow, "smith")
    assert len(page.hits or ()) == 50
    assert page.more
    told = [each for each in events(world) if each["subtype"] == "account:search"]
    assert [(each["query"]["scanned"], each["query"]["shown"], len(each["subjects"])) for each in told] == [
        (53, 50, 50)
    ]


def test_an_officer_finds_by_name_and_mrn_and_sees_no_more(world: World):
    people(world)
    officer = world.actor("compliance-officer")
    with world.read("audit:search", officer) as uow:
        found = searching.matching(uow, "M-300")
    assert [(each.name, each.mrn) for each in found] == [("José de la Cruz", "M-300")]
    opened = {code for each in events(world)[-1]["objects"] for code in each["fields"]}
    assert opened <= {3, 4, 5, 6, 9}
    with world.read("audit:search", officer) as uow:
        assert searching.matching(uow, "Obrist 1980-03-04") == (), "birth dates are not the officer's"


@pytest.mark.parametrize("q", ["obr 1", "obr²", "obr 13/1/1980x", "9, obr"])
def test_a_search_that_counts_as_one_by_number_opens_no_names(world: World, q: str):
    people(world)
    with world.read("account:search", world.actor("biller")) as uow:
        assert searching.search(uow, q).hits == ()
    assert not searching.by_name(q)
    assert events(world)[-1]["query"]["scanned"] == 0


def test_what_is_cut_off_a_search_does_not_make_it_one_by_number(world: World):
    people(world)
    q = "obr" + " " * 120 + "1"
    with world.read("account:search", world.actor("biller")) as uow:
        assert len(searching.search(uow, q).hits or ()) == 2
    assert searching.by_name(q)


def test_T12_other_practices_are_not_there(world: World):
    people(world)
    stranger = world.actor("biller")
    there = bytes(15) + b"\1"
    elsewhere = replace(stranger, practice_id=there, grants=(Grant("biller", there),))
    with world.read("account:search", elsewhere) as uow:
        assert searching._by_name(uow, "obr") == ([], 0)
