"""The three balances of a payment (X12 RFI 2348), as a page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func

from portal.domain.money import Money
from portal.domain.remittances import Payment, imbalances
from portal.domain.texts import T_, Text
from portal.models.remittances import RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services.unit_of_work.work import UnitOfWork

_LEVELS = (
    ("service", T_("Each service"), T_("What was charged, less its adjustments, is what was paid.")),
    ("claim", T_("Each claim"), T_("What was charged, less all adjustments, is what was paid.")),
    ("transaction", T_("The payment"), T_("What the claims were paid, less the payer's adjustments, is the amount.")),
)


@dataclass(frozen=True, slots=True)
class Balance:
    """One of the three: what must be, what the file says, and whether every single one of the level holds."""

    title: Text
    words: Text
    expected: Money
    found: Money
    holds: bool


def balances_held(payment: Payment) -> tuple[Balance, ...]:
    """The balances of a payment as it stands in its file."""
    broken = {one.level for one in imbalances(payment)}
    services = [service for claim in payment.claims for service in claim.services]
    sums = {
        "service": (
            sum(one.charge_cents - sum(a.amount_cents for a in one.adjustments) for one in services),
            sum(one.paid_cents for one in services),
        ),
        "claim": (
            sum(one.charge_cents - sum(a.amount_cents for a in one.every_adjustment()) for one in payment.claims),
            sum(one.paid_cents for one in payment.claims),
        ),
        "transaction": (
            sum(one.paid_cents for one in payment.claims)
            - sum(one.amount_cents for one in payment.provider_adjustments),
            payment.amount_cents,
        ),
    }
    return tuple(
        Balance(title, told, Money(sums[level][0]), Money(sums[level][1]), level not in broken)
        for level, title, told in _LEVELS
    )


def balances_posted(uow: UnitOfWork, row: RemittanceRow) -> tuple[Balance, ...]:
    """The balances of a payment that was posted, which it could be only because all three hold.

    Of a held one only the payment as a whole is known without its file.
    """
    whole = row.claims_paid_cents - row.adjustment_cents
    payment = (*_LEVELS[2][1:], Money(whole), Money(row.amount_cents), whole == row.amount_cents)
    if row.state == "HELD":
        return (Balance(*payment),)
    of_payment = RemittanceClaimRow.remittance_id == row.id
    services = int(
        uow.value(
            uow.select(func.coalesce(func.sum(RemittanceLineRow.paid_cents), 0)).where(
                uow.within(RemittanceLineRow),
                uow.within(RemittanceClaimRow),
                RemittanceClaimRow.id == RemittanceLineRow.remittance_claim_id,
                of_payment,
            )
        )
    )
    claims = row.claims_paid_cents
    levels = ((_LEVELS[0], services), (_LEVELS[1], claims))
    return (
        *(Balance(title, told, Money(cents), Money(cents), holds=True) for (_, title, told), cents in levels),
        Balance(*payment),
    )
