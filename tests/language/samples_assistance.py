"""Help with bills, to the patient, to the office, and on paper."""

from __future__ import annotations

from datetime import date

from portal.domain.assistance.incomes import KINDS, PERIODS, Household, Income
from portal.domain.assistance.levels import REGIONS
from portal.domain.assistance.life import ASKS, DENIALS, GRANTS, LIFE, REASONS, REVOCATIONS
from portal.domain.assistance.policy import PAPERS
from portal.domain.money import Money
from portal.services.assistance.letters import SUBJECTS
from tests.language.rendering import frame, made
from tests.language.samples_patient import ID, NOW, form

DAY = date(2026, 12, 7)
POOR = Household(2, (Income("wages", 150_000, "month"), Income("support", 9_000, "week")), words="Lost my <job> & home")
NONE = Household(1, no_income=True)
PAPER = made("Paper", name="stub <1>.pdf", document_id=ID, at=NOW)


def state(code: str):
    return made("State", code=code, text=LIFE.words[code])


def item(code: str):
    return made("Application", assistance_id=ID, state=state(code), on=DAY, open=True)


def overview(**more):
    given = {
        "patient_id": ID, "practice_name": "Juniper & Ridge", "phone": "(503) 555-0142", "offered": True,
        "bands": ((200, 100), (300, 50)), "current": None, "earlier": (), "periods": tuple(PERIODS.items()),
        "valid_months": 6,
    }  # fmt: skip
    return made("HelpPage", **given | more)


def application(code: str, **more):
    given = {
        "assistance_id": ID, "version": 4, "state": state(code), "step": 0, "household": POOR,
        "kinds": tuple(KINDS.items()), "periods": tuple(PERIODS.items()), "papers": tuple(PAPERS.values()),
        "files": (PAPER,), "due_on": DAY, "reason": None, "words": None, "percent": None, "cents": Money(0),
        "valid_until": None, "letter_id": None, "may_appeal": False, "may_withdraw": True, "appeal_days": 30,
    }  # fmt: skip
    return made("ApplicationPage", **given | more)


def office(code: str, **more):
    given = {
        "assistance_id": ID, "version": 4, "state": state(code), "patient_id": ID, "patient_name": "Teresa <Marlowe>",
        "household": POOR, "yearly": Money(2_268_000), "percent": 108, "suggested": 100, "proposed": 100,
        "incomes": tuple((KINDS[each.kind], Money(each.cents), PERIODS[each.period]) for each in POOR.incomes),
        "level": (2025, REGIONS["US"], Money(2_115_000)), "off": Money(7_140), "government": Money(1_500),
        "with_government": False, "limit": Money(50_000), "two": False, "files": (PAPER,), "due_on": DAY,
        "charges": (
            made("ChargeLine", day=DAY, open=Money(7_140), off=Money(7_140), government=False, waits=False),
            made("ChargeLine", day=DAY, open=Money(1_500), off=Money(0), government=True, waits=False),
            made("ChargeLine", day=DAY, open=Money(900), off=Money(0), government=False, waits=True),
        ),
        "granted": None, "cents": Money(0), "valid_until": None, "letter_id": None, "letter_waits": False,
        "steps": (made("Step", text=LIFE.words["SUBMITTED"], at=NOW, note="All <there>"),), "may_prepare": True,
        "may_decide": True,
    }  # fmt: skip
    return made("OfficePage", **given | more)


def words(codes):
    return tuple((code, REASONS[code]) for code in codes)


CHOICES = {"asks": words(ASKS), "grants": words(GRANTS), "denials": words(DENIALS), "revocations": words(REVOCATIONS)}
PRACTICE = made("Letterhead", name="Juniper & Ridge", lines=("214 Alder Street",), phone="(503) 555-0142", hours=None)
GRANT = {"percent": 50, "cents": Money(4_320), "valid_until": DAY, "letter_id": ID, "may_withdraw": False}
BAD = form(("size",), size="many", amount="x")
OWN, ONE, OFFICE = "patient/help.html", "patient/help_application.html", "staff/assistance/show.html"

SAMPLES = [
    *(
        (OWN, kind, {"frame": frame("patient"), "page": page} | more)
        for kind, page, more in (
            ("first", overview(), {}),
            ("draft", overview(current=item("DRAFT"), earlier=(item("DENIED"),)), {}),
            ("under-way", overview(current=item("SUBMITTED")), {"form": BAD}),
            ("all", overview(), {"checked": made("Checked", percent=100, yearly=Money(100))}),
            ("half", overview(), {"checked": made("Checked", percent=50, yearly=Money(100))}),
            ("none", overview(), {"checked": made("Checked", percent=0, yearly=Money(10**7))}),
            ("not-offered", overview(offered=False), {}),
        )
    ),
    *(
        (ONE, kind, {"frame": frame("patient"), "page": page} | more)
        for kind, page, more in (
            ("size", application("DRAFT", step=1, household=Household(), files=()), {"form": BAD}),
            ("income", application("DRAFT", step=2), {}),
            ("no-income", application("DRAFT", step=2, household=NONE), {}),
            ("send", application("DRAFT", step=3, files=()), {}),
            ("missing", application("INCOMPLETE", step=3, words="Your last <stub>", reason=REASONS["papers"]), {}),
            ("sent", application("SUBMITTED"), {}),
            ("partly", application("PARTLY", reason=REASONS["hardship"], words="Call", may_appeal=True, **GRANT), {}),
            ("denied", application("DENIED", reason=REASONS["above"], may_appeal=True, may_withdraw=False), {}),
            ("back", application("WITHDRAWN", may_withdraw=False), {}),
        )
    ),
    *(
        (OFFICE, kind, {"frame": frame("staff"), "page": page} | CHOICES)
        for kind, page in (
            ("one", office("SUBMITTED")),
            ("two", office("SUBMITTED", two=True, with_government=True)),
            ("manager", office("REVIEWED", household=NONE, incomes=())),
            ("clerk", office("APPEALED", may_decide=False, level=None, percent=None, charges=(), files=())),
            ("granted", office("PARTLY", granted=50, cents=Money(4_320), valid_until=DAY, letter_id=ID,
                               letter_waits=True)),
        )
    ),
    (
        "paper/own_letter.html",
        "granted",
        {
            "page": made(
                "OwnLetter", practice=PRACTICE, to=("Teresa <Marlowe>", "9 Larch Lane"), made_on=DAY,
                subject=SUBJECTS["PARTLY"], paragraphs=(REASONS["hardship"], "Call us & ask"),
            )
        },
    ),
]  # fmt: skip
