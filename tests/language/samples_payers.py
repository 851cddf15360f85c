"""Pages of claims where a visit has more than one payer."""

from __future__ import annotations

from portal.domain.money import Money
from tests.language.rendering import frame, made
from tests.language.samples_office import CLAIM, DAY, ID, OTHER, said, state

FIRST = made(
    "Turn", rank=said("First payer"), payer_name="Bluestem Health Plan", claim_id=ID, number="C-1",
    state=state("ADJUDICATED", "Answered by the payer"), here=False, note=None,
)  # fmt: skip
SECOND = made(
    "Turn", rank=said("Second payer"), payer_name="Cedar & Sons Supplement", claim_id=OTHER, number="C-2",
    state=state("READY", "Ready to send"), here=True, note=None,
)  # fmt: skip
UNBILLED = made(
    "Turn", rank=said("Second payer"), payer_name="Cedar & Sons Supplement", claim_id=None, number="", state=None,
    here=False, note=said("It has the claim from the payer before it."),
)  # fmt: skip
LINE = made(
    "CarriedLine", code="G0438", charge=Money(10_000), paid=Money(5_000),
    adjustments=(said("{group} {reason} {amount}", group="CO", reason="45", amount=Money(3_000)),), left=Money(2_000),
)  # fmt: skip
CARRIED = made(
    "CarriedPart", payer_name="Bluestem Health Plan", on=DAY, charge=Money(10_000), paid=Money(5_000),
    adjusted=Money(3_000), left=Money(2_000), own=(), lines=(LINE,),
)  # fmt: skip
WHOLE = made(
    "CarriedPart", payer_name="Bluestem Health Plan", on=None, charge=Money(10_000), paid=Money(5_000),
    adjusted=Money(3_000), left=Money(2_000),
    own=(said("{group} {reason} {amount}", group="PR", reason="1", amount=Money(2_000)),), lines=(),
)  # fmt: skip

SAMPLES = [
    (
        "staff/claims/show.html",
        name,
        {
            "page": made("ClaimPage", **CLAIM),
            "payers": made("PayersPart", turns=turns, carried=carried, sent_on=sent_on),
            "frame": frame("staff"),
        },
    )
    for name, turns, carried, sent_on in (
        ("second-payer", (FIRST, SECOND), (CARRIED, WHOLE), None),
        ("sent-on", (FIRST, UNBILLED), (), said("The payer sent this claim on. It is never sent there from here.")),
    )
]
