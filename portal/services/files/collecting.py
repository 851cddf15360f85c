"""What partners put into their folders or onto their servers is taken in: by the worker when it lies there whole, or at
once when asked for.

What is no answer of a partner is left for an hour, then kept sealed for a person.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from portal.access import policy
from portal.access.actors import Actor, system
from portal.domain.errors import Refused, TradeError
from portal.domain.texts import T_, Text
from portal.domain.transport import TransportFault
from portal.models.interchanges import InterchangeRow
from portal.services import interchanges, practices, transport
from portal.services.files import reading
from portal.services.files.reading import IMPORTS, VISITS
from portal.services.files.splitting import Import, Piece
from portal.services.parts import Exchange, Parts
from portal.services.transport import Route
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units

_LOG = logging.getLogger("candor.jobs")
_JOB = "file.collect"
_READS = "claim:acknowledge"
COLLECTED = tuple(one for one in IMPORTS if one is not VISITS)
"""What partners send; visits are the practice's own."""
_NO_NAME = T_("Its name cannot be used.")
LOOK_SECONDS = 120.0
"""So long a look at one partner lasts: the rest waits for the next, and the connection is never used for too long."""
_OF_ONE_FILE = frozenset({"folder", "refused"})
_NOT_AWAY = "not-put-away"
LEFT_FOR = timedelta(hours=1)
"""So long a file that no import takes, or that does not end, is left where it lies: its writing may go on."""


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
    """Take in and read now whatever wanted files wait whole with the partners of the actor's practice.

    Left where it is: what the actor may not read in, what ends as no interchange ends, and every file of a folder that
    partners of two practices name.
    """
    mine = [one for one in wanted if all(policy.decide(actor, each).allowed for each in one.permissions)]
    shared = shared_folders(_routes(units))
    permission = mine[0].permissions[0] if mine else "remittance:import"
    with units.read(actor, permission, request=request) as uow:
        routes = [route for route in transport.routes(uow) if _inbox(route) not in shared]
    done: list[Collected] = []

    def take(exchange: Exchange, folder: str, name: str) -> bool:
        body = exchange.take(folder, name)
        pieces = whole(body, mine)
        if not pieces:
            return False
        taken = reading.take_in(units, actor, _shown(name), body, request=request, found=pieces, at_once=False)
        for id_ in taken.parts or (taken.interchange_id,):
            with units.read(actor, permission, request=request) as uow:
                row = uow.get(InterchangeRow, id_)
                kind = row.kind if row.state == "RECEIVED" else None  # what it is stored as says who reads it
            one = next((one for one in mine if one.kind == kind), None)
            if one is not None:
                one.read_in(units, actor, request, id_)
            with units.read(actor, permission, request=request) as uow:
                row = uow.get(InterchangeRow, id_)
                applied = row.applied if taken.new else 0
                done.append(Collected(row.id, row.kind, row.items, applied, row.finding_count))
        _away(exchange, folder, name, body)
        return True

    for route in routes:
        _visit(units, parts, actor, permission, route, partial(_each, take=take, leave=_told))
    return done


def _visit(
    units: Units, parts: Parts, actor: Actor, permission: str, route: Route,
    act: Callable[[Exchange, str, Sequence[str]], int],
) -> int:  # fmt: skip
    """Reach one partner and do something with the files that wait there; a failure is counted and stops no other."""
    try:
        with transport.reach(parts, route) as exchange:
            done = act(exchange, route.folder, exchange.names(route.folder))
    except (OSError, ValueError, TransportFault) as error:
        _LOG.error("a partner was not reached", extra={"error": type(error).__name__})
        fault = transport.fault_of(error, route)
        with units.write(actor, permission) as uow:
            transport.failed(uow, route, fault)
        return 0
    if route.failing:
        with units.write(actor, permission) as uow:
            transport.worked(uow, route)
    return done


