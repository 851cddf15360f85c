"""How a claim goes again, as its page shows it: what is on its way, what that waits for, and what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from portal.access import policy
from portal.domain import corrections as rules
from portal.domain.corrections import Way
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow, CorrectionRow
from portal.services import corrections
from portal.services.claims import correcting, silence, verdicts
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork

FREQUENCIES: Final = MappingProxyType({"1": T_("original"), "7": T_("replacement"), "8": T_("void")})

_STARTS = {"7": ("replace", "claim:edit"), "8": ("void", "claim:void")}
_STEPS = {
    "REQUESTED": ("approve", "give_up"),
    "OPEN": ("recheck", "give_up"),
    "READY": ("send", "give_up"),
    "SENT": ("refused",),
}
_TURNED_AWAY = ("give_up",)
_ASKS = {
    "approve": "claim:void-approve", "give_up": "claim:edit", "send": "claim:submit", "recheck": "claim:edit",
    "refused": "claim:acknowledge",
}  # fmt: skip
_WAITS = {
    ("8", "REQUESTED"): T_("The claim stands as it did until a manager approves the void."),
    ("8", "OPEN"): T_("The void is approved. It goes when what stops it is mended."),
    ("8", "READY"): T_("The void is approved and not sent yet. It goes with the next claims."),
    ("7", "OPEN"): T_("It goes when what stops it is mended."),
    ("7", "READY"): T_("It goes with the next claims."),
    ("7", "SENT"): T_(
        "The payer rejected it and has not decided about it. Correct it and make it ready, or give it up: then the"
        " claim stands by the answer that it had before."
    ),
}
_UNTAKEN = T_("The void is with the payer. The claim ends when the payer takes it in and holds none of its money.")
_MONEY = T_("The payer took the void in. The claim ends when it takes back {amount}.")


@dataclass(frozen=True, slots=True)
class Correction:
    """A replacement or void on its way: which, why, how far, who asked for it, and what it waits for."""

    correction_id: str
    version: int
    frequency: Text
    reason: Text
    state: State
    by: str
    at: datetime
    waits: Text


@dataclass(frozen=True, slots=True)
class Again:
    """One way for this claim to go again, and why it may or may not."""

    frequency: Text
    possible: bool
    why: Text


def on_its_way(uow: UnitOfWork, claim: ClaimRow) -> CorrectionRow | None:
    """The replacement or void that is not sent, the replacement that was rejected, or the void that the payer has."""
    row = corrections.under_way(uow, claim.id) or corrections.turned_away(uow, claim)
    return row or (corrections.void_out(uow, claim.id) if claim.state == "VOID_PENDING" else None)


def shown(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> Correction:
    """A replacement or void for people."""
    return Correction(
        row.id.hex(),
        row.version,
        FREQUENCIES[row.frequency],
        {**rules.REPLACES, **rules.VOIDS}[row.reason],
        State(row.state, rules.LIFE.words[row.state]),
        colleague(uow, row.requested_by.hex()) if row.requested_by else "",
        row.created_at,
        _waits(uow, claim, row),
    )


def give_up_reasons(row: CorrectionRow | None) -> tuple[tuple[str, Text], ...]:
    """Why what is on its way may be given up."""
    if row is not None and _rejected(row):
        return tuple(rules.DROPS.items())
    return tuple(each for each in rules.CANCELS.items() if each[0] != "answered")


def offered(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow | None, ways: Sequence[Way]) -> dict[str, str]:
    """What may be done about going again, each with the permission that it asks for."""
    asks = dict(_STARTS[way.frequency] for way in ways if way.possible and way.frequency in _STARTS)
    if row is not None:
        asks |= {action: _ASKS[action] for action in (_TURNED_AWAY if _rejected(row) else _STEPS[row.state])}
        if row.requested_by == uow.actor.user_id:
            asks.pop("approve", None)
        if not correcting.may_give_up(uow, row):
            asks.pop("give_up", None)
    if correcting.to_see(uow, claim):
        asks["seen"] = "claim:edit"
    return {action: permission for action, permission in asks.items() if policy.decide(uow.actor, permission).allowed}


def _rejected(row: CorrectionRow) -> bool:
    """Of what is shown, a replacement that went is one that was rejected."""
    return row.frequency == "7" and row.state == "SENT"


def _waits(uow: UnitOfWork, claim: ClaimRow, row: CorrectionRow) -> Text:
    if row.state != "SENT" or _rejected(row):
        return _WAITS[row.frequency, row.state]
    if not silence.taken_in(claim):
        return _UNTAKEN
    return Text(_MONEY.message, {"amount": Money(verdicts.paid_on(uow, claim))})
