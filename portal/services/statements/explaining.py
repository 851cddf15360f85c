"""One visit explained to its patient: every service from its charge to what they owe, beside the plan's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.dates import today as day_of
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.statements.arithmetic import reasons, service_sums
from portal.domain.statements.content import StatementLine, Sums, summed
from portal.domain.statements.plan_words import meaning
from portal.domain.texts import T_, Text
from portal.models.encounters import EncounterRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.remittances import RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services import codes
from portal.services.statements.balances import lines_of_patient
from portal.services.statements.building import line_of, patient_shares, sentence, services_of
from portal.services.statements.visits import books_of, titles_of, waiting
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PlanWord:
    """One adjustment as the plan told it: its code, what the code's publisher says where that is loaded, our words."""

    code: str
    words: str | None
    meaning: Text
    amount: Money


@dataclass(frozen=True, slots=True)
class PlanSaid:
    """What one answer of a plan said of a service."""

    payer: str
    on: date
    paid: Money
    words: tuple[PlanWord, ...]
    remarks: tuple[str, ...]
    """Further words of the plan, where their texts are loaded."""


@dataclass(frozen=True, slots=True)
class ExplainedService:
    """One service: its arithmetic, why something of it is the patient's, and what plans said of it."""

    line: StatementLine
    whys: tuple[Text, ...]
    said: tuple[PlanSaid, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """See `templates/patient/visit.html`."""

    encounter_id: str
    patient_id: str
    title: Text | str
    day: date
    provider: str
    sums: Sums
    sentence: Text
    waits: Text | None
    """Where it stands with the insurance, while something of it does."""
    services: tuple[ExplainedService, ...]
    statement_id: str | None
    """The newest bill that lists it."""


def visit_page(uow: UnitOfWork, encounter_id: bytes) -> VisitPage:
    """One visit of a patient within reach, as the books stand now; raises NotFound."""
    visit = uow.get(EncounterRow, encounter_id)
    patient_id = visit.patient_id
    today = uow.today(visit.practice_id)
    booked = lines_of_patient(uow, patient_id, encounter_id)
    sums = service_sums(line for _, line in booked)
    services = services_of(uow, [each.charge_id for each in sums if each.charge_id])
    shares = patient_shares(uow, booked)
    said = _said(uow, visit.practice_id, [each.charge_id for each in sums if each.charge_id])
    made = []
    for each in sorted(sums, key=lambda each: _position(services.get(each.charge_id or b""))):
        mine = shares.get(each.charge_id, {})
        line = line_of(each, services.get(each.charge_id or b""), mine, today)
        made.append(
            ExplainedService(
                line, tuple(why.text for why in reasons(each, mine)) or (line.why,), said.get(each.charge_id, ())
            )
        )
    books = books_of(uow, patient_id)
    provider = uow.row(
        uow.select(ProviderRow.first_name, ProviderRow.last_name).where(ProviderRow.id == visit.provider_id)
    )
    bills = books.bills
    whole = summed(each.line for each in made)
    wait = next((each for each in waiting(uow, patient_id, books) if each.encounter_id == encounter_id.hex()), None)
    return VisitPage(
        encounter_id=encounter_id.hex(),
        patient_id=patient_id.hex(),
        title=titles_of(uow, [encounter_id]).get(encounter_id) or T_("Visit"),
        day=visit.service_from,
        provider=" ".join(part for part in (provider.first_name, provider.last_name) if part) if provider else "",
        sums=whole,
        sentence=sentence(whole),
        waits=wait.text if wait else None,
        services=tuple(made),
        statement_id=next(
            (
                bill.row.id.hex()
                for bill in bills
                if any(line.encounter_id == encounter_id.hex() for line in bill.content.lines)
            ),
            None,
        ),
    )


def whose_visit(uow: UnitOfWork, encounter_id: bytes) -> bytes:
    """The patient of a visit; raises NotFound out of reach."""
    row = uow.row(uow.select(EncounterRow.patient_id).where(EncounterRow.id == encounter_id))
    if row is None:
        raise NotFound(ABSENT, code="not-found")
    patient: bytes = row.patient_id
    return patient


def _position(service: Any) -> tuple[date, int]:
    return (service.day, service.position) if service else (date.max, 0)


def _said(uow: UnitOfWork, practice_id: bytes, charges: Sequence[bytes]) -> dict[bytes | None, tuple[PlanSaid, ...]]:
    """By charge what plans said of it, oldest first."""
    line, claim, paper = RemittanceLineRow, RemittanceClaimRow, RemittanceRow
    rows = uow.rows(
        uow.select(line.charge_id, line.paid_cents, line.adjustments, line.remarks, line.practice_id)
        .add_columns(paper.paid_on, paper.created_at, PayerRow.name)
        .join(claim, claim.id == line.remittance_claim_id)
        .join(paper, paper.id == claim.remittance_id)
        .join(PayerRow, PayerRow.id == line.payer_id)
        .where(line.charge_id.in_(list(charges)), uow.within(claim), claim.entry_id.is_not(None))
        .order_by(paper.created_at, line.id)
    )
    texts = _texts(uow, rows)
    zone = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == practice_id))
    found: dict[bytes | None, list[PlanSaid]] = {}
    for row in rows:
        words = tuple(
            PlanWord(
                f"{one['group']}-{one['reason']}", texts["carc"].get(one["reason"]), meaning(one["group"]),
                Money(int(one["cents"])),
            )
            for one in row.adjustments
        )  # fmt: skip
        remarks = tuple(texts["rarc"][code] for code in row.remarks if code in texts["rarc"])
        on = row.paid_on or day_of(row.created_at, zone)
        found.setdefault(row.charge_id, []).append(PlanSaid(row.name, on, Money(row.paid_cents), words, remarks))
    return {charge: tuple(each) for charge, each in found.items()}


def _texts(uow: UnitOfWork, rows: Sequence[Any]) -> Mapping[str, Mapping[str, str]]:
    """The publishers' texts of the codes in some answers, as far as a user loaded them."""
    reasons_ = {one["reason"] for row in rows for one in row.adjustments}
    remarks = {code for row in rows for code in row.remarks}
    return {
        "carc": codes.describe(uow, reasons_, code_set="carc"),
        "rarc": codes.describe(uow, remarks, code_set="rarc"),
    }
