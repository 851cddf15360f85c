"""Files that came in or went out, as the office sees them: what each was, what it made, what was found in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_

from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationAnswerRow
from portal.models.claims import AcknowledgementRow
from portal.models.eligibility import EligibilityAnswerRow
from portal.models.encounters import EncounterRow
from portal.models.interchanges import InterchangeRow
from portal.models.remittances import RemittanceRow
from portal.services import interchanges
from portal.services.files import reading
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50
_LINKS = 10

KINDS = {
    "837P": T_("Visits or claims (837P)"), "837I": T_("Hospital claims (837I)"), "837D": T_("Dental claims (837D)"),
    "835": T_("Remittance (835)"), "999": T_("Acknowledgement of a file (999)"),
    "997": T_("Acknowledgement of a file (997)"), "TA1": T_("Acknowledgement of an envelope (TA1)"),
    "278": T_("Authorizations, asked and answered (278)"),
    "270": T_("Questions about coverage (270)"), "271": T_("Answers about coverage (271)"),
    "277CA": T_("Acknowledgement of claims (277CA)"), "mixed": T_("Several kinds in one file"),
    "": T_("Not readable"),
}  # fmt: skip
_STATES = {
    "RECEIVED": T_("Received"), "READ": T_("Read, nothing new"), "APPLIED": T_("Read in"),
    "PARTLY": T_("Read in part"), "REFUSED": T_("Nothing taken"), "WRITTEN": T_("Written"),
    "LAID": T_("On its way"), "SENT": T_("Sent"),
    "ANSWERED": T_("Answered"),
}  # fmt: skip
_STOPS = {"not-stored", "isa-unreadable", "claim-torn"}


@dataclass(frozen=True, slots=True)
class FileItem:
    """One file of the list."""

    interchange_id: str
    name: str
    kind: Text
    direction: str
    at: datetime
    by: str
    state: State
    claims: int
    findings: int


@dataclass(frozen=True, slots=True)
class ImportsPage:
    """Files, the newest first; `newer` and `older` are the files to go on from."""

    files: tuple[FileItem, ...]
    may_upload: bool
    largest_mb: int
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One finding: where (segments count from 1 = ISA, None for the whole file) and what."""

    segment: int | None
    code: str
    text: Text
    item: str | None
    severity: str


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What a partner answered about a file of ours."""

    kind: str
    at: datetime
    text: Text
    state: State
    interchange_id: str | None


@dataclass(frozen=True, slots=True)
class FileLink:
    """Something a file made; `kind` says which page opens it."""

    kind: str
    target_id: str
    words: Text


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading of a file is; `of` is 0 until that is known."""

    done: int
    of: int


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One file with all that came of it."""

    interchange_id: str
    name: str
    kind: Text
    at: datetime
    by: str
    state: State
    control: str
    sentence: Text
    reading: Progress | None
    counts: tuple[tuple[Text, int], ...]
    findings: tuple[FileFinding, ...]
    answers: tuple[FileAnswer, ...]
    links: tuple[FileLink, ...]


def listed(uow: UnitOfWork, *, before: bytes | None = None, after: bytes | None = None) -> ImportsPage:
    """Files older than `before` or newer than `after`, else the newest."""
    at, key = InterchangeRow.created_at, InterchangeRow.id
    edge = before or after
    where: list[Any] = []
    if edge is not None:
        row = uow.row(uow.select(at).where(key == edge))
        then = row.created_at if row else uow.now
        beyond = (at < then, key < edge) if before else (at > then, key > edge)
        where.append(or_(beyond[0], and_(at == then, beyond[1])))
    newest_last = before is None and after is not None
    columns = (
        key, InterchangeRow.name_sealed, InterchangeRow.kind, InterchangeRow.direction, at, InterchangeRow.created_by,
        InterchangeRow.state, InterchangeRow.items, InterchangeRow.finding_count,
    )  # fmt: skip
    rows = list(
        uow.rows(
            uow.select(*columns)
            .where(*where)
            .order_by(*((at, key) if newest_last else (at.desc(), key.desc())))
            .limit(PAGE_ROWS + 1)
        )
    )
    more = len(rows) > PAGE_ROWS
    rows = rows[:PAGE_ROWS][::-1] if newest_last else rows[:PAGE_ROWS]
    uow.expect(*(row.id for row in rows))
    names = {identity: colleague(uow, identity) for identity in {row.created_by for row in rows}}
    files = tuple(
        FileItem(
            row.id.hex(),
            uow.open(row.name_sealed, InterchangeRow.name_sealed, row=row.id, subject=row.id),
            kind_words(row.kind), row.direction, row.created_at, names[row.created_by], _state(row.state), row.items,
            row.finding_count,
        )
        for row in rows
    )  # fmt: skip
    newer, older = (more, bool(rows)) if newest_last else (edge is not None, more)
    return ImportsPage(
        files,
        reading.may_bring(uow.actor),
        interchanges.LIMIT_BYTES // 2**20,
        files[0].interchange_id if files and newer else None,
        files[-1].interchange_id if files and older else None,
    )


def show(uow: UnitOfWork, interchange_id: bytes) -> ImportPage:
    """One file; its bytes are not opened."""
    row = uow.get(InterchangeRow, interchange_id)
    findings = interchanges.findings_of(uow, row)
    return ImportPage(
        interchange_id=row.id.hex(),
        name=uow.read(row, InterchangeRow.name_sealed),
        kind=kind_words(row.kind),
        at=row.created_at,
        by=colleague(uow, row.created_by),
        state=_state(row.state),
        control=row.control,
        sentence=_sentence(row, uow.now),
        reading=_progress(uow, row) if row.state == "RECEIVED" else None,
        counts=(
            (T_("In the file"), row.items),
            (T_("Changed something") if row.direction == "in" else T_("Answered"), row.applied),
            (T_("Findings"), row.finding_count),
        ),
        findings=tuple(
            FileFinding(
                finding.segment or None, finding.code, finding.text, None,
                "stop" if finding.code in _STOPS else "wait",
            )
            for finding in findings
        ),
        answers=_answers(uow, interchange_id),
        links=_links(uow, interchange_id),
    )  # fmt: skip


def kind_words(kind: str) -> Text:
    """A kind of file in words."""
    return KINDS.get(kind) or T_("Transaction {kind}", kind=kind)


def _state(state: str) -> State:
    return State(state, _STATES[state])


def _progress(uow: UnitOfWork, row: InterchangeRow) -> Progress:
    """Counted by what the file has made so far: visits, payments or answers."""
    of_kind: dict[str, Any] = {
        "837P": EncounterRow, "835": RemittanceRow, "271": EligibilityAnswerRow, "278": AuthorizationAnswerRow,
    }  # fmt: skip
    made = of_kind.get(row.kind, AcknowledgementRow)
    done = uow.count(uow.select(made.id).where(made.interchange_id == row.id)) if row.items else 0
    return Progress(min(done, row.items), row.items)


def _sentence(row: InterchangeRow, now: datetime) -> Text:
    if row.direction == "out" and row.kind == "270":
        return T_("{n} question went out in it.", "{n} questions went out in it.", n=row.items)
    if row.direction == "out":
        return T_("{n} claim went out in it.", "{n} claims went out in it.", n=row.items)
    if row.state == "RECEIVED":
        if now - row.created_at < interchanges.UNATTENDED:
            return T_("It is stored and is being read.")
        return T_("It could not be read through yet, and is tried again for three days. Give it again to try at once.")
    if row.state == "READ":
        return T_("All that is in it was known already; nothing was made twice.")
    if row.state == "REFUSED":
        return T_("Nothing in it could be taken. The findings say why; nothing was lost.")
    return T_("{applied} of {n} were taken in.", applied=row.applied, n=row.items)


def _answers(uow: UnitOfWork, interchange_id: bytes) -> tuple[FileAnswer, ...]:
    """What was answered about a whole file of ours."""
    rows = uow.rows(
        uow.select(
            AcknowledgementRow.kind, AcknowledgementRow.outcome, AcknowledgementRow.received_at,
            AcknowledgementRow.interchange_id,
        )
        .where(AcknowledgementRow.about_interchange_id == interchange_id, AcknowledgementRow.claim_id.is_(None))
        .order_by(AcknowledgementRow.received_at)
    )  # fmt: skip
    words = {"accepted": T_("Accepted"), "rejected": T_("Rejected"), "partial": T_("Accepted in part")}
    return tuple(
        FileAnswer(
            row.kind, row.received_at, words.get(row.outcome, T_("Answered")),
            State(row.outcome.upper(), words.get(row.outcome, T_("Answered"))), row.interchange_id.hex(),
        )
        for row in rows
    )  # fmt: skip


def _links(uow: UnitOfWork, interchange_id: bytes) -> tuple[FileLink, ...]:
    """The accounts of the first visits it made."""
    rows = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.patient_id, EncounterRow.source_control_sealed)
        .where(EncounterRow.interchange_id == interchange_id)
        .order_by(EncounterRow.service_from, EncounterRow.id)
        .limit(_LINKS)
    )
    return tuple(
        FileLink("account", row.patient_id.hex(), T_("Visit {number}", number=_control(uow, row))) for row in rows
    )


def _control(uow: UnitOfWork, row: Any) -> str:
    """The number that the file gives to a visit."""
    found: str = uow.open(
        row.source_control_sealed, EncounterRow.source_control_sealed, row=row.id, subject=row.patient_id
    )
    return found
