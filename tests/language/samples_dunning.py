"""Following up on bills: letters, calls, collection, holds, what is agreed to, on screen and on paper."""

from __future__ import annotations

from datetime import date

from portal.domain.calls import OUTCOMES
from portal.domain.consents import BY, CHANNELS, WORDINGS
from portal.domain.dunning import Referral, Steps, gates
from portal.domain.money import Money
from portal.domain.statements.holds import BY_HAND, KINDS
from tests.language.rendering import frame, made
from tests.language.samples_office import ID, OTHER, said
from tests.language.samples_paper import PIXEL, SHEET
from tests.language.samples_patient import THEN, form, state

STAFF = {"frame": frame("staff")}
DAY, LATER = date(2026, 10, 2), date(2026, 11, 4)


def notice(**more: object) -> object:
    given = {
        "notice_id": ID, "title": said("Final notice"), "channel": said("Letter"), "at": THEN, "gone": True,
        "state": state("SENT", "Sent"), "why": None, "document_id": OTHER,
    }  # fmt: skip
    return made("NoticeItem", **given | more)


SENT = made(
    "SentPart",
    notices=(
        notice(),
        notice(
            notice_id=OTHER, channel=said("Email"), gone=False, state=state("SUPPRESSED", "Not sent"),
            why=said("They did not agree"), document_id=None,
        ),
    ),
    calls=(
        made("CallItem", at=THEN, outcome=said("A message was left"), words="Call <after> six"),
        made("CallItem", at=THEN, outcome=said("Nobody answered"), words=None),
    ),
)  # fmt: skip
NOTHING = made("SentPart", notices=(), calls=())


def account(**more: object) -> object:
    given = {
        "statement_id": ID, "version": 3, "patient_id": OTHER, "name": "Teresa Marlowe", "number": "4XK2-9QM7",
        "billed_on": DAY, "owed": Money(8640), "phone": "5035550177", "language": "en_US",
    }  # fmt: skip
    return made("Account", **given | more)


def letter(**more: object) -> object:
    given = {
        "notice_id": ID, "version": 2, "patient_id": OTHER, "name": "Teresa Marlowe", "item": notice(gone=False),
        "to_mail": True, "may_mail": True,
    }  # fmt: skip
    return STAFF | {"page": made("LetterPage", **given | more)}


def referral(*holds: str, **more: object) -> object:
    found = gates(Referral(8_640, DAY, DAY, insurance_open=False, holds=frozenset(holds)), Steps(exempt=True), LATER)
    given = {"account": account(), "gates": found, "sent": SENT, "ready": not holds, "waits": True}
    return STAFF | {"page": made("ReferralPage", **given | more)}


def call(**more: object) -> object:
    given = {
        "account": account(), "practice_name": "Juniper & Ridge", "practice_phone": "5035550142",
        "birth_date": date(1961, 4, 5), "address_line": "9 Larch Lane, 97001",
        "outcomes": tuple((code, each.text) for code, each in OUTCOMES.items()), "sent": SENT, "calls_this_week": 1,
        "most_calls": 3, "today": DAY, "last_promise_day": LATER, "key": ID,
    }  # fmt: skip
    return STAFF | {"page": made("CallPage", **given | more)}


CHOICES = tuple(
    made(
        "ChoiceItem", channel=channel, title=each.title, text=each.text, allowed=channel == "email",
        since=None if channel == "paperless" else THEN, by=None if channel == "paperless" else BY["office"],
    )
    for channel, each in WORDINGS.items()
)  # fmt: skip
VALUES = {
    "phone": "5035550177", "email": "teresa@mail.example", "line1": "9 Larch Lane", "line2": "", "city": "Millbrook",
    "state": "OR", "postal_code": "97001",
}  # fmt: skip
CHOSEN = made(
    "Chosen", channel="sms", title=WORDINGS["sms"].title, allowed=False, began_at=THEN, ended_at=None, by=BY["link"]
)
HOLDS = tuple(
    made(
        "HoldItem", hold_id=ID, version=1, text=KINDS[kind], since=DAY, until=LATER if kind == "PROMISED" else None,
        words="Court <4:26-bk-77>" if kind == "BANKRUPT" else None, by_hand=kind == "BANKRUPT",
    )
    for kind in ("BANKRUPT", "PROMISED")
)  # fmt: skip


