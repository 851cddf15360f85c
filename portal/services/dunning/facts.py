"""What is known of one bill when its clock is asked: what is open on it now, who decides, what holds its account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.statements.content import StatementContent, load
from portal.models.ledger import LedgerLineRow
from portal.models.statements import StatementRow
from portal.services import account_holds, ledger
from portal.services.unit_of_work.work import UnitOfWork

_PATIENT, _PAYER = "receivable:patient", "receivable:payer"


@dataclass(frozen=True, slots=True)
class Bill:
    """One bill as it stands now: its frozen content, and what is open of it in cents, without what a payer decides."""

    content: StatementContent
    owed_cents: int
    insurance_open: bool
    """Payers have all of what is open."""


def bill_of(uow: UnitOfWork, row: StatementRow) -> Bill:
    """What a bill asked for, and what of it stands in the books now, whoever of the account it is about."""
    content = load(uow.read(row, StatementRow.content_sealed))
    asked = sorted({bytes.fromhex(line.charge_id) for line in content.lines if line.charge_id})
    line = LedgerLineRow
    where = (line.charge_id.in_(asked), line.account.in_((_PATIENT, _PAYER)))
    sums: dict[bytes, dict[str, int]] = {}
    for each in uow.rows(ledger.sums(uow, line.charge_id, line.account, where=where)):
        sums.setdefault(each.charge_id, {})[each.account] = int(each.cents)
    waits = any(each.get(_PAYER, 0) for each in sums.values())
    owed = sum(max(each.get(_PATIENT, 0), 0) for each in sums.values() if not each.get(_PAYER, 0))
    return Bill(content, owed, waits and owed <= 0)


def holds_of(uow: UnitOfWork, row: StatementRow, today: date) -> frozenset[str]:
    """Kinds of holds that stand on the account of a bill."""
    account = account_holds.anchor(uow, row.patient_id)
    return frozenset(hold.kind for hold in account_holds.standing(uow, [account], today).get(account, ()))


def began(row: StatementRow) -> date:
    """The day on which the present step of a bill began."""
    return row.step_on or row.made_on
