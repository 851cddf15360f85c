"""Contracts with payers, claim edits of the practice, and visits kept from a plan."""

from __future__ import annotations

from datetime import date

from portal.domain.contracts import BASES
from portal.domain.edits.own import COMPARISONS, FIELDS
from portal.domain.money import Money
from tests.language.rendering import frame, made
from tests.language.samples_office import ID, OTHER, said
from tests.language.samples_patient import THEN, form, state

STAFF = {"frame": frame("staff")}
DAYS = (said("File within 90 days of the first day of service."), said("Appeal within 180 days of the remittance."))
TYPED = {
    "valid_from": "2026-01-01", "valid_to": "", "filing_days": "90", "filing_from": "service", "secondary_days": "",
    "replacement_days": "120", "appeal_days": "180",
}  # fmt: skip


def payer(**more: object) -> object:
    return made(
        "PayerTerms",
        **{
            "payer_id": ID, "payer_name": "Bluestem Health Plan", "code": "BHP01", "terms": DAYS,
            "source": said("Contract"), "assumed": False,
        }
        | more,
    )  # fmt: skip


def contract(**more: object) -> object:
    version = made("Version", number=2, terms=DAYS, by="Ruth Calloway", at=THEN)
    return made(
        "Contract",
        **{
            "valid_from": date(2026, 1, 1), "valid_to": None, "number": 2, "terms": DAYS, "holds": True,
            "withdrawn": False, "data": TYPED, "versions": (version,),
        }
        | more,
    )  # fmt: skip


def of_payer(*contracts: object, may_edit: bool = True, medicare: object = None) -> object:
    return made(
        "PayerPage", payer_id=ID, payer_name="Bluestem Health Plan", code="BHP01", medicare=medicare, terms=DAYS,
        source=said("Contract"), contracts=contracts, bases=tuple(BASES.items()), may_edit=may_edit,
    )  # fmt: skip


def listed(*own: object) -> object:
    return STAFF | {"page": made("RulesPage", built_in=(BUILT_IN,), own=own, may_edit=bool(own))}


def trial(severity: str, *examples: object) -> object:
    tried = {"rule_id": ID, "name": "J1885 needs the drug's number", "tried": 500, "stopped": 31 * len(examples)}
    return STAFF | {"page": made("Trial", severity=severity, examples=examples, **tried)}


BUILT_IN = made(
    "RuleItem", code="zero", title=said("Charge is not nought"), reason=said("Many payers reject it."),
    severity="block", todo=said("Return the claim."), example=said("A claim whose lines all cost nothing."),
)  # fmt: skip
OWN = made(
    "OwnItem", rule_id=ID, name="J1885 needs the drug's number", reason="The payer rejects it.", severity="warn",
    todo="Ask the nurse.", example=said("Service code of a line is J1885"), state=state("ON", "In use"), newer=True,
)  # fmt: skip


def version(number: int, code: str, **more: object) -> object:
    return made(
        "RuleVersion",
        **{
            "number": number, "state": state(code, code.title()), "example": said("Service code of a line is J1885"),
            "severity": "warn", "by": "Ruth Calloway", "at": THEN, "tried": None, "stopped": None, "tried_at": None,
        }
        | more,
    )  # fmt: skip


def rule(**more: object) -> object:
    return made(
        "RulePage",
        **{
            "rule_id": ID, "version": 3, "name": "J1885 needs the drug's number", "reason": "The payer rejects it.",
            "todo": "Ask the nurse.", "severity": "warn", "conditions": (said("Service code of a line is J1885"),),
            "state": state("DRAFT", "Not in use yet"), "in_use": 1, "tried": True,
            "versions": (version(2, "DRAFT", tried=500, stopped=31, tried_at=THEN), version(1, "ON")), "most": 500,
            "may_edit": True, "may_switch": True, "actions": ("try", "change", "on", "off"),
        }
        | more,
    )  # fmt: skip


def blank(**more: object) -> object:
    return made(
        "RuleForm",
        **{
            "rule_id": None, "number": 0, "name": "", "data": {"severity": "warn"},
            "comparisons": tuple(COMPARISONS.items()), "conditions": 3,
            "fields": tuple((one.name, one.title) for one in FIELDS.values()),
        }
        | more,
    )  # fmt: skip


def visit(**more: object) -> object:
    return made(
        "RestrictedVisit",
        **{
            "encounter_id": OTHER, "day": date(2026, 11, 9), "charge": Money(15_000), "told": False, "version": 0,
            "payer_name": "Bluestem Health Plan", "asked_on": None, "by": "", "at": None,
        }
        | more,
    )  # fmt: skip


FOUND = made(
    "Example", claim_id=ID, number="C-120418", day=date(2026, 11, 9), payer_name="Bluestem Health Plan", lines=(1, 3)
)
FILLED = {"name": "J1885", "severity": "block", "field-1": "service", "comparison-1": "is", "value-1": "J1885"}

SAMPLES = [
    (
        "staff/contracts/list.html",
        "some",
        STAFF
        | {
            "page": made(
                "ContractsPage",
                payers=(
                    payer(),
                    payer(payer_id=OTHER, payer_name="Lakeshore Mutual", source=said("Assumed"), assumed=True),
                ),
                may_edit=True,
            )
        },
    ),
    ("staff/contracts/list.html", "none", STAFF | {"page": made("ContractsPage", payers=(), may_edit=False)}),
    (
        "staff/contracts/show.html",
        "contracts",
        STAFF | {"page": of_payer(contract(), contract(valid_from=date(2025, 1, 1), holds=False, withdrawn=True))},
    ),
    (
        "staff/contracts/show.html",
        "wrong",
        STAFF
        | {
            "page": of_payer(contract()),
            "form": form(["form"], **(TYPED | {"version": "2", "filing_days": "x"})),
        },
    ),
    ("staff/contracts/show.html", "reader", STAFF | {"page": of_payer(may_edit=False, medicare=said("One year."))}),
    (
        "staff/edits/list.html",
        "some",
        listed(OWN),
    ),
    (
        "staff/edits/list.html",
        "none",
        listed(),
    ),
    ("staff/edits/form.html", "new", STAFF | {"page": blank()}),
    (
        "staff/edits/form.html",
        "wrong",
        STAFF | {"page": blank(rule_id=ID, number=2, name="J1885", data=FILLED), "error": said("Give a reason.")},
    ),
    ("staff/edits/show.html", "all", STAFF | {"page": rule()}),
    (
        "staff/edits/show.html",
        "reader",
        STAFF | {"page": rule(may_edit=False, may_switch=False, actions=(), tried=False, in_use=None)},
    ),
    (
        "staff/edits/trial.html",
        "met",
        trial("block", FOUND),
    ),
    (
        "staff/edits/trial.html",
        "none",
        trial("warn"),
    ),
    (
        "staff/restrictions/show.html",
        "some",
        STAFF
        | {
            "page": made(
                "RestrictionsPage",
                patient_id=ID,
                name="Teresa Marlowe",
                today=date(2026, 11, 22),
                visits=(
                    visit(),
                    visit(version=1, asked_on=date(2026, 11, 9), by="Ruth Calloway", at=THEN),
                    visit(told=True),
                    visit(payer_name=None),
                ),
            )
        },
    ),
    (
        "staff/restrictions/show.html",
        "none",
        STAFF
        | {"page": made("RestrictionsPage", patient_id=ID, name="Teresa Marlowe", today=date(2026, 11, 22), visits=())},
    ),
]
