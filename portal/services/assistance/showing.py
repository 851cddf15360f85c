"""Help as the patient and the office see it: what there is, a draft step by step, an application with its figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.access.policy import decide
from portal.domain.assistance.incomes import KINDS, PERIODS, Household, percent_of
from portal.domain.assistance.levels import REGIONS
from portal.domain.assistance.life import GRANTED, LIFE, REASONS
from portal.domain.assistance.policy import PAPERS, Assistance
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.practices import phone_written
from portal.domain.texts import T_, Text
from portal.models.assistance import AssistanceFileRow, AssistanceRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.queues import TransitionRow
from portal.services import addresses, policies
from portal.services.assistance import applying, deciding
from portal.services.assistance.levels import level_of
from portal.services.unit_of_work.work import UnitOfWork

_MOST = 10


@dataclass(frozen=True, slots=True)
class State:
    """A state by code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Checked:
    """What a quick check says; nothing of it is kept. `percent` 0: the rules give none by income."""

    percent: int
    yearly: Money


@dataclass(frozen=True, slots=True)
class Application:
    """One application in a list, and on the first page."""

    assistance_id: str
    state: State
    on: date
    open: bool
    """The patient has something to do or to wait for."""


@dataclass(frozen=True, slots=True)
class HelpPage:
    """See `templates/patient/help.html`."""

    patient_id: str
    practice_name: str
    phone: str
    offered: bool
    bands: tuple[tuple[int, int], ...]
    current: Application | None
    earlier: tuple[Application, ...]
    periods: tuple[tuple[str, Text], ...]
    valid_months: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that came."""

    name: str
    document_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage:
    """See `templates/patient/help_application.html`."""

    assistance_id: str
    version: int
    state: State
    step: int
    """1 to 3 while it is written, else 0."""
    household: Household
    kinds: tuple[tuple[str, Text], ...]
    periods: tuple[tuple[str, Text], ...]
    papers: tuple[Text, ...]
    files: tuple[Paper, ...]
    due_on: date | None
    reason: Text | None
    words: str | None
    percent: int | None
    cents: Money
    valid_until: date | None
    letter_id: str | None
    may_appeal: bool
    may_withdraw: bool
    appeal_days: int


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One open charge before who decides."""

    day: date
    open: Money
    off: Money
    government: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of its history, the newest last."""

    text: Text
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePage:
    """See `templates/staff/assistance/show.html`."""

    assistance_id: str
    version: int
    state: State
    patient_id: str
    patient_name: str
    household: Household
    incomes: tuple[tuple[Text, Money, Text], ...]
    yearly: Money
    level: tuple[int, Text, Money] | None
    """Year, region and sum of the guideline."""
    percent: int | None
    suggested: int
    proposed: int
    """What the forms start with: what was prepared, else what the rules suggest."""
    charges: tuple[ChargeLine, ...]
    off: Money
    government: Money
    with_government: bool
    limit: Money
    two: bool
    """The sum needs two people."""
    files: tuple[Paper, ...]
    due_on: date | None
    granted: int | None
    cents: Money
    valid_until: date | None
    letter_id: str | None
    letter_waits: bool
    steps: tuple[Step, ...]
    may_prepare: bool
    may_decide: bool


def help_page(uow: UnitOfWork, patient_id: bytes) -> HelpPage:
    """What help there is, and how the patient's own requests stand."""
    patient = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, patient.practice_id)
    rules = policies.current(uow, practice.id, Assistance)
    row = AssistanceRow
    rows = uow.entities(
        uow.select(row).where(row.patient_id == patient_id).order_by(row.begun_at.desc(), row.id).limit(_MOST)
    )
    found = [_item(uow, each) for each in rows]
    current = next((each for each in found if each.open), None)
    return HelpPage(
        patient_id.hex(), practice.name, phone_written(practice.phone), rules.offered, rules.bands, current,
        tuple(each for each in found if each is not current and each.state.code != "DRAFT"),
        tuple(PERIODS.items()), rules.valid_months,
    )  # fmt: skip


def summary(uow: UnitOfWork, patient_id: bytes) -> Application | None:
    """The request for help that waits for the patient or for us, for the first page; None where there is none."""
    found = applying.under_way(uow, patient_id)
    return None if found is None else _item(uow, found)


def check(uow: UnitOfWork, patient_id: bytes, household: Household) -> Checked:
    """What the rules would give a household; nothing is kept, and nobody is told."""
    patient = uow.get(PatientRow, patient_id)
    address = uow.read(patient, PatientRow.address_sealed) or {}
    level = level_of(uow, address.get("state") or "", uow.today(patient.practice_id))
    yearly = household.yearly_cents
    if level is None:
        return Checked(0, Money(yearly))
    rules = policies.current(uow, patient.practice_id, Assistance)
    return Checked(rules.discount(percent_of(yearly, level.cents(household.size))), Money(yearly))


