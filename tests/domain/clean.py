"""A claim with nothing to find, and what the edits know beside it. All people are invented."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portal.domain.claims import Address, BillingProvider, Claim, Cover, Person, ServiceLine


def claim() -> Claim:
    """A clean original claim of two lines: 150.00 on 5 May 2026 at an office."""
    home = Address("12 Larch Lane", "Dayton", "OH", "45402")
    patient = Person("Ashgrove", "Mina", birth_date=date(1980, 3, 4), sex="F", address=home)
    return Claim(
        control="C0000000001",
        charge_cents=15_000,
        place="11",
        patient=patient,
        cover=Cover("Harbor Health Plan", "HHP01", "W123456789", patient),
        billing=BillingProvider(
            "Juniper Ridge Family Practice",
            "1234567893",
            "123456789",
            Address("400 Main Street", "Dayton", "OH", "454021234"),
            taxonomy="207Q00000X",
        ),
        diagnoses=("I10", "E119"),
        lines=(
            ServiceLine("G0438", 10_000, Decimal(1), (1, 2), date(2026, 5, 5), control="L1"),
            ServiceLine("J1885", 5_000, Decimal(2), (1,), date(2026, 5, 5), control="L2"),
        ),
    )
