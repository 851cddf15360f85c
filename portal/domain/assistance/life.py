"""The life of an application for help: the patient applies, one or two people decide, the patient may appeal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

GRANTED: Final = frozenset({"APPROVED", "PARTLY"})
OPEN: Final = frozenset({"SUBMITTED", "INCOMPLETE", "REVIEWED", "APPEALED"})
"""With the office, or waiting for papers: nothing is asked of the account meanwhile."""
DECIDED: Final = GRANTED | {"DENIED"}

REASONS: Final[Mapping[str, Text]] = MappingProxyType({
    "by-policy": T_("Household and income are within our rules"),
    "hardship": T_("Costs or a loss that the income does not show"),
    "above": T_("The income is above what our rules allow"),
    "not-shown": T_("The papers we asked for did not come"),
    "other-help": T_("Another program pays for this"),
    "papers": T_("Papers are missing"),
    "unclear": T_("We need to know more about household or income"),
    "mistake": T_("It was granted by mistake"),
    "untrue": T_("What was told us turned out not to be so"),
})  # fmt: skip
"""Why a step was taken, as the letter says it."""
GRANTS: Final = ("by-policy", "hardship")
DENIALS: Final = ("above", "not-shown", "other-help")
ASKS: Final = ("papers", "unclear")
REVOCATIONS: Final = ("mistake", "untrue")


@dataclass(frozen=True, slots=True)
class AssistanceFacts:
    """What the guards may know of an application."""

    complete: bool = False
    alone: bool = False
    """The sum is one that a single person decides, and no copay of a government plan is in it."""
    second: bool = False
    """Whoever decides is not who prepared it."""
    in_time: bool = False
    """The days for an appeal are not over."""


def _decisions(frm: str, permission: str, guard: str | None, denied: str | None = None) -> tuple[Move, ...]:
    return (
        Move(frm, "APPROVED", permission, guard=guard, needs_reason=True),
        Move(frm, "PARTLY", permission, guard=guard, needs_reason=True),
        Move(frm, "DENIED", permission, guard=denied, needs_reason=True),
    )


_OWN, _PREPARE, _DECIDE = "own-help:make", "assistance:prepare", "assistance:decide"

LIFE: Final[Lifecycle[AssistanceFacts]] = Lifecycle(
    name="assistance",
    start_states=("DRAFT",),
    moves=(
        Move("DRAFT", "SUBMITTED", _OWN, guard="complete"),
        Move("DRAFT", "WITHDRAWN", _OWN),
        Move("DRAFT", "EXPIRED", _PREPARE, "system"),
        Move("SUBMITTED", "INCOMPLETE", _PREPARE, needs_reason=True),
        Move("INCOMPLETE", "SUBMITTED", _OWN, guard="complete"),
        Move("INCOMPLETE", "DENIED", _PREPARE, needs_reason=True),
        Move("SUBMITTED", "REVIEWED", _PREPARE),
        Move("REVIEWED", "SUBMITTED", _DECIDE, needs_reason=True),
        *_decisions("SUBMITTED", _PREPARE, "alone"),
        *_decisions("REVIEWED", _DECIDE, "second", "second"),
        *_decisions("APPEALED", _DECIDE, None),
        Move("PARTLY", "APPEALED", _OWN, guard="in_time"),
        Move("DENIED", "APPEALED", _OWN, guard="in_time"),
        Move("SUBMITTED", "WITHDRAWN", _OWN),
        Move("INCOMPLETE", "WITHDRAWN", _OWN),
        Move("APPROVED", "REVOKED", _DECIDE, needs_reason=True),
        Move("PARTLY", "REVOKED", _DECIDE, needs_reason=True),
        Move("APPROVED", "EXPIRED", _PREPARE, "system"),
        Move("PARTLY", "EXPIRED", _PREPARE, "system"),
    ),
    words={
        "DRAFT": T_("Not sent yet"),
        "SUBMITTED": T_("We look at it"),
        "INCOMPLETE": T_("Something is missing"),
        "REVIEWED": T_("Waits for the decision"),
        "APPROVED": T_("Granted"),
        "PARTLY": T_("Granted in part"),
        "DENIED": T_("Not granted"),
        "APPEALED": T_("We look at it again"),
        "WITHDRAWN": T_("Taken back"),
        "REVOKED": T_("Taken back by us"),
        "EXPIRED": T_("Over"),
    },
    guards={
        "complete": Guard(
            lambda facts, _: facts.complete,
            T_("Tell us how many people live in your household and what they earn, or that there is no income."),
        ),
        "alone": Guard(
            lambda facts, _: facts.alone,
            T_("This is for two people: prepare it, and somebody else decides."),
        ),
        "second": Guard(lambda facts, _: facts.second, T_("You prepared this. Somebody else has to decide about it.")),
        "in_time": Guard(
            lambda facts, _: facts.in_time,
            T_("The days to ask for another look are over. You can apply anew."),
        ),
    },
)
