"""Letters to payers: the templates that come with the house, filled from a claim or an authorization, then edited."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.domain.typed import plain

GAP: Final = "[["
"""Opens what the writer has to put in; a letter in which it is left is not made."""

SENT_BY: Final = ("letter", "fax", "portal")
"""Channels of `domain.contacts` by which a letter goes."""

MOST_BODY, MOST_LINES = 8_000, 12

_LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x180)} - {0x132, 0x133, 0x149, 0x17F}
_MARKS = {0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x20AC, 0x2212}
PRINTED: Final = frozenset(map(chr, _LATIN | _MARKS))
"""The signs that paper has: those of the typeface's Latin cut. Others would come out as empty boxes."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a template is filled with; `number` is ours, `payer_number` the payer's. None where it is not known."""

    about: str
    """claim or authorization."""
    payer_name: str
    practice_name: str
    npi: str
    tax_id: str
    phone: str
    patient_name: str
    birth_date: date
    member: str
    group: str | None
    number: str
    payer_number: str | None
    first: date
    last: date | None
    services: str
    clinician: str | None
    charged: Money | None
    sent_on: date | None
    denied: tuple[str, ...] = ()
    """Reasons that the payer gave, as codes: "CO 50"."""


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of letter: its subject, its paragraphs, and what comes next when it is sent, in so many days."""

    title: Text
    subject: Text
    paragraphs: tuple[Text, ...]
    next_step: Text
    days: int
    about: tuple[str, ...] = ("claim", "authorization")


