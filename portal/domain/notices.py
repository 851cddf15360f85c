"""Notices about bills that wait: the life of one message, by which way and when it may go, and what it never says.

No notice by e-mail or text message names a person, a sum, a day or a service (45 CFR 164.530(c); workflows 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from portal.domain.consents import LETTER
from portal.domain.dates import federal_holidays
from portal.domain.dunning import Steps
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What the guards of a notice may know."""

    stands: bool = True
    """Its bill still stands in the step that the notice is of."""
    paper: bool = False
    """The paper of a letter is made."""


LIFE: Final[Lifecycle[NoticeFacts]] = Lifecycle(
    name="notice",
    start_states=("PLANNED", "SUPPRESSED"),
    moves=(
        Move("PLANNED", "SENDING", "notice:send", "system", guard="stands"),
        Move("SENDING", "PLANNED", "notice:send", "system"),
        Move("SENDING", "SENT", "notice:send", "system"),
        Move("SENDING", "FAILED", "notice:send", "system"),
        Move("SENDING", "UNCERTAIN", "notice:send", "system"),
        Move("PLANNED", "TO_MAIL", "notice:send", "system", guard="paper"),
        Move("TO_MAIL", "SENT", "notice:send", guard="stands"),
        Move("PLANNED", "WITHDRAWN", "notice:send", "either", needs_reason=True),
        Move("TO_MAIL", "WITHDRAWN", "notice:send", "either", needs_reason=True),
        # the bill stood still and is in its step again
        Move("WITHDRAWN", "PLANNED", "notice:send", "system", guard="stands"),
        Move("PLANNED", "SUPPRESSED", "notice:send", "system", needs_reason=True),
    ),
    words={
        "PLANNED": T_("Goes soon"),
        "SENDING": T_("Is being sent"),
        "TO_MAIL": T_("Printed, not mailed yet"),
        "SENT": T_("Sent"),
        "UNCERTAIN": T_("It is not certain that it went"),
        "FAILED": T_("Did not go"),
        "WITHDRAWN": T_("Taken back before it went"),
        "SUPPRESSED": T_("Not sent"),
    },
    guards={
        "stands": Guard(
            lambda facts, _: facts.stands,
            T_("The bill was paid or stopped meanwhile: this notice is not sent any more."),
        ),
        "paper": Guard(lambda facts, _: facts.paper and facts.stands, T_("The paper of this letter is not made yet.")),
    },
)

OPEN: Final = ("PLANNED", "SENDING", "TO_MAIL")
"""A notice in one of these has not gone yet."""
GONE: Final = ("SENT", "UNCERTAIN")

WHY: Final[Mapping[str, Text]] = MappingProxyType({
    "no-consent": T_("They did not agree to be reached this way"),
    "no-address": T_("No address of this kind is on record"),
    "too-many": T_("They were written to often enough this week"),
    "deceased": T_("The patient has died"),
    "paid": T_("It was paid"),
    "insurance-reopened": T_("The insurance decides again"),
    "held": T_("The account is not asked now"),
    "moved": T_("The bill has moved on"),
    "address-changed": T_("The address changed, or is not used any more"),
    "turned-down": T_("The address does not take messages"),
    "not-set-up": T_("Text messages are not set up here"),
    "mailed": T_("Mailed"),
})  # fmt: skip
"""Why a notice did not go, by code."""


def ways(state: str, steps: Steps, allowed: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Each way of a step's notice with why it is not taken, empty where it is; a letter where nothing else may go.

    `allowed` are the ways that the patient agreed to and that have an address; a letter needs no agreement.
    """
    wanted = steps.ways_of(state)
    found = [(way, "" if way == LETTER or way in allowed else "no-consent") for way in wanted]
    if wanted and all(why for _, why in found):
        found.append((LETTER, ""))
    return tuple(found)


def window(at: datetime, zone: str, steps: Steps) -> datetime:
    """The first instant at or after `at` at which a message may go, in UTC: within the hours of the practice's own day.

    47 CFR 64.1200(c)(1) and 12 CFR 1006.6(b)(1)(i) take 8 in the morning to 9 in the evening; ours are within them.
    None on federal holidays, and on Sundays only where the practice wants it.
    """
    local = at.astimezone(ZoneInfo(zone))
    if local.hour >= steps.to_hour:
        local = _morning(local + timedelta(days=1), steps)
    elif local.hour < steps.from_hour:
        local = _morning(local, steps)
    while _rests(local, steps):
        local = _morning(local + timedelta(days=1), steps)
    return max(local.astimezone(UTC), at.astimezone(UTC))


def may_go(at: datetime, zone: str, steps: Steps) -> bool:
    """Whether a message may go at this instant."""
    return window(at, zone, steps) == at.astimezone(UTC)


def _morning(local: datetime, steps: Steps) -> datetime:
    return datetime.combine(local.date(), time(steps.from_hour), local.tzinfo)


def _rests(local: datetime, steps: Steps) -> bool:
    day = local.date()
    return day in federal_holidays(day.year) or (day.weekday() == _SUNDAY and not steps.on_sundays)
