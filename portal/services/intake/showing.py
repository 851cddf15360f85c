"""A visit as its pages show it: who, when, where, what; the same for coding, review, charges and audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.domain.claims import Person
from portal.domain.codes import procedure_set
from portal.domain.drugs import may_be
from portal.domain.encounters import LIFE
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import T_, Text
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.queues import TransitionRow
from portal.models.users import UserRow
from portal.services import codes
from portal.services.intake import line_details
from portal.services.intake.lines import drug_typed, letters
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.work import UnitOfWork

_SEX = {"F": T_("Female"), "M": T_("Male")}
_UNTOLD = T_("Not stated")


@dataclass(frozen=True, slots=True)
class State:
    """Where a thing stands, as code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What every page of a visit shows; ids are hex."""

    encounter_id: str
    version: int
    state: State
    patient_name: str
    birth_date: date
    sex: Text
    mrn: str
    day: date
    provider: str
    place: Text
    payer_name: str | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A diagnosis without dot, and its description where one is loaded."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One service as it is billed."""

    position: int
    code: str
    modifiers: str
    words: str
    points: str
    units: Decimal
    charge: Money
    drug: tuple[str, str, str, str]
    """Drug code, quantity, unit and prescription as a form has them; all empty for none."""
    may_be_drug: bool


@dataclass(frozen=True, slots=True)
class Happened:
    """One move of a visit: by whom, when, why."""

    by: str
    at: datetime
    reason: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Returned:
    """Why a visit came back."""

    category: Text
    note: str | None
    by: str
    at: datetime
    found: tuple[tuple[Text, int], ...] = ()
    """All that the check found, with how often."""


def visit_values(uow: UnitOfWork, encounter: EncounterRow) -> dict[str, Any]:
    """The fields of `Visit`; raises Refused where the role may not open a name."""
    patient = uow.get(PatientRow, encounter.patient_id)
    last, first, middle, suffix = (
        uow.read(patient, column) or ""
        for column in (
            PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed,
            PatientRow.suffix_sealed,
        )
    )  # fmt: skip
    place = codes.describe(uow, [encounter.place], code_set="pos", on=encounter.service_from)
    known = place.get(encounter.place)
    return {
        "encounter_id": encounter.id.hex(),
        "version": encounter.version,
        "state": State(encounter.state, LIFE.words[encounter.state]),
        "patient_name": full_name(Person(last, first, middle, suffix)),
        "birth_date": uow.read(patient, PatientRow.birth_date_sealed),
        "sex": _SEX.get(uow.read(patient, PatientRow.sex_sealed), _UNTOLD),
        "mrn": uow.read(patient, PatientRow.mrn_sealed),
        "day": encounter.service_from,
        "provider": _provider(uow, encounter),
        "place": T_("{place}", place=known) if known else T_("Place {code}", code=encounter.place),
        "payer_name": _payer_name(uow, encounter),
    }


def _provider(uow: UnitOfWork, encounter: EncounterRow) -> str:
    """The clinician, or the practice where none is named."""
    if encounter.provider_id is None:
        return str(uow.value(uow.select(PracticeRow.name).where(PracticeRow.id == encounter.practice_id)))
    names = (ProviderRow.first_name, ProviderRow.last_name)
    row = uow.row(uow.select(*names).where(ProviderRow.id == encounter.provider_id))
    return " ".join(filter(None, row)) if row else ""


def _payer_name(uow: UnitOfWork, encounter: EncounterRow) -> str | None:
    if encounter.coverage_id is None:
        return None
    row = uow.row(
        uow.select(PayerRow.name, CoverageRow.payer_id).where(
            CoverageRow.id == encounter.coverage_id, PayerRow.id == CoverageRow.payer_id
        )
    )
    return row.name if row else None


def diagnoses_of(uow: UnitOfWork, encounter: EncounterRow) -> tuple[str, ...]:
    """The diagnoses of a visit as they stand, without dots, the principal first."""
    return tuple(uow.read(encounter, EncounterRow.diagnoses_sealed))


