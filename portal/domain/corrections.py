"""How a claim that was sent goes again: as an original (1), a replacement (7) or a void (8), and what may never happen.

Workflows 1; X12 RFI 1538, 2110, 2173: an original must not carry the payer's claim number, the other two must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from portal.domain.encounters import CODING_ERRORS
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

Frequency = Literal["1", "7", "8"]

UNSENT = frozenset({"DRAFT", "READY", "HELD"})
WITH_PAYER = frozenset({"SUBMITTED", "ACCEPTED", "PENDED"})
ANSWERED = frozenset({"ADJUDICATED", "CLOSED"})

REPLACES: Mapping[str, Text] = MappingProxyType({
    **CODING_ERRORS,
    "registration": T_("The patient's or subscriber's data was wrong and is corrected"),
    "coverage": T_("The coverage was wrong and is corrected"),
    "practice": T_("The clinician's or the practice's own data was wrong and is corrected"),
})  # fmt: skip
"""What a replacement corrects; for an error of coding the visit goes back to the coder first."""
VOIDS: Mapping[str, Text] = MappingProxyType({
    "not-rendered": T_("The service was not given"),
    "wrong-patient": T_("It was billed for the wrong patient"),
    "wrong-payer": T_("It was billed to the wrong insurance"),
    "billed-twice": T_("It was billed twice"),
})  # fmt: skip
"""Why a claim should never have gone to this payer."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a claim that may go again."""

    state: str
    adjudicated: bool
    """A payment or denial of the payer's stands or stood on it: never again an original."""
    payer_control: bool
    """The payer's own number of it is known (CLP07, or REF*1K of a 277CA)."""
    under_way: bool = False
    """A replacement or void of it is being prepared or asked for."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way for a claim to go again: whether it may, and why or why not."""

    frequency: Frequency
    possible: bool
    why: Text


def ways(known: Evidence) -> tuple[Way, ...]:
    """The three ways, each with the reason for or against it."""
    return (_original(known), _replacement(known), _void(known))


def stands(frequency: str, state: str, claim_state: str) -> bool:
    """Whether a correction that was not sent still fits where its claim stands; else it is given up by itself."""
    if frequency == "7":
        return claim_state == "ADJUDICATED"
    return claim_state in (WITH_PAYER | ANSWERED if state == "REQUESTED" else {"VOID_PENDING"})


def proposed(known: Evidence) -> Frequency | None:
    """The way that fits a claim whose content was wrong; None when it is not to go again now."""
    possible = {way.frequency for way in ways(known) if way.possible}
    return "1" if "1" in possible else "7" if "7" in possible else None


def _original(known: Evidence) -> Way:
    if known.adjudicated:
        why = T_(
            "Never again as an original: the payer has answered it, and a second original is denied as a duplicate."
        )
        return Way("1", False, why)
    if known.state == "REJECTED":
        return Way("1", True, T_("It was rejected before the payer took it in, so it goes again as an original."))
    if known.state == "WITHDRAWN":
        return Way("1", False, T_("It was withdrawn and never sent."))
    if known.state in UNSENT:
        return Way("1", False, T_("It was not sent yet: correct it where it lies."))
    return Way("1", False, T_("It is with the payer: a second original would be a duplicate. Wait for the answer."))


def _replacement(known: Evidence) -> Way:
    if known.under_way:
        return Way("7", False, T_("A replacement or void of it is under way already."))
    if known.state == "CLOSED":
        return Way(
            "7", False, T_("It is closed, with nothing owed by anybody. It is replaced only after it opens again.")
        )
    if known.state == "REJECTED" and known.adjudicated:
        return Way(
            "7",
            False,
            T_("Its replacement was rejected: correct that and make it ready, or give it up. It stays a replacement."),
        )
    if known.state != "ADJUDICATED":
        return Way("7", False, T_("The payer has not decided about it, so there is nothing to replace."))
    if not known.payer_control:
        return Way("7", False, NO_NUMBER)
    return Way("7", True, T_("The payer has answered it: what was wrong is corrected by a replacement."))


def _void(known: Evidence) -> Way:
    if known.under_way:
        return Way("8", False, T_("A replacement or void of it is under way already."))
    if known.state not in WITH_PAYER | ANSWERED:
        return Way("8", False, T_("The payer does not have it, so there is nothing to void."))
    if not known.payer_control:
        return Way("8", False, NO_NUMBER)
    return Way("8", True, T_("If it should never have been billed to this payer. A manager approves it."))


