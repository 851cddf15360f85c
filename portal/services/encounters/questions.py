"""Questions to the practice about a bill or its coding: asked, answered or taken back; the visit waits meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.access.roles import CLINICIAN
from portal.domain import work
from portal.domain.bills import CHANNELS, MOST_LETTERS, TOPICS
from portal.domain.encounters import EncounterFacts
from portal.domain.errors import NotFound, Refused
from portal.domain.texts import T_, Text
from portal.models.bills import QuestionRow
from portal.models.encounters import EncounterRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.users import UserRow
from portal.services import queues
from portal.services.intake import showing, visits
from portal.services.intake.showing import Diagnosis, Visit
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

OPEN, ANSWERED, TAKEN_BACK = "OPEN", "ANSWERED", "TAKEN_BACK"
_WAITS = {"RECEIVED": "BILL_ASKED", "PROPOSED": "CODING_ASKED"}
"""Where a visit waits for its answer, and goes back to afterwards."""
_BACK = {waits: frm for frm, waits in _WAITS.items()}
_NOBODY_ASKS = T_("Nobody waits for an answer about this visit now.")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what became of it; `answer` is None as long as nobody answered."""

    version: int
    open: bool
    topic: Text
    words: str
    to: str
    by: str
    at: datetime
    answer: str | None
    channel: Text | None
    answered_by: str
    answered_at: datetime | None
    taken_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPage(Visit):
    """See `templates/staff/questions/show.html`."""

    note: str | None
    diagnoses: tuple[Diagnosis, ...]
    services: tuple[str, ...]
    asked: Asked | None
    earlier: tuple[Asked, ...]
    channels: tuple[tuple[str, Text], ...]
    may_answer: bool
    why_not: Text | None


def show(uow: UnitOfWork, encounter_id: bytes) -> QuestionPage:
    """Open a visit for whoever answers what was asked about it."""
    encounter = uow.get(EncounterRow, encounter_id)
    told = asked(uow, encounter)
    standing = next((each for each in told if each.open), None)
    why_not = _why_not(uow, encounter)
    mine = CLINICIAN in uow.actor.roles()
    return QuestionPage(
        **showing.visit_values(uow, encounter),
        note=uow.read(encounter, EncounterRow.note_sealed),
        diagnoses=showing.described(uow, encounter, showing.diagnoses_of(uow, encounter)),
        services=tuple(
            " ".join([charge.code, *charge.modifiers])
            for charge in showing.charges_of(uow, encounter)
            if charge.active
        ),
        asked=standing,
        earlier=tuple(each for each in told if not each.open),
        channels=tuple(pair for pair in CHANNELS.items() if (pair[0] == "self") is mine),
        may_answer=why_not is None,
        why_not=why_not,
    )  # fmt: skip


def asked(uow: UnitOfWork, encounter: EncounterRow) -> tuple[Asked, ...]:
    """Everything that was asked about a visit, the newest first."""
    rows = uow.entities(
        uow.select(QuestionRow)
        .where(QuestionRow.encounter_id == encounter.id)
        .order_by(QuestionRow.asked_at.desc(), QuestionRow.id)
    )
    return tuple(
        Asked(
            row.version, row.state == OPEN, TOPICS[row.topic], uow.read(row, QuestionRow.words_sealed), _to(uow, row),
            showing.colleague(uow, row.asked_by), row.asked_at, uow.read(row, QuestionRow.answer_sealed),
            CHANNELS[row.channel] if row.channel else None,
            showing.colleague(uow, row.answered_by) if row.answered_by else "", row.answered_at,
            row.state == TAKEN_BACK,
        )
        for row in rows
    )  # fmt: skip


def ask(uow: UnitOfWork, encounter: EncounterRow, topic: str, words: str) -> None:
    """Ask the practice about a visit, which waits from now on; raises Refused `question` for nothing to ask."""
    if topic not in TOPICS or not words.strip():
        raise Refused(T_("Say what the question is about, and write it down."), code="question")
    # Looked at first, so that a visit that is somewhere else by now refuses before anything is made of it.
    waits = _WAITS.get(encounter.state)
    if waits is None:
        raise Refused(T_("This visit is no longer where you saw it. Open it again."), code="settled")
    uow.new(
        QuestionRow, practice_id=encounter.practice_id, patient_id=encounter.patient_id, encounter_id=encounter.id,
        provider_id=encounter.provider_id, topic=topic, state=OPEN, words_sealed=_text(words, "question"),
        asked_by=uow.actor.identity, asked_at=uow.now,
    )  # fmt: skip
    uow.move(encounter, waits, EncounterFacts(uow.actor.user_id, question_open=True), reason=topic)
    visits.follow(uow, encounter, topic, TOPICS[topic])


