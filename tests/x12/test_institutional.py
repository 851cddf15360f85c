"""The facility's claim, 837I: what is written reads back, the guide takes it, samples give what their index says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from portal.domain.claims import Claim, Rendering
from portal.domain.institutional import Institutional, Occurrence, Procedure, Value
from portal.x12.claims.writing import write_claims
from portal.x12.guides import validate
from tests.make.x12 import SAMPLES, Row, sample_rows
from tests.x12.strategies import AT, CLAIM, LINE, NUMBERS, PARTNER, claims, codes, days, maybe, npis, texts
from tests.x12.test_claims import again, found, written

STAY = Institutional(
    date(2025, 1, 2), date(2025, 1, 5), date(2025, 1, 2), "0830", "1100", "1", "1", "01", ("Y", "N"), "I10", ("R51",),
    "291", (Procedure("0DTJ4ZZ", date(2025, 1, 3)), Procedure("0FT44ZZ", date(2025, 1, 3))),
    (Occurrence("A1", date(1980, 1, 1)),),
    (Occurrence("70", date(2025, 1, 2), date(2025, 1, 4)),), (Value("A2", Decimal("15.31")), Value("80", Decimal(3))),
    ("09",),
)  # fmt: skip
ROOM = replace(LINE, code="", qualifier="HC", pointers=(), revenue_code="0120", from_date=None, units=Decimal(3),
               unit="DA", control="L2")  # fmt: skip
FACILITY = replace(
    CLAIM, place="11", institutional=STAY, attending=Rendering("1990000006", "ROE", "ANN", "208000000X"),
    lines=(replace(LINE, pointers=(), revenue_code="0450"), ROOM), charge_cents=25_000, signature_on_file="",
)  # fmt: skip


@st.composite
def stays(draw: st.DrawFn, diagnoses: int) -> Institutional:
    first = draw(days)
    later = date.fromordinal(first.toordinal() + draw(st.integers(1, 30)))
    clock = st.sampled_from(["", "0000", "2359"])
    some = st.booleans()
    return Institutional(
        first, draw(st.none() | st.just(later)), admitted := draw(st.none() | days), draw(clock) if admitted else "",
        draw(clock), draw(st.sampled_from(["1", "3", "9"])), draw(maybe(st.sampled_from(["1", "2"]))),
        draw(st.sampled_from(["01", "30"])),
        tuple(draw(st.sampled_from("YNUW")) for _ in range(diagnoses)) if draw(some) else (),
        draw(maybe(st.just("I10"))), tuple(draw(st.lists(st.sampled_from(["R51", "R05"]), max_size=3))),
        draw(maybe(st.just("291"))),
        tuple(Procedure(f"0DTJ4Z{n}", draw(days)) for n in range(draw(st.integers(0, 14)))),
        tuple(Occurrence(f"A{n % 10}", draw(days)) for n in range(draw(st.integers(0, 14)))),
        tuple(Occurrence("70", first, later) for _ in range(draw(st.integers(0, 2)))),
        tuple(Value("80", draw(st.decimals(0, 9999, places=2))) for _ in range(draw(st.integers(0, 2)))),
        tuple(draw(st.lists(st.sampled_from(["09", "17"]), max_size=3))),
    )  # fmt: skip


@st.composite
def facilities(draw: st.DrawFn) -> Claim:
    made = draw(claims())
    lines = tuple(
        replace(line, pointers=(), place="", revenue_code="0450", unit=draw(st.sampled_from(["UN", "DA"])),
                decisions=tuple(replace(one, revenue_code="0450") for one in line.decisions))
        for line in made.lines
    )  # fmt: skip
    attending = draw(st.none() | st.builds(Rendering, npis, texts(60), maybe(texts(35)), maybe(codes(10, 10))))
    billing = replace(made.billing, first_name="", tax_qualifier="EI")
    rendering = made.rendering and replace(made.rendering, taxonomy="")
    stay = draw(stays(len(made.diagnoses)))
    return replace(
        made, institutional=stay, attending=attending, lines=lines, billing=billing, rendering=rendering,
        signature_on_file="", release="Y", accept_assignment="A", clia="",
        supervising=None, professional=None,
    )  # fmt: skip


@settings(max_examples=10)
@given(facilities())
def test_what_is_written_reads_back(claim: Claim) -> None:
    reading = again(written(claim))
    assert reading.findings == ()
    assert found(written(claim)) == [claim]


@settings(max_examples=5, phases=[Phase.generate])
@given(facilities())
def test_the_guide_takes_what_is_written(claim: Claim) -> None:
    assert validate(written(claim)) == ()


def test_a_stay_goes_as_the_guide_has_it() -> None:
    data = written(FACILITY)
    text = data.decode()
    assert "005010X223A2" in text
    assert "CLM*ACCT1*250***11:A:1**A*Y*Y~DTP*096*TM*1100~DTP*434*RD8*20250102-20250105~" in text
    assert "DTP*435*DT*202501020830~CL1*1*1*01~HI*ABK:E119:::::::Y~HI*ABJ:I10~HI*APR:R51~HI*DR:291~" in text
    assert (
        "HI*ABF:I10:::::::N~HI*BBR:0DTJ4ZZ:D8:20250103~HI*BBQ:0FT44ZZ:D8:20250103~HI*BI:70:RD8:20250102-20250104~"
        in text
    )
    assert "HI*BH:A1:D8:19800101~HI*BE:A2:::15.31*BE:80:::3~HI*BG:09~NM1*71*1*ROE*ANN" in text
    assert "LX*1~SV2*0450*HC:G0438*125*UN*1~DTP*472*D8*20250102~" in text
    assert "LX*2~SV2*0120**125*DA*3~REF*6R*L2~" in text
    assert found(data) == [FACILITY]
    assert validate(data) == ()


def test_what_cannot_go_is_refused() -> None:
    with pytest.raises(ValueError, match="days of its statement"):
        written(replace(FACILITY, institutional=replace(STAY, statement_from=None)))
    with pytest.raises(ValueError, match="1 to 999"):
        written(replace(FACILITY, lines=()))
    with pytest.raises(ValueError, match="two kinds"):
        write_claims([CLAIM, FACILITY], partner=PARTNER, numbers=NUMBERS, at=AT)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("DTP*434*RD8*20250102-20250105~", "DTP*434*RD8*2025~", "date"),
        ("DTP*434*RD8*20250102-20250105~", "", "statement-days"),
        ("BE:A2:::15.31", "BE:A2:::1,5", "value-amount"),
        ("SV2*0120**125*", "SV2*0120**1,25*", "line-amount"),
        ("SV2*0120**125*", "SV2***125*", "line-code"),
        ("SV2*0120**125*DA*3~", "", "line-missing"),
        ("BH:A1:D8:19800101", "BH:A1:D8:1980", "date"),
    ],
)
def test_what_cannot_be_read_is_told(old: str, new: str, code: str) -> None:
    data = written(FACILITY).decode()
    assert old in data
    assert code in {finding.code for finding in again(data.replace(old, new).encode()).findings}


@pytest.mark.parametrize("row", sample_rows("837i-"))
def test_a_sample_gives_the_claims_of_its_index(row: Row) -> None:
    reading = again(row.data)
    assert len(reading.claims) == sum(one.claims for one in row.sets)
    assert sum(claim.charge_cents for claim in reading.claims) == sum(one.charge for one in row.sets)
    for claim in reading.claims:
        assert claim.institutional is not None
        assert claim.institutional.patient_status
        assert claim.attending is not None
        assert all(line.revenue_code for line in claim.lines)
        assert (claim.lines_cents == claim.charge_cents) == row.sets[0].balances


def test_the_published_claim_reads_as_it_says() -> None:
    path = SAMPLES / "837i-stupidedi-tr3-ex1-institutional.edi"
    if not path.is_file():
        pytest.skip("the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
    (claim,) = again(path.read_bytes()).claims
    stay = claim.institutional
    assert stay is not None
    assert (claim.place, claim.frequency, claim.code_qualifier, len(claim.diagnoses)) == ("14", "1", "BK", 3)
    assert (stay.admission_type, stay.patient_status, stay.conditions) == ("3", "01", ("09",))
    assert [one.code for one in stay.occurrences] == ["A1", "A2", "B1", "B2"]
    assert stay.values == (Value("A2", Decimal("15.31")),)
    assert [(line.revenue_code, line.charge_cents) for line in claim.lines] == [("0305", 1339), ("0730", 7654)]
    assert [(other.cover.rank, other.decision) for other in claim.others] == [("S", None)]
