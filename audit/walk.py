"""The walk of the verifier over a log, event by event: numbers, bytes, times, signed roots, purges, row digests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit.canonical import instant
from audit.event import SIGNING_KEY, SUBTYPE_PURGE, parse
from audit.tree import HASH_BYTES, Frontier, leaf

MINIMUM_YEARS: Final = 6  # 45 CFR 164.316(b)(2)(i): no body may go sooner
PURGED_TYPE: Final = "audit_event"  # a purge event has an object of this type for each range, its id "first-last"
MOST_PROBLEMS: Final = 100

_RANGE: Final = re.compile(r"(0|[1-9][0-9]*)-(0|[1-9][0-9]*)")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """A break: what kind, in words, and the first event it touches (None: no event of the log itself)."""

    code: str
    text: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class _Purge:
    """What a purge event says: that these bodies went, and when."""

    seq: int
    recorded: str
    first: int
    last: int


class Walk:
    """Takes events in the order of the table and gathers problems; afterwards holds what the log came to.

    `roots` are the signed roots by size; `ages` are (size, time) pairs known from outside the log: at that time the
    log had that size. With `track` the last digest of every row is kept, as (table code, hex id) to (digest, seq),
    the digest None after a deletion.
    """

    def __init__(
        self, roots: Mapping[int, bytes], ages: Iterable[tuple[int, str]] = (), *, track: bool = False
    ) -> None:
        self.problems: list[Problem] = []
        self.size = 0
        self.frontier: Frontier | None = Frontier()  # None after a gap: nothing can be compared with roots any more
        self.last_recorded = ""
        self.rows: dict[tuple[int, str], tuple[str | None, int]] = {}
        self.purged = False
        self.announced: dict[str, int] = {}
        """Signing keys that the log itself names, in hex, and the first event that does."""
        self._roots, self._ages, self._track = roots, list(ages), track
        self._good_size = 0
        self._missing: list[list[int]] = []
        self._next: dict[int, tuple[int, str]] = {}  # first missing seq of a range -> the event after it, its time
        self._purges: list[_Purge] = []
        self._check_root()

    def bad(self, code: str, text: str, seq: int | None = None) -> None:
        """Note a problem; after a hundred only that there are more matters, and it is noted no longer."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, text, seq))

    def add(self, seq: int, body: object, leaf_hash: object) -> None:
        """The next event of the table; body and leaf hash are bytes, or whatever somebody put there instead."""
        if seq != self.size:
            missing = f"event {self.size} is missing" if seq > self.size else f"event {seq} stands out of order"
            self.bad("gap", missing, min(seq, self.size))
            self.frontier = None
        self.size = max(self.size, seq + 1)
        if body is None:
            self._leave_out(seq)
        elif not isinstance(body, bytes) or leaf(body) != leaf_hash:
            self.bad("leaf", f"event {seq} was changed: its bytes do not have its leaf hash", seq)
        else:
            self._read(seq, body)
        if self.frontier is not None:
            if isinstance(leaf_hash, bytes) and len(leaf_hash) == HASH_BYTES:
                self.frontier.append(leaf_hash)
                self._check_root()
            else:
                self.bad("leaf", f"event {seq} has no leaf hash", seq)
                self.frontier = None

    def finish(self) -> None:
        """After the last event: what is missing must have been purged, and rightly."""
        for first, last in self._missing:
            self._check_purged(first, last)

    def _leave_out(self, seq: int) -> None:
        if self._missing and self._missing[-1][1] == seq - 1:
            self._missing[-1][1] = seq
        else:
            self._missing.append([seq, seq])

    def _read(self, seq: int, body: bytes) -> None:
        try:
            said = parse(body)
            recorded = said["recorded"]
            if said["seq"] != seq:
                self.bad("number", f"event {seq} says that it is event {said['seq']}", seq)
            if _INSTANT.fullmatch(recorded) is None or recorded < self.last_recorded:
                self.bad("time", f"event {seq} was recorded before the one ahead of it", seq)
            self._keep(seq, said)
        except (ValueError, KeyError, TypeError, RecursionError):
            self.bad("body", f"event {seq} is not an audit event", seq)
            return
        self.last_recorded = max(self.last_recorded, recorded)
        if self._missing:
            self._next.setdefault(self._missing[-1][0], (seq, recorded))

    def _keep(self, seq: int, said: Mapping[str, Any]) -> None:
        """Row digests, and what purge events name."""
        objects = said.get("objects", ())
        if said["subtype"] == SUBTYPE_PURGE and said["action"] == "D" and said["outcome"] == 0:
            ranges = (_RANGE.fullmatch(each["id"]) for each in objects if each["type"] == PURGED_TYPE)
            self._purges += [_Purge(seq, said["recorded"], int(each[1]), int(each[2])) for each in ranges if each]
        for each in objects:
            if each["type"] == SIGNING_KEY and said["type"] == "key" and said["outcome"] == 0:
                self.announced.setdefault(each["id"], seq)
        if self._track:
            for each in objects:
                if type(each["type"]) is int and ("after" in each or "before" in each):
                    self.rows[each["type"], each["id"]] = (each.get("after"), seq)

    def _check_root(self) -> None:
        """Compare with the signed root of this size; the first that differs is told, later ones must differ too.

        The break lies between the last size that fitted and this one: at an event already known to be bad, else all
        of them are in question and the first is named.
        """
        if self.frontier is None or self.size not in self._roots:
            return
        if self.frontier.root() == self._roots[self.size]:
            self._good_size = self.size
            return
        span = range(self._good_size, self.size)
        known = [each.seq for each in self.problems if each.seq is not None and each.seq in span]
        seq = min(known, default=self._good_size)
        text = (
            f"of events {span[0]} to {span[-1]} some were changed" if span else "the empty log is not what was signed"
        )
        self.bad("root", f"{text}: the first {self.size} do not have the signed root", seq)
        self._roots = {}

    def _check_purged(self, first: int, last: int) -> None:
        """Every missing body must lie in a range that a purge event named when it was old enough."""
        self.purged = True
        after = self._shown(*self._next[first]) if first in self._next else None
        at = first
        while at <= last:
            covering = [each for each in self._purges if each.first <= at <= each.last]
            if not covering:
                self.bad("purge", f"the body of event {at} is missing and no purge names it", at)
                return
            rightly = [each for each in covering if self._old_enough(each, min(each.last, last), after)]
            if not rightly:
                self.bad("purge", f"the body of event {at} went before its time, or nothing shows its age", at)
                return
            at = max(each.last for each in rightly) + 1

    def _old_enough(self, purge: _Purge, last: int, after: str | None) -> bool:
        """Whether something not purged shows the event to have been old: a later event, or an anchor that held it.

        The purge is no later than the first anchor that held it, whatever time it states.
        """
        witnesses = [at for size, at in self._ages if size > last]
        known = min([*witnesses, after] if after is not None else witnesses, default=None)
        purged = min([purge.recorded, *(at for size, at in self._ages if size > purge.seq)])
        return known is not None and known <= _years_before(purged)

    def _shown(self, seq: int, recorded: str) -> str:
        """The time of an event, no earlier than the last anchor that did not hold it yet, whatever time it states."""
        return max([recorded, *(at for size, at in self._ages if size <= seq)])


def _years_before(recorded: str) -> str:
    moment = datetime.fromisoformat(recorded)
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return instant(moment.replace(year=moment.year - MINIMUM_YEARS, day=day))
