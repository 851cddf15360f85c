"""Segments of any file: delimiters from ISA, oddities as findings, nothing raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.x12.envelope import walk, write_interchange
from portal.x12.reader import Delimiters, read
from tests.make.x12 import AT, CLAIM, NUMBERS, PARTNER, Row, payment, remittance, sample_rows

ISA = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*^*00501*000000001*0*T*:~"
REST = "GS*HP*A*B*20260101*0900*1*X*005010X221A1~ST*835*0001~SE*2*0001~GE*1*1~IEA*1*000000001~"


def codes(data: bytes) -> list[tuple[int, str]]:
    return [(finding.segment, finding.code) for finding in read(data).findings]


@pytest.mark.parametrize("row", sample_rows())
def test_a_sample_has_the_segments_its_index_counts(row: Row) -> None:
    document = read(row.data)
    ids = [segment.id for segment in document.segments]
    assert (len(ids), ids.count("ISA"), ids.count("GS"), ids.count("ST")) == row.counts
    assert [segment.position for segment in document.segments] == list(range(1, len(ids) + 1))
    assert ("isa-length" in {finding.code for finding in document.findings}) == ("ISA not 106" in row.envelope)


@pytest.mark.parametrize(
    "data",
    [
        (ISA + REST).encode(),
        b"\xef\xbb\xbf" + (ISA + REST).encode(),
        (ISA + REST).replace("~", "~\r\n").encode(),
        (ISA + REST).replace("~", "~\n    ").encode(),
        (ISA + REST).replace("~", "\n").encode(),
        (ISA + REST).replace("~", "\r").encode(),
        (ISA + REST).replace("~", "\r\n").encode(),
        b"\n \n" + (ISA + REST).encode(),
    ],
)
def test_the_same_segments_come_out_of_any_layout(data: bytes) -> None:
    expected = [segment.elements for segment in read((ISA + REST).encode()).segments]
    found = read(data)
    assert [segment.elements for segment in found.segments] == expected
    assert found.findings == ()


def test_elements_components_and_repetitions() -> None:
    body = ISA + "EB*1**30^98^A*HC:G0438:25~"
    eb = read(body.encode()).segments[1]
    assert (eb.id, eb.position, eb.get(1), eb.get(2), eb.get(9)) == ("EB", 2, "1", "", "")
    assert eb.repeats(3) == ["30", "98", "A"]
    assert eb.components(4) == ["HC", "G0438", "25"]
    assert eb.components(9) == [""]
    assert "G0438" not in repr(eb)


def test_the_old_standards_letter_in_isa11_is_no_separator() -> None:
    old = read((ISA.replace("*^*00501", "*U*00401") + "N3*USA UNION~").encode()).segments[1]
    assert old.repeats(1) == ["USA UNION"]
    assert old.delimiters.repetition == ""


def test_each_interchange_has_its_own_delimiters() -> None:
    second = (ISA + REST).replace("*", "|").replace(":", ">").replace("~", "\x1c").replace("A  ", "ISA")
    document = read((ISA + REST + "\r\n" + second).encode())
    assert [segment.id for segment in document.segments] == ["ISA", "GS", "ST", "SE", "GE", "IEA"] * 2
    assert document.segments[6].delimiters == Delimiters("|", ">", "^", "\x1c")
    assert document.findings == ()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [(0, "no-isa")]),
        (b"hello", [(0, "no-isa")]),
        (b"ISA*00*x", [(1, "isa-length"), (1, "isa-unreadable")]),
        ((ISA.replace("B              ", "B") + REST).encode(), [(1, "isa-length")]),
        ((ISA.replace("*:~", "*~") + REST).encode(), [(1, "isa-length"), (1, "delimiters")]),
        ((ISA.replace("*:~", "*^~") + REST).encode(), [(1, "delimiters")]),
        (b"From: x\n" + (ISA + REST).encode(), [(0, "text-before-isa")]),
        ((ISA + REST + "rubbish").encode(), [(7, "segment-id")]),
        ((ISA + "N3*CAF\xc9~" + REST).encode("latin-1"), [(0, "encoding")]),
        ((ISA + "N3*A\0B~" + REST).encode(), [(0, "nul")]),
    ],
)
def test_what_is_odd_is_found(data: bytes, expected: list[tuple[int, str]]) -> None:
    assert codes(data) == expected


def test_a_collapsed_isa_still_gives_every_segment() -> None:
    data = (ISA.replace(" ", "") + REST).encode()
    assert [segment.id for segment in read(data).segments] == ["ISA", "GS", "ST", "SE", "GE", "IEA"]


def test_a_file_over_the_limit_is_not_read() -> None:
    assert codes(b"ISA" * 10) != [(0, "too-large")]
    document = read(b"ISA" * 10, limit_bytes=29)
    assert document.segments == ()
    assert [finding.code for finding in document.findings] == ["too-large"]


@pytest.mark.parametrize("junk", ["A~" * 1_500_000, "ST~" * 125_000, REST + ISA.replace("~", "'") + "GS'" * 125_000])
def test_a_file_of_nothing_but_segments_is_not_read(junk: str) -> None:
    """Each costs memory, and each header a while: a file within the limit held a worker for a quarter of an hour."""
    document = read((ISA + junk).encode())
    assert (document.segments, [finding.code for finding in document.findings]) == ((), ["too-large"])


MARKS = st.builds(
    lambda marks, newline: Delimiters(*marks[:3], "\n" if newline else marks[3]),
    st.permutations("*:^~|>!{}\x1c\x1d\x1e\x1f\t"),
    st.booleans(),
)


@given(MARKS)
def test_what_is_written_with_any_delimiters_is_read_back(marks: Delimiters) -> None:
    sets = [payment("90", CLAIM)]
    data = write_interchange(PARTNER, NUMBERS, "HP", "005010X221A1", sets, AT, delimiters=marks)
    document = read(data)
    assert document.findings == ()
    assert walk(document).findings == ()
    assert document.segments[0].delimiters == marks
    standard = read(remittance(*sets))
    assert [one.id for one in document.segments] == [one.id for one in standard.segments]
    for mine, theirs in zip(document.segments[1:], standard.segments[1:], strict=True):
        assert [mine.components(n) for n in range(1, 9)] == [theirs.components(n) for n in range(1, 9)]


@given(st.binary(max_size=300))
def test_no_bytes_raise(noise: bytes) -> None:
    for data in (noise, ISA.encode() + noise, noise + ISA.encode() + noise, b"ISA*" + noise):
        document = read(data)
        assert [segment.position for segment in document.segments] == list(range(1, len(document.segments) + 1))
        assert all(0 <= finding.segment <= max(len(document.segments), 1) for finding in document.findings)