def answer(uow: UnitOfWork, encounter_id: bytes, version: int, words: str, channel: str) -> None:
    """Answer what is asked about a visit, which goes back to whoever asked.

    `version` is the question's. Raises Refused `answer` for nothing said, `channel` where the office answers as if it
    were the clinician, `guard:answered-by-another` to the asker; Conflict for a question that was answered meanwhile.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    row = _standing(uow, encounter)
    if not words.strip():
        raise Refused(T_("Write the answer first."), code="answer")
    if channel not in CHANNELS or (channel == "self") is not (CLINICIAN in uow.actor.roles()):
        raise Refused(T_("Say how the clinician answered."), code="channel")
    uow.change(
        row, expected_version=version, state=ANSWERED, answer_sealed=_text(words, "answer"), channel=channel,
        answered_by=uow.actor.identity, answered_at=uow.now,
    )  # fmt: skip
    asker = bytes.fromhex(row.asked_by) if len(row.asked_by) == 32 else None
    asks_coder = encounter.state == "CODING_ASKED"
    facts = EncounterFacts(
        uow.actor.user_id, settled=True, asker=asker if asks_coder else None,
        solo_waiver=uow.waived("encounter:code", "question:answer"),
    )  # fmt: skip
    uow.move(encounter, _BACK[encounter.state], facts, reason="answered")
    visits.follow(uow, encounter, "answered", T_("The practice answered."))
    works_here = uow.select(UserRow.id).where(UserRow.id == asker, UserRow.state == "ACTIVE")
    if asker is None or uow.row(works_here) is None:
        return
    for item in queues.items_of(uow, encounter):
        uow.change(item, holder_id=asker)
        queues.tell(uow, item, work.GIVEN, holder_id=asker)


def take_back(uow: UnitOfWork, encounter_id: bytes, version: int, waits: str) -> None:
    """Take a question back that nobody needs to answer any more; `waits` is where the visit stands meanwhile."""
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.state != waits:
        raise Refused(_NOBODY_ASKS, code="settled")
    uow.change(
        _standing(uow, encounter), expected_version=version, state=TAKEN_BACK, answered_by=uow.actor.identity,
        answered_at=uow.now,
    )  # fmt: skip
    uow.move(encounter, _BACK[waits], EncounterFacts(uow.actor.user_id, settled=True), reason="taken-back")
    visits.follow(uow, encounter, "taken-back", T_("The question was taken back."))


def _standing(uow: UnitOfWork, encounter: EncounterRow) -> QuestionRow:
    if encounter.state not in _BACK:
        raise Refused(_NOBODY_ASKS, code="settled")
    row = uow.first(uow.select(QuestionRow).where(QuestionRow.encounter_id == encounter.id, QuestionRow.state == OPEN))
    if row is None:
        raise NotFound(ABSENT, code="not-found")
    return row


def _why_not(uow: UnitOfWork, encounter: EncounterRow) -> Text | None:
    if encounter.state not in _BACK:
        return _NOBODY_ASKS
    row = _standing(uow, encounter)
    own = row.asked_by == uow.actor.identity
    if encounter.state == "CODING_ASKED" and own and not uow.waived("encounter:code", "question:answer"):
        return T_("You asked this yourself. The clinician answers, or a colleague for the clinician.")
    return None


def _to(uow: UnitOfWork, row: QuestionRow) -> str:
    if row.provider_id is None:
        return str(uow.value(uow.select(PracticeRow.name).where(PracticeRow.id == row.practice_id)))
    names = (ProviderRow.first_name, ProviderRow.last_name)
    found = uow.row(uow.select(*names).where(ProviderRow.id == row.provider_id))
    return " ".join(filter(None, found)) if found else "-"


def _text(words: str, code: str) -> str:
    """The words as they are kept: whole, or turned down."""
    found = words.strip()
    if len(found) > MOST_LETTERS:
        raise Refused(T_("Write at most {n} letters. Nothing was kept.", n=MOST_LETTERS), code=code)
    return found
