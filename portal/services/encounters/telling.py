"""What a visit has besides its services, in words: for pages of visits and claims."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Facility, Rendering
from portal.domain.professional import CAUSES, EXCEPTIONS, Professional
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.services import facilities
from portal.services.intake import kind_forms
from portal.services.intake.kinds import Kept, KeptLine


def facts(encounter: EncounterRow, kept: Kept, of_list: Facility | None = None) -> Iterator[tuple[Text, Text]]:
    """What stands of a visit; `of_list` is the facility that a claim names by the practice's list."""
    yield from _of_kind(encounter, kept)
    place, told = kept.facility or of_list, kept.professional
    if place is not None:
        name = facilities.said(place)
        yield T_("Facility"), T_("{name}", name=name) if kept.facility else T_("{name} (by the list)", name=name)
    if told is not None:
        yield from _told(told)
    if kept.exception:
        why = EXCEPTIONS.get(kept.exception)
        yield T_("Payer was not asked"), why or T_("{code}", code=kept.exception)
    for name, words in kind_forms.PROVIDERS.items():
        one: Rendering | None = getattr(kept, name)
        if one is not None:
            yield words, T_("{name}, NPI {npi}", name=" ".join(filter(None, (one.first, one.last))), npi=one.npi)


def _told(told: Professional) -> Iterator[tuple[Text, Text]]:
    if told.causes:
        words = [CAUSES[cause] for cause in told.causes if cause in CAUSES]
        first, second = (*words, None, None)[:2]
        if first is not None:
            yield T_("Cause"), first if second is None else T_("{first}, {second}", first=first, second=second)
    if told.accident_state:
        yield T_("State of the accident"), T_("{state}", state=told.accident_state)
    days = (
        (T_("Accident on"), told.accident_on), (T_("Illness began"), told.illness_on),
        (T_("Last menstrual period"), told.menstrual_on), (T_("Admitted"), told.admitted_on),
        (T_("Discharged"), told.discharged_on),
    )  # fmt: skip
    for label, day in days:
        if day is not None:
            yield label, T_("{day}", day=day)


def _of_kind(encounter: EncounterRow, kept: Kept) -> Iterator[tuple[Text, Text]]:
    stay, whole = kept.institutional, kept.dental
    if stay is not None:
        yield T_("Type of bill"), T_("{place}{frequency}", place=encounter.place, frequency=kept.frequency)
        if stay.statement_from is not None:
            last = stay.statement_to or stay.statement_from
            yield T_("Statement"), T_("{first} to {last}", first=stay.statement_from, last=last)
        if stay.admitted_on is not None:
            yield T_("Admitted"), T_("{day}", day=stay.admitted_on)
        codes = (
            (T_("Type and source of admission"), (stay.admission_type, stay.admission_source)),
            (T_("Hour of discharge"), (stay.discharge_hour,)),
            (T_("Patient's status"), (stay.patient_status,)),
            (T_("DRG"), (stay.drg,)),
            (T_("Condition codes"), stay.conditions),
            (T_("Occurrence codes"), tuple(one.code for one in (*stay.occurrences, *stay.spans))),
            (T_("Value codes"), tuple(one.code for one in stay.values)),
            (T_("Procedures"), tuple(one.code for one in stay.procedures)),
        )
        for words, given in codes:
            if any(given):
                yield words, T_("{code}", code=" ".join(filter(None, given)))
    if whole is not None:
        if whole.months is not None:
            left = whole.months if whole.months_left is None else whole.months_left
            said = T_("{n} month, {left} left", "{n} months, {left} left", n=whole.months, left=left)
            yield T_("Orthodontics"), said
        if whole.placed_on is not None:
            yield T_("Appliance set"), T_("{day}", day=whole.placed_on)


def of_line(line: KeptLine) -> Iterator[Text]:
    """What stands of a service."""
    if line.revenue_code:
        yield T_("Revenue code {code}", code=line.revenue_code)
    mouth = line.dental
    if mouth is None:
        return
    for tooth in mouth.teeth:
        yield T_("Tooth {tooth} {surfaces}", tooth=tooth.number, surfaces="".join(tooth.surfaces))
    if mouth.areas:
        yield T_("Area {areas}", areas=" ".join(mouth.areas))
    if mouth.prosthesis == "R" and mouth.prior_on is not None:
        yield T_("Replaces one of {day}", day=mouth.prior_on)
    elif mouth.prosthesis:
        yield T_("The first prosthesis") if mouth.prosthesis == "I" else T_("A replacement")
