"""Entering the charges of a visit into the account, and mending them when the audit returns them."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.bills import SET_ASIDE
from portal.domain.charges import TWICE
from portal.domain.claims import ServiceLine
from portal.domain.codes import is_place
from portal.domain.drugs import UNITS, read_drug
from portal.domain.encounters import AUDIT_HOLDS, EncounterFacts
from portal.domain.errors import Refused
from portal.domain.money import Money, parse_cents
from portal.domain.sampling import CHARGES
from portal.domain.texts import T_, Text
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.payers import PayerRow
from portal.models.practices import ProviderRow
from portal.services import aside, ledger
from portal.services.aside import Effects
from portal.services.charges import auditing, finding
from portal.services.charges.finding import Late, Twin
from portal.services.credits import follow_credits
from portal.services.intake import line_details, showing, unreleased, visits
from portal.services.intake.books import entries
from portal.services.intake.lines import TypedLine, read_line
from portal.services.intake.showing import Diagnosis, Returned, Visit, VisitLine
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork

_NOT_NOW = T_("The charges of this visit are not to be entered now. They can be changed when the audit returns them.")
_ENTRY_STATES = ("RELEASED", "CHARGED")
_ROOM = "99999"
"""Stands for no code where only units are read."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: its id in hex, and its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The charge form as it was typed; an empty id is nobody, or no coverage."""

    lines: tuple[TypedLine, ...]
    place: str
    provider_id: str
    coverage_id: str
    late_reason: str = ""
    twice_reason: str = ""
    """Why charges that look like others are not the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterPage(Visit):
    """Charges to be entered, as the clerk sees them."""

    returned: Returned | None
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[VisitLine, ...]
    total: Money
    unpriced: int
    place_code: str
    provider_id: str
    providers: tuple[Choice, ...]
    coverage_id: str
    coverages: tuple[Choice, ...]
    late: Late | None
    twins: tuple[Twin, ...]
    twice: tuple[tuple[str, Text], ...]
    reasons: tuple[tuple[str, Text], ...]
    effects: Effects | None
    """What setting it aside does besides; None where nothing is entered now."""
    measures: tuple[tuple[str, Text], ...]
    """Units of drugs."""
    may_enter: bool
    why_not: Text | None
    unreleased: tuple[int, ...]
    """Positions of services that no coder released."""


def show(uow: UnitOfWork, encounter_id: bytes) -> EnterPage:
    """Open a visit for charge entry."""
    encounter = uow.get(EncounterRow, encounter_id)
    charges = showing.charges_of(uow, encounter)
    may = encounter.state in _ENTRY_STATES
    unpriced = [charge for charge in charges if charge.active and visits.listed_cents(uow, charge) is None]
    return EnterPage(
        **showing.visit_values(uow, encounter),
        returned=_returned(uow, encounter) if encounter.state == "CHARGED" else None,
        diagnoses=showing.described(uow, encounter, showing.diagnoses_of(uow, encounter)),
        lines=showing.lines_of(uow, encounter, charges),
        total=showing.total_of(charges),
        unpriced=len(unpriced),
        place_code=encounter.place,
        provider_id=encounter.provider_id.hex() if encounter.provider_id else "",
        providers=_providers(uow),
        coverage_id=encounter.coverage_id.hex() if encounter.coverage_id else "",
        coverages=_coverages(uow, encounter),
        late=finding.late(uow, encounter),
        twins=finding.doubled(uow, encounter, charges) if may else (),
        twice=tuple(TWICE.items()),
        reasons=tuple(SET_ASIDE.items()),
        effects=aside.effects(uow, encounter) if may else None,
        measures=tuple(UNITS.items()),
        may_enter=may,
        why_not=None if may else _NOT_NOW,
        unreleased=tuple(charge.position for charge in unreleased.of(uow, encounter, charges)),
    )


def _returned(uow: UnitOfWork, encounter: EncounterRow) -> Returned | None:
    back = showing.returned(uow, encounter, AUDIT_HOLDS)
    return deciding.with_found(uow, CHARGES, encounter, back, AUDIT_HOLDS)


def enter(uow: UnitOfWork, encounter_id: bytes, version: int, typed: Typed | None = None) -> bool:
    """Enter the charges into the account and hand them on; whether they are audited first.

    After a return, only what changed is posted. The provider's prices stand unless typed otherwise. A changed charge is
    undone in the ledger and entered anew. Raises Refused `code`, `drug`, `charge`, `place` or `choice` for what cannot
    be read, `duplicate` for charges that look like others as long as nobody says why they are not, Conflict when the
    visit moved on. As they are (`typed` is None) such charges are entered, and always audited.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.state not in _ENTRY_STATES:
        raise Refused(_NOT_NOW, code="settled")
    uow.change(encounter, expected_version=version)
    if typed is not None:
        _apply(uow, encounter, typed)
    charges = showing.charges_of(uow, encounter)
    if not any(charge.active for charge in charges):
        raise Refused(T_("A visit without a charge cannot be entered."), code="charge")
    if sum(charge.active for charge in charges) > (most := visits.most_lines(encounter.kind)):
        raise Refused(T_("A claim takes at most {n} services.", n=most), code="charge")
    given = typed or Typed((), "", "", "")
    alike = finding.keep(
        uow, encounter, charges, late_reason=given.late_reason, twice_reason=given.twice_reason,
        asked=typed is not None,
    )  # fmt: skip
    uow.change(encounter, charge_cents=showing.total_of(charges).cents)
    ledger.post(uow, entries(uow, encounter, charges))
    follow_credits(uow, encounter.patient_id)
    for charge in charges:
        uow.change(charge, posted=charge.active)
    active = [charge.code for charge in charges if charge.active]
    fresh = bool(unreleased.of(uow, encounter, charges))
    why = deciding.why_checked(uow, CHARGES, encounter, active, duplicate=alike, unreleased=fresh)
    facts = EncounterFacts(uow.actor.user_id, entered=True, sampled=bool(why))
    if encounter.state == "RELEASED":
        uow.move(encounter, "CHARGED", facts)
    if why:
        uow.move(encounter, "QA", facts, reason=why)
        visits.follow(uow, encounter, "entered", T_("A clerk entered the charges."))
    else:
        uow.move(encounter, "CLEARED", facts, reason="not-sampled")
        auditing.hand_on(uow, encounter)
    return bool(why)


