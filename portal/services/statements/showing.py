"""Statements as patients and the office see them: the frozen content, and what is open of it today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import exists, func

from portal.domain.dates import today
from portal.domain.money import Money
from portal.domain.statements.arithmetic import BUCKET_WORDS
from portal.domain.statements.content import StatementContent, StatementLine, Sums, load
from portal.domain.statements.life import LIFE
from portal.domain.texts import Text
from portal.models.documents import DocumentRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementPersonRow, StatementRow, StatementRunRow
from portal.services import account_holds
from portal.services.intake.showing import State
from portal.services.statements.accounts import standing
from portal.services.statements.balances import open_by_patient, open_of, open_on
from portal.services.statements.runs import RunItem, names_of, runs_of
from portal.services.unit_of_work.work import UnitOfWork

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Bill:
    """A statement with its content, and what of it is open today on no newer one: each sum stands on one bill only."""

    row: StatementRow
    content: StatementContent
    open_cents: int
    replaced_by: bytes | None
    """The newest bill on which something of this one stands open, where nothing is left on this one itself."""


@dataclass(frozen=True, slots=True)
class Age:
    """Money open for so long."""

    text: Text
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """See `templates/patient/statement.html`."""

    statement_id: str
    patient_id: str
    number: str
    made_on: date
    due_on: date
    patient_name: str
    sums: Sums
    open_now: Money
    replaced_by: str | None
    opening: Money
    asked: Money
    paid: Money
    credit: Money
    sentence: Text
    lines: tuple[StatementLine, ...]
    ages: tuple[Age, ...]
    document_id: str | None
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementItem:
    """One statement in a list."""

    statement_id: str
    patient_id: str
    patient_name: str
    number: str
    made_on: date
    due_on: date
    days_left: int
    amount: Money
    open_now: Money
    state: State
    document_id: str | None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """One document that is no statement."""

    document_id: str
    title: str
    made_on: date


@dataclass(frozen=True, slots=True)
class DocumentsPage:
    """See `templates/patient/documents.html`."""

    statements: tuple[StatementItem, ...]
    documents: tuple[DocumentItem, ...]


@dataclass(frozen=True, slots=True)
class StatementsPage:
    """See `templates/staff/statements/list.html`."""

    statements: tuple[StatementItem, ...]
    ready: int
    may_run: bool
    newer: str | None
    older: str | None


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """See `templates/staff/statements/progress.html`."""

    run: RunItem
    total: Money
    released: int
    waiting: tuple[StatementItem, ...]
    """The first that are on paper and wait for somebody to let them go, the largest first."""


def statement_page(uow: UnitOfWork, statement_id: bytes) -> StatementPage:
    """One statement as it was made, and what is open of it today; raises NotFound."""
    row = uow.get(StatementRow, statement_id)
    now = open_of(uow, account_holds.members(uow, row.patient_id))
    bill = opened(uow, row.patient_id, now, down_to=row)[-1]
    content, letter = bill.content, bill.content.letter
    return StatementPage(
        statement_id=row.id.hex(),
        patient_id=row.patient_id.hex(),
        number=row.number,
        made_on=content.made_on,
        due_on=content.due_on,
        patient_name=letter.patient_name,
        sums=content.sums,
        open_now=Money(bill.open_cents),
        replaced_by=bill.replaced_by.hex() if bill.replaced_by else None,
        opening=content.opening,
        asked=content.asked,
        paid=content.paid,
        credit=content.credit,
        sentence=content.sentence,
        lines=content.lines,
        ages=tuple(Age(text, Money(content.ages[name])) for name, text in BUCKET_WORDS.items()),
        document_id=row.document_id.hex() if row.document_id else None,
        contact=", ".join((letter.practice_name, *letter.practice_lines)),
    )


def opened(
    uow: UnitOfWork,
    patient_id: bytes,
    now: Mapping[bytes | None, int],
    *,
    down_to: StatementRow | None = None,
    least: int | None = None,
) -> list[Bill]:
    """The statements that name a patient, newest first, with what of theirs is open of each by what is owed `now`.

    `down_to` is the last; with `least`, so many, and older ones only while something is open that no newer one names.
    """
    person = StatementPersonRow
    names = exists().where(person.statement_id == StatementRow.id, person.patient_id == patient_id)
    wanted = uow.select(StatementRow).where((StatementRow.patient_id == patient_id) | names.correlate(StatementRow))
    rows = uow.entities(wanted.order_by(StatementRow.created_at.desc(), StatementRow.id))
    return _stacked(uow, rows, now, down_to, least)


def _stacked(
    uow: UnitOfWork,
    rows: Sequence[StatementRow],
    now: Mapping[bytes | None, int],
    down_to: StatementRow | None = None,
    least: int | None = None,
) -> list[Bill]:
    """One patient's statements, newest first: what is open of a charge stands on the newest that names it."""
    found: list[Bill] = []
    stands_on: dict[str, bytes] = {}
    for row in rows:
        content = load(uow.read(row, StatementRow.content_sealed))
        charges = {line.charge_id for line in content.lines}
        left = open_on(charges - stands_on.keys(), now)
        newer = [stands_on[charge] for charge in charges & stands_on.keys() if open_on({charge}, now)]
        replaced_by = next((bill.row.id for bill in found if bill.row.id in newer), None) if not left else None
        found.append(Bill(row, content, left, replaced_by))
        stands_on |= dict.fromkeys(charges - stands_on.keys(), row.id)
        if down_to is not None and row.id == down_to.id:
            break
        if least is not None and len(found) >= least and not _unnamed(stands_on, now):
            break
    return found


