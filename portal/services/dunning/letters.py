"""What a letter of a step says: frozen when it is planned, in plain JSON as the paper takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.domain.dunning import APPLICATION_DAYS, WRITTEN_NOTICE_DAYS, Steps
from portal.domain.practices import address_lines
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementRow
from portal.services.dunning.facts import Bill
from portal.services.patients.account import name_of
from portal.services.unit_of_work.work import UnitOfWork

_MAIL_DAYS = 3
"""From the printer to the mail."""


def body(
    uow: UnitOfWork, row: StatementRow, bill: Bill, steps: Steps, patient: PatientRow, practice: PracticeRow
) -> dict[str, Any]:
    """The letter of the step in which a bill stands. `from_on` is the first day on which the next step may follow."""
    today = uow.today(practice.id)
    days = max(steps.list_days, WRITTEN_NOTICE_DAYS) if steps.exempt else steps.list_days
    return {
        "step": row.state,
        "practice": {"name": practice.name, "lines": list(address_lines(practice.address)), "phone": practice.phone},
        "remit_to": [practice.name, *address_lines(practice.remit_to or practice.address)],
        "to": list(_to(uow, patient)),
        "made_on": today.isoformat(),
        "number": bill.content.number,
        "billed_on": bill.content.made_on.isoformat(),
        "owed_cents": bill.owed_cents,
        "from_on": (today + timedelta(days=days + _MAIL_DAYS)).isoformat() if row.state == "FINAL_NOTICE" else None,
        "help_until": (
            (bill.content.made_on + timedelta(days=APPLICATION_DAYS)).isoformat() if steps.exempt else None
        ),
        "pay_url": bill.content.letter.pay_url,
    }  # fmt: skip


def _to(uow: UnitOfWork, patient: PatientRow) -> tuple[str, ...]:
    """Name and address of whoever is billed."""
    guarantor = uow.read(patient, PatientRow.guarantor_sealed)
    address = uow.read(patient, PatientRow.address_sealed)
    if guarantor:
        return (guarantor["name"], *address_lines(guarantor.get("address") or address))
    return (name_of(uow, patient), *address_lines(address))
