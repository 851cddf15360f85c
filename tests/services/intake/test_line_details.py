"""A drug given at coding or charge entry goes onto the claim, and a visit sent again brings what it lacked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.domain.claims import Claim, ServiceLine
from portal.domain.drugs import Drug
from portal.domain.errors import Conflict, Refused
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.services.charges import entering
from portal.services.claims import drafting
from portal.services.claims.building import as_domain
from portal.services.encounters import coding, review
from portal.services.encounters.importing import import_visits
from portal.services.intake import line_details, showing
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import visits as make

DRUG = Drug("00409379501", Decimal(2), "ML")
TYPED = ("0409-3795-01", "2", "ML", "")


def visit() -> Claim:
    base = make.some(1)[0]
    day = base.lines[0].from_date
    lines = (
        ServiceLine("J1885", 2_500, Decimal(1), (1,), day, control="1"),
        ServiceLine("G0306", 1_500, Decimal(1), (1,), day, control="2"),
    )
    return replace(base, lines=lines, charge_cents=4_000, authorization="", referral="", note="")


def coded(world: World, id_: bytes, *drugs: tuple[str, str, str, str] | None) -> None:
    with world.write("encounter:code", world.actor("coder")) as uow:
        page = coding.show(uow, id_)
        lines = [
            TypedLine(line.position, line.code, line.modifiers, line.points, line.units, drug=drug)
            for line, drug in zip(page.lines, drugs, strict=True)
        ]
        coding.finish(uow, id_, page.version, coding.Typed(tuple(one.code for one in page.diagnoses), tuple(lines)))


def claimed(world: World, id_: bytes) -> Claim:
    with world.write("claim:edit") as uow:
        standing = uow.first(uow.select(ClaimRow).where(ClaimRow.encounter_id == id_))
        claim_id = standing.id if standing is not None else drafting.draft_for(uow, id_).claim_id
        assert claim_id is not None
        return as_domain(uow, uow.get(ClaimRow, claim_id))


def test_a_drug_typed_at_coding_and_mended_at_charge_entry_is_on_the_claim(world: World) -> None:
    (id_,) = make.bring(world, visit())
    with pytest.raises(Refused, match="drug"):
        coded(world, id_, ("0409379501", "2", "ML", ""), None)
    coded(world, id_, TYPED, ("", "", "", ""))
    with world.write("encounter:review", world.actor("coding-manager")) as uow:
        page = review.show(uow, id_)
        assert page.lines[0].drug == ("00409-3795-01", "2", "ML", "")
        assert [str(one.what) for one in page.differences] == ["Service 1"]
        assert "NDC 00409-3795-01 2 ML" in page.differences[0].coded
        review.release(uow, id_, page.version)
    with world.write("charge:enter", world.actor("charge-clerk")) as uow:
        shown = entering.show(uow, id_)
        assert [line.drug[0] for line in shown.lines] == ["00409-3795-01", ""]
        lines = [
            TypedLine(str(line.position), line.code, line.modifiers, line.points, str(line.units),
                      line.charge.plain(), drug=("00409-3795-01", "2.5", "ML", "RX-7") if not at else line.drug)
            for at, line in enumerate(shown.lines)
        ]  # fmt: skip
        given = entering.Typed(tuple(lines), shown.place_code, shown.provider_id, shown.coverage_id)
        entering.enter(uow, id_, shown.version, given)
    make.audited(world, id_)
    built = claimed(world, id_)
    assert [line.drug for line in built.lines] == [replace(DRUG, quantity=Decimal("2.5"), prescription="RX-7"), None]


def test_a_visit_sent_again_for_its_drug_and_laboratory_alone_is_not_the_same(world: World) -> None:
    claim = visit()
    clerk = world.actor("charge-clerk")
    first = import_visits(world.units, clerk, None, "one.837", make.file([claim], 1))
    with world.read("account:view") as uow:
        (encounter,) = uow.entities(uow.select(EncounterRow))
    make.cleared(world, encounter.id)
    assert (claimed(world, encounter.id).clia, claimed(world, encounter.id).lines[0].drug) == ("", None)
    lines = (replace(claim.lines[0], drug=DRUG), claim.lines[1])
    full = replace(claim, clia="11D1234567", lines=lines)
    second = import_visits(world.units, clerk, None, "two.837", make.file([full], 2))
    assert (first.counts.made, second.counts.made, second.counts.standing) == (1, 0, 1)
    assert [one.code for one in second.findings] == ["details-taken"]
    built = claimed(world, encounter.id)
    assert (built.clia, [line.drug for line in built.lines]) == ("11D1234567", [DRUG, None])
    again = import_visits(world.units, clerk, None, "three.837", make.file([full], 3))
    bare = import_visits(world.units, clerk, None, "four.837", make.file([claim], 4))
    assert again.findings == bare.findings == (), "now it is the same, and what is left out is not taken away"
    assert claimed(world, encounter.id) == built
    with world.read("account:view") as uow:
        assert uow.count(uow.select(ChargeRow.id)) == len(claim.lines)


@pytest.mark.database
def test_the_same_visit_sent_again_undoes_no_drug_that_the_coder_put_right(world: World) -> None:
    claim = visit()
    wrong = replace(claim, lines=(replace(claim.lines[0], drug=Drug("0409379501", Decimal(2), "ML")), claim.lines[1]))
    other = replace(claim, lines=(replace(claim.lines[0], drug=replace(DRUG, quantity=Decimal(3))), claim.lines[1]))
    (id_,) = make.bring(world, wrong)
    coded(world, id_, TYPED, ("", "", "", ""))
    clerk = world.actor("charge-clerk")

    def sent(claim: Claim, number: int) -> tuple[int, Decimal | None]:
        told = import_visits(world.units, clerk, None, f"{number}.837", make.file([claim], number))
        with world.read("account:view") as uow:
            encounter = uow.get(EncounterRow, id_)
            drug = line_details.drugs_of(uow, encounter, showing.charges_of(uow, encounter))[1]
        return len(told.findings), drug.quantity if drug is not None else None

    assert sent(wrong, 12) == (0, Decimal(2)), "the coder's stands"
    assert (sent(other, 13), sent(other, 14)) == ((1, Decimal(3)), (0, Decimal(3))), "a new one is taken over, once"


@pytest.mark.database
def test_a_page_opened_before_a_drug_was_taken_over_does_not_take_it_out(world: World) -> None:
    claim = visit()
    (id_,) = make.bring(world, claim)
    with world.write("encounter:code", world.actor("coder")) as uow:
        before = coding.show(uow, id_).version
        typed = coding.as_proposed(uow, id_)
    full = replace(claim, lines=(replace(claim.lines[0], drug=DRUG), claim.lines[1]))
    import_visits(world.units, world.actor("charge-clerk"), None, "two.837", make.file([full], 12))
    with pytest.raises(Conflict), world.write("encounter:code", world.actor("coder")) as uow:
        coding.save(uow, id_, before, typed)
