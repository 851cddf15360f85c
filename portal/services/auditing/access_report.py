"""The report a patient may have of who looked: by day and person, and as a file that proves its lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from audit import log, report
from audit.canonical import canonical
from audit.event import parse
from audit.search import read
from audit.table import audit_checkpoint, audit_event, audit_purge
from audit.tree import Tree
from portal.domain import dates
from portal.domain.errors import Refused
from portal.domain.tables import Cell, write_csv
from portal.domain.texts import T_, Text
from portal.services.auditing import looks, names
from portal.services.unit_of_work.work import UnitOfWork

PAGE: Final = 300
"""Events that one page tells, in whole days where it can."""
MOST: Final = 20_000
"""Events of one file; more are taken in several, by time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; days are the practice's, both included. `machines`: also our computers and one's own looks."""

    since: date | None = None
    until: date | None = None
    machines: bool = False
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What one person did with one thing for one purpose on a day: as a sentence, with the times, the oldest first."""

    text: Text
    at: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the practice, the newest act first."""

    day: date
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A page of days; `older` is where the next begins; `removed_before`: older entries were let go by that day."""

    days: tuple[Day, ...]
    wanted: Wanted
    older: int | None
    removed_before: date | None


@dataclass(frozen=True, slots=True)
class Download:
    """A ZIP file, with how many lines it has."""

    name: str
    body: bytes
    lines: int


Said = Mapping[str, Any]


def report_of(uow: UnitOfWork, patient_id: bytes, wanted: Wanted, time_zone: str) -> Report:
    """A page of who looked at a patient's own record; raises NotFound out of reach."""
    looks.mine(uow, patient_id)
    found = list(islice(looks.once(_events(uow, patient_id, wanted, time_zone)), PAGE + 1))
    shown = found[:PAGE]
    if len(found) > PAGE:
        last = _day(shown[-1], time_zone)
        shown = [each for each in shown if _day(each, time_zone) != last] or shown
    people = names.of_people(uow, {each["actor"] for each in shown})
    days = _days(shown, people, uow.actor.identity, time_zone)
    older = shown[-1]["seq"] if len(found) > len(shown) else None
    return Report(days, wanted, older, _removed_before(uow, time_zone))


def download(
    uow: UnitOfWork, patient_id: bytes, wanted: Wanted, time_zone: str, say: Callable[[Text | str], str],
    beside: Mapping[str, bytes],
) -> Download:  # fmt: skip
    """The file for `audit check-report`: table and proof, and `beside` them what explains them.

    `say` makes words of the reader's language. Open the unit of work as kind "export". Raises Refused while nothing is
    signed, or for more than MOST; events that are newer than the newest signed head stand without proof.
    """
    looks.mine(uow, patient_id)
    found = list(islice(_events(uow, patient_id, wanted, time_zone), MOST + 1))
    if len(found) > MOST:
        raise Refused(T_("More than {n} entries fit. Take a shorter time.", n=MOST), code="too-many")
    columns = audit_checkpoint.c
    newest = select(columns.size, columns.note, columns.cosignatures).order_by(columns.size.desc()).limit(1)
    head = uow.log().execute(newest).one_or_none()
    if head is None:
        raise Refused(T_("The list is not signed yet. Try again in a few seconds."), code="not-signed")
    people = names.of_people(uow, {each["actor"] for each in found})
    header = [*report.FACTS, *map(say, (T_("Who"), T_("As what"), T_("What"), T_("What for")))]
    table = write_csv(header, (_line(each, people, uow.actor.identity, say) for each in found)).encode()
    body = report.write(
        patient_id.hex(), head.note + (head.cosignatures or ""), _entries(uow, found, head.size, patient_id), table,
        removed_below=_removed_below(uow), now=uow.now, beside=beside,
    )  # fmt: skip
    uow.trail.count, uow.trail.digest = len(found), hashlib.sha256(body).digest()
    day = dates.today(uow.now, time_zone)
    return Download(f"who-looked-{day.isoformat()}.zip", body, len(found))


def _events(uow: UnitOfWork, patient_id: bytes, wanted: Wanted, time_zone: str) -> Iterator[Said]:
    zone = ZoneInfo(time_zone)
    found = log.search(
        uow.log(),
        subject=patient_id,
        outcome=0,
        since=datetime.combine(wanted.since, time(), zone) if wanted.since else None,
        until=datetime.combine(wanted.until + timedelta(days=1), time(), zone) if wanted.until else None,
        before_seq=wanted.before,
    )
    return (each for each in found if wanted.machines or _somebody(each, uow.actor.identity))


