"""Money in whole cents of one currency, US dollars; no float ever touches it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_LIMIT_CENTS = 10**16
"""X12 R numbers carry at most 18 digits; above this a value is a fault, not a sum."""


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A signed amount in whole cents; adding and negating keep it exact."""

    cents: int

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - other.cents)

    def __neg__(self) -> Money:
        return Money(-self.cents)

    def __bool__(self) -> bool:
        return self.cents != 0

    def __str__(self) -> str:
        """English with sign, dollar sign, thousands commas and two decimals; pages go through `portal.language`."""
        sign = "-" if self.cents < 0 else ""
        whole, cents = divmod(abs(self.cents), 100)
        return f"{sign}${whole:,}.{cents:02d}"

    def plain(self) -> str:
        """Two decimals with a point and no sign of currency, as in JSON and CSV: `-1234.50`."""
        sign = "-" if self.cents < 0 else ""
        whole, cents = divmod(abs(self.cents), 100)
        return f"{sign}{whole}.{cents:02d}"


ZERO = Money(0)


def total(amounts: Iterable[Money]) -> Money:
    """The sum of amounts; nought for none."""
    return Money(sum(amount.cents for amount in amounts))


def parse_cents(text: str) -> int:
    """Whole cents of a decimal such as `100`, `.5`, `-12.30`; at most two decimals count.

    Raises ValueError for anything else: blanks, exponents, separators, a third decimal that is not nought.
    """
    if not text or not set(text) <= set("0123456789.-+"):
        raise ValueError(f"not an amount: {text!r}")
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        raise ValueError(f"not an amount: {text!r}") from None
    if cents != cents.to_integral_value() or abs(cents) >= _LIMIT_CENTS:
        raise ValueError(f"not an amount in whole cents: {text!r}")
    return int(cents)


def split(amount: Money, weights: Sequence[int]) -> list[Money]:
    """Share an amount by non-negative whole weights without losing a cent; parts keep the sign and sum to the whole.

    Cents left over by rounding go to the largest remainders, ties to the first. All weights nought: equal shares.
    Raises ValueError for no weights or a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("a split needs weights, none of them negative")
    if not any(weights):
        weights = [1] * len(weights)
    sign, whole, over = (-1 if amount.cents < 0 else 1), abs(amount.cents), sum(weights)
    shares = [divmod(whole * weight, over) for weight in weights]
    left = whole - sum(share for share, _ in shares)
    first = sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))[:left]
    return [Money(sign * (share + (1 if i in first else 0))) for i, (share, _) in enumerate(shares)]
