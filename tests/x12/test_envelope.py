"""Envelopes in and out: what does not add up is found, what is written adds up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.interchanges import ControlNumbers
from portal.x12.envelope import walk, write_interchange, write_ta1s
from portal.x12.reader import Delimiters, read
from tests.make.x12 import AT, CLAIM, NUMBERS, PARTNER, Row, payment, remittance, sample_rows, segments

GOOD = remittance(payment("90", CLAIM), payment("90", CLAIM))
ENVELOPE_CODES = {
    "SE01=": "se-count",
    "SE02 ": "se-control",
    "IEA01=": "iea-count",
    "no IEA": "iea-missing",
    "ST without SE": "se-missing",
}


def codes(data: bytes) -> list[str]:
    return [finding.code for finding in walk(read(data)).findings]


@pytest.mark.parametrize("row", sample_rows())
def test_a_samples_envelope_is_as_its_index_says(row: Row) -> None:
    envelope = walk(read(row.data))
    expected = {code for fact, code in ENVELOPE_CODES.items() if fact in row.envelope}
    assert {finding.code for finding in envelope.findings} - {"ge-missing"} == expected
    assert (len(envelope.interchanges), len(envelope.groups), len(envelope.sets)) == row.counts[1:]
    right = [part.split()[-1] for part in row.envelope.split("; ") if "actual" in part]
    assert all(any(count in str(finding.text) for finding in envelope.findings) for count in right)


def test_the_ids_and_numbers_of_the_envelope() -> None:
    envelope = walk(read(GOOD))
    (interchange,) = envelope.interchanges
    assert (interchange.sender, interchange.receiver, interchange.usage) == ("PAYER", "CLINIC", "T")
    assert (interchange.control, interchange.version, interchange.date) == ("000000001", "00501", "260106")
    (group,) = envelope.groups
    assert (group.functional_id, group.control, group.guide) == ("HP", "1", "005010X221A1")
    assert [(one.kind, one.guide, one.control) for one in envelope.sets] == [
        ("835", "005010X221A1", "0001"),
        ("835", "005010X221A1", "0002"),
    ]
    assert envelope.sets[0].first.position == 3
    assert envelope.findings == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"SE*19*0001~", b"SE*21*0001~", ["se-count"]),
        (b"SE*19*0001~", b"SE**0001~", ["se-count"]),
        (b"SE*19*0001~", b"SE*19*0009~", ["se-control"]),
        (b"SE*19*0001~", b"", ["se-missing"]),
        (b"GE*2*1~", b"GE*1*1~", ["ge-count"]),
        (b"GE*2*1~", b"GE*2*2~", ["ge-control"]),
        (b"GE*2*1~", b"", ["ge-missing"]),
        (b"IEA*1*000000001~", b"IEA*2*000000001~", ["iea-count"]),
        (b"IEA*1*000000001~", b"IEA*1*000000002~", ["iea-control"]),
        (b"IEA*1*000000001~", b"", ["iea-missing"]),
        (b"ST*835*0002~", b"ST*835*0001~", ["st-control-repeated", "se-control"]),
        (b"GS*HP*PAYER*CLINIC*20260106*0930*1*X*005010X221A1~", b"", ["gs-missing", "gs-missing", "stray-segment"]),
        (b"IEA*1*000000001~", b"IEA*1*000000001~N3*X~", ["stray-segment"]),
    ],
)
def test_each_fault_is_found_alone(old: bytes, new: bytes, expected: list[str]) -> None:
    assert old in GOOD
    found = codes(GOOD.replace(old, new))
    # Without its GS a file's IEA01 counts one group too many.
    assert sorted(set(found) - {"iea-count"} if "gs-missing" in found else set(found)) == sorted(set(expected))


def test_what_is_written() -> None:
    sets = [segments("BHT*0019*00*1"), segments("BHT*0019*00*2")]
    numbers = ControlNumbers(interchange=7, group=12, first_set=99)
    data = write_interchange(PARTNER, numbers, "HC", "005010X222A1", sets, AT, ask_ta1=True)
    assert data.isascii()
    assert len(data.split(b"~")[0]) == 105
    parts = data.decode().split("~")
    assert parts[0].split("*")[9:] == ["260106", "0930", "^", "00501", "000000007", "1", "T", ":"]
    assert parts[1] == "GS*HC*PAYER*CLINIC*20260106*0930*12*X*005010X222A1"
    assert [part for part in parts if part[:2] in ("ST", "SE", "GE")] == [
        "ST*837*0099*005010X222A1",
        "SE*3*0099",
        "ST*837*0100*005010X222A1",
        "SE*3*0100",
        "GE*2*12",
    ]
    assert parts[-2:] == ["IEA*1*000000007", ""]


def test_an_835_names_its_guide_in_the_group_only() -> None:
    assert b"ST*835*0001~" in GOOD


def test_a_ta1_stands_alone() -> None:
    data = write_ta1s(PARTNER, 5, segments("TA1*000000101*260102*1015*A*000"), AT)
    (interchange,) = walk(read(data)).interchanges
    assert [segment.get(1) for segment in interchange.ta1] == ["000000101"]
    assert codes(data) == []
    assert data.endswith(b"IEA*0*000000005~")


@pytest.mark.parametrize(
    ("partner", "numbers", "functional", "sets", "marks"),
    [
        (replace(PARTNER, sender_id="X" * 16), NUMBERS, "HP", 1, Delimiters()),
        (replace(PARTNER, sender_id="É"), NUMBERS, "HP", 1, Delimiters()),
        (replace(PARTNER, usage=""), NUMBERS, "HP", 1, Delimiters()),
        (PARTNER, ControlNumbers(10**9, 1, 1), "HP", 1, Delimiters()),
        (PARTNER, ControlNumbers(1, 0, 1), "HP", 1, Delimiters()),
        (PARTNER, NUMBERS, "XX", 1, Delimiters()),
        (PARTNER, NUMBERS, "HP", 0, Delimiters()),
        (PARTNER, NUMBERS, "HP", 1, Delimiters(component="*")),
        (PARTNER, NUMBERS, "HP", 1, Delimiters(repetition="")),
        (PARTNER, NUMBERS, "HP", 1, Delimiters(component="Z")),
        (replace(PARTNER, sender_id="A*B"), NUMBERS, "HP", 1, Delimiters()),
    ],
)
def test_what_does_not_fit_is_refused(partner, numbers, functional, sets, marks) -> None:
    with pytest.raises(ValueError):
        write_interchange(partner, numbers, functional, "X", [segments("N3*X")] * sets, AT, delimiters=marks)


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=5), min_size=1, max_size=5))
def test_no_text_breaks_the_envelope(texts: list[list[str]]) -> None:
    sets = [[["NTE", "ADD", *elements] for elements in texts]]
    document = read(write_interchange(PARTNER, NUMBERS, "HC", "005010X222A1", sets, AT))
    assert document.findings == ()
    assert walk(document).findings == ()
    assert [one.id for one in document.segments].count("NTE") == len(texts)
    assert all(text == text.strip() for one in document.segments[1:] for text in one.elements)
