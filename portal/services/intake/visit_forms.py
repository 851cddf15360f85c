"""Where, when and by whom a visit was, as people type it: all that a clinician's tells, and of others where and who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from portal.domain.claims import Facility
from portal.domain.errors import Refused
from portal.domain.facilities import Listed
from portal.domain.professional import CAUSES, MOST_CAUSES, Professional
from portal.domain.texts import T_
from portal.services import facilities
from portal.services.intake.kind_forms import Read, Reading, Typed, named
from portal.services.intake.kinds import Kept

TYPED: Final = "typed"
"""The choice of a facility that is not on the list."""
DAYS: Final = ("illness_on", "accident_on", "menstrual_on", "admitted_on", "discharged_on")
_PARTS: Final = ("name", "npi", "line1", "line2", "city", "state", "postal_code")


@dataclass(frozen=True, slots=True)
class Choices:
    """The facilities of the practice's list that a visit may name, by id."""

    of_list: tuple[tuple[str, Listed], ...] = ()

    def id_of(self, facility: Facility | None) -> str:
        """Which choice a facility is: an id of the list, TYPED, or empty for none."""
        if facility is None:
            return ""
        return next((id_ for id_, one in self.of_list if one.facility == facility), TYPED)


def typed_of(kept: Kept, choices: Choices) -> Typed:
    """The form that says what stands."""
    told = kept.professional or Professional()
    days = {name: getattr(told, name) for name in DAYS}
    causes = (*told.causes, "", "")[:MOST_CAUSES]
    return Typed({
        **{name: day.isoformat() if day else "" for name, day in days.items()},
        **{f"cause{at}": cause for at, cause in enumerate(causes, 1)},
        "accident_state": told.accident_state, "exception": kept.exception, **around(kept, choices),
    })  # fmt: skip


def around(kept: Kept, choices: Choices) -> dict[str, str]:
    """The fields that visits of every kind have: facility, referring and supervising clinician."""
    chosen = choices.id_of(kept.facility)
    return {
        "facility": chosen, **named("referring", kept.referring), **named("supervising", kept.supervising),
        **_written(kept.facility if chosen == TYPED else None),
    }  # fmt: skip


def read_around(typed: Typed, said: Read, before: Kept, choices: Choices) -> Read:
    """What a form of a facility's or dentist's visit says (`said`), with these fields of it."""
    if "facility" not in typed.fields:
        return said  # a form without them leaves what stood
    reading = Reading(typed)
    kept = replace(
        said.kept, facility=_facility(reading, before, choices),
        referring=reading.provider("referring", before.referring),
        supervising=reading.provider("supervising", before.supervising),
    )  # fmt: skip
    return replace(said, kept=kept, problems={**said.problems, **reading.problems})


def read(typed: Typed, before: Kept, choices: Choices) -> Read:
    """What a form says of a visit; `before` is what stood. Only what could not be kept or sent is a problem."""
    reading = Reading(typed)
    days = {name: reading.day(name) for name in DAYS}
    causes = tuple(dict.fromkeys(filter(None, (reading.text(f"cause{at}") for at in (1, 2)))))
    if not CAUSES.keys() >= set(causes):
        reading.problems["cause1"] = T_("Choose what kind of accident it was.")
    state = reading.shaped("accident_state", r"[A-Z]{2}", T_("The state has two letters, as OR."))
    if state and not causes:
        reading.problems.setdefault("cause1", T_("Choose what kind of accident it was."))
    told = Professional(**days, causes=causes, accident_state=state)
    kept = Kept(
        facility=_facility(reading, before, choices), referring=reading.provider("referring", before.referring),
        supervising=reading.provider("supervising", before.supervising), exception=reading.exception(),
        professional=None if told == Professional() else told,
    )  # fmt: skip
    return Read(kept, "", {}, {}, (), reading.problems)


def said(choices: Sequence[tuple[str, Listed]]) -> tuple[tuple[str, str], ...]:
    """The facilities to choose from, in words."""
    return tuple((id_, facilities.said(one.facility)) for id_, one in choices)


def _facility(reading: Reading, before: Kept, choices: Choices) -> Facility | None:
    """The facility that was chosen; what is newly written counts where nothing was chosen, too."""
    chosen = reading.text("facility")
    given = {part: reading.text(f"facility_{part}") for part in _PARTS}
    if not chosen and (not any(given.values()) or given == _parts(before.facility)):
        return None
    if chosen not in {"", TYPED}:
        found = dict(choices.of_list).get(chosen)
        if found is None:
            reading.problems["facility"] = T_("Choose a facility of the list, or type another one.")
        return found.facility if found else None
    if before.facility is not None and given == _parts(before.facility):
        return before.facility  # as it came; the claim edits say what it lacks
    try:
        return facilities.read_facility(given)
    except Refused as refused:
        reading.problems[f"facility_{refused.code}"] = refused.text
        return None


def _parts(one: Facility | None) -> Mapping[str, str]:
    where = one.address if one is not None else None
    address = {part: getattr(where, part) if where else "" for part in _PARTS[2:]}
    return {"name": one.name if one else "", "npi": one.npi if one else "", **address}


def _written(one: Facility | None) -> dict[str, str]:
    return {f"facility_{part}": value for part, value in _parts(one).items()}
