"""Files that came in or went out, as the office sees them: what each was, what it made, what was found in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationAnswerRow
from portal.models.claims import AcknowledgementRow
from portal.models.eligibility import EligibilityAnswerRow
from portal.models.encounters import EncounterRow
from portal.models.interchanges import InterchangePartRow, InterchangeRow
from portal.models.remittances import RemittanceRow
from portal.services import interchanges
from portal.services.files import touching
from portal.services.files.touching import FileLinks
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork

KINDS = {
    "837P": T_("Visits or claims (837P)"), "837I": T_("Hospital claims (837I)"), "837D": T_("Dental claims (837D)"),
    "835": T_("Remittance (835)"), "999": T_("Acknowledgement of a file (999)"),
    "997": T_("Acknowledgement of a file (997)"), "TA1": T_("Acknowledgement of an envelope (TA1)"),
    "270": T_("Questions about coverage (270)"), "271": T_("Answers about coverage (271)"),
    "277CA": T_("Acknowledgement of claims (277CA)"), "mixed": T_("Several kinds in one file"),
    "277": T_("Answers about the state of claims (277)"), "276": T_("Questions about the state of claims (276)"),
    "278": T_("Authorizations, asked and answered (278)"), "other": T_("Of a kind that is not known here"),
    "": T_("Not readable"),
}  # fmt: skip
STATES = {
    "RECEIVED": T_("Received"), "READ": T_("Read, nothing new"), "APPLIED": T_("Read in"),
    "PARTLY": T_("Read in part"), "REFUSED": T_("Nothing taken"), "WRITTEN": T_("Written"),
    "LAID": T_("On its way"), "SENT": T_("Sent"),
    "ANSWERED": T_("Answered"), "SPLIT": T_("In parts"), "KEPT": T_("Kept, not read yet"),
}  # fmt: skip
_STOPS = {"not-stored", "stuck", "isa-unreadable", "claim-torn"}


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
class FilePart:
    """A file within a file: where it stands in it, and what came of it."""

    interchange_id: str
    kind: Text
    state: State
    first_segment: int
    last_segment: int
    items: int
    findings: int


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
    links: FileLinks
    parts: tuple[FilePart, ...]
    """The files that it holds, where it holds several kinds."""
    whole: str | None
    """The file that it is a part of."""
    may_take: bool = False
    """Whether its original is offered."""


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
        state=state_of(row.state),
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
        links=touching.links(uow, row),
        parts=_parts(uow, interchange_id),
        whole=_whole(uow, interchange_id),
    )  # fmt: skip


def kind_words(kind: str) -> Text:
    """A kind of file in words."""
    return KINDS.get(kind) or T_("Transaction {kind}", kind=kind)


def state_of(state: str) -> State:
    """A file's state in words."""
    return State(state, STATES[state])


def _progress(uow: UnitOfWork, row: InterchangeRow) -> Progress:
    """Counted by what the file has made so far: visits, payments or answers."""
    of_kind: dict[str, Any] = {
        "837P": EncounterRow, "837I": EncounterRow, "837D": EncounterRow, "835": RemittanceRow,
        "271": EligibilityAnswerRow, "278": AuthorizationAnswerRow,
    }  # fmt: skip
    made = of_kind.get(row.kind, AcknowledgementRow)
    done = uow.count(uow.select(made.id).where(made.interchange_id == row.id)) if row.items else 0
    return Progress(min(done, row.items), row.items)


def _sentence(row: InterchangeRow, now: datetime) -> Text:
    if row.direction == "out" and row.kind == "278":
        return T_("{n} request went out in it.", "{n} requests went out in it.", n=row.items)
    if row.direction == "out" and row.kind in {"270", "276"}:
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
    if row.state == interchanges.SPLIT:
        return T_(
            "It holds {n} parts of several kinds. Each is read as a file of its own; this is the original.", n=row.items
        )
    if row.state == interchanges.KEPT:
        return T_("It is kept as it came, and nothing of it was read.")
    return T_("{applied} of {n} were taken in.", applied=row.applied, n=row.items)


def _parts(uow: UnitOfWork, whole_id: bytes) -> tuple[FilePart, ...]:
    part = InterchangePartRow
    rows = uow.rows(
        uow.select(
            part.part_id, part.first_segment, part.last_segment, InterchangeRow.kind, InterchangeRow.state,
            InterchangeRow.items, InterchangeRow.finding_count,
        )
        .join(part, part.part_id == InterchangeRow.id)
        .where(part.whole_id == whole_id)
        .order_by(part.number)
    )  # fmt: skip
    return tuple(
        FilePart(
            row.part_id.hex(), kind_words(row.kind), state_of(row.state), row.first_segment, row.last_segment,
            row.items, row.finding_count,
        )
        for row in rows
    )  # fmt: skip


def _whole(uow: UnitOfWork, part_id: bytes) -> str | None:
    part = InterchangePartRow
    row = uow.row(uow.select(part.whole_id).where(part.part_id == part_id).order_by(part.id))
    return row.whole_id.hex() if row is not None else None


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
