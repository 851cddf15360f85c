"""Contacts with payers: beside a claim, one of them, the form, a payer's page, and letters on screen and paper."""

from __future__ import annotations

from datetime import date

from portal.domain.contacts import CHANNELS, CORRECTIONS, DIRECTIONS
from portal.domain.letters import TEMPLATES
from tests.language.rendering import frame, made
from tests.language.samples_office import CLAIM, ID, OTHER, said
from tests.language.samples_paper import SHEET
from tests.language.samples_patient import THEN, form

STAFF = {"frame": frame("staff")}
DAY, NEXT = date(2026, 11, 20), date(2026, 12, 4)
HOWS, WHO = tuple(CHANNELS.items()), tuple(DIRECTIONS.items())


def item(**more: object) -> object:
    given = {
        "contact_id": ID, "about": "claim", "about_id": OTHER, "about_words": said("claim C-120418"), "patient_id": ID,
        "day": DAY, "time": "14:05", "channel": said("Call"), "out": True, "person": "Dana Whitlock",
        "reference": "I-77120", "words": "It is in review.\nThey need the note <of July>.",
        "next_step": "Ask again & send it", "next_on": NEXT, "by": "Ruth Calloway", "at": THEN, "corrected": None,
        "elsewhere": False, "letter": None, "erased": False,
    }  # fmt: skip
    return made("ContactItem", **given | more)


PLAIN = item(
    contact_id=OTHER, time=None, person=None, reference=None, next_step=None, out=False, channel=said("Letter"),
    corrected=said("Something was missing"),
)  # fmt: skip
LETTER = item(next_on=None, letter=made("SentLetter", title=said("Send records"), document_id=ID))
MAKING = item(next_on=None, letter=made("SentLetter", title=said("Send records"), document_id=None))
ERASED = item(erased=True, words="", person=None, reference=None, next_step=None)
GONE = item(elsewhere=True, corrected=said("It does not belong here"), next_on=None)


def part(**more: object) -> object:
    given = {
        "about": "claim", "about_id": ID, "items": (item(), PLAIN, LETTER, MAKING, GONE, ERASED), "more": True,
        "payer_id": ID, "may_record": True, "may_write": True,
    }  # fmt: skip
    return made("ContactsPart", **given | more)


DESKS = (
    made("DeskItem", desk_id=ID, version=1, name="Appeals", phone="(503) 555-0142", fax=None,
         lines=("PO Box 1", "Salem, OR 97309")),
    made("DeskItem", desk_id="", version=0, name="", phone=None, fax="(503) 555-0143", lines=("9 Elm", "Salem, OR")),
)  # fmt: skip
TYPED = {"channel": "call", "direction": "out", "day": "2026-11-20", "time": "14:05", "words": "It is in review."}


def contact(**more: object) -> object:
    given = {
        "item": item(), "earlier": (PLAIN, item()), "newer_id": None, "payer_id": ID,
        "payer_name": "Bluestem Health Plan", "patient_name": "Teresa Marlowe", "today": DAY, "due_on": NEXT,
        "days_left": 14, "waits": "a1-1", "may_record": True, "may_write": True, "key": ID, "data": TYPED,
        "channels": HOWS, "directions": WHO, "reasons": tuple(CORRECTIONS.items())[:2],
    }  # fmt: skip
    corrected = item(corrected=said("Something was written wrong"))
    return STAFF | {"page": made("ContactPage", **given | {"item": corrected} | more), "back": "/office/claims"}


def blank(**more: object) -> object:
    given = {
        "about": "claim", "about_id": ID, "words": said("claim C-120418"), "payer_id": ID,
        "payer_name": "Bluestem Health Plan", "patient_name": "Teresa Marlowe", "desks": DESKS, "due_on": NEXT,
        "key": ID, "data": TYPED, "channels": HOWS, "directions": WHO,
    }  # fmt: skip
    return STAFF | {"page": made("ContactForm", **given | more)}


def payer(*contacts: object, **more: object) -> object:
    given = {
        "payer_id": ID, "name": "Bluestem Health Plan", "code": "BHP01", "desks": DESKS,
        "narrowed": made("Narrowed", channel="", about="", open=""), "channels": HOWS,
        "abouts": (("claim", said("Claims")),), "contacts": contacts, "newer": None, "older": None, "may_record": True,
        "may_edit": True, "may_see_contract": True,
    }  # fmt: skip
    return STAFF | {"page": made("PayerPage", **given | more)}


