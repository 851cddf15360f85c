"""Payers as the office deals with them: how they are reached, what was agreed and said, a letter, a rule of its own.

Everything here goes through the steps that people take on screens.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from portal.access import roles
from portal.demo.story import Story
from portal.domain import contacts as notes
from portal.domain.texts import Text
from portal.services.authorizations import listing as authorizations
from portal.services.claims import listing as claims
from portal.services.claims import rules
from portal.services.claims.listing import ClaimSearch
from portal.services.contacts import desks, letters, recording
from portal.services.contracts import keeping
from portal.services.payers import by_code

_PLAN, _MUTUAL, _STATE = "CBH03", "LKM04", "CSM02"
_DESKS: Final[Mapping[str, tuple[Mapping[str, str], ...]]] = MappingProxyType({
    _PLAN: (
        {"name": "Claims", "phone": "(503) 555-0171", "line1": "PO Box 3300", "city": "Salem", "state": "OR",
         "postal_code": "97309"},
        {"name": "Appeals", "phone": "(503) 555-0172", "fax": "(503) 555-0173", "line1": "PO Box 3350",
         "city": "Salem", "state": "OR", "postal_code": "97309"},
    ),
    _MUTUAL: (
        {"name": "Provider services", "phone": "(206) 555-0140", "fax": "(206) 555-0141", "line1": "400 Lake Street",
         "city": "Seattle", "state": "WA", "postal_code": "98101"},
    ),
    _STATE: ({"name": "Provider relations", "phone": "(503) 555-0190"},),
})  # fmt: skip
_CONTRACTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    _PLAN: {"filing_days": "180", "filing_from": "service", "secondary_days": "90", "replacement_days": "365",
            "appeal_days": "180"},
    _MUTUAL: {"filing_days": "90", "filing_from": "discharge", "replacement_days": "120", "appeal_days": "60"},
})  # fmt: skip
_RULE = {
    "name": "Lakeshore wants notes with large claims", "severity": "warn",
    "reason": "Lakeshore Mutual pends claims over $250 until it has the note of the visit.",
    "todo": "Attach the note of the visit before the claim goes.",
    "field-1": "payer", "comparison-1": "is", "value-1": _MUTUAL,
    "field-2": "charge", "comparison-2": "above", "value-2": "250",
}  # fmt: skip


def tell(story: Story) -> None:
    """Departments, contracts, a rule that was tried and is in use, contacts, and a letter whose paper is made."""
    with story.runtime.units.read(story.cast.actor(roles.BILLING_MANAGER), "contract:view") as uow:
        ids = {code: by_code(uow, code).id for code in (_PLAN, _MUTUAL, _STATE)}
        today = uow.today()
    _agreed(story, ids, today)
    _rule(story)
    _talked(story, ids, today)
    story.worker.drain()


def _agreed(story: Story, ids: Mapping[str, bytes], today: date) -> None:
    units, manager = story.runtime.units, story.cast.actor(roles.BILLING_MANAGER)
    with units.write(manager, "payer-desk:edit") as uow:
        for code, listed in _DESKS.items():
            for one in listed:
                desks.add(uow, ids[code], one)
    since = date(today.year - 1, 1, 1).isoformat()
    with units.write(manager, "contract:edit") as uow:
        for code, terms in _CONTRACTS.items():
            keeping.keep(uow, ids[code], {"valid_from": since, **terms}, number=0)


def _rule(story: Story) -> None:
    units, manager = story.runtime.units, story.cast.actor(roles.BILLING_MANAGER)
    with units.write(manager, "edit-rule:edit") as uow:
        rule_id = rules.keep(uow, _RULE)
    with units.write(manager, "edit-rule:edit") as uow:
        rules.try_out(uow, rule_id, expected_version=rules.newest_of(uow, rule_id).version)
    with units.write(manager, "edit-rule:switch") as uow:
        rules.switch(uow, rule_id, on=True, expected_version=rules.newest_of(uow, rule_id).version)


def _talked(story: Story, ids: Mapping[str, bytes], today: date) -> None:
    """Calls and messages on claims that their payers look at, on a request, and in general; then a letter."""
    lately, soon = today - timedelta(days=6), today + timedelta(days=7)
    waits, other = _claim(story, ids[_PLAN]), _claim(story, ids[_MUTUAL])
    if waits is not None:
        _note(story, "claim", waits, {
            "channel": "call", "direction": "out", "day": lately.isoformat(), "time": "10:20",
            "person": "Dana Whitlock", "reference": "CB-204817",
            "words": "The claim is in review. No records were asked for. A decision is expected within two weeks.",
            "next_step": "Ask again whether it is decided", "next_on": soon.isoformat(),
        })  # fmt: skip
        _letter(story, waits)
    if other is not None:
        _note(story, "claim", other, {
            "channel": "portal", "direction": "in", "day": (lately + timedelta(days=3)).isoformat(),
            "reference": "LM 77-1203", "words": "They ask for the note of the visit, by fax to provider services.",
        })  # fmt: skip
    with story.runtime.units.read(story.cast.actor(roles.BILLER), "authorization:view") as uow:
        asked = next(iter(authorizations.listed(uow).items), None)
    if asked is not None:
        _note(story, "authorization", bytes.fromhex(asked.authorization_id), {
            "channel": "call", "direction": "out", "day": today.isoformat(),  # it was asked today
            "person": "Ray Okada", "reference": "UM-90311", "words": "A nurse has it; nothing is missing.",
        })  # fmt: skip
    _note(story, "payer", ids[_STATE], {
        "channel": "call", "direction": "in", "day": lately.isoformat(), "time": "09:00", "person": "Mei Sandoval",
        "words": "New address for payments that go back, from next month on; a letter follows.",
        "next_step": "Look for the letter about the address", "next_on": (soon + timedelta(days=7)).isoformat(),
    })  # fmt: skip


def _claim(story: Story, payer_id: bytes) -> bytes | None:
    """A claim that a payer has taken and not decided, if there is one; else one that it was sent."""
    with story.runtime.units.read(story.cast.actor(roles.BILLER), "claim:view") as uow:
        for state in ("ACCEPTED", "SUBMITTED", "ADJUDICATED"):
            found = claims.list_claims(uow, ClaimSearch(state=state, payer=payer_id.hex())).claims
            if found:
                return bytes.fromhex(found[0].claim_id)
    return None


def _note(story: Story, about: str, about_id: bytes, typed: Mapping[str, str]) -> None:
    with story.runtime.units.write(story.cast.actor(roles.BILLER), "contact:record") as uow:
        contact = notes.read(typed, uow.today())
        recording.record(uow, about, about_id, contact, key=f"demo-{about_id.hex()}")
    story.said["contacts with payers"] += 1


def _letter(story: Story, claim_id: bytes) -> None:
    units, biller = story.runtime.units, story.cast.actor(roles.BILLER)
    with units.read(biller, "letter:make") as uow:
        form = letters.offer(uow, "claim", claim_id, "status-inquiry", _say)
    with units.write(biller, "letter:make") as uow:
        letters.make(uow, "claim", claim_id, form.data, _say, key=form.key)
    story.said["letters to payers"] += 1


def _say(text: Text | str) -> str:
    """English, with days as people write them."""
    if isinstance(text, str):
        return text
    written = {
        name: f"{value:%B} {value.day}, {value.year}" if isinstance(value, date) else str(value)
        for name, value in text.parameters.items()
    }
    return str(Text(text.message, MappingProxyType(written), text.plural))
