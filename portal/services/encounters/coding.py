"""Coding a visit: the provider's proposal accepted or changed, the difference kept, and handed on for a second look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.domain.bills import SET_ASIDE, TOPICS
from portal.domain.claims import ServiceLine
from portal.domain.codes import diagnosis_qualifier
from portal.domain.drugs import UNITS, may_be
from portal.domain.encounters import CODING_ERRORS, EncounterFacts
from portal.domain.errors import Refused
from portal.domain.sampling import CODING
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.services import aside, codes
from portal.services.aside import Aside, Effects
from portal.services.encounters import questions
from portal.services.encounters.differences import proposed
from portal.services.encounters.questions import Asked
from portal.services.intake import line_details, showing, visits
from portal.services.intake.lines import (
    Line,
    TypedLine,
    drug_typed,
    letters,
    plain_code,
    read_diagnoses,
    read_line,
    units_text,
)
from portal.services.intake.showing import Diagnosis, Returned, Visit
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork

_WAITS = {
    "CODING_ASKED": T_("The clinician was asked. The visit comes back to whoever asked, with the answer."),
    "RECEIVED": T_("The bill of this visit is verified first."),
    "BILL_ASKED": T_("The practice was asked about the bill of this visit, which is verified first."),
    "SET_ASIDE": T_("This visit was set aside. It is not coded, and billed to nobody."),
}
_NOT_NOW = T_("The codes of this visit are settled for now. They can be changed when it is sent back.")


@dataclass(frozen=True, slots=True)
class Typed:
    """The coding form as it was typed."""

    diagnoses: tuple[str, ...]
    lines: tuple[TypedLine, ...]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line to code: what was proposed ("G0438 25", empty for a line of the coder's own) and what is chosen."""

    position: str
    words: str
    proposed: str
    code: str
    modifiers: str
    points: str
    units: str
    changed: bool
    drug: tuple[str, str, str, str]
    """Drug code, quantity, unit and prescription as typed."""
    may_be_drug: bool


@dataclass(frozen=True, slots=True)
class CodeHit:
    """One code found; `kind` is diagnosis or service."""

    code: str
    words: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage(Visit):
    """A visit as the coder sees it."""

    note: str | None
    returned: Returned | None
    proposed_diagnoses: tuple[str, ...]
    proposed_lines: tuple[str, ...]
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[CodeLine, ...]
    asked: tuple[Asked, ...]
    open_question: Asked | None
    topics: tuple[tuple[str, Text], ...]
    find: str
    hits: tuple[CodeHit, ...] | None
    reasons: tuple[tuple[str, Text], ...]
    aside: Aside | None
    effects: Effects | None
    """What setting it aside does besides; None where it is not to be coded now."""
    measures: tuple[tuple[str, Text], ...]
    """Units of drugs."""
    may_code: bool
    why_not: Text | None


def show(uow: UnitOfWork, encounter_id: bytes, *, typed: Typed | None = None, find: str = "") -> CodePage:
    """Open a visit for coding, with what was typed and not kept, and with codes searched for."""
    encounter = uow.get(EncounterRow, encounter_id)
    charges = showing.charges_of(uow, encounter)
    proposal = uow.read(encounter, EncounterRow.proposal_sealed)
    given = typed or _as_typed(uow, encounter, charges)
    may = encounter.state == "PROPOSED"
    told = questions.asked(uow, encounter)
    return CodePage(
        **showing.visit_values(uow, encounter),
        note=uow.read(encounter, EncounterRow.note_sealed),
        returned=_returned(uow, encounter) if may else None,
        proposed_diagnoses=tuple(proposal["diagnoses"]),
        proposed_lines=tuple(proposed(line) for line in proposal["lines"]),
        diagnoses=showing.described(uow, encounter, [code for each in given.diagnoses if (code := plain_code(each))]),
        lines=_code_lines(uow, encounter, given.lines, proposal),
        asked=tuple(each for each in told if not each.open),
        open_question=next((each for each in told if each.open), None),
        topics=tuple(TOPICS.items()),
        find=find,
        hits=_hits(uow, encounter, find) if find.strip() else None,
        reasons=tuple(SET_ASIDE.items()),
        aside=aside.of(uow, encounter),
        effects=aside.effects(uow, encounter) if may else None,
        measures=tuple(UNITS.items()),
        may_code=may,
        why_not=None if may else _WAITS.get(encounter.state, _NOT_NOW),
    )


