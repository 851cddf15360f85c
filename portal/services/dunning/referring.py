"""Before collection: every condition told one by one, a manager's decision, and the file for the agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func

from portal.domain import dates
from portal.domain.consents import LETTER
from portal.domain.dunning import Gate, Referral, Steps, gates
from portal.domain.errors import Conflict, Refused
from portal.domain.practices import address_lines
from portal.domain.statements.life import StatementFacts
from portal.domain.tables import write_csv
from portal.domain.texts import T_
from portal.models.dunning import NoticeRow
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services import policies, queues
from portal.services.dunning import showing
from portal.services.dunning.facts import Bill, bill_of, holds_of
from portal.services.dunning.showing import Account, SentPart
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork

_CHANGED = T_("This bill moved on meanwhile. Nothing was changed; look at it again.")
HEADER = (
    "account", "bill", "name", "address 1", "address 2", "address 3", "phone", "first billed", "open", "notice mailed",
    "referred",
)  # fmt: skip
"""What an agency needs to write to somebody, and no service, diagnosis or birth date (45 CFR 164.502(b))."""


@dataclass(frozen=True, slots=True)
class ReferralPage:
    """See `templates/staff/dunning/referral.html`."""

    account: Account
    gates: tuple[Gate, ...]
    sent: SentPart
    ready: bool
    waits: bool
    """It still waits for the decision."""


@dataclass(frozen=True, slots=True)
class Referred:
    """One bill at the agency."""

    account: Account
    since: date


def page(uow: UnitOfWork, statement_id: bytes) -> ReferralPage:
    """One bill before the manager."""
    row = uow.get(StatementRow, statement_id)
    bill = bill_of(uow, row)
    found = _gates(uow, row, bill)
    return ReferralPage(
        showing.account(uow, row, bill), found, showing.of_bill(uow, row.id), all(gate.met for gate in found),
        row.state == "PRE_COLLECTION",
    )  # fmt: skip


def _gates(uow: UnitOfWork, row: StatementRow, bill: Bill) -> tuple[Gate, ...]:
    today = uow.today(row.practice_id)
    mailed = uow.first(
        uow.select(NoticeRow).where(
            NoticeRow.statement_id == row.id, NoticeRow.step == "FINAL_NOTICE", NoticeRow.channel == LETTER,
            NoticeRow.state == "SENT",
        )
    )  # fmt: skip
    mailed_on = None
    if mailed is not None and mailed.sent_at is not None:
        zone = uow.get(PracticeRow, row.practice_id).time_zone
        mailed_on = dates.today(mailed.sent_at, zone)
    referral = Referral(
        bill.owed_cents, _first_billed(row, bill), mailed_on, bill.insurance_open, holds_of(uow, row, today)
    )
    return gates(referral, policies.current(uow, row.practice_id, Steps), today)


def _first_billed(row: StatementRow, bill: Bill) -> date:
    """The day of this bill: its clock is that of what it was the first to name (decision 0020)."""
    return min(bill.content.made_on, row.made_on)


def approve(uow: UnitOfWork, statement_id: bytes, version: int, words: str) -> None:
    """A manager gives a bill to the agency; raises Refused where a condition is not met, Conflict for an old page."""
    row = _standing(uow, statement_id, version)
    bill = bill_of(uow, row)
    met = all(gate.met for gate in _gates(uow, row, bill))
    facts = StatementFacts(
        delivered=True, days_passed=True, owed_cents=bill.owed_cents, manager=True, collection_barred=not met
    )
    uow.move(row, "COLLECTION", facts, reason="referred", note=_reason(words))
    uow.change(row, step_on=uow.today(row.practice_id))
    queues.done(uow, row)


def back(uow: UnitOfWork, statement_id: bytes, version: int, words: str) -> None:
    """A manager sends a bill back to its final notice, whose days begin again."""
    row = _standing(uow, statement_id, version)
    uow.move(row, "FINAL_NOTICE", StatementFacts(), reason="sent-back", note=_reason(words))
    uow.change(row, step_on=uow.today(row.practice_id))
    queues.done(uow, row)


def _reason(words: str) -> str:
    if not words.strip():
        raise Refused(T_("Write why, for whoever looks at this later."), code="reason-missing")
    return words.strip()


def _standing(uow: UnitOfWork, statement_id: bytes, version: int) -> StatementRow:
    row = uow.get(StatementRow, statement_id)
    if row.version != version or row.state != "PRE_COLLECTION":
        raise Conflict(_CHANGED, code="version")
    return row


def referred(uow: UnitOfWork) -> tuple[Referred, ...]:
    """Every bill at the agency, the newest there first."""
    row = StatementRow
    since = func.coalesce(row.step_on, row.made_on)
    found = uow.entities(uow.select(row).where(row.state == "COLLECTION").order_by(since.desc(), row.id).limit(500))
    return tuple(Referred(showing.account(uow, each), each.step_on or each.made_on) for each in found)


def export(uow: UnitOfWork) -> bytes:
    """Every bill at the agency as CSV in which nothing is a formula; open the unit of work as kind "export"."""
    rows = []
    for each in referred(uow):
        row = uow.get(StatementRow, bytes.fromhex(each.account.statement_id))
        patient = uow.get(PatientRow, row.patient_id)
        guarantor = uow.read(patient, PatientRow.guarantor_sealed)
        address = uow.read(patient, PatientRow.address_sealed)
        name = guarantor["name"] if guarantor else name_of(uow, patient)
        lines = [*address_lines((guarantor or {}).get("address") or address), "", "", ""][:3]
        cents = each.account.owed.cents
        final = uow.row(
            uow.select(NoticeRow.sent_at).where(
                NoticeRow.statement_id == row.id, NoticeRow.step == "FINAL_NOTICE", NoticeRow.channel == LETTER
            )
        )
        rows.append((
            uow.read(patient, PatientRow.account_number_sealed), each.account.number, name, *lines,
            each.account.phone or "", each.account.billed_on.isoformat(), f"{cents // 100}.{cents % 100:02d}",
            final.sent_at.date().isoformat() if final is not None and final.sent_at else "", each.since.isoformat(),
        ))  # fmt: skip
    uow.note("file", f"collection.{len(rows)}")
    return write_csv(HEADER, rows).encode()
