"""Who stands for a patient and until when, what stays with the patient alone, and what their death changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

SELF: Final = "self"
PARENT, GUARDIAN, INVITED, ESTATE, GUARANTOR = "parent", "guardian", "invited", "estate", "guarantor"

RELATIONS: Final[Mapping[str, Text]] = MappingProxyType({
    PARENT: T_("Parent"),
    GUARDIAN: T_("Guardian"),
    "power-of-attorney": T_("Power of attorney"),
    "representative": T_("Personal representative"),
    GUARANTOR: T_("Pays the bills"),
    INVITED: T_("Invited by the patient"),
    ESTATE: T_("Executor of the estate"),
})  # fmt: skip
"""Why somebody stands for a patient, which is also what they showed the office (45 CFR 164.502(g))."""

OFFICE_RELATIONS: Final = tuple(each for each in RELATIONS if each != INVITED)
NEEDS_EVIDENCE: Final = frozenset(RELATIONS) - {INVITED, PARENT, GUARANTOR}
"""What rests on a paper: the office keeps it, or says in words what it was."""

ALL, BILLING = "all", "billing"
SCOPES: Final[Mapping[str, Text]] = MappingProxyType({
    ALL: T_("Everything about the bills"), BILLING: T_("Amounts only, no services"),
})  # fmt: skip

ENDS: Final[Mapping[str, Text]] = MappingProxyType({
    "patient": T_("The patient ended it"), "themselves": T_("They ended it themselves"),
    "office": T_("The office ended it"), "of-age": T_("The patient came of age"),
    "over": T_("Its last day is over"), "deceased": T_("The patient has died"),
})  # fmt: skip
BY_OFFICE: Final[Mapping[str, Text]] = MappingProxyType({
    "patient": T_("The patient asked for it"), "court": T_("A court or authority decided so"),
    "evidence": T_("What they showed holds no longer"), "mistake": T_("It was made by mistake"),
    "safety": T_("It may endanger the patient"),
})  # fmt: skip
"""Why the office ends a link (45 CFR 164.502(g)(5) for the last)."""

CONFIDENTIAL: Final[Mapping[str, Text]] = MappingProxyType({
    "minor-consented": T_("A minor may consent to this service alone"),
    "asked": T_("The patient asked for it"),
    "endangered": T_("Telling could endanger the patient"),
})  # fmt: skip
"""Why a visit stays with the patient (45 CFR 164.502(g)(3) and (5), 164.522(b))."""

EVIDENCE_OF_DEATH: Final[Mapping[str, Text]] = MappingProxyType({
    "certificate": T_("Death certificate"), "family": T_("The family told us"),
    "facility": T_("A hospital or home told us"), "payer": T_("A payer told us"),
    "obituary": T_("An obituary"), "mail": T_("Mail came back so marked"),
})  # fmt: skip

_EIGHTEEN: Final = 18
MAJORITY_YEARS: Final[Mapping[str, int]] = MappingProxyType({"AL": 19, "NE": 19, "MS": 21, "PR": 21})
"""States and territories where majority does not come at 18."""


def majority_on(birth_date: date, state: str) -> date:
    """The day on which someone comes of age in a state, two letters: the birthday, of 29 February the 1st of March.

    18 years everywhere but in Alabama (Ala. Code 26-1-1) and Nebraska (Neb. Rev. Stat. 43-2101), 19, and in Mississippi
    (Miss. Code 1-3-27) and Puerto Rico (31 L.P.R.A. 5591), 21. A court may emancipate earlier; the office then ends
    the link.
    """
    year = birth_date.year + MAJORITY_YEARS.get(state.upper(), _EIGHTEEN)
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for somebody who is to stand for a patient; see `checked`."""

    relation: str
    scope: str
    since: date
    until: date | None
    proved: bool
    """Whether evidence is kept, as a paper or in words."""


