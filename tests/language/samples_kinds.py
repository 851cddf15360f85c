"""What visits have besides their services: their form, and their part of other pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portal.domain.claims import Address, Facility, Rendering
from portal.domain.edits.rules import EditFinding
from portal.domain.institutional import Institutional, Occurrence, Procedure, Value
from portal.domain.money import Money
from portal.domain.professional import CAUSES, EXCEPTIONS, Professional
from portal.services.encounters.details import PARTS
from portal.services.intake import visit_forms
from portal.services.intake.kind_forms import PRESENT, PROSTHESIS, PROVIDERS, typed_of
from portal.services.intake.kinds import Kept, KeptLine
from tests.language.rendering import frame, made
from tests.language.samples_office import CLAIM, CODE, DIAGNOSES, ID, VISIT, said
from tests.language.samples_patient import form, state

DAY = date(2026, 11, 18)
STAY = Institutional(
    DAY, date(2026, 11, 20), DAY, "0830", "1100", "1", "1", "01", ("Y", "N"), "I10", ("R51",), "291",
    (Procedure("0DTJ4ZZ", DAY),), (Occurrence("A1", DAY),), (Occurrence("70", DAY, date(2026, 11, 19)),),
    (Value("80", Decimal(3)),), ("09",),
)  # fmt: skip
ROOM = typed_of(Kept(STAY), {1: KeptLine("", "0120")}, "11", {1: DAY})
WHERE = visit_forms.typed_of(
    Kept(
        facility=Facility("Cedar <Hospital>", "1245319599", Address("1 Cedar Way", "Salem", "OR", "973010012")),
        referring=Rendering("1234567893", "Roe", "Ann"), exception="3",
        professional=Professional(accident_on=DAY, admitted_on=DAY, causes=("AA", "EM"), accident_state="OR"),
    ),
    visit_forms.Choices(),
)  # fmt: skip
PLACES = (
    ("", said("None: the practice itself")),
    ("a" * 32, said("Fern <Hospital>, Salem")),
    ("typed", said("Another")),
)
TOOTH = typed_of(Kept(), {}, "11", {1: DAY})
LINES = tuple(
    made(
        "VisitLine", position=1, code=code, modifiers="", words="Some <service>", points="A", units=Decimal(3),
        charge=Money(90_000), drug=("", "", "", ""), may_be_drug=False,
    )
    for code in ("", "D2150")
)  # fmt: skip
CHECK = EditFinding("discharge-hour", "block", None, said("The hour is missing."), said("Correct it here."))
PART = made(
    "DetailsPart", encounter_id=ID, kind=said("Facility details"), facts=((said("Type of bill"), said("111")),),
    lines=(("1", said("Revenue code 0120")),), may_open=True,
)  # fmt: skip


def page(kind: str, typed: object, **more: object):
    values = {name: value for name, value in VISIT.items() if name != "note"}
    return made(
        "DetailsPage",
        **values
        | {
            "state": state("PROPOSED", "To be coded"), "kind": kind, "fields": typed.fields, "rows": typed.rows,
            "problems": {}, "diagnoses": DIAGNOSES, "lines": LINES[:1] if kind == "837I" else LINES[1:],
            "parts": tuple(PARTS.items()), "places": PLACES, "checks": (CHECK,),
            "may_edit": True, "coded": False, "why_not": None,
        }
        | more,
    )  # fmt: skip


def shown(name: str, one: object, **more: object):
    words = {"present_words": PRESENT, "prosthesis_words": PROSTHESIS, "providers": PROVIDERS, "causes": CAUSES,
             "exceptions": EXCEPTIONS}  # fmt: skip
    return ("staff/encounters/details.html", name, {"page": one, "frame": frame("staff"), **words, **more})


WRONG = ("place", "attending", "occurrence", "revenue", "room")
SAMPLES = (
    shown("stay", page("837I", ROOM)),
    shown("refused", page("837I", ROOM), form=form(errors=WRONG)),
    shown("coded", page("837I", ROOM, coded=True, checks=())),
    shown("settled", page("837I", ROOM, may_edit=False, why_not=said("These are settled."))),
    shown("visit", page("837P", WHERE, checks=())),
    shown("visit-refused", page("837P", WHERE), form=form(errors=("facility_npi", "referring", "cause1"))),
    (
        "staff/encounters/code.html",
        "where",
        {
            "page": made("CodePage", **CODE),
            "frame": frame("staff"),
            "details": made("DetailsPart", **{**vars(PART), "facts": (), "lines": ()}),
        },
    ),
    shown("teeth", page("837D", TOOTH), form=form(errors=("mouth",))),
    (
        "staff/encounters/code.html",
        "facility",
        {"page": made("CodePage", **CODE), "details": PART, "frame": frame("staff")},
    ),
    (
        "staff/claims/show.html",
        "facility",
        {"page": made("ClaimPage", **CLAIM), "details": PART, "frame": frame("staff")},
    ),
)
