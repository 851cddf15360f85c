from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents import KINDS, MOST_BYTES, UPLOADS, check_size, look
from portal.domain.errors import Refused
from tests.make import scans

GOOD = {
    "application/pdf": scans.pdf(2), "image/png": scans.png(), "image/jpeg": scans.jpeg(), "image/tiff": scans.tiff(),
}  # fmt: skip


def refusal(body: bytes) -> str:
    with pytest.raises(Refused) as caught:
        look(body)
    return caught.value.code


def verdict(size: int) -> str | None:
    try:
        check_size(size)
    except Refused as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("size", "code"), [(0, "file-empty"), (1, None), (MOST_BYTES, None), (MOST_BYTES + 1, "file-too-large")]
)
def test_a_file_has_its_bounds(size: int, code: str | None) -> None:
    assert verdict(size) == code


@pytest.mark.parametrize("media_type", GOOD)
def test_what_a_file_is_stands_in_its_bytes(media_type: str) -> None:
    assert look(GOOD[media_type]) == media_type


def test_a_tiff_may_have_either_order_of_bytes_and_a_jpeg_zeros_behind_it() -> None:
    directory = struct.pack(">HHHIII", 1, 256, 3, 1, 0, 0)
    assert look(b"MM\x00*" + struct.pack(">I", 8) + directory) == "image/tiff"
    assert look(GOOD["image/jpeg"] + b"\x00" * 64) == "image/jpeg"


@pytest.mark.parametrize("media_type", GOOD)
@pytest.mark.parametrize("kept", [0.25, 0.5, 0.9])
def test_what_is_cut_short_is_refused(media_type: str, kept: float) -> None:
    body = GOOD[media_type]
    assert refusal(body[: int(len(body) * kept)]) == "file-cut"


@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg"])
def test_what_carries_something_behind_its_end_is_refused(media_type: str) -> None:
    assert refusal(GOOD[media_type] + b"PK\x03\x04 an archive") == "file-cut"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><script>alert(1)</script>" + GOOD["application/pdf"],
        b"GIF89a" + GOOD["application/pdf"],
        b"\n" + GOOD["application/pdf"],
        b"PK\x03\x04" + GOOD["image/png"],
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"BM" + b"\x00" * 100,
        b"II+\x00" + b"\x08\x00\x00\x00" * 4,
        b"RIFF\x00\x00\x00\x00WEBP",
        b"%PD",
    ],
)
def test_what_only_holds_one_of_the_four_kinds_or_is_none_is_refused(body: bytes) -> None:
    assert refusal(body) == "file-kind"


def test_a_tiff_whose_directories_go_round_in_circles_or_are_too_many_is_refused() -> None:
    round_and_round = b"II*\x00" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 256, 3, 1, 0, 8)
    assert refusal(round_and_round) == "file-cut"
    many = b"II*\x00" + struct.pack("<I", 8)
    for number in range(201):
        following = 8 + 18 * (number + 1) if number < 200 else 0
        many += struct.pack("<HHHIII", 1, 256, 3, 1, 0, following)
    assert refusal(many) == "file-pages"
    assert refusal(b"II*\x00\x00\x00\x00\x00") == "file-cut"


@given(st.sampled_from(sorted(GOOD)), st.binary(max_size=200), st.integers(0, 400))
def test_whatever_comes_is_one_of_the_four_or_refused(media_type: str, noise: bytes, at: int) -> None:
    body = GOOD[media_type]
    with suppress(Refused):
        assert look(body[:at] + noise + body[at + len(noise) :]) in GOOD


def test_every_kind_that_comes_in_has_words() -> None:
    assert set(UPLOADS) < set(KINDS)
