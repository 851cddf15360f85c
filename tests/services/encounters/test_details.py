"""Details of visits: seen, corrected in their step, and sent as they were corrected."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.claims import Address, Facility, Rendering
from portal.domain.dental import Dental, DentalLine, Tooth
from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.institutional import Institutional, Occurrence, Value
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.services import facilities
from portal.services.charges import entering
from portal.services.claims import drafting
from portal.services.claims.building import as_domain
from portal.services.encounters import coding, details
from portal.services.intake import registration
from portal.services.intake.kind_forms import Typed
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import bills
from tests.make import visits as make
from tests.make.practices import npi
from tests.services.claims.test_kinds import filling, stay


def shown(world: World, encounter_id: bytes, role: str = "coder") -> details.DetailsPage:
    with world.read("visit:detail", world.actor(role)) as uow:
        return details.show(uow, encounter_id)


def typed(
    page: details.DetailsPage, rows: dict[str, tuple[tuple[str, ...], ...]] | None = None, **fields: str
) -> Typed:
    return Typed({**page.fields, **fields}, {**page.rows, **(rows or {})})


def kept(world: World, page: details.DetailsPage, form: Typed, role: str = "coder") -> int:
    with world.write("visit:detail", world.actor(role)) as uow:
        return details.save(uow, bytes.fromhex(page.encounter_id), page.version, form)


def test_a_coder_corrects_a_stay_and_the_claim_goes_with_it(world: World):
    (id_,) = make.bring(world, stay())
    page = shown(world, id_)
    assert (page.fields["place"], page.fields["admitted_hour"], page.checks) == ("11", "08:30", ())
    surgeon = {"operating_npi": npi("154321098"), "operating_last": "REYES", "operating_first": "LUZ"}
    rows = {
        "occurrence": (("A1", "1980-01-01"), ("11", "2026-07-12"), ("", "")), "value": (("80", "4"),),
        "present": (("Y",), ("W",)), "revenue": (("1", "0130", "2026-07-14"), ("2", "0636", "2026-07-14")),
        "room": (("0250", "1", "60.00"),),
    }  # fmt: skip
    form = typed(page, rows, statement_to="2026-07-17", drg="292", conditions="09 c5", discharge_hour="", **surgeon)
    assert kept(world, page, form) == 1
    (left,) = shown(world, id_).checks
    assert left.code == "discharge-hour"
    page = shown(world, id_)
    assert kept(world, page, typed(page, discharge_hour="14:10", exception="3")) == 0
    page = shown(world, id_)
    assert page.fields["exception"] == "3"
    assert kept(world, page, typed(page, exception="1")) == 0
    make.cleared(world, id_)
    with world.write("claim:edit") as uow:
        claim = as_domain(uow, uow.get(ClaimRow, drafting.draft_for(uow, id_).claim_id))
    mine = claim.institutional
    assert isinstance(mine, Institutional)
    assert (mine.statement_to, mine.drg, mine.discharge_hour) == (date(2026, 7, 17), "292", "1410")
    assert (mine.conditions, mine.values, mine.present) == (("09", "C5"), (Value("80", Decimal(4)),), ("Y", "W"))
    assert mine.occurrences == (Occurrence("A1", date(1980, 1, 1)), Occurrence("11", date(2026, 7, 12)))
    assert (mine.procedures, mine.admitting) == (stay().institutional.procedures, "I10")
    assert claim.exception == "1"
    assert claim.operating == Rendering(surgeon["operating_npi"], "REYES", "LUZ")
    assert claim.other_operating == stay().other_operating
    assert claim.attending == stay().attending
    assert [line.revenue_code for line in claim.lines] == ["0130", "0636", "0250"]
    assert (claim.lines[0].from_date, claim.lines[1].drug) == (date(2026, 7, 14), stay().lines[1].drug)
    assert claim.charge_cents == claim.lines_cents == 100_000


def test_the_proposal_stands_beside_what_was_corrected(world: World):
    (id_,) = make.bring(world, stay())
    with world.read("encounter:code", world.actor("coder")) as uow:
        before = uow.read(uow.get(EncounterRow, id_), EncounterRow.proposal_sealed)
    page = shown(world, id_)
    kept(world, page, typed(page, drg="", patient_status="30"))
    with world.read("encounter:code", world.actor("coder")) as uow:
        assert uow.read(uow.get(EncounterRow, id_), EncounterRow.proposal_sealed) == before
        part = details.part_of(uow, id_)
    assert part is not None
    said = {str(words.message): text for words, text in part.facts}
    assert said["Patient's status"].parameters == {"code": "30"}
    assert "DRG" not in said
    assert [check.code for check in shown(world, id_).checks] == ["stay-frequency", "discharge-hour"]


CEDAR = {
    "facility_name": "Cedar Hospital", "facility_npi": npi("154321098"), "facility_line1": "1 Cedar Way",
    "facility_city": "Salem", "facility_state": "or", "facility_postal_code": "97301-0012",
}  # fmt: skip
BAD = {
    "facility": {"facility": "a" * 32}, "facility_npi": {"facility_npi": "1234567890"},
    "facility_postal_code": {"facility_postal_code": "97301"}, "cause1": {"cause1": "XX"},
    "accident_state": {"accident_state": "Oregon"}, "exception": {"exception": "8"},
    "referring": {"referring_npi": "1"}, "admitted_on": {"admitted_on": "soon"},
}  # fmt: skip


def test_where_when_and_who_of_a_clinicians_visit(world: World):
    with world.write("practice:edit") as uow:
        listed = facilities.keep(uow, world.practice_id, {
            "name": "Fern Hospital", "npi": npi("165432109"), "line1": "2 Fern Way", "city": "Salem", "state": "OR",
            "postal_code": "973010013", "places": "21", "valid_from": "2026-01-01",
        })  # fmt: skip
    (id_,) = make.bring(world, replace(make.some(1)[0], place="21"))
    page = shown(world, id_)
    assert (page.kind, page.fields["facility"], [check.code for check in page.checks]) == (
        "837P", "", ["admission-missing"]
    )  # fmt: skip
    assert [value for value, _ in page.places] == ["", listed.hex(), "typed"]
    assert page.places[0][1].parameters == {"name": "Fern Hospital"}
    own = {**CEDAR, "facility": "typed", "cause1": "AA", "accident_on": "2026-07-10", "accident_state": "or",
           "exception": "3", "referring_npi": npi("187654321"), "referring_last": "MBEKI"}  # fmt: skip
    for field, fields in BAD.items():
        with pytest.raises(Refused) as refused:
            kept(world, page, typed(page, **{**own, **fields}))
        assert refused.value.code == field
    day = page.day.isoformat()
    assert kept(world, page, typed(page, **own, admitted_on=day)) == 0
    with pytest.raises(Conflict):
        kept(world, page, typed(page, **own))  # from the page as it was before
    page = shown(world, id_)
    kept(world, page, typed(page, facility=""))  # what was written stands in its fields still
    page = shown(world, id_)
    assert page.fields["facility_name"] == page.fields["facility"] == ""
    kept(world, page, typed(page, **CEDAR))
    page = shown(world, id_)
    assert (page.fields["facility"], page.fields["facility_name"]) == ("typed", "Cedar Hospital")
    make.released(world, id_)
    page = shown(world, id_, "charge-clerk")
    assert kept(world, page, typed(page, facility=listed.hex(), cause2="EM"), "charge-clerk") == 0
    make.charged(world, id_)
    make.audited(world, id_)
    with world.write("claim:edit") as uow:
        claim = as_domain(uow, uow.get(ClaimRow, drafting.draft_for(uow, id_).claim_id))
        part = details.part_of(uow, id_)
    assert claim.facility is not None
    assert (claim.facility.name, claim.exception) == ("Fern Hospital", "3")
    assert claim.referring == Rendering(npi("187654321"), "MBEKI")
    told = claim.professional
    assert told is not None
    assert (told.causes, told.accident_on, told.accident_state) == (("AA", "EM"), date(2026, 7, 10), "OR")
    assert (told.admitted_on, told.discharged_on) == (page.day, None)
    assert part is not None
    assert {"Facility", "Cause", "Admitted", "Payer was not asked"} <= {str(words.message) for words, _ in part.facts}


def test_an_office_visit_has_nothing_but_the_way_there(world: World):
    (id_,) = make.bring(world, make.some(1)[0])
    page = shown(world, id_)
    assert (page.checks, {value for name, value in page.fields.items()}) == ((), {""})
    with world.read("encounter:code", world.actor("coder")) as uow:
        part = details.part_of(uow, id_)
    assert part is not None
    assert (part.facts, part.lines, part.may_open) == ((), (), True)
    with world.read("claim:view", world.actor("biller")) as uow:
        assert details.part_of(uow, id_) is None
    assert kept(world, page, typed(page)) == 0


WRONG = {
    "place": {"place": "1"}, "statement_from": {"statement_from": ""}, "statement_to": {"statement_to": "2026-07-01"},
    "admitted_hour": {"admitted_hour": "25:00"}, "attending": {"attending_npi": "1234567890"},
    "conditions": {"conditions": "0"}, "frequency": {"frequency": "7"},
}  # fmt: skip


def test_what_cannot_be_read_is_refused_beside_its_field_and_nothing_changes(world: World):
    (id_,) = make.bring(world, stay())
    page = shown(world, id_)
    for field, fields in WRONG.items():
        form = typed(page, **fields)
        with pytest.raises(Refused) as refused:
            kept(world, page, form)
        assert refused.value.code == field
        with world.read("visit:detail", world.actor("coder")) as uow:
            again = details.show(uow, id_, form)
        assert (list(again.problems), again.version) == ([field], page.version)
        assert again.fields == form.fields


def test_each_corrects_in_his_own_step_and_codes_are_the_coders(world: World):
    (id_,) = make.bring(world, stay())
    page = shown(world, id_)
    with pytest.raises(Refused) as refused:
        kept(world, page, typed(page), "charge-clerk")
    assert refused.value.code == "settled"
    kept(world, page, typed(page, drg="292"))
    with pytest.raises(Conflict):
        kept(world, page, typed(page, drg="293"))  # from the page as it was before
    make.released(world, id_)
    assert not shown(world, id_).may_edit
    page = shown(world, id_, "charge-clerk")
    assert kept(world, page, typed(page, drg="999", place="12", admission_source="2"), "charge-clerk") == 0
    now = shown(world, id_, "charge-clerk").fields
    assert (now["drg"], now["place"], now["admission_source"]) == ("292", "12", "2")
    with pytest.raises(NotFound):
        shown(world, bytes(16))


def test_a_dentists_teeth_and_months(world: World):
    (id_,) = make.bring(world, filling())
    page = shown(world, id_)
    assert page.rows["mouth"] == (("1", "12 MO", "10", "R", "2019-05-02"),)
    rows = {"mouth": (("1", "12 mod, 13", "20 L", "R", "2019-05-02"),)}
    helper = {"assistant_npi": npi("165432109"), "assistant_last": "SOLA"}
    kept(world, page, typed(page, rows, months="24", months_left="20", placed_on="2026-01-05", **helper))
    make.cleared(world, id_)
    with world.write("claim:edit") as uow:
        claim = as_domain(uow, uow.get(ClaimRow, drafting.draft_for(uow, id_).claim_id))
    assert claim.dental == Dental(24, 20, date(2026, 1, 5))
    assert claim.assistant == Rendering(helper["assistant_npi"], "SOLA", "ADA")
    teeth = (Tooth("12", ("M", "O", "D")), Tooth("13"))
    assert claim.lines[0].dental == DentalLine(teeth, ("20", "L"), "R", date(2019, 5, 2))
    page = replace(page, version=0)
    for wrong in ({"mouth": (("1", "99", "", "", ""),)}, {"mouth": (("1", "12", "", "R", ""),)}):
        with world.read("visit:detail", world.actor("coder")) as uow:
            assert "mouth" in details.show(uow, id_, typed(page, wrong)).problems


def test_where_a_dentist_or_a_facility_was_and_who_sent_the_patient(world: World):
    with world.write("practice:edit") as uow:
        facilities.keep(uow, world.practice_id, {
            "name": "Fern Home", "npi": "", "line1": "2 Fern Way", "city": "Salem", "state": "OR",
            "postal_code": "973010013", "places": "32", "valid_from": "2026-01-01",
        })  # fmt: skip
    home = Facility("CEDAR HOME", "", Address("1 CEDAR WAY", "SALEM", "OR", "97301"))
    sender = Rendering("", "ROE", "ANN")
    (id_,) = make.bring(world, replace(filling(), place="32", facility=home, referring=sender))
    assert [check.code for check in shown(world, id_).checks] == ["facility-shape"]
    page = shown(world, id_)
    assert kept(world, page, typed(page, facility_postal_code="97301-0012", supervising_npi=npi("165432109"),
                                   supervising_last="SOLA")) == 0  # fmt: skip
    page = shown(world, id_)
    assert (page.fields["facility"], page.fields["facility_npi"], page.fields["referring_last"]) == ("typed", "", "ROE")
    kept(world, page, typed(page, facility=""))
    assert shown(world, id_).checks == (), "the list's is the only one"
    make.cleared(world, id_)
    with world.write("claim:edit") as uow:
        claim = as_domain(uow, uow.get(ClaimRow, drafting.draft_for(uow, id_).claim_id))
    assert claim.facility is not None
    assert (claim.facility.name, claim.facility.npi) == ("Fern Home", "")
    assert (claim.referring, claim.supervising) == (sender, Rendering(npi("165432109"), "SOLA"))
    (id_,) = make.bring(world, replace(stay(), facility=home, referring=replace(sender, npi="1234567890")))
    page = shown(world, id_)
    assert [check.code for check in page.checks] == ["facility-shape", "referring-npi"]
    mended = typed(page, **CEDAR, facility="typed", referring_npi=npi("165432109"))
    assert kept(world, page, mended) == 0
    page = shown(world, id_)
    assert kept(world, page, Typed({k: v for k, v in page.fields.items() if k != "facility"}, page.rows)) == 0
    assert shown(world, id_).fields["facility_name"] == "Cedar Hospital"


def test_a_bill_on_paper_may_be_a_facilitys_or_a_dentists(world: World):
    given = bills.form(place="13", kind="837I")
    with world.write("visit:import", world.actor("charge-clerk")) as uow:
        taken = registration.register(uow, given, ["I10"], (TypedLine("", "G0438", "", "A", "1", "100.00"),))
    bills.verified(world, taken.encounter_id)
    page = shown(world, taken.encounter_id)
    assert (page.fields["place"], page.fields["statement_from"]) == ("13", given["service_from"])
    assert {check.code for check in page.checks} >= {"revenue-code", "patient-status"}
    with world.write("visit:import", world.actor("charge-clerk")) as uow, pytest.raises(Refused) as refused:
        registration.register(uow, {**given, "kind": "837X"}, [], ())
    assert refused.value.code == "kind"
    with world.read("encounter:code", world.actor("coder")) as uow:
        assert coding.show(uow, taken.encounter_id).may_code


def test_no_tooth_is_lost_and_none_is_cut(world: World):
    (id_,) = make.bring(world, filling())
    page = shown(world, id_)
    jaw = ", ".join(f"{number} MODBL" for number in range(1, 33))
    kept(world, page, typed(page, {"mouth": (("1", jaw, "10", "R", "2019-05-02"),)}))
    page = shown(world, id_)
    assert page.rows["mouth"][0][1] == jaw
    with pytest.raises(Refused, match="mouth"):
        kept(world, page, typed(page, {"mouth": (("1", ", ".join(["1"] * 33), "", "", ""),)}))


def test_a_room_that_a_clerk_adds_is_released_by_no_coder(world: World):
    (id_,) = make.bring(world, stay())
    make.released(world, id_)
    page = shown(world, id_, "charge-clerk")
    kept(world, page, typed(page, {"room": (("0250", "1", "60.00"),)}), "charge-clerk")
    with world.read("charge:enter", world.actor("charge-clerk")) as uow:
        assert entering.show(uow, id_).unreleased == (3,)


def test_what_is_kept_of_a_service_that_is_out_stays(world: World):
    (id_,) = make.bring(world, stay())
    page = shown(world, id_)
    kept(world, page, typed(page, {"room": (("0250", "1", "60.00"),)}))
    for active in (False, True):
        with world.write("encounter:code", world.actor("coder")) as uow:
            where = (ChargeRow.encounter_id == id_, ChargeRow.position == 3)
            uow.change(uow.entities(uow.select(ChargeRow).where(*where))[0], active=active)
        page = shown(world, id_)
        kept(world, page, typed(page, drg="292"))
    assert page.rows["revenue"][2][:2] == ("3", "0250")


def test_a_stay_of_more_services_than_a_professional_claim_takes_goes_the_whole_way(world: World):
    base = stay()
    lines = tuple(replace(base.lines[1], control=str(at), drug=None) for at in range(1, 61))
    (id_,) = make.bring(world, replace(base, lines=lines, charge_cents=60 * base.lines[1].charge_cents))
    make.cleared(world, id_)
    with world.write("claim:edit") as uow:
        claim = as_domain(uow, uow.get(ClaimRow, drafting.draft_for(uow, id_).claim_id))
    assert len(claim.lines) == 60
