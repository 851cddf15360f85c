"""Files as they are published: two encodings, and archives of which one member is meant."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.errors import Refused
from portal.feeds import published
from portal.feeds.codes import read_codes
from portal.sandbox.codes import icd10cm_file


def archive(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in members.items():
            packed.writestr(name.replace("__", "/"), body)
    return made.getvalue()


def refused(body: bytes) -> str:
    with pytest.raises(Refused) as caught:
        read_codes("icd10cm", body)
    assert caught.value.code == "archive"
    return str(caught.value.text)


def test_the_order_file_is_found_among_what_lies_beside_it():
    body = archive(**{
        "2027 Code__icd10cm_order_2027.txt": icd10cm_file(), "icd10cm_codes_2027.txt": b"no", "a.pdf": b"no",
        "icd10cm_order_addenda_2027.txt": b"no",
    })  # fmt: skip
    assert read_codes("icd10cm", body) == read_codes("icd10cm", icd10cm_file())


def test_the_only_text_file_is_taken_under_any_name():
    assert read_codes("icd10cm", archive(**{"mine.TXT": icd10cm_file(), "a.pdf": b"no"}))


def test_none_or_several_that_fit_are_refused():
    assert "no text file" in refused(archive(**{"a.pdf": b"no"}))
    assert "2 files" in refused(archive(**{"a.txt": icd10cm_file(), "b.txt": icd10cm_file()}))


def test_an_archive_that_is_broken_locked_or_too_large_is_refused(monkeypatch: pytest.MonkeyPatch):
    whole = archive(**{"a.txt": icd10cm_file()})
    refused(whole[: len(whole) // 2])
    spoilt = bytearray(whole)
    spoilt[60:70] = b"\xff" * 10
    refused(bytes(spoilt))
    at = whole.rindex(b"PK\x01\x02")
    flags = struct.unpack_from("<H", whole, at + 8)[0] | 1
    refused(whole[: at + 8] + struct.pack("<H", flags) + whole[at + 10 :])
    monkeypatch.setattr(published, "MOST_BYTES", 100)
    assert "too large" in refused(whole)
    monkeypatch.setattr(published, "MOST_MEMBERS", 0)
    assert "more than" in refused(whole)


def test_a_member_that_lies_about_its_size_is_not_read_beyond_it():
    """A bomb states few bytes and unpacks to many: what is read ends at what was stated, and the sum shows the lie."""
    whole = archive(**{"a.txt": b"x" * 5_000_000})
    at = whole.rindex(b"PK\x01\x02")
    refused(whole[: at + 24] + struct.pack("<I", 10) + whole[at + 28 :])


def test_lines_are_numbered_and_have_an_end():
    assert list(published.lines_of(io.BytesIO(b"\xef\xbb\xbfone\r\n\nM\xe9n\n"))) == [(1, "one"), (2, ""), (3, "Mén")]
    with pytest.raises(Refused, match="layout"):
        list(published.lines_of(io.BytesIO(b"x" * (published.LONGEST_LINE + 2))))


@given(st.binary(max_size=300))
def test_rubbish_that_begins_as_an_archive_is_refused(body: bytes):
    assert refused(b"PK\x03\x04" + body)
