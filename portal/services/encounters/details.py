"""What a visit has besides its services: of its kind, or where, when and by whom; corrected by coder or clerk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from portal.access import policy
from portal.domain.claims import Address, BillingProvider, Claim, Cover, Facility, Person, Rendering, ServiceLine
from portal.domain.edits import facility, mouths, places
from portal.domain.edits.rules import EditContext, EditFinding
from portal.domain.errors import Refused
from portal.domain.facilities import only
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.services import facilities
from portal.services.encounters import telling
from portal.services.intake import kind_forms, kinds, showing, unreleased, visit_forms, visits
from portal.services.intake.kind_forms import Read, Typed
from portal.services.intake.kinds import Kept, KeptLine
from portal.services.intake.showing import Diagnosis, Visit, VisitLine
from portal.services.intake.visit_forms import Choices
from portal.services.unit_of_work.work import UnitOfWork

PROFESSIONAL: Final = "837P"
_ASKS = {"PROPOSED": "encounter:code", "RELEASED": "charge:enter", "CHARGED": "charge:enter"}
"""Whose step a visit's details are corrected in."""
_NOT_NOW = T_("These details are settled for now. They can be corrected when the visit is sent back.")
_NOT_YOURS = T_("A colleague has this visit in hand and corrects these details.")
_NOBODY = Person("", "")
_RULES = {
    kinds.FACILITY: (*facility.RULES, *places.RULES), kinds.DENTIST: (*mouths.RULES, *places.RULES),
    PROFESSIONAL: places.RULES,
}  # fmt: skip

