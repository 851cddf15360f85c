"""Paying with a bill's code, and card payments that a person of the office looks at."""

from __future__ import annotations

from datetime import date

from portal.domain.money import Money
from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_patient import ID, NOW, form, state

BILL = {
    "code": "7K3M-9QWT-2B4X", "practice": "Juniper & Ridge", "open": Money(8640), "under_way": Money(0),
    "least": Money(50), "form_key": ID,
}  # fmt: skip
DONE = {
    "payment_id": ID, "amount": Money(8640), "practice": "Juniper & Ridge", "receipt_number": "R-2345-6789",
    "why": None,
}  # fmt: skip
CASE = {
    "payment_id": ID, "patient_id": ID, "patient_name": "Teresa Marlowe", "amount": Money(8640),
    "state": state("DISPUTED", "Disputed"), "means": T_("Online, by card"), "paid_at": NOW,
    "receipt_number": "R-2345-6789", "kept": Money(0), "left": Money(8640), "why": T_("Answer before its day is over."),
    "item_version": 2, "disputes": (), "back": (),
}  # fmt: skip
DISPUTE = {
    "dispute_id": ID, "version": 1, "amount": Money(8640), "state": state("NEEDS_RESPONSE", "Waits for an answer"),
    "reason": "fraudulent", "told_at": NOW, "due_on": date(2026, 11, 30), "days_left": 9, "fee": Money(1500),
    "answerable": True,
}  # fmt: skip
BACK = made("Back", words=T_("Taken back by the bank"), on=NOW, amount=Money(8640), state=state("DISPUTED", "Disputed"))

_PAGES = [
    ("guest/code.html", "open", {"page": None, "form": None}),
    ("guest/code.html", "wrong", {"page": None, "form": form(errors=("code",))}),
    ("guest/amount.html", "open", {"page": made("GuestPage", **BILL), "form": None}),
    (
        "guest/amount.html",
        "wrong",
        {
            "page": made("GuestPage", **BILL | {"under_way": Money(500)}),
            "form": form(errors=("sum",), amount="other", sum="9"),
        },
    ),
    ("guest/amount.html", "small", {"page": made("GuestPage", **BILL | {"open": Money(40)})}),
    ("guest/amount.html", "none", {"page": made("GuestPage", **BILL | {"open": Money(0)})}),
    *(
        ("guest/done.html", outcome, {"page": made("GuestReturnPage", **DONE | {"outcome": outcome})})
        for outcome in ("success", "pending", "bank", "cancelled", "failed", "undone")
    ),
    (
        "staff/card_cases/show.html",
        "to answer",
        {
            "page": made("CasePage", **CASE | {"disputes": (made("Dispute", **DISPUTE),), "back": (BACK,)}),
        },
    ),
    (
        "staff/card_cases/show.html",
        "to close",
        {
            "page": made(
                "CasePage", **CASE | {"disputes": (made("Dispute", **DISPUTE | {"answerable": False, "due_on": None}),)}
            ),
            "wrong": T_("Write in a sentence what you did, in at most {n} letters.", n=2000),
        },
    ),
    ("staff/card_cases/show.html", "nothing", {"page": made("CasePage", **CASE | {"why": None})}),
]
SAMPLES = [
    (name, kind, {"frame": frame("staff" if name.startswith("staff") else "stranger")} | context)
    for name, kind, context in _PAGES
]