def set_aside(uow: UnitOfWork, encounter_id: bytes, version: int, reason: str, note: str, seen: str = "") -> None:
    """Let a visit go no further; see `aside.set_aside`. Raises Refused `settled`, Conflict."""
    encounter = uow.get(EncounterRow, encounter_id)
    if encounter.state not in _ENTRY_STATES:
        raise Refused(_NOT_NOW, code="settled")
    uow.change(encounter, expected_version=version)
    aside.set_aside(uow, encounter, reason, note, seen)


def _apply(uow: UnitOfWork, encounter: EncounterRow, typed: Typed) -> None:
    standing = {str(charge.position): charge for charge in showing.charges_of(uow, encounter)}
    following = max((charge.position for charge in standing.values()), default=0) + 1
    diagnoses = len(showing.diagnoses_of(uow, encounter))
    for number, line in enumerate(typed.lines, 1):
        known = standing.get(line.position)
        if known is not None:
            _change(uow, known, line, number)
            if line.drug is not None and known.active:
                line_details.keep_drug(uow, encounter, known, read_drug(*line.drug, number))
        elif line.code.strip():
            read = read_line(line, number, diagnoses)
            fresh = ServiceLine(
                read.code, _cents(line, number), read.units, read.pointers, encounter.service_from,
                modifiers=read.modifiers,
            )  # fmt: skip
            made = visits.charge(uow, encounter, following, fresh, encounter.service_from)
            unreleased.added(uow, made)
            if read.drug is not None:
                line_details.keep_drug(uow, encounter, made, read.drug)
            following += 1
    if not is_place(typed.place.strip()):
        raise Refused(T_("A place of service has two digits, as 11 for an office."), code="place")
    providers = {choice.id for choice in _providers(uow)} | {""}
    coverages = {choice.id for choice in _coverages(uow, encounter)} | {""}
    if typed.provider_id not in providers or typed.coverage_id not in coverages:
        raise Refused(T_("Choose a clinician and a coverage from the lists."), code="choice")
    uow.change(
        encounter,
        place=typed.place.strip(),
        provider_id=bytes.fromhex(typed.provider_id) or None,
        coverage_id=bytes.fromhex(typed.coverage_id) or None,
    )
    uow.flush()


def _change(uow: UnitOfWork, charge: ChargeRow, line: TypedLine, number: int) -> None:
    """Units and price of a standing line; its codes were released and stay."""
    code = charge.code or _ROOM  # a facility's room is told by its revenue code alone
    plain = TypedLine(line.position, code, units=line.units)
    units = read_line(plain, number, 0).units
    uow.change(
        charge,
        units_thousandths=visits.thousandths(units),
        charge_cents=_cents(line, number),
        active=charge.active and not line.out,
    )


def _cents(line: TypedLine, number: int) -> int:
    try:
        cents = parse_cents(line.charge.replace("$", "").replace(",", "").strip())
    except ValueError:
        cents = -1
    if cents < 0:
        raise Refused(T_("Service {line}: the charge is an amount such as 125.00.", line=number), code="charge")
    return cents


def _providers(uow: UnitOfWork) -> tuple[Choice, ...]:
    columns = (ProviderRow.id, ProviderRow.first_name, ProviderRow.last_name)
    rows = uow.rows(uow.select(*columns).order_by(ProviderRow.last_name, ProviderRow.first_name))
    return tuple(Choice(row.id.hex(), f"{row.first_name} {row.last_name}".strip()) for row in rows)


def _coverages(uow: UnitOfWork, encounter: EncounterRow) -> tuple[Choice, ...]:
    rows = uow.rows(
        uow.select(CoverageRow.id, PayerRow.name)
        .where(CoverageRow.patient_id == encounter.patient_id, PayerRow.id == CoverageRow.payer_id)
        .order_by(CoverageRow.rank, PayerRow.name, CoverageRow.id)
    )
    return tuple(Choice(row.id.hex(), f"{at}. {row.name}") for at, row in enumerate(rows, 1))