KINDS: Final[Mapping[str, Text]] = MappingProxyType({
    PROFESSIONAL: T_("Where, when and who"), kinds.FACILITY: T_("Facility details"),
    kinds.DENTIST: T_("Dental details"),
})  # fmt: skip
PARTS: Final[Mapping[str, Text]] = MappingProxyType({
    "1": T_("1, the whole stay"), "2": T_("2, the first part of a stay"), "3": T_("3, a further part of a stay"),
    "4": T_("4, the last part of a stay"), "5": T_("5, late charges"),
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsPage(Visit):
    """See `templates/staff/encounters/details.html`; `checks` is what the claim edits say of what stands."""

    kind: str
    fields: Mapping[str, str]
    rows: kind_forms.Rows
    problems: Mapping[str, Text]
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[VisitLine, ...]
    parts: tuple[tuple[str, Text], ...]
    places: tuple[tuple[str, Text], ...]
    """What a visit may name as its facility: nothing, those of the practice's list, another one."""
    checks: tuple[EditFinding, ...]
    may_edit: bool
    coded: bool
    """Coding is done: what it decides is shown, and not changed here."""
    why_not: Text | None


@dataclass(frozen=True, slots=True)
class DetailsPart:
    """The details on the page of a visit or claim; `may_open` is for whoever corrects them."""

    encounter_id: str
    kind: Text
    facts: tuple[tuple[Text, Text], ...]
    lines: tuple[tuple[str, Text], ...]
    may_open: bool


def show(uow: UnitOfWork, encounter_id: bytes, typed: Typed | None = None) -> DetailsPage:
    """Open the details of a visit, as they stand or as they were typed. Raises NotFound."""
    encounter = uow.get(EncounterRow, encounter_id)
    charges = [charge for charge in showing.charges_of(uow, encounter) if charge.active]
    kept, lines = _standing(uow, encounter)
    choices = _choices(uow, encounter)
    given = typed or _typed(encounter, kept, lines, charges, choices)
    why_not = _why_not(uow, encounter)
    return DetailsPage(
        **showing.visit_values(uow, encounter),
        kind=encounter.kind or PROFESSIONAL,
        fields=given.fields,
        rows=given.rows,
        problems=_read(uow, encounter, given, kept, charges, choices).problems if typed else {},
        diagnoses=showing.described(uow, encounter, showing.diagnoses_of(uow, encounter)),
        lines=showing.lines_of(uow, encounter, charges),
        parts=tuple(PARTS.items()),
        places=_places(encounter, choices),
        checks=tuple(_checks(uow, encounter, kept, lines, charges)),
        may_edit=why_not is None,
        coded=encounter.state != "PROPOSED",
        why_not=why_not,
    )


def save(uow: UnitOfWork, encounter_id: bytes, version: int, typed: Typed) -> int:
    """Keep details; how many things the claim edits still find. The proposal stays beside them as it came.

    Whoever enters charges leaves what coding decided. Raises Refused with the field as code for what cannot be read,
    `settled` when they are not to be corrected now or by this person, NotFound, Conflict.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    why_not = _why_not(uow, encounter)
    if why_not is not None:
        raise Refused(why_not, code="settled")
    every = showing.charges_of(uow, encounter)
    charges = [charge for charge in every if charge.active]
    kept, lines = _standing(uow, encounter)
    choices = _choices(uow, encounter)
    if encounter.state != "PROPOSED":
        typed = _without_codes(typed, _typed(encounter, kept, lines, charges, choices))
    said = _read(uow, encounter, typed, kept, charges, choices)
    for name, text in list(said.problems.items())[:1]:
        raise Refused(text, code=name)
    if encounter.kind is None:
        body = {"beside": kinds.beside(_claim(encounter, said.kept, lines, charges)), "lines": {}}
        uow.change(encounter, expected_version=version, details_sealed=body)
        return len(list(_checks(uow, encounter, said.kept, lines, charges)))
    first, last = _days(encounter, said.kept)
    # what is kept of services that are out stays: they may stand again
    out = {charge.position for charge in every if not charge.active}
    kept_lines = {**{at: line for at, line in lines.items() if at in out}, **said.lines}
    for at, room in enumerate(said.rooms, max((charge.position for charge in every), default=0) + 1):
        made = visits.charge(uow, encounter, at, room, first)
        if encounter.state != "PROPOSED":
            unreleased.added(uow, made)
        charges.append(made)
        kept_lines[at] = KeptLine("", room.revenue_code)
    for charge in charges:
        day = said.days.get(charge.position)
        if day is not None and day != charge.service_from:
            uow.change(charge, service_from=day, service_to=day + (charge.service_to - charge.service_from))
    stands = _claim(encounter, said.kept, kept_lines, charges)
    body = {
        **kinds.keep(stands),
        "beside": kinds.beside(stands),
        "lines": {str(at): _kept_line(line) for at, line in kept_lines.items()},
    }
    uow.change(
        encounter, expected_version=version, service_from=min([first, *(each.service_from for each in charges)]),
        service_to=max([last, *(each.service_to for each in charges)]), place=said.place or encounter.place,
        details_sealed=body, charge_cents=showing.total_of(charges).cents,
    )  # fmt: skip
    return len(list(_checks(uow, encounter, said.kept, kept_lines, charges)))


def _days(encounter: EncounterRow, kept: Kept) -> tuple[date, date]:
    """From when to when a visit is, without its services: a facility's statement tells."""
    stay = kept.institutional
    if stay is None or stay.statement_from is None:
        return encounter.service_from, encounter.service_to
    return stay.statement_from, stay.statement_to or stay.statement_from


def _kept_line(line: KeptLine) -> dict[str, Any]:
    """What a line keeps, with what it keeps no more."""
    return {"revenue": "", "mouth": None} | kinds.keep_line(_bare(line))


def _bare(line: KeptLine) -> ServiceLine:
    """A line with nothing but what is kept of it."""
    return line.on(ServiceLine("", 0, Decimal(0), (), None))


def part_of(uow: UnitOfWork, encounter_id: bytes) -> DetailsPart | None:
    """What a page of a visit or claim shows of its details; None where nobody is told anything. Raises NotFound."""
    encounter = uow.get(EncounterRow, encounter_id)
    kept, lines = _standing(uow, encounter)
    facts = tuple(telling.facts(encounter, kept, _of_list(uow, encounter, kept)))
    said = tuple((str(at), words) for at, line in sorted(lines.items()) for words in telling.of_line(line))
    may_open = policy.decide(uow.actor, "visit:detail").allowed
    if not (facts or said or may_open):
        return None
    return DetailsPart(encounter.id.hex(), KINDS[encounter.kind or PROFESSIONAL], facts, said, may_open)


def _of_list(uow: UnitOfWork, encounter: EncounterRow, kept: Kept) -> Facility | None:
    """The facility that a claim for a clinician's visit names by the practice's list."""
    if encounter.kind == kinds.FACILITY or kept.facility is not None:
        return None
    return only(facilities.standing(uow, encounter.practice_id), encounter.place, encounter.service_from)


def _choices(uow: UnitOfWork, encounter: EncounterRow) -> Choices:
    return Choices(facilities.choices(uow, encounter.practice_id, encounter.service_from))


def _places(encounter: EncounterRow, choices: Choices) -> tuple[tuple[str, Text], ...]:
    stay = encounter.kind == kinds.FACILITY  # whose place is a type of bill
    fits = None if stay else only([one for _, one in choices.of_list], encounter.place, encounter.service_from)
    none = T_("By the practice's list: {name}", name=fits.name) if fits else T_("None: the practice itself")
    listed = ((id_, T_("{name}", name=name)) for id_, name in visit_forms.said(choices.of_list))
    return (("", none), *listed, (visit_forms.TYPED, T_("Another one, written below")))


def _why_not(uow: UnitOfWork, encounter: EncounterRow) -> Text | None:
    asks = _ASKS.get(encounter.state)
    if asks is None:
        return _NOT_NOW
    return None if policy.decide(uow.actor, asks).allowed else _NOT_YOURS


def _standing(uow: UnitOfWork, encounter: EncounterRow) -> tuple[Kept, dict[int, KeptLine]]:
    proposal = uow.read(encounter, EncounterRow.proposal_sealed)
    stands = kinds.corrected(proposal, uow.read(encounter, EncounterRow.details_sealed))
    return kinds.of(stands), kinds.of_lines(stands)


def _typed(
    encounter: EncounterRow, kept: Kept, lines: Mapping[int, KeptLine], charges: Sequence[ChargeRow], choices: Choices
) -> Typed:
    if encounter.kind is None:
        return visit_forms.typed_of(kept, choices)
    days = {charge.position: charge.service_from for charge in charges}
    form = kind_forms.typed_of(kept, lines, encounter.place, days)
    return Typed({**form.fields, **visit_forms.around(kept, choices)}, form.rows)


def _read(
    uow: UnitOfWork, encounter: EncounterRow, typed: Typed, kept: Kept, charges: Sequence[ChargeRow], choices: Choices
) -> Read:  # fmt: skip
    if encounter.kind is None:
        return visit_forms.read(typed, kept, choices)
    said = kind_forms.read(
        encounter.kind, typed, kept, ten=encounter.code_qualifier != "BK",
        diagnoses=len(showing.diagnoses_of(uow, encounter)), positions=[charge.position for charge in charges],
    )  # fmt: skip
    return visit_forms.read_around(typed, said, kept, choices)


def _without_codes(typed: Typed, standing: Typed) -> Typed:
    """What was typed, with what coding decided as it stands."""
    fields = {name: standing.fields[name] for name in kind_forms.CODED if name in standing.fields}
    rows = {kind: standing.rows[kind] for kind in kind_forms.CODED_ROWS if kind in standing.rows}
    return Typed({**typed.fields, **fields}, {**typed.rows, **rows})


def _claim(
    encounter: EncounterRow, kept: Kept, lines: Mapping[int, KeptLine], charges: Sequence[ChargeRow]
) -> Claim:  # fmt: skip
    """The visit as a claim of its kind, as far as its details go: nobody's, and sent nowhere."""
    services = [
        replace(
            _bare(lines.get(charge.position, KeptLine(""))),
            code=charge.code,
            place=charge.place,
            from_date=charge.service_from,
            to_date=charge.service_to,
        )
        for charge in charges
    ]
    return Claim(
        "", 0, encounter.place, _NOBODY, Cover("", "", "", _NOBODY),
        BillingProvider("", "", "", Address("", "", "", "")), (), tuple(services), kept.frequency,
        rendering=Rendering("", "") if kept.rendering else None, attending=kept.attending,
        operating=kept.operating, other_operating=kept.other_operating, assistant=kept.assistant,
        institutional=kept.institutional, dental=kept.dental, facility=kept.facility,
        referring=kept.referring, supervising=kept.supervising, exception=kept.exception,
        professional=kept.professional,
    )  # fmt: skip


def _checks(
    uow: UnitOfWork, encounter: EncounterRow, kept: Kept, lines: Mapping[int, KeptLine], charges: Sequence[ChargeRow]
) -> Iterator[EditFinding]:
    """What the edits of claims of its kind find in what is kept."""
    claim, today = _claim(encounter, kept, lines, charges), uow.today(encounter.practice_id)
    listed = facilities.standing(uow, encounter.practice_id)
    if encounter.kind != kinds.FACILITY and claim.facility is None:
        claim = replace(claim, facility=only(listed, encounter.place, encounter.service_from))
    for rule in _RULES[encounter.kind or PROFESSIONAL]:
        yield from rule.findings(claim, EditContext(today, listed=listed))
