"""Late charges wait for the bill that they add to; what a hospital visit tells goes with its claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from portal.domain.claims import Address, Claim, Facility, Rendering
from portal.domain.professional import Professional
from portal.models.claims import ClaimRow
from portal.services.claims import building, checking, drafting
from portal.x12.claims.reading import read_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make import visits as make
from tests.make.practices import npi
from tests.services.claims.office import Office
from tests.services.claims.test_kinds import STAY, stay

CEDAR = Facility("CEDAR HOSPITAL", npi("154321098"), Address("1 CEDAR WAY", "SALEM", "OR", "973010012"))


def drafted(office: Office, claim: Claim) -> bytes:
    """A visit from its file to its claim, by way of everybody's hands."""
    (id_,) = make.bring(office.world, claim)
    make.cleared(office.world, id_)
    with office.world.write("claim:edit") as uow:
        found = drafting.draft_for(uow, id_).claim_id
        assert found is not None
        return found


def blocked(office: Office, claim_id: bytes) -> list[str]:
    with office.world.write("claim:edit") as uow:
        told = checking.run_edits(uow, claim_id).findings
        return [one.code for one in told if one.severity == "block"]


def test_late_charges_follow_a_bill_of_their_days_that_went(office: Office):
    bill = stay()
    late = replace(
        bill, frequency="5", control=f"{bill.control}L", lines=(replace(bill.lines[1], charge_cents=900),),
        charge_cents=900,
    )  # fmt: skip
    after = replace(STAY, statement_from=STAY.statement_to, statement_to=STAY.statement_to + timedelta(1))
    past = replace(late, control="PAST", institutional=after)
    ids = [drafted(office, one) for one in (late, bill)]
    assert blocked(office, ids[0]) == ["late-charges"], "the bill of the stay is there, and has not gone"
    assert blocked(office, ids[1]) == []
    assert office.send().claims == 1
    assert blocked(office, ids[0]) == []
    assert office.send().claims == 1
    assert "late-charges" in blocked(office, drafted(office, past)), "not of these days; and late charges cover none"


def test_late_charges_may_be_of_days_that_several_bills_of_a_stay_cover(office: Office):
    bill, first, last = stay(), STAY.statement_from, STAY.statement_to
    assert first is not None
    assert last is not None
    assert last - first >= timedelta(2)
    parts = (
        ("2", replace(STAY, statement_to=first + timedelta(1), patient_status="30", discharge_hour="")),
        ("4", replace(STAY, statement_from=first + timedelta(2))),
    )
    late = replace(bill, frequency="5", control="LATE", lines=(bill.lines[1],), charge_cents=bill.lines[1].charge_cents)
    id_ = drafted(office, late)
    for part, institutional in parts:
        assert "late-charges" in blocked(office, id_)
        days = (institutional.statement_from, institutional.statement_to)
        lines = tuple(
            replace(line, from_date=min(max(line.from_date or days[0], days[0]), days[1])) for line in bill.lines
        )
        drafted(office, replace(bill, frequency=part, control=f"PART{part}", institutional=institutional, lines=lines))
        assert office.send().claims == 1
    assert blocked(office, id_) == []


def test_a_hospital_visit_tells_where_and_when_and_why_nobody_was_asked(office: Office):
    told = Professional(
        accident_on=date(2026, 7, 12), admitted_on=date(2026, 7, 13), causes=("AA",), accident_state="OR"
    )
    base = make.some(1)[0]
    lines = tuple(replace(line, place="") for line in base.lines)
    visit = replace(
        base, place="21", lines=lines, facility=CEDAR, professional=told, exception="3",
        referring=Rendering(npi("187654321"), "MBEKI", "THANDI"), supervising=Rendering(npi("165432109"), "SOLA"),
    )  # fmt: skip
    id_ = drafted(office, visit)
    assert blocked(office, id_) == []
    assert office.send().claims == 1
    (body,) = [path.read_bytes() for path in office.out.iterdir()]
    assert validate(body) == ()
    (sent,) = read_claims(read(body)).claims
    for name in ("place", "facility", "professional", "exception", "referring", "supervising"):
        assert getattr(sent, name) == getattr(visit, name), name
    with office.world.write("claim:edit") as uow:
        uow.change(uow.get(ClaimRow, id_), frequency="7", payer_control_sealed="P1")
    with office.world.read("claim:view") as uow:
        again = building.as_domain(uow, uow.get(ClaimRow, id_))
    assert (again.facility, again.professional, again.exception) == (CEDAR, told, "3")
