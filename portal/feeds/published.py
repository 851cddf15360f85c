"""A published file as it comes: text in one of two encodings, alone or in a zip archive as CMS publishes it."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import IO, Final

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

MOST_BYTES: Final = 512 * 2**20
"""What one file may hold unpacked; the largest that we know, CMS's yearly fees, has 130 MB."""
MOST_MEMBERS: Final = 1000
LONGEST_LINE: Final = 2**16

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
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError) as error:
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
    """The text of a whole file: UTF-8 with or without its mark, else Windows-1252."""
    with opened(code_set, io.BytesIO(body)) as stream:
        return _decoded(stream.read(MOST_BYTES + 1))


def lines_of(source: IO[bytes]) -> Iterator[tuple[int, str]]:
    """The lines of a stream with their numbers from 1, without their ends, one in memory at a time.

    Raises Refused `layout` at a line longer than any published file has.
    """
    number = 0
    while raw := source.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise wrong(number, T_("the line does not end"))
        yield number, _decoded(raw).rstrip("\r\n")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def wrong(line: int, what: Text) -> Refused:
    """A refusal that names the line at which a layout is not that of its set."""
    return Refused(
        T_("Line {line}: {what}. Nothing was loaded; look whether this is the file of this set.", line=line, what=what),
        code="layout",
    )
