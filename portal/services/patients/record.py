"""The billing part of a patient's designated record set, gathered within the reach of whoever asks (45 CFR 164.524)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import exists

from portal.domain.claims import Person
from portal.domain.dates import instant_text, today
from portal.domain.documents import KINDS
from portal.domain.errors import Refused
from portal.domain.messages.life import PATIENT
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import T_, Text
from portal.models.base import Base
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.documents import DocumentRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.messages import ConversationMessageRow, ConversationRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.payments import CardDisputeRow, CardRefundRow, PaymentRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.statements import StatementPersonRow, StatementRow
from portal.services import codes, documents, ledger
from portal.services.unit_of_work.work import UnitOfWork

FORMAT: Final = "candor-billing-record/1"
"""Keys are only added under this name; days are ISO 8601, instants in UTC, sums whole cents of US dollars."""
MOST_BYTES: Final = 256 * 1024 * 1024
"""Of papers in one copy; who has more asks the office."""

Cell = Text | str | date | Money | int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of the record, for people and for spreadsheets."""

    name: str
    title: Text
    header: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """All of it: `data` as JSON, the same as tables, and every paper that was made, by its name in the copy."""

    patient_name: str
    made_on: date
    data: dict[str, Any]
    sheets: tuple[Sheet, ...]
    papers: tuple[tuple[str, bytes], ...]


def gather(uow: UnitOfWork, patient_id: bytes) -> Record:
    """The record as it is now; what is out of the asker's reach is in no part of it. Raises NotFound, Refused."""
    patient = uow.get(PatientRow, patient_id)
    practice = uow.get(PracticeRow, patient.practice_id)
    zone = practice.time_zone
    bills = _bills(uow, patient_id)
    papers = _papers(uow, patient_id, [row.document_id for row in bills if row.document_id])
    listed = [
        {"id": row.id.hex(), "kind": row.kind, "name": name.rpartition("/")[2], "made_on": _day(row.created_at, zone),
         "file": name}
        for row, name, _ in papers
    ]  # fmt: skip
    files = {each["id"]: each["file"] for each in listed}
    data: dict[str, Any] = {
        "format": FORMAT,
        "made_at": instant_text(uow.now),
        "practice": {"name": practice.name, "address": practice.address, "phone": practice.phone, "time_zone": zone},
        "patient": _person(uow, patient),
        "coverages": _coverages(uow, patient_id),
        "visits": _visits(uow, patient_id),
        "claims": _claims(uow, patient_id),
        "account": _account(uow, patient_id),
        "statements": [
            {"id": row.id.hex(), "number": row.number, "made_on": row.made_on.isoformat(),
             "due_on": row.due_on.isoformat(), "state": row.state, "asked_cents": row.closing_cents,
             "file": files.get(row.document_id.hex()) if row.document_id else None}
            for row in bills
        ],
        "payments": _payments(uow, patient_id, zone),
        "messages": _messages(uow, patient_id, zone),
        "documents": listed,
    }  # fmt: skip
    return Record(
        data["patient"]["name"],
        today(uow.now, zone),
        data,
        _sheets(data),
        tuple((name, body) for _, name, body in papers),
    )


def _person(uow: UnitOfWork, row: PatientRow) -> dict[str, Any]:
    read = {
        name: uow.read(row, column)
        for name, column in (
            ("last", PatientRow.last_name_sealed), ("first", PatientRow.first_name_sealed),
            ("middle", PatientRow.middle_name_sealed), ("suffix", PatientRow.suffix_sealed),
        )
    }  # fmt: skip
    return {
        "name": full_name(Person(read["last"], read["first"], read["middle"] or "", read["suffix"] or "")),
        "birth_date": uow.read(row, PatientRow.birth_date_sealed).isoformat(),
        "sex": uow.read(row, PatientRow.sex_sealed),
        "record_number": uow.read(row, PatientRow.mrn_sealed),
        "account_number": uow.read(row, PatientRow.account_number_sealed),
        "address": uow.read(row, PatientRow.address_sealed),
        "phone": uow.read(row, PatientRow.phone_sealed),
        "email": uow.read(row, PatientRow.email_sealed),
        "guarantor": uow.read(row, PatientRow.guarantor_sealed),
        "language": row.language,
    }


def _all(uow: UnitOfWork, model: type[Base], patient_id: bytes, *order: Any) -> Sequence[Any]:
    return uow.entities(uow.select(model).where(model.patient_id == patient_id).order_by(*order))  # type: ignore[attr-defined]  # every one of these belongs to a patient


