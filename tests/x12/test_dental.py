"""The dentist's claim, 837D: what is written reads back, and samples give what their index says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.claims import Claim
from portal.domain.dental import Dental, DentalLine, Tooth
from tests.make.x12 import SAMPLES, Row, sample_rows
from tests.x12.strategies import CLAIM, LINE, claims, days
from tests.x12.test_claims import again, found, written

MOUTH = DentalLine((Tooth("12", ("M", "O")), Tooth("13")), ("10", "20"), "I")
FILLING = replace(LINE, code="D2150", qualifier="AD", dental=MOUTH)
DENTIST = replace(CLAIM, dental=Dental(), lines=(FILLING,))

teeth = st.builds(
    Tooth, st.sampled_from(["1", "12", "A", "T"]), st.lists(st.sampled_from("MODBLIF"), max_size=5).map(tuple)
)
mouths = st.builds(
    DentalLine, st.lists(teeth, max_size=4).map(tuple), st.lists(st.sampled_from(["00", "10"]), max_size=5).map(tuple),
    st.sampled_from(["", "I", "R"]),
).map(lambda one: None if one == DentalLine() else one)  # fmt: skip


@st.composite
def dentists(draw: st.DrawFn) -> Claim:
    made = draw(claims())
    lines = tuple(
        replace(line, code="D2150", qualifier="AD", dental=draw(mouths), unit="UN", drug=None,
                decisions=tuple(replace(one, qualifier="AD") for one in line.decisions))
        for line in made.lines
    )  # fmt: skip
    months = st.none() | st.integers(0, 99)
    return replace(
        made, clia="", professional=None, lines=lines, dental=Dental(draw(months), draw(months), draw(st.none() | days))
    )


@settings(max_examples=10)
@given(dentists())
def test_what_is_written_reads_back(claim: Claim) -> None:
    reading = again(written(claim))
    assert reading.findings == ()
    assert found(written(claim)) == [claim]


def test_teeth_and_areas_go_as_the_guide_has_them() -> None:
    data = written(replace(DENTIST, dental=Dental(36, 30, date(2025, 1, 2))))
    text = data.decode()
    assert "005010X224A2" in text
    assert "CLM*ACCT1*125***11:B:1*Y*A*Y*Y~DTP*452*D8*20250102~DN1*36*30~" in text
    line = "LX*1~SV3*AD:D2150*125**10:20*I*1*****1~TOO*JP*12*M:O~TOO*JP*13~DTP*472*D8*20250102~REF*6R*L1~"
    assert line in text
    assert found(data)[0].lines == DENTIST.lines


def test_what_cannot_be_read_is_told() -> None:
    data = written(replace(DENTIST, dental=Dental(36))).decode()
    for old, new, code in (
        ("DN1*36", "DN1*3X", "months"),
        ("SV3*AD:D2150*125*", "SV3*AD:D2150*12,5*", "line-amount"),
        ("SV3*AD:D2150*", "SV3*AD*", "line-code"),
        ("SV3*AD:D2150*125**10:20*I*1*****1~", "", "line-missing"),
        ("DTP*472*D8*20250102~", "", "line-date"),
        ("DTP*472*D8*20250102", "DTP*472*D8*2025", "line-date"),
    ):
        assert old in data
        assert code in {finding.code for finding in again(data.replace(old, new).encode()).findings}, old


@pytest.mark.parametrize("row", sample_rows("837d-"))
def test_a_sample_gives_the_claims_of_its_index(row: Row) -> None:
    reading = again(row.data)
    assert len(reading.claims) == sum(one.claims for one in row.sets)
    for claim in reading.claims:
        assert claim.dental is not None
        assert claim.lines_cents == claim.charge_cents == sum(one.charge for one in row.sets)
        assert {line.qualifier for line in claim.lines} == {"AD"}
        # a day of the claim holds for its lines; the orthodontic sample has none but that of the appliance
        assert all(line.from_date for line in claim.lines) == ("orthodontic" not in row.name)
        assert len(found(written(replace(claim, lines=(replace(claim.lines[0], from_date=date(2026, 1, 2)),))))) == 1


def test_published_teeth_and_a_second_payers_answer_read_as_they_say() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
    (filled,) = again((SAMPLES / "837d-edifabric-dental-commercial.edi").read_bytes()).claims
    assert [line.dental for line in filled.lines] == [DentalLine((Tooth("12", ("M", "O")),)), None]
    (braces,) = again((SAMPLES / "837d-stupidedi-tr3-orthodontic.edi").read_bytes()).claims
    assert braces.dental == Dental(36, None, date(2006, 11, 15))
    (second,) = again((SAMPLES / "837d-stupidedi-tr3-payer-b.edi").read_bytes()).claims
    (other,) = second.others
    assert other.decision is not None
    assert (other.decision.paid_cents, other.decision.decided_on) == (15_000, date(2006, 11, 22))
    assert second.lines[0].units == Decimal(1)
