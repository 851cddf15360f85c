"""What a file that came in is answered: TA1 by its envelope, 999 by its guide, and never a traceback."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from portal.domain.interchanges import GroupAnswer, InterchangeAnswer, SetAnswer
from portal.x12.acknowledgements.reading import read_acknowledgements
from portal.x12.acknowledgements.writing import write_999, write_ta1
from portal.x12.answers import answer
from portal.x12.claims.writing import write_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from tests.make.x12 import Row, sample_rows
from tests.x12.strategies import AT, CLAIM, COVER, NUMBERS, PARTNER, broken, cuts

GUIDE = "005010X222A1"
SOUND = write_claims(
    [CLAIM, replace(CLAIM, control="ACCT2", cover=replace(COVER, payer_id="OTHER"))],
    partner=PARTNER,
    numbers=NUMBERS,
    at=AT,
)


SE = re.findall(r"SE\*\d+\*0007~", SOUND.decode())[0]


def answered(old: str, new: str) -> tuple[InterchangeAnswer, GroupAnswer | None]:
    text = SOUND.decode()
    assert old in text
    answers = answer(text.replace(old, new, 1).encode())
    assert len(answers.interchanges) == 1
    return answers.interchanges[0], answers.groups[0] if answers.groups else None


def test_a_sound_file_is_accepted() -> None:
    answers = answer(SOUND)
    assert answers.interchanges == (InterchangeAnswer("000000101", datetime(2026, 1, 2, 10, 15, tzinfo=UTC)),)
    sets = (SetAnswer("837", "0007", GUIDE), SetAnswer("837", "0008", GUIDE))
    assert answers.groups == (GroupAnswer("HC", "12", GUIDE, sets, 2),)


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("IEA*1*000000101", "IEA*1*000000102", "001"),
        ("IEA*1*000000101", "IEA*2*000000101", "021"),
        ("IEA*1*000000101~", "", "023"),
        ("*000000101*0*T", "*00000010A*0*T", "001"),
    ],
)
def test_a_bad_envelope_is_rejected_whole(old: str, new: str, note: str) -> None:
    interchange, group = answered(old, new)
    assert (interchange.code, interchange.note, group) == ("R", note, None)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [("GE*2*12~", "GE*3*12~", ("5",)), ("GE*2*12~", "GE*2*13~", ("4",)), ("GE*2*12~", "", ("3",))],
)
def test_a_bad_group_is_rejected(old: str, new: str, codes: tuple[str, ...]) -> None:
    _, group = answered(old, new)
    assert group is not None
    assert group.codes == codes


@pytest.mark.parametrize(
    ("old", "new", "codes", "faults"),
    [
        (SE, "", ("2",), 1),
        (SE, SE.replace("0007", "0099"), ("3",), 0),
        (SE, "SE*99*0007~", ("4",), 0),
        ("ST*837*0007*005010X222A1", "ST*837*0007*005010X222", ("I6",), 0),
        ("ST*837*0008*", "ST*837*0007*", ("3", "23"), 0),
        ("REF*EI*371234567~", "", ("4",), 1),
        ("NM1*40*2*", "NM1*40*7*", (), 1),
    ],
)
def test_a_bad_set_says_why(old: str, new: str, codes: tuple[str, ...], faults: int) -> None:
    _, group = answered(old, new)
    assert group is not None
    wrong = [one for one in group.sets if not one.accepted]
    assert {code for one in wrong for code in one.codes} == set(codes)
    assert sum(len(one.faults) for one in wrong) == faults
    assert group.codes == ()


def test_the_claim_of_a_fault_is_named() -> None:
    _, group = answered("SV1*HC:G0438*125*UN*", "SV1*HC:G0438*125*XX*")
    assert group is not None
    assert [fault.claim_control for fault in group.sets[0].faults] == ["ACCT1"]
    assert [element.code for element in group.sets[0].faults[0].elements] == ["7"]


def test_acknowledgements_are_not_answered() -> None:
    data = write_999(answer(SOUND).groups, partner=PARTNER, numbers=NUMBERS, at=AT)
    answers = answer(data)
    assert len(answers.interchanges) == 1
    assert answers.groups == ()


@pytest.mark.parametrize("row", sample_rows("837p-"))
def test_samples_are_answered_in_a_way_the_guide_takes(row: Row) -> None:
    answers = answer(row.data)
    ta1 = read_acknowledgements(
        read(write_ta1(answers.interchanges, partner=PARTNER, numbers=NUMBERS, at=AT)),
    )
    assert [item.kind for item in ta1.items] == ["TA1"] * row.counts[1]
    data = write_999(answers.groups, partner=PARTNER, numbers=NUMBERS, at=AT)
    assert validate(data) == ()
    outcomes = [item.outcome for item in read_acknowledgements(read(data)).items if item.set_control]
    assert len(outcomes) == row.counts[3]
    if row.pyx12 == "valid":
        assert set(outcomes) == {"accepted"}
    elif row.pyx12 == "invalid":
        assert "rejected" in outcomes


@settings(max_examples=5, phases=[Phase.generate])
@given(st.data())
def test_nothing_is_raised_whatever_is_broken(data: st.DataObject) -> None:
    answers = answer(data.draw(broken(SOUND)))
    if answers.groups:
        assert write_999(answers.groups, partner=PARTNER, numbers=NUMBERS, at=AT)


def test_a_cut_file_is_never_accepted() -> None:
    for part in cuts(SOUND)[::15]:
        answers = answer(part)
        assert all(one.code == "R" for one in answers.interchanges)
        assert answers.groups == ()
