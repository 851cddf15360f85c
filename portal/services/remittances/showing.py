"""One remittance with its three balances, its claims, and what waits to be matched by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func

from portal.access import policy
from portal.domain.claims import Person
from portal.domain.errors import NotFound
from portal.domain.interchanges import Finding
from portal.domain.money import Money
from portal.domain.patients import full_name
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow, ClaimVersionRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services.intake.showing import State
from portal.services.interchanges import finding_of
from portal.services.remittances import words
from portal.services.remittances.balances import Balance, balances_held, balances_posted
from portal.services.remittances.held import payment_held
from portal.services.unit_of_work.work import UnitOfWork

PAGE_ROWS = 50
_NAMES = (
    PatientRow.first_name_sealed, PatientRow.middle_name_sealed, PatientRow.last_name_sealed, PatientRow.suffix_sealed,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProviderAdjustment:
    """One adjustment of the payment as a whole (PLB), signed as in the file: positive takes money from it."""

    code: str
    words: Text
    reference: str
    amount: Money


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One finding about the payment; `severity` is stop or wait."""

    segment: int | None
    code: str
    text: Text
    item: str | None
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceClaim:
    """One claim of the payment; `reasons` are group, CARC and amount."""

    remittance_claim_id: str
    number: str
    patient_name: str
    claim_id: str | None
    status: Text
    state: State
    charged: Money
    paid: Money
    patient: Money
    reasons: tuple[str, ...]
    segment: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittancePage:
    """One payment as the office reads it."""

    remittance_id: str
    version: int
    payer_name: str
    trace: str
    method: Text
    amount: Money
    paid_on: date | None
    state: State
    interchange_id: str | None
    sentence: Text
    balances: tuple[Balance, ...]
    adjustments: tuple[ProviderAdjustment, ...]
    findings: tuple[FileFinding, ...]
    claims: tuple[RemittanceClaim, ...]
    claim_count: int
    matched_count: int
    newer: str | None
    older: str | None
    may_match: bool
    may_post: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerRemittancePage:
    """One payment as its payer reads it."""

    remittance_id: str
    trace: str
    method: Text
    amount: Money
    paid_on: date | None
    practice_name: str
    balances: tuple[Balance, ...]
    adjustments: tuple[ProviderAdjustment, ...]
    claims: tuple[RemittanceClaim, ...]
    newer: str | None
    older: str | None


def show_remittance(uow: UnitOfWork, remittance_id: bytes, *, before: str = "", after: str = "") -> RemittancePage:
    """Open a payment with fifty of its claims in the file's order. Raises NotFound."""
    row = uow.get(RemittanceRow, remittance_id)
    claims, newer, older = _claims(uow, row, before, after)
    reasons = _line_adjustments(uow, claims)
    held = payment_held(uow, row) if row.state == "HELD" else None
    findings = uow.read(row, RemittanceRow.findings_sealed) or []
    may_post = policy.decide(uow.actor, "remittance:post").allowed
    return RemittancePage(
        remittance_id=row.id.hex(),
        version=row.version,
        payer_name=row.payer_name,
        trace=row.trace,
        method=words.method(row.method),
        amount=Money(row.amount_cents),
        paid_on=row.paid_on,
        state=State(row.state, words.STATES[row.state]),
        interchange_id=row.interchange_id.hex(),
        sentence=_sentence(row, _waiting(uow, row)),
        balances=balances_held(held) if held else balances_posted(uow, row),
        adjustments=(
            tuple(_adjustment(one.reason, one.reference, one.amount_cents) for one in held.provider_adjustments)
            if held
            else _adjustments(uow, row)
        ),
        findings=tuple(_finding(finding_of(each)) for each in findings),
        claims=tuple(_claim(uow, each, _payers_words(uow, each), reasons.get(each.id, [])) for each in claims),
        claim_count=row.claim_count,
        matched_count=row.matched_count,
        newer=newer,
        older=older,
        may_match=may_post and row.state != "HELD",
        may_post=may_post and row.state == "HELD",
    )


def show_members_remittance(
    uow: UnitOfWork, remittance_id: bytes, *, before: str = "", after: str = ""
) -> PayerRemittancePage:
    """Open a payment of the payer of whoever asks, with the names of its members as registered; raises NotFound."""
    row = uow.get(RemittanceRow, remittance_id)
    practice = uow.get(PracticeRow, row.practice_id)
    claims, newer, older = _claims(uow, row, before, after)
    reasons = _line_adjustments(uow, claims)
    names = _registered(uow, {each.patient_id for each in claims if each.patient_id})
    return PayerRemittancePage(
        remittance_id=row.id.hex(),
        trace=row.trace,
        method=words.method(row.method),
        amount=Money(row.amount_cents),
        paid_on=row.paid_on,
        practice_name=practice.name,
        balances=balances_posted(uow, row),
        adjustments=_adjustments(uow, row),
        claims=tuple(_claim(uow, each, names.get(each.patient_id, "-"), reasons.get(each.id, [])) for each in claims),
        newer=newer,
        older=older,
    )


def claim_by_number(uow: UnitOfWork, number: str) -> bytes:
    """Our claim of a number, of its newest version or of any; raises NotFound."""
    plain = number.strip().upper()
    row = uow.row(uow.select(ClaimRow.id).where(ClaimRow.control == plain))
    if row is None:
        row = uow.row(uow.select(ClaimVersionRow.claim_id.label("id")).where(ClaimVersionRow.control == plain))
    if row is None:
        raise NotFound(T_("There is no claim of this number. Look it up under Claims and try again."), code="not-found")
    return bytes(row.id)


