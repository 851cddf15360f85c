"""Statement runs: who gets a bill today, one job a patient, the paper made by a job of its own.

A run is named by its day: repeated or resumed, it bills nobody twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.statements.arithmetic import CYCLE_DAYS, due_on
from portal.domain.statements.content import dump
from portal.domain.statements.life import StatementFacts
from portal.domain.texts import T_, Text, to_json
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import documents, outbox, queues
from portal.services.parts import Parts
from portal.services.statements import building, clocks
from portal.services.statements.balances import PATIENT, Balance, balances
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id

_SHOWN, _SLICE = 50, 200
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No sign that is misread for another: a number is said on the telephone."""

_LEFT_OUT: Mapping[str, Text] = {
    "payer": T_("The payer has not finished"),
    "billed": T_("Billed within the last {n} days", n=CYCLE_DAYS),
    "credit": T_("Covered by what we hold of theirs"),
    "inactive": T_("The account is not active"),
}


@dataclass(frozen=True, slots=True)
class ReadyAccount:
    """One account that would get a bill."""

    patient_id: str
    name: str
    owed: Money
    oldest: date
    last: date | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why so many accounts that owe something get no bill now."""

    text: Text
    count: int


@dataclass(frozen=True, slots=True)
class RunPage:
    """See `templates/staff/statements/run.html`."""

    run_on: date
    due_on: date
    count: int
    total: Money
    ready: tuple[ReadyAccount, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """Everybody who owes something: those to bill, why the others are not, and the day of each one's last bill."""

    ready: Mapping[bytes, Balance]
    why_not: Mapping[bytes, str]
    last: Mapping[bytes, date]


def standing(uow: UnitOfWork) -> _Standing:
    """Who would get a bill today, and why the others would not."""
    today, owing = uow.today(), balances(uow)
    last = {
        row.patient_id: row.made_on
        for row in uow.rows(
            uow.select(StatementRow.patient_id, func.max(StatementRow.made_on).label("made_on")).group_by(
                StatementRow.patient_id
            )
        )
    }
    inactive = {row.id for row in uow.rows(uow.select(PatientRow.id).where(PatientRow.state != "ACTIVE"))}
    why_not: dict[bytes, str] = {}
    for patient_id, balance in owing.items():
        if patient_id in inactive:
            why_not[patient_id] = "inactive"
        elif balance.billable_cents <= 0:
            why_not[patient_id] = "payer"
        elif balance.credit_cents >= balance.owed_cents:
            why_not[patient_id] = "credit"
        elif patient_id in last and today < last[patient_id] + timedelta(days=CYCLE_DAYS):
            why_not[patient_id] = "billed"
    return _Standing({id_: each for id_, each in owing.items() if id_ not in why_not}, why_not, last)


def run_page(uow: UnitOfWork) -> RunPage:
    """What a run would do today: how many, how much, the first of them by name, and who is left out."""
    found, today = standing(uow), uow.today()
    shown = sorted(found.ready, key=lambda id_: -found.ready[id_].owed_cents)[:_SHOWN]
    oldest = {
        row.patient_id: row.day
        for row in uow.rows(
            uow.select(LedgerLineRow.patient_id, func.min(EncounterRow.service_from).label("day"))
            .join(EncounterRow, EncounterRow.id == LedgerLineRow.encounter_id)
            .where(LedgerLineRow.patient_id.in_(shown), LedgerLineRow.account == PATIENT, uow.within(EncounterRow))
            .group_by(LedgerLineRow.patient_id)
        )
    }
    names = names_of(uow, shown)
    reasons = list(found.why_not.values())
    return RunPage(
        run_on=today,
        due_on=due_on(today),
        count=len(found.ready),
        total=Money(sum(each.owed_cents for each in found.ready.values())),
        ready=tuple(
            ReadyAccount(
                id_.hex(), names[id_], Money(found.ready[id_].owed_cents), oldest.get(id_, today), found.last.get(id_)
            )
            for id_ in shown
        ),
        left_out=tuple(LeftOut(text, reasons.count(why)) for why, text in _LEFT_OUT.items() if why in reasons),
    )


def names_of(uow: UnitOfWork, patients: list[bytes]) -> dict[bytes, str]:
    """First and last names of patients, opened."""
    uow.saw(*patients)
    columns = (PatientRow.id, PatientRow.practice_id, PatientRow.first_name_sealed, PatientRow.last_name_sealed)
    rows = uow.rows(uow.select(*columns).where(PatientRow.id.in_(patients)))
    return {
        row.id: " ".join(
            uow.open(box, column, row=row.id, subject=row.id, practice=row.practice_id)
            for box, column in (
                (row.first_name_sealed, PatientRow.first_name_sealed),
                (row.last_name_sealed, PatientRow.last_name_sealed),
            )
        )
        for row in rows
    }