@dataclass(frozen=True, slots=True)
class Draft:
    """A template filled in, not yet said in a language."""

    subject: Text
    rows: tuple[tuple[Text, Text | str], ...]
    paragraphs: tuple[Text, ...]
    next_step: Text


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was edited and is kept: plain words, nothing left to fill in."""

    template: str
    channel: str
    to: tuple[str, ...]
    subject: str
    paragraphs: tuple[str, ...]
    enclosures: tuple[str, ...] = field(default=())


_CLOSING = T_("Please call us at {phone} with any question.")
TEMPLATES: Final[Mapping[str, Template]] = MappingProxyType({
    "status-inquiry": Template(
        T_("Ask where it stands"),
        T_("Where does this stand?"),
        (
            T_("To whom it may concern:"),
            T_("We have no final answer from you on what is named above. Please tell us where it stands, when you expect to decide, and what you still need from us, if anything."),  # noqa: E501 - one paragraph, one message
            T_("If you do not have it on file, please tell us so in writing, so that we can send it again in time."),
            _CLOSING,
        ),
        T_("Ask again if there is no answer"), 14,
    ),
    "reconsideration": Template(
        T_("Ask for reconsideration"),
        T_("Request for reconsideration"),
        (
            T_("To whom it may concern:"),
            T_("Please look again at your decision on what is named above."),
            T_("[[Say here why the decision is wrong, and what in the record shows it.]]"),
            T_("Please send us your new decision in writing, with the reason and the rule or clinical criteria that it rests on. We keep all further rights of appeal."),  # noqa: E501 - one paragraph, one message
            _CLOSING,
        ),
        T_("Look for the new decision"), 30,
    ),
    "records-enclosed": Template(
        T_("Send records"),
        T_("Records enclosed"),
        (
            T_("To whom it may concern:"),
            T_("Enclosed are the records for what is named above. We send no more of the record than is needed to decide on it."),  # noqa: E501 - one paragraph, one message
            T_("Please decide on it now, and tell us that these records arrived."),
            _CLOSING,
        ),
        T_("Ask whether the records arrived"), 10,
    ),
    "information": Template(
        T_("Answer a request for information"),
        T_("Answer to your request for information"),
        (
            T_("To whom it may concern:"),
            T_("You asked us for information on what is named above. This is our answer:"),
            T_("[[Write the answer here.]]"),
            T_("With this you have what you asked for. Please decide on it now."),
            _CLOSING,
        ),
        T_("Look whether it went on"), 10,
    ),
})  # fmt: skip


def fill(name: str, facts: Facts) -> Draft:
    """A template filled from a claim or an authorization; raises Refused for one that is none."""
    template = TEMPLATES.get(name)
    if template is None or facts.about not in template.about:
        raise Refused(T_("Choose which letter it is."), code="template")
    phone = MappingProxyType({"phone": facts.phone})
    said = tuple(Text(each.message, phone) if "{phone}" in each.message else each for each in template.paragraphs)
    return Draft(template.subject, rows(facts), said, template.next_step)


def rows(facts: Facts) -> tuple[tuple[Text, Text | str], ...]:
    """What a letter is about, as its head says it: no more of the patient than a payer needs to find it."""
    claim = facts.about == "claim"
    days = _span(facts.first, facts.last)
    pairs: list[tuple[Text, Text | str | None]] = [
        (T_("Patient"), T_("{name}, born {day}", name=facts.patient_name, day=facts.birth_date)),
        (T_("Member ID"), facts.member),
        (T_("Group number"), facts.group),
        (T_("Our claim number") if claim else T_("Our request number"), facts.number),
        (T_("Your claim number") if claim else T_("Your authorization number"), facts.payer_number),
        (T_("Dates of service") if claim else T_("Dates asked for"), days),
        (T_("Services"), facts.services),
        (T_("Clinician"), facts.clinician),
        (T_("Charged"), None if facts.charged is None else T_("{sum}", sum=facts.charged)),
        (T_("Your reasons"), ", ".join(facts.denied)),
        (T_("Sent to you on"), None if facts.sent_on is None else T_("{day}", day=facts.sent_on)),
        (T_("Billing provider"), T_("{name}, NPI {npi}, tax ID {tax_id}", name=facts.practice_name, npi=facts.npi,
                                    tax_id=f"{facts.tax_id[:2]}-{facts.tax_id[2:]}")),
    ]  # fmt: skip
    return tuple((word, said) for word, said in pairs if said)


def _span(first: date, last: date | None) -> Text:
    if last is None or last == first:
        return T_("{day}", day=first)
    return T_("{first} to {last}", first=first, last=last)


def read(given: Mapping[str, str]) -> Letter:
    """A letter from what was edited; raises Refused whose code names the field and whose text says what to do."""
    given = {name: unicodedata.normalize("NFC", text).replace("\t", " ") for name, text in given.items()}
    template, channel = given.get("template", ""), given.get("channel", "")
    if template not in TEMPLATES:
        raise Refused(T_("Choose which letter it is."), code="template")
    if channel not in SENT_BY:
        raise Refused(T_("Choose how it goes to the payer."), code="channel")
    to = _lines(given.get("to", ""), "to")
    if len(to) < 2:
        raise Refused(T_("Write name and address of the payer, line by line."), code="to")
    subject = plain(given.get("subject", ""), "subject", 120)
    if subject is None or "\n" in subject:
        raise Refused(T_("Give the letter a subject of one line."), code="subject")
    body = plain(given.get("body", ""), "body", MOST_BODY)
    if body is None:
        raise Refused(T_("There is nothing in the letter."), code="body")
    if GAP in body:
        raise Refused(T_("Fill in what stands between [[ and ]] first."), code="body")
    enclosures = _lines(given.get("enclosures", ""), "enclosures")
    _print("to", *to)
    _print("subject", subject)
    _print("body", *body.split("\n"))
    _print("enclosures", *enclosures)
    paragraphs = tuple(part.strip() for part in body.split("\n\n") if part.strip())
    return Letter(template, channel, to, subject, paragraphs, enclosures)


def _print(name: str, *lines: str) -> None:
    """Raise Refused where a letter holds a sign that paper lacks, or one that turns the order of letters round."""
    lacking = sorted(set("".join(lines)) - PRINTED)
    if lacking:
        signs = " ".join(sign if sign.isprintable() else f"U+{ord(sign):04X}" for sign in lacking[:8])
        raise Refused(T_("Paper cannot show these signs: {signs}. Write them otherwise.", signs=signs), code=name)


def _lines(typed: str, name: str) -> tuple[str, ...]:
    text = plain(typed, name, 1_200) or ""
    found = tuple(line.strip() for line in text.split("\n") if line.strip())
    if len(found) > MOST_LINES:
        raise Refused(T_("There are more than {n} lines. Leave some out.", n=MOST_LINES), code=name)
    return found


def dump(letter: Letter, sheet: Mapping[str, Any], said_rows: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A letter as it is kept and handed to the paper: plain JSON.

    `sheet` has practice {"name", "lines", "phone"}, sender, number (ours), made_on (ISO); `said_rows` word and value.
    """
    return {
        **sheet, "to": list(letter.to), "subject": letter.subject, "rows": [list(row) for row in said_rows],
        "paragraphs": list(letter.paragraphs), "enclosures": list(letter.enclosures),
    }  # fmt: skip