def _somebody(said: Said, own: str) -> bool:
    return len(said["actor"]) == 32 and said["actor"] != own


def _day(said: Said, time_zone: str) -> date:
    return dates.today(datetime.fromisoformat(said["recorded"]), time_zone)


@dataclass(slots=True)
class _Tally:
    said: Said
    at: list[datetime] = field(default_factory=list)


def _days(shown: Sequence[Said], people: Mapping[str, Text | str], own: str, time_zone: str) -> tuple[Day, ...]:
    days: dict[date, dict[tuple[object, ...], _Tally]] = {}
    for said in shown:
        key = (
            said["actor"], said.get("actor_role"), looks.thing(said).message, looks.changes(said), said.get("purpose")
        )  # fmt: skip
        tally = days.setdefault(_day(said, time_zone), {}).setdefault(key, _Tally(said))
        tally.at.insert(0, datetime.fromisoformat(said["recorded"]))
    return tuple(
        Day(day, tuple(Act(_sentence(each, people, own), tuple(each.at)) for each in acts.values()))
        for day, acts in days.items()
    )


def _sentence(tally: _Tally, people: Mapping[str, Text | str], own: str) -> Text:
    said, n = tally.said, len(tally.at)
    what, why, changed = looks.thing(said), looks.why(said), looks.changes(said)
    if said["actor"] == own:
        if changed:
            return T_("You changed {what} once.", "You changed {what} {n} times.", what=what, n=n)
        return T_("You looked at {what} once.", "You looked at {what} {n} times.", what=what, n=n)
    if len(said["actor"]) != 32:
        if changed:
            return T_(
                "Our computer wrote {what} once, {why}.", "Our computer wrote {what} {n} times, {why}.",
                what=what, why=why, n=n,
            )  # fmt: skip
        return T_(
            "Our computer read {what} once, {why}.", "Our computer read {what} {n} times, {why}.",
            what=what, why=why, n=n,
        )  # fmt: skip
    who, role = people[said["actor"]], looks.role(said)
    if changed:
        return T_(
            "{who}, {role}, changed {what} once, {why}.", "{who}, {role}, changed {what} {n} times, {why}.",
            who=who, role=role, what=what, why=why, n=n,
        )  # fmt: skip
    return T_(
        "{who}, {role}, looked at {what} once, {why}.", "{who}, {role}, looked at {what} {n} times, {why}.",
        who=who, role=role, what=what, why=why, n=n,
    )  # fmt: skip


def _line(said: Said, people: Mapping[str, Text | str], own: str, say: Callable[[Text | str], str]) -> list[Cell]:
    """A line of the table: what the log can prove, and the words for it."""
    who: Text | str
    if said["actor"] == own:
        who, role = T_("You"), T_("your own record")
    elif len(said["actor"]) != 32:
        who, role = T_("Our computer"), T_("by itself")
    else:
        who, role = people[said["actor"]], looks.role(said)
    did = T_("changed {what}", what=looks.thing(said)) if looks.changes(said) else None
    did = did or T_("looked at {what}", what=looks.thing(said))
    return [*report.facts(said), say(who), say(role), say(did), say(looks.why(said))]


def _entries(uow: UnitOfWork, found: Sequence[Said], size: int, patient_id: bytes) -> Iterator[report.Entry]:
    """The proofs of events under a head; a body goes along only where it names nobody else."""
    leaves = [each.leaf for each in read(uow.log(), 0, size - 1)]
    tree = Tree(leaves)
    for said in found:
        seq = said["seq"]
        if seq < size:
            body = canonical(said) if report.tells_only(said, patient_id.hex()) else None  # as it is kept (event.parse)
            yield report.Entry(seq, leaves[seq], tree.inclusion(seq), body)


def _removed_below(uow: UnitOfWork) -> int:
    return int(uow.log().execute(select(func.coalesce(func.max(audit_purge.c.below), 0))).scalar_one())


def _removed_before(uow: UnitOfWork, time_zone: str) -> date | None:
    """The day of the first entry above those that were let go after their time (10 years, at least 6)."""
    below = _removed_below(uow)
    columns = audit_event.c
    first = select(columns.body).where(columns.seq >= below, columns.body.is_not(None)).order_by(columns.seq).limit(1)
    body = uow.log().execute(first).scalar_one_or_none() if below else None
    return None if body is None else _day(parse(body), time_zone)
