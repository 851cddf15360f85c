"""One patient's account on one page: registration, coverage, visits, claims, books, bills and documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.access.policy import decide
from portal.domain import claims, dates, documents, encounters
from portal.domain.claims import Person
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.statements import life as statements
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.documents import DocumentRow
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.statements import StatementRow
from portal.services import aside, ledger
from portal.services.unit_of_work.work import UnitOfWork

_PAYERS, _PATIENT = "receivable:payer", "receivable:patient"

_SEXES = {"F": T_("female"), "M": T_("male"), "U": T_("sex not stated")}
_RANKS = {"P": T_("first"), "S": T_("second"), "T": T_("third")}
_RELATIONSHIPS = {"18": T_("insured in person"), "01": T_("spouse of the insured"), "19": T_("child of the insured")}
_LANGUAGES = {"en_US": T_("English"), "es_US": T_("Spanish")}
_ENTRIES = {
    "charge": T_("Charge for a visit"), "remittance": T_("Payment of a payer"),
    "remittance-claim": T_("Answer of a payer"), "remittance-reversal": T_("Answer of a payer, taken back"),
    "reversal": T_("Taken back"), "card-payment": T_("Card payment"), "credit-applied": T_("Credit used"),
    "processor-fee": T_("Fee of the card processor"), "deposit": T_("Deposit"), "write-off": T_("Written off"),
    "responsibility": T_("Moved between payer and patient"),
    "card-refund": T_("Card payment sent back"), "card-refund-failed": T_("Money sent back came to us again"),
    "card-dispute": T_("Card payment disputed"), "card-dispute-won": T_("Disputed payment won"),
    "card-returned": T_("Bank payment returned"), "credit-recalled": T_("Credit taken back"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """A state by code and in words."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class CoverageItem:
    """One coverage."""

    payer_name: str
    rank: Text
    member: str
    group: str
    relationship: Text
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class EncounterItem:
    """One visit."""

    encounter_id: str
    day: date
    provider: str
    charge: Money
    state: State
    may_set_aside: bool
    """Cleared, with no claim from whose page that is done."""


@dataclass(frozen=True, slots=True)
class AccountClaim:
    """One claim; `open` is what is still with the payer."""

    claim_id: str
    number: str
    payer_name: str
    day: date
    charge: Money
    open: Money
    state: State


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """What one entry did to what payers and the patient owe; debit positive."""

    posted_on: date
    text: Text
    payer_amount: Money
    patient_amount: Money


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """One bill."""

    statement_id: str
    number: str
    made_on: date
    due_on: date
    amount: Money
    state: State
    document_id: str | None


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """One document that is no bill."""

    document_id: str
    title: Text | str
    made_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """See `templates/staff/accounts/show.html`."""

    patient_id: str
    version: int
    name: str
    birth_date: date
    sex: Text
    mrn: str
    phone: str | None
    email: str | None
    language: Text | None
    line1: str
    line2: str
    city: str
    state: str
    postal_code: str
    has_sign_in: bool
    owed: Money
    with_payers: Money
    credit: Money
    coverages: Sequence[CoverageItem]
    encounters: Sequence[EncounterItem]
    claims: Sequence[AccountClaim]
    ledger: Sequence[LedgerItem]
    statements: Sequence[AccountStatement]
    documents: Sequence[DocumentItem]
    may_change: bool
    may_issue_code: bool
    changing: bool


