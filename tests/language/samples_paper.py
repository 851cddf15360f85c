"""Sheets of paper and mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from portal.domain.money import Money
from portal.domain.statements.content import summed
from portal.domain.texts import T_
from tests.language.rendering import made
from tests.language.samples_patient import LINES, MIXED

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAQAAAAA3bvkkAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
SHEET = {
    "practice": made(
        "Letterhead",
        name="Juniper Ridge Family Practice",
        lines=("214 Alder Street", "Millbrook, OR 97001"),
        phone="(503) 555-0142",
        hours=T_("Weekdays 8 to 5."),
    ),
    "to": ("Teresa Marlowe", "9 Mill Road", "Millbrook, OR 97001"),
    "made_on": date(2026, 11, 18),
}
FAMILY = tuple(replace(line, person=name) for line, name in zip(MIXED, ("Teresa", "Leo") * 3, strict=False))
STATEMENT = SHEET | {
    "number": "1042-7",
    "code": "",
    "due_on": date(2026, 12, 12),
    "patient_name": "Teresa Marlowe",
    "owed": Money(8640),
    "opening": Money(2000),
    "asked": Money(9140),
    "paid": Money(2500),
    "credit": Money(300),
    "sums": summed(LINES),
    "sentence": T_("We charged {charged}, and this is what is left.", charged=Money(31900)),
    "lines": LINES,
    "ages": tuple(
        made("Age", text=T_("{words}", words=words), amount=Money(amount))
        for words, amount in (("0 to 30 days", 8640), ("31 to 60", 0), ("61 to 90", 0), ("Over 90", 0))
    ),
    "remit_to": ("Juniper Ridge Family Practice", "PO Box 77", "Millbrook, OR 97001"),
    "site": "pay.juniper.example",
    "qr": PIXEL,
}
LETTER = SHEET | {
    "subject": T_("Your code for the website"),
    "greeting": T_("Dear {name},", name="Teresa Marlowe"),
    "paragraphs": (T_("This code opens your account until {day}.", day=date(2026, 12, 9)), T_("Keep it to yourself.")),
    "code": "K7QM-1XYZ-84TR",
    "sender": "Nadia Brandt",
}
MAILS = {
    "invitation": {"url": "https://candor.example/join/K7QM"},
    "reset": {"url": "https://candor.example/reset/K7QM?a=1&b=2"},
    "something_new": {"url": "https://candor.example/", "practice": "Juniper & Ridge"},
    "statement_ready": {"url": "https://candor.example/", "practice": "Juniper & Ridge"},
    "payment_returned": {"practice": "Juniper & Ridge"},
    "notice_past_due": {
        "url": "https://candor.example/",
        "practice": "Juniper & Ridge",
        "stop": "https://candor.example/stop/K7QM",
    },
    "notice_final": {
        "url": "https://candor.example/",
        "practice": "Juniper & Ridge",
        "stop": "https://candor.example/stop/K7QM",
    },
    "registered": {"practice": "Juniper & Ridge"},
    "registered_elsewhere": {"practice": "Juniper & Ridge"},
    "invited": {"practice": "Juniper & Ridge"},
    "proxy_joined": {"practice": "Juniper & Ridge"},
    "proxy_ended": {"practice": "Juniper & Ridge"},
    "password_changed": {},
    "log_digest": {
        "day": "2026-12-09",
        "size": "1834",
        "root": "5f" * 32,
        "note": "candor/00\n1834\nX18=\n\n\u2014 candor/00 AAAA\n",
    },
}

RECEIPT = SHEET | {
    "number": "R-2345-6789", "amount": Money(9000), "paid_on": date(2026, 11, 18),
    "means": T_("Online, by card"), "patient_name": "Teresa <Marlowe>",
    "rows": ((date(2026, 9, 3), Money(1500)), (date(2026, 9, 4), Money(7140))), "unapplied": Money(360),
}  # fmt: skip

SAMPLES = [
    ("paper/receipt.html", "held", {"page": made("Receipt", **RECEIPT)}),
    ("paper/receipt.html", "plain", {"page": made("Receipt", **RECEIPT | {"unapplied": Money(0)})}),
    ("paper/statement.html", "open", {"page": made("PaperStatement", **STATEMENT)}),
    (
        "paper/statement.html",
        "mixed",
        {
            "page": made(
                "PaperStatement",
                **STATEMENT
                | {
                    "lines": FAMILY,
                    "sums": summed(FAMILY),
                    "opening": Money(5000),
                    "credit": Money(1250),
                    "code": "7KQ2-M3XW-0000",
                },
            )
        },
    ),
    ("paper/letter.html", "code", {"page": made("Letter", **LETTER)}),
    ("paper/letter.html", "plain", {"page": made("Letter", **LETTER | {"code": None})}),
]
