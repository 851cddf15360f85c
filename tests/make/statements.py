"""Statements for tests; invented."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.domain.money import ZERO, Money
from portal.domain.statements.arithmetic import ages
from portal.domain.statements.content import Letter, StatementContent, StatementLine, summed
from portal.domain.texts import T_

LETTER = Letter(
    practice_name="Juniper Ridge Family Practice",
    practice_lines=("214 Alder Street", "Millbrook, OR 97001-0214"),
    phone="5035550142",
    remit_lines=("Juniper Ridge Family Practice", "214 Alder Street", "Millbrook, OR 97001-0214"),
    to_lines=("Teresa Marlowe", "9 Larch Lane", "Millbrook, OR 97001"),
    patient_name="Teresa Marlowe",
    account="A-1042",
    pay_url="https://pay.juniper.example",
)


def line(**more: Any) -> StatementLine:
    given: dict[str, Any] = {
        "charge_id": "0c" * 16, "encounter_id": "0e" * 16, "title": "Vitamin B-12 injection", "code": "J3420",
        "day": date(2026, 6, 9), "provider": "Amara Okafor", "why": T_("Your plan covers this in full."),
    }  # fmt: skip
    return StatementLine(**(given | more))


LINES = (
    line(
        title="Yearly wellness visit", code="G0438", day=date(2026, 5, 5), charged=Money(18_500), discount=Money(5_700),
        plan_paid=Money(8_800), you_paid=Money(2_500), you_owe=Money(1_500),
        why=T_("{amount}: the fixed amount your plan asks of you for such a visit (copay).", amount=Money(4_000)),
    ),
    line(
        title="Ankle brace & strap <size M>", code="L1902", charged=Money(9_600), discount=Money(2_460),
        you_owe=Money(7_140),
        why=T_("{amount}: you pay this yourself until your plan's yearly deductible is met.", amount=Money(7_140)),
    ),
    line(charged=Money(3_800), discount=Money(1_100), plan_paid=Money(2_700)),
)  # fmt: skip


def content(**more: Any) -> StatementContent:
    lines = more.get("lines", LINES)
    owed = summed(lines).you_owe
    given: dict[str, Any] = {
        "number": "4XK2-9QM7", "made_on": date(2026, 8, 3), "due_on": date(2026, 8, 24), "letter": LETTER,
        "lines": lines, "sums": summed(lines), "opening": ZERO, "asked": owed, "paid": ZERO, "owed": owed,
        "credit": ZERO, "ages": ages([(each.day, each.you_owe.cents) for each in lines], date(2026, 8, 3)),
        "sentence": T_("We charged {charged}. This is what is left for you.", charged=Money(31_900)),
        "total_asked": owed, "total_paid": ZERO,
    }  # fmt: skip
    return StatementContent(**(given | more))
