"""Accounts in credit: money that belongs to nobody's charge, read from the ledger and queued for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Select

from portal.domain import queues
from portal.domain.texts import T_, to_json
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.models.queues import QueueItemRow
from portal.services import ledger
from portal.services import queues as work
from portal.services.unit_of_work.work import UnitOfWork

_BUCKETS = ("receivable:payer", "receivable:patient")
_SLICE = 400


@dataclass(frozen=True, slots=True)
class Balances:
    """What stands on some patients' accounts, in cents: by encounter and bucket, and their credits."""

    open_encounters: frozenset[bytes]
    """Encounters on which a bucket is not nought."""
    credits: Mapping[bytes, int]
    """By patient: money not applied, and what charges were paid too much, as a positive sum."""


def queue_credits(uow: UnitOfWork, patient_ids: Iterable[bytes]) -> None:
    """Put accounts in credit into the queue of credits with their amount, and take out those that no longer are.

    A payment that lay there alone, being more than was owed, is part of its account's credit: that lies there once.
    """
    queue, text = (
        queues.QUEUES["credits"],
        T_("Money on this account belongs to nobody's charge, or a charge is overpaid."),
    )
    wanted = set(patient_ids)
    found = balances_of(uow, wanted).credits
    for some in _slices(wanted):
        for item in uow.entities(_payments(uow, some)):
            uow.change(item, state=work.DONE, done_at=uow.now)
        for patient in uow.entities(uow.select(PatientRow).where(PatientRow.id.in_(some))):
            cents = found.get(patient.id, 0)
            if cents:
                work.put(
                    uow, queue.name, patient, reason="credit", detail={"text": to_json(text)}, patient_id=patient.id,
                    at_risk_cents=cents, due_on=queues.due_on(queue, uow.today()),
                    priority=queues.priority(cents, None),
                )  # fmt: skip
            else:
                work.done(uow, patient)


def _payments(uow: UnitOfWork, patient_ids: Iterable[bytes]) -> Select[QueueItemRow]:
    item = QueueItemRow
    return uow.select(item).where(
        item.patient_id.in_(patient_ids), item.subject_table == PaymentRow.__tablename__, item.queue == "credits",
        item.state == work.OPEN,
    )  # fmt: skip


def follow_credits(uow: UnitOfWork, patient_id: bytes) -> bool:
    """Bring an account that lies in the queue of credits up to what stands on it now; whether it lay there.

    Any other is left alone.
    """
    item = QueueItemRow
    lies = uow.select(item.id).where(
        item.patient_id == patient_id, item.subject_table == PatientRow.__tablename__, item.queue == "credits",
        item.state == work.OPEN,
    )  # fmt: skip
    if uow.row(lies) is None:
        return False
    uow.flush()
    queue_credits(uow, [patient_id])
    return True


def balances_of(uow: UnitOfWork, patient_ids: Iterable[bytes]) -> Balances:
    """What stands on these patients' accounts now, read from the ledger."""
    by_encounter: dict[tuple[bytes | None, str], int] = {}
    credit: dict[bytes, int] = {}
    line = LedgerLineRow
    for some in _slices(patient_ids):
        sums = ledger.sums(
            uow, line.patient_id, line.encounter_id, line.charge_id, line.account,
            where=(line.patient_id.in_(some), line.account.in_((*_BUCKETS, "unapplied:patient"))),
        )  # fmt: skip
        for row in uow.rows(sums):
            cents = int(row.cents)
            if row.account in _BUCKETS:
                key = (row.encounter_id, row.account)
                by_encounter[key] = by_encounter.get(key, 0) + cents
            if cents < 0:
                credit[row.patient_id] = credit.get(row.patient_id, 0) - cents
    still_open = frozenset(encounter for (encounter, _), cents in by_encounter.items() if cents and encounter)
    return Balances(still_open, credit)


def _slices(ids: Iterable[bytes]) -> Iterator[list[bytes]]:
    wanted = sorted(set(ids))
    return (wanted[start : start + _SLICE] for start in range(0, len(wanted), _SLICE))
