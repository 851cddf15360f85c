"""Contacts with payers and agencies: what is kept of a call, a letter or a message, and what comes of it on which day.

A contact is a record: once kept it is corrected by another one, never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.practices import STATES, is_phone, is_zip
from portal.domain.texts import T_, Text
from portal.domain.typed import one_line, plain

ABOUT: Final = ("claim", "authorization", "payer")
"""What a contact is about, by table; a payer's are about none of its patients."""

CHANNELS: Final[Mapping[str, Text]] = MappingProxyType({
    "call": T_("Call"), "portal": T_("Message on the payer's portal"), "letter": T_("Letter"), "fax": T_("Fax"),
    "visit": T_("Visit"),
})  # fmt: skip

OUT, IN = "out", "in"
DIRECTIONS: Final[Mapping[str, Text]] = MappingProxyType({
    OUT: T_("We turned to the payer"), IN: T_("The payer turned to us"),
})  # fmt: skip

ELSEWHERE: Final = "elsewhere"
"""The correction that leaves nothing standing here."""
CORRECTIONS: Final[Mapping[str, Text]] = MappingProxyType({
    "mistyped": T_("Something was written wrong"), "incomplete": T_("Something was missing"),
    ELSEWHERE: T_("It does not belong here"),
})  # fmt: skip
"""Why a contact is followed by a corrected one."""

MOST_PERSON, MOST_REFERENCE, MOST_WORDS, MOST_NEXT = 120, 60, 4_000, 400
"""Letters of each part, at most."""
_FURTHEST = timedelta(days=366)
_EARLIEST = date(2000, 1, 1)
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact as it is kept; `day` and `time` ("14:05", or None) are the practice's own.

    `next_on` is the day of the next step, None where nothing has to follow.
    """

    channel: str
    direction: str
    day: date
    time: str | None
    person: str | None
    reference: str | None
    words: str
    next_step: str | None
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Desk:
    """A department of a payer as a practice reaches it: phone and fax of ten digits, an address or none."""

    name: str
    phone: str | None
    fax: str | None
    address: Mapping[str, str] | None


def read(given: Mapping[str, str], today: date, kept_on: date | None = None) -> Contact:
    """A contact from what was typed; raises Refused whose code names the field and whose text says what to do.

    `kept_on` is the next day of the one that is corrected: it may stay, though it is past.
    """
    channel, direction = given.get("channel", ""), given.get("direction", "")
    if channel not in CHANNELS:
        raise Refused(T_("Choose how you were in contact."), code="channel")
    if direction not in DIRECTIONS:
        raise Refused(T_("Choose who turned to whom."), code="direction")
    day, time = _day(given.get("day", "")), given.get("time", "").strip()
    if day is None or not _EARLIEST <= day <= today:
        raise Refused(T_("Give the day of the contact. It cannot lie ahead."), code="day")
    if time and _TIME.fullmatch(time) is None:
        raise Refused(T_("Write the time as 14:05, or leave it empty."), code="time")
    words = plain(given.get("words", ""), "words", MOST_WORDS)
    if not words:
        raise Refused(T_("Write down what was said."), code="words")
    next_step, next_on = follow_up(given, today, kept_on)
    return Contact(
        channel, direction, day, time or None, one_line(given.get("person", ""), "person", MOST_PERSON),
        one_line(given.get("reference", ""), "reference", MOST_REFERENCE), words, next_step, next_on,
    )  # fmt: skip


def follow_up(given: Mapping[str, str], today: date, kept_on: date | None = None) -> tuple[str | None, date | None]:
    """What comes next and on which day; raises Refused for a step without a day, and for a day past or far ahead."""
    step, typed = plain(given.get("next_step", ""), "next_step", MOST_NEXT), given.get("next_on", "").strip()
    if not typed:
        if step:
            raise Refused(T_("Say on which day that comes next, or leave both empty."), code="next_on")
        return None, None
    day = _day(typed)
    if day is None or (day != kept_on and not today <= day <= today + _FURTHEST):
        raise Refused(T_("The next day is today or later, and within a year."), code="next_on")
    return step, day


def read_desk(given: Mapping[str, str]) -> Desk:
    """A payer's department from what was typed; raises Refused whose code names the field."""
    name = one_line(given.get("name", ""), "name", 80)
    if name is None:
        raise Refused(T_("Name the department, such as Claims or Appeals."), code="name")
    phone, fax = (_number(given.get(field, ""), field) for field in ("phone", "fax"))
    address = _address(given)
    if phone is None and fax is None and address is None:
        raise Refused(T_("Give a phone number, a fax number or an address."), code="phone")
    return Desk(name, phone, fax, address)


def _number(typed: str, field: str) -> str | None:
    digits = re.sub(r"[\s().+-]", "", typed)
    digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
    if not digits:
        return None
    if not (digits.isascii() and is_phone(digits)):
        raise Refused(T_("Write the number with its ten digits."), code=field)
    return digits


def _address(given: Mapping[str, str]) -> dict[str, str] | None:
    names = ("line1", "line2", "city", "state", "postal_code")
    found = {name: one_line(given.get(name, ""), name, 80) or "" for name in names}
    if not any(found.values()):
        return None
    found["state"], found["postal_code"] = found["state"].upper(), found["postal_code"].replace("-", "")
    for name, wrong in (("line1", not found["line1"]), ("city", not found["city"])):
        if wrong:
            raise Refused(T_("An address needs street or box, city, state and ZIP code."), code=name)
    if found["state"] not in STATES:
        raise Refused(T_("Write the state with its two letters."), code="state")
    if not is_zip(found["postal_code"]):
        raise Refused(T_("A ZIP code has five or nine digits."), code="postal_code")
    return found


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
