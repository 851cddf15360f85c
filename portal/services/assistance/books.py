"""What help and discounts do in the books: what is open on each charge, taking off, and taking back what was taken off.

Only what the patient owes is lowered, never a payer's part, and never below nought; each entry has a key of its own, so
that the same help is given once for a charge, however often it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.assistance.policy import GOVERNMENT
from portal.domain.charges import Charge
from portal.domain.ledger import Entry, Line
from portal.domain.posting.charges import reversal_of, write_off_entry
from portal.models.encounters import ChargeRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.payers import PayerRow
from portal.services import ledger, outbox
from portal.services.unit_of_work.work import UnitOfWork

_PATIENT, _PAYER = "receivable:patient", "receivable:payer"
_SLICE = 400


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """One charge on which the patient owes something; `insured`: a plan had a part in it."""

    charge_id: bytes
    patient_id: bytes
    encounter_id: bytes
    day: date
    cents: int
    insured: bool
    government: bool
    """One of its plans is the government's: what is left is a copay or deductible that is not waived as a routine."""
    waits: bool
    """A payer has still to answer for some of it."""


def open_charges(
    uow: UnitOfWork, patients: Collection[bytes], *, since: date | None = None, encounter_id: bytes | None = None
) -> list[OpenCharge]:
    """What these patients owe, charge by charge, the oldest first; of services from a day on, or of one visit."""
    line = LedgerLineRow
    where: list[Any] = [line.patient_id.in_(sorted(patients)), line.charge_id.is_not(None)]
    where.append(line.account.in_((_PATIENT, _PAYER)))
    if encounter_id is not None:
        where.append(line.encounter_id == encounter_id)
    by = (line.charge_id, line.patient_id, line.encounter_id, line.account, line.payer_id)
    sums: dict[bytes, dict[str, int]] = {}
    of: dict[bytes, tuple[bytes, bytes]] = {}
    payers: dict[bytes, set[bytes]] = {}
    for row in uow.rows(ledger.sums(uow, *by, where=where)):
        of[row.charge_id] = (row.patient_id, row.encounter_id)
        known = sums.setdefault(row.charge_id, {})
        known[row.account] = known.get(row.account, 0) + int(row.cents)
        if row.payer_id is not None:
            payers.setdefault(row.charge_id, set()).add(row.payer_id)
    owed = [charge for charge, known in sums.items() if known.get(_PATIENT, 0) > 0]
    days, government = _days(uow, owed), _government(uow, payers)
    found = [
        OpenCharge(
            charge, *of[charge], days[charge], sums[charge][_PATIENT], charge in payers,
            bool(payers.get(charge, set()) & government), sums[charge].get(_PAYER, 0) != 0,
        )
        for charge in owed
        if charge in days and (since is None or days[charge] >= since)
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.day, each.charge_id))


def _days(uow: UnitOfWork, charges: Sequence[bytes]) -> dict[bytes, date]:
    found: dict[bytes, date] = {}
    for start in range(0, len(charges), _SLICE):
        wanted = uow.select(ChargeRow.id, ChargeRow.service_from).where(
            ChargeRow.id.in_(charges[start : start + _SLICE])
        )
        found |= {row.id: row.service_from for row in uow.rows(wanted)}
    return found


def _government(uow: UnitOfWork, payers: Mapping[bytes, set[bytes]]) -> set[bytes]:
    ids = sorted(set().union(*payers.values()))
    rows = uow.rows(uow.select(PayerRow.id).where(PayerRow.id.in_(ids), PayerRow.kind.in_(sorted(GOVERNMENT))))
    return {row.id for row in rows}


def take_off(uow: UnitOfWork, off: Mapping[OpenCharge, int], reason: str, key: str) -> int:
    """Write so much off on each charge, once a charge under this key; the cents that went off now.

    `reason` is a short word, as it stands in the account's name; `key` names the application or discount. Nothing goes
    off below nought: raises ValueError.
    """
    if any(cents > charge.cents for charge, cents in off.items()):
        raise ValueError("more is taken off than is open")
    keys = {charge: f"{key}:{charge.charge_id.hex()}" for charge in off}
    done = _standing(uow, [f"write-off:{each}" for each in keys.values()])
    today = uow.today()
    entries = [
        write_off_entry(
            Charge(charge.charge_id, charge.patient_id, charge.encounter_id, charge.cents), cents, reason, keys[charge],
            today, patient=True,
        )
        for charge, cents in off.items()
        if cents > 0 and f"write-off:{keys[charge]}" not in done
    ]  # fmt: skip
    ledger.post(uow, entries)
    cents = sum(line.amount_cents for entry in entries for line in entry.lines if line.amount_cents > 0)
    _close(uow, {charge.patient_id for charge in off}, key if cents else "")
    return cents


def taken(uow: UnitOfWork, key: str) -> dict[bytes, int]:
    """What stands written off under a key, by charge; what was taken back does not count."""
    entries = _under(uow, key)
    if not entries:
        return {}
    line = LedgerLineRow
    ids = [each.id for each in entries]
    undone = {row.reverses_id for row in uow.rows(
        uow.select(LedgerEntryRow.reverses_id).where(LedgerEntryRow.reverses_id.in_(ids))
    )}  # fmt: skip
    wanted = uow.select(line.charge_id, line.amount_cents).where(
        line.entry_id.in_([each for each in ids if each not in undone]), line.account == _PATIENT
    )
    return {row.charge_id: -int(row.amount_cents) for row in uow.rows(wanted)}


def take_back(uow: UnitOfWork, key: str, reason: str) -> int:
    """Undo what was written off under a key; each entry is undone once. The cents that are owed again."""
    back: list[Entry] = []
    for row in _under(uow, key):
        lines = tuple(
            Line(
                each.account, int(each.amount_cents), patient_id=each.patient_id, payer_id=each.payer_id,
                encounter_id=each.encounter_id, charge_id=each.charge_id, claim_id=each.claim_id,
                deposit_id=each.deposit_id,
            )
            for each in uow.entities(uow.select(LedgerLineRow).where(LedgerLineRow.entry_id == row.id))
        )  # fmt: skip
        entry = Entry(row.kind, row.posted_on, row.key, row.inputs_digest, lines)
        back.append(reversal_of(entry, row.id, uow.today(), reason=reason))
    fresh = [entry for entry in back if entry.key not in _standing(uow, [each.key for each in back])]
    ledger.post(uow, fresh)
    return sum(line.amount_cents for entry in fresh for line in entry.lines if line.account == _PATIENT)


def _under(uow: UnitOfWork, key: str) -> list[LedgerEntryRow]:
    """Entries of the write-offs under a key; keys are of plain letters, digits and hyphens."""
    row = LedgerEntryRow
    return uow.entities(
        uow.select(row).where(row.practice_id == uow.practice_id, row.key.startswith(f"write-off:{key}:"))
    )


def _standing(uow: UnitOfWork, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), _SLICE):
        row = LedgerEntryRow
        rows = uow.rows(
            uow.select(row.key).where(row.practice_id == uow.practice_id, row.key.in_(keys[start : start + _SLICE]))
        )
        found |= {each.key for each in rows}
    return found


def _close(uow: UnitOfWork, patients: Collection[bytes], key: str) -> None:
    """Bills on which nothing is owed any more are paid; their job looks."""
    if key:
        for patient_id in patients:
            asked = f"statement.close:{key}:{patient_id.hex()}:{uow.today():%Y%m%d}"
            outbox.later(uow, "statement.close", asked, {"patient": patient_id})
