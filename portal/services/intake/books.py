"""Bringing the ledger to the charges of a visit as they are: entered, undone, entered anew."""

from __future__ import annotations

from collections.abc import Sequence

from portal.domain.charges import Charge
from portal.domain.ledger import Entry, Line
from portal.domain.posting.charges import charge_entry, reversal_of
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.services.unit_of_work.work import UnitOfWork


def entries(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> list[Entry]:
    """What brings the ledger to the charges as they are: nothing for what stands right."""
    payer_id = None
    if encounter.coverage_id is not None:
        payer_id = uow.value(uow.select(CoverageRow.payer_id).where(CoverageRow.id == encounter.coverage_id))
    today = uow.today()
    found: list[Entry] = []
    for row in charges:
        wanted = Charge(
            row.id, row.patient_id, row.encounter_id, row.charge_cents if row.active else 0, payer_id, code=row.code
        )
        posted = _posted(uow, row)
        fresh = charge_entry(wanted, today, version=sum(entry.kind == "charge" for _, entry in posted) + 1)
        undone = {entry.reverses_id for _, entry in posted}
        standing = [(id_, entry) for id_, entry in posted if entry.kind == "charge" and id_ not in undone]
        if fresh is not None and any(set(entry.lines) == set(fresh.lines) for _, entry in standing):
            continue
        found += [reversal_of(entry, id_, today, reason="charge-changed") for id_, entry in standing]
        found += [fresh] if fresh is not None else []
    return found


def _posted(uow: UnitOfWork, charge: ChargeRow) -> list[tuple[bytes, Entry]]:
    """The entries of a charge as they were posted, oldest first: only its own entering and undoing."""
    found: dict[bytes, list[Line]] = {}
    heads: dict[bytes, LedgerEntryRow] = {}
    for line in uow.rows(
        uow.select(LedgerLineRow.entry_id, LedgerLineRow.account, LedgerLineRow.amount_cents, LedgerLineRow.payer_id)
        .where(LedgerLineRow.charge_id == charge.id)
        .order_by(LedgerLineRow.entry_id)
    ):
        found.setdefault(line.entry_id, []).append(
            Line(line.account, line.amount_cents, charge.patient_id, line.payer_id, charge.encounter_id, charge.id)
        )
    kinds = ("charge", "charge-reversal")
    for head in uow.entities(
        uow.select(LedgerEntryRow).where(LedgerEntryRow.id.in_(sorted(found)), LedgerEntryRow.kind.in_(kinds))
    ):
        heads[head.id] = head
    return [
        (id_, Entry(head.kind, head.posted_on, head.key, head.inputs_digest, tuple(found[id_]), head.reverses_id))
        for id_, head in heads.items()
    ]
