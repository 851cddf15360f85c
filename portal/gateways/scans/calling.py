"""Has the pages of documents drawn by a process of its own, in which hostile files may do their worst (see decoding).

This process never reads a document's inside: it hands the bytes over and takes pictures back, neither of which touches
a disk, and believes nothing of the answer but what it has checked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from portal.domain.documents import MOST_PAGES, UNSHOWN, PagePicture, Unshowable

_PROGRAM = Path(__file__).with_name("decoding.py")
_BEGINS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_MOST_PICTURE_BYTES = 16 * 1024 * 1024
_MOST_LINE_BYTES = 1000
_MOST_SIDE = 10_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may use: address space, seconds of a processor, and seconds altogether."""

    memory_bytes: int = 1024 * 1024 * 1024
    cpu_seconds: int = 120
    seconds: float = 300.0


class Scans:
    """Draws documents. One process for each call; slow, so jobs only."""

    def __init__(self, limits: Limits | None = None, *, program: Path = _PROGRAM) -> None:
        self._limits, self._program = limits or Limits(), program

    def pages(self, body: bytes, media_type: str, *, first: int = 1) -> Iterator[PagePicture]:
        """Pictures of the pages from the `first` on (they count from 1), at 150 dpi and at most 2200 dots long.

        `media_type` is what `domain.documents.look` found. Raises Unshowable, also between two pages; OSError where no
        process can be started.
        """
        with self._process(media_type, first) as (process, late):
            try:
                _give(process, body)
                yield from _answer(_open(process.stdout), first)
            except _Broken:
                # a process that was ended, by us or by its limits, or that the document made break off
                process.wait()
                raise Unshowable("too-heavy" if late.is_set() or process.returncode in _ENDED else "damaged") from None

    @contextmanager
    def _process(self, media_type: str, first: int) -> Iterator[tuple[subprocess.Popen[bytes], threading.Event]]:
        limits, late = self._limits, threading.Event()
        process = subprocess.Popen(  # noqa: S603 - our own program under our own interpreter, with words that we made
            [sys.executable, "-I", "-B", str(self._program), media_type, str(first), str(limits.memory_bytes),
             str(limits.cpu_seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", env={},
            start_new_session=True,
        )  # fmt: skip

        def end() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(limits.seconds, end)
        clock.daemon = True
        clock.start()
        try:
            yield process, late
        finally:
            clock.cancel()
            process.kill()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)
            process.wait()


class _Broken(Exception):
    """The answer ended before its end, or is none."""


_ENDED = frozenset({-9, -24})
"""SIGKILL, SIGXCPU: how the system ends what has used up its time or memory."""


def _give(process: subprocess.Popen[bytes], body: bytes) -> None:
    """Hand the document over; it is read whole before anything is answered."""
    pipe = _open(process.stdin)
    try:
        pipe.write(body)
        pipe.close()
    except OSError as error:
        raise _Broken from error


def _answer(pipe: IO[bytes], first: int) -> Iterator[PagePicture]:
    of, number = 0, first
    while True:
        said = _said(pipe)
        if "refused" in said:
            raise Unshowable(next((code for code in UNSHOWN if code == said["refused"]), "damaged"))
        if said.get("end") is True and of and number > of:
            return
        if not of:
            of = _whole(said, "pages", MOST_PAGES)
            continue
        yield _picture(pipe, said, number, of)
        number += 1


def _said(pipe: IO[bytes]) -> dict[str, Any]:
    line = pipe.readline(_MOST_LINE_BYTES)
    try:
        said = json.loads(line)
    except ValueError as error:
        raise _Broken from error
    if not isinstance(said, dict) or not line.endswith(b"\n"):
        raise _Broken
    return said


def _picture(pipe: IO[bytes], said: dict[str, Any], number: int, of: int) -> PagePicture:
    media_type, size = said.get("type"), _whole(said, "size", _MOST_PICTURE_BYTES)
    width, height = (_whole(said, name, _MOST_SIDE) for name in ("width", "height"))
    body = pipe.read(size)
    if said.get("number") != number or number > of or media_type not in _BEGINS or len(body) != size:
        raise _Broken
    if not body.startswith(_BEGINS[media_type]):
        raise _Broken
    return PagePicture(number, of, media_type, width, height, body)


def _whole(said: dict[str, Any], name: str, most: int) -> int:
    found = said.get(name)
    if not isinstance(found, int) or not 0 < found <= most:
        raise _Broken
    return found


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise _Broken
    return pipe


def _close(pipe: IO[bytes] | None) -> None:
    try:
        _open(pipe).close()
    except OSError:  # what was not handed over yet is lost with the process, as it should be
        return