def _each(
    exchange: Exchange,
    folder: str,
    names: Sequence[str],
    *,
    take: Callable[[Exchange, str, str], bool],
    leave: Callable[[str, str, Exception], None],
) -> int:
    """Take files one after the other, so that a bad one stops no other; returns how many were taken.

    What a disk or a server does not let us do with one file is a matter of that file. After some time the rest is for
    the next look.
    """
    taken, until = 0, time.monotonic() + LOOK_SECONDS
    for at, name in enumerate(names):
        if at and time.monotonic() > until:
            break
        try:
            taken += take(exchange, folder, name)
        except FileNotFoundError:  # a worker was faster
            continue
        except TransportFault as fault:
            if fault.code not in _OF_ONE_FILE:  # the way there broke, for all that follow
                raise
            leave(folder, name, fault)
        except (Refused, ValueError, OSError) as error:  # ValueError: its name may lead elsewhere
            leave(folder, name, error)
        except TradeError:  # somebody else was at the same: the next look
            continue
        except Exception as error:  # noqa: BLE001 - whatever one file does, the others are taken in; it comes again
            _LOG.error("a file in a partner's folder was not taken in", extra={"error": type(error).__name__})
    return taken


def _why(error: Exception) -> Text:
    """Why a file is left where it lies, in words for a person."""
    if isinstance(error, (Refused, TransportFault)):
        return error.text
    if isinstance(error, OSError):
        return T_("It cannot be opened ({error}).", error=type(error).__name__)
    return _NO_NAME


def _shown(name: str) -> str:
    """A name as it can be written down: bytes of it that are no UTF-8 are escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _told(*_: object) -> None:
    _LOG.warning("a file in a partner's folder is left for a person")


def _away(exchange: Exchange, folder: str, name: str, body: bytes) -> None:
    """Put a file away that was stored; one that took its place meanwhile is not put away unread.

    Raises Refused `not-put-away` where disk or server do not let us: it comes again, and makes nothing twice.
    """
    if exchange.take(folder, name) != body:
        return
    try:
        exchange.done(folder, name)
    except FileNotFoundError:
        raise
    except (OSError, TransportFault) as error:
        if isinstance(error, TransportFault) and error.code not in _OF_ONE_FILE:
            raise
        what = error.text if isinstance(error, TransportFault) else type(error).__name__
        text = T_("It was taken in, and cannot be put away where it lies: {what}", what=what)
        raise Refused(text, code=_NOT_AWAY) from None


def whole(body: bytes, wanted: Collection[Import]) -> tuple[Piece, ...]:
    """The pieces of a file that lies there whole, if all of it is wanted, or known and not read yet; else none."""
    if not interchanges.ends(body):
        return ()
    pieces = reading.sort(body)
    kinds = {one.kind for one in wanted}
    mine = all(piece.kind in (kinds if piece.import_ else interchanges.READ_IN) for piece in pieces)
    return pieces if mine else ()


def shared_folders(each: Collection[tuple[Actor, Route]]) -> frozenset[tuple[str, ...]]:
    """Folders, here or on a server, that partners of two practices name: whose a file there is, a person must say."""
    times = Counter(inbox for inbox, _ in {(_inbox(route), actor.practice_id) for actor, route in each})
    return frozenset(inbox for inbox, count in times.items() if count > 1)


def _inbox(route: Route) -> tuple[str, ...]:
    """Where a partner's files lie: its folder, or whose account on which server and which folder there."""
    one = route.server
    return (route.folder,) if one is None else (one.host.lower(), str(one.port), one.user, one.inbox)


def _routes(units: Units) -> list[tuple[Actor, Route]]:
    """Every way to a partner, a folder once for each practice, with who acts there."""
    with units.read(system(_JOB), "practice:edit", defer=True) as uow:
        actors = [system(_JOB, practice_id=id_) for id_, _, _ in practices.practice_codes(uow)]
    each = []
    for actor in actors:
        with units.read(actor, _READS, defer=True) as uow:
            each += [(actor, route) for route in {route.key: route for route in transport.routes(uow)}.values()]
    return each


