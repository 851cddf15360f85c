"""A payment that is held: read from its file again, for people to look at and to be tried again."""

from __future__ import annotations

from portal.domain.remittances import Payment, payment_key
from portal.models.interchanges import InterchangeRow
from portal.models.remittances import RemittanceRow
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.reader import read
from portal.x12.remittances import Remittances, read_remittances


def file_of(uow: UnitOfWork, row: RemittanceRow) -> Remittances:
    """Everything in the file that a payment came in, its sealed body opened."""
    file = uow.get(InterchangeRow, row.interchange_id)
    return read_remittances(read(uow.read(file, InterchangeRow.body_sealed)))


def payment_held(uow: UnitOfWork, row: RemittanceRow) -> Payment | None:
    """A held payment as its file has it."""
    found = file_of(uow, row)
    return next((one for one in found.payments if payment_key(row.practice_id, one) == row.payment_key), None)
