"""Tasks for patients: what may be asked of them, and how each answer is read and told again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.practices import STATES, is_phone, is_zip, phone_written
from portal.domain.texts import T_, Text
from portal.domain.typed import one_line

Answer = Mapping[str, str]
"""What a patient answered: plain words and codes by field, days as YYYY-MM-DD."""
Told = tuple[tuple[Text, Text | str | date], ...]
"""An answer as it is read: what was asked, and what was said."""

COVERAGE, ACCIDENT, SIGNATURE, DOCUMENT, DEMOGRAPHICS = (
    "other-coverage", "accident", "signature", "document", "demographics",
)  # fmt: skip
TASKS: Final[Mapping[str, Text]] = MappingProxyType({
    COVERAGE: T_("Tell us about other insurance"),
    ACCIDENT: T_("Tell us whether it was an accident"),
    DEMOGRAPHICS: T_("Check your address and phone number"),
    DOCUMENT: T_("Send us a copy"),
    SIGNATURE: T_("Read and sign"),
})  # fmt: skip
"""Every task as its title."""

NEEDS: Final[Mapping[str, Text]] = MappingProxyType({
    COVERAGE: T_("Whether there is other insurance"),
    ACCIDENT: T_("Whether it was an accident"),
    DEMOGRAPHICS: T_("Whether address and phone are right"),
    DOCUMENT: T_("A copy of something"),
    SIGNATURE: T_("A signature"),
})  # fmt: skip
"""Every task as the office chooses it."""

WHY: Final[Mapping[str, Text]] = MappingProxyType({
    COVERAGE: T_("A plan wants to know whether another plan pays first. Until it knows, it may not pay."),
    ACCIDENT: T_("A plan wants to know whether somebody else has to pay, such as an employer or a car insurance."),
    DEMOGRAPHICS: T_("We want to reach you, and plans turn down bills with an old address."),
    DOCUMENT: T_("We need it to bill your plan, or to answer what it asked."),
    SIGNATURE: T_("Without it some plans pay you instead of us, and we would have to bill you for all of it."),
})  # fmt: skip
"""Why it is asked, in one sentence for the patient."""

ACCIDENTS: Final[Mapping[str, Text]] = MappingProxyType({
    "no": T_("No, it was no accident"),
    "work": T_("Yes, at work"),
    "auto": T_("Yes, with a car or another vehicle"),
    "other": T_("Yes, another accident"),
})  # fmt: skip
_EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A text that patients sign; a change of its words is a new version."""

    version: str
    title: Text
    paragraphs: tuple[Text, ...]


AGREEMENTS: Final[Mapping[str, Agreement]] = MappingProxyType({
    "assignment-of-benefits": Agreement(
        "1",
        T_("Assignment of benefits"),
        (
            T_("I ask my insurance plans to pay this practice directly for the services it gave me."),
            T_("I allow this practice to tell my plans what they need to know to decide about these bills."),
            T_("This holds until I take it back in writing. What was done before then stays as it is."),
        ),
    ),
    "financial-policy": Agreement(
        "1",
        T_("Financial policy"),
        (
            T_("I pay what my plan says is my part, such as copay, deductible and coinsurance."),
            T_("If I have no plan, or my plan does not cover a service, I pay for it myself."),
            T_("If I cannot pay at once, I may ask for parts or for financial help, and nothing is held against me."),
        ),
    ),
})  # fmt: skip
"""What a signature task may ask for."""


def read(task: str, given: Mapping[str, str], today: date) -> Answer:
    """The answer to a task from what was typed; raises Refused whose code names the field and whose text helps."""
    return _READERS[task](given, today)


def told(answer: Answer) -> Told:
    """An answer as the office and the patient read it, in the order in which it was asked."""
    pairs: list[tuple[Text, Text | str | date]] = []
    for name, label in _LABELS.items():
        value = answer.get(name)
        if value is None:
            continue
        if name in {"has", "right"}:
            pairs.append((label, _YES if value == "yes" else _NO))
        elif name == "was":
            pairs.append((label, ACCIDENTS[value]))
        elif name in {"since", "day", "signed_on"}:
            pairs.append((label, date.fromisoformat(value)))
        elif name == "agreement":
            pairs.append((label, AGREEMENTS[value].title))
        else:
            pairs.append((label, phone_written(value) if name == "phone" else value))
    return tuple(pairs)


