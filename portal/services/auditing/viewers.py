"""Everyone who saw a patient, by person: how often, when, what for, and what explains it (45 CFR 164.312(b))."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from portal.domain.errors import NotFound
from portal.domain.texts import T_, Text
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.queues import QueueItemRow, TransitionRow
from portal.services.auditing import names, words
from portal.services.auditing.searching import Wanted, events
from portal.services.unit_of_work.work import UnitOfWork

_ABSENT = T_("There is no such record, or it is not yours to see.")


@dataclass(frozen=True, slots=True)
class Viewer:
    """One person who saw the patient: how often, when, mostly for what, and what ties them to the patient."""

    person_id: str
    person: Text | str
    role: str
    times: int
    first_at: datetime
    last_at: datetime
    purpose: Text
    purposes: tuple[tuple[Text, int], ...]
    tie: Text | None
    """None where nothing explains the look: worth a question."""


@dataclass(frozen=True, slots=True)
class Viewers:
    """Everyone who saw one patient in a time, the latest first."""

    patient_name: str
    viewers: tuple[Viewer, ...]
    events: int


@dataclass(slots=True)
class _Tally:
    first: datetime
    last: datetime
    times: int = 0
    roles: Counter[str] = field(default_factory=Counter)
    purposes: Counter[str | None] = field(default_factory=Counter)


def viewers_of(uow: UnitOfWork, patient_id: bytes, since: date | None = None, until: date | None = None) -> Viewers:
    """Everyone whose event names the patient as shown, from all events within reach; refused tries do not count.

    Raises NotFound for a patient out of reach. The report itself is told as a look at this patient.
    """
    named = names.of_patients(uow, [patient_id.hex()])
    if not named:
        uow.trail.asked.add((PatientRow.table_code, patient_id))
        raise NotFound(_ABSENT, code="not-found")
    uow.note("audit_event", f"viewers:{patient_id.hex()}")
    tallies: dict[str, _Tally] = {}
    seen = 0
    for said in _looks(uow, patient_id, since, until):
        seen += 1
        at = datetime.fromisoformat(said["recorded"])
        tally = tallies.setdefault(said["actor"], _Tally(at, at))
        tally.first = at  # newest come first, so the last one met is the first look
        tally.times += 1
        tally.roles[said.get("actor_role", "")] += 1
        tally.purposes[said.get("purpose")] += 1
    people, ties = names.of_people(uow, tallies.keys()), _ties(uow, patient_id)
    return Viewers(
        next(iter(named.values())),
        tuple(_viewer(id_, people[id_], tally, ties.get(id_)) for id_, tally in tallies.items()),
        seen,
    )


def _viewer(id_: str, person: Text | str, tally: _Tally, tie: Text | None) -> Viewer:
    purposes = tuple((words.purpose(code), n) for code, n in tally.purposes.most_common())
    if tie is None and id_.startswith("system:"):
        tie = T_("A job of this system")
    role = tally.roles.most_common(1)[0][0]
    return Viewer(id_, person, role, tally.times, tally.first, tally.last, purposes[0][0], purposes, tie)


def _looks(uow: UnitOfWork, patient_id: bytes, since: date | None, until: date | None) -> Iterator[dict[str, Any]]:
    """Events that showed the patient, newest first."""
    return events(uow, Wanted(patient_id=patient_id, outcome=0, since=since, until=until))


def _ties(uow: UnitOfWork, patient_id: bytes) -> dict[str, Text]:
    """What connects people with a patient: their own record, work held, steps taken; by identity."""
    found: dict[str, Text] = {}
    steps = uow.rows(uow.select(TransitionRow.actor).where(TransitionRow.patient_id == patient_id).distinct())
    found |= {row.actor: T_("Took steps with this patient's visits, claims or bills") for row in steps}
    held = uow.rows(
        uow.select(QueueItemRow.holder_id).where(
            QueueItemRow.patient_id == patient_id, QueueItemRow.holder_id.is_not(None)
        )
    )
    found |= {row.holder_id.hex(): T_("Holds or held work about this patient") for row in held}
    links = uow.rows(
        uow.select(PatientLinkRow.user_id, PatientLinkRow.relation).where(PatientLinkRow.patient_id == patient_id)
    )
    own = {True: T_("Is this patient"), False: T_("Stands for this patient")}
    return found | {row.user_id.hex(): own[row.relation == "self"] for row in links}