def _unnamed(stands_on: Mapping[str, bytes], now: Mapping[bytes | None, int]) -> bool:
    """Whether something is open that no bill read so far names."""
    return any(cents > 0 and (charge or b"").hex() not in stands_on for charge, cents in now.items())


def documents_page(uow: UnitOfWork, patient_id: bytes) -> DocumentsPage:
    """A patient's statements and letters, newest first."""
    uow.saw(patient_id)
    columns = (
        DocumentRow.id, DocumentRow.practice_id, DocumentRow.name_sealed, DocumentRow.created_at,
        PracticeRow.time_zone,
    )  # fmt: skip
    rows = uow.rows(
        uow.select(*columns)
        .where(
            DocumentRow.patient_id == patient_id,
            DocumentRow.kind != "statement",
            PracticeRow.id == DocumentRow.practice_id,
        )
        .order_by(DocumentRow.created_at.desc())
    )
    uow.expect(*(row.id for row in rows))
    name = DocumentRow.name_sealed
    letters = tuple(
        DocumentItem(
            row.id.hex(),
            uow.open(row.name_sealed, name, row=row.id, subject=row.id, practice=row.practice_id),
            today(row.created_at, row.time_zone),
        )
        for row in rows
    )
    bills = opened(uow, patient_id, open_of(uow, account_holds.members(uow, patient_id)))
    day = uow.today(bills[0].row.practice_id) if bills else None
    return DocumentsPage(
        tuple(
            replace(
                item(bill.row, bill.open_cents, bill.content.letter.patient_name, day or bill.row.made_on),
                replaced_by=bill.replaced_by.hex() if bill.replaced_by else None,
            )
            for bill in bills
        ),
        letters,
    )


def statements_page(uow: UnitOfWork, *, may_run: bool, before: str = "") -> StatementsPage:
    """The practice's statements, newest first; `before` is where an earlier page ended."""
    found = uow.select(StatementRow).order_by(StatementRow.made_on.desc(), StatementRow.id.desc())
    edge = edge_of(before)
    if edge is not None:
        made_on, id_ = edge
        found = found.where(
            (StatementRow.made_on < made_on) | ((StatementRow.made_on == made_on) & (StatementRow.id < id_))
        )
    rows = uow.entities(found.limit(_PAGE + 1))
    shown = rows[:_PAGE]
    patients = sorted({row.patient_id for row in shown})
    names, now, day = names_of(uow, patients), open_by_patient(uow, patients), uow.today()
    of_patients: dict[bytes, list[StatementRow]] = {}
    wanted = uow.select(StatementRow).where(StatementRow.patient_id.in_(patients))
    for row in uow.entities(wanted.order_by(StatementRow.created_at.desc(), StatementRow.id)):
        of_patients.setdefault(row.patient_id, []).append(row)
    bills = {bill.row.id: bill for id_, each in of_patients.items() for bill in _stacked(uow, each, now.get(id_, {}))}
    items = [
        replace(
            item(row, bills[row.id].open_cents, names[row.patient_id], day),
            replaced_by=replaced.hex() if (replaced := bills[row.id].replaced_by) else None,
        )
        for row in shown
    ]
    older = f"{shown[-1].made_on}.{shown[-1].id.hex()}" if len(rows) > _PAGE else None
    return StatementsPage(tuple(items), len(standing(uow).ready), may_run, None, older)


def progress_page(uow: UnitOfWork, run_id: bytes) -> ProgressPage:
    """How far a run is, and those of its bills that wait to be released; raises NotFound."""
    uow.get(StatementRunRow, run_id)
    [run] = runs_of(uow, run_id=run_id)
    wanted = uow.select(StatementRow).where(StatementRow.run_id == run_id, StatementRow.state == "READY")
    rows = uow.entities(
        wanted.where(StatementRow.document_id.is_not(None)).order_by(StatementRow.closing_cents.desc()).limit(_PAGE)
    )
    names, day = names_of(uow, sorted({row.patient_id for row in rows})), uow.today()
    sums = uow.row(
        uow.select(
            func.coalesce(func.sum(StatementRow.closing_cents), 0).label("cents"),
            func.count(StatementRow.released_at).label("released"),
        ).where(StatementRow.run_id == run_id)
    )
    cents, released = (int(sums.cents), int(sums.released)) if sums else (0, 0)
    return ProgressPage(
        run,
        Money(cents),
        released,
        tuple(item(row, row.closing_cents, names[row.patient_id], day) for row in rows),
    )


def edge_of(written: str) -> tuple[date, bytes] | None:
    """Day and id where a page ended, as written into an address; None for what is not ours."""
    day, _, id_ = written.partition(".")
    try:
        return date.fromisoformat(day), bytes.fromhex(id_)
    except ValueError:
        return None


def item(row: StatementRow, left: int, name: str, day: date) -> StatementItem:
    """A statement in a list: `left` is what is open of it on a day, in cents."""
    return StatementItem(
        statement_id=row.id.hex(),
        patient_id=row.patient_id.hex(),
        patient_name=name,
        number=row.number,
        made_on=row.made_on,
        due_on=row.due_on,
        days_left=(row.due_on - day).days,
        amount=Money(row.closing_cents),
        open_now=Money(left),
        state=State(row.state, LIFE.words[row.state]),
        document_id=row.document_id.hex() if row.document_id else None,
    )
