"""Searching the log within an officer's practices, page by page; the search is itself told, its words sealed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from audit import log
from portal.access.reaches import PRACTICE
from portal.domain.texts import T_, Text
from portal.models.practices import PracticeRow
from portal.services.auditing import names, words
from portal.services.unit_of_work.work import UnitOfWork

PAGE = 50
COUNTED = 1000
"""How many of the entries that fit are counted; beyond, the page says "more"."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched for; None and "" do not matter. Days are the practice's, both included."""

    patient_id: bytes | None = None
    person: str = ""
    action: str = ""
    outcome: int | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as a sentence: who (a name, or words for the system), in which role, did what."""

    seq: int
    at: datetime
    person: Text | str
    person_id: str
    role: str
    text: Text
    outcome: int
    reason: Text | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, newest first; `count` goes up to COUNTED."""

    entries: tuple[Entry, ...]
    count: int
    patient_name: str | None
    newer: int | None
    older: int | None


def search(uow: UnitOfWork, wanted: Wanted) -> Found:
    """Up to 50 events that fit, as sentences; what was searched for goes sealed into the event of this search."""
    patient = _patient_name(uow, wanted.patient_id)
    page, newer = _page(uow, wanted)
    older = len(page) > PAGE
    page = page[:PAGE]
    shown = entries(uow, page)
    count = sum(1 for _ in islice(events(uow, wanted, everything=True), COUNTED))
    uow.searched(_asked(wanted), scanned=count, shown=len(shown))
    return Found(
        shown,
        count,
        patient,
        shown[0].seq if shown and newer else None,
        shown[-1].seq if older else None,
    )


def entries(uow: UnitOfWork, events: list[dict[str, Any]]) -> tuple[Entry, ...]:
    """Events as sentences; a patient is named where an event is about that one alone, and counts as shown."""
    people = names.of_people(uow, {said["actor"] for said in events})
    alone = {said["subjects"][0] for said in events if len(said.get("subjects", ())) == 1}
    patients = names.of_patients(uow, alone)
    return tuple(_entry(said, people, patients) for said in events)


def _entry(said: Mapping[str, Any], people: Mapping[str, Text | str], patients: Mapping[str, str]) -> Entry:
    failed = said["outcome"] != 0
    return Entry(
        said["seq"], datetime.fromisoformat(said["recorded"]), people[said["actor"]], said["actor"],
        said.get("actor_role", ""), words.phrase(said, patients), said["outcome"],
        words.reason(said.get("reason")) if failed else None,
    )  # fmt: skip


def events(uow: UnitOfWork, wanted: Wanted, *, everything: bool = False) -> Iterator[dict[str, Any]]:
    """Parsed events that fit, newest first, lazily; only those that touched a practice within reach."""
    zone = _zone(uow)
    return log.search(
        uow.log(),
        subject=wanted.patient_id,
        actor=wanted.person or None,
        action=wanted.action or None,
        outcome=wanted.outcome,
        since=_midnight(wanted.since, zone),
        until=_midnight(wanted.until + timedelta(days=1), zone) if wanted.until else None,
        practices=practices(uow),
        before_seq=None if everything else wanted.before,
    )


def practices(uow: UnitOfWork) -> frozenset[bytes] | None:
    """What bounds a reader of the log: the practices of the reach; None for the system over all."""
    return uow.reach.practices if uow.reach.kind == PRACTICE else None


def _page(uow: UnitOfWork, wanted: Wanted) -> tuple[list[dict[str, Any]], bool]:
    """One entry more than a page, newest first, and whether there are newer ones."""
    found = events(uow, wanted)
    if wanted.after is None:
        return list(islice(found, PAGE + 1)), wanted.before is not None
    # The page just above a number: walk down from the newest and keep the last so many before it is passed.
    window: deque[dict[str, Any]] = deque(maxlen=PAGE)
    newer = False
    for said in found:
        if said["seq"] <= wanted.after:
            if newer or len(window) == PAGE:
                return [*window, said], newer
            return list(islice(events(uow, wanted), PAGE + 1)), False
        newer = newer or len(window) == PAGE
        window.append(said)
    return list(window), newer


def _patient_name(uow: UnitOfWork, patient_id: bytes | None) -> str | None:
    if patient_id is None:
        return None
    return names.of_patients(uow, [patient_id.hex()]).get(patient_id.hex(), "") or None


def _zone(uow: UnitOfWork) -> ZoneInfo:
    one = uow.practice_or_none()
    found = uow.value(select(PracticeRow.time_zone).where(PracticeRow.id == one)) if one else None
    return ZoneInfo(found or "UTC")


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone)


def _asked(wanted: Wanted) -> str:
    """The conditions as they are kept with the event, for whoever reviews the officer."""
    said = {
        "patient": wanted.patient_id.hex() if wanted.patient_id else "", "person": wanted.person,
        "action": wanted.action, "outcome": "" if wanted.outcome is None else str(wanted.outcome),
        "from": str(wanted.since or ""), "to": str(wanted.until or ""),
    }  # fmt: skip
    return "; ".join(f"{name} {value}" for name, value in said.items() if value)


def conditions(uow: UnitOfWork, wanted: Wanted) -> Text:
    """The conditions in words, for the page that asks before an export."""
    patient = _patient_name(uow, wanted.patient_id)
    people = names.of_people(uow, [wanted.person]) if wanted.person else {}
    whose = T_("about {patient}", patient=patient) if patient else T_("about everyone")
    by = T_("by {person}", person=people[wanted.person]) if wanted.person else T_("by everyone")
    since = T_("from {day}", day=wanted.since) if wanted.since else T_("from the beginning")
    until = T_("to {day}", day=wanted.until) if wanted.until else T_("to now")
    return T_("{whose}, {by}, {since} {until}", whose=whose, by=by, since=since, until=until)


def last_change(uow: UnitOfWork, table_code: int, row_id: bytes, patient_id: bytes) -> tuple[Text | str, datetime]:
    """Who changed a row about a patient last, and when; for the page on which two people meet."""
    wanted = {"type": table_code, "id": row_id.hex()}
    for said in events(uow, Wanted(patient_id=patient_id, outcome=0)):
        for each in said.get("objects", ()):
            if {"type": each["type"], "id": each["id"]} == wanted and "after" in each:
                people = names.of_people(uow, [said["actor"]])
                return people[said["actor"]], datetime.fromisoformat(said["recorded"])
    return T_("Somebody"), uow.now
