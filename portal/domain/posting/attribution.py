"""Whose money it is, charge by charge: the amounts of a claim in an 835 shared over the charges it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.domain.charges import Charge
from portal.domain.codes import is_contractual
from portal.domain.money import Money, split
from portal.domain.posting.matching import match_services
from portal.domain.remittances import Adjustment, ClaimPayment


@dataclass(frozen=True, slots=True)
class Matched:
    """Our claim behind a claim of the payment, with its charges."""

    claim_id: bytes
    patient_id: bytes
    payer_id: bytes
    encounter_id: bytes | None = None
    charges: tuple[Charge, ...] = ()
    next_payer_id: bytes | None = None
    """Another active coverage that is billed next: what the first leaves to the patient waits for it."""
    earlier_entry_id: bytes | None = None
    """The entry of the payment that a reversal undoes; a reversal without it is not posted."""
    paid_before: bool = False
    """This very payment stands already: only its money is posted, see `reversals.paid_before`."""


@dataclass(frozen=True, slots=True)
class PatientShare:
    """An amount in group PR that is now the patient's, with its CARC; negative in a reversal."""

    index: int
    claim_id: bytes
    charge_id: bytes | None
    reason: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Left:
    """An adjustment without an entry: it stays in receivable:payer. `unpaid` when its line was paid nothing."""

    group: str
    reason: str
    amount_cents: int
    unpaid: bool


@dataclass(slots=True)
class Share:
    """What of a claim falls on one charge, or on none where the claim has no charges of ours."""

    charge_id: bytes | None
    encounter_id: bytes | None
    paid_cents: int = 0
    contractual_cents: int = 0
    patient: list[PatientShare] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    @property
    def patient_cents(self) -> int:
        """Sum of group PR."""
        return sum(share.amount_cents for share in self.patient)


def attribute(index: int, claim: ClaimPayment, matched: Matched) -> tuple[Share, ...]:
    """Share a claim's payment and adjustments over its charges without losing a cent.

    A service's amounts go to its charge; those of a service we do not know to the charges no service named; claim-level
    amounts to all charges by their price. Sums over the shares equal CLP04, and the CAS of each group and reason.
    """
    charges = matched.charges
    shares = [Share(charge.charge_id, charge.encounter_id) for charge in charges] or [Share(None, None)]
    weights = [charge.amount_cents for charge in charges] or [1]
    places = match_services(claim, charges)
    everywhere = range(len(shares))
    rest = [at for at in everywhere if at not in places] or everywhere
    over = claim.paid_cents
    for service, place in zip(claim.services, places, strict=True):
        targets = rest if place is None else (place,)
        over -= service.paid_cents
        for at, cents in _spread(service.paid_cents, targets, weights):
            shares[at].paid_cents += cents
        day = service.from_date or claim.from_date
        for adjustment in service.adjustments:
            contractual = is_contractual(adjustment.group, adjustment.reason, day)
            for at, cents in _spread(adjustment.amount_cents, targets, weights):
                _add(
                    shares[at],
                    adjustment,
                    cents,
                    index,
                    matched,
                    contractual=contractual,
                    unpaid=service.paid_cents == 0,
                )
    for adjustment in claim.adjustments:
        contractual = is_contractual(adjustment.group, adjustment.reason, claim.from_date)
        if claim.services:
            over += adjustment.amount_cents
        for at, cents in _spread(adjustment.amount_cents, everywhere, weights):
            _add(
                shares[at],
                adjustment,
                cents,
                index,
                matched,
                contractual=contractual,
                unpaid=claim.paid_cents == 0,
            )
            # Where lines are given, an adjustment of the whole claim lowers what the lines were paid.
            shares[at].paid_cents -= cents if claim.services else 0
    for at, cents in _spread(over, everywhere, weights):
        shares[at].paid_cents += cents
    return tuple(shares)


def _spread(cents: int, targets: Sequence[int], weights: Sequence[int]) -> list[tuple[int, int]]:
    if len(targets) == 1:
        return [(targets[0], cents)]
    parts = split(Money(cents), [weights[at] for at in targets])
    return [(at, part.cents) for at, part in zip(targets, parts, strict=True)]


def _add(
    share: Share,
    adjustment: Adjustment,
    cents: int,
    index: int,
    matched: Matched,
    *,
    contractual: bool,
    unpaid: bool,
) -> None:
    if not cents:
        return
    if contractual:
        share.contractual_cents += cents
    elif adjustment.group == "PR":
        share.patient.append(PatientShare(index, matched.claim_id, share.charge_id, adjustment.reason, cents))
    else:
        share.left.append(Left(adjustment.group, adjustment.reason, cents, unpaid))
