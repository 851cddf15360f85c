"""Certificates of laboratories: kept with their days, and on the claims of tests that the practice made."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.claims import ServiceLine
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.laboratories import Certificate, made_here
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services import laboratories
from portal.services.claims import checking
from portal.services.claims.building import as_domain
from tests.databases import World
from tests.make import claims as make

GIVEN = {"number": "11d1234567 ", "kind": "waiver", "place": "11", "valid_from": "2026-01-01", "valid_to": ""}
DAY = date(2026, 7, 20)


def keep(world: World, id_: bytes | None = None, version: int | None = None, **more: str) -> bytes:
    with world.write("practice:edit") as uow:
        return laboratories.keep(
            uow, world.practice_id, GIVEN | more, certificate_id=id_, expected_version=version
        )  # fmt: skip


def found(world: World, claim_id: bytes) -> tuple[str, list[str]]:
    with world.write("claim:edit") as uow:
        told = checking.run_edits(uow, claim_id).findings
        return as_domain(uow, uow.get(ClaimRow, claim_id)).clia, [one.code for one in told]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": "11D123456"}, "number"),
        ({"kind": "license"}, "kind"),
        ({"place": "1"}, "place"),
        ({"valid_from": "2026-02-30"}, "days"),
        ({"valid_to": "2025-12-31"}, "days"),
        ({"valid_to": "soon"}, "days"),
    ],
)
def test_what_was_typed_wrong_is_named(wrong: dict[str, str], code: str) -> None:
    with pytest.raises(Refused, match=code):
        laboratories.read(GIVEN | wrong)


def test_a_claim_with_a_test_carries_the_certificate_of_its_day_and_place(world: World) -> None:
    with world.write("claim:edit") as uow:
        claim = make.claim(uow, lines=(("G0306", 2_000), ("A4550", 500)), day=DAY)
        other = make.claim(uow, last="Fernley", lines=(("A4550", 500),), day=DAY)
        id_, plain, visit = claim.id, other.id, claim.encounter_id
    assert found(world, id_) == ("", ["clia-missing"])
    kept = keep(world)
    assert keep(world) == kept, "the same again"
    # A waived laboratory, and a test that does not say that it is one.
    assert found(world, id_) == ("11D1234567", ["clia-beyond"])
    assert found(world, plain) == ("", [])
    with pytest.raises(Refused, match="twice"):
        keep(world, number="22D1234567", valid_from="2026-06-01")
    keep(world, kept, 1, valid_to="2026-07-19")
    with pytest.raises(Conflict):
        keep(world, kept, 1)
    assert found(world, id_) == ("", ["clia-missing"])
    keep(world, number="22D1234567", kind="compliance", place="", valid_from="2026-07-20")
    assert found(world, id_) == ("22D1234567", [])
    with world.write("visit:import") as uow:
        encounter = uow.get(EncounterRow, visit)
        proposal = uow.read(encounter, EncounterRow.proposal_sealed) or {}
        uow.change(encounter, proposal_sealed={**proposal, "clia": "33D7654321"})
    assert found(world, id_) == ("33D7654321", []), "what came with the visit goes before"
    with world.read("practice:edit") as uow:
        (page,) = laboratories.listed(uow).practices
    assert [(one.number, one.holds) for one in page.certificates] == [("22D1234567", True), ("11D1234567", False)]


def line(code: str, *modifiers: str, place: str = "", clia: str = "") -> ServiceLine:
    return ServiceLine(code, 100, Decimal(1), (1,), DAY, modifiers=modifiers, place=place, clia=clia)


OFFICE = Certificate("11D1234567", "waiver", "11", date(2026, 1, 1))
ELSEWHERE = Certificate("22D1234567", "compliance", "", date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("own", "lines", "numbers"),
    [
        ("", [line("80999"), line("A4550")], ["11D1234567", "", ""]),
        ("", [line("80999", place="81"), line("G0433", "QW")], ["22D1234567", "", "11D1234567"]),
        ("", [line("80999", "26"), line("80999", "90")], ["", "", ""]),
        ("33D7654321", [line("80999"), line("80999")], ["33D7654321", "", ""]),
        ("", [line("80999"), line("80999", "90", clia="44D7654321")], ["11D1234567", "", "44D7654321"]),
    ],
)
def test_lines_of_other_laboratories_have_their_own_numbers(
    own: str, lines: Sequence[ServiceLine], numbers: list[str]
) -> None:
    claims, some = laboratories.numbered((OFFICE, ELSEWHERE), own, "11", tuple(lines))
    assert [claims, *(one.clia for one in some)] == numbers
    assert laboratories.numbered((), own, "11", tuple(lines))[0] in {own, "44D7654321"}
    assert [made_here(one.code, one.modifiers) for one in lines] == [
        made_here(one.code, one.modifiers) for one in [replace(each, clia="") for each in some]
    ]


@pytest.mark.database
def test_a_number_ends_on_a_day_at_all_places_or_at_one(world: World) -> None:
    keep(world)
    keep(world, place="12", valid_to="2026-03-01")
    keep(world, place="13")

    def end(number: str = "11D1234567", last: str = "2026-06-30", **more: str) -> int:
        with world.write("practice:edit") as uow:
            return laboratories.end(uow, world.practice_id, number, last, **more)

    assert (end(place="11"), end(place="11"), end(), end()) == (1, 0, 1, 0), "what ended before stays as it is"
    with world.read("practice:edit") as uow:
        days = {one.place: str(one.valid_to) for one in laboratories.standing(uow, world.practice_id)}
    assert days == {"11": "2026-06-30", "12": "2026-03-01", "13": "2026-06-30"}
    for given, code in (({"number": "11D7654321"}, "number"), ({"last": "soon"}, "days"), ({"place": "1"}, "place"),
                        ({"last": "2025-12-31"}, "days")):  # fmt: skip
        with pytest.raises(Refused, match=code):
            end(**given)


def test_two_who_keep_one_at_once_keep_one(world: World) -> None:
    kept: list[bytes] = []
    thread = threading.Thread(target=lambda: kept.append(keep(world)))
    with world.write("practice:edit") as uow:
        kept.append(laboratories.keep(uow, world.practice_id, GIVEN))
        uow.flush()
        thread.start()
        thread.join(0.3)
    thread.join()
    assert len(set(kept)) == 1
    with pytest.raises(NotFound), world.write("practice:edit") as uow:
        laboratories.keep(uow, bytes(16), GIVEN)
