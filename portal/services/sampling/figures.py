"""How exact the work was that was checked: by person, with what was found, over a period."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func

from portal.domain.encounters import AUDIT_HOLDS, CODING_ERRORS
from portal.domain.sampling import CHARGES, CHECKS, CODING, Accuracy, accuracy
from portal.domain.texts import Text
from portal.models.encounters import ChargeFindingRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.practices import PracticeRow
from portal.models.sampling import CheckResultRow
from portal.services.intake.showing import colleague
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork

USUAL_DAYS, MOST_DAYS = 90, 366
FOUND_WORDS = {CODING: CODING_ERRORS, CHARGES: AUDIT_HOLDS}


@dataclass(frozen=True, slots=True)
class Figure:
    """Of one person, or of all: first checks and how many passed, items right of items checked."""

    name: str
    checks: int
    passed: int
    accuracy: Accuracy
    found: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """See `templates/staff/sampling/figures.html`; `charged` and `late` are None for a check of codes."""

    check: str
    title: Text
    first: date
    last: date
    people: tuple[Figure, ...]
    whole: Figure
    charged: int | None
    late: int | None
    duplicates: int | None
    late_after_days: int | None


def show(uow: UnitOfWork, check: str, first: date | None, last: date | None) -> FiguresPage:
    """Accuracy by person over days of the practice's calendar, both included; at most a year, the last 90 usually.

    The first check of each visit counts, whatever became of it; a check after it came back does not.
    """
    last = last or uow.today()
    first = first or last - timedelta(days=USUAL_DAYS - 1)
    first = min(max(first, last - timedelta(days=MOST_DAYS - 1)), last)
    since, until = instants(uow, first, last)
    row = CheckResultRow
    rows = uow.rows(
        uow.select(row.worker_id, row.outcome, row.items, row.found).where(
            row.practice_id == uow.practice_id, row.check_kind == check, row.number == 1, row.at >= since,
            row.at < until,
        )
    )  # fmt: skip
    tallies: dict[bytes | None, Tally] = {}
    whole = Tally()
    for each in rows:
        for tally in (tallies.setdefault(each.worker_id, Tally()), whole):
            tally.add(each.outcome, each.items, each.found)
    uow.expect(*(worker for worker in tallies if worker))
    people = (
        tally.figure(colleague(uow, worker.hex()) if worker else "-", FOUND_WORDS[check])
        for worker, tally in tallies.items()
    )
    charged, late, doubled = _entered(uow, first, last, since, until) if check == CHARGES else (None, None, None)
    return FiguresPage(
        check, CHECKS[check], first, last, tuple(sorted(people, key=lambda each: each.name.casefold())),
        whole.figure("", FOUND_WORDS[check]), charged, late, doubled,
        deciding.late_after_days(uow, CHARGES) if check == CHARGES else None,
    )  # fmt: skip


class Tally:
    """Checks of one person, added up by their parts."""

    def __init__(self) -> None:
        self.checks = self.passed = 0
        self.right = Accuracy()
        self.found: Counter[str] = Counter()

    def add(self, outcome: str, items: int, found: dict[str, int]) -> None:
        self.checks += 1
        self.passed += outcome == deciding.PASSED
        self.right += accuracy(items, found)
        self.found.update(found)

    def figure(self, name: str, words: dict[str, Text]) -> Figure:
        found = tuple((words[category], n) for category, n in self.found.most_common() if category in words)
        return Figure(name, self.checks, self.passed, self.right, found)


def _entered(uow: UnitOfWork, first: date, last: date, since: datetime, until: datetime) -> tuple[int, int, int]:
    """How many charges were entered, how many of them late, and how many looked like others (HFMA CL-2)."""
    charged = uow.value(
        uow.select(func.count(func.distinct(LedgerLineRow.charge_id))).where(
            uow.within(LedgerEntryRow), LedgerEntryRow.id == LedgerLineRow.entry_id, LedgerEntryRow.kind == "charge",
            LedgerEntryRow.posted_on >= first, LedgerEntryRow.posted_on <= last,
        )
    )  # fmt: skip
    row = ChargeFindingRow
    found = {
        kind: uow.value(
            uow.select(func.count(func.distinct(row.charge_id))).where(
                row.practice_id == uow.practice_id, row.kind == kind, row.at >= since, row.at < until
            )
        )
        for kind in ("late", "duplicate")
    }
    return charged, found["late"], found["duplicate"]


def instants(uow: UnitOfWork, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first moment of a day to the last of another, by the practice's clocks, in UTC."""
    zone = ZoneInfo(uow.get(PracticeRow, uow.practice_id).time_zone)
    begin = datetime.combine(first, time.min, zone)
    behind = datetime.combine(last + timedelta(days=1), time.min, zone)
    return begin.astimezone(UTC), behind.astimezone(UTC)
