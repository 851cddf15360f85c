"""Pages of the patient, of signing in, and of errors, with every way they can look."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime

from portal.domain.devices import Device
from portal.domain.money import Money
from portal.domain.statements.content import StatementLine, Sums, summed
from portal.domain.texts import T_
from tests.language.rendering import frame, made

ID = "0f" * 16
NOW = datetime(2026, 11, 21, 17, 12, tzinfo=UTC)
THEN = datetime(2026, 11, 21, 0, 12, tzinfo=UTC)


def state(code: str, words: str):
    return made("State", code=code, text=T_("{words}", words=words))


def form(errors=(), **data):
    return made("Form", data=data, errors={name: [T_("Please look at this once more.")] for name in errors})


def sums(*cents: int):
    """Charged, discount, plan paid, taken off, with the plan, you paid, you owe."""
    names = (each.name for each in fields(Sums))
    return Sums(**{name: Money(value) for name, value in zip(names, cents, strict=True)})


def statement_line(title, day, why, *cents, provider="Dr. Amara Okafor"):
    amounts = {each.name: getattr(sums(*cents), each.name) for each in fields(Sums)}
    return StatementLine(
        charge_id=ID, encounter_id=ID, title=title, code="L1902", day=day, provider=provider, why=why, **amounts
    )


LINES = (
    statement_line(
        "Walk-in clinic visit",
        date(2026, 9, 14),
        T_("Your plan sets a copay for this visit. You paid {paid} at the desk.", paid=Money(2500)),
        *(18500, 5700, 8800, 0, 0, 2500, 1500),
    ),
    statement_line(
        "Ankle brace <L1902> & strap",
        date(2026, 9, 14),
        T_("Your plan counts this toward your yearly deductible."),
        *(9600, 2460, 0, 0, 0, 0, 7140),
        provider="",
    ),
    statement_line(
        "Vitamin B-12 injection",
        date(2026, 10, 6),
        T_("Your plan covers this in full."),
        *(3800, 1100, 2700, 0, 0, 0, 0),
    ),
)
MIXED = (
    *LINES,
    statement_line("Knee brace", date(2026, 8, 3), T_("Your plan still decides."), 14800, 0, 0, 0, 12000, 0, 2800),
    statement_line("Bandage", date(2026, 8, 3), T_("We took half off."), 800, 0, 0, 400, 0, 0, 400),
)


def visit(title, day, code, words, owe, statement=ID):
    return made(
        "VisitItem",
        encounter_id=ID,
        title=title,
        day=day,
        provider="Dr. Amara Okafor",
        state=state(code, words),
        you_owe=None if owe is None else Money(owe),
        statement_id=statement,
    )


def explained(line):
    words = tuple(
        made("PlanWord", code=code, words=text, meaning=T_("Your plan leaves this to you."), amount=line.you_owe)
        for code, text in (("PR-1", "Words of the publisher"), ("CO-45", None))
    )
    said = made(
        "PlanSaid", payer="Bluestem Health Plan", on=date(2026, 9, 30), paid=line.plan_paid, words=words,
        remarks=("More words of the publisher",),
    )  # fmt: skip
    return made("ExplainedService", line=line, whys=(line.why,), said=(said,) if line.plan_paid.cents else ())


VISITS = (
    visit("yearly wellness visit", date(2026, 11, 9), "SUBMITTED", "With insurance", None, None),
    visit("vitamin B-12 injection", date(2026, 10, 6), "CLOSED", "Paid by your plan", 0),
    visit("walk-in visit", date(2026, 9, 14), "ADJUDICATED", "Open", 8640),
)
LOOKS = (
    made(
        "Look",
        at=THEN,
        text=T_("Priya Raman, who answers insurance plans for us, opened the claim for your knee brace."),
    ),
    made("Look", at=NOW, text=T_("Nadia Brandt, who prepares our bills, opened your visit to write this bill.")),
)
ACTS = (made("Act", text=LOOKS[0].text, at=(THEN,)), made("Act", text=LOOKS[1].text, at=(NOW,) * 8))


def access(days, older=None, removed_before=None, filters=None, since=None):
    wanted = made("Wanted", since=since, until=None, machines=bool(older))
    report = made("Report", days=days, wanted=wanted, older=older, removed_before=removed_before)
    return made("AccessPage", report=report, filters=filters or {})


STATEMENT = {
    "statement_id": ID,
    "number": "1042-7",
    "made_on": date(2026, 11, 18),
    "due_on": date(2026, 12, 12),
    "patient_name": "Teresa Marlowe",
    "sums": summed(LINES),
    "opening": Money(0),
    "asked": Money(8640),
    "paid": Money(0),
    "credit": Money(0),
    "open_now": Money(8640),
    "replaced_by": None,
    "ages": (
        made("Age", text=T_("0 to 30 days"), amount=Money(0)),
        made("Age", text=T_("31 to 60 days"), amount=Money(8640)),
    ),
    "sentence": T_(
        "We charged {charged}. Your plan agreed to lower prices and paid its part, and this is what is left.",
        charged=Money(31900),
    ),
    "lines": LINES,
    "document_id": ID,
    "contact": "Juniper Ridge Family Practice, 214 Alder Street, Millbrook, OR 97001",
}
BILLS = tuple(
    made(
        "StatementItem", statement_id=ID, made_on=date(2026, 11, 18), amount=Money(8640), open_now=Money(cents),
        replaced_by=newer,
    )
    for cents, newer in ((8640, None), (0, ID), (0, None))
)  # fmt: skip
HOME = {
    "bills": BILLS,
    "first_name": "Teresa",
    "today": date(2026, 11, 21),
    "owed": Money(8640),
    "due_on": date(2026, 12, 12),
    "overdue": False,
    "statement_id": ID,
    "why": T_("That is for your walk-in visit on {day}.", day=date(2026, 9, 14)),
    "credit": Money(0),
    "waiting": (
        made(
            "Waiting",
            title=T_("Yearly wellness visit, {day}", day=date(2026, 11, 9)),
            text=T_("Sent to Bluestem Health Plan on {day}.", day=date(2026, 11, 11)),
            state=state("SUBMITTED", "Being decided"),
        ),
    ),
    "visits": VISITS,
    "looks": LOOKS,
    "others": (),
}
PAYMENT = {"payment_id": ID, "statement_id": ID, "amount": Money(8640), "left": Money(0), "why": None, "bank": True}

PLANS = (
    made(
        "OwnPlan",
        payer_name="Bluestem Health Plan",
        lines=(
            T_("You pay {sum} for an office visit.", sum=Money(3000)),
            T_("You pay {percent} percent of what your plan allows for a service.", percent="20"),
        ),
        said=T_("Your plan told us so on {day}.", day=date(2026, 11, 20)),
    ),
)
PATIENT = [
    ("patient/home.html", "owes", {"page": made("HomePage", **HOME), "plans": PLANS}),
    (
        "patient/home.html",
        "nothing",
        {
            "page": made(
                "HomePage",
                **HOME
                | {"owed": Money(0), "due_on": None, "statement_id": None, "why": None, "credit": Money(1250)}
                | {"waiting": (), "visits": (), "looks": (), "others": (made("Other", patient_id=ID, name="Leo"),)},
            )
        },
    ),
    ("patient/home.html", "overdue", {"page": made("HomePage", **HOME | {"overdue": True})}),
    ("patient/statement.html", "open", {"page": made("StatementPage", **STATEMENT)}),
    (
        "patient/statement.html",
        "settled",
        {"page": made("StatementPage", **STATEMENT | {"open_now": Money(0), "document_id": None, "contact": None})},
    ),
    (
        "patient/statement.html",
        "replaced",
        {"page": made("StatementPage", **STATEMENT | {"open_now": Money(0), "replaced_by": "ab" * 16})},
    ),
    (
        "patient/statement.html",
        "mixed",
        {
            "page": made(
                "StatementPage",
                **STATEMENT
                | {"lines": MIXED, "sums": summed(MIXED), "open_now": Money(11840), "opening": Money(5000)}
                | {"asked": Money(9340), "paid": Money(2500), "credit": Money(1250)},
            )
        },
    ),
    (
        "patient/pay.html",
        "open",
        {
            "page": made(
                "PayPage",
                statement_id=ID,
                owed=Money(8640),
                under_way=Money(0),
                due_on=date(2026, 12, 12),
                least=Money(50),
                contact=None,
                form_key=ID,
                visits=tuple(
                    made(
                        "OwedVisit",
                        encounter_id=f"{n}e" * 16,
                        title="Ankle <brace>",
                        day=date(2026, 9, n),
                        owed=Money(4320),
                        person="Lou" if n == 4 else None,
                    )
                    for n in (3, 4)
                ),
            ),
            "form": form(errors=("sum",), amount="other", sum="900", visit=["3e" * 16]),
        },
    ),
    (
        "patient/pay.html",
        "under way",
        {
            "page": made(
                "PayPage",
                statement_id=ID,
                owed=Money(1500),
                under_way=Money(7140),
                due_on=None,
                least=Money(50),
                contact=None,
                visits=(),
                form_key=ID,
            )
        },
    ),
    (
        "patient/pay.html",
        "small",
        {
            "page": made(
                "PayPage",
                statement_id=ID,
                owed=Money(40),
                under_way=Money(0),
                due_on=None,
                least=Money(50),
                contact="By post.",
                visits=(),
                form_key=ID,
            )
        },
    ),
    (
        "patient/pay.html",
        "none",
        {
            "page": made(
                "PayPage",
                statement_id=ID,
                owed=Money(0),
                under_way=Money(7140),
                due_on=None,
                least=Money(50),
                contact=None,
                visits=(),
                form_key=ID,
            )
        },
    ),
    *(
        ("patient/pay_return.html", outcome, {"page": made("PayReturnPage", **PAYMENT | {"outcome": outcome})})
        for outcome in ("success", "pending", "bank", "cancelled", "failed", "undone")
    ),
    (
        "patient/receipt.html",
        "part",
        {
            "page": made(
                "ReceiptPage",
                payment_id=ID,
                number="P-20417",
                amount=Money(9000),
                paid_at=NOW,
                means=T_("Card ending in {digits}", digits="4242"),
                state=state("SUCCEEDED", "Paid"),
                patient_name="Teresa Marlowe",
                applied=(
                    made("Applied", title="Walk-in visit", day=date(2026, 9, 14), amount=Money(1500)),
                    made("Applied", title="Ankle brace", day=date(2026, 9, 14), amount=Money(7140)),
                ),
                unapplied=Money(360),
                owed_now=Money(0),
                back=(
                    made("Back", words=T_("Refund"), on=NOW, amount=Money(500), state=state("SUCCEEDED", "Sent back")),
                ),
                kept=Money(8500),
                document_id=ID,
            )
        },
    ),
    ("patient/visits.html", "some", {"page": made("VisitsPage", visits=VISITS, newer="a", older="b")}),
    *(
        (
            "patient/visit.html",
            name,
            {
                "page": made(
                    "VisitPage",
                    encounter_id=ID,
                    patient_id=ID,
                    title=T_("knee brace"),
                    day=date(2026, 8, 3),
                    provider="Dr. Amara Okafor" if services else "",
                    sums=summed(lines),
                    sentence=STATEMENT["sentence"],
                    waits=T_("Sent to {payer}.", payer="Bluestem") if len(lines) != 1 else None,
                    services=services,
                    statement_id=ID if services else None,
                )
            },
        )
        for name, lines, services in (
            ("answered", MIXED, tuple(explained(line) for line in MIXED)),
            ("settled", LINES[2:], (explained(LINES[2]),)),
            ("prepared", (), ()),
        )
    ),
    ("patient/visits.html", "none", {"page": made("VisitsPage", visits=(), newer=None, older=None)}),
    (
        "patient/payments.html",
        "some",
        {
            "page": made(
                "PaymentsPage",
                payments=tuple(
                    made(
                        "PaymentItem",
                        payment_id=ID,
                        at=NOW,
                        amount=Money(2500),
                        means=T_("Card"),
                        state=state(code, code.capitalize()),
                        has_receipt=code == "SUCCEEDED",
                        back=Money(500 if code == "SUCCEEDED" else 0),
                    )
                    for code in ("SUCCEEDED", "PENDING", "FAILED")
                ),
                newer=None,
                older="c",
            )
        },
    ),
    ("patient/payments.html", "none", {"page": made("PaymentsPage", payments=(), newer=None, older=None)}),
    (
        "patient/documents.html",
        "some",
        {
            "page": made(
                "DocumentsPage",
                statements=tuple(
                    made(
                        "StatementItem",
                        statement_id=ID,
                        number=f"1042-{n}",
                        made_on=date(2026, 11, n),
                        due_on=date(2026, 12, 12),
                        amount=Money(8640),
                        open_now=Money(8640 * (n % 2)),
                        state=state("STATEMENT_1", "Bill sent"),
                        document_id=ID if n == 7 else None,
                        replaced_by=ID if n == 4 else None,
                    )
                    for n in (7, 4, 2)
                ),
                documents=(made("DocumentItem", document_id=ID, title="Your code", made_on=date(2026, 11, 2)),),
            )
        },
    ),
    ("patient/documents.html", "none", {"page": made("DocumentsPage", statements=(), documents=())}),
    (
        "patient/access.html",
        "some",
        {"page": access((made("Day", day=date(2026, 11, 20), acts=ACTS),), older=7, removed_before=date(2016, 1, 4))},
    ),
    ("patient/access.html", "none", {"page": access(())}),
    ("patient/data.html", "own", {"own": True}),
    ("patient/data.html", "proxy", {"own": False}),
    (
        "patient/restrictions.html",
        "each",
        {
            "page": tuple(
                made(
                    "OwnVisit",
                    encounter_id=ID,
                    day=date(2026, 11, n),
                    charge=Money(8640),
                    plan="A <Plan>",
                    told=n == 8,
                    version=n % 2,
                )
                for n in (8, 5, 4)
            )
        },
    ),
    ("patient/restrictions.html", "none", {"page": ()}),
    (
        "patient/record_copy.html",
        "full",
        {
            "page": made(
                "Record",
                patient_name="Teresa <Marlowe>",
                made_on=date(2026, 11, 22),
                data={"practice": {"name": "Juniper Family Medicine"}},
            ),
            "sheets": [
                (T_("Visits and services"), (T_("Day"), T_("Charged")), [["November 9, 2026", "$86.40"]]),
                (T_("Messages"), (T_("Day"), T_("Words")), []),
            ],
        },
    ),
    ("patient/access.html", "none then", {"page": access((), filters={"from": "2026-11-01"}, since=date(2026, 11, 1))}),
]

PEOPLE = tuple(
    made("Persona", key=name.lower(), name=f"{name} Marlowe", first_name=name, role=T_("Patient"), about=T_("Pays."))
    for name in ("Teresa", "Tomás")
)
HATS = tuple(
    made("Hat", key=key, title=T_("{key}", key=key.capitalize()), about=T_("One of two."), current=key == "work")
    for key in ("work", "administration")
)
SESSIONS = tuple(
    made(
        "SessionItem",
        id=ID,
        device=Device(*device).text,
        address="192.0.2.7",
        began_at=THEN,
        last_at=NOW,
        current=device[0] == "Firefox",
    )
    for device in (("Firefox", "Linux"), ("Safari", "iPhone"), ("", ""))
)
PATH = "".join(f"M{x} {y}h1v1h-1z" for x in range(2, 27) for y in range(2, 27) if (x * y + x) % 3 == 0)

AUTH = [
    (
        "auth/sign_in.html",
        "first",
        {"page": made("SignInPage", next="/"), "form": None},
    ),
    (
        "auth/sign_in.html",
        "wrong",
        {
            "page": made("SignInPage", next="/"),
            "form": form(errors=("password",), email='t"<x>@example.org', password="secret-word"),
        },
    ),
    (
        "auth/second_factor.html",
        "app",
        {
            "page": made("SecondFactorPage", recovery=False, phone="(503) 555-0142"),
            "form": form(errors=("code",), code="123456"),
        },
    ),
    ("auth/second_factor.html", "recovery", {"page": made("SecondFactorPage", recovery=True, phone=None)}),
    ("auth/step_up.html", "first", {"page": made("StepUpPage", why=T_("An export is noted."), next="/x")}),
    (
        "auth/enrol_totp.html",
        "first",
        {
            "page": made(
                "EnrolTotpPage", qr_path=PATH, qr_size=29, secret="JBSW Y3DP EHPK 3PXP", account="teresa@example.org"
            )
        },
    ),
    (
        "auth/recovery_codes.html",
        "first",
        {"page": made("RecoveryCodesPage", codes=tuple(f"K7QM-{n}XYZ-84TR-P0VD" for n in range(8)), next="/")},
    ),
    ("auth/forgot.html", "first", {"page": made("ForgotPage", sent=False)}),
    ("auth/forgot.html", "sent", {"page": made("ForgotPage", sent=True)}),
    (
        "auth/reset.html",
        "short",
        {"page": made("ResetPage", token="t0", least=12), "form": form(errors=("password",))},
    ),
    (
        "auth/register.html",
        "refused",
        {
            "page": made("RegisterPage", least=12, phone="(503) 555-0142", refused=True),
            "form": form(code="K7QM-1XYZ-84TR", last_name="Marlowe", birth_date="1961-04-05"),
        },
    ),
    (
        "auth/invitation.html",
        "first",
        {
            "page": made(
                "InvitationPage",
                token="t0",
                email="n@example.org",
                role=T_("biller"),
                practice_name="Juniper Ridge",
                least=12,
            )
        },
    ),
    ("auth/change_password.html", "first", {"page": made("ChangePasswordPage", least=12)}),
    (
        "auth/sessions.html",
        "two",
        {"page": made("SessionsPage", email="t@example.org", codes_left=1, sessions=SESSIONS)},
    ),
    ("auth/choose_hat.html", "two", {"page": made("ChooseHatPage", hats=HATS)}),
    (
        "auth/personas.html",
        "two",
        {"page": made("PersonasPage", groups=(made("PersonaGroup", title=T_("Patients"), people=PEOPLE),))},
    ),
]

ERRORS = [
    (
        f"errors/{name}.html",
        "back" if back else "home",
        {"page": made("ErrorPage", number=number, request_id="7c2f19aa04be", text=text, back=back)},
    )
    for name, number in (
        ("bad_request", 400),
        ("signed_out", 400),
        ("refused", 403),
        ("not_found", 404),
        ("conflict", 409),
        ("turned_down", 422),
        ("too_many", 429),
        ("broken", 500),
        ("unavailable", 503),
    )
    for text, back in ((None, None), (T_("This claim was sent in between."), "/claims"))
]

NOTICES = tuple(
    made(
        "Notice",
        tone=tone,
        text=T_("{n} claim is with you.", "{n} claims are with you.", n=n),
        undo_url=undo,
        undo_items=(ID,),
    )
    for n, tone, undo in ((1, "good", "/undo"), (3, "wait", None))
)

SAMPLES = (
    [(name, kind, {"frame": frame("patient", notices=NOTICES)} | context) for name, kind, context in PATIENT]
    + [(name, kind, {"frame": frame("nobody", demo=True)} | context) for name, kind, context in AUTH]
    + [(name, kind, {"frame": frame("staff")} | context) for name, kind, context in ERRORS]
)
