"""What patients do about help: begin, answer step by step, send papers, send it off, take it back, ask to look again.

A draft is kept after every step, so that an expired session or a dead battery loses one step at most.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta

from portal.domain.assistance.incomes import Household, dump, load, read_words
from portal.domain.assistance.life import DECIDED, OPEN, AssistanceFacts
from portal.domain.assistance.policy import Assistance
from portal.domain.dates import next_workday
from portal.domain.errors import Conflict, Refused
from portal.domain.queues import QUEUES, due_on
from portal.domain.texts import T_, Text, to_json
from portal.domain.typed import plain
from portal.models.assistance import AssistanceFileRow, AssistanceRow
from portal.models.patients import PatientRow
from portal.services import account_holds, documents, outbox, policies, queues
from portal.services.unit_of_work.work import UnitOfWork

HOLD = "FINANCIAL_ASSISTANCE_PENDING"
PAPER = "income-proof"
MOST_FILES = 20
_UNDER_WAY = ("DRAFT", *sorted(OPEN))
_CHANGED = T_("This was changed meanwhile, perhaps in another window. Look at it again; nothing of yours was lost.")
_SUBMITTED = T_("A patient asks for help with their bills")
_AGAIN = T_("The patient asks to look at the decision again")
_COMPLETED = T_("What was missing came in")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came with a form."""

    name: str
    body: bytes


def under_way(uow: UnitOfWork, patient_id: bytes) -> AssistanceRow | None:
    """The application that is not over, if there is one; there is one at most."""
    row = AssistanceRow
    return uow.first(uow.select(row).where(row.patient_id == patient_id, row.state.in_(_UNDER_WAY)))


