"""What payers are asked in advance: the office's list, one of them, the form, the rules, and the payer's own pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.language.rendering import frame, made
from tests.language.samples_office import ID, OTHER, said
from tests.language.samples_patient import state

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


def _item(code: str, words: str, **more: object) -> object:
    given = {
        "authorization_id": ID, "patient_name": "Teresa Marlowe", "payer_name": "Bluestem Health Plan",
        "codes": "G0438, L1902", "first": date(2026, 11, 30), "last": date(2027, 2, 28), "state": state(code, words),
        "due_on": None, "days_left": None,
    }  # fmt: skip
    return made("AuthorizationItem", **given | more)


ITEMS = (
    _item("SUBMITTED", "Asked for", due_on=date(2026, 11, 27), days_left=4),
    _item("IN_USE", "In use", last=None),
    _item("DENIED", "Denied", authorization_id=OTHER),
)
PART = made("PatientPart", patient_id=ID, items=ITEMS, may_request=True)
_STATES = (("DRAFT", said("To be asked for")), ("APPROVED", said("Approved")))


def _list(**more: object) -> object:
    given = {"state": "", "states": _STATES, "items": ITEMS, "may_edit": True, "newer": ID, "older": OTHER}
    return made("AuthorizationsPage", **given | more)


def _service(position: int, **more: object) -> object:
    given = {
        "position": position, "code": "G0438", "modifiers": "59", "words": "Yearly visit", "asked": Decimal(4),
        "granted": Decimal(3), "unlimited": False, "used": Decimal("1.5"), "left": Decimal("1.5"),
        "limits": None,
    }  # fmt: skip
    return made("Service", **given | more)


_VISITS = made(
    "Limited", text=said("10 visits in all, at most 2 visits a week"), counted=True,
    left=(said("8 of 10 visits left"), said("1 of 2 visits left this week")),
    typed={"limit": "10", "measure": "VS", "per": "", "most": "2", "each": "WK"},
)  # fmt: skip
_HOURS = made("Limited", text=said("“HSD*HS*10”"), counted=False, left=(), typed={})
_EVERY_SIX_MONTHS = made(
    "Limited", text=said("3 visits every 6 months"), counted=True, left=(said("2 of 3 visits left"),), typed={},
)  # fmt: skip
_OFFERED = made(
    "Choices", measures=(("VS", said("Visits")), ("DY", said("Days"))), periods=(("", said("In all")),),
    patterns=(("WK", said("A week")),),
)  # fmt: skip
_NEW = {"granted": None, "used": Decimal(0), "left": None}
SERVICES = (_service(1), _service(2, code="J1885", modifiers="", words="", unlimited=True, granted=None, left=None),
            _service(3, code="G0270", granted=None, unlimited=True, left=None, limits=_VISITS),
            _service(4, code="G0447", limits=_HOURS),
            _service(5, code="G0444", granted=None, unlimited=True, left=None, limits=_EVERY_SIX_MONTHS))  # fmt: skip
_CHOICES = {
    "answers": (("approved", said("Approved as asked for")), ("denied", said("Denied"))),
    "channels": (("phone", said("By phone")),), "reasons": (("other", said("Another reason, in the note")),),
    "cancels": (("not-planned", said("The service is not given after all")),),
}  # fmt: skip
_ANSWER = made(
    "Said", at=AT, text=said("Approved with changes"), channel=said("By phone"), by="Nadia Brandt",
    reasons=(said("Reason 35"),), said=(said("Compare what was approved."),), note="Spoke with Ann.",
)  # fmt: skip


def _page(**more: object) -> object:
    given = {
        "authorization_id": ID, "version": 3, "state": state("IN_USE", "In use"), "patient_id": ID,
        "patient_name": "Teresa Marlowe", "payer_name": "Bluestem Health Plan", "number": "BSA7741", "encounter_id": ID,
        "previous_id": OTHER, "urgency": said("Standard, within 7 days"), "channel": said("By file (278)"),
        "place": "11", "provider": "Ada Okafor", "diagnoses": ("I10", "E119"), "message": "Second visit this year.",
        "retroactive": None, "first": date(2026, 11, 30), "last": None, "valid_from": date(2026, 11, 30),
        "valid_to": date(2027, 2, 28), "asked_at": AT, "due_on": None, "days_left": None, "services": SERVICES,
        "said": (_ANSWER,),
        "used_by": (
            made("UsedBy", claim_id=ID, number="C7F3K0", day=date(2026, 12, 1), code="G0438", units=Decimal("1.5")),
        ),
        "history": (made("Moved", at=AT, text=said("Approved: Approved as asked for (Candor)")),),
        "waits": said("It ends soon."), "actions": ("seen", "extend"), "may_answer": True, "granted": True,
        "together": _HOURS, "choices": _OFFERED, **_CHOICES,
    }  # fmt: skip
    return made("AuthorizationPage", **given | more)


_DRAFT = {
    "state": state("DRAFT", "To be asked for"), "number": None, "valid_from": None, "valid_to": None, "said": (),
    "services": (_service(1, **_NEW),), "used_by": (), "granted": False, "waits": None, "previous_id": None,
    "actions": ("send", "cancel"), "retroactive": said("It was an emergency"), "message": None,
}  # fmt: skip
_DENIED = _DRAFT | {"state": state("DENIED", "Denied"), "actions": ("peer", "appeal"), "may_answer": False}


def _request(**more: object) -> object:
    given = {
        "patient_id": ID, "patient_name": "Teresa Marlowe", "encounter_id": ID, "previous_id": "",
        "coverages": ((ID, said("Bluestem Health Plan")),), "coverage": ID, "providers": ((ID, said("Ada Okafor")),),
        "provider": "", "first": date(2026, 11, 30), "last": None, "late": False, "place": "11",
        "diagnoses": "I10 E119",
        "services": (
            made("OfferedService", code="G0438", modifiers="", units="1", needed=True),
            made("OfferedService", code="", modifiers="", units="", needed=False),
        ),
        "urgencies": (("standard", said("Standard, within 7 days")),),
        "retroactive": (("emergency", said("It was an emergency")),),
    }  # fmt: skip
    return made("RequestPage", **given | more)


_TURNED_DOWN = made(
    "Form", data={"coverage": ID, "from": "2026-11-01", "message": "why"},
    errors={"": [said("The first day is over: say why it is asked for only now.")]},
)  # fmt: skip
_RULE = {
    "rule_id": ID, "version": 1, "payer_name": "Bluestem Health Plan", "codes": "L1000-L1499", "words": "", "place": "",
    "needed": True, "since": date(2026, 1, 1), "until": None, "source": "bluestem.csv",
}  # fmt: skip


def _rules(**more: object) -> object:
    given = {
        "rules": (
            made("RuleItem", **_RULE),
            made("RuleItem", **_RULE | {"payer_name": None, "codes": "G0438", "words": "Yearly visit", "place": "23",
                                        "needed": False, "until": date(2026, 12, 31), "source": ""}),
        ),
        "count": 2, "shown": 2, "payer": ID, "code": "", "payers": (("*", ""), (ID, "Bluestem Health Plan")),
    }  # fmt: skip
    return made("RulesPage", **given | more)


_MEMBER = made(
    "MemberRequest", authorization_id=ID, patient_name="Teresa Marlowe", practice_name="Juniper Ridge",
    codes="G0438", urgency=said("Expedited, within 72 hours"), first=date(2026, 11, 30), due_on=date(2026, 11, 23),
    days_left=0, state=state("OPEN", "Waits for you"),
)  # fmt: skip


def _asked(**more: object) -> object:
    given = {
        "authorization_id": ID, "version": 2, "patient_name": "Teresa Marlowe", "member": "BH4471",
        "birth_date": date(1962, 4, 9), "practice_name": "Juniper Ridge", "practice_phone": "5035550142",
        "provider": "Ada Okafor", "urgency": said("Standard, within 7 days"), "place": "11",
        "first": date(2026, 11, 30), "last": date(2027, 2, 28), "asked_at": AT, "due_on": date(2026, 11, 27),
        "days_left": 4, "retroactive": said("It was an emergency"), "diagnoses": ("I10",), "message": "Why.",
        "services": (_service(1, **_NEW),), "state": state("OPEN", "Waits for you"), "number": None,
        "valid_from": None, "valid_to": None, "may_decide": True, "decisions": _CHOICES["answers"],
        "reasons": _CHOICES["reasons"], "together": None, "choices": _OFFERED,
    }  # fmt: skip
    return made("MemberRequestPage", **given | more)


def _refused(do: str) -> dict[str, object]:
    """A form that was turned down, with what was typed."""
    typed = {
        "do": do,
        "action": "approved",
        "number": "",
        "from": "2026-11-30",
        "units-1": "2",
        "limit-1": "8",
        "dropped-1": "1",
        "note": "By Mrs. Ode.",
    }
    wrong = made("Refused", text=said("An approval needs the payer's number."), code="guard:number")
    return {"wrong": wrong, "form": made("Form", data=typed, errors={})}


_DECIDED = {
    "state": state("GRANTED", "Approved"), "number": "BSA7741", "valid_from": date(2026, 11, 30), "due_on": None,
    "days_left": None, "services": SERVICES, "may_decide": False, "practice_phone": None, "retroactive": None,
}  # fmt: skip
_OFFICE = [
    ("staff/authorizations/list.html", "some", {"page": _list()}),
    ("staff/authorizations/list.html", "none", {"page": _list(items=(), may_edit=False, newer=None, older=None)}),
    ("staff/authorizations/show.html", "in-use", {"page": _page()}),
    ("staff/authorizations/show.html", "draft", {"page": _page(**_DRAFT)}),
    ("staff/authorizations/show.html", "denied", {"page": _page(**_DENIED)}),
    ("staff/authorizations/show.html", "answer-refused", {"page": _page(**_DENIED), **_refused("answer")}),
    ("staff/authorizations/show.html", "cancel-refused", {"page": _page(**_DRAFT), **_refused("cancel")}),
    ("staff/authorizations/new.html", "fresh", {"page": _request()}),
    ("staff/authorizations/new.html", "nobody", {"page": _request(coverages=(), previous_id=OTHER)}),
    ("staff/authorizations/new.html", "turned-down", {"page": _request(), "form": _TURNED_DOWN, "typed": ()}),
    ("staff/authorizations/rules.html", "some", {"page": _rules()}),
    ("staff/authorizations/rules.html", "none", {"page": _rules(rules=(), count=0)}),
]
_PAYER = [
    ("payer/authorizations/list.html", "open", {
        "page": made("MemberRequestsPage", only_open=True, items=(_MEMBER,), more=True)
    }),
    ("payer/authorizations/list.html", "none", {
        "page": made("MemberRequestsPage", only_open=False, items=(), more=False)
    }),
    ("payer/authorizations/show.html", "open", {"page": _asked()}),
    ("payer/authorizations/show.html", "refused", {"page": _asked(), **_refused("")}),
    ("payer/authorizations/show.html", "decided", {"page": _asked(**_DECIDED)}),
]  # fmt: skip
SAMPLES = [
    *((name, kind, {"frame": frame("staff")} | context) for name, kind, context in _OFFICE),
    *((name, kind, {"frame": frame("payer")} | context) for name, kind, context in _PAYER),
]