def described(uow: UnitOfWork, encounter: EncounterRow, given: Sequence[str]) -> tuple[Diagnosis, ...]:
    """Diagnoses with their words on the day of the visit."""
    code_set = "icd9cm" if encounter.code_qualifier == "BK" else "icd10cm"
    words = codes.describe(uow, given, code_set=code_set, on=encounter.service_from)
    return tuple(Diagnosis(code, words.get(code, "")) for code in given)


def charges_of(uow: UnitOfWork, encounter: EncounterRow) -> list[ChargeRow]:
    """Every line of a visit by position, those taken out too."""
    return uow.entities(
        uow.select(ChargeRow).where(ChargeRow.encounter_id == encounter.id).order_by(ChargeRow.position)
    )


def lines_of(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> tuple[VisitLine, ...]:
    """The lines that are billed, with their words on the day of the visit."""
    words = service_words(uow, encounter, [charge.code for charge in charges])
    drugs = line_details.drugs_of(uow, encounter, charges)
    return tuple(
        VisitLine(
            charge.position, charge.code, " ".join(charge.modifiers), words.get(charge.code, ""),
            letters(charge.pointers), Decimal(charge.units_thousandths) / 1000, Money(charge.charge_cents),
            drug_typed(drugs[charge.position]), may_be(charge.code),
        )
        for charge in charges
        if charge.active
    )  # fmt: skip


def service_words(uow: UnitOfWork, encounter: EncounterRow, given: Sequence[str]) -> dict[str, str]:
    """Descriptions of service codes on the day of a visit, as far as loaded."""
    return codes.describe(uow, [code for code in given if procedure_set(code)], on=encounter.service_from)


def total_of(charges: Sequence[ChargeRow]) -> Money:
    """What the lines that are billed come to."""
    return Money(sum(charge.charge_cents for charge in charges if charge.active))


def last_move(
    uow: UnitOfWork, encounter: EncounterRow, to: str, *, reasons: Collection[str] | None = None
) -> Happened | None:
    """The newest move of a visit into a state, for one of some reasons, with who did it by name."""
    columns = (
        TransitionRow.id, TransitionRow.actor, TransitionRow.at, TransitionRow.reason, TransitionRow.from_state,
        TransitionRow.note_sealed,
    )  # fmt: skip
    row = uow.row(
        uow.select(*columns)
        .where(
            TransitionRow.subject_table == EncounterRow.__tablename__,
            TransitionRow.subject_id == encounter.id,
            TransitionRow.to_state == to,
            *((TransitionRow.reason.in_(sorted(reasons)),) if reasons is not None else ()),
        )
        .order_by(TransitionRow.at.desc(), TransitionRow.subject_version.desc())
    )
    if row is None:
        return None
    note = uow.open(row.note_sealed, TransitionRow.note_sealed, row=row.id, subject=encounter.patient_id)
    return Happened(colleague(uow, row.actor), row.at, row.reason, note)


def returned(uow: UnitOfWork, encounter: EncounterRow, words: Mapping[str, Text]) -> Returned | None:
    """Why a visit came back into the state it is in; None when it did not."""
    move = last_move(uow, encounter, encounter.state, reasons=words)
    if move is None:
        return None
    return Returned(words[move.reason], move.note, move.by, move.at)


def colleague(uow: UnitOfWork, identity: str) -> str:
    """The name of who acted: a colleague's, Candor's for a job, a dash for someone who is gone."""
    if identity.startswith("system:"):
        return "Candor"
    user = bytes.fromhex(identity)
    row = uow.row(uow.select(UserRow.id, UserRow.name_sealed).where(UserRow.id == user))
    if row is None:
        return "-"
    name: str = uow.open(row.name_sealed, UserRow.name_sealed, row=user, subject=user, practice=INSTALLATION)
    return name
