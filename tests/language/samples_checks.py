"""Bills, questions and checks by sample: the pages of the office, with what they show in each state."""

from __future__ import annotations

from datetime import date

from portal.domain.money import Money
from portal.domain.sampling import Accuracy
from portal.services.intake.lines import TypedLine
from tests.language.rendering import frame, made
from tests.language.samples_documents import EMPTY, PART
from tests.language.samples_office import (
    CATEGORIES,
    CHOICES,
    CODE,
    CODED,
    ID,
    OTHER,
    VISIT,
    VISIT_LINES,
    said,
)  # fmt: skip
from tests.language.samples_patient import NOW, THEN, form, state

DOCUMENTS = made("DocumentsPart", **PART)
QUESTION = {
    "version": 1, "open": True, "topic": said("What was done"), "words": "Left or right knee?\nThe note says both.",
    "to": "Dr. Amara Okafor", "by": "Maya Lindqvist", "at": THEN, "answer": None, "channel": None, "answered_by": "",
    "answered_at": None, "taken_back": False,
}  # fmt: skip
OPEN = made("Asked", **QUESTION)
ANSWERED = made(
    "Asked",
    **QUESTION
    | {"open": False, "answer": "The left.", "channel": said("The clinician told me by phone"), "answered_at": NOW}
    | {"answered_by": "Dele Adebayo"},
)
TAKEN_BACK = made(
    "Asked", **QUESTION | {"open": False, "taken_back": True, "answered_at": NOW, "answered_by": "Maya Lindqvist"}
)
TOPICS = (("service", said("What was done")), ("other", said("Something else")))
REASONS = (("twice", said("The same visit came in twice")),)
POINTS = tuple(
    made("Point", point=point, words=said(words), answer=said(answer) if answer else None, by="Dele Adebayo",
         at=THEN if answer else None, chosen=chosen)
    for point, words, answer, chosen in (
        ("complete", "Are all pages here?", "Yes", "YES"), ("legible", "Can all of it be read?", "No, or in doubt", ""),
        ("right-patient", "Is it about this patient?", "", ""),
    )
)  # fmt: skip
BILL = VISIT | {
    "state": state("RECEIVED", "Bill to verify"), "diagnoses": CODED["diagnoses"], "lines": VISIT_LINES,
    "points": POINTS, "answers": (("YES", said("Yes")), ("DOUBT", said("No, or in doubt"))),
    "asked": (ANSWERED, TAKEN_BACK), "open_question": None, "topics": TOPICS, "reasons": REASONS, "aside": None,
    "aside_words": None, "may_verify": True, "why_not": None,
}  # fmt: skip
WAITS = BILL | {
    "state": state("BILL_ASKED", "Waits for the practice"), "open_question": OPEN, "may_verify": False,
    "why_not": said("The practice was asked."), "asked": (),
}  # fmt: skip
ASIDE = BILL | {
    "state": state("SET_ASIDE", "Set aside"), "may_verify": False, "diagnoses": (), "lines": (), "note": None,
    "aside": made("Happened", by="Dele Adebayo", at=THEN, reason="twice", note="See visit 4F21."),
    "aside_words": said("The same visit came in twice"),
}  # fmt: skip
REGISTER = made(
    "RegisterPage", payers=((ID, "Bluestem Health & Co."),), providers=((OTHER, "Dr. Amara Okafor"),),
    sexes=(("F", said("Female")), ("M", said("Male"))), relationships=(("18", said("The patient is the member")),
    ("01", said("Husband or wife"))), today=date(2026, 11, 20), kinds=(("", said("A clinician's services")),),
)  # fmt: skip
ASKS = VISIT | {
    "state": state("CODING_ASKED", "Waits for the clinician"), "diagnoses": CODED["diagnoses"],
    "services": ("G0438 25",), "asked": OPEN, "earlier": (ANSWERED,),
    "channels": (("self", said("I am the clinician")),), "may_answer": True, "why_not": None,
}  # fmt: skip
RULES = tuple(
    made("RuleItem", rule_id=f"{n:032x}", version=1, words=said("{percent} % of all visits", percent=10 + n),
         made_by="Tomas Ferreira", made_at=THEN, ended_by="Tomas Ferreira" if ended else "", ended_at=ended)
    for n, ended in enumerate((None, None, NOW))
)  # fmt: skip
CHANGES = tuple(
    made("ChangeItem", change_id=f"{n:032x}", version=1, ends=n == 1, words=said("1 % of all visits"),
         state=state(code, words), proposed_by="Tomas Ferreira", proposed_at=THEN, visits=visits, before=300, after=3,
         own=own, may_decide=not own, decided_by="Lena Moreau" if note else "", decided_at=NOW if note else None,
         note=note)
    for n, (code, words, visits, own, note) in enumerate((
        ("PROPOSED", "Waits for a second person", 300, False, None),
        ("PROPOSED", "Waits for a second person", 0, True, None),
        ("TURNED_DOWN", "Turned down", 300, False, "That is nearly none of <them>."),
    ))
)  # fmt: skip
RULES_PAGE = {
    "check": "coding", "title": said("Code review"), "rules": RULES[:2], "ended": RULES[2:],
    "waiting": CHANGES[:2], "decided": CHANGES[2:],
    "kinds": (("all", said("All visits")), ("worker", said("Work of one person"))),
    "workers": ((ID, "Maya Lindqvist"),), "late_after_days": None, "setting_version": 0, "most_late_days": 90,
}  # fmt: skip
FIGURE = made(
    "Figure", name="Maya Lindqvist", checks=41, passed=38, accuracy=Accuracy(201, 205),
    found=((said("The units are wrong"), 3), (said("A diagnosis is missing"), 1)),
)  # fmt: skip
NOTHING = made("Figure", name="", checks=0, passed=0, accuracy=Accuracy(), found=())
FIGURES = {
    "check": "charges", "title": said("Charge audit"), "first": date(2026, 8, 23), "last": date(2026, 11, 20),
    "people": (FIGURE,), "whole": FIGURE, "charged": 1240, "late": 12, "duplicates": 1, "late_after_days": 3,
}  # fmt: skip
OWN = {
    "check": "coding", "first": date(2026, 8, 23), "last": date(2026, 11, 20), "figure": FIGURE,
    "visits": tuple(
        made("CameBack", encounter_id=ID, number="4F21AA03", day=date(2026, 11, 18), checked_at=THEN, first=first,
             found=((said("The units are wrong"), 2), (said("A diagnosis is missing"), 1)))
        for first in (True, False)
    ),
}  # fmt: skip
TWINS = (
    made("Twin", position=1, code="G0439", day=date(2026, 11, 18), number="4F21AA03", state=said("Codes released")),
    made("Twin", position=2, code="J3420", day=date(2026, 11, 18), number="", state=None),
)
_NEED = made("Need", code="G0438", tone="wait", text=said("nobody has asked yet"))
_NEEDS = {
    "patient_id": ID, "encounter_id": OTHER, "covered": True, "needs": (_NEED,), "kept": False, "may_ask": True,
}  # fmt: skip
NEEDS = {
    "needs": _NEEDS, "needs-none": _NEEDS | {"needs": ()}, "needs-kept": _NEEDS | {"kept": True},
    "needs-seen": _NEEDS | {"may_ask": False}, "needs-nobody": _NEEDS | {"covered": False, "needs": ()},
}  # fmt: skip
EFFECTS = made(
    "Effects", claims=(
        made("Withdrawn", claim_id=ID, number="H7K2M", state=state("HELD", "Held"), payer_name="Bluestem",
             amount=Money(14_800)),
    ), charged=Money(14_800), paid=Money(2_000), units=True, bills=2, seen="a:1",
)  # fmt: skip
SELF_PAY = made(
    "Effects", claims=(), charged=Money(14_800), paid=Money(0), units=False, bills=1, seen="",
)  # fmt: skip
WITHDRAWING = {name: CODED[name] for name in (
    "encounter_id", "version", "patient_name", "birth_date", "sex", "mrn", "day", "provider", "place", "payer_name",
)} | {
    "state": state("CLEARED", "Cleared"), "patient_id": ID, "effects": EFFECTS,
    "reasons": REASONS, "may": True, "why_not": None,
}  # fmt: skip
ENTER = CODED | {
    "state": state("RELEASED", "Codes released"), "returned": None, "unpriced": 0, "may_enter": True,
    "place_code": "11", "provider_id": ID, "coverage_id": "", "providers": CHOICES, "coverages": CHOICES,
    "late": made("Late", days=12, after_days=3, reasons=(("question", said("A question took long")),)),
    "twins": TWINS, "twice": (("repeated", said("It was done more than once that day")),), "reasons": REASONS,
    "effects": EFFECTS, "unreleased": (1,),
    "measures": (("ML", said("milliliters")),),
}  # fmt: skip
FOUND = made(
    "Returned", category=said("The units are wrong"), note="Two, not one.", by="Ruth Calloway", at=THEN,
    found=((said("The units are wrong"), 2), (said("A diagnosis is missing"), 1)),
)  # fmt: skip
AUDIT = CODED | {
    "state": state("QA", "Charges in audit"), "clerk": "Nadia Brandt", "entered_at": THEN, "checks": (),
    "categories": CATEGORIES, "may_audit": True, "chosen": said("A charge may stand twice."),
    "found": (
        made("Told", kind="late", days=12, reason=said("A question took long")),
        made("Told", kind="duplicate", days=0, reason=None),
    ),
    "unreleased": (1,),
}  # fmt: skip