_YES, _NO = T_("Yes"), T_("No")
_LABELS: Final[Mapping[str, Text]] = MappingProxyType({
    "has": T_("Other insurance"), "payer": T_("Insurance plan"), "member_id": T_("Member ID"), "since": T_("Since"),
    "was": T_("Was it an accident?"), "day": T_("Day of the accident"), "where": T_("State where it happened"),
    "agreement": T_("Signed text"), "name": T_("Signed by"), "signed_on": T_("Signed on"),
    "right": T_("Address and phone are right"), "phone": T_("Phone"), "line1": T_("Street"),
    "line2": T_("More of the address"), "city": T_("City"), "state": T_("State"),
    "postal_code": T_("ZIP code"),
})  # fmt: skip


def _coverage(given: Mapping[str, str], today: date) -> Answer:
    has = _one_of(given, "has", {"yes", "no"}, T_("Choose yes or no."))
    if has == "no":
        return {"has": has}
    payer = _needed(given, "payer", 80, T_("Write the name of the plan, as it stands on its card."))
    member = _needed(given, "member_id", 40, T_("Write the member ID, as it stands on the card."))
    since = _day(given, "since", today, needed=False)
    return {"has": has, "payer": payer, "member_id": member} | ({"since": since.isoformat()} if since else {})


def _accident(given: Mapping[str, str], today: date) -> Answer:
    was = _one_of(given, "was", set(ACCIDENTS), T_("Choose what fits."))
    if was == "no":
        return {"was": was}
    day = _day(given, "day", today, needed=True)
    where = given.get("where", "").strip().upper()
    if (where or was == "auto") and where not in STATES:
        raise Refused(T_("Write the state with its two letters, such as OR."), code="where")
    return {"was": was, "day": day.isoformat() if day else ""} | ({"where": where} if where else {})


def _signature(given: Mapping[str, str], today: date) -> Answer:
    if given.get("agree") != "1":
        raise Refused(T_("Tick that you agree. If you do not, write to us instead."), code="agree")
    name = _needed(given, "name", 120, T_("Type your full name as your signature."))
    return {"name": name, "signed_on": today.isoformat()}


def _document(_given: Mapping[str, str], _today: date) -> Answer:
    return {}


def _demographics(given: Mapping[str, str], _today: date) -> Answer:
    right = _one_of(given, "right", {"yes", "no"}, T_("Choose whether it is right."))
    if right == "yes":
        return {"right": right}
    phone = "".join(each for each in given.get("phone", "") if each in "0123456789").removeprefix("1")
    if phone and not is_phone(phone):
        raise Refused(T_("Write the phone number with its ten digits."), code="phone")
    needed = T_("Write the whole address: street, city, state and ZIP code.")
    line1, city = (_needed(given, name, 80, needed) for name in ("line1", "city"))
    line2 = one_line(given.get("line2", ""), "line2", 80)
    state, postal = given.get("state", "").strip().upper(), given.get("postal_code", "").strip().replace("-", "")
    if state not in STATES:
        raise Refused(T_("Write the state with its two letters, such as OR."), code="state")
    if not is_zip(postal):
        raise Refused(T_("A ZIP code has five or nine digits."), code="postal_code")
    said = {"right": right, "phone": phone, "line1": line1, "line2": line2 or "", "city": city, "state": state}
    return {name: value for name, value in said.items() if value} | {"postal_code": postal}


_READERS: Final[Mapping[str, Callable[[Mapping[str, str], date], Answer]]] = MappingProxyType({
    COVERAGE: _coverage, ACCIDENT: _accident, SIGNATURE: _signature, DOCUMENT: _document, DEMOGRAPHICS: _demographics,
})  # fmt: skip


def _one_of(given: Mapping[str, str], field: str, known: set[str], text: Text) -> str:
    found = given.get(field, "")
    if found not in known:
        raise Refused(text, code=field)
    return found


def _needed(given: Mapping[str, str], field: str, most: int, text: Text) -> str:
    found = one_line(given.get(field, ""), field, most)
    if found is None:
        raise Refused(text, code=field)
    return found


def _day(given: Mapping[str, str], field: str, today: date, *, needed: bool) -> date | None:
    typed = given.get(field, "").strip()
    if not typed and not needed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = None
    if day is None or not _EARLIEST <= day <= today:
        raise Refused(T_("Choose the day. It cannot lie ahead."), code=field)
    return day
