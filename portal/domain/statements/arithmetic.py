"""The plain arithmetic of a statement: every service's line, why something is owed, when it is due, how old it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from portal.domain.dates import next_workday
from portal.domain.ledger import WRITE_OFF, Line
from portal.domain.money import Money
from portal.domain.texts import T_, Text

DUE_DAYS = 21
"""Days from a statement to its due date, unless the practice says otherwise."""

CYCLE_DAYS = 28
"""Days after a statement before a patient is sent the next one."""

BUCKETS = ("0-30", "31-60", "61-90", "91-120", "over-120")
"""Age of a balance in days from the service; our choice, and shown (kpis)."""

BUCKET_WORDS: Mapping[str, Text] = MappingProxyType({
    "0-30": T_("0 to 30 days"),
    "31-60": T_("31 to 60 days"),
    "61-90": T_("61 to 90 days"),
    "91-120": T_("91 to 120 days"),
    "over-120": T_("More than 120 days"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Why:
    """Why a part of a service is the patient's.

    `kind` is deductible, coinsurance, copay, not-covered, no-plan, moved, or less for what is no longer asked.
    """

    kind: str
    amount_cents: int
    text: Text


@dataclass(frozen=True, slots=True)
class ServiceSums:
    """One charge as the ledger has it; `charge_id` is None for what a payer left on a claim without charges of ours.

    charged - discount - written off - plan paid - you paid - with plan = owed, by construction.
    """

    charge_id: bytes | None
    charged_cents: int = 0
    discount_cents: int = 0
    """Taken off by contract with the plan."""
    written_off_cents: int = 0
    """Taken off by the practice."""
    plan_paid_cents: int = 0
    you_paid_cents: int = 0
    with_plan_cents: int = 0
    """Not settled with a payer yet; nobody asks the patient for it."""
    owed_cents: int = 0


def service_sums(lines: Iterable[Line]) -> tuple[ServiceSums, ...]:
    """Sum one patient's ledger lines by charge, in the order in which charges first appear.

    A charge's lines leave out only the patient's money (cash and credits carry no charge), so what its lines lack to
    nought is what the patient paid. On unapplied:payer a line with a claim or charge is payer money applied.
    """
    sums: dict[bytes | None, dict[str, int]] = {}
    for line in lines:
        if line.charge_id is None and line.claim_id is None:
            continue
        account = WRITE_OFF if line.account.startswith(WRITE_OFF) else line.account
        charge = sums.setdefault(line.charge_id, {})
        charge[account] = charge.get(account, 0) + line.amount_cents
    return tuple(
        ServiceSums(
            charge_id,
            charged_cents=-charge.get("revenue", 0),
            discount_cents=charge.get("contractual", 0),
            written_off_cents=charge.get(WRITE_OFF, 0),
            plan_paid_cents=charge.get("unapplied:payer", 0),
            you_paid_cents=-sum(charge.values()),
            with_plan_cents=charge.get("receivable:payer", 0),
            owed_cents=charge.get("receivable:patient", 0),
        )
        for charge_id, charge in sums.items()
    )


def reasons(sums: ServiceSums, shares: Mapping[str, int]) -> tuple[Why, ...]:
    """Why the patient owes or owed something: `shares` are the net amounts in group PR by CARC.

    The parts sum to what the patient paid and owes; what no payer put on the patient is told apart.
    """
    found: dict[str, int] = {}
    for reason, cents in shares.items():
        kind = _KINDS.get(reason, "not-covered")
        found[kind] = found.get(kind, 0) + cents
    rest = sums.owed_cents + sums.you_paid_cents - sum(found.values())
    if rest:
        billed = sums.plan_paid_cents or sums.discount_cents or sums.with_plan_cents or found
        found["less" if rest < 0 else "moved" if billed else "no-plan"] = rest
    return tuple(Why(kind, cents, _why(kind, Money(cents))) for kind, cents in sorted(found.items()) if cents)


def due_on(made_on: date, days: int = DUE_DAYS) -> date:
    """When a statement made on a day is due: so many days later, on a workday."""
    return next_workday(made_on + timedelta(days=days))


def ages(open_items: Iterable[tuple[date, int]], today: date) -> dict[str, int]:
    """Open cents by age since the service; every bucket of BUCKETS is there, and they sum to the whole."""
    buckets = dict.fromkeys(BUCKETS, 0)
    for day, cents in open_items:
        buckets[BUCKETS[min(max((today - day).days - 1, 0) // 30, len(BUCKETS) - 1)]] += cents
    return buckets


_KINDS = {"1": "deductible", "2": "coinsurance", "3": "copay"}
"""CARC numbers of what plans leave to the patient by their terms; everything else in PR is not covered."""


def _why(kind: str, amount: Money) -> Text:
    if kind == "deductible":
        return T_("{amount}: you pay this yourself until your plan's yearly deductible is met.", amount=amount)
    if kind == "coinsurance":
        return T_("{amount}: your share of the price, as your plan sets it (coinsurance).", amount=amount)
    if kind == "copay":
        return T_("{amount}: the fixed amount your plan asks of you for such a visit (copay).", amount=amount)
    if kind == "not-covered":
        return T_("{amount}: your plan says it does not cover this.", amount=amount)
    if kind == "no-plan":
        return T_("{amount}: no plan was billed for this.", amount=amount)
    if kind == "less":
        return T_("{amount}: no longer asked of you.", amount=amount)
    return T_("{amount}: moved to you after your plan answered.", amount=amount)
