"""Whether a visit is what its payer has, of every kind; and what is told of what went."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.domain.claims import Claim
from portal.domain.institutional import Institutional, Value
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services.claims import restoring
from portal.services.intake import kinds
from portal.services.unit_of_work.moves import NOTE_LETTERS
from tests.services.claims.office import Office
from tests.services.claims.test_kinds import STAY, filling, stay, taken_in

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


def test_what_went_is_told_as_far_as_a_note_takes_it():
    words = "The payer has: " + "G0438 x 1 (100.00); " * 400
    assert len(restoring._within(words, NOTE_LETTERS - 1)) == NOTE_LETTERS - 1
    assert restoring._within("The payer has: I10.", 4_000) == "The payer has: I10."
    assert restoring._within(words, 3) == ""