def _returned(uow: UnitOfWork, encounter: EncounterRow) -> Returned | None:
    back = showing.returned(uow, encounter, CODING_ERRORS)
    return deciding.with_found(uow, CODING, encounter, back, CODING_ERRORS)


def save(uow: UnitOfWork, encounter_id: bytes, version: int, typed: Typed) -> EncounterRow:
    """Keep what was typed; the proposal stays beside it as it came.

    Raises Refused `diagnosis` or `code` for what cannot be read, `settled` when the visit is not to be coded now, and
    Conflict when someone else changed it since `version`.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.state != "PROPOSED":
        raise Refused(_NOT_NOW, code="settled")
    uow.change(encounter, expected_version=version)
    # The day of the service says which set is coded in, whatever the practice's file said.
    qualifier = diagnosis_qualifier(encounter.service_from)
    chosen = read_diagnoses(typed.diagnoses, qualifier)
    lines = [
        read_line(line, number, len(chosen))
        for number, line in enumerate(typed.lines, 1)
        if line.code.strip() and not line.out
    ]
    if len(lines) > (most := visits.most_lines(encounter.kind)):
        raise Refused(T_("A claim takes at most {n} services.", n=most), code="code")
    charges = _apply_lines(uow, encounter, lines)
    # The diagnoses are sealed anew even when they are the same: the visit's version must rise with its lines.
    uow.change(
        encounter, diagnoses_sealed=list(chosen), code_qualifier=qualifier,
        charge_cents=showing.total_of(charges).cents,
    )  # fmt: skip
    return encounter


def finish(uow: UnitOfWork, encounter_id: bytes, version: int, typed: Typed) -> bool:
    """Keep what was typed, mark the visit as coded and hand it on; whether a colleague checks it first."""
    encounter = save(uow, encounter_id, version, typed)
    active = [charge for charge in showing.charges_of(uow, encounter) if charge.active]
    diagnoses = showing.diagnoses_of(uow, encounter)
    why = deciding.why_checked(uow, CODING, encounter, (*diagnoses, *(charge.code for charge in active)))
    facts = EncounterFacts(
        uow.actor.user_id,
        diagnoses=len(diagnoses),
        pointers=tuple(tuple(charge.pointers) for charge in active),
        sampled=bool(why),
    )
    uow.move(encounter, "CODED", facts)
    if why:
        uow.move(encounter, "CODE_REVIEW", facts, reason=why)
        visits.follow(uow, encounter, "coded", T_("A coder finished the codes."))
    else:
        uow.move(encounter, "RELEASED", facts, reason="not-sampled")
        visits.follow(uow, encounter, "released", T_("The codes are released; no rule asks for a check of them."))
    return bool(why)


def ask(uow: UnitOfWork, encounter_id: bytes, version: int, typed: Typed, topic: str, words: str) -> None:
    """Keep what was typed and ask the clinician; the visit waits and comes back with the answer. Raises Refused."""
    questions.ask(uow, save(uow, encounter_id, version, typed), topic, words)


def set_aside(uow: UnitOfWork, encounter_id: bytes, version: int, reason: str, note: str, seen: str = "") -> None:
    """Let a visit go no further that came for a wrong patient, or twice; see `aside.set_aside`, also for `seen`.

    Raises Refused `settled` for one that is not to be coded now, and Conflict.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.state != "PROPOSED":
        raise Refused(_NOT_NOW, code="settled")
    uow.change(encounter, expected_version=version)
    aside.set_aside(uow, encounter, reason, note, seen)


def as_proposed(uow: UnitOfWork, encounter_id: bytes) -> Typed:
    """A visit's codes as they stand, to be accepted as they are."""
    encounter = uow.get(EncounterRow, encounter_id)
    return _as_typed(uow, encounter, showing.charges_of(uow, encounter))


