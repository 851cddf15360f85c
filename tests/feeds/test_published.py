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
    assert refused(whole[: at + 24] + struct.pack("<I", 10) + whole[at + 28 :])


def test_lines_are_numbered_and_have_an_end():
    assert list(published.lines_of(io.BytesIO(b"\xef\xbb\xbfone\r\n\nM\xe9n\n"))) == [(1, "one"), (2, ""), (3, "Mén")]
    with pytest.raises(Refused, match="layout"):
        list(published.lines_of(io.BytesIO(b"x" * (published.LONGEST_LINE + 2))))


@given(st.binary(max_size=300))
def test_rubbish_that_begins_as_an_archive_is_refused(body: bytes):
    assert refused(b"PK\x03\x04" + body)


def said(body: bytes, code: str = "layout") -> str:
    with pytest.raises(Refused) as caught:
        published.text_of("hcpcs", body)
    with pytest.raises(Refused) as by_line:
        list(published.lines_of(io.BytesIO(body)))
    assert (caught.value.code, by_line.value.code) == (code, code)
    assert str(caught.value.text) == str(by_line.value.text)
    return str(caught.value.text)


def test_a_zero_byte_is_refused_with_its_line():
    assert said(b"one\ntw\0o\nthree").startswith("Line 2: there is a zero byte in it.")


def test_one_stray_byte_does_not_make_wrong_letters_of_a_whole_file():
    accents = "Ménière\u2019s disease\n".encode()
    assert published.text_of("hcpcs", b"\xef\xbb\xbf" + accents * 2) == accents.decode() * 2
    assert published.text_of("hcpcs", accents.decode().encode("cp1252")) == accents.decode()
    stray = accents + b"plain\nM\xe9ni\xe8re\n" + accents
    assert published.text_of("hcpcs", stray) == accents.decode() + "plain\nMénière\n" + accents.decode()
    assert said(accents + b"M\xe9ni\xc3\xa8re\n").startswith("Line 2: its letters are in two encodings.")
    assert said(b"a\nb\x81\n").startswith("Line 2: there is a byte in it that is no letter.")


def test_a_whole_text_is_bounded_by_what_a_small_machine_holds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(published, "MOST_TEXT_BYTES", 2**20)
    assert len(published.text_of("hcpcs", b"x" * 2**20)) == 2**20
    for body in (b"x" * (2**20 + 1), archive(**{"a.txt": b"x" * (2**20 + 1)})):
        with pytest.raises(Refused) as caught:
            published.text_of("hcpcs", body)
        assert (caught.value.code, "more than 1 MB" in str(caught.value.text)) == ("too-large", True)


def test_a_damaged_member_of_any_packing_is_refused():
    for packing in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", packing) as packed:
            packed.writestr("a.txt", bytes(range(256)) * 400)
        whole = bytearray(made.getvalue())
        start = whole.index(b"a.txt") + 5
        for at in range(start + 9, min(start + 60, len(whole) - 80)):
            whole[at] ^= 0xFF
        assert "damaged" in refused(bytes(whole))
