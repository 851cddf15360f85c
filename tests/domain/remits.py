"""Balanced remittances made by hypothesis, and the claims of ours behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from portal.domain.charges import Charge
from portal.domain.posting.attribution import Matched
from portal.domain.remittances import Adjustment, ClaimPayment, Payment, ProviderAdjustment, ServicePayment

DAY = date(2026, 5, 5)
PAYER, NEXT, PATIENT, DEPOSIT = b"payer".rjust(16), b"next".rjust(16), b"patient".rjust(16), b"deposit".rjust(16)

ADJUSTMENTS = st.lists(
    st.builds(
        Adjustment,
        st.sampled_from(["CO", "CO", "PR", "OA", "PI"]),
        st.sampled_from(["45", "253", "144", "1", "2", "3", "50", "97", "29", "23", "96"]),
        st.integers(-500, 20_000).filter(bool),
    ),
    max_size=4,
).map(tuple)


def paid(charge_cents: int, adjustments: tuple[Adjustment, ...]) -> int:
    return charge_cents - sum(one.amount_cents for one in adjustments)


@st.composite
def claim_payments(draw: st.DrawFn, number: int = 0) -> ClaimPayment:
    """A claim that balances at line and claim level, with amounts at either."""
    services = []
    for line in range(draw(st.integers(0, 4))):
        charge = draw(st.integers(0, 50_000))
        adjustments = draw(ADJUSTMENTS)
        services.append(
            ServicePayment(
                "G0438",
                (),
                charge,
                paid(charge, adjustments),
                segment=line + 3,
                control=draw(st.sampled_from([f"L{line}", "", "STRANGE"])),
                from_date=DAY,
                adjustments=adjustments,
            )
        )
    charge = sum(one.charge_cents for one in services) if services else draw(st.integers(0, 90_000))
    claim = ClaimPayment(
        f"C{number}",
        draw(st.sampled_from(["1", "2", "3", "4", "19"])),
        charge,
        0,
        segment=number + 2,
        adjustments=draw(ADJUSTMENTS),
        services=tuple(services),
    )
    return replace(claim, paid_cents=paid(charge, claim.every_adjustment()))


@st.composite
def remittances(draw: st.DrawFn) -> Payment:
    """A payment that balances at all three levels."""
    claims = tuple(draw(claim_payments(number)) for number in range(draw(st.integers(0, 4))))
    provider = tuple(
        ProviderAdjustment(draw(st.sampled_from(["WO", "FB", "72", "L6", "CS"])), "R1", cents, segment=90)
        for cents in draw(st.lists(st.integers(-9_000, 9_000).filter(bool), max_size=3))
    )
    amount = sum(claim.paid_cents for claim in claims) - sum(one.amount_cents for one in provider)
    if amount < 0:  # a net negative is carried by FB, and the check is nought (X12 RFI 222)
        provider += (ProviderAdjustment("FB", "R2", amount, segment=91),)
        amount = 0
    method = draw(st.sampled_from(["ACH", "CHK", "FWT"])) if amount else "NON"
    return Payment(amount, "T1", claims, provider, segment=1, method=method, credit_debit="C")


@st.composite
def matches(draw: st.DrawFn, claim: ClaimPayment, number: int = 0) -> Matched:
    """Our claim behind it: sometimes with every charge, sometimes with fewer, sometimes with none."""
    claim_id = b"claim%011d" % number
    charges = tuple(
        Charge(b"charge%02d%08d" % (number, at), PATIENT, b"encounter".rjust(16), service.charge_cents, PAYER, claim_id,
               "G0438", (), DAY, f"L{at}")
        for at, service in enumerate(claim.services)
    )  # fmt: skip
    return Matched(
        claim_id,
        PATIENT,
        PAYER,
        charges=charges[: draw(st.integers(0, len(charges)))],
        next_payer_id=draw(st.sampled_from([None, None, NEXT])),
    )


def turned(claim: ClaimPayment) -> ClaimPayment:
    """The reversal of a claim: status 22 and every amount with its sign turned."""

    def negative(adjustments: tuple[Adjustment, ...]) -> tuple[Adjustment, ...]:
        return tuple(replace(one, amount_cents=-one.amount_cents) for one in adjustments)

    return replace(
        claim,
        status="22",
        charge_cents=-claim.charge_cents,
        paid_cents=-claim.paid_cents,
        adjustments=negative(claim.adjustments),
        services=tuple(
            replace(
                one,
                charge_cents=-one.charge_cents,
                paid_cents=-one.paid_cents,
                adjustments=negative(one.adjustments),
            )
            for one in claim.services
        ),
    )