def checked(asked: Asked, *, today: date, of_age_on: date, deceased: bool) -> date | None:
    """The last day that such a link may have; raises Refused for one that may not be.

    A parent's or guardian's ends by itself the day before the patient comes of age. Codes: relation, dates, evidence,
    of-age, estate.
    """
    if asked.relation not in RELATIONS or asked.scope not in SCOPES:
        raise Refused(T_("Choose who they are to the patient, and what they may see."), code="relation")
    if asked.relation == GUARANTOR and asked.scope != BILLING:
        raise Refused(T_("Who only pays the bills sees amounts only."), code="relation")
    if deceased != (asked.relation == ESTATE):
        if deceased:
            raise Refused(T_("The patient has died. Only the executor of the estate stands for them."), code="estate")
        raise Refused(T_("There is an estate only of somebody who has died. Record that first."), code="estate")
    if asked.until is not None and asked.until < max(asked.since, today):
        raise Refused(T_("The last day is over before it begins. Choose a later one."), code="dates")
    if asked.relation in NEEDS_EVIDENCE and not asked.proved:
        raise Refused(T_("Say what they showed, or attach the paper."), code="evidence")
    if asked.relation not in {PARENT, GUARDIAN}:
        return asked.until
    if asked.relation == PARENT and of_age_on <= today:
        raise Refused(T_("The patient is of age: a parent needs the patient's own invitation."), code="of-age")
    if of_age_on <= today:
        return asked.until  # a guardian of an adult, by a court
    last = of_age_on - timedelta(days=1)
    return last if asked.until is None else min(asked.until, last)


def stands(since: date, until: date | None, day: date) -> bool:
    """Whether a link holds on a day of the practice's calendar; its last day is a whole day."""
    return since <= day and (until is None or day <= until)


@dataclass(frozen=True, slots=True)
class DeathFacts:
    """What is known when a patient is marked: whether the death is recorded as it should be."""

    recorded: bool = False


def _recorded(facts: DeathFacts, _move: Move) -> bool:
    return facts.recorded


PATIENT_LIFE: Final[Lifecycle[DeathFacts]] = Lifecycle(
    name="patient",
    start_states=("ACTIVE", "INACTIVE"),
    moves=(
        Move("ACTIVE", "DECEASED", "people:change", guard="death-recorded"),
        Move("INACTIVE", "DECEASED", "people:change", guard="death-recorded"),
        Move("DECEASED", "ACTIVE", "people:change", needs_reason=True),
    ),
    words=MappingProxyType({"ACTIVE": T_("Active"), "INACTIVE": T_("Inactive"), "DECEASED": T_("Deceased")}),
    guards=MappingProxyType({
        "death-recorded": Guard(_recorded, T_("Say first who told of the death, and what they showed.")),
    }),
)  # fmt: skip
"""A patient's account: what has died asks nobody but the estate."""


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A request for another way to be reached: whether it names one."""

    reachable: bool


def _reachable(facts: ContactFacts, _move: Move) -> bool:
    return facts.reachable


CONTACT_LIFE: Final[Lifecycle[ContactFacts]] = Lifecycle(
    name="confidential_contact",
    start_states=("ASKED",),
    moves=(
        Move("ASKED", "AGREED", "people:change", guard="reachable"),
        Move("ASKED", "DECLINED", "people:change", needs_reason=True),
        Move("ASKED", "ENDED", "people:change", who="either"),
        Move("AGREED", "ENDED", "people:change", who="either"),
    ),
    words=MappingProxyType({
        "ASKED": T_("Asked for"), "AGREED": T_("In use"), "DECLINED": T_("Not possible"), "ENDED": T_("Ended"),
    }),
    guards=MappingProxyType({
        "reachable": Guard(_reachable, T_("Nobody can be reached this way. Ask the patient for an address.")),
    }),
)  # fmt: skip
"""A request under 45 CFR 164.522(b): a reasonable one is accommodated, and nobody is asked why."""

DECLINES: Final[Mapping[str, Text]] = MappingProxyType({
    "unreachable": T_("Nobody can be reached this way"), "how-paid": T_("It does not say how bills will be paid"),
})  # fmt: skip
"""The only reasons for which a request is not reasonable (45 CFR 164.522(b)(2)(ii))."""
