"""Where a claim stands by its payer's words, on the claim's page: asked, answered, not found, asked for more."""

from __future__ import annotations

from datetime import date

from portal.domain.money import Money
from tests.language.rendering import frame, made
from tests.language.samples_office import CLAIM, ID, said
from tests.language.samples_patient import state


def one(*words: str, **more: object) -> object:
    return made(
        "Said",
        **{
            "words": tuple(said(each) for each in words), "codes": "P1:20", "message": "", "on": date(2026, 11, 18),
            "paid": None, "paid_on": None, "check_number": "",
        }
        | more,
    )  # fmt: skip


def part(code: str = "", words: str = "", **more: object) -> object:
    return made(
        "StandingPart",
        **{
            "asked_on": None, "found": state(code, words) if code else None, "todo": None,
            "answered_at": date(2026, 11, 20) if code else None, "file_id": ID if code else None,
            "said": (one("In work: the claim is being processed."),) if code else (), "lines": (), "whole": None,
        }
        | more,
    )  # fmt: skip


PAID = one(
    "Finished and paid: look for the payment and its remittance.", codes="F1:65", message="PAID IN FULL",
    paid=Money(9_000), paid_on=date(2026, 11, 19), check_number="EFT00990077",
)  # fmt: skip
LINE = made("SaidOfLine", code="G0438", charge=Money(10_000), paid=Money(9_000), said=(one("It was paid."),))
WHOLE = made(
    "SaidOfAll", status=said("The payer asks for more before it decides."), on=date(2026, 11, 21), file_id=ID,
    said=(one("The payer asks for more.", codes="R3:0"),),
)  # fmt: skip


def shown(kind: str, stands: object, at: str, *actions: str):
    page = made("ClaimPage", **CLAIM | {"state": state(at, "Sent"), "denials": (), "findings": (), "actions": actions})
    return ("staff/claims/show.html", kind, {"page": page, "standing": stands, "frame": frame("staff")})


SAMPLES = (
    shown("unasked", part(), "SUBMITTED", "ask"),
    shown("asked", part(asked_on=date(2026, 11, 20)), "SUBMITTED"),
    shown("lost", part("NOT-FOUND", "Not found", todo=said("Send it again.")), "SUBMITTED", "lost", "ask"),
    shown("wants", part("INFORMATION", "The payer asks for more."), "PENDED", "supplied", "ask"),
    shown("whole", part(whole=WHOLE), "ACCEPTED", "ask"),
    shown("settled", part("PAID", "The payer says that it paid.", said=(PAID,), lines=(LINE,)), "ADJUDICATED"),
)