def _sentence(row: RemittanceRow, waiting: int) -> Text:
    if row.state == "HELD":
        return T_("Held: nothing of it was posted. See below why, and what to do.")
    if row.state == "RECORDED":
        return T_("Recorded: it moves no money and changes no balance.")
    if waiting:
        return T_("Posted. {sum} waits without a claim until someone matches it.", sum=Money(waiting))
    return T_("Posted, all of it.")


def _waiting(uow: UnitOfWork, row: RemittanceRow) -> int:
    return int(
        uow.value(
            uow.select(func.coalesce(func.sum(RemittanceClaimRow.paid_cents), 0)).where(
                uow.within(RemittanceClaimRow),
                RemittanceClaimRow.remittance_id == row.id,
                RemittanceClaimRow.state == "UNMATCHED",
            )
        )
    )


def _claims(
    uow: UnitOfWork, row: RemittanceRow, before: str, after: str
) -> tuple[Sequence[Any], str | None, str | None]:
    """A page of claims in the file's order; the places are positions."""
    part = RemittanceClaimRow
    statement = uow.select(
        part.id, part.practice_id, part.patient_id, part.claim_id, part.subject_id, part.position, part.state,
        part.status, part.charge_cents, part.paid_cents, part.patient_cents, part.adjustments, part.segment,
        part.control_sealed, part.patient_name_sealed,
    ).where(part.remittance_id == row.id)  # fmt: skip
    edge = _position(before or after)
    if after and edge is not None:
        statement = statement.where(part.position < edge).order_by(part.position.desc())
        rows = list(uow.rows(statement.limit(PAGE_ROWS + 1)))
        newer, older = len(rows) > PAGE_ROWS, True
        rows = rows[:PAGE_ROWS][::-1]
    else:
        if edge is not None:
            statement = statement.where(part.position > edge)
        rows = list(uow.rows(statement.order_by(part.position).limit(PAGE_ROWS + 1)))
        newer, older = edge is not None, len(rows) > PAGE_ROWS
        rows = rows[:PAGE_ROWS]
    uow.expect(*{each.subject_id for each in rows})
    if not rows:
        return (), None, None
    return rows, str(rows[0].position) if newer else None, str(rows[-1].position) if older else None


def _position(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _claim(uow: UnitOfWork, row: Any, name: str, adjustments: list[Any]) -> RemittanceClaim:
    return RemittanceClaim(
        remittance_claim_id=row.id.hex(),
        number=_opened(uow, row, RemittanceClaimRow.control_sealed),
        patient_name=name,
        claim_id=row.claim_id.hex() if row.claim_id else None,
        status=words.status(row.status),
        state=State(row.state, words.CLAIM_STATES[row.state]),
        charged=Money(row.charge_cents),
        paid=Money(row.paid_cents),
        patient=Money(row.patient_cents),
        reasons=_reasons([*row.adjustments, *adjustments]),
        segment=row.segment,
    )


def _opened(uow: UnitOfWork, row: Any, column: Any) -> Any:
    return uow.open(getattr(row, column.key), column, row=row.id, subject=row.subject_id, practice=row.practice_id)


def _line_adjustments(uow: UnitOfWork, claims: Sequence[Any]) -> dict[bytes, list[Any]]:
    """By claim of the payment the adjustments of its lines."""
    found: dict[bytes, list[Any]] = {}
    line = RemittanceLineRow
    for row in uow.rows(
        uow.select(line.remittance_claim_id, line.adjustments)
        .where(line.remittance_claim_id.in_([each.id for each in claims]))
        .order_by(line.remittance_claim_id, line.position)
    ):
        found.setdefault(row.remittance_claim_id, []).extend(row.adjustments)
    return found


def _reasons(adjustments: Iterable[Any]) -> tuple[str, ...]:
    """Group and CARC with their sum, in the order in which they first stand."""
    sums: dict[str, int] = {}
    for each in adjustments:
        key = f"{each['group']} {each['reason']}"
        sums[key] = sums.get(key, 0) + each["cents"]
    return tuple(f"{key} {Money(cents)}" for key, cents in sums.items())


def _payers_words(uow: UnitOfWork, row: Any) -> str:
    name = _opened(uow, row, RemittanceClaimRow.patient_name_sealed) or {}
    person = Person(name.get("last", ""), name.get("first", ""), name.get("middle", ""), name.get("suffix", ""))
    return full_name(person) or "-"


def _registered(uow: UnitOfWork, patients: set[bytes]) -> dict[bytes | None, str]:
    found: dict[bytes | None, str] = {}
    if not patients:
        return found
    uow.expect(*patients)
    for row in uow.rows(uow.select(PatientRow.id, PatientRow.practice_id, *_NAMES).where(PatientRow.id.in_(patients))):
        first, middle, last, suffix = (
            uow.open(getattr(row, each.key), each, row=row.id, subject=row.id, practice=row.practice_id) or ""
            for each in _NAMES
        )
        found[row.id] = full_name(Person(last, first, middle, suffix))
    uow.saw(*patients)
    return found


def _adjustments(uow: UnitOfWork, row: RemittanceRow) -> tuple[ProviderAdjustment, ...]:
    if row.deposit_id is None:
        return ()
    found = uow.row(uow.select(DepositRow.adjustments).where(DepositRow.id == row.deposit_id))
    pairs = found.adjustments if found else []
    return tuple(_adjustment(one["reason"], one["reference"], one["cents"]) for one in pairs)


def _adjustment(code: str, reference: str, cents: int) -> ProviderAdjustment:
    return ProviderAdjustment(code, words.adjustment(code), reference, Money(cents))


def _finding(finding: Finding) -> FileFinding:
    severity = "stop" if finding.code == "unbalanced" else "wait"
    return FileFinding(finding.segment or None, finding.code, finding.text, None, severity)
