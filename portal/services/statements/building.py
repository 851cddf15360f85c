"""One patient's statement, built from the books: every service with its arithmetic, proved against the balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from portal.domain.claims import Person
from portal.domain.errors import Refused
from portal.domain.ledger import Line
from portal.domain.money import Money, split
from portal.domain.patients import full_name
from portal.domain.practices import address_lines
from portal.domain.statements.arithmetic import DUE_DAYS, ServiceSums, Why, ages, due_on, reasons, service_sums
from portal.domain.statements.content import Letter, StatementContent, StatementLine, Sums, load, summed
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.models.remittances import RemittanceClaimRow, RemittanceLineRow
from portal.models.statements import StatementRow
from portal.services import account_holds, codes, ledger
from portal.services.addresses import where_to
from portal.services.confidential import hidden_encounters, owed_apart_cents
from portal.services.statements.balances import PATIENT, lines_of_patient
from portal.services.unit_of_work.work import UnitOfWork

UNPROVED = T_("This bill does not add up to the account, so it was not made. Look at the account's ledger.")
COVERED = T_("Your plan covers this in full.")
WAITING = T_("Your plan has not finished with this. You owe nothing for it now.")
SETTLED = T_("This is settled.")


@dataclass(frozen=True, slots=True)
class Service:
    """What is known of a charge beside its money."""

    title: Text | str
    code: str
    day: date
    provider: str
    encounter_id: bytes
    position: int


def build(
    uow: UnitOfWork, account_id: bytes, *, number: str, pay_url: str, code: str = "", due_days: int = DUE_DAYS
) -> StatementContent:
    """The statement of an account as the books stand now; raises Refused `statement-unproved` when they disagree."""
    patient = uow.get(PatientRow, account_id)
    today = uow.today(patient.practice_id)
    before = previous(uow, account_id)
    people = account_holds.members(uow, account_id)
    apart = {} if kept_to_oneself(uow, patient, people) else {each: hidden_encounters(uow, each) for each in people}
    every = [
        line
        for person in people
        for line in lines_of(uow, person, today, named=len(people) > 1)
        if not line.encounter_id or bytes.fromhex(line.encounter_id) not in apart.get(person, frozenset())
    ]
    lines = tuple(worth_telling(every, before.lines if before else ()))
    shown = summed(lines)
    paid = sum(line.you_paid.cents for line in every)
    asked = sum(line.you_owe.cents for line in every) + paid
    try:
        content = StatementContent(
            number=number,
            made_on=today,
            due_on=due_on(today, due_days),
            letter=letter(uow, patient, pay_url),
            lines=lines,
            sums=shown,
            opening=before.owed if before else Money(0),
            asked=Money(asked) - (before.total_asked if before else Money(0)),
            paid=Money(paid) - (before.total_paid if before else Money(0)),
            owed=Money(sum(ledger.owed_by_patient(uow, person) for person in people) - hidden_cents(uow, apart)),
            credit=Money(sum(ledger.credit_of_patient(uow, person) for person in people)),
            ages=ages([(line.day, line.you_owe.cents) for line in lines], today),
            sentence=sentence(shown),
            total_asked=Money(asked),
            total_paid=Money(paid),
            code=code,
        )
    except ValueError as error:
        raise Refused(UNPROVED, code="statement-unproved") from error
    return content


def kept_to_oneself(uow: UnitOfWork, patient: PatientRow, people: Sequence[bytes]) -> bool:
    """Whether a bill reaches nobody but its patient: alone on the account, and at the address they asked for.

    Only such a bill names visits that stay with the patient (45 CFR 164.502(g)(3), 164.522(b)).
    """
    alone = len(people) == 1 and patient.guarantor_sealed is None
    return alone and where_to(uow, patient).confidential


def hidden_cents(uow: UnitOfWork, apart: Mapping[bytes, frozenset[bytes]]) -> int:
    """What is open with some people for visits that their bill does not name."""
    return sum(owed_apart_cents(uow, person) for person, visits in apart.items() if visits)


def lines_of(uow: UnitOfWork, patient_id: bytes, today: date, *, named: bool = False) -> list[StatementLine]:
    """Every service of one person in the books, by day, visit and line; with their name where there are others."""
    booked = lines_of_patient(uow, patient_id)
    sums = service_sums(line for _, line in booked)
    services = services_of(uow, [each.charge_id for each in sums if each.charge_id])
    shares = patient_shares(uow, booked)
    name = name_of(uow, uow.get(PatientRow, patient_id)) if named else ""
    return [
        replace(
            line_of(each, services.get(each.charge_id or b""), shares.get(each.charge_id, {}), today),
            patient_id=patient_id.hex(), person=name,
        )
        for each in sorted(sums, key=lambda each: _place(services.get(each.charge_id or b""), today))
    ]  # fmt: skip


def _place(service: Service | None, today: date) -> tuple[date, bytes, int]:
    """Where a service stands on the statement: by day, visit and line."""
    return (service.day, service.encounter_id, service.position) if service else (today, b"", 0)


def previous(uow: UnitOfWork, account_id: bytes) -> StatementContent | None:
    """What the newest statement of an account said."""
    row = uow.first(
        uow.select(StatementRow)
        .where(StatementRow.patient_id == account_id)
        .order_by(StatementRow.created_at.desc(), StatementRow.id)
    )
    return None if row is None else load(uow.read(row, StatementRow.content_sealed))


def worth_telling(lines: Sequence[StatementLine], before: Sequence[StatementLine]) -> Iterator[StatementLine]:
    """Services of visits on which something is owed, and those that were open or paid on since the last statement."""
    known = {_key(line): line for line in before}
    visits = {line.encounter_id for line in lines if line.you_owe}
    for line in lines:
        last = known.get(_key(line))
        paid = line.you_paid != last.you_paid if last else bool(line.you_paid)
        if line.you_owe or line.encounter_id in visits or paid or (last and last.you_owe):
            yield line


def _key(line: StatementLine) -> tuple[str, str]:
    """What a line is about: its charge, or the person where it has none (bills of old do not name one)."""
    return line.charge_id, "" if line.charge_id else line.patient_id


def line_of(sums: ServiceSums, service: Service | None, shares: Mapping[str, int], today: date) -> StatementLine:
    """One service's line, from its sums in the books."""
    return StatementLine(
        charge_id=(sums.charge_id or b"").hex(),
        encounter_id=service.encounter_id.hex() if service else "",
        title=service.title if service else T_("A service that your plan answered for"),
        code=service.code if service else "",
        day=service.day if service else today,
        provider=service.provider if service else "",
        why=_why(sums, reasons(sums, shares)),
        charged=Money(sums.charged_cents),
        discount=Money(sums.discount_cents),
        plan_paid=Money(sums.plan_paid_cents),
        taken_off=Money(sums.written_off_cents),
        with_plan=Money(sums.with_plan_cents),
        you_paid=Money(sums.you_paid_cents),
        you_owe=Money(sums.owed_cents),
    )