def _coverages(uow: UnitOfWork, patient_id: bytes) -> list[dict[str, Any]]:
    rows = _all(uow, CoverageRow, patient_id, CoverageRow.valid_from, CoverageRow.rank, CoverageRow.id)
    names = _names_of_payers(uow, {row.payer_id for row in rows})
    return [
        {"payer": names.get(row.payer_id, ""), "rank": row.rank, "relationship": row.relationship,
         "member_id": uow.read(row, CoverageRow.member_id_sealed),
         "group_number": uow.read(row, CoverageRow.group_number_sealed),
         "from": _iso(row.valid_from), "to": _iso(row.valid_to)}
        for row in rows
    ]  # fmt: skip


def _names_of_payers(uow: UnitOfWork, ids: set[bytes]) -> dict[bytes, str]:
    return {
        row.id: row.name for row in uow.rows(uow.select(PayerRow.id, PayerRow.name).where(PayerRow.id.in_(sorted(ids))))
    }


def _visits(uow: UnitOfWork, patient_id: bytes) -> list[dict[str, Any]]:
    charges = _all(uow, ChargeRow, patient_id, ChargeRow.service_from, ChargeRow.position)
    words = codes.describe(uow, [row.code for row in charges])
    services: dict[bytes, list[dict[str, Any]]] = {}
    for row in charges:
        if row.active:
            services.setdefault(row.encounter_id, []).append({
                "id": row.id.hex(), "code": row.code, "modifiers": row.modifiers, "words": words.get(row.code),
                "units": row.units_thousandths / 1000, "from": _iso(row.service_from), "to": _iso(row.service_to),
                "charged_cents": row.charge_cents,
            })  # fmt: skip
    providers = {
        row.id: f"{row.first_name or ''} {row.last_name}".strip()
        for row in uow.rows(uow.select(ProviderRow.id, ProviderRow.first_name, ProviderRow.last_name))
    }
    return [
        {"id": row.id.hex(), "from": _iso(row.service_from), "to": _iso(row.service_to),
         "provider": providers.get(row.provider_id, ""), "diagnoses": uow.read(row, EncounterRow.diagnoses_sealed),
         "charged_cents": row.charge_cents, "services": services.get(row.id, [])}
        for row in _all(uow, EncounterRow, patient_id, EncounterRow.service_from, EncounterRow.id)
    ]  # fmt: skip


def _claims(uow: UnitOfWork, patient_id: bytes) -> list[dict[str, Any]]:
    columns = (ClaimRow.encounter_id, ClaimRow.payer_id, ClaimRow.state, ClaimRow.submitted_at, ClaimRow.adjudicated_at)
    rows = uow.rows(
        uow.select(*columns).where(ClaimRow.patient_id == patient_id).order_by(ClaimRow.created_at, ClaimRow.id)
    )
    names = _names_of_payers(uow, {row.payer_id for row in rows})
    return [
        {"visit": row.encounter_id.hex(), "payer": names.get(row.payer_id, ""), "state": row.state,
         "sent_at": instant_text(row.submitted_at) if row.submitted_at else None,
         "answered_at": instant_text(row.adjudicated_at) if row.adjudicated_at else None}
        for row in rows
    ]  # fmt: skip


def _account(uow: UnitOfWork, patient_id: bytes) -> list[dict[str, Any]]:
    """What the books say: each line of the patient's account; what is positive is owed to the practice."""
    return [
        {"day": line.posted_on.isoformat(), "kind": line.kind, "account": line.account, "cents": line.amount_cents,
         "visit": line.encounter_id.hex() if line.encounter_id else None,
         "service": line.charge_id.hex() if line.charge_id else None}
        for line in ledger.lines_of(uow, LedgerLineRow.patient_id == patient_id)
    ]  # fmt: skip


def _bills(uow: UnitOfWork, patient_id: bytes) -> Sequence[StatementRow]:
    person = StatementPersonRow
    names = exists().where(person.statement_id == StatementRow.id, person.patient_id == patient_id)
    wanted = (StatementRow.patient_id == patient_id) | names.correlate(StatementRow)
    return uow.entities(uow.select(StatementRow).where(wanted).order_by(StatementRow.made_on, StatementRow.id))


def _payments(uow: UnitOfWork, patient_id: bytes, zone: str) -> list[dict[str, Any]]:
    rows = [row for row in _all(uow, PaymentRow, patient_id, PaymentRow.created_at) if row.settled_at is not None]
    ids = sorted(row.id for row in rows)
    back: dict[bytes, list[dict[str, Any]]] = {}
    refund, dispute = CardRefundRow, CardDisputeRow
    refunds = uow.entities(uow.select(refund).where(refund.payment_id.in_(ids)).order_by(refund.told_at))
    disputes = uow.entities(uow.select(dispute).where(dispute.payment_id.in_(ids)).order_by(dispute.told_at))
    moved: list[CardRefundRow | CardDisputeRow] = [*refunds, *disputes]
    for each in moved:
        kind = "refund" if isinstance(each, refund) else "dispute"
        back.setdefault(each.payment_id, []).append(
            {"kind": kind, "on": _day(each.told_at, zone), "cents": each.amount_cents, "state": each.state}
        )
    return [
        {"receipt": row.receipt_number, "on": _day(row.settled_at, zone), "cents": row.amount_cents,
         "means": row.means or "card", "state": row.state, "back_cents": row.back_cents or 0,
         "went_back": back.get(row.id, [])}
        for row in rows
    ]  # fmt: skip


