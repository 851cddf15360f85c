"""Users: how wrong tries slow down guessing, and how long a session lasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from portal.domain.texts import T_, Text

FREE_FAILURES = 4
"""Wrong tries before waiting begins: people mistype."""

MOST_FAILURES = 50
"""Consecutive wrong tries after which the factor is disabled (SP 800-63B-4 3.2.2 allows at most 100)."""

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many consecutive failures: nought to the 4th, then doubling up to 15 minutes."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(failures - FREE_FAILURES - 1, 16)), LONGEST_WAIT)


def next_try_at(failures: int, last_failure_at: datetime | None) -> datetime | None:
    """When the next try is taken at the earliest; None when it may be now."""
    wait = wait_after(failures)
    return None if last_failure_at is None or not wait else last_failure_at + wait


def is_disabled(failures: int) -> bool:
    """Whether the factor is disabled until it is reset."""
    return failures >= MOST_FAILURES


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session may lie idle and how long it may last (SP 800-63B-4 2.2.3; 45 CFR 164.312(a)(2)(iii))."""

    idle: timedelta
    absolute: timedelta


USUAL_LIMITS = SessionLimits(idle=timedelta(minutes=15), absolute=timedelta(hours=12))
STRICT_LIMITS = SessionLimits(idle=timedelta(minutes=10), absolute=timedelta(hours=8))

STRICT_ROLES = frozenset({"administrator", "compliance-officer"})
"""Roles that see everything or change who may."""


def session_limits(roles: Iterable[str]) -> SessionLimits:
    """The limits of a session by the roles it wears: the strictest of them."""
    return STRICT_LIMITS if STRICT_ROLES.intersection(roles) else USUAL_LIMITS


def session_end(
    limits: SessionLimits, started_at: datetime, last_active_at: datetime, now: datetime
) -> Literal["idle", "absolute"] | None:
    """Why a session has ended by now, or None while it lasts; at the very limit it still lasts."""
    if now - started_at > limits.absolute:
        return "absolute"
    return "idle" if now - last_active_at > limits.idle else None


ROLE_WORDS: dict[str, Text] = {
    "patient": T_("patient"),
    "guarantor": T_("guarantor"),
    "clinician": T_("clinician"),
    "charge-clerk": T_("charge clerk"),
    "coder": T_("coder"),
    "coding-manager": T_("coding manager"),
    "qa-auditor": T_("QA auditor"),
    "biller": T_("biller"),
    "payment-poster": T_("payment poster"),
    "denial-specialist": T_("denial specialist"),
    "billing-manager": T_("billing manager"),
    "payer-user": T_("payer"),
    "compliance-officer": T_("compliance officer"),
    "administrator": T_("administrator"),
    "system": T_("the system"),
}
"""Roles of `access.roles` in words; a house test compares the names."""
