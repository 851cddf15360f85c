"""The professional claim: what is written reads back, the guide takes it, samples give what their index says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from portal.domain.claims import Address, Claim, OtherPayer, Person, Rendering
from portal.domain.coordination import ClaimDecision, LineDecision, total
from portal.domain.drugs import Drug
from portal.domain.edits import carried
from portal.domain.edits.rules import EditContext
from portal.domain.remittances import Adjustment
from portal.x12.claims.reading import Claims, read_claims
from portal.x12.claims.writing import batches, write_claims
from portal.x12.envelope import walk
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make.x12 import SAMPLES, Row, sample_rows
from tests.x12.strategies import (
    AT,
    BILLING,
    CLAIM,
    COVER,
    JOHN,
    LINE,
    NUMBERS,
    PARTNER,
    batches_of_claims,
    broken,
    cuts,
    without_places,
)


def written(*claims: Claim) -> bytes:
    return write_claims(claims, partner=PARTNER, numbers=NUMBERS, at=AT)


def again(data: bytes) -> Claims:
    return read_claims(read(data))


def found(data: bytes) -> list[Claim]:
    return [without_places(claim) for claim in again(data).claims]


KID = Person("DOE", "KIM", birth_date=date(2015, 5, 5), sex="F", address=JOHN.address)
DEPENDENT = replace(
    CLAIM,
    control="ACCT2",
    patient=KID,
    cover=replace(COVER, relationship="19", rank="S", subscriber=Person("DOE", "JOHN")),
    frequency="7",
    payer_control="ICN1",
    rendering=Rendering("1990000006", "ROE", "ANN", "208000000X"),
    lines=(replace(LINE, to_date=date(2025, 1, 4), modifiers=("25", "59"), pointers=(2, 1), units=Decimal("2.5")),),
)


@settings(max_examples=12)
@given(batches_of_claims())
def test_what_is_written_reads_back(claims: list[Claim]) -> None:
    reading = again(written(*claims))
    assert reading.findings == ()
    assert {claim.control: without_places(claim) for claim in reading.claims} == {c.control: c for c in claims}


@settings(max_examples=5, phases=[Phase.generate])
@given(batches_of_claims(3))
def test_the_guide_takes_what_is_written(claims: list[Claim]) -> None:
    assert validate(written(*claims)) == ()


@settings(max_examples=12)
@given(batches_of_claims())
def test_batches_tell_which_claim_stands_in_which_set(claims: list[Claim]) -> None:
    document = read(written(*claims))
    sets = {one.control: one.segments for one in walk(document).sets}
    expected = {f"{NUMBERS.first_set + n:04d}": {c.control for c in batch} for n, batch in enumerate(batches(claims))}
    assert {
        control: {segment.get(1) for segment in segments if segment.id == "CLM"} for control, segments in sets.items()
    } == expected


def test_subscriber_and_dependent_stand_at_their_levels() -> None:
    data = written(CLAIM, DEPENDENT)
    assert found(data) == [CLAIM, DEPENDENT]
    text = data.decode()
    assert "HL*2*1*22*0~SBR*P*18*GRP1******CI~" in text
    assert "HL*3*1*22*1~SBR*S**GRP1******CI~NM1*IL*1*DOE*JOHN****MI*M00000001~NM1*PR" in text
    assert "HL*4*3*23*0~PAT*19~NM1*QC*1*DOE*KIM~N3*" in text
    assert "BHT*0019*00*000000101-0007*20260102*1015*CH~" in text
    assert validate(data) == ()


def test_text_goes_as_x12_carries_it() -> None:
    spoken = replace(CLAIM, patient=replace(JOHN, last="Núñez*O~Hara"), note="see:chart")
    claim = again(written(spoken)).claims[0]
    assert (claim.patient.last, claim.note) == ("NUNEZ O HARA", "SEE CHART")


def test_a_rendering_provider_who_is_the_billing_one_is_not_sent() -> None:
    data = written(replace(CLAIM, rendering=Rendering(BILLING.npi, "ROE", "ANN")))
    assert b"NM1*82" not in data


def test_a_line_without_number_gets_one_and_its_place_only_when_it_differs() -> None:
    lines = (replace(LINE, control="", place="11"), replace(LINE, control="", place="22"))
    one, two = again(written(replace(CLAIM, lines=lines))).claims[0].lines
    assert (one.control, one.place, two.control, two.place) == ("1", "", "2", "22")


def test_limits_of_the_guide_are_kept() -> None:
    many = [replace(CLAIM, control=f"A{n}") for n in range(101)]
    text = written(*many).decode()
    assert text.count("*22*0~") == 2
    assert [len(batch) for batch in batches([CLAIM] * 5001)] == [5000, 1]
    with pytest.raises(ValueError, match="1 to 50"):
        written(replace(CLAIM, lines=(LINE,) * 51))
    with pytest.raises(ValueError, match="date of service"):
        written(replace(CLAIM, lines=(replace(LINE, from_date=None),)))
    with pytest.raises(ValueError, match="nothing to write"):
        written()


def test_an_earlier_payers_decision_goes_as_the_guide_has_it() -> None:
    first = replace(COVER, payer_name="FIRST PLAN", payer_id="FIRST1", member_id="F1", subscriber=Person("DOE", "JOHN"))
    said = (Adjustment("CO", "45", 2000), Adjustment("PR", "1", 1000), Adjustment("PR", "2", 1500, Decimal(1)))
    decided = LineDecision("FIRST1", 8000, "G0438", Decimal(1), said, decided_on=date(2025, 2, 1), remaining_cents=2500)
    second = replace(
        CLAIM, cover=replace(COVER, rank="S"), lines=(replace(LINE, decisions=(decided,)),),
        others=(OtherPayer(first, ClaimDecision(8000, payer_control="ICN7", remarks=("MA01",))),),
    )  # fmt: skip
    data = written(second)
    text = data.decode()
    assert (
        "SBR*P*18*GRP1******CI~AMT*D*80~OI***Y***Y~MOA***MA01~NM1*IL*1*DOE*JOHN****MI*F1~"
        "NM1*PR*2*FIRST PLAN*****PI*FIRST1~REF*F8*ICN7~LX*1~"
    ) in text
    line = "SVD*FIRST1*80*HC:G0438**1~CAS*CO*45*20~CAS*PR*1*10**2*15*1~DTP*573*D8*20250201~AMT*EAF*25~"
    assert line in text
    assert found(data) == [second]
    assert validate(data) == ()
    mended = data.replace(b"SVD*FIRST1*80*", b"SVD*FIRST1*8,0*").replace(b"NM1*PR*2*FIRST PLAN*****PI*FIRST1~", b"")
    reading = again(mended)
    assert [finding.code for finding in reading.findings] == ["earlier-payer", "earlier-amount", "se-count"]
    assert (reading.claims[0].others, reading.claims[0].lines[0].decisions) == ((), ())


COB = SAMPLES / "837p-stupidedi-tr3-ex3b-cob-payer-b.edi"


@pytest.mark.skipif(not COB.is_file(), reason="the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
def test_the_sample_of_a_second_payers_claim_carries_what_adds_up() -> None:
    (claim,) = again(COB.read_bytes()).claims
    (other,) = claim.others
    assert other.decision is not None
    assert (claim.cover.rank, other.cover.rank, other.cover.relationship) == ("S", "P", "01")
    assert (other.decision.paid_cents, total(other.decision.adjustments)) == (3915, 3689)
    assert [line.decisions[0].paid_cents for line in claim.lines] == [4000, 1500, 2104]
    assert {line.decisions[0].payer_id for line in claim.lines} == {other.cover.payer_id}
    context = EditContext(date(2026, 1, 1))
    assert [one for rule in carried.RULES for one in rule.findings(claim, context)] == []


def test_one_payer_a_set() -> None:
    other = replace(CLAIM, control="ACCT3", cover=replace(COVER, payer_id="OTHER"))
    third = replace(CLAIM, control="ACCT4")
    assert [[claim.control for claim in batch] for batch in batches([CLAIM, other, third])] == [
        ["ACCT1", "ACCT4"],
        ["ACCT3"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "left"),
    [
        ("CLM*ACCT1*125*", "CLM**125*", "claim-control", ["ACCT2"]),
        ("CLM*ACCT1*125*", "CLM*ACCT1*12,5*", "claim-charge", ["ACCT2"]),
        ("SV1*HC:G0438*125*UN*1***1~", "", "line-missing", ["ACCT2"]),
        ("SV1*HC:G0438*125*UN*1***1~", "SV1*HC:G0438*125*UN*ONE***1~", "line-amount", ["ACCT2"]),
        ("SV1*HC:G0438*125*UN*1***1~", "SV1*HC*125*UN*1***1~", "line-code", ["ACCT2"]),
        ("NM1*QC*1*DOE*KIM~", "", "patient-missing", ["ACCT1"]),
        ("HL*3*1*22*1~", "HL*3*9*22*1~", "billing-missing", ["ACCT1"]),
        ("HL*4*3*23*0~", "HL*4*1*23*0~", "claim-level", ["ACCT1"]),
        ("NM1*IL*1*DOE*JOHN*Q**JR*MI*M00000001~", "", "subscriber-missing", ["ACCT2"]),
        ("NM1*85*2*EXAMPLE FAMILY MEDICINE*****XX*1234567893~", "", "billing-missing", []),
    ],
)
def test_a_broken_claim_is_left_out_and_the_others_load(old: str, new: str, code: str, left: list[str]) -> None:
    text = written(CLAIM, DEPENDENT).decode()
    assert old in text
    reading = again(text.replace(old, new, 1).encode())
    assert [claim.control for claim in reading.claims] == left
    place = [finding.segment for finding in reading.findings if finding.code == code]
    assert place
    assert all(1 < position <= text.count("~") for position in place)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("DMG*D8*19400131*M~", "DMG*D8*19400231*M~", "date"),
        ("DTP*472*D8*20250102~", "DTP*472*D8*2025~", "line-date"),
        ("DTP*472*D8*20250102~", "", "line-date"),
        ("DTP*472*D8*20250102~", "DTP*472*RD8*20250103-20250102~", "line-date"),
        ("***1~DTP", "***A:1~DTP", "line-pointer"),
        ("HI*ABK:E119*ABF:I10~", "HI*ABK:E11.9*ABF:I10~", "diagnosis-dot"),
        ("HI*ABK:E119*ABF:I10~", "HI*ABK:E119*BF:I10~", "diagnosis-mixed"),
        ("HI*ABK:E119*ABF:I10~", "HI*ABF:E119*ABK:I10~", "diagnosis-principal"),
        ("SBR*P*18*", "SBR*P**", "relationship"),
        ("NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EHP01~", "", "payer-missing"),
        ("SBR*P*18*GRP1******CI~", "", "subscriber-coverage"),
    ],
)
def test_a_detail_that_cannot_be_read_leaves_the_claim(old: str, new: str, code: str) -> None:
    text = written(CLAIM).decode()
    assert old in text
    reading = again(text.replace(old, new, 1).encode())
    assert [claim.control for claim in reading.claims] == ["ACCT1"]
    assert code in {finding.code for finding in reading.findings}


def test_icd_9_codes_are_read_with_their_qualifier() -> None:
    text = written(CLAIM).decode().replace("HI*ABK:E119*ABF:I10~", "HI*BK:25000*BF:4019~")
    claim = again(text.encode()).claims[0]
    assert (claim.code_qualifier, claim.diagnoses) == ("BK", ("25000", "4019"))


def test_a_rendering_provider_on_every_line_is_the_claims() -> None:
    named = "REF*6R*L1~NM1*82*1*ROE*ANN****XX*1990000006~"
    text = written(replace(CLAIM, lines=(LINE, LINE))).decode()
    assert again(text.replace("REF*6R*L1~", named).encode()).claims[0].rendering == Rendering(
        "1990000006", "ROE", "ANN"
    )
    reading = again(text.replace("REF*6R*L1~", named, 1).encode())
    assert reading.claims[0].rendering is None
    assert "line-rendering" in {finding.code for finding in reading.findings}


def test_a_line_names_an_approval_of_its_own() -> None:
    own = written(replace(CLAIM, authorization="A1", lines=(LINE, replace(LINE, authorization="A2"))))
    assert own.index(b"REF*G1*A1~") < own.index(b"LX*1~") < own.index(b"LX*2~") < own.index(b"REF*G1*A2~")
    read_back = again(own).claims[0]
    assert (read_back.authorization, [line.authorization for line in read_back.lines]) == ("A1", ["", "A2"])


def test_a_laboratory_that_lines_name_is_the_claims_where_it_is_one() -> None:
    text = written(replace(CLAIM, lines=(LINE, LINE))).decode()
    first = text.replace("REF*6R*L1~", "REF*X4*11D1234567~REF*6R*L1~", 1)
    assert again(first.encode()).claims[0].clia == "11D1234567"
    two = again(
        first.replace("~REF*6R*L1~LX", "~REF*6R*L1~LX").replace("~REF*6R*L1~SE", "~REF*X4*22D7654321~SE").encode()
    )
    assert (two.claims[0].clia, [line.clia for line in two.claims[0].lines]) == ("", ["11D1234567", "22D7654321"])
    anew = again(written(two.claims[0])).claims[0].lines
    assert [line.clia for line in anew] == ["11D1234567", "22D7654321"]
    own = written(replace(CLAIM, clia="11D1234567", lines=(LINE, replace(LINE, clia="22D7654321"))))
    assert own.index(b"REF*X4*11D1234567~") < own.index(b"LX*1~") < own.index(b"REF*X4*22D7654321~")
    assert [line.clia for line in again(own).claims[0].lines] == ["", "22D7654321"]


@pytest.mark.parametrize(
    ("loop", "drug"),
    [
        ("LIN**N4*00409379501~CTP****2*ML~", Drug("00409379501", Decimal(2), "ML")),
        ("LIN**N4*0409-3795-01~", Drug("0409-3795-01")),
        ("LIN**N4*00409379501~CTP****two*ML~", Drug("00409379501", None, "ML")),
        ("LIN**EN*00409379501~CTP****2*ML~", None),
        ("LIN**N4~", None),
    ],
)
def test_a_drug_is_read_as_far_as_it_is_told(loop: str, drug: Drug | None) -> None:
    text = written(replace(CLAIM, lines=(LINE, LINE))).decode().replace("REF*6R*L1~", f"REF*6R*L1~{loop}", 1)
    reading = again(text.encode())
    assert [line.drug for line in reading.claims[0].lines] == [drug, None]
    assert ("drug-quantity" in {finding.code for finding in reading.findings}) == ("two" in loop)


def test_what_belongs_to_another_payer_is_not_taken() -> None:
    other = "SBR*S*18*******CI~NM1*IL*1*ROE*ANN****MI*M9~NM1*PR*2*OTHER PLAN*****PI*OTHER~REF*F8*THEIRS~LX*1~"
    claim = again(written(CLAIM).decode().replace("LX*1~", other).encode()).claims[0]
    assert (claim.payer_control, claim.cover.payer_id, claim.cover.subscriber.last) == ("", "EHP01", "DOE")


def test_other_transactions_are_a_finding_with_their_place() -> None:
    text = written(CLAIM).decode().replace("005010X222A1", "005010X279A1").replace("ST*837", "ST*270")
    text = text.replace("GS*HC", "GS*HS")
    reading = again(text.encode())
    assert reading.claims == ()
    assert [(finding.segment, finding.code) for finding in reading.findings] == [(3, "not-837")]


def test_a_cut_file_gives_findings_and_only_whole_claims() -> None:
    whole = {"ACCT1": CLAIM, "ACCT2": DEPENDENT}
    for data in cuts(written(CLAIM, DEPENDENT)):
        reading = again(data)
        assert reading.findings
        assert all(without_places(claim) == whole[claim.control] for claim in reading.claims)


@settings(max_examples=150)
@given(st.data())
def test_nothing_is_raised_whatever_is_broken(data: st.DataObject) -> None:
    reading = again(data.draw(broken(written(CLAIM, DEPENDENT))))
    assert [f.segment for f in reading.findings] == sorted(f.segment for f in reading.findings)
    assert all(str(finding.text) for finding in reading.findings)


@given(st.binary(max_size=300))
def test_nothing_is_raised_by_any_bytes(data: bytes) -> None:
    assert again(b"ISA*" + data).claims == ()


@pytest.mark.parametrize("row", sample_rows("837p-"))
def test_samples_give_the_claims_of_their_index(row: Row) -> None:
    claims = again(row.data).claims
    if row.all_sets and "three" not in row.name:
        assert len(claims) == sum(one.claims for one in row.sets)
        assert sum(claim.charge_cents for claim in claims) == sum(one.charge for one in row.sets)
    line = next(line for line in (SAMPLES / "INDEX.md").read_text().splitlines() if line.startswith(f"| {row.name} |"))
    frequencies = re.findall(r"freq (\S+)x\d+", line)
    ranks = {part.split(":")[0] for found in re.findall(r"payer seq ([^,]*),", line) for part in found.split()} - {"-"}
    assert {claim.frequency for claim in claims} == set(frequencies)
    assert {claim.cover.rank for claim in claims} == ranks
    sums = re.findall(r"lines = ([\d.]+)", line)
    if row.all_sets:
        assert sum(claim.lines_cents for claim in claims) == sum(int(Decimal(text) * 100) for text in sums)


def test_a_published_dependent_claim_reads_as_it_says() -> None:
    path = SAMPLES / "837p-stupidedi-tr3-ex1-commercial.edi"
    if not path.is_file():
        pytest.skip("the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES")
    claim = again(path.read_bytes()).claims[0]
    assert claim.cover.relationship == "19"
    assert claim.patient != claim.cover.subscriber
    assert claim.patient.birth_date is not None
    assert claim.billing.pay_to is not None
    assert isinstance(claim.patient.address, Address)
    assert all(line.pointers and line.from_date for line in claim.lines)
