"""Pages of messages, of the patient and of the office, with every way they can look."""

from __future__ import annotations

from datetime import date

from portal.domain.messages.life import CLOSINGS, QUESTION, WRONG
from portal.domain.messages.tasks import ACCIDENTS, AGREEMENTS, NEEDS, TASKS, WHY
from portal.domain.money import Money
from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_patient import ID, NOW, form, state, sums

DAY = date(2026, 11, 28)
TOLD = ((T_("Other insurance"), T_("Yes")), (T_("Insurance plan"), "Bluestem <Health>"), (T_("Since"), DAY))
FILE = made("FileItem", name="receipt <1>.pdf", document_id=ID)


def item(kind: str, code: str, words: str, **more):
    given = {"closed": None, "due_on": DAY, "new": False, "told": (), "title": T_("Ankle <brace>")} | more
    return made("ConversationItem", conversation_id=ID, kind=kind, state=state(code, words), at=NOW, **given)


LISTED = (
    item("question", "WITH_OFFICE", "With the office"),
    item("message", "WITH_OFFICE", "With the office", due_on=None),
    item("message", "WITH_PATIENT", "With the patient", due_on=None, new=True),
)
CLOSED = (item("task", "CLOSED", "Closed", closed=T_("Answered"), due_on=None, told=TOLD),)


def listed(waiting=(), open_=(), closed=()):
    return {"page": made("ListPage", patient_id=ID, waiting=waiting, open=open_, closed=closed)}


def said(**more):
    given = {"ours": False, "mine": True, "at": NOW, "words": "I paid\nthis <already>.", "told": (), "files": ()}
    return made("OwnMessage", **given | more)


def task_form(task: str, **more):
    given = {"agreement": None, "document": None, "address": (), "phone": None} | more
    return made("TaskForm", task=task, why=WHY[task], accidents=tuple(ACCIDENTS.items()), **given)


def thread(form_=None, **more):
    given = {
        "conversation_id": ID, "version": 3, "kind": "question", "title": T_("Ankle <brace>"), "wrong": WRONG["paid"],
        "state": "WITH_OFFICE", "closed": None, "due_on": DAY, "practice_name": "Juniper Ridge", "encounter_id": ID,
        "statement_id": ID, "messages": (said(files=(FILE,)), said(mine=False), said(ours=True, mine=False)),
        "task": None, "may_write": True, "may_withdraw": True, "form_key": ID, "largest_mb": 25,
    }  # fmt: skip
    page = {"page": made("ThreadPage", **given | more)}
    return page if form_ is None else page | {"form": form_}


def asks(task: str, **more):
    form_ = more.pop("form_", None)
    return thread(
        form_, kind="task", title=TASKS[task], wrong=None, state="WITH_PATIENT", statement_id=None,
        messages=(said(ours=True, words=None),), task=task_form(task, **more), may_write=False, may_withdraw=False,
    )  # fmt: skip


def desk(**more):
    given = {
        "conversation_id": ID, "version": 3, "kind": "question", "kind_words": T_("Question about a bill"),
        "title": T_("Ankle brace"), "wrong": WRONG["paid"], "state": state("WITH_OFFICE", "With the office"),
        "closed": None, "due_on": DAY, "patient_id": ID, "patient_name": "Marlowe, Teresa", "statement_id": ID,
        "messages": tuple(
            made("OfficeMessage", side=side, by="Nadia Brandt", at=NOW, words=words, told=told, files=files)
            for side, words, told, files in (
                ("patient", "I paid <this>.", (), (FILE,)), ("note", "Be kind.", (), ()), ("office", None, (), ()),
                ("patient", None, TOLD, ()),
            )
        ),
        "figures": made(
            "Figures", owed=Money(8640), with_payers=Money(0), credit=Money(0),
            lines=(sums(9600, 2460, 0, 0, 0, 0, 7140), sums(9600, 0, 0, 100, 200, 0, 9300)),
        ),
        "held": made("Held", item_id=ID, holder=None, mine=False, due_on=DAY, days_left=3), "new": True,
        "closings": tuple(CLOSINGS[QUESTION].items()), "may_answer": True, "may_close": True, "form_key": ID,
        "note_key": "0e" * 16,
    }  # fmt: skip
    return {"page": made("OfficePage", **given | more)}