def _why(sums: ServiceSums, whys: Sequence[Why]) -> Text:
    """All reasons in one breath, then what was paid of it."""
    if not whys:
        return WAITING if sums.with_plan_cents else COVERED if sums.plan_paid_cents else SETTLED
    said = whys[0].text
    for why in whys[1:]:
        said = T_("{first} {then}", first=said, then=why.text)
    if sums.you_paid_cents > 0:
        paid = T_("You paid {paid} of it.", paid=Money(sums.you_paid_cents))
        said = T_("{first} {then}", first=said, then=paid)
    if sums.with_plan_cents:
        waits = T_("Your plan still decides about {sum}.", sum=Money(sums.with_plan_cents))
        said = T_("{first} {then}", first=said, then=waits)
    return said


def sentence(sums: Sums) -> Text:
    """How the sum comes about, in one breath."""
    charged, owed, paid = sums.charged, sums.you_owe, sums.you_paid
    if sums.plan_paid or sums.discount:
        if paid:
            return T_(
                "We charged {charged}. Your plan lowered the price and paid its part, you paid {paid}, and {owed} is "
                "left for you.",
                charged=charged, paid=paid, owed=owed,
            )  # fmt: skip
        return T_(
            "We charged {charged}. Your plan lowered the price and paid its part, and {owed} is left for you.",
            charged=charged, owed=owed,
        )  # fmt: skip
    if paid:
        return T_("We charged {charged}. You paid {paid}, and {owed} is left.", charged=charged, paid=paid, owed=owed)
    return T_("We charged {charged}, and no plan paid any of it.", charged=charged)