def show(uow: UnitOfWork, patient_id: bytes, *, changing: bool = False) -> AccountPage:
    """The account of a patient within reach, all of it within what the role may open; raises NotFound."""
    row = uow.get(PatientRow, patient_id)
    address = uow.read(row, PatientRow.address_sealed) or {}
    posted, with_payers, owed = _ledger(uow, patient_id)
    return AccountPage(
        patient_id=patient_id.hex(),
        version=row.version,
        name=name_of(uow, row),
        birth_date=uow.read(row, PatientRow.birth_date_sealed),
        sex=_SEXES.get(uow.read(row, PatientRow.sex_sealed), _SEXES["U"]),
        mrn=uow.read(row, PatientRow.mrn_sealed),
        phone=uow.read(row, PatientRow.phone_sealed),
        email=uow.read(row, PatientRow.email_sealed),
        language=_LANGUAGES.get(row.language),
        **{part: address.get(part) or "" for part in ("line1", "line2", "city", "state", "postal_code")},
        has_sign_in=_has_sign_in(uow, patient_id),
        owed=Money(owed),
        with_payers=Money(with_payers),
        credit=Money(ledger.credit_of_patient(uow, patient_id)),
        coverages=_coverages(uow, patient_id),
        encounters=_encounters(uow, patient_id),
        claims=_claims(uow, patient_id),
        ledger=posted,
        statements=_statements(uow, patient_id),
        documents=_documents(uow, patient_id, _zone(uow, row.practice_id)),
        may_change=decide(uow.actor, "patient:change").allowed,
        may_issue_code=decide(uow.actor, "registration:issue").allowed,
        changing=changing,
    )


def name_of(uow: UnitOfWork, row: PatientRow) -> str:
    """A patient's name as people read it."""
    return full_name(
        Person(
            last=uow.read(row, PatientRow.last_name_sealed),
            first=uow.read(row, PatientRow.first_name_sealed),
            middle=uow.read(row, PatientRow.middle_name_sealed) or "",
            suffix=uow.read(row, PatientRow.suffix_sealed) or "",
        )
    )


def _zone(uow: UnitOfWork, practice_id: bytes) -> str:
    found: str = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == practice_id))
    return found


def _has_sign_in(uow: UnitOfWork, patient_id: bytes) -> bool:
    where = (
        PatientLinkRow.patient_id == patient_id, PatientLinkRow.relation == "self", PatientLinkRow.ended_at.is_(None),
    )  # fmt: skip
    return uow.count(uow.select(PatientLinkRow.id).where(*where)) > 0


def _coverages(uow: UnitOfWork, patient_id: bytes) -> tuple[CoverageItem, ...]:
    found = uow.entities(uow.select(CoverageRow).where(CoverageRow.patient_id == patient_id))
    payers = uow.select(PayerRow.id, PayerRow.name).where(PayerRow.id.in_(sorted({row.payer_id for row in found})))
    names = {row.id: row.name for row in uow.rows(payers)}
    return tuple(
        CoverageItem(
            names[row.payer_id], _RANKS.get(row.rank, T_("further")), uow.read(row, CoverageRow.member_id_sealed),
            uow.read(row, CoverageRow.group_number_sealed) or "",
            _RELATIONSHIPS.get(row.relationship, T_("with somebody insured")), row.valid_from, row.valid_to,
        )
        for row in sorted(found, key=lambda row: ("PST".find(row.rank), row.id))
    )  # fmt: skip


def _encounters(uow: UnitOfWork, patient_id: bytes) -> tuple[EncounterItem, ...]:
    rows = uow.rows(
        uow.select(EncounterRow.id, EncounterRow.service_from, EncounterRow.charge_cents, EncounterRow.state,
                   EncounterRow.provider_id)
        .where(EncounterRow.patient_id == patient_id).order_by(EncounterRow.service_from.desc(), EncounterRow.id)
    )  # fmt: skip
    wanted = sorted({row.provider_id for row in rows if row.provider_id})
    columns = (ProviderRow.id, ProviderRow.first_name, ProviderRow.last_name)
    names = {
        row.id: " ".join(part for part in (row.first_name, row.last_name) if part)
        for row in uow.rows(uow.select(*columns).where(ProviderRow.id.in_(wanted)))
    }
    claim, may = ClaimRow, decide(uow.actor, "claim:edit").allowed
    standing = uow.select(claim.encounter_id).where(claim.patient_id == patient_id, claim.state.not_in(aside.ENDED))
    claimed = {row.encounter_id for row in uow.rows(standing)} if may else set()
    return tuple(
        EncounterItem(
            row.id.hex(), row.service_from, names.get(row.provider_id, ""), Money(row.charge_cents),
            State(row.state, encounters.LIFE.words[row.state]),
            may and row.state == "CLEARED" and row.id not in claimed,
        )
        for row in rows
    )  # fmt: skip