def _apply_lines(uow: UnitOfWork, encounter: EncounterRow, lines: Sequence[Line]) -> list[ChargeRow]:
    """Make the charges of a visit those of some lines: changed, taken out (and kept), put back, added."""
    standing = {charge.position: charge for charge in showing.charges_of(uow, encounter)}
    named = {line.position for line in lines}
    for position, charge in standing.items():
        if charge.active and position not in named and charge.code:  # a facility's room has no code to type
            uow.change(charge, active=False)
    made = []
    following = max(standing, default=0) + 1
    for line in lines:
        known = standing.get(line.position) if line.position is not None else None
        if known is not None:
            _change(uow, known, line)
            if line.asked:
                line_details.keep_drug(uow, encounter, known, line.drug)
            continue
        price = visits.list_price(uow, line.code, line.modifiers, encounter.service_from) or 0
        fresh = ServiceLine(
            line.code, visits.times(price, line.units), line.units, line.pointers, encounter.service_from,
            modifiers=line.modifiers,
        )  # fmt: skip
        made.append(visits.charge(uow, encounter, following, fresh, encounter.service_from))
        if line.drug is not None:
            line_details.keep_drug(uow, encounter, made[-1], line.drug)
        following += 1
    uow.flush()
    return [*standing.values(), *made]


def _change(uow: UnitOfWork, charge: ChargeRow, line: Line) -> None:
    thousandths = visits.thousandths(line.units)
    same_service = (charge.code, charge.modifiers) == (line.code, list(line.modifiers))
    cents = charge.charge_cents
    if not same_service:
        price = visits.list_price(uow, line.code, line.modifiers, charge.service_from)
        cents = cents if price is None else visits.times(price, line.units)
    elif thousandths != charge.units_thousandths and charge.units_thousandths:
        cents = visits.times(cents, Decimal(thousandths) / charge.units_thousandths)
    uow.change(
        charge,
        active=True,
        code=line.code,
        modifiers=list(line.modifiers),
        pointers=list(line.pointers),
        units_thousandths=thousandths,
        charge_cents=cents,
    )


def _as_typed(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> Typed:
    drugs = line_details.drugs_of(uow, encounter, charges)
    return Typed(
        tuple(showing.diagnoses_of(uow, encounter)),
        tuple(
            TypedLine(
                str(charge.position), charge.code, " ".join(charge.modifiers), letters(charge.pointers),
                units_text(charge.units_thousandths), drug=drug_typed(drugs[charge.position]),
            )
            for charge in charges
            if charge.active
        ),
    )  # fmt: skip


def _code_lines(
    uow: UnitOfWork, encounter: EncounterRow, typed: Sequence[TypedLine], proposal: dict[str, Any]
) -> tuple[CodeLine, ...]:
    words = showing.service_words(uow, encounter, [plain_code(line.code) for line in typed])
    by_position = {str(line["position"]): line for line in proposal["lines"]}
    found = []
    for line in typed:
        if not (line.position or line.code.strip()) or line.out:
            continue
        was = by_position.get(line.position)
        now = (plain_code(line.code), line.modifiers.upper().split(), line.points, line.units)
        before = was and (was["code"], was["modifiers"], letters(was["pointers"]), units_text(was["units_thousandths"]))
        found.append(
            CodeLine(
                line.position, words.get(plain_code(line.code), ""), proposed(was) if was else "", line.code,
                line.modifiers, line.points, line.units, now != before, line.drug or ("", "", "", ""),
                may_be(plain_code(line.code)),
            )
        )  # fmt: skip
    return tuple(found)


def _hits(uow: UnitOfWork, encounter: EncounterRow, find: str) -> tuple[CodeHit, ...]:
    """Codes that may be sent for the day of the visit: diagnoses, then services."""
    kinds = (("diagnosis", "diagnosis", 12), ("hcpcs", "service", 12), ("cpt", "service", 6))
    return tuple(
        CodeHit(hit.code, hit.description, kind)
        for code_set, kind, limit in kinds
        for hit in codes.search(uow, find, code_set, encounter.service_from, limit=limit)
        if hit.billable
    )