ASK = {
    "about": "claim", "about_id": ID, "patient_id": ID, "patient_name": "Marlowe, Teresa", "has_email": True,
    "waits": True, "may_write": True, "tasks": tuple(NEEDS.items()),
    "agreements": tuple((code, each.title) for code, each in AGREEMENTS.items()),
    "kinds": (("letter", T_("Letter")),), "form_key": ID,
}  # fmt: skip
QUESTION_PAGE = {
    "encounter_id": ID, "charge_id": ID, "statement_id": ID, "title": T_("Ankle <brace>"), "day": DAY, "answer_by": DAY,
    "choices": tuple(WRONG.items()), "form_key": ID, "largest_mb": 25,
}  # fmt: skip
NEW = {"patient_id": ID, "practice_name": "Juniper Ridge", "answer_by": DAY, "form_key": ID, "largest_mb": 25}
HOME = ("9 Larch Lane", "Millbrook, OR 97001")
WRONG_FORM = form(errors=("words",), words="", form_key=ID, key=ID)

_PATIENT = (
    ("patient/messages.html", "all", listed((item("task", "WITH_PATIENT", "With the patient"),), LISTED, CLOSED)),
    ("patient/messages.html", "none", listed()),
    ("patient/message_new.html", "new", {"page": made("NewPage", **NEW)}),
    ("patient/message_new.html", "wrong", {"page": made("NewPage", **NEW), "form": WRONG_FORM}),
    ("patient/question.html", "line", {"page": made("QuestionPage", **QUESTION_PAGE)}),
    (
        "patient/question.html",
        "visit",
        {
            "page": made("QuestionPage", **QUESTION_PAGE | {"title": None, "statement_id": "", "charge_id": ""}),
            "form": form(errors=("wrong", "file"), wrong="paid", form_key=ID),
        },
    ),
    ("patient/message.html", "asked", thread()),
    ("patient/message.html", "answered", thread(state="WITH_PATIENT", due_on=None)),
    (
        "patient/message.html",
        "message",
        thread(WRONG_FORM, kind="message", wrong=None, state="WITH_PATIENT", statement_id=None),
    ),
    (
        "patient/message.html",
        "closed",
        thread(state="CLOSED", closed=CLOSINGS[QUESTION]["explained"], may_withdraw=False, due_on=None),
    ),
    ("patient/message.html", "worked", thread(kind="task", task=None, may_write=False, may_withdraw=False)),
    ("patient/message.html", "coverage", asks("other-coverage", form_=form(errors=("payer",), has="yes", form_key=ID))),
    ("patient/message.html", "accident", asks("accident", form_=form(errors=("was",), form_key=ID))),
    ("patient/message.html", "signature", asks("signature", agreement=AGREEMENTS["financial-policy"])),
    ("patient/message.html", "document", asks("document", document=T_("Letter"))),
    ("patient/message.html", "demographics", asks("demographics", address=HOME, phone="(503) 555-0142")),
)
_OFFICE = (
    ("staff/messages/show.html", "question", desk()),
    (
        "staff/messages/show.html",
        "task",
        desk(kind="task", wrong=None, may_answer=False, held=None, closed=T_("Answered")),
    ),
    ("staff/messages/show.html", "wrong", desk() | {"form": form(errors=("close_as",), key=ID), "wrong": "answer"}),
    ("staff/messages/show.html", "unclosed", desk() | {"form": form(errors=("reason",), key=ID), "wrong": "close"}),
    ("staff/messages/new.html", "new", {"page": made("AskPage", **ASK)}),
    (
        "staff/messages/new.html",
        "wrong",
        {
            "page": made("AskPage", **ASK | {"has_email": False, "waits": False, "may_write": False}),
            "form": form(errors=("task", "due_on"), task="accident", key=ID),
        },
    ),
)
SAMPLES = (
    *((name, kind, {"frame": frame("patient"), **context}) for name, kind, context in _PATIENT),
    *((name, kind, {"frame": frame("staff"), **context}) for name, kind, context in _OFFICE),
)
