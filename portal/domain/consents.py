"""By which ways a patient agreed to be reached, in which words, and who said so.

Nobody is written to by text message without agreement given beforehand (47 USC 227(b)(1)(A)(iii); 47 CFR 64.1200(a)),
nor by e-mail about what they owe. A letter needs none. What was agreed is kept with the words it was agreed to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from portal.domain.texts import T_, Text

EMAIL, SMS, LETTER, PAPERLESS = "email", "sms", "letter", "paperless"
CHANNELS: Final[Mapping[str, Text]] = MappingProxyType({
    EMAIL: T_("Email"), SMS: T_("Text message"), LETTER: T_("Letter"),
})  # fmt: skip
"""Ways by which a notice goes."""
NOTICES: Final[Mapping[str, Text]] = MappingProxyType({
    "PAST_DUE": T_("Reminder that a bill is open"), "FINAL_NOTICE": T_("Final notice"),
})  # fmt: skip
"""What a notice is, by the step of a bill that sends it."""
LANGUAGES: Final[Mapping[str, Text]] = MappingProxyType({"en_US": T_("English"), "es_US": T_("Spanish")})
"""What bills, letters, mails and pages can be written in."""

BY: Final[Mapping[str, Text]] = MappingProxyType({
    "portal": T_("on the website"), "office": T_("told to the office"), "link": T_("by the link in a message"),
    "reply": T_("by answering a text message"), "form": T_("on a signed form"),
})  # fmt: skip
"""How a choice came."""
BY_OFFICE: Final = ("office", "form")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one agreement, with their version: a change of the words is a new version."""

    channel: str
    version: int
    title: Text
    text: Text


WORDINGS: Final[Mapping[str, Wording]] = MappingProxyType({
    EMAIL: Wording(
        EMAIL, 1, T_("Email about my bills"),
        T_("You may write to my email address when a bill is ready, when it is due, and about payments. An email never "
           "says what the bill is for, or how much it is. I can stop this at any time."),
    ),
    SMS: Wording(
        SMS, 1, T_("Text messages about my bills"),
        T_("You may send text messages to my phone about my bills, also by machine. I do not have to agree to be "
           "treated. How often depends on my bills. My phone company may charge for them. I can stop this at any "
           "time: I answer STOP."),
    ),
    PAPERLESS: Wording(
        PAPERLESS, 1, T_("No paper bills"),
        T_("Do not mail my bills on paper. I read them here, and an email tells me when there is a new one. I can ask "
           "for paper again at any time. A final notice still comes by letter."),
    ),
})  # fmt: skip
"""What is agreed to, in its present words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands for one way: whether it is allowed, in which words, how it came."""

    channel: str
    allowed: bool
    wording_version: int
    by: str


_REPLIES: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    "stop": frozenset({
        "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "alto", "parar", "cancelar",
    }),
    "start": frozenset({"start", "unstop", "yes", "si", "sí", "empezar"}),
    "help": frozenset({"help", "info", "ayuda"}),
})  # fmt: skip


def read_reply(words: str) -> str | None:
    """What an answered text message asks: stop, start, help, or None; single words as carriers take them (CTIA)."""
    said = "".join(sign for sign in words.casefold() if sign.isalnum() or sign.isspace()).split()
    if len(said) != 1:
        return None
    word = said[0]
    if word in {
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "alto",
        "parar",
        "cancelar",
    }:
        return "stop"
    if word in {"start", "unstop", "yes", "si", "sí", "empezar"}:
        return "start"
    return "help" if word in {"help", "info", "ayuda"} else None