@dataclass(frozen=True, slots=True)
class _Look:
    """A file as it lay there at the last look, and since when; `left` for a person, until its bytes change."""

    digest: bytes
    since: datetime
    left: bool = False
    stamp: tuple[int, int] = (-1, -1)
    """Size and time of its last change when it was read."""
    read_at: datetime | None = None
    refused: Text | None = None
    """Why it cannot be taken in, ever."""

    def stands(self, stamp: tuple[int, int], now: datetime) -> bool:
        """Whether it need not be read again: it waits for a person, nothing about it moved, and it was read lately.

        Once an hour it is read all the same: a clock of a server may not tell that its bytes are others.
        """
        unmoved = self.stamp == stamp and self.read_at is not None and now - self.read_at < LEFT_FOR
        return unmoved and (self.refused is not None or (self.left and now - self.since < LEFT_FOR))


_Place = tuple[tuple[bytes, str], str]


@dataclass(slots=True)
class Collector:
    """Looks into the folders and onto the servers of all partners of all practices, again and again.

    A file is taken when two looks in a row found the same bytes and it ends as an interchange ends: what is still being
    written is left. What no import takes, or does not end, is set aside for a person after an hour. What is too large
    to be taken stays where it is, and a person is told.
    """

    _seen: dict[_Place, _Look] = field(default_factory=dict)
    _shared: frozenset[tuple[str, ...]] = frozenset()

    def look(self, units: Units, parts: Parts) -> int:
        """Store what is whole and ask for its reading, one file after the other, so that a bad one stops no other.

        Returns how many were taken in. Nothing is taken from a folder of two practices; a partner that failed lately
        is left to rest.
        """
        each = _routes(units)
        shared = shared_folders(each)
        if shared - self._shared:
            _LOG.error("partners of two practices name the same folder: nothing is taken from it")
        self._shared = shared
        now = parts.clock.now()
        return sum(
            _visit(units, parts, actor, _READS, route, partial(self._collect, units, actor, route, now))
            for actor, route in each
            if not route.rests(now) and _inbox(route) not in shared
        )

    def _collect(
        self, units: Units, actor: Actor, route: Route, now: datetime, exchange: Exchange, folder: str,
        names: Sequence[str],
    ) -> int:  # fmt: skip
        there = frozenset(names)
        for key in [key for key in self._seen if key[0] == route.key and key[1] not in there]:
            del self._seen[key]
        left: list[Text] = []

        def leave(_folder: str, name: str, error: Exception) -> None:
            before = self._seen.get((route.key, name))
            if before is not None and isinstance(error, Refused) and error.code != _NOT_AWAY:
                self._seen[route.key, name] = replace(before, refused=error.text)
            left.append(_why(error))

        taken = _each(exchange, folder, names, take=partial(self._take, units, actor, route, now), leave=leave)
        if bool(left) != route.held:
            with units.write(actor, _READS) as uow:
                if left:
                    _told()
                    transport.left(uow, route, left[0])
                else:
                    transport.cleared(uow, route)
        return taken

    def _take(
        self, units: Units, actor: Actor, route: Route, now: datetime, exchange: Exchange, folder: str, name: str
    ) -> bool:
        place, stamp = (route.key, name), exchange.stamp(folder, name)
        before = self._seen.get(place)
        if before is not None and before.stands(stamp, now):
            if before.refused is not None:
                raise Refused(before.refused, code="left")
            return False
        body = exchange.take(folder, name)
        digest = hashlib.sha256(body).digest()
        if before is None or before.digest != digest:
            self._seen[place] = _Look(digest, now, stamp=stamp, read_at=now)
            interchanges.check_size(body)
            return False
        before = self._seen[place] = replace(before, stamp=stamp, read_at=now)
        if before.refused is not None:
            raise Refused(before.refused, code="left")
        pieces = () if before.left else whole(body, COLLECTED)
        if pieces:
            reading.take_in(units, actor, _shown(name), body, found=pieces, partner_id=route.partner_id)
        elif now - before.since >= LEFT_FOR:
            reading.set_aside(units, actor, _shown(name), body, partner_id=route.partner_id)
        else:
            self._leave(route, folder, name)
            return False
        _away(exchange, folder, name, body)
        del self._seen[place]  # the next of that name is another file
        return True

    def _leave(self, route: Route, folder: str, name: str) -> None:
        """Leave a file for a person."""
        place = (route.key, name)
        before = self._seen.get(place)
        if before is not None and not before.left:
            _told(folder, name)
            self._seen[place] = replace(before, left=True)