def services_of(uow: UnitOfWork, charge_ids: Sequence[bytes]) -> dict[bytes, Service]:
    """What the charges were for, in words where descriptions are loaded, with the clinician's name."""
    rows = [
        row
        for start in range(0, len(charge_ids), 500)
        for row in uow.rows(
            uow.select(
                ChargeRow.id, ChargeRow.code, ChargeRow.service_from, ChargeRow.encounter_id, ChargeRow.position,
                ProviderRow.first_name, ProviderRow.last_name,
            )
            .join(EncounterRow, EncounterRow.id == ChargeRow.encounter_id)
            .outerjoin(ProviderRow, ProviderRow.id == EncounterRow.provider_id)
            .where(ChargeRow.id.in_(charge_ids[start : start + 500]), uow.within(EncounterRow))
        )
    ]  # fmt: skip
    words = codes.describe(uow, [row.code for row in rows])
    return {
        row.id: Service(
            words.get(row.code) or T_("Service {code}", code=row.code),
            row.code,
            row.service_from,
            " ".join(part for part in (row.first_name, row.last_name) if part),
            row.encounter_id,
            row.position,
        )
        for row in rows
    }


def patient_shares(uow: UnitOfWork, booked: Sequence[tuple[bytes, Line]]) -> dict[bytes | None, dict[str, int]]:
    """Net amounts in group PR by charge and CARC, from the answers whose entries moved something to the patient.

    What a first payer left while a second was still asked made no such entry and is not told.
    """
    entries = sorted({entry for entry, line in booked if line.account == PATIENT})
    prices: dict[bytes, dict[bytes, int]] = {}
    for _, line in booked:
        if line.account == "revenue" and line.charge_id and line.encounter_id:
            charges = prices.setdefault(line.encounter_id, {})
            charges[line.charge_id] = charges.get(line.charge_id, 0) - line.amount_cents
    encounters = {entry: line.encounter_id for entry, line in booked if line.encounter_id}
    found: dict[bytes | None, dict[str, int]] = {}

    def add(charge: bytes | None, adjustments: Sequence[Mapping[str, Any]]) -> None:
        for one in adjustments:
            if one["group"] == "PR":
                reasons_ = found.setdefault(charge, {})
                reasons_[one["reason"]] = reasons_.get(one["reason"], 0) + int(one["cents"])

    for start in range(0, len(entries), 500):
        answers = uow.rows(
            uow.select(RemittanceClaimRow.id, RemittanceClaimRow.entry_id, RemittanceClaimRow.adjustments).where(
                RemittanceClaimRow.entry_id.in_(entries[start : start + 500])
            )
        )
        for answer in answers:
            weights = prices.get(encounters.get(answer.entry_id) or b"", {})
            for one in answer.adjustments:
                parts = split(Money(int(one["cents"])), [max(cents, 0) for cents in weights.values()] or [1])
                places: list[bytes | None] = [*weights] or [None]
                for charge, part in zip(places, parts, strict=True):
                    add(charge, [{**one, "cents": part.cents}])
        rows = uow.rows(
            uow.select(RemittanceLineRow.charge_id, RemittanceLineRow.adjustments).where(
                RemittanceLineRow.remittance_claim_id.in_([answer.id for answer in answers])
            )
        )
        for row in rows:
            if row.charge_id is not None:
                add(row.charge_id, row.adjustments)
    return found


def letter(uow: UnitOfWork, patient: PatientRow, pay_url: str) -> Letter:
    """The practice's letterhead, who is billed, and whose account it is."""
    practice = uow.get(PracticeRow, patient.practice_id)
    where = where_to(uow, patient)
    guarantor = None if where.confidential else uow.read(patient, PatientRow.guarantor_sealed)
    to: Sequence[str] = where.lines
    if guarantor:
        to = [guarantor["name"], *address_lines(guarantor.get("address") or where.address)]
    return Letter(
        practice_name=practice.name,
        practice_lines=address_lines(practice.address),
        phone=practice.phone,
        remit_lines=(practice.name, *address_lines(practice.remit_to or practice.address)),
        to_lines=tuple(to),
        patient_name=name_of(uow, patient),
        account=uow.read(patient, PatientRow.account_number_sealed),
        pay_url=pay_url,
    )


def name_of(uow: UnitOfWork, patient: PatientRow) -> str:
    """A patient's whole name, opened."""
    columns = (
        PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed,
        PatientRow.suffix_sealed,
    )  # fmt: skip
    last, first, middle, suffix = (str(uow.read(patient, column) or "") for column in columns)
    return full_name(Person(last, first, middle, suffix))
