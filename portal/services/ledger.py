"""The books: entries go in once by their key, and balances are read from the lines, never kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func

from portal.domain.errors import Conflict
from portal.domain.ledger import Entry, Line
from portal.domain.texts import T_
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.services.unit_of_work.bulk import Batch
from portal.services.unit_of_work.work import UnitOfWork, new_id

_SLICE = 500


@dataclass(frozen=True, slots=True)
class Ready:
    """Entries bound and digested, to be put into the books by two statements; `ids` are in the order of the entries."""

    ids: list[bytes]
    entries: Batch
    lines: Batch


def post(uow: UnitOfWork, entries: Sequence[Entry], *, practice_id: bytes | None = None) -> list[bytes]:
    """Put entries into the books and return their ids in order; one whose key stands already is not posted again.

    Raises Conflict `ledger-key` for a key that stands with other inputs: nothing of the sequence is posted then.
    """
    return put(uow, ready(uow, entries, practice_id=practice_id))


def put(uow: UnitOfWork, made: Ready) -> list[bytes]:
    """Put entries that were made ready into the books; raises Conflict when one of their keys was posted since."""
    uow.put(made.entries)
    uow.put(made.lines)
    return made.ids


def ready(uow: UnitOfWork, entries: Sequence[Entry], *, practice_id: bytes | None = None) -> Ready:
    """Make entries ready, in a reading unit of work too; raises as `post` does."""
    practice = practice_id or uow.practice_id
    standing = _standing(uow, practice, [entry.key for entry in entries])
    ids: list[bytes] = []
    entry_rows: list[dict[str, Any]] = []
    line_rows: list[dict[str, Any]] = []
    for entry in entries:
        found = standing.get(entry.key)
        if found is not None:
            if found[1] != entry.inputs_digest:
                raise Conflict(
                    T_("This was posted before with other amounts. Nothing was posted now; look at the ledger."),
                    code="ledger-key",
                )
            ids.append(found[0])
            continue
        id_ = new_id()
        ids.append(id_)
        standing[entry.key] = (id_, entry.inputs_digest)
        entry_rows.append({
            "id": id_, "practice_id": practice, "posted_on": entry.posted_on, "kind": entry.kind, "key": entry.key,
            "inputs_digest": entry.inputs_digest, "reverses_id": entry.reverses_id, "created_at": uow.now,
        })  # fmt: skip
        line_rows += [_line_values(practice, id_, line) for line in entry.lines]
    return Ready(ids, uow.ready(LedgerEntryRow, entry_rows), uow.ready(LedgerLineRow, line_rows))


def _line_values(practice: bytes, entry_id: bytes, line: Line) -> dict[str, Any]:
    return {
        "id": new_id(), "practice_id": practice, "entry_id": entry_id, "account": line.account,
        "patient_id": line.patient_id, "payer_id": line.payer_id, "encounter_id": line.encounter_id,
        "charge_id": line.charge_id, "claim_id": line.claim_id, "deposit_id": line.deposit_id,
        "amount_cents": line.amount_cents,
    }  # fmt: skip


def _standing(uow: UnitOfWork, practice: bytes, keys: Sequence[str]) -> dict[str, tuple[bytes, bytes]]:
    found: dict[str, tuple[bytes, bytes]] = {}
    for start in range(0, len(keys), _SLICE):
        rows = uow.rows(
            uow.select(LedgerEntryRow.id, LedgerEntryRow.key, LedgerEntryRow.inputs_digest).where(
                LedgerEntryRow.practice_id == practice, LedgerEntryRow.key.in_(keys[start : start + _SLICE])
            )
        )
        found |= {row.key: (row.id, row.inputs_digest) for row in rows}
    return found


def balance(uow: UnitOfWork, *where: Any) -> int:
    """The sum of the lines within reach that meet the conditions, in cents; debit positive."""
    return int(
        uow.value(uow.select(func.coalesce(func.sum(LedgerLineRow.amount_cents), 0)).where(*_reached(uow, where))) or 0
    )


def owed_by_patient(uow: UnitOfWork, patient_id: bytes) -> int:
    """What the patient owes now, in cents: receivable:patient of all their charges."""
    return balance(uow, LedgerLineRow.patient_id == patient_id, LedgerLineRow.account == "receivable:patient")


def credit_of_patient(uow: UnitOfWork, patient_id: bytes) -> int:
    """The patient's money not applied to any charge, in cents, as a positive sum."""
    return -balance(uow, LedgerLineRow.patient_id == patient_id, LedgerLineRow.account == "unapplied:patient")


def sums(uow: UnitOfWork, *by: Any, where: Sequence[Any] = ()) -> Select[Any]:
    """A SELECT of sums of cents by columns of LedgerLineRow, within reach; the sum is named `cents`."""
    return (
        uow.select(*by, func.sum(LedgerLineRow.amount_cents).label("cents")).where(*_reached(uow, where)).group_by(*by)
    )


def lines_of(uow: UnitOfWork, *where: Any) -> Sequence[Any]:
    """Lines with what their entries say, oldest first: entry kind, posted_on, key, account, ids, cents."""
    statement = (
        uow.select(
            LedgerEntryRow.id.label("entry_id"), LedgerEntryRow.kind, LedgerEntryRow.posted_on, LedgerEntryRow.key,
            LedgerEntryRow.reverses_id, LedgerEntryRow.created_at, LedgerLineRow.id.label("line_id"),
            LedgerLineRow.account, LedgerLineRow.patient_id, LedgerLineRow.payer_id, LedgerLineRow.encounter_id,
            LedgerLineRow.charge_id, LedgerLineRow.claim_id, LedgerLineRow.deposit_id, LedgerLineRow.amount_cents,
        )
        .where(LedgerEntryRow.id == LedgerLineRow.entry_id, *where)
        .order_by(LedgerEntryRow.posted_on, LedgerEntryRow.created_at, LedgerEntryRow.id, LedgerLineRow.id)
    )  # fmt: skip
    return uow.rows(statement)


def _reached(uow: UnitOfWork, where: Sequence[Any]) -> list[Any]:
    return [uow.within(LedgerLineRow), *where]
