"""Whether a visit is what its payer has, of every kind; and what is told of what went."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.claims import Claim, Rendering
from portal.domain.institutional import Institutional, Value
from portal.domain.professional import Professional
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services.claims import restoring
from portal.services.intake import kinds
from portal.services.unit_of_work.moves import NOTE_LETTERS
from tests.make import visits as make
from tests.make.practices import npi
from tests.services.claims.office import Office
from tests.services.claims.test_kinds import STAY, filling, stay, taken_in
from tests.services.claims.test_late import CEDAR, drafted

OUTPATIENT = replace(
    STAY, statement_to=None, admitted_on=None, admitted_hour="", procedures=(), spans=(), present=(),
    values=(Value("80", Decimal("3.50")),),
)  # fmt: skip


def other_of(claim: Claim) -> Claim:
    """The visit with another detail of its kind."""
    if isinstance(claim.institutional, Institutional):
        return replace(claim, institutional=replace(claim.institutional, patient_status="30"))
    mouth = claim.lines[0].dental
    assert mouth is not None
    return replace(claim, lines=(replace(claim.lines[0], dental=replace(mouth, areas=("20",))),))


@pytest.mark.parametrize(
    "given", [stay(), replace(stay(), place="13", institutional=OUTPATIENT), filling()],
    ids=["stay", "outpatient", "dentist"],
)  # fmt: skip
def test_a_visit_is_what_its_payer_has_until_a_detail_of_it_is_changed(office: Office, given: Claim):
    taken_in(office, given, 1)
    office.send()
    with office.world.write("claim:edit", office.biller) as uow:
        (claim,) = uow.entities(uow.select(ClaimRow))
        assert (claim.versions, restoring.is_as_sent(uow, claim)) == (1, True)
        sent = restoring.as_sent(uow, claim)
        assert sent is not None
        other = other_of(sent)
        lines = {str(at): kinds.keep_line(line) for at, line in enumerate(other.lines, 1)}
        encounter = uow.get(EncounterRow, claim.encounter_id)
        uow.change(encounter, details_sealed={**kinds.keep(other), "lines": lines})
        uow.flush()
        assert not restoring.is_as_sent(uow, claim)


def test_a_visit_is_changed_by_where_when_and_who_as_well(office: Office):
    who = Rendering(npi("187654321"), "Mbéki", "Thandi")
    told = Professional(
        accident_on=date(2026, 7, 12), admitted_on=date(2026, 7, 13), causes=("AA",), accident_state="OR"
    )
    base = make.some(1)[0]
    visit = replace(
        base, place="21", lines=tuple(replace(line, place="") for line in base.lines), facility=CEDAR,
        professional=told, exception="3", referring=who,
    )  # fmt: skip
    drafted(office, visit)
    office.send()
    with office.world.write("claim:edit", office.biller) as uow:
        (claim,) = uow.entities(uow.select(ClaimRow))
        encounter = uow.get(EncounterRow, claim.encounter_id)
        changed = {
            "facility": replace(CEDAR, name="FERN HOSPITAL", npi=""), "referring": replace(who, npi=npi("165432109")),
            "supervising": who, "exception": "1", "professional": replace(told, admitted_on=date(2026, 7, 12)),
        }  # fmt: skip
        for name, value in (("control", "ANY"), *changed.items()):
            body = {"beside": kinds.beside(replace(visit, **{name: value})), "lines": {}}
            uow.change(encounter, details_sealed=body)
            uow.flush()
            assert restoring.is_as_sent(uow, claim) == (name == "control"), name


def test_what_went_is_told_as_far_as_a_note_takes_it():
    words = "The payer has: " + "G0438 x 1 (100.00); " * 400
    assert len(restoring._within(words, NOTE_LETTERS - 1)) == NOTE_LETTERS - 1
    assert restoring._within("The payer has: I10.", 4_000) == "The payer has: I10."
    assert restoring._within(words, 3) == ""