def letter(**more: object) -> object:
    given = {
        "about": "claim", "about_id": ID, "words": said("claim C-120418"), "payer_id": ID,
        "payer_name": "Bluestem Health Plan", "patient_name": "Teresa Marlowe",
        "templates": tuple((name, each.title) for name, each in TEMPLATES.items()), "template": "status-inquiry",
        "title": said("Ask where it stands"), "channels": HOWS[1:4], "desks": DESKS, "practice_name": "Juniper & Ridge",
        "practice_lines": ("12 Larch Lane", "Millbrook, OR 97099"), "practice_phone": "(503) 555-0142", "made_on": DAY,
        "rows": ((said("Patient"), said("Teresa Marlowe")), (said("Services"), "G0438 <59>")),
        "sender": "Ruth Calloway", "key": ID,
        "data": {"template": "status-inquiry", "to": "Bluestem\nPO Box 1", "body": "To whom:\n\nPlease."},
    }  # fmt: skip
    return STAFF | {"page": made("LetterForm", **given | more)}


SEEN = made(
    "Letter", to=("Bluestem Health Plan", "PO Box 1"), subject="Where does this stand?", paragraphs=("To whom:", "<b>"),
    enclosures=("Note of July 20",),
)  # fmt: skip
PAPER = SHEET | {
    "number": "C-120418", "subject": "Records <enclosed>", "rows": (("Patient", "Teresa & co"), ("No", "C-120418")),
    "paragraphs": ("To whom it may concern:", "Two\nlines"), "enclosures": ("A note",), "sender": "Ruth Calloway",
}  # fmt: skip
_NAMED = tuple(
    made("NamedContact", item=each, patient_name=name) for each, name in ((item(), "Teresa Marlowe"), (PLAIN, ""))
)
_FOUND = made(
    "FoundContact", item=item(), payer_id=ID, payer_name="Bluestem & co", patient_name="Teresa Marlowe"
)  # fmt: skip
_ONE = made("PayerItem", payer_id=ID, name="Bluestem", code="BHP01", contacts=3, last_on=DAY)
_NONE = made("PayerItem", payer_id=OTHER, name="Lakeshore", code="LM2", contacts=0, last_on=None)

SAMPLES = [
    ("staff/contacts/list.html", "some", STAFF | {"page": made("PayersPage", payers=(_ONE, _NONE))}),
    ("staff/contacts/list.html", "none", STAFF | {"page": made("PayersPage", payers=())}),
    (
        "staff/contacts/found.html",
        "none",
        STAFF | {"page": made("ContactsFoundPage", q="1", contacts=(), more=False)},
    ),
    (
        "staff/contacts/found.html",
        "some",
        STAFF | {"page": made("ContactsFoundPage", q="I-77120", contacts=(_FOUND,), more=True)},
    ),
    ("staff/contacts/payer.html", "some", payer(*_NAMED, newer=ID, older=OTHER)),
    ("staff/contacts/payer.html", "none", payer(desks=(), may_edit=False, may_record=False, may_see_contract=False)),
    ("staff/contacts/payer.html", "fits", payer(narrowed=made("Narrowed", channel="fax", about="claim", open="1"))),
    ("staff/contacts/payer.html", "wrong", payer() | {"form": form(["phone"], name="Appeals", phone="12")}),
    ("staff/contacts/new.html", "blank", blank()),
    ("staff/contacts/new.html", "payer", blank(about="payer", patient_name="", desks=(), due_on=None)),
    ("staff/contacts/new.html", "wrong", blank() | {"form": form(["words"], **TYPED | {"words": "", "key": ID})}),
    ("staff/contacts/show.html", "newest", contact()),
    ("staff/contacts/show.html", "before", contact(newer_id=OTHER, may_record=False, due_on=None, days_left=None)),
    ("staff/contacts/show.html", "gone", contact(item=GONE, due_on=None, days_left=None, patient_name="")),
    ("staff/contacts/show.html", "letter", contact(item=LETTER, earlier=(), due_on=None, days_left=None)),
    (
        "staff/contacts/show.html",
        "wrong",
        contact() | {"form": form(["next_on"], **TYPED | {"reason": "mistyped"}), "wrong": "correct"},
    ),
    ("staff/contacts/show.html", "why", contact() | {"form": form(["why"], why=""), "wrong": "withdraw"}),
    ("staff/contacts/letter.html", "blank", letter()),
    ("staff/contacts/letter.html", "seen", letter() | {"form": form([], to="A\nB", body="x"), "letter": SEEN}),
    ("staff/contacts/letter.html", "wrong", letter(desks=()) | {"form": form(["body"], to="A\nB", body="[[x]]")}),
    ("paper/payer_letter.html", "enclosed", {"page": made("PayerLetter", **PAPER)}),
    ("paper/payer_letter.html", "plain", {"page": made("PayerLetter", **PAPER | {"enclosures": ()})}),
    ("staff/claims/show.html", "contacts", STAFF | {"page": made("ClaimPage", **CLAIM), "contacts": part()}),
    (
        "staff/claims/show.html",
        "no contact",
        STAFF | {"page": made("ClaimPage", **CLAIM), "contacts": part(items=(), more=False, may_write=False)},
    ),
]
