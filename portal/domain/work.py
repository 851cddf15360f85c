"""How people see and take the work in the queues: narrowing, order, putting off, and what a step with an item is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

VIEWS: Final[Mapping[str, Text]] = MappingProxyType({
    "all": T_("All"), "mine": T_("With me"), "unassigned": T_("With nobody"), "due": T_("Due now"),
    "skipped": T_("Put off"),
})  # fmt: skip

SORTS: Final[Mapping[str, Text]] = MappingProxyType({
    "due": T_("Due day"), "priority": T_("Priority"), "age": T_("Age, oldest first"),
    "amount": T_("Amount, highest first"), "payer": T_("Payer"), "reason": T_("Reason"),
})  # fmt: skip
"""Orders of a queue, all by open columns; what is sealed is never sorted by."""

DUE_WITHIN: Final = (0, 3, 7, 14, 30)
OVER_CENTS: Final = (10_000, 50_000, 100_000, 500_000)
"""What the form offers; any other number in an address is as good."""

SKIP_REASONS: Final[Mapping[str, Text]] = MappingProxyType({
    "payer": T_("Waits for the payer"), "patient": T_("Waits for the patient"),
    "practice": T_("Waits for the practice or clinician"), "record": T_("A record is missing"),
    "site": T_("A website or line was down"), "other": T_("Another reason, in the note"),
})  # fmt: skip
"""Why an item is put off; short and open, so that reasons can be counted."""

MOST_DAYS_OFF: Final = 60
"""No item is put off further: what waits longer is looked at again in between."""

NOTE_LETTERS: Final = 2_000
NAME_LETTERS: Final = 60

TAKEN, GIVEN, PUT_BACK, SKIPPED, DUE, NOTE, ANSWERED = (
    "taken", "given", "put-back", "skipped", "due", "note", "answered",
)  # fmt: skip
"""What a kept step with an item was."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A view of a queue, narrowed and ordered by open columns only; '' and None leave a condition out. Ids are hex."""

    view: str = "all"
    reason: str = ""
    payer: str = ""
    owner: str = ""
    due_days: int | None = None
    over_cents: int | None = None
    sort: str = "due"

    def pairs(self) -> dict[str, str]:
        """As it stands in an address and is kept under a name: what differs from the whole queue by due day."""
        found = {
            "view": self.view, "reason": self.reason, "payer": self.payer, "owner": self.owner,
            "due": "" if self.due_days is None else str(self.due_days),
            "over": "" if self.over_cents is None else str(self.over_cents), "sort": self.sort,
        }  # fmt: skip
        plain = {"view": "all", "sort": "due"}
        return {name: value for name, value in found.items() if value and value != plain.get(name)}

    @property
    def narrows(self) -> bool:
        """Whether anything but view and order is chosen."""
        return replace(self, view="all", sort="due") != Narrowing()


def narrowing(given: Mapping[str, str]) -> Narrowing:
    """Read one from an address, a form or what was kept; what is none of ours is left out, as if not given."""
    view, sort = given.get("view", ""), given.get("sort", "")
    return Narrowing(
        view if view in VIEWS else "all", _code(given.get("reason", "")), _id(given.get("payer", "")),
        _id(given.get("owner", "")), _number(given.get("due", ""), 3_650), _number(given.get("over", ""), 10**12),
        sort if sort in SORTS else "due",
    )  # fmt: skip


def skip_until(text: str, today: date) -> date:
    """The day on which a put-off item comes back; raises Refused `skip-day` for none, a past one or one too far."""
    day = day_of(text)
    if day is None or not today < day <= today + timedelta(days=MOST_DAYS_OFF):
        raise Refused(
            T_("Choose the day on which it comes back: after today, and within {n} days.", n=MOST_DAYS_OFF),
            code="skip-day",
        )
    return day


def new_due(text: str, today: date) -> date:
    """A due day that people set; raises Refused `due-day` for none, a past one, or one over a year away."""
    day = day_of(text)
    if day is None or not today <= day <= today + timedelta(days=366):
        raise Refused(T_("Choose a due day from today on, within a year."), code="due-day")
    return day


def day_of(text: str) -> date | None:
    """A day as a browser's date field sends it."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _number(text: str, most: int) -> int | None:
    text = text.strip()
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 15 else None


def _code(text: str) -> str:
    """A reason's code; what no database takes, and no reason has, is left out."""
    return "".join(filter(str.isprintable, text))[:40]


def _id(text: str) -> str:
    text = text.strip().lower()
    return text if len(text) == 32 and set(text) <= set("0123456789abcdef") else ""
