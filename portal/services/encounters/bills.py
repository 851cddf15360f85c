"""Bills of the practice: verified by a checklist before coding, confirmed with the practice when in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.domain.bills import AGAIN, ANSWERS, CHECKLIST, DOUBT, SET_ASIDE, TOPICS, YES, in_order
from portal.domain.encounters import EncounterFacts
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.bills import BillCheckRow
from portal.models.encounters import EncounterRow
from portal.services import aside
from portal.services.encounters import questions
from portal.services.encounters.questions import Asked
from portal.services.intake import showing, visits
from portal.services.intake.showing import Diagnosis, Happened, Visit, VisitLine
from portal.services.unit_of_work.work import UnitOfWork

_NOT_NOW = T_("This bill is verified, or the visit came without one. There is nothing to do here now.")
_WAITS = T_("The practice was asked. The bill comes back with the answer.")


@dataclass(frozen=True, slots=True)
class Point:
    """One question of the checklist, with its newest answer; `chosen` is what the form shows as ticked."""

    point: str
    words: Text
    answer: Text | None
    by: str
    at: datetime | None
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPage(Visit):
    """See `templates/staff/bills/show.html`."""

    note: str | None
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[VisitLine, ...]
    points: tuple[Point, ...]
    answers: tuple[tuple[str, Text], ...]
    asked: tuple[Asked, ...]
    open_question: Asked | None
    topics: tuple[tuple[str, Text], ...]
    reasons: tuple[tuple[str, Text], ...]
    aside: Happened | None
    aside_words: Text | None
    may_verify: bool
    why_not: Text | None


def show(uow: UnitOfWork, encounter_id: bytes) -> BillPage:
    """Open the bill of a visit."""
    encounter = uow.get(EncounterRow, encounter_id)
    told = questions.asked(uow, encounter)
    ended = aside.of(uow, encounter)
    may = encounter.state == "RECEIVED"
    return BillPage(
        **showing.visit_values(uow, encounter),
        note=uow.read(encounter, EncounterRow.note_sealed),
        diagnoses=showing.described(uow, encounter, showing.diagnoses_of(uow, encounter)),
        lines=showing.lines_of(uow, encounter, showing.charges_of(uow, encounter)),
        points=_points(uow, encounter),
        answers=tuple(ANSWERS.items()),
        asked=tuple(each for each in told if not each.open),
        open_question=next((each for each in told if each.open), None) if encounter.state == "BILL_ASKED" else None,
        topics=tuple(TOPICS.items()),
        reasons=tuple(SET_ASIDE.items()),
        aside=ended.happened if ended else None,
        aside_words=ended.words if ended else None,
        may_verify=may,
        why_not=None if may or ended else _WAITS if encounter.state == "BILL_ASKED" else _NOT_NOW,
    )


def verify(uow: UnitOfWork, encounter_id: bytes, version: int, answers: Mapping[str, str]) -> None:
    """Keep the answers and hand the visit on to be coded; raises Refused `guard:in-order` unless all are yes."""
    encounter = _to_verify(uow, encounter_id, version)
    _keep(uow, encounter, answers)
    uow.move(encounter, "PROPOSED", EncounterFacts(uow.actor.user_id, in_order=in_order(answers)))
    visits.follow(uow, encounter, "verified", T_("The bill is verified; the provider's codes are a proposal."))


def ask(uow: UnitOfWork, encounter_id: bytes, version: int, answers: Mapping[str, str], topic: str, words: str) -> None:
    """Keep the answers and ask the practice; the bill waits and comes back with the answer. Raises Refused."""
    encounter = _to_verify(uow, encounter_id, version)
    if DOUBT not in answers.values():
        raise Refused(T_("Say above what is in doubt, then ask the practice about it."), code="doubt")
    _keep(uow, encounter, answers)
    questions.ask(uow, encounter, topic, words)


def set_aside(uow: UnitOfWork, encounter_id: bytes, version: int, reason: str, note: str) -> None:
    """Let a visit go no further: its services are kept and billed to nobody. Raises Refused `reason`."""
    aside.set_aside(uow, _to_verify(uow, encounter_id, version), reason, note)


def take_up(uow: UnitOfWork, encounter_id: bytes, version: int) -> None:
    """Verify a visit after all that was set aside: services and codes stand again as they stood then."""
    encounter = uow.get(EncounterRow, encounter_id)
    uow.change(encounter, expected_version=version)
    uow.move(encounter, "RECEIVED", EncounterFacts(uow.actor.user_id), reason=AGAIN)
    aside.take_up(uow, encounter)
    visits.follow(uow, encounter, AGAIN, T_("It was set aside and is taken up again."))


def _to_verify(uow: UnitOfWork, encounter_id: bytes, version: int) -> EncounterRow:
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.state != "RECEIVED":
        raise Refused(_NOT_NOW, code="settled")
    uow.change(encounter, expected_version=version)
    return encounter


def _keep(uow: UnitOfWork, encounter: EncounterRow, answers: Mapping[str, str]) -> None:
    for point in CHECKLIST:
        if answers.get(point) in ANSWERS:
            uow.new(
                BillCheckRow, practice_id=encounter.practice_id, patient_id=encounter.patient_id,
                encounter_id=encounter.id, encounter_version=encounter.version, point=point, answer=answers[point],
                actor=uow.actor.identity, at=uow.now,
            )  # fmt: skip


def _points(uow: UnitOfWork, encounter: EncounterRow) -> tuple[Point, ...]:
    """The checklist; what was in doubt is to be answered anew, and what was said with yes stays ticked."""
    row = BillCheckRow
    newest = {
        each.point: each
        for each in uow.rows(
            uow.select(row.point, row.answer, row.actor, row.at)
            .where(row.encounter_id == encounter.id)
            .order_by(row.at, row.encounter_version)
        )
    }
    found = []
    for point, words in CHECKLIST.items():
        one = newest.get(point)
        if one is None:
            found.append(Point(point, words, None, "", None, ""))
            continue
        chosen = YES if one.answer == YES else ""
        found.append(Point(point, words, ANSWERS[one.answer], showing.colleague(uow, one.actor), one.at, chosen))
    return tuple(found)
