"""One payment made ready to be written: matched, its entries built, its rows sealed, before any lock is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from portal.domain.ledger import Entry, Line
from portal.domain.posting.attribution import Matched
from portal.domain.posting.remittances import Case, remittance_entries
from portal.domain.posting.reversals import EarlierPosting, paid_before, posting_undone, reversal_entry
from portal.domain.remittances import Payment
from portal.models.ledger import LedgerEntryRow
from portal.models.payers import PayerRow
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services import ledger
from portal.services.remittances.candidates import Found, find
from portal.services.remittances.moving import ready_claims
from portal.services.remittances.parts import ClaimPart, part_of
from portal.services.remittances.standing import Standing, paid_by, standing_of
from portal.services.unit_of_work.bulk import Batch
from portal.services.unit_of_work.work import UnitOfWork, new_id


@dataclass(frozen=True, slots=True)
class Prepared:
    """A payment with everything that its one write transaction writes, bound and digested."""

    key: str
    payment: Payment
    remittance_id: bytes
    payer_id: bytes | None
    deposit_id: bytes | None
    deposit_found: bool
    posted_on: date
    entries: tuple[Entry, ...]
    cases: tuple[Case, ...]
    parts: tuple[ClaimPart, ...]
    books: ledger.Ready
    claims: Batch
    """The payment's claims whose patients are known; the others are sealed when written."""
    lines: Batch
    swap: Batch
    """Our claims, each under the version it was read with."""
    moves: Batch
    again: frozenset[int]
    """Places of claims that the payer has paid before, and now again."""

    @property
    def matched(self) -> int:
        """How many CLPs found their claim."""
        return sum(part.row["state"] == "MATCHED" for part in self.parts)


def prepare(uow: UnitOfWork, payment: Payment, key: str, held_id: bytes | None = None) -> Prepared:
    """Match, load, attribute, seal and digest one postable payment in a reading unit of work.

    `held_id` is the row of the same payment that was held before, if there is one.
    """
    found = find(uow, payment)
    standing = standing_of(uow, {id_: found.claims[id_] for id_ in set(found.matches.values())}, found.covers)
    posted_on, payer_id, remittance_id = uow.today(), payer_of(uow, payment, found), held_id or new_id()
    matched = {index: paid_by(standing[id_], payment.claims[index], payer_id) for index, id_ in found.matches.items()}
    undone, again = _stood(payment, found, standing, matched)
    matched |= {index: replace(matched[index], paid_before=True) for index in again}
    deposit_id, deposit_found, deposit_posted = _deposit(uow, payment)
    posting = remittance_entries(
        payment, matched, key=key, posted_on=posted_on, payer_id=payer_id, deposit_id=deposit_id,
        deposit_posted=deposit_posted,
    )  # fmt: skip
    reversals = [
        reversal_entry(earlier, key=key, index=index, posted_on=posted_on, deposit_id=deposit_id)
        for index, earlier in undone.items()
    ]
    entries = (*posting.entries, *(entry for entry in reversals if entry is not None))
    unmatched = {
        one.index: replace(one, text=found.whys.get(one.index, one.text))
        for one in posting.unmatched
        if one.index not in undone
    }
    uow.expect(*{one.patient_id for one in matched.values()})
    parts = tuple(
        part_of(
            uow, (remittance_id, payer_id), index, claim, matched.get(index), undone.get(index), unmatched.get(index)
        )
        for index, claim in enumerate(payment.claims)
    )
    books = ledger.ready(uow, entries)
    ids = {entry.key: id_ for entry, id_ in zip(entries, books.ids, strict=True)}
    for part in parts:
        part.row["entry_id"] = ids.get(f"835:{key}:{part.row['position']}")
    swap, moves = ready_claims(uow, parts, found.claims, {id_: len(one.postings) for id_, one in standing.items()})
    return Prepared(
        key, payment, remittance_id, payer_id, deposit_id, deposit_found, posted_on, entries, posting.cases, parts,
        books, uow.ready(RemittanceClaimRow, [part.row for part in parts if not part.sealed_later]),
        uow.ready(RemittanceLineRow, [line for part in parts for line in part.lines]), swap, moves, again,
    )  # fmt: skip


def payer_of(uow: UnitOfWork, payment: Payment, found: Found | None = None) -> bytes | None:
    """The payer behind a payment: by TRN03, by the id in its N1*PR or REF*2U, else the one payer of all its claims."""
    rows = uow.rows(uow.select(PayerRow.id, PayerRow.code, PayerRow.remittance_ids))
    by_tax = [row.id for row in rows if payment.payer_tax and payment.payer_tax in row.remittance_ids]
    by_code = [row.id for row in rows if payment.payer_id and row.code == payment.payer_id]
    for some in (by_tax, by_code):
        if len(some) == 1:
            return bytes(some[0])
    payers = {found.claims[id_]["payer_id"] for id_ in found.matches.values()} if found else set()
    return next(iter(payers)) if len(payers) == 1 else None


def _deposit(uow: UnitOfWork, payment: Payment) -> tuple[bytes | None, bool, bool]:
    """The deposit's id, whether its row stands already, and whether its money stands in unapplied:payer already."""
    if not payment.amount_cents and not payment.provider_adjustments:
        return None, False, False
    row = uow.row(
        uow.select(DepositRow.id).where(
            DepositRow.reference == payment.trace,
            DepositRow.payer_tax == payment.payer_tax,
            DepositRow.amount_cents == payment.amount_cents,
        )
    )
    if row is None:
        return new_id(), False, False
    entry = uow.row(uow.select(LedgerEntryRow.id).where(LedgerEntryRow.key == f"deposit:{row.id.hex()}"))
    if entry is None:
        return row.id, True, False
    spent = uow.row(uow.select(RemittanceRow.id).where(RemittanceRow.deposit_id == row.id))
    return row.id, True, spent is None


def _stood(
    payment: Payment, found: Found, standing: Mapping[bytes, Standing], matched: Mapping[int, Matched]
) -> tuple[dict[int, EarlierPosting], frozenset[int]]:
    """For each reversal of a matched claim the payment it undoes, each undone once; and what was paid before."""
    left = {claim_id: list(one.postings) for claim_id, one in standing.items()}
    undone: dict[int, EarlierPosting] = {}
    for index, claim in enumerate(payment.claims):
        claim_id = found.matches.get(index)
        if claim.reversal and claim_id is not None:
            earlier = posting_undone(claim, left[claim_id])
            if earlier is not None:
                left[claim_id].remove(earlier)
                undone[index] = earlier
    again = set()
    for index, claim_id in sorted(found.matches.items()):  # after all reversals: a correction may stand before its own
        claim = payment.claims[index]
        if paid_before(claim, matched[index], left[claim_id]):
            again.add(index)
        elif claim.paid_cents > 0:  # the same once more in this very payment
            taken = Line("receivable:payer", -claim.paid_cents, payer_id=matched[index].payer_id)
            left[claim_id].append(EarlierPosting(b"", None, claim.charge_cents, claim.paid_cents, (taken,)))
    return undone, frozenset(again)
