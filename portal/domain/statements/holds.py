"""Why an account is not asked for money now: each hold stops the clocks of its bills (workflows 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from portal.domain.texts import T_, Text

KINDS: Mapping[str, Text] = MappingProxyType({
    "BANKRUPT": T_("Bankruptcy: nothing is asked while the court protects them"),
    "DECEASED_ESTATE": T_("The patient has died: the estate is asked, not the family"),
    "GFE_DISPUTED": T_("The bill is far above its estimate and is disputed"),
    "DISPUTED": T_("The patient asked about the bill"),
    "FINANCIAL_ASSISTANCE_PENDING": T_("The patient asked for financial help"),
    "ON_PLAN": T_("On a payment plan"),
    "PROMISED": T_("The patient promised to pay"),
    "RETURNED_MAIL": T_("Mail came back"),
})  # fmt: skip
"""Every kind in words, the weightiest first: of several holds the first names the state of the bills."""

STATES: Mapping[str, str] = MappingProxyType({kind: kind for kind in KINDS} | {"GFE_DISPUTED": "DISPUTED"})
"""The side state of `life.LIFE` into which each kind puts a bill."""

BY_HAND = ("BANKRUPT", "DECEASED_ESTATE", "DISPUTED", "RETURNED_MAIL")
"""Kinds that the office may open and end by itself; the others come with their plan, application or promise."""

BARS_COLLECTION = frozenset({"GFE_DISPUTED", "BANKRUPT", "FINANCIAL_ASSISTANCE_PENDING"})
"""Kinds under which nothing goes to a collector, whoever asks (45 CFR 149.620(c), 11 USC 362, 26 CFR 1.501(r)-6)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason that stands; `until` is its last day, None until somebody ends it."""

    kind: str
    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse a kind that no bill knows."""
        if self.kind not in KINDS:
            raise ValueError(f"no such hold: {self.kind}")

    def stands(self, today: date) -> bool:
        """Whether it holds on a day."""
        return self.until is None or today <= self.until


def weightiest(holds: tuple[Hold, ...]) -> Hold | None:
    """The hold that names the state of the bills; None where nothing holds."""
    order = list(KINDS)
    return min(holds, key=lambda hold: (order.index(hold.kind), hold.since), default=None)
