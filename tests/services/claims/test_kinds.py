"""Visits of facilities and dentists: taken in from their files, cleared, and sent as claims of their own kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.claims import Claim, Rendering, ServiceLine
from portal.domain.dental import Dental, DentalLine, Tooth
from portal.domain.drugs import Drug
from portal.domain.institutional import Institutional, Occurrence, Procedure, Value
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.outcomes import fate
from portal.services.claims import drafting, showing
from portal.services.encounters.importing import import_visits
from portal.services.files import collecting
from portal.x12.claims.reading import read_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make import visits as make
from tests.make.practices import npi
from tests.make.visits import some
from tests.make.x12 import sample_rows
from tests.services.claims.office import Office

STAY = Institutional(
    date(2026, 7, 13), date(2026, 7, 16), date(2026, 7, 13), "0830", "1100", "1", "1", "01", ("Y", "N"), "I10",
    ("R51",), "291", (Procedure("0DTJ4ZZ", date(2026, 7, 14)),), (Occurrence("A1", date(1980, 1, 1)),),
    (Occurrence("70", date(2026, 7, 13), date(2026, 7, 15)),), (Value("80", Decimal(3)),), ("09",),
)  # fmt: skip
DAY = STAY.statement_from


SURGEON = Rendering(npi("176543210"), "OKAFOR", "ADA")
DRUG = Drug("00409379501", Decimal("2.5"), "ML")


def stay() -> Claim:
    """An inpatient's claim: a room without a code of its own, and a service."""
    base = some(1)[0]
    lines = (
        ServiceLine("", 90_000, Decimal(3), (), None, unit="DA", revenue_code="0120", control="1"),
        ServiceLine("J1885", 4_000, Decimal(2), (), DAY, revenue_code="0636", control="2", drug=DRUG),
    )
    return replace(
        base, place="11", institutional=STAY, attending=Rendering(npi("187654321"), "MBEKI", "THANDI"),
        operating=SURGEON, other_operating=Rendering(npi("165432109"), "SOLA"), rendering=None, lines=lines,
        charge_cents=94_000, diagnoses=("I10", "E119"), signature_on_file="", authorization="", referral="", note="",
    )  # fmt: skip


def filling() -> Claim:
    """A dentist's claim, with a tooth."""
    base = some(2)[1]
    mouth = DentalLine((Tooth("12", ("M", "O")),), ("10",), "R", date(2019, 5, 2))
    line = ServiceLine("D2150", 15_000, Decimal(1), (1,), DAY, qualifier="AD", dental=mouth, control="1")
    return replace(
        base, dental=Dental(), lines=(line,), charge_cents=15_000, diagnoses=("K0262",), authorization="", referral="",
        note="", assistant=SURGEON,
    )  # fmt: skip


def taken_in(office: Office, claim: Claim, number: int) -> bytes:
    """From the file of one visit to its claim, by way of everybody's hands; the claim's id."""
    world = office.world
    result = import_visits(world.units, world.actor("charge-clerk"), None, "visit.837", make.file([claim], number))
    assert result.counts.made == 1, result.findings
    with world.read("account:view") as uow:
        (encounter,) = uow.entities(
            uow.select(EncounterRow).where(EncounterRow.kind.is_not(None), EncounterRow.state == "PROPOSED")
        )
    make.cleared(world, encounter.id)
    with world.write("claim:edit") as uow:
        drafted = drafting.draft_for(uow, encounter.id)
        assert drafted.claim_id is not None
        assert [each for each in uow.get(ClaimRow, drafted.claim_id).edits if each["severity"] == "block"] == []
        return drafted.claim_id


