"""Further payers that are not billed: whom they are, and what waits for them, moved to who comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.domain import coverage
from portal.domain.charges import Charge
from portal.domain.claim_reasons import PASSES
from portal.domain.coverage import RANKS, Coverage
from portal.domain.ledger import Entry
from portal.domain.posting.charges import passed_over_entry
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.queues import TransitionRow
from portal.services import ledger
from portal.services.unit_of_work.work import UnitOfWork


def passed_over(uow: UnitOfWork, claims: Iterable[ClaimRow]) -> list[ClaimRow]:
    """Those of a visit's claims whose payer is not billed after all; not those of a visit that was set aside."""
    uow.flush()
    withdrawn = [claim for claim in claims if claim.state == "WITHDRAWN" and claim.rank != RANKS[0]]
    return [claim for claim in withdrawn if withdrawn_for(uow, claim) in PASSES]


def withdrawn_for(uow: UnitOfWork, claim: ClaimRow) -> str:
    """Why a claim was withdrawn last."""
    move = TransitionRow
    found: str | None = uow.value(
        uow.select(move.reason)
        .where(move.subject_table == ClaimRow.__tablename__, move.subject_id == claim.id, move.to_state == "WITHDRAWN")
        .order_by(move.subject_version.desc())
        .limit(1)
    )
    return found or ""


def coverages(uow: UnitOfWork, claim: ClaimRow) -> tuple[Coverage, ...]:
    """The coverages of a claim's patient on the day of service, in the order in which they are billed."""
    rows = uow.rows(
        uow.select(
            CoverageRow.id, CoverageRow.payer_id, CoverageRow.rank, CoverageRow.valid_from, CoverageRow.valid_to
        ).where(CoverageRow.patient_id == claim.patient_id)
    )
    known = [Coverage(row.id, row.payer_id, row.rank, row.valid_from, row.valid_to) for row in rows]
    return coverage.in_order(known, claim.service_from)


def next_billed(order: Sequence[Coverage], after: bytes, out: Iterable[ClaimRow]) -> Coverage | None:
    """The coverage billed after another one, but for those passed over; None where there is none."""
    skipped = {claim.coverage_id for claim in out}
    at = next((at for at, one in enumerate(order) if one.coverage_id == after), None)
    if at is None:
        return None
    behind = (one for one in order[at + 1 :] if one.coverage_id not in skipped)
    return next((one for one in behind if one.payer_id != order[at].payer_id), None)


def next_payer(uow: UnitOfWork, claim: ClaimRow, claims: Iterable[ClaimRow]) -> bytes | None:
    """Who pays what waits for a claim's payer when that is passed over; None for the patient."""
    following = next_billed(coverages(uow, claim), claim.coverage_id, passed_over(uow, claims))
    return None if following is None else following.payer_id


def move_on(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> int:
    """What waits for the payers of a visit's claims that are passed over goes to who comes next; cents that moved.

    Safe to repeat, and after every answer: what an earlier payer took back is taken back here, too.
    """
    out = passed_over(uow, claims)
    moved = 0
    for claim in sorted(out, key=lambda one: RANKS.index(one.rank)):
        entries = _entries(uow, claim, next_payer(uow, claim, out))
        ledger.post(uow, entries)
        moved += sum(entry.lines[0].amount_cents for entry in entries)
    return moved


def move_back(uow: UnitOfWork, claim: ClaimRow, payer_id: bytes | None) -> None:
    """What went from a payer passed over to the next one (the patient without one) waits for it again."""
    ledger.post(uow, [_entry(uow, claim, id_, -cents, payer_id) for id_, cents in moved_on(uow, claim).items()])


def moved_on(uow: UnitOfWork, claim: ClaimRow) -> dict[bytes, int]:
    """By charge, the cents that went from a payer passed over to who comes next."""
    prefix, key, found = f"passed-over:{claim.id.hex()}:", LedgerEntryRow.key, dict[bytes, int]()
    own = key >= prefix, key < prefix + "~", LedgerLineRow.account == "receivable:payer"
    for line in ledger.lines_of(uow, *own, LedgerLineRow.payer_id == claim.payer_id, uow.within(LedgerLineRow)):
        found[line.charge_id] = found.get(line.charge_id, 0) - line.amount_cents
    return {id_: cents for id_, cents in found.items() if cents}


def _entries(uow: UnitOfWork, claim: ClaimRow, to: bytes | None) -> list[Entry]:
    rows = uow.rows(
        ledger.sums(
            uow, LedgerLineRow.charge_id,
            where=[
                LedgerLineRow.encounter_id == claim.encounter_id, LedgerLineRow.account == "receivable:payer",
                LedgerLineRow.payer_id == claim.payer_id,
            ],
        )
    )  # fmt: skip
    return [_entry(uow, claim, row.charge_id, int(row.cents), to) for row in rows if row.cents and row.charge_id]


def _entry(uow: UnitOfWork, claim: ClaimRow, charge_id: bytes, cents: int, to: bytes | None) -> Entry:
    prefix = f"passed-over:{claim.id.hex()}:{charge_id.hex()}:"
    key = LedgerEntryRow.key
    number = uow.count(uow.select(LedgerEntryRow.id).where(key >= prefix, key < prefix + "~"))
    about = Charge(charge_id, claim.patient_id, claim.encounter_id, 0, claim.payer_id, claim.id)
    return passed_over_entry(about, cents, f"{claim.id.hex()}:{charge_id.hex()}:{number}", uow.today(), to)
