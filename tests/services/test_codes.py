"""Code releases: loaded whole, compared, old meanings kept for old services; searched and described."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.codes import PLACES
from portal.domain.errors import Refused
from portal.models.codes import CodeReleaseRow, CodeRow
from portal.sandbox.codes import hcpcs_file, icd10cm_file
from portal.services import codes
from portal.services.releases import Loaded
from portal.services.unit_of_work.units import Denied
from tests.databases import World

OLD, NEW = date(2025, 10, 1), date(2026, 10, 1)


def order_file(*lines: tuple[str, str, str]) -> bytes:
    return "\r\n".join(f"00001 {code:<7} {valid} {words:<60} {words}" for code, words, valid in lines).encode()


FIRST = order_file(("E11", "Type 2 diabetes", "0"), ("E119", "Type 2 diabetes, plain", "1"), ("I10", "High", "1"))
SECOND = order_file(("E11", "Type 2 diabetes", "0"), ("E119", "Type 2 diabetes, simple", "1"), ("J069", "Cold", "1"))


def load(world: World, body: bytes, effective: date = OLD, *, code_set: str = "icd10cm", **more: bool) -> Loaded:
    with world.write("code:load") as uow:
        return codes.load(uow, code_set, "a file", body, effective, **more)


def test_a_release_is_counted_and_switched_and_older_meanings_stay(world: World):
    assert (load(world, FIRST).added, load(world, FIRST).added) == (3, 0)
    rehearsed = load(world, SECOND, NEW, rehearse=True)
    assert rehearsed.release_id is None
    assert (rehearsed.added, rehearsed.changed, rehearsed.retired) == (1, 1, 1)
    loaded = load(world, SECOND, NEW)
    assert (loaded.added, loaded.changed, loaded.retired, loaded.total) == (1, 1, 1, 3)
    with world.read("code:search") as uow:
        found = codes.release(uow, NEW)
        assert found.name == "2026-10-01"
        assert [found.standing("icd10cm", "I10", day) for day in (OLD, date(2026, 9, 30), NEW)] == [
            "valid", "valid", "retired",
        ]  # fmt: skip
        assert found.standing("icd10cm", "J069", OLD) == "not-yet"
        assert found.standing("icd10cm", "E11", OLD) == "heading"
        assert found.standing("icd10cm", "X999", OLD) == "unknown"
        assert found.standing("hcpcs", "G0438", OLD) == "unloaded"
        assert codes.release(uow, NEW).sets is found.sets
        assert codes.describe(uow, ["E119"], code_set="icd10cm") == {"E119": "Type 2 diabetes, simple"}
        assert codes.describe(uow, ["E119"], code_set="icd10cm", on=OLD) == {"E119": "Type 2 diabetes, plain"}
        assert uow.count(uow.select(CodeReleaseRow.id)) == 2


def test_what_titles_say_of_a_side_comes_with_the_release(world: World):
    load(world, order_file(("M25561", "Pain in right knee", "1"), ("M25562", "Pain in left knee", "1")))
    with world.read("code:search") as uow:
        assert {code: one.side for code, one in codes.release(uow, NEW).titles.items()} == {
            "M25561": "right", "M25562": "left",
        }  # fmt: skip


def test_a_file_of_the_same_day_mends_the_one_before(world: World):
    load(world, FIRST)
    mended = load(world, SECOND)
    assert (mended.added, mended.changed, mended.retired) == (1, 1, 1)
    with world.read("code:search") as uow:
        assert uow.count(uow.select(CodeRow.id)) == 3
        assert codes.release(uow, OLD).standing("icd10cm", "I10", OLD) == "unknown"


def test_a_code_that_comes_back_has_two_spans(world: World):
    load(world, FIRST)
    load(world, SECOND, date(2026, 1, 1))
    assert load(world, FIRST, NEW).added == 1
    with world.read("code:search") as uow:
        found = codes.release(uow, NEW)
        days = (date(2025, 12, 31), date(2026, 1, 1), NEW)
        assert [found.standing("icd10cm", "I10", day) for day in days] == ["valid", "retired", "valid"]


def test_an_older_release_and_a_wrong_file_change_nothing(world: World):
    load(world, FIRST, NEW)
    with pytest.raises(Refused, match="order"):
        load(world, SECOND, OLD)
    with pytest.raises(Refused, match="layout"):
        load(world, FIRST + b"\r\nrubbish", date(2027, 1, 1))
    with world.read("code:search") as uow:
        assert uow.count(uow.select(CodeReleaseRow.id)) == 1


def test_codes_are_found_by_code_prefix_and_words(world: World):
    load(world, icd10cm_file())
    load(world, hcpcs_file(), code_set="hcpcs")
    with world.read("code:search", world.actor("coder")) as uow:

        def found(text: str, code_set: str = "icd10cm", on: date = NEW) -> list[str]:
            return [each.code for each in codes.search(uow, text, code_set, on)]

        assert found("e11.65") == ["E1165"]
        assert found("J45") == ["J45901", "J45909"]
        assert found("wellness", "hcpcs") == ["G0438", "G0439"]
        assert found("well yea lat", "hcpcs") == ["G0439"]
        assert found("e11.65", on=date(2025, 9, 30)) == []
        assert found("%") == found("") == []
        assert len(codes.search(uow, "a", "icd10cm", NEW, limit=3)) == 3


def test_words_are_found_in_the_words_of_the_day(world: World):
    load(world, FIRST)
    load(world, SECOND, NEW)
    with world.read("code:search") as uow:

        def found(text: str, on: date) -> list[str]:
            return [each.code for each in codes.search(uow, text, "icd10cm", on)]

        assert found("plain", OLD) == ["E119"]
        assert found("plain", NEW) == []
        assert found("simple", OLD) == []
        assert found("diabetes 2 simp", NEW) == ["E119"]
        assert found("Diabétes type", NEW) == ["E119", "E11"], "what can be sent before headings, without accents"
        assert found("diab cold", NEW) == []
        assert found("J0", NEW) == ["J069"]


def test_words_are_looked_for_in_more_codes_than_one_question_asks_for(world: World):
    old = [(f"A{n:04d}", "Same words here", "1") for n in range(700)]
    load(world, order_file(*old, ("Z999", "Same words here too", "1")))
    load(world, order_file(("Z999", "Same words here too", "1"), ("Z99", "Same words as heading", "0")), NEW)
    with world.read("code:search") as uow:
        assert [each.code for each in codes.search(uow, "same words", "icd10cm", NEW)] == ["Z999", "Z99"]
        assert len(codes.search(uow, "words same", "icd10cm", OLD, limit=150)) == 150


def test_modifiers_come_with_a_hcpcs_file(world: World):
    lines = [b"A4550001003Tray".ljust(320), b"   RT001007Right side".ljust(320), b"   LT002007Left side".ljust(320)]
    loaded = load(world, b"\n".join(lines), code_set="hcpcs")
    assert (loaded.added, [(each.code_set, each.added) for each in loaded.beside]) == (1, [("hcpcs-modifier", 2)])
    again = load(world, b"\n".join(lines[:2]), NEW, code_set="hcpcs", rehearse=True)
    assert [(each.retired, each.release_id) for each in again.beside] == [(1, None)]
    assert load(world, lines[0], NEW, code_set="hcpcs").beside == (), "a part without modifiers ends none"
    with world.read("code:search") as uow:
        assert codes.release(uow, NEW).standing("hcpcs-modifier", "RT", NEW) == "valid"
        assert codes.describe(uow, ["RT"], code_set="hcpcs-modifier") == {"RT": "Right side"}


def test_diagnoses_are_looked_for_in_the_set_of_their_day(world: World):
    load(world, b"4019  High blood pressure, unspecified\n", date(2014, 10, 1), code_set="icd9cm")
    load(world, order_file(("I10", "High blood pressure", "1")), date(2015, 10, 1))
    with world.read("code:search") as uow:
        for day, code in ((date(2015, 9, 30), "4019"), (date(2015, 10, 1), "I10")):
            assert [each.code for each in codes.search(uow, "blood", "diagnosis", day)] == [code]
        assert codes.search(uow, "blood", "icd9cm", date(2015, 10, 1)) == ()


def test_two_sets_may_have_the_same_code(world: World):
    load(world, order_file(("J3489", "Of the nose", "1")))
    load(world, b"00100".join([b"J3489", b"3" + b"Zoledronic acid"]).ljust(320), code_set="hcpcs")
    with world.read("code:search") as uow:
        assert codes.describe(uow, ["J3489", ""]) == {"J3489": "Zoledronic acid"}
        assert codes.describe(uow, ["J3489"], code_set="icd10cm") == {"J3489": "Of the nose"}


def test_our_places_load(world: World):
    with world.write("code:load") as uow:
        assert codes.load_places(uow).added == len(PLACES)
    with world.read("code:search") as uow:
        assert codes.describe(uow, ["11"], code_set="pos") == {"11": "Office"}
        assert codes.release(uow, OLD).standing("pos", "10", date(2021, 12, 31)) == "not-yet"


def test_only_an_administrator_loads(world: World):
    with pytest.raises(Denied), world.write("code:load", world.actor("coding-manager")):
        raise AssertionError("nothing opens without a permission")