def steps(typed: object = None) -> object:
    return STAFF | {"page": Steps(), "version": 2, "channels": tuple(CHANNELS.items()), "form": typed}


def holds(*items: object) -> object:
    page = made(
        "HoldsPage",
        patient_id=ID,
        name="Teresa Marlowe",
        items=items,
        kinds=tuple((each, KINDS[each]) for each in BY_HAND),
    )
    return STAFF | {"page": page}


def reach(language: str, *history: object) -> object:
    return STAFF | {
        "page": CHOICES, "patient_id": ID, "version": 4, "name": "Teresa Marlowe", "values": VALUES,
        "language": language, "history": history,
    }  # fmt: skip


def contact(*sent: object, **more: object) -> object:
    languages = (("en_US", said("English")), ("es_US", said("Spanish")))
    page = made("ContactPage", values=VALUES | more, language="es_US", languages=languages, choices=CHOICES, sent=sent)
    return {"frame": frame("patient"), "page": page}


def paper(step: str, **more: object) -> object:
    given = SHEET | {
        "step": step, "number": "4XK2-9QM7", "billed_on": DAY, "owed": Money(8640), "from_on": None, "help_until": None,
        "remit_to": ("Juniper Ridge", "PO Box 77"), "site": "pay.juniper.example", "qr": PIXEL,
    }  # fmt: skip
    return {"page": made("PaperNotice", **given | more)}


REFERRED = made("Referred", account=account(), since=LATER)
WRONG = form(["amount"], outcome="promised", amount="x")
OFTEN = form(["calls"], outcome="no-answer")
SAMPLES = [
    ("staff/dunning/letter.html", "to mail", letter()),
    ("staff/dunning/letter.html", "gone", letter(item=notice(why=said("It was paid")), to_mail=False)),
    ("staff/dunning/referral.html", "ready", referral()),
    ("staff/dunning/referral.html", "barred", referral("DISPUTED", sent=NOTHING)),
    ("staff/dunning/referral.html", "decided", referral(waits=False)),
    ("staff/dunning/referred.html", "some", STAFF | {"page": (REFERRED,)}),
    ("staff/dunning/referred.html", "none", STAFF | {"page": ()}),
    ("staff/dunning/call.html", "first", call()),
    ("staff/dunning/call.html", "wrong", call(calls_this_week=2, sent=NOTHING) | {"form": WRONG}),
    ("staff/dunning/call.html", "often", call(account=account(phone=None, language="es_US")) | {"form": OFTEN}),
    ("staff/dunning/holds.html", "some", holds(*HOLDS)),
    ("staff/dunning/holds.html", "none", holds()),
    ("staff/dunning/reach.html", "some", reach("en_US", CHOSEN)),
    ("staff/dunning/reach.html", "none", reach("es_US")),
    ("staff/dunning/steps.html", "now", steps()),
    ("staff/dunning/steps.html", "wrong", steps(form(["steps"], past_due_days="x", least_cents="ten"))),
    ("patient/contact.html", "some", contact(notice())),
    ("patient/contact.html", "none", contact(phone="", email="", line1="")),
    ("auth/stop.html", "ask", {"frame": frame(""), "page": None, "token": ID, "stopped": False}),
    ("auth/stop.html", "done", {"frame": frame(""), "page": None, "token": "", "stopped": True}),
    ("paper/notice.html", "reminder", paper("PAST_DUE")),
    ("paper/notice.html", "final", paper("FINAL_NOTICE", from_on=LATER, help_until=LATER)),
]