def _bill(values, **more):
    return {"page": made("BillPage", **values), "documents": DOCUMENTS} | more


_PAGES = (
    ("staff/bills/new.html", "first", {"page": REGISTER}),
    (
        "staff/bills/new.html",
        "wrong",
        {
            "page": REGISTER,
            "form": form(errors=("last", "payer_id", "diagnosis", "code", "relationship")),
            "diagnoses": ["Z23", "I10.<", "", ""],
            "lines": (TypedLine("", "G0438", "25", "A", "1", "172.50"),) * 5,
        },
    ),
    ("staff/bills/show.html", "verify", _bill(BILL)),
    ("staff/bills/show.html", "wrong", _bill(BILL, form=form(errors=("checklist", "words", "reason")))),
    ("staff/bills/show.html", "waits", _bill(WAITS)),
    ("staff/bills/show.html", "aside", _bill(ASIDE)),
    ("staff/questions/show.html", "answer", {"page": made("QuestionPage", **ASKS), "documents": DOCUMENTS}),
    (
        "staff/questions/show.html",
        "done",
        {
            "page": made(
                "QuestionPage",
                **ASKS
                | {"asked": None, "may_answer": False, "why_not": said("Nobody waits."), "note": None, "services": ()},
            ),
            "documents": EMPTY,
            "form": form(errors=("words", "channel")),
        },
    ),
    ("staff/sampling/rules.html", "codes", {"page": made("RulesPage", **RULES_PAGE)}),
    (
        "staff/sampling/rules.html",
        "charges",
        {
            "page": made(
                "RulesPage",
                **RULES_PAGE
                | {"check": "charges", "rules": (), "ended": (), "waiting": (), "decided": (), "late_after_days": 3},
            ),
            "form": form(errors=("rule", "days")),
        },
    ),
    *(
        (
            "staff/sampling/rules.html",
            f"refused-{n}",
            {
                "page": made("RulesPage", **RULES_PAGE | {"waiting": (change,)}),
                "form": form(errors=("change",), change=change.change_id, words="No"),
            },
        )
        for n, change in enumerate(CHANGES[:2])
    ),
    ("staff/sampling/figures.html", "charges", {"page": made("FiguresPage", **FIGURES)}),
    (
        "staff/sampling/figures.html",
        "nothing",
        {"page": made("FiguresPage", **FIGURES | {"check": "coding", "people": (), "whole": NOTHING, "charged": None})},
    ),
    ("staff/sampling/own.html", "some", {"page": made("OwnPage", **OWN)}),
    ("staff/sampling/own.html", "charges", {"page": made("OwnPage", **OWN | {"check": "charges"})}),
    ("staff/sampling/own.html", "nothing", {"page": made("OwnPage", **OWN | {"figure": NOTHING, "visits": ()})}),
    ("staff/charges/enter.html", "twice", {"page": made("EnterPage", **ENTER), "documents": EMPTY}),
    *(
        ("staff/charges/enter.html", kind, {"page": made("EnterPage", **ENTER), "needs": made("NeedsPart", **needs)})
        for kind, needs in NEEDS.items()
    ),
    ("staff/encounters/aside.html", "may", {"page": made("AsidePage", **WITHDRAWING), "form": None}),
    (
        "staff/encounters/aside.html",
        "self-pay",
        {
            "page": made("AsidePage", **WITHDRAWING | {"effects": SELF_PAY}),
            "form": None,
        },
    ),
    (
        "staff/encounters/aside.html",
        "not",
        {"page": made("AsidePage", **WITHDRAWING | {"may": False, "why_not": said("A claim of it went to a payer.")})},
    ),
    ("staff/charges/audit.html", "found", {"page": made("AuditPage", **AUDIT), "documents": EMPTY}),
    (
        "staff/encounters/code.html",
        "asked",
        {
            "page": made(
                "CodePage",
                **CODE | {"asked": (ANSWERED,), "open_question": OPEN, "topics": TOPICS, "returned": FOUND},
            )
        },
    ),
)
SAMPLES = [(name, kind, {"frame": frame("staff")} | context) for name, kind, context in _PAGES]
