"""Taking in a visit: account, coverage, clinician, encounter and charges in one piece, never the same visit twice."""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from portal.domain.claims import Claim, ServiceLine
from portal.domain.errors import Refused
from portal.domain.interchanges import Finding
from portal.domain.texts import T_, Text, to_json
from portal.models.base import Base
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.practices import PriceRow
from portal.services import queues
from portal.services.intake import kinds, line_details, people
from portal.services.unit_of_work.work import UnitOfWork

MOST_LINES = 50
"""Service lines of one professional claim (005010X222A1, loop 2400)."""

_CONTROL = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I, O: line controls are read aloud to payers."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a visit: its encounter, and whether that and the account are new."""

    encounter_id: bytes
    interchange_id: bytes | None
    """The file it came in first."""
    new: bool
    new_patient: bool
    findings: tuple[Finding, ...]


def take(
    uow: UnitOfWork, claim: Claim, *, interchange_id: bytes | None = None, days: tuple[date, date] | None = None,
    bill: bool = False,
) -> Taken:  # fmt: skip
    """Make what a visit needs from a claim of any kind; a visit that stands already takes over drugs and laboratories.

    A coverage without payer and member is none: the patient pays. The codes are the provider's proposal; prices are the
    file's. Of a `bill` that came in, `days` are told apart from its services, and it is verified before it is coded; a
    visit from the practice's own system has no bill. Raises Refused before anything is made: no birth date, no service
    date, a negative charge, a coverage that cannot be told.
    """
    days = _days(claim, days)
    covered = people.check_cover(uow, claim.cover)
    notes = people.Notes(claim.segment)
    patient_id, new_patient = people.patient(uow, claim.patient, claim.cover, notes)
    source = _source(patient_id, claim)
    if not new_patient:
        standing = uow.row(
            uow.select(EncounterRow.id, EncounterRow.interchange_id).where(
                EncounterRow.source_index.in_(uow.tokens("visit-source", source))
            )
        )
        if standing is not None:
            told = _again(uow, claim, standing.id)
            return Taken(standing.id, standing.interchange_id, False, False, told)
    coverage_id = people.coverage(uow, patient_id, claim, days[0], notes) if covered else None
    encounter = uow.new(
        EncounterRow,
        patient_id=patient_id,
        coverage_id=coverage_id,
        provider_id=people.provider(uow, replace(claim, rendering=claim.rendering or claim.attending), notes),
        kind=kinds.kind_of(claim),
        state="RECEIVED" if bill else "PROPOSED",
        place=printable(claim.place),
        service_from=days[0],
        service_to=days[1],
        charge_cents=claim.lines_cents,
        diagnoses_sealed=[code.upper() for code in claim.diagnoses],
        proposal_sealed=_proposal(claim),
        note_sealed=claim.note or None,
        code_qualifier=claim.code_qualifier,
        source_sealed=source,
        source_control_sealed=printable(claim.control),
        interchange_id=interchange_id,
        created_at=uow.now,
    )
    uow.flush()
    _charges(uow, encounter, claim, days[0])
    if claim.charge_cents != claim.lines_cents:
        notes.add("charge-sum", T_("The claim's charge (CLM02) is not the sum of its lines; the lines were taken."))
    for reason, text in notes.compare[:1]:
        # The coverage lies in the queue, for a patient in credit lies in another.
        subject: Base = uow.get(CoverageRow, coverage_id) if coverage_id else uow.get(PatientRow, patient_id)
        detail = {"number": number(encounter), "text": to_json(text)}
        queues.put(uow, "identity", subject, reason=reason, detail=detail, patient_id=patient_id)
    uow.begin(encounter, reason="registered" if bill else "imported")
    words = T_("A bill came in from the practice.") if bill else T_("The provider proposed codes.")
    follow(uow, encounter, "received" if bill else "proposed", words)
    uow.flush()
    return Taken(encounter.id, interchange_id, True, new_patient, tuple(notes.findings))


def _charges(uow: UnitOfWork, encounter: EncounterRow, claim: Claim, day: date) -> None:
    """The services of a new visit; a facility's diagnoses are those of all its lines."""
    for position, line in enumerate(claim.lines, 1):
        unpointed = claim.institutional is not None and not line.pointers
        charge(uow, encounter, position, replace(line, pointers=(1,)) if unpointed else line, day)


def most_lines(kind: str | None) -> int:
    """Service lines that one claim for a visit of a kind takes."""
    return kinds.MOST_LINES.get(kind or "", MOST_LINES)


def add_cover(uow: UnitOfWork, claim: Claim) -> bytes:
    """Another coverage of a claim's patient, as the front desk types it in; the same one again makes nothing."""
    notes = people.Notes(claim.segment)
    patient_id, _ = people.patient(uow, claim.patient, claim.cover, notes)
    return people.coverage(uow, patient_id, claim, uow.today(), notes)


def charge(uow: UnitOfWork, encounter: EncounterRow, position: int, line: ServiceLine, day: date) -> ChargeRow:
    """One service line of an encounter, under a control number of ours (REF*6R)."""
    first = line.from_date or day
    return uow.new(
        ChargeRow,
        practice_id=encounter.practice_id,
        patient_id=encounter.patient_id,
        encounter_id=encounter.id,
        position=position,
        control="".join(secrets.choice(_CONTROL) for _ in range(12)),
        code=printable(line.code).upper(),
        modifiers=[printable(modifier).upper() for modifier in line.modifiers],
        units_thousandths=thousandths(line.units),
        unit=printable(line.unit) or "UN",
        pointers=list(line.pointers),
        charge_cents=line.charge_cents,
        service_from=first,
        service_to=line.to_date or first,
        place=printable(line.place),
        qualifier=printable(line.qualifier),
        posted=False,
        active=True,
    )