def begin(uow: UnitOfWork, patient_id: bytes) -> AssistanceRow:
    """The draft of an application; where one is under way, that one. Raises Refused where no help is offered."""
    patient = uow.get(PatientRow, patient_id)
    standing = under_way(uow, patient_id)
    if standing is not None:
        return standing
    if not policies.current(uow, patient.practice_id, Assistance).offered:
        raise Refused(T_("This practice has no such program. Call us: we find a way to pay."), code="not-offered")
    row = uow.new(
        AssistanceRow, practice_id=patient.practice_id, patient_id=patient_id, state="DRAFT",
        household_sealed=dump(Household()), begun_by=uow.actor.identity, begun_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(row)
    return row


def household_of(uow: UnitOfWork, row: AssistanceRow) -> Household:
    """What was told of the household, opened."""
    return load(uow.read(row, AssistanceRow.household_sealed))


def tell(uow: UnitOfWork, assistance_id: bytes, household: Household, *, version: int) -> None:
    """Keep a step's answers. Raises Refused once it is sent, Conflict for an old page."""
    row = _standing(uow, assistance_id, version)
    _editable(row)
    if household != household_of(uow, row):
        uow.change(row, household_sealed=dump(household))


def attach(uow: UnitOfWork, assistance_id: bytes, file: Upload) -> None:
    """Keep a paper that came: checked by its bytes, sealed, drawn by a job. The same file twice is one.

    Raises Refused for what is no paper (`domain.documents.look`), for too many, and once the application is over.
    """
    row = uow.get(AssistanceRow, assistance_id)
    if row.state not in _UNDER_WAY:
        raise Refused(T_("This application is over. You can begin a new one."), code="over")
    paper = AssistanceFileRow
    content = hashlib.sha256(row.patient_id + row.id + file.body).digest()
    if uow.count(uow.select(paper.id).where(paper.assistance_id == row.id)) >= MOST_FILES:
        raise Refused(T_("There are {n} papers here already. Send others by mail.", n=MOST_FILES), code="file")
    key = f"document.pages:assistance:{content.hex()}"
    document = documents.receive(
        uow, practice_id=row.practice_id, patient_id=row.patient_id, kind=PAPER, name=file.name, body=file.body
    )
    uow.flush()
    asked = outbox.later(uow, "document.pages", key, {"document": document.id}, practice_id=row.practice_id)
    if not asked:
        raise Refused(T_("This paper is here already."), code="file")
    documents.file_with(uow, document, "assistance", row.id)
    uow.new(
        paper, practice_id=row.practice_id, patient_id=row.patient_id, assistance_id=row.id, document_id=document.id,
        name_sealed=documents.tidy(file.name), came_at=uow.now,
    )  # fmt: skip


def submit(uow: UnitOfWork, assistance_id: bytes, *, version: int) -> None:
    """Send it to the office: nothing is asked of the account from now on. Raises Refused `guard:complete`, Conflict."""
    row = _standing(uow, assistance_id, version)
    _editable(row)
    today = uow.today(row.practice_id)
    rules = policies.current(uow, row.practice_id, Assistance)
    first = row.state == "DRAFT"
    uow.move(row, "SUBMITTED", AssistanceFacts(complete=household_of(uow, row).complete), reason="applied")
    uow.change(
        row, submitted_on=row.submitted_on or today, due_on=answer_by(today, rules),
        reason=None, words_sealed=None,
    )  # fmt: skip
    account_holds.hold(uow, row.patient_id, HOLD, about=row)
    to_office(uow, row, "applied" if first else "completed", _SUBMITTED if first else _COMPLETED)


def withdraw(uow: UnitOfWork, assistance_id: bytes, *, version: int) -> None:
    """Take it back; the bills' clocks go on. Raises Refused, Conflict."""
    row = uow.get(AssistanceRow, assistance_id)
    if row.state == "WITHDRAWN":
        return
    uow.change(row, expected_version=version)
    uow.move(row, "WITHDRAWN", AssistanceFacts(), reason="withdrawn")
    over(uow, row, "withdrawn")


def appeal(uow: UnitOfWork, assistance_id: bytes, words: str, *, version: int) -> None:
    """Ask to look again, saying why, within the days that the rules give. Raises Refused, Conflict."""
    row = uow.get(AssistanceRow, assistance_id)
    uow.change(row, expected_version=version)
    said = plain(words, "words", 2_000)
    if said is None:
        raise Refused(T_("Write in a few words why we should look again."), code="words")
    if under_way(uow, row.patient_id) is not None:
        raise Refused(T_("Another application of yours is with us. One at a time."), code="words")
    today = uow.today(row.practice_id)
    rules = policies.current(uow, row.practice_id, Assistance)
    household = household_of(uow, row)
    uow.move(row, "APPEALED", AssistanceFacts(in_time=may_appeal(uow, row)), reason="appealed")
    words_now = read_words(f"{household.words}\n\n{said}"[-2_000:].strip())
    uow.change(
        row, household_sealed=dump(replace(household, words=words_now)),
        due_on=answer_by(today, rules),
    )  # fmt: skip
    account_holds.hold(uow, row.patient_id, HOLD, about=row)
    to_office(uow, row, "appealed", _AGAIN)


def may_appeal(uow: UnitOfWork, row: AssistanceRow) -> bool:
    """Whether the days for another look are not over."""
    if row.state not in DECIDED or row.state == "APPROVED" or row.decided_on is None:
        return False
    days = policies.current(uow, row.practice_id, Assistance).appeal_days
    return (uow.today(row.practice_id) - row.decided_on).days <= days


def answer_by(today: date, rules: Assistance) -> date:
    """The day by which the office decides what comes today."""
    return next_workday(today + timedelta(days=rules.answer_days))


def to_office(uow: UnitOfWork, row: AssistanceRow, reason: str, text: Text) -> None:
    """It lies in the office's queue; what stands open there names nobody's income."""
    day = due_on(QUEUES["assistance"], uow.today(row.practice_id), row.due_on)
    queues.put(uow, "assistance", row, reason=reason, detail={"text": to_json(text)}, due_on=day)


def over(uow: UnitOfWork, row: AssistanceRow, reason: str) -> None:
    """Nobody works it any more, and the clocks of the account's bills go on."""
    queues.done(uow, row)
    account_holds.end_about(uow, row, reason=reason)


def _standing(uow: UnitOfWork, assistance_id: bytes, version: int) -> AssistanceRow:
    row = uow.get(AssistanceRow, assistance_id)
    if row.version != version:
        raise Conflict(_CHANGED, code="version")
    return row


def _editable(row: AssistanceRow) -> None:
    if row.state not in {"DRAFT", "INCOMPLETE"}:
        raise Refused(T_("This is with us already. To add a paper, use the form below it."), code="sent")