def application_page(uow: UnitOfWork, assistance_id: bytes, step: str = "") -> ApplicationPage:
    """One application of the patient; raises NotFound."""
    row = uow.get(AssistanceRow, assistance_id)
    rules = policies.current(uow, row.practice_id, Assistance)
    household = applying.household_of(uow, row)
    writing = row.state in {"DRAFT", "INCOMPLETE"}
    first = 1 if not household.size else 2 if not household.complete else 3
    return ApplicationPage(
        assistance_id=row.id.hex(), version=row.version, state=State(row.state, LIFE.words[row.state]),
        step=(int(step) if step in {"1", "2", "3"} else first) if writing else 0,
        household=household, kinds=tuple(KINDS.items()), periods=tuple(PERIODS.items()),
        papers=tuple(PAPERS[each] for each in rules.papers), files=_files(uow, row), due_on=row.due_on,
        reason=REASONS.get(row.reason or ""), words=uow.read(row, AssistanceRow.words_sealed), percent=row.percent,
        cents=Money(row.cents or 0), valid_until=row.valid_until,
        letter_id=row.document_id.hex() if row.document_id else None, may_appeal=applying.may_appeal(uow, row),
        may_withdraw=LIFE.allows(row.state, "WITHDRAWN"), appeal_days=rules.appeal_days,
    )  # fmt: skip


def office_page(uow: UnitOfWork, assistance_id: bytes, *, percent: int | None, government: bool) -> OfficePage:
    """One application before who decides, reckoned with a percentage; raises NotFound for a draft too."""
    row = uow.get(AssistanceRow, assistance_id)
    if row.state == "DRAFT":
        raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")
    patient = uow.get(PatientRow, row.patient_id)
    household, found = applying.household_of(uow, row), deciding.finding(uow, row)
    rules = policies.current(uow, row.practice_id, Assistance)
    proposed = row.percent if row.state == "REVIEWED" and row.percent is not None else found.discount
    percent = proposed if percent is None else percent
    government = government or (row.state == "REVIEWED" and bool(row.government))
    reckoned = deciding.reckon(uow, row, percent, government=government)
    level = found.level
    return OfficePage(
        assistance_id=row.id.hex(), version=row.version, state=State(row.state, LIFE.words[row.state]),
        patient_id=row.patient_id.hex(), patient_name=addresses.addressee(uow, patient), household=household,
        incomes=tuple((KINDS[each.kind], Money(each.cents), PERIODS[each.period]) for each in household.incomes),
        yearly=Money(found.yearly_cents),
        level=(level.year, REGIONS[level.region], Money(found.level_cents)) if level and household.size else None,
        percent=found.percent, suggested=found.discount, proposed=percent,
        charges=tuple(
            ChargeLine(each.day, Money(each.cents), Money(reckoned.off.get(each, 0)), each.government, each.waits)
            for each in reckoned.charges
        ),
        off=Money(reckoned.cents), government=Money(reckoned.government_cents), with_government=government,
        limit=Money(rules.single_cents), two=government or reckoned.cents > rules.single_cents,
        files=_files(uow, row), due_on=row.due_on, granted=row.percent if row.state in GRANTED else None,
        cents=Money(row.cents or 0), valid_until=row.valid_until,
        letter_id=row.document_id.hex() if row.document_id else None,
        letter_waits=row.document_id is not None and row.mailed_on is None, steps=_steps(uow, row),
        may_prepare=decide(uow.actor, "assistance:prepare").allowed,
        may_decide=decide(uow.actor, "assistance:decide").reason in {"", "step-up-needed"},
    )  # fmt: skip


def _item(uow: UnitOfWork, row: AssistanceRow) -> Application:
    open_ = row.state in {"DRAFT", "SUBMITTED", "INCOMPLETE", "REVIEWED", "APPEALED"}
    on = row.decided_on or row.submitted_on or uow.today(row.practice_id)
    return Application(row.id.hex(), State(row.state, LIFE.words[row.state]), on, open_)


def _files(uow: UnitOfWork, row: AssistanceRow) -> tuple[Paper, ...]:
    paper = AssistanceFileRow
    found = uow.entities(uow.select(paper).where(paper.assistance_id == row.id).order_by(paper.came_at, paper.id))
    return tuple(Paper(uow.read(each, paper.name_sealed), each.document_id.hex(), each.came_at) for each in found)


def _steps(uow: UnitOfWork, row: AssistanceRow) -> tuple[Step, ...]:
    move = TransitionRow
    rows = uow.entities(
        uow.select(move)
        .where(move.subject_table == row.__tablename__, move.subject_id == row.id, move.from_state.is_not(None))
        .order_by(move.at, move.subject_version)
    )
    return tuple(Step(LIFE.words[each.to_state], each.at, uow.read(each, move.note_sealed)) for each in rows)
