"""What the checks found in one's own work: one's own figure, and the visits that came back, nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.domain.sampling import Accuracy
from portal.domain.texts import Text
from portal.models.encounters import EncounterRow
from portal.models.sampling import CheckResultRow
from portal.services.sampling import deciding, figures
from portal.services.sampling.figures import FOUND_WORDS, USUAL_DAYS, Figure, Tally
from portal.services.unit_of_work.work import UnitOfWork

_SHOWN = 50


@dataclass(frozen=True, slots=True)
class CameBack:
    """A visit of one's own in which a check found something; `first`: it counts for the figure."""

    encounter_id: str
    number: str
    day: date
    checked_at: datetime
    first: bool
    found: tuple[tuple[Text, int], ...]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """See `templates/staff/sampling/own.html`; `visits` are the last that came back, the newest first."""

    check: str
    """coding or charges."""
    first: date
    last: date
    figure: Figure
    visits: tuple[CameBack, ...]


def show(uow: UnitOfWork, check: str) -> OwnPage:
    """The accuracy of the actor's own codes or charges in the last 90 days, counted as whoever checks them sees it."""
    first, last = _days(uow)
    figure = _tally(uow, check, first, last).figure("", FOUND_WORDS[check])
    return OwnPage(check, first, last, figure, _came_back(uow, check, first, last))


def brief(uow: UnitOfWork, check: str) -> Accuracy:
    """The accuracy alone."""
    return _tally(uow, check, *_days(uow)).right


def _days(uow: UnitOfWork) -> tuple[date, date]:
    last = uow.today()
    return last - timedelta(days=USUAL_DAYS - 1), last


def _tally(uow: UnitOfWork, check: str, first: date, last: date) -> Tally:
    since, until = figures.instants(uow, first, last)
    row, tally = CheckResultRow, Tally()
    for each in uow.rows(
        uow.select(row.outcome, row.items, row.found).where(
            row.practice_id == uow.practice_id, row.check_kind == check, row.worker_id == uow.actor.user_id,
            row.number == 1, row.at >= since, row.at < until,
        )
    ):  # fmt: skip
        tally.add(each.outcome, each.items, each.found)
    return tally


def _came_back(uow: UnitOfWork, check: str, first: date, last: date) -> tuple[CameBack, ...]:
    since, until = figures.instants(uow, first, last)
    row, words = CheckResultRow, FOUND_WORDS[check]
    rows = uow.rows(
        uow.select(
            row.encounter_id, row.patient_id, row.at, row.number, row.found, EncounterRow.service_from
        )
        .where(
            EncounterRow.id == row.encounter_id, row.practice_id == uow.practice_id, row.check_kind == check,
            row.worker_id == uow.actor.user_id, row.outcome == deciding.RETURNED, row.at >= since, row.at < until,
        )
        .order_by(row.at.desc(), row.id)
        .limit(_SHOWN)
    )  # fmt: skip
    return tuple(
        CameBack(
            each.encounter_id.hex(), each.encounter_id.hex()[:8].upper(), each.service_from, each.at, each.number == 1,
            tuple((words[category], n) for category, n in each.found.items() if category in words),
        )
        for each in rows
    )  # fmt: skip
