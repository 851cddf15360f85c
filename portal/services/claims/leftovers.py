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
        to, gone = next_payer(uow, claim, out), went(uow, claim)
        for charge_id, cents in _waiting(uow, claim):
            moved += cents
            rest = cents
            # what is taken back comes from whoever has it, though another coverage may stand behind by now
            for there, had in gone.get(charge_id, {}).items():
                part = max(rest, -had) if rest < 0 < had else 0
                _move(uow, claim, charge_id, part, there)
                rest -= part
            _move(uow, claim, charge_id, rest, to)
    return moved


def move_back(uow: UnitOfWork, claim: ClaimRow) -> None:
    """What went from a payer passed over to others waits for it again, from each what went there."""
    for charge_id, by in went(uow, claim).items():
        for there, cents in by.items():
            _move(uow, claim, charge_id, -cents, there)


def went(uow: UnitOfWork, claim: ClaimRow) -> dict[bytes, dict[bytes | None, int]]:
    """By charge, the cents that went from a payer passed over: to which payer, and under None to the patient."""
    prefix, key = f"passed-over:{claim.id.hex()}:", LedgerEntryRow.key
    found: dict[bytes, dict[bytes | None, int]] = {}
    for line in ledger.lines_of(uow, key >= prefix, key < prefix + "~", uow.within(LedgerLineRow)):
        if line.payer_id != claim.payer_id:
            by = found.setdefault(line.charge_id, {})
            by[line.payer_id] = by.get(line.payer_id, 0) + line.amount_cents
    return found


def _waiting(uow: UnitOfWork, claim: ClaimRow) -> list[tuple[bytes, int]]:
    """What waits for a claim's payer, by charge."""
    rows = uow.rows(
        ledger.sums(
            uow, LedgerLineRow.charge_id,
            where=[
                LedgerLineRow.encounter_id == claim.encounter_id, LedgerLineRow.account == "receivable:payer",
                LedgerLineRow.payer_id == claim.payer_id,
            ],
        )
    )  # fmt: skip
    return [(row.charge_id, int(row.cents)) for row in rows if row.cents and row.charge_id]


def _move(uow: UnitOfWork, claim: ClaimRow, charge_id: bytes, cents: int, to: bytes | None) -> None:
    if cents:
        ledger.post(uow, [_entry(uow, claim, charge_id, cents, to)])


def _entry(uow: UnitOfWork, claim: ClaimRow, charge_id: bytes, cents: int, to: bytes | None) -> Entry:
    prefix = f"passed-over:{claim.id.hex()}:{charge_id.hex()}:"
    key = LedgerEntryRow.key
    number = uow.count(uow.select(LedgerEntryRow.id).where(key >= prefix, key < prefix + "~"))
    about = Charge(charge_id, claim.patient_id, claim.encounter_id, 0, claim.payer_id, claim.id)
    return passed_over_entry(about, cents, f"{claim.id.hex()}:{charge_id.hex()}:{number}", uow.today(), to)
