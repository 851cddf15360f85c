"""The clearinghouse as a folder: files out are written whole or not at all, files in wait until they are put away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from portal.domain.texts import T_
from portal.domain.transport import TransportFault

_PARTIAL = frozenset({".part", ".tmp"})
"""What a partner's program is still writing."""
MOST_BYTES = 25 * 1024 * 1024 + 1
"""So much of a file is read: a byte more than any import takes, so that a larger one is refused and fills no memory."""

_NAME_BYTES = 230
"""So much of a name is left where something is added to it: file systems take 255 bytes."""


class FolderExchange:
    """One folder for each partner below `root`, with `out`, `in` and `done`; whatever moves files serves these.

    Names of folders and files are single names: anything that leads elsewhere raises ValueError. Faults of the disk
    come up as OSError.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def lay(self, folder: str, name: str, body: bytes) -> None:
        """Write a file aside in `out`, flushed to the disk, under a name that nobody takes."""
        with self._aside(folder, name).open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    def hand(self, folder: str, name: str, body: bytes) -> None:
        """Give a file that was laid aside its name, once: where the same stands there, it went, and where neither it
        nor what was laid aside is there, it went and was taken. Raises TransportFault `other-bytes` for another file.
        """
        out, aside = self._place(folder, "out"), self._aside(folder, name)
        path = out / single(name)
        if path.exists():
            with path.open("rb") as file:
                if file.read(len(body) + 1) != body:
                    raise TransportFault("other-bytes", T_("Another file of the name {name} is there.", name=name))
            aside.unlink(missing_ok=True)
        elif aside.exists():
            aside.replace(path)
        _settle(out)

    def names(self, folder: str) -> Sequence[str]:
        """Files in `in` that are whole, by name; hidden ones, links and folders are left alone."""
        waiting = self._place(folder, "in")
        return sorted(path.name for path in waiting.iterdir() if _whole(path))

    def stamp(self, folder: str, name: str) -> tuple[int, int]:
        """Size in bytes and time of the last change, in nanoseconds, of a file in `in`."""
        found = (self._place(folder, "in") / single(name)).lstat()
        return found.st_size, found.st_mtime_ns

    def take(self, folder: str, name: str) -> bytes:
        """The bytes of a file in `in`; of one that is too large for any import, one byte more than that."""
        path = self._place(folder, "in") / single(name)
        if not _whole(path):
            raise FileNotFoundError(name)
        with open(path, "rb", opener=_no_link) as file:
            return file.read(MOST_BYTES)

    def done(self, folder: str, name: str) -> None:
        """Move a file from `in` to `done`; where one of that name lies there already, under a number."""
        waiting, away = self._place(folder, "in"), self._place(folder, "done")
        target = next(path for each in done_names(single(name)) if not (path := away / each).exists())
        (waiting / single(name)).replace(target)
        _settle(away)

    def _aside(self, folder: str, name: str) -> Path:
        return self._place(folder, "out") / f".{single(name)}.part"

    def _place(self, folder: str, part: str) -> Path:
        place = self._root / single(folder) / part
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not place.resolve().is_relative_to(self._root.resolve()):
            raise ValueError("a partner's folder leads out of the exchange")
        return place


def single(name: str) -> str:
    """A name that is one step down and nothing else."""
    if not name or name in {".", ".."} or name.startswith(".") or any(mark in name for mark in "/\\\0"):
        raise ValueError("a folder or file of the exchange has a plain name")
    return name


def done_names(name: str) -> Iterator[str]:
    """Names under which a done file may lie: its own, under a number where that is taken, and then under the time.

    Of a partner that uses one name for every file of many years not all numbers are tried; a long name is cut for it.
    """
    yield name
    short = name.encode(errors="replace")[:_NAME_BYTES].decode(errors="ignore")
    yield from (f"{short}.{number}" for number in range(2, 10))
    while True:
        yield f"{short}.{time.time_ns()}"


def whole_name(name: str) -> bool:
    """Whether a file of that name may be whole: not hidden, and none that a partner's program still writes."""
    return not name.startswith(".") and Path(name).suffix not in _PARTIAL


def _whole(path: Path) -> bool:
    return whole_name(path.name) and not path.is_symlink() and path.is_file()


def _no_link(path: str, flags: int) -> int:
    """Open a file that may have become a link since it was looked at: then it is not opened."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _settle(folder: Path) -> None:
    """Flush a folder's list of names, so that a rename outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
