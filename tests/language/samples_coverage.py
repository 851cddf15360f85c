"""What payers say of coverage: on the account, on a page of its own, and how often they are asked."""

from __future__ import annotations

from datetime import date

from tests.language.rendering import frame, made
from tests.language.samples_office import ID, OTHER, said
from tests.language.samples_patient import state

ACTIVE = made(
    "Told",
    payer_name="Bluestem Health Plan",
    state=state("ACTIVE", "Active"),
    said_on=date(2026, 11, 20),
    about=date(2026, 11, 9),
    lines=(said("Copay $30.00"), said("Deductible: $450.00 left of $1,500.00")),
    waits_since=None,
)
WAITS = made(
    "Told",
    payer_name="Lakeshore Mutual",
    state=None,
    said_on=None,
    about=None,
    lines=(),
    waits_since=date(2026, 11, 20),
)
REFUSED = made(
    "Told",
    payer_name="Lakeshore Mutual",
    state=state("REJECTED", "Not answered"),
    said_on=date(2026, 11, 20),
    about=date(2026, 11, 9),
    lines=(said("The member number is missing or wrong. Compare the insurance card, correct it and ask again."),),
    waits_since=date(2026, 11, 21),
)
SILENT = made(
    "Told", payer_name="Cascade State Medicaid", state=None, said_on=None, about=None, lines=(), waits_since=None
)
BENEFITS = (
    made(
        "BenefitItem",
        kind=said("Copay"),
        services=(said("office visit"), said("urgent care")),
        value=said("$30.00, a visit"),
        notes=(said("the patient"), said("in the network")),
        limits=(),
        messages=("PRIMARY CARE ONLY",),
    ),
    made(
        "BenefitItem",
        kind=said("Limit"),
        services=(said("physical therapy"),),
        value=None,
        notes=(),
        limits=(said("20 visits, a calendar year"), said("12 visits, left")),
        messages=(),
    ),
    made("BenefitItem", kind=said("Stands"), services=(), value=None, notes=(), limits=(), messages=()),
)
_BARE = {"plan": "", "group": "", "problems": (), "benefits": (), "parties": (), "history": ()}
ANSWERS = (
    made(
        "CoverageAnswer",
        told=ACTIVE,
        plan="Gold 123",
        group="Mill Workers",
        problems=(),
        benefits=BENEFITS,
        parties=(
            made("PartyItem", role=said("Pays first"), name="Lakeshore Mutual", identifier="LKM04", phone="5555550100"),
            made("PartyItem", role=said("Primary care provider"), name="Ann Okafor", identifier="", phone=""),
        ),
        history=(
            made("Asking", asked_on=date(2026, 11, 20), about=date(2026, 11, 9), state=state("ACTIVE", "Active")),
            made("Asking", asked_on=date(2026, 10, 2), about=date(2026, 9, 14), state=state("ASKED", "No answer yet")),
        ),
    ),
    made("CoverageAnswer", **_BARE | {"told": REFUSED, "problems": REFUSED.lines}),
    made("CoverageAnswer", **_BARE | {"told": SILENT}),
)


def _page(**more: object) -> object:
    given = {
        "patient_id": ID,
        "name": "Teresa Marlowe",
        "coverages": ANSWERS,
        "may_ask": True,
        "may_set": True,
        "asking": False,
    }
    return made("EligibilityPage", **given | more)


_PAGES = [
    ("staff/coverage/show.html", "full", {"page": _page()}),
    ("staff/coverage/show.html", "none", {"page": _page(coverages=(), may_set=False)}),
    ("staff/coverage/show.html", "asking", {"page": _page(asking=True)}),
    ("staff/coverage/show.html", "looking", {"page": _page(may_ask=False, may_set=False)}),
    (
        "staff/coverage/rules.html",
        "some",
        {
            "page": made(
                "RulesPage",
                days=30,
                most_days=365,
                payers=(
                    made("PayerRule", payer_id=ID, payer_name="Bluestem Health Plan", days=14),
                    made("PayerRule", payer_id=OTHER, payer_name="Lakeshore Mutual", days=None),
                ),
            )
        },
    ),
    ("staff/coverage/rules.html", "none", {"page": made("RulesPage", days=30, most_days=365, payers=())}),
]
SAMPLES = [(name, kind, {"frame": frame("staff")} | context) for name, kind, context in _PAGES]
