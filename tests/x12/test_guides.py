"""pyx12's verdicts in our words: silent, without values, and never raising."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.x12.guides import faults, supported, validate
from tests.make.x12 import CLAIM, HEAD, Row, payment, remittance, sample_rows

GOOD = remittance(payment("90", CLAIM))


@pytest.mark.parametrize("row", [*sample_rows("835"), *sample_rows("837"), *sample_rows("999"), *sample_rows("277ca")])
def test_a_sample_gets_the_verdict_of_its_index(row: Row) -> None:
    found = validate(row.data)
    if row.pyx12 == "valid":
        assert found == ()
    # What the index calls invalid for its envelope alone, or for a version without a map, is not the guides' matter.
    if row.pyx12 == "invalid" and not row.envelope and b"00402" not in row.data:
        assert found
    assert all(0 < finding.segment <= row.counts[0] for finding in found)


def test_what_is_supported() -> None:
    assert supported("005010X222A1")
    assert supported("005010X221A1")
    assert not supported("005010X224A2")
    assert not supported("")


def test_a_sound_file_has_no_findings() -> None:
    assert validate(GOOD) == ()
    assert validate(b"\xef\xbb\xbf" + GOOD.replace(b"~", b"~\r\n")) == ()


def test_a_code_an_outdated_list_lacks_is_not_refused() -> None:
    assert validate(remittance(payment("90", CLAIM + "LQ*HE*N822~"))) == ()


def test_a_missing_segment_and_a_wrong_code_have_their_places() -> None:
    head = HEAD.replace("PER*BL*DESK*TE*5555550100~", "")
    data = remittance(payment("90", CLAIM.replace("*12*ICN1", "*QQ*ICN1"), head))
    assert [(finding.segment, finding.code) for finding in validate(data)] == [(10, "IK3:3"), (12, "IK4:7@6")]
    missing, wrong = faults(data)
    assert (missing.set_segment, missing.fault.segment_id, missing.fault.code) == (3, "PER", "3")
    assert (wrong.segment, wrong.fault.position, wrong.fault.code) == (12, 10, "8")
    assert [(one.element, one.code) for one in wrong.fault.elements] == [(6, "7")]


def test_positions_count_through_groups_and_sets() -> None:
    bad = CLAIM.replace("CAS*PR", "CAS*QQ")
    data = remittance(payment("90", CLAIM)) + remittance(payment("90", CLAIM), payment("90", bad))
    (one,) = faults(data)
    text = data.decode().split("~")
    assert text[one.segment - 1].startswith("CAS*QQ")
    assert text[one.set_segment - 1].startswith("ST*835*0002")


def test_nothing_is_said_aloud_and_no_value_is_quoted(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    data = remittance(payment("90", CLAIM.replace("CAS*PR", "CAS*SECRET"))).replace(b"NM1*QC*1", b"NM1*SECRET*1")
    before = set(Path(tempfile.gettempdir()).glob("pyx12*"))
    with caplog.at_level(logging.DEBUG):
        found = validate(data)
    assert found
    assert not any("SECRET" in str(finding.text) for finding in found)
    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""
    assert set(Path(tempfile.gettempdir()).glob("pyx12*")) == before


def test_a_guide_without_a_map_is_passed_over() -> None:
    assert validate(GOOD.replace(b"005010X221A1", b"005010X299A1")) == ()


@settings(max_examples=6)
@given(st.binary(max_size=60), st.integers(106, 700))
def test_no_content_raises(noise: bytes, at: int) -> None:
    assert validate(noise) == ()
    validate(GOOD[:at] + noise + GOOD[at:])
    validate(GOOD[:at])