NO_NUMBER = T_(
    "The payer's own claim number is not known. It comes with the remittance; without it the payer cannot tell which"
    " claim is meant."
)
OPEN_STATES = ("REQUESTED", "OPEN", "READY")


@dataclass(frozen=True, slots=True)
class CorrectionFacts:
    """What the guards of a correction may know; ids are user ids."""

    actor: bytes | None = None
    requested_by: bytes | None = None
    clean: bool = False
    """No edit stops the claim as it would go now."""
    replacement: bool = False
    """It is a replacement, and no void."""
    turned_away: bool = False
    """The payer rejected what went, and never decided about it."""


LIFE: Lifecycle[CorrectionFacts] = Lifecycle(
    name="correction",
    start_states=("REQUESTED", "OPEN"),
    moves=(
        Move("REQUESTED", "OPEN", "claim:void-approve", guard="another"),
        Move("OPEN", "READY", "claim:edit", "either", guard="clean"),
        Move("READY", "OPEN", "claim:edit", "either"),
        Move("READY", "SENT", "claim:submit", "either"),
        # A void by the payer's answer or a person; a replacement that is rejected stays what it is until a person
        # gives it up.
        Move("SENT", "REFUSED", "claim:acknowledge", "either", guard="refused", needs_reason=True),
        *(Move(frm, "CANCELLED", "claim:edit", "either", needs_reason=True) for frm in OPEN_STATES),
    ),
    words={
        "REQUESTED": T_("Void asked for"),
        "OPEN": T_("Being prepared"),
        "READY": T_("Ready to send"),
        "SENT": T_("Sent"),
        "REFUSED": T_("Refused by the payer"),
        "CANCELLED": T_("Given up"),
    },
    guards={
        "another": Guard(
            lambda facts, _: facts.actor is not None and facts.actor != facts.requested_by,
            T_("A void is approved by a manager other than the one who asked for it."),
        ),
        "refused": Guard(
            lambda facts, _: not facts.replacement or (facts.turned_away and facts.actor is not None),
            T_("A replacement that went is given up by a person, after the payer rejected it and before it decided."),
        ),
        "clean": Guard(
            lambda facts, _: facts.clean,
            T_("The claim still has findings that block it. Mend them; each says how."),
        ),
    },
)
VOIDED = T_("The void is done. Bill the right insurance, or take the charges back.")
"""What is left to do when a claim is voided."""
CANCELS: Mapping[str, Text] = MappingProxyType({
    "not-needed": T_("It is not needed after all"),
    "refused": T_("A manager did not approve it"),
    "answered": T_("The payer's answer changed meanwhile"),
})  # fmt: skip
DROPS: Mapping[str, Text] = MappingProxyType({
    "not-needed": T_("It is not needed after all"),
    "first-stands": T_("The payer's first answer was right"),
    "no-more": T_("The payer takes no more replacements of it"),
})  # fmt: skip
"""Why a replacement that the payer rejected is given up and not corrected."""
REFUSALS: Mapping[str, Text] = MappingProxyType({
    "stands": T_("The payer says that its decision stands"),
    "unknown-number": T_("The payer does not find a claim under the number"),
    "too-late": T_("The payer takes no more voids of it"),
    "other-way": T_("The payer wants it another way than by a void"),
})  # fmt: skip
"""What a payer told a person, by phone, letter or portal, when it refused a void; a 277CA says it by itself."""
WORDS: Mapping[tuple[str, str], Text] = MappingProxyType({
    ("7", "OPEN"): T_("The replacement is stopped by a finding."),
    ("7", "READY"): T_("The replacement is ready to be sent."),
    ("8", "OPEN"): T_("The void is approved, but a finding stops it."),
    ("8", "READY"): T_("The void is approved and ready to be sent."),
})  # fmt: skip
"""What waits about a claim, by frequency and state of its correction."""
OVERTAKEN: Mapping[str, Text] = MappingProxyType({
    "7": T_("The payer's answer changed, so the replacement was given up. See whether it is still needed."),
    "8": T_("The payer's answer changed, so the void was given up. See whether it is still needed."),
})  # fmt: skip
RECODED = T_("The replacement was given up, and the visit was coded anew for it. See which codes are right.")
PAID_MEANWHILE = T_("The payer answered while the void was out. Ask whether it takes the void.")
