"""What partners put into their folders is taken in: by the worker when it lies there whole, or at once when asked for.

Files of other kinds stay where they are, for a person.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from portal.access import policy
from portal.access.actors import Actor, system
from portal.domain.errors import Refused, TradeError
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges, practices
from portal.services.claims import verdicts
from portal.services.files import reading
from portal.services.files.reading import ANSWERS, COVERAGE, REMITTANCES, Import
from portal.services.parts import Parts
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units

_LOG = logging.getLogger("candor.jobs")
_JOB = "file.collect"
COLLECTED = (ANSWERS, REMITTANCES, COVERAGE)
"""What partners send; visits are the practice's own."""


@dataclass(frozen=True, slots=True)
class Collected:
    """One file that was taken in by hand: how many items it has, how many changed something, how many findings."""

    interchange_id: bytes
    kind: str
    items: int
    applied: int
    findings: int


def collect(
    units: Units,
    parts: Parts,
    actor: Actor,
    *,
    request: Request | None = None,
    wanted: Collection[Import] = COLLECTED,
) -> list[Collected]:
    """Take in and read now whatever wanted files wait whole in the folders of the actor's practice.

    Left where it is: what the actor may not read in, what ends as no interchange ends, and every file of a folder that
    partners of two practices name.
    """
    mine = [one for one in wanted if all(policy.decide(actor, each).allowed for each in one.permissions)]
    shared = shared_folders(_folders(units))
    with units.read(actor, mine[0].permissions[0] if mine else "remittance:import", request=request) as uow:
        folders = sorted(set(verdicts.folders(uow)) - shared)
    done: list[Collected] = []

    def take(folder: str, name: str) -> bool:
        body = parts.exchange.take(folder, name)
        one = import_in(body, mine)
        if one is None:
            return False
        taken = reading.take_in(units, actor, name, body, request=request, found=one, at_once=False)
        one.read_in(units, actor, request, taken.interchange_id)
        _away(parts, folder, name, body)
        with units.read(actor, one.permissions[0], request=request) as uow:
            row = uow.get(InterchangeRow, taken.interchange_id)
            applied = row.applied if taken.new else 0
            done.append(Collected(row.id, row.kind, row.items, applied, row.finding_count))
        return True

    for folder in folders:
        _each(folder, _names(parts, folder), take, _told)
    return done


def _names(parts: Parts, folder: str) -> Sequence[str]:
    try:
        return parts.exchange.names(folder)
    except (OSError, ValueError) as error:
        _LOG.error("a partner's folder cannot be read", extra={"error": type(error).__name__})
        return ()


def _each(
    folder: str,
    names: Sequence[str],
    take: Callable[[str, str], bool],
    leave: Callable[[str, str], None],
) -> int:
    """Take files one after the other, so that a bad one stops no other; returns how many were taken."""
    taken = 0
    for name in names:
        try:
            taken += take(folder, name)
        except FileNotFoundError:  # a worker was faster
            continue
        except (Refused, ValueError):  # ValueError: not even its name can be written down
            leave(folder, name)
        except TradeError:  # somebody else was at the same: the next look
            continue
        except Exception as error:  # noqa: BLE001 - whatever one file does, the others are taken in; it comes again
            _LOG.error("a file in a partner's folder was not taken in", extra={"error": type(error).__name__})
    return taken


def _told(_folder: str, _name: str) -> None:
    _LOG.warning("a file in a partner's folder is left for a person")


def _away(parts: Parts, folder: str, name: str, body: bytes) -> None:
    """Put a file away that was stored; one that took its place meanwhile is not put away unread."""
    if parts.exchange.take(folder, name) == body:
        parts.exchange.done(folder, name)


def import_in(body: bytes, wanted: Collection[Import]) -> Import | None:
    """The import of a file that lies there whole, if it is one of the wanted; raises Refused for several at once."""
    found = interchanges.kinds_of(body) if interchanges.ends(body) else frozenset()
    one = next((one for one in wanted if one.kinds & found), None)
    if one is not None:
        interchanges.refuse_others(found, one.kinds)
    return one


def shared_folders(each: Collection[tuple[Actor, str]]) -> frozenset[str]:
    """Folders that partners of two practices name: whose a file there is, a person must say."""
    met = Counter(folder for _, folder in each)
    return frozenset(folder for folder, times in met.items() if times > 1)


def _folders(units: Units) -> list[tuple[Actor, str]]:
    """Every folder that a practice's partners name, once for each practice, with who acts there."""
    with units.read(system(_JOB), "practice:edit", defer=True) as uow:
        actors = [system(_JOB, practice_id=id_) for id_, _, _ in practices.practice_codes(uow)]
    each = []
    for actor in actors:
        with units.read(actor, "claim:acknowledge", defer=True) as uow:
            each += [(actor, folder) for folder in sorted(set(verdicts.folders(uow)))]
    return each


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it lay there at the last look; `left` for a person, until its bytes change."""

    digest: bytes
    left: bool = False


@dataclass(slots=True)
class Collector:
    """Looks into the folders of all partners of all practices, again and again.

    A file is taken when two looks in a row found the same bytes and it ends as an interchange ends: what is still being
    written is left.
    """

    _seen: dict[tuple[str, str], _Look] = field(default_factory=dict)
    _shared: frozenset[str] = frozenset()

    def look(self, units: Units, parts: Parts) -> int:
        """Store what is whole and ask for its reading, one file after the other, so that a bad one stops no other.

        Returns how many were taken in. Nothing is taken from a folder of two practices.
        """
        each = _folders(units)
        shared = shared_folders(each)
        if shared - self._shared:
            _LOG.error("partners of two practices name the same folder: nothing is taken from it")
        self._shared = shared
        return sum(self._collect(units, parts, actor, folder) for actor, folder in each if folder not in shared)

    def _collect(self, units: Units, parts: Parts, actor: Actor, folder: str) -> int:
        names = _names(parts, folder)
        for key in [key for key in self._seen if key[0] == folder and key[1] not in names]:
            del self._seen[key]
        return _each(folder, names, partial(self._take, units, parts, actor), self._leave)

    def _take(self, units: Units, parts: Parts, actor: Actor, folder: str, name: str) -> bool:
        body = parts.exchange.take(folder, name)
        now, before = _Look(hashlib.sha256(body).digest()), self._seen.get((folder, name))
        if before is None or before.digest != now.digest:
            self._seen[folder, name] = now
            return False
        if before.left:
            return False
        one = import_in(body, COLLECTED)
        if one is None:
            self._leave(folder, name)
            return False
        reading.take_in(units, actor, name, body, found=one)
        del self._seen[folder, name]  # the next of that name is another file
        _away(parts, folder, name, body)
        return True

    def _leave(self, folder: str, name: str) -> None:
        """Leave a file for a person."""
        before = self._seen.get((folder, name), _Look(b""))
        if not before.left:
            _told(folder, name)
        self._seen[folder, name] = replace(before, left=True)
