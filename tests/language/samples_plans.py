"""Pages of payment plans, of the patient and of the office, with every way they can look."""

from __future__ import annotations

from datetime import date

from portal.domain.money import Money
from portal.domain.payment_plans import LIFE
from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_patient import ID, NOW

FIRST, LAST = date(2026, 12, 15), date(2027, 2, 15)
OFFER = {"each": Money(2880), "last": Money(2881), "first_on": FIRST, "last_on": LAST}
TERMS = T_("I agree to pay {total}.", total=Money(8641))


def part(number: int, standing: str, asked: int = 2880, open_: int = 2880):
    return made("Part", number=number, due_on=FIRST, asked=Money(asked), open=Money(open_), standing=standing)


def plan(code: str, **more):
    given = {
        "plan_id": ID, "version": 3, "state": made("State", code=code, text=LIFE.words[code]), "total": Money(8641),
        "paid": Money(0), "cut": Money(0), "left": Money(8641), "count": 3, "day": 15,
        "parts": (part(1, "due"), part(2, "due"), part(3, "due", 2881, 2881)), "next_on": None, "next_sum": Money(0),
        "terms": TERMS, "agreed_at": None, "agreed_words": None, "ended_at": None, "by_office": False,
        "replaces": False,
    }  # fmt: skip
    return made("PlanView", **given | more)


AGREED = {"agreed_at": NOW, "agreed_words": "I agree to pay $86.41 <each month>."}
RUNNING = AGREED | {"next_on": FIRST, "next_sum": Money(1880)}
PARTS = (part(1, "paid", open_=0), part(2, "part", open_=1880), part(3, "late"), part(4, "cut", 0, 0))
PLANS = (
    plan("PENDING_CONSENT", next_on=FIRST, next_sum=Money(2880)), plan("PROPOSED"),
    plan("ACTIVE", **RUNNING, parts=PARTS, paid=Money(1000), cut=Money(500), left=Money(7141)),
    plan("LATE", **RUNNING, parts=PARTS, left=Money(1880)), plan("SUSPENDED", **AGREED),
    plan("COMPLETED", **AGREED, ended_at=NOW, left=Money(0)), plan("DEFAULTED", **AGREED, ended_at=NOW),
    plan("CANCELLED", ended_at=NOW), plan("MODIFIED", **AGREED, ended_at=NOW),
)  # fmt: skip


def own(**more):
    given = {
        "owed": Money(8641), "new": Money(0), "day": 31, "offers": (), "least": Money(5000), "form_key": ID,
        "plans": (), "changing": False, "running": False,
    }  # fmt: skip
    return {"frame": frame("patient"), "page": made("OwnPlansPage", **given | more)}


def one(view, may_pay: int = 0):
    return {"frame": frame("patient"), "page": made("OwnPlanPage", plan=view, form_key=ID, may_pay=Money(may_pay))}


def office(**more):
    given = {
        "patient_id": ID, "name": "Marlowe, <Teresa>", "owed": Money(8641), "plans": PLANS, "form_key": ID,
        "least": Money(2500), "most": 4, "most_reviewed": 24, "may_approve": True, "waits": False,
    }  # fmt: skip
    return {"frame": frame("staff"), "page": made("OfficePlanPage", **given | more)}


OFFERS = tuple(made("PlanOffer", count=n, **OFFER) for n in (2, 3))
SAMPLES = (
    ("patient/plans.html", "offers", own(offers=OFFERS)),
    ("patient/plans.html", "changing", own(offers=OFFERS, changing=True, running=True, plans=PLANS)),
    ("patient/plans.html", "running", own(running=True, new=Money(1200), plans=PLANS)),
    ("patient/plans.html", "too-little", own(owed=Money(900))),
    ("patient/plans.html", "nothing", own(owed=Money(0))),
    *(("patient/plan.html", view.state.code.lower(), one(view)) for view in PLANS),
    ("patient/plan.html", "payable", one(PLANS[2], 7141)),
    ("patient/plan.html", "last", one(PLANS[3], 1880)),
    ("staff/plans/show.html", "all", office()),
    ("staff/plans/show.html", "none", office(plans=(), owed=Money(0))),
    ("staff/plans/show.html", "failed", office(plans=PLANS[6:7], waits=True, may_approve=False)),
    ("staff/plans/show.html", "runs", office(plans=PLANS[2:3])),
)