def _claims(uow: UnitOfWork, patient_id: bytes) -> tuple[AccountClaim, ...]:
    """Newest first; what a visit has open with payers stands at its newest claim."""
    rows = uow.rows(
        uow.select(ClaimRow.id, ClaimRow.control, ClaimRow.encounter_id, ClaimRow.service_from, ClaimRow.charge_cents,
                   ClaimRow.state)
        .add_columns(PayerRow.name.label("payer_name"))
        .join(PayerRow, PayerRow.id == ClaimRow.payer_id)
        .where(ClaimRow.patient_id == patient_id)
        .order_by(ClaimRow.service_from.desc(), ClaimRow.created_at.desc(), ClaimRow.id)
    )  # fmt: skip
    left = _open_by_encounter(uow, patient_id)
    return tuple(
        AccountClaim(
            row.id.hex(), row.control, row.payer_name, row.service_from, Money(row.charge_cents),
            Money(left.pop(row.encounter_id, 0)), State(row.state, claims.LIFE.words[row.state]),
        )
        for row in rows
    )  # fmt: skip


def _open_by_encounter(uow: UnitOfWork, patient_id: bytes) -> dict[bytes, int]:
    lines = LedgerLineRow
    where = (lines.patient_id == patient_id, lines.account == _PAYERS, lines.encounter_id.is_not(None))
    return {row.encounter_id: int(row.cents) for row in uow.rows(ledger.sums(uow, lines.encounter_id, where=where))}


def _ledger(uow: UnitOfWork, patient_id: bytes) -> tuple[tuple[LedgerItem, ...], int, int]:
    """Entries that moved what payers or the patient owe, newest first, and both balances: the items sum to them."""
    entries: dict[bytes, dict[str, Any]] = {}
    for line in ledger.lines_of(uow, LedgerLineRow.patient_id == patient_id):
        entry = entries.setdefault(line.entry_id, {"line": line, _PAYERS: 0, _PATIENT: 0})
        if line.account in entry:
            entry[line.account] += line.amount_cents
    moved = [entry for entry in entries.values() if entry[_PAYERS] or entry[_PATIENT]]
    items = tuple(
        LedgerItem(
            entry["line"].posted_on,
            _ENTRIES.get(entry["line"].kind, T_("Entry ({kind})", kind=entry["line"].kind)),
            Money(entry[_PAYERS]),
            Money(entry[_PATIENT]),
        )
        for entry in reversed(moved)
    )
    return items, sum(entry[_PAYERS] for entry in moved), sum(entry[_PATIENT] for entry in moved)


def _statements(uow: UnitOfWork, patient_id: bytes) -> tuple[AccountStatement, ...]:
    rows = uow.rows(
        uow.select(StatementRow.id, StatementRow.number, StatementRow.made_on, StatementRow.due_on,
                   StatementRow.closing_cents, StatementRow.state, StatementRow.document_id)
        .where(StatementRow.patient_id == patient_id).order_by(StatementRow.made_on.desc(), StatementRow.number.desc())
    )  # fmt: skip
    return tuple(
        AccountStatement(
            row.id.hex(), row.number, row.made_on, row.due_on, Money(row.closing_cents),
            State(row.state, statements.LIFE.words[row.state]), row.document_id.hex() if row.document_id else None,
        )
        for row in rows
    )  # fmt: skip


def _documents(uow: UnitOfWork, patient_id: bytes, zone: str) -> tuple[DocumentItem, ...]:
    rows = uow.rows(
        uow.select(DocumentRow.id, DocumentRow.kind, DocumentRow.created_at)
        .where(DocumentRow.patient_id == patient_id, DocumentRow.kind != "statement", DocumentRow.pages.is_(None))
        .order_by(DocumentRow.created_at.desc(), DocumentRow.id)
    )
    return tuple(
        DocumentItem(row.id.hex(), documents.KINDS.get(row.kind, T_("Document")), dates.today(row.created_at, zone))
        for row in rows
    )