def list_price(uow: UnitOfWork, code: str, modifiers: Sequence[str], day: date) -> int | None:
    """The practice's own price of a service on a day, in cents: that of its first modifier, else the plain one."""
    wanted = ("", modifiers[0]) if modifiers else ("",)
    rows = uow.rows(
        uow.select(PriceRow.modifier, PriceRow.amount_cents)
        .where(
            PriceRow.practice_id == uow.practice_id,
            PriceRow.code == code,
            PriceRow.modifier.in_(wanted),
            PriceRow.valid_from <= day,
        )
        .order_by(PriceRow.valid_from)
    )
    newest = {row.modifier: row.amount_cents for row in rows}
    return next((newest[modifier] for modifier in reversed(wanted) if modifier in newest), None)


def listed_cents(uow: UnitOfWork, charge: ChargeRow) -> int | None:
    """What a charge would cost by the practice's list, in cents; None where the list does not have it."""
    price = list_price(uow, charge.code, charge.modifiers, charge.service_from)
    return None if price is None else times(price, Decimal(charge.units_thousandths) / 1000)


def times(cents: int, factor: Decimal) -> int:
    """Cents times units, half a cent rounded up."""
    return int((cents * factor).quantize(Decimal(1), ROUND_HALF_UP))


def follow(uow: UnitOfWork, encounter: EncounterRow, reason: str, text: Text) -> None:
    """Lay a visit into the queue of its state, with the words why, or take it out of all."""
    payer_id = None
    if encounter.coverage_id is not None:
        payer_id = uow.value(uow.select(CoverageRow.payer_id).where(CoverageRow.id == encounter.coverage_id))
    detail = {"number": number(encounter), "text": to_json(text)}
    queues.follow(uow, encounter, reason=reason, detail=detail, payer_id=payer_id, at_risk_cents=encounter.charge_cents)


def number(encounter: EncounterRow) -> str:
    """A visit's number for people: the beginning of its own random id, which tells nothing about anybody."""
    return number_of(encounter.id)


def number_of(encounter_id: bytes) -> str:
    """The same, where only the id is at hand."""
    return encounter_id.hex()[:8].upper()


def thousandths(units: Decimal) -> int:
    """Units of service times 1,000, to the nearest whole."""
    return int((units * 1000).to_integral_value())


def printable(text: str) -> str:
    """Text for an open column: what came in a file may hold characters that no database takes."""
    return "".join(filter(str.isprintable, text))[:60]


def _again(uow: UnitOfWork, claim: Claim, encounter_id: bytes) -> tuple[Finding, ...]:
    """What a visit that stands already takes over from another file: what is no part of what makes it the same."""
    encounter = uow.get(EncounterRow, encounter_id)
    if not line_details.take_over(uow, encounter, claim):
        return ()
    text = T_(
        "The visit {number} stands already. Drug codes or the laboratory's number were taken over from this file; "
        "check its claim again, or replace it where it was sent.",
        number=number(encounter),
    )
    return (Finding(claim.segment, "details-taken", text),)


def _days(claim: Claim, known: tuple[date, date] | None) -> tuple[date, date]:
    """First and last day of service; raises Refused for what an encounter cannot be without."""
    if claim.patient.birth_date is None or not claim.patient.last.strip():
        raise Refused(
            T_("The patient has no name or no birth date that can be read; the visit was left out."), code="patient"
        )
    most = most_lines(kinds.kind_of(claim))
    if len(claim.lines) > most:
        raise Refused(T_("The visit has more than {n} service lines; it was left out.", n=most), code="lines")
    if any(line.charge_cents < 0 or line.units < 0 for line in claim.lines):
        raise Refused(T_("A charge or the units of a line are negative; the visit was left out."), code="line-amount")
    if known is not None:
        return known
    spans = [(line.from_date, line.to_date or line.from_date) for line in claim.lines if line.from_date is not None]
    stay = claim.institutional
    if stay is not None and stay.statement_from is not None:
        spans.append((stay.statement_from, stay.statement_to or stay.statement_from))
    if not spans:
        raise Refused(T_("No line of the visit has a date of service; it was left out."), code="service-date")
    return min(first for first, _ in spans), max(max(span) for span in spans)


def _source(patient_id: bytes, claim: Claim) -> bytes:
    """What makes a visit the same in another file: patient, CLM01, and every line's day, code, units and charge.

    The patient stands for name and birth date; diagnoses are left out. Many systems write the account number into
    CLM01: so this digest, from which it could be guessed, is sealed and looked up by its blind index.
    """
    lines = sorted(
        [str(line.from_date), line.code.upper(), *sorted(line.modifiers), thousandths(line.units), line.charge_cents]
        for line in claim.lines
    )
    parts = ["visit/v1", patient_id.hex(), _plain(claim.control), claim.billing.npi, lines]
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).digest()


def _plain(text: str) -> str:
    """A number as people write it in one file or the other: its letters and digits."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).upper() if each.isalnum())


def _proposal(claim: Claim) -> dict[str, Any]:
    """The provider's codes as they came in, and what else a claim of this visit must carry on."""
    return {
        "diagnoses": [code.upper() for code in claim.diagnoses],
        "authorization": claim.authorization,
        "referral": claim.referral,
        **({"clia": claim.clia} if claim.clia else {}),
        **kinds.keep(claim),
        "lines": [
            {
                "position": position, "code": line.code, "modifiers": list(line.modifiers),
                "units_thousandths": thousandths(line.units), "unit": line.unit, "pointers": list(line.pointers),
                "charge_cents": line.charge_cents, "control": line.control, **kinds.keep_line(line),
            }
            for position, line in enumerate(claim.lines, 1)
        ],
    }  # fmt: skip
