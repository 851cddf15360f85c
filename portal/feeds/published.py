"""A published file as it comes: text in one of two encodings, alone or in a zip archive as CMS publishes it."""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import IO, Final

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

MOST_BYTES: Final = 512 * 2**20
"""What a file that is read line by line may hold unpacked; the largest we know, CMS's yearly fees, has 130 MB."""
MOST_TEXT_BYTES: Final = 64 * 2**20
"""What is held in memory at once; the largest that is read whole, the order file of ICD-10-CM, has 14 MB, and four
times that is room for years while a small machine still holds the text (up to four bytes a letter) and its rows."""
MOST_MEMBERS: Final = 1000
LONGEST_LINE: Final = 2**16

_UTF8_LETTER = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]")
"""Latin letters and marks in UTF-8; in Windows-1252 these would be two or three letters that no word has in a row."""
_ARCHIVE = b"PK\x03\x04"
_ANY = r".*\.(txt|csv|tsv|tab)"
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "icd10cm": (r"icd10cm[-_]order[-_]\d{4}.*\.txt",),  # beside it lie the codes alone and the addenda
    "icd9cm": (r".*long_dx.*\.txt",),
    "hcpcs": (r"hcpc\d{4}(?!.*(layout|note|trans|corr|change)).*\.txt",),
    "cpt": (r"longult\.txt", r"consolidated_code_list\.txt", r"longulf\.txt"),
    "ncci-ptp": (r"ccipra.*\.txt",),
    "mue": (r".*practitioner.*\.(csv|txt)",),
    "fee-schedule": (r"pf(all|rev).*\.txt",),
    "global-days": (r"pprrvu.*nonqpp.*\.csv", r"pprrvu.*\.csv"),  # since 2026 one for each conversion factor
})  # fmt: skip
"""By set, the names under which the file lies in the archives of CMS and the AMA, the best first."""


@contextmanager
def opened(code_set: str, source: IO[bytes]) -> Iterator[IO[bytes]]:
    """The file itself: what was given, or the one member of an archive that is the file of this set.

    An archive is read as a stream and never unpacked whole; its stated size is the most that is read of a member
    (zipfile reads no further). Raises Refused `archive` for none or several that fit, one that is too large, and one
    that is broken or locked.
    """
    start = source.read(len(_ARCHIVE))
    source.seek(0)
    if start != _ARCHIVE:
        yield source
        return
    try:
        with zipfile.ZipFile(source) as archive:
            member = _member(code_set, archive)
            with archive.open(member) as stream:
                yield stream
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError) as error:
        raise _archive(T_("it is damaged or locked")) from error


def _member(code_set: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir()]
    if len(members) > MOST_MEMBERS:
        raise _archive(T_("it holds more than {most} files", most=MOST_MEMBERS))
    for pattern in (*_MEMBERS.get(code_set, ()), _ANY):
        found = [
            each for each in members if re.fullmatch(pattern, PurePosixPath(each.filename).name, re.IGNORECASE)
        ]  # fmt: skip
        if len(found) > 1:
            raise _archive(T_("{n} files in it could be the one; unpack it and name the file", n=len(found)))
        if found:
            if found[0].file_size > MOST_BYTES:
                raise _archive(T_("what it holds is too large"))
            return found[0]
    raise _archive(T_("it holds no text file"))


def _archive(why: Text) -> Refused:
    return Refused(T_("The archive was not read: {why}. Nothing was loaded.", why=why), code="archive")


def digest_of(source: IO[bytes]) -> bytes:
    """The SHA-256 of a whole file, which stands at its beginning afterwards."""
    digest = hashlib.sha256()
    while part := source.read(2**20):
        digest.update(part)
    source.seek(0)
    return digest.digest()


def text_of(code_set: str, body: bytes) -> str:
    """The text of a whole file: UTF-8 with or without its mark, else Windows-1252.

    Raises Refused `too-large` above MOST_TEXT_BYTES, `layout` as `lines_of`.
    """
    with opened(code_set, io.BytesIO(body)) as stream:
        whole = stream.read(MOST_TEXT_BYTES + 1)
    if len(whole) > MOST_TEXT_BYTES:
        most = MOST_TEXT_BYTES // 2**20
        raise Refused(T_("The file holds more than {most} MB. Nothing was loaded.", most=most), code="too-large")
    return "\n".join(_decoded(number, raw) for number, raw in enumerate(whole.split(b"\n"), 1))


def lines_of(source: IO[bytes]) -> Iterator[tuple[int, str]]:
    """The lines of a stream with their numbers from 1, without their ends, one in memory at a time.

    Raises Refused `layout` at a line longer than any published file has, at a zero byte, and at letters that are in
    neither encoding or in both.
    """
    number = 0
    while raw := source.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise wrong(number, T_("the line does not end"))
        yield number, _decoded(number, raw).rstrip("\r\n")


def _decoded(number: int, raw: bytes) -> str:
    """One line: UTF-8, else Windows-1252; one stray byte spoils no other line, and no letter of its own."""
    raw = raw.removeprefix(BOM_UTF8)
    if b"\0" in raw:  # PostgreSQL takes none, and no published file has any
        raise wrong(number, T_("there is a zero byte in it"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if _UTF8_LETTER.search(raw):
            raise wrong(number, T_("its letters are in two encodings")) from None
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        raise wrong(number, T_("there is a byte in it that is no letter")) from None


def wrong(line: int, what: Text) -> Refused:
    """A refusal that names the line at which a layout is not that of its set."""
    return Refused(
        T_("Line {line}: {what}. Nothing was loaded; look whether this is the file of this set.", line=line, what=what),
        code="layout",
    )