def start(uow: UnitOfWork, run_on: date | None = None) -> None:
    """Ask for a run; raises Refused when the day that was looked at is over."""
    today = uow.today()
    if run_on not in {None, today}:
        raise Refused(
            T_("That list was of another day. Look at today's and press again; no bill was made."), code="day"
        )
    outbox.later(uow, "statement.run", f"statement.run:{new_id().hex()}")


def run(units: Units, actor: Actor) -> int:
    """The job of a run: one job a patient to be billed, one for each whose open bills are settled; how many to bill.

    The jobs are asked for by slices, each in a short transaction, so that a large run holds up no page.
    """
    with units.read(actor, "statement:run") as uow:
        today, ready, owing = uow.today(), sorted(standing(uow).ready), balances(uow)
        open_ = uow.rows(uow.select(StatementRow.patient_id).where(StatementRow.state.in_(clocks.OPEN)).distinct())
        asked = [("statement.make", patient_id) for patient_id in ready]
        asked += [("statement.close", row.patient_id) for row in open_ if row.patient_id not in owing]
    for start_at in range(0, len(asked), _SLICE):
        with units.write(actor, "statement:run") as uow:
            for name, patient_id in asked[start_at : start_at + _SLICE]:
                outbox.later(uow, name, f"{name}:{patient_id.hex()}:{today}", {"patient": patient_id})
    return len(ready)


def make(units: Units, parts: Parts, actor: Actor, patient_id: bytes) -> bytes | None:
    """The job of one bill: build, seal, ask for the paper; None when nothing is owed any more.

    A job that comes again or late bills nobody a second time within a cycle.
    """
    with units.write(actor, "statement:run") as uow:
        patient = uow.get(PatientRow, patient_id)
        today = uow.today(patient.practice_id)
        lately = uow.select(StatementRow.id).where(
            StatementRow.patient_id == patient_id, StatementRow.made_on > today - timedelta(days=CYCLE_DAYS)
        )
        if uow.row(lately) is not None:
            return None
        content = building.build(uow, patient_id, number=_number(), pay_url=parts.public_url)
        if content.owed.cents <= 0:
            return None
        row = uow.new(
            StatementRow,
            patient_id=patient_id,
            practice_id=patient.practice_id,
            number=content.number,
            run_key=today.isoformat(),
            state="READY",
            opening_cents=content.opening.cents,
            closing_cents=content.owed.cents,
            made_on=content.made_on,
            due_on=content.due_on,
            content_sealed=dump(content),
            document_id=None,
            created_at=uow.now,
        )
        uow.flush()
        uow.begin(row)
        waits = {"number": content.number, "text": to_json(T_("The paper of this bill is not made yet."))}
        queues.follow(uow, row, reason="made", detail=waits, at_risk_cents=content.owed.cents)
        outbox.later(uow, "statement.paper", f"statement.paper:{row.id.hex()}", {"statement": row.id})
        return row.id


def print_paper(units: Units, parts: Parts, actor: Actor, statement_id: bytes) -> None:
    """The job of the paper: made between units of work, sealed with its statement, served as is for ever."""
    with units.read(actor, "statement:run") as uow:
        row = uow.get(StatementRow, statement_id)
        if row.document_id is not None:
            return
        content = uow.read(row, StatementRow.content_sealed)
        language = uow.get(PatientRow, row.patient_id).language
        zone = uow.get(PracticeRow, row.practice_id).time_zone
    body = parts.paper.statement(content, language=language, time_zone=zone)
    with units.write(actor, "statement:run") as uow:
        row = uow.get(StatementRow, statement_id)
        if row.document_id is not None:
            return
        document = documents.store(
            uow, patient_id=row.patient_id, kind="statement", name=f"bill-{row.number}.pdf",
            media_type="application/pdf", body=body,
        )  # fmt: skip
        uow.flush()
        uow.change(row, document_id=document.id)
        if row.state == "READY":
            uow.move(row, "STATEMENT_1", StatementFacts(delivered=True, owed_cents=row.closing_cents))
            queues.follow(uow, row, reason="sent")
            _write_to(uow, parts, row.patient_id)


def _write_to(uow: UnitOfWork, parts: Parts, patient_id: bytes) -> None:
    """Tell a patient with an address on record that a bill is ready; the mail says neither sum nor service."""
    patient = uow.get(PatientRow, patient_id)
    address = uow.read(patient, PatientRow.email_sealed)
    if address:
        name = uow.get(PracticeRow, patient.practice_id).name
        outbox.mail(
            uow, "statement_ready", recipient=address, subject_id=patient_id, practice_id=patient.practice_id,
            language=patient.language, parameters={"practice": name, "url": parts.public_url},
        )  # fmt: skip


def _number() -> str:
    """A number that tells nobody how many bills there are; a collision is a Conflict, and the job comes again."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"
