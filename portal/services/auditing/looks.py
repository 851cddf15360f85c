"""Who looked at my record: each look as a sentence that patients read, in their own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from portal.domain.errors import NotFound
from portal.domain.texts import T_, Text
from portal.models.patients import PatientRow
from portal.services.auditing import names, words
from portal.services.auditing.searching import Wanted, events
from portal.services.unit_of_work.work import UnitOfWork

PAGE = 50
_PAGE_OF_A_DOCUMENT = 80

_ROLES: Final[Mapping[str, Text]] = MappingProxyType({
    "clinician": T_("who treats patients here"),
    "charge-clerk": T_("who enters what a visit costs"),
    "coder": T_("who puts visits into codes"),
    "coding-manager": T_("who checks the codes of visits"),
    "qa-auditor": T_("who checks our charges"),
    "biller": T_("who prepares our bills"),
    "billing-manager": T_("who leads our billing"),
    "payment-poster": T_("who enters payments"),
    "denial-specialist": T_("who talks to plans about what they did not pay"),
    "payer-user": T_("who works for your plan"),
    "compliance-officer": T_("who watches over privacy here"),
    "patient": T_("who may see this record"),
})  # fmt: skip

_THINGS: Final[Mapping[int | str, Text]] = MappingProxyType({
    30: T_("a bill of yours"), 31: T_("a document of yours"), 16: T_("a claim to your plan"),
    17: T_("a claim to your plan"), 18: T_("an answer of your plan"), 14: T_("a visit of yours"),
    15: T_("what a visit cost"), 20: T_("what your plan paid"), 21: T_("what your plan paid"),
    22: T_("what your plan paid"), 23: T_("what your plan paid"), 29: T_("what your plan did not pay"),
    32: T_("a payment of yours"), 24: T_("your account"), 25: T_("your account"), 13: T_("your insurance"),
    71: T_("what your plan told us"), 70: T_("a question to your plan"),
    10: T_("your name and address"), 11: T_("who may see your record"), 12: T_("the letter with your code"),
    82: T_("a bill of yours"), 83: T_("a question about a visit of yours"), 97: T_("a check of a visit of yours"),
    98: T_("what a visit cost"), 80: T_("a document of yours"), 81: T_("a document of yours"), 52: T_("a mail to you"),
    "audit_event": T_("the list of who looked"),
})  # fmt: skip

_WHY: Final[Mapping[str, Text]] = MappingProxyType({
    "HPAYMT": T_("so that your care is paid for"), "HOPERAT": T_("to keep the office in order"),
    "PATRQT": T_("because you asked"), "TREAT": T_("for your treatment"), "BTG": T_("in an emergency"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the record, or one change of it, as a sentence."""

    at: datetime
    text: Text
    own: bool
    """By the patient, not by somebody else."""


@dataclass(frozen=True, slots=True)
class Looks:
    """A page of looks, the newest first; `older` is where the next page begins."""

    looks: tuple[Look, ...]
    since: datetime | None
    """When the oldest look of this page was."""
    newer: bool
    older: int | None


def looks_of(uow: UnitOfWork, patient_id: bytes, before: int | None = None) -> Looks:
    """Up to 50 looks at a patient's own record, newest first; raises NotFound out of reach."""
    mine(uow, patient_id)
    found = list(islice(once(events(uow, Wanted(patient_id=patient_id, outcome=0, before=before))), PAGE + 1))
    shown = found[:PAGE]
    people = names.of_people(uow, {said["actor"] for said in shown})
    own = uow.actor.identity
    looks = tuple(
        Look(datetime.fromisoformat(said["recorded"]), _sentence(said, people, own), said["actor"] == own)
        for said in shown
    )
    return Looks(
        looks, looks[-1].at if looks else None, before is not None, shown[-1]["seq"] if len(found) > PAGE else None
    )


def mine(uow: UnitOfWork, patient_id: bytes) -> None:
    """Tell that somebody reads who looked at a record; raises NotFound out of reach."""
    if uow.row(uow.select(PatientRow.id.label("patient_id")).where(PatientRow.id == patient_id)) is None:
        uow.trail.asked.add((PatientRow.table_code, patient_id))
        raise NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")
    uow.note("audit_event", f"viewers:{patient_id.hex()}")


def once(found: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Events, where somebody who leafs through a document looks once, though the log has each page of it."""
    leafing = ""
    for said in found:
        pages = {each["type"] for each in said.get("objects", ())} & {_PAGE_OF_A_DOCUMENT} and said["action"] == "R"
        if not pages or said["actor"] != leafing:
            yield said
        leafing = said["actor"] if pages else ""


def thing(said: Mapping[str, Any]) -> Text:
    """What of the record an event is about, as its patient would call it."""
    about = words.noun(said)
    return _THINGS.get(about[0], T_("your record")) if about else T_("your record")


def why(said: Mapping[str, Any]) -> Text:
    """What it was for, as a part of a sentence."""
    return _WHY.get(said.get("purpose", ""), T_("for a reason that was not given"))


def role(said: Mapping[str, Any]) -> Text:
    """Whose work it was, as a part of a sentence."""
    return _ROLES.get(said.get("actor_role", ""), T_("who works here"))


def changes(said: Mapping[str, Any]) -> bool:
    """Whether something was written, not only looked at."""
    return said["action"] in {"C", "U", "D"}


def _sentence(said: Mapping[str, Any], people: Mapping[str, Text | str], own: str) -> Text:
    what, changed, reason = thing(said), changes(said), why(said)
    if said["actor"] == own:
        return T_("You changed {what}.", what=what) if changed else T_("You looked at {what}.", what=what)
    if said["actor"].startswith("system:"):
        if changed:
            return T_("Our computer wrote {what}, {why}.", what=what, why=reason)
        return T_("Our computer read {what}, {why}.", what=what, why=reason)
    who = people[said["actor"]]
    if changed:
        return T_("{who}, {role}, changed {what}, {why}.", who=who, role=role(said), what=what, why=reason)
    return T_("{who}, {role}, looked at {what}, {why}.", who=who, role=role(said), what=what, why=reason)
