"""When payers are asked without a person: once a night in each practice, and soon after a claim was made."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.access.actors import system
from portal.models.practices import PracticeRow
from portal.services import outbox
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

NIGHT_HOUR: Final = 2
"""From this hour of a practice's own day on."""
_JOB = "eligibility.night"


def night(units: Units) -> int:
    """Ask for the night's questions in each practice where it is late enough, once a day; how many practices."""
    with units.read(system(_JOB), "practice:edit", defer=True) as uow:
        practices = uow.rows(uow.select(PracticeRow.id, PracticeRow.time_zone))
        now = uow.now
    asked = 0
    for row in practices:
        local = now.astimezone(ZoneInfo(row.time_zone))
        if local.hour < NIGHT_HOUR:
            continue
        with units.write(system(_JOB, practice_id=row.id), "eligibility:ask") as uow:
            asked += outbox.later(uow, "eligibility.ask", f"eligibility.ask:{row.id.hex()}:{local:%Y%m%d}")
    return asked


def soon(uow: UnitOfWork) -> None:
    """Ask at the next full hour, once for all claims of this one: what is too old by then is asked again."""
    hour = uow.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    key = f"eligibility.ask:{uow.practice_id.hex()}:{hour:%Y%m%dT%H}"
    outbox.later(uow, "eligibility.ask", key, run_after=hour)