def test_facilities_and_dentists_claims_go_in_files_of_their_own_with_what_came_in(office: Office):
    facility, dentist = stay(), filling()
    ids = [taken_in(office, facility, 1), taken_in(office, dentist, 2), office.claim(last="Birch")]
    done = office.send()
    assert (done.claims, done.returned, len(done.files)) == (3, 0, 3)
    assert [office.state(id_) for id_ in ids] == ["SUBMITTED"] * 3
    bodies = [path.read_bytes() for path in sorted(office.out.iterdir())]
    assert [validate(body) for body in bodies] == [(), (), ()]
    sent = {claim.control: claim for body in bodies for claim in read_claims(read(body)).claims}
    room, service = (mine := sent[office.row(ids[0]).control]).lines
    assert (mine.institutional, mine.attending, mine.rendering) == (STAY, facility.attending, None)
    assert (mine.operating, mine.other_operating) == (SURGEON, facility.other_operating)
    assert (mine.place, mine.charge_cents, mine.diagnoses) == ("11", 94_000, ("I10", "E119"))
    assert (room.revenue_code, room.code, room.unit, room.units) == ("0120", "", "DA", Decimal(3))
    assert (service.revenue_code, service.code, service.drug, room.drug) == ("0636", "J1885", DRUG, None)
    theirs = sent[office.row(ids[1]).control]
    assert (theirs.dental, theirs.lines[0].dental) == (dentist.dental, dentist.lines[0].dental)
    assert theirs.assistant == SURGEON
    assert (theirs.lines[0].qualifier, theirs.lines[0].code) == ("AD", "D2150")


def test_facilities_and_dentists_claims_are_acknowledged_and_paid(office: Office):
    facility, dentist = stay(), filling()
    ids = [taken_in(office, facility, 1), taken_in(office, dentist, 2)]
    assert office.send().claims == 2
    salt = next(str(n) for n in range(99_999) if {fate(one, str(n))[0] for one in (facility, dentist)} == {"paid"})
    folder = office.out.parent / "in"
    folder.mkdir()
    house = Clearinghouse(office.out, folder, clock=office.world.clock, salt=salt, stray=False)

    def answered(kinds: set[str]) -> None:
        taken = collecting.collect(office.world.units, office.world.runtime.parts, office.world.machine("file.collect"))
        assert {one.kind for one in taken} == kinds
        assert {one.findings for one in taken} == {0}

    house.collect()
    answered({"TA1", "999", "277CA"})
    assert [office.state(id_) for id_ in ids] == ["ACCEPTED"] * 2
    assert {outcome.case for outcome in house.outcomes} == {"paid"}
    office.world.clock.forward(days=15)
    assert len(house.pay()) == len({facility.cover.payer_id, dentist.cover.payer_id})
    answered({"835"})
    assert [office.state(id_) for id_ in ids] == ["ADJUDICATED"] * 2
    told = {outcome.control: outcome for outcome in house.outcomes}
    for id_ in ids:
        with office.world.read("claim:view", office.biller) as uow:
            page = showing.show_claim(uow, id_)
        paid = told[page.number]
        sums = (page.sums.plan_paid.cents, page.sums.discount.cents, page.sums.patient.cents)
        assert sums == (paid.paid_cents(), paid.contractual_cents(), paid.patient_cents())
        assert page.sums.plan_paid.cents > 0


def test_the_same_file_again_makes_nothing_twice(office: Office):
    for number in (1, 2):
        world, body = office.world, make.file([stay()], number)
        result = import_visits(world.units, world.actor("charge-clerk"), None, "visit.837", body)
        assert (result.counts.made, result.counts.standing) == (2 - number, number - 1)


ROWS = [one.values[0] for one in (*sample_rows("837i-"), *sample_rows("837d-"))]


@pytest.mark.skipif(ROWS[0] is None, reason="the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
def test_every_public_sample_goes_through_with_the_claims_of_its_index(office: Office):
    world = office.world
    for row in ROWS:
        result = import_visits(world.units, world.actor("charge-clerk"), None, row.name, row.data)
        assert result.counts.claims == sum(one.claims for one in row.sets), row.name
        left_out = {finding.code for finding in result.findings} & {"frequency", "service-date"}
        assert (result.counts.left_out == 0) == (not left_out), (row.name, result.findings)
