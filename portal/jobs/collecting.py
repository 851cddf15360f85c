"""What partners put into their folders is taken in by itself: acknowledgements and remittances, each by its own import.

A file is taken when two looks in a row found the same bytes and it ends as an interchange ends: what is still being
written is left. Files of other kinds stay where they are, for a person.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from portal.access.actors import Actor, system
from portal.domain.errors import Refused, TradeError
from portal.jobs.handlers import Tools
from portal.services import interchanges, practices
from portal.services.claims import answers, verdicts
from portal.services.remittances import importing as remittances

_LOG = logging.getLogger("candor.jobs")
_JOB = "file.collect"

Import = Callable[[Tools, Actor, str, bytes], object]


def _answers(tools: Tools, actor: Actor, name: str, body: bytes) -> object:
    return answers.import_acknowledgements(tools.units, actor, name, body)


def _remittances(tools: Tools, actor: Actor, name: str, body: bytes) -> object:
    return remittances.import_remittances(tools.units, actor, None, name, body)


IMPORTS: Final[Mapping[str, Import]] = MappingProxyType({
    "835": _remittances, "999": _answers, "997": _answers, "277CA": _answers, "TA1": _answers,
})  # fmt: skip
"""By kind of transaction."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it lay there at the last look; `left` for a person, until its bytes change."""

    digest: bytes
    left: bool = False


@dataclass(slots=True)
class Collector:
    """Looks into the folders of all partners of all practices; remembers what it saw there at its last look."""

    _seen: dict[tuple[str, str], _Look] = field(default_factory=dict)
    _shared: frozenset[str] = frozenset()

    def __call__(self, tools: Tools) -> int:
        """Take in what is whole, one file after the other, so that a bad one stops no other; returns how many.

        Nothing is taken from a folder that partners of two practices name: whose the file is, a person must say.
        """
        with tools.units.read(system(_JOB), "practice:edit", defer=True) as uow:
            found = [id_ for id_, _, _ in practices.practice_codes(uow)]
        each = [(actor, folder) for id_ in found for actor, folder in self._folders(tools, id_)]
        met = Counter(folder for _, folder in each)
        shared = frozenset(folder for folder, practices_ in met.items() if practices_ > 1)
        if shared - self._shared:
            _LOG.error("partners of two practices name the same folder: nothing is taken from it")
        self._shared = shared
        return sum(self._collect(tools, actor, folder) for actor, folder in each if folder not in shared)

    def _folders(self, tools: Tools, practice_id: bytes) -> list[tuple[Actor, str]]:
        actor = system(_JOB, practice_id=practice_id)
        with tools.units.read(actor, "claim:acknowledge", defer=True) as uow:
            return [(actor, folder) for folder in sorted(set(verdicts.folders(uow)))]

    def _collect(self, tools: Tools, actor: Actor, folder: str) -> int:
        try:
            names = tools.parts.exchange.names(folder)
        except (OSError, ValueError) as error:
            _LOG.error("a partner's folder cannot be read", extra={"error": type(error).__name__})
            return 0
        for key in [key for key in self._seen if key[0] == folder and key[1] not in names]:
            del self._seen[key]
        taken = 0
        for name in names:
            try:
                taken += self._take(tools, actor, folder, name)
            except FileNotFoundError:  # another worker was faster
                continue
            except (Refused, ValueError):  # ValueError: not even its name can be written down
                self._leave(folder, name)
            except TradeError:  # somebody else was at the same: the next look
                continue
            except Exception as error:  # noqa: BLE001 - whatever one file does, the others are taken in; it comes again
                _LOG.error("a file in a partner's folder was not taken in", extra={"error": type(error).__name__})
        return taken

    def _take(self, tools: Tools, actor: Actor, folder: str, name: str) -> bool:
        exchange = tools.parts.exchange
        body = exchange.take(folder, name)
        now, before = _Look(hashlib.sha256(body).digest()), self._seen.get((folder, name))
        if before is None or before.digest != now.digest:
            self._seen[folder, name] = now
            return False
        if before.left:
            return False
        kinds = interchanges.kinds_of(body) if interchanges.ends(body) else frozenset()
        read_in = next((IMPORTS[kind] for kind in sorted(kinds) if kind in IMPORTS), None)
        if read_in is None:
            self._leave(folder, name)
            return False
        read_in(tools, actor, name, body)
        del self._seen[folder, name]  # the next of that name is another file
        if exchange.take(folder, name) == body:  # else it came meanwhile: it is not put away unread
            exchange.done(folder, name)
        return True

    def _leave(self, folder: str, name: str) -> None:
        """Leave a file for a person."""
        before = self._seen.get((folder, name), _Look(b""))
        if not before.left:
            _LOG.warning("a file in a partner's folder is left for a person")
        self._seen[folder, name] = replace(before, left=True)