def _messages(uow: UnitOfWork, patient_id: bytes, zone: str) -> list[dict[str, Any]]:
    titles = {
        row.id: uow.read(row, ConversationRow.title_sealed)
        for row in _all(uow, ConversationRow, patient_id, ConversationRow.opened_at)
    }
    said = ConversationMessageRow
    return [
        {"day": _day(row.written_at, zone), "at": instant_text(row.written_at), "about": titles[row.conversation_id],
         "from": row.side, "words": uow.read(row, said.words_sealed),
            "answer": uow.read(row, said.answer_sealed)}
        for row in _all(uow, said, patient_id, said.written_at, said.id)
        if row.conversation_id in titles
    ]  # fmt: skip


def _papers(uow: UnitOfWork, patient_id: bytes, bills: Sequence[bytes]) -> list[tuple[DocumentRow, str, bytes]]:
    """Every paper made for the patient, each under a name of its own."""
    wanted = (DocumentRow.patient_id == patient_id) | DocumentRow.id.in_(bills)
    rows = [
        row
        for row in uow.entities(uow.select(DocumentRow).where(wanted).order_by(DocumentRow.created_at, DocumentRow.id))
        if row.kind in documents.kinds(uow)
    ]
    if sum(row.size_bytes for row in rows) > MOST_BYTES:
        raise Refused(T_("There are more papers than one file can hold. Ask us for a copy."), code="too-large")
    found = []
    for n, row in enumerate(rows, 1):
        name = documents.tidy(uow.read(row, DocumentRow.name_sealed))
        found.append((row, f"documents/{n:04}-{name}", uow.read(row, DocumentRow.body_sealed)))
    return found


def _sheets(data: dict[str, Any]) -> tuple[Sheet, ...]:
    services = [(visit, service) for visit in data["visits"] for service in visit["services"]]
    return (
        Sheet(
            "coverages", T_("Insurance"),
            (T_("Health plan"), T_("Member number"), T_("Group"), T_("From"), T_("To")),
            tuple(
                (each["payer"], each["member_id"], each["group_number"], _on(each["from"]), _on(each["to"]))
                for each in data["coverages"]
            ),
        ),
        Sheet(
            "visits", T_("Visits and services"),
            (T_("Day"), T_("With"), T_("Diagnoses"), T_("Service"), T_("In words"), T_("Charged")),
            tuple(
                (_on(service["from"]), visit["provider"], ", ".join(visit["diagnoses"]),
                 " ".join((service["code"], *service["modifiers"])), service["words"], Money(service["charged_cents"]))
                for visit, service in services
            ),
        ),
        Sheet(
            "account", T_("What the books say"),
            (T_("Day"), T_("Entry"), T_("Account"), T_("Sum")),
            tuple((_on(each["day"]), each["kind"], each["account"], Money(each["cents"])) for each in data["account"]),
        ),
        Sheet(
            "statements", T_("Bills"),
            (T_("Number"), T_("Day"), T_("Due on"), T_("Sum"), T_("Paper")),
            tuple(
                (each["number"], _on(each["made_on"]), _on(each["due_on"]), Money(each["asked_cents"]), each["file"])
                for each in data["statements"]
            ),
        ),
        Sheet(
            "payments", T_("Payments"),
            (T_("Day"), T_("Receipt"), T_("Sum"), T_("Went back")),
            tuple(
                (_on(each["on"]), each["receipt"], Money(each["cents"]), Money(each["back_cents"]))
                for each in data["payments"]
            ),
        ),
        Sheet(
            "messages", T_("Messages"),
            (T_("Day"), T_("From"), T_("About"), T_("Words")),
            tuple(
                (_on(each["day"]), T_("you") if each["from"] == PATIENT else T_("the practice"), each["about"],
                 each["words"])
                for each in data["messages"]
            ),
        ),
        Sheet(
            "documents", T_("Papers"),
            (T_("Day"), T_("Kind"), T_("File")),
            tuple(
                (_on(each["made_on"]), KINDS.get(each["kind"], each["kind"]), each["file"])
                for each in data["documents"]
            ),
        ),
    )  # fmt: skip


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _on(day: str | None) -> date | None:
    return None if day is None else date.fromisoformat(day)


def _day(instant: Any, zone: str) -> str:
    return today(instant, zone).isoformat()
