"""Who stands and pays for patients, what stays with them, where they are reached: to the office and to themselves."""

from __future__ import annotations

from datetime import date

from portal.domain import people as rules
from portal.domain.money import Money
from portal.domain.texts import T_
from tests.language.rendering import frame, made
from tests.language.samples_patient import ID, NOW, state

LINK = {
    "link_id": ID, "name": "Ada <Marlowe>", "relation": rules.RELATIONS["parent"], "scope": rules.SCOPES["all"],
    "since": date(2026, 1, 5), "until": date(2027, 1, 19), "by_patient": False, "may_end": True,
    "words": "Birth certificate", "ended_on": None, "why": None,
}  # fmt: skip
ENDED = LINK | {"name": "Sol Vane", "until": None, "ended_on": date(2026, 5, 5), "why": rules.ENDS["office"],
                "may_end": False, "by_patient": True, "words": None}  # fmt: skip
ASKED = {
    "invitation_id": ID, "name": "Noor & Vane", "relation": rules.RELATIONS["guarantor"],
    "scope": rules.SCOPES["billing"], "until": None, "expires_on": date(2026, 12, 1), "by_patient": True,
}  # fmt: skip
THERE = {
    "id": ID, "version": 2, "asked": True, "state": rules.CONTACT_LIFE.words["ASKED"],
    "lines": ("7 Quiet Way", "Salem, OR 97301"), "phone": "(503) 555-0199", "email": None, "until": date(2027, 5, 5),
    "words": "Please no calls <at home>",
}  # fmt: skip
PAGE = {
    "patient_id": ID, "version": 3, "name": "Wren Marlowe", "today": date(2026, 11, 22), "of_age_on": date(2027, 1, 20),
    "minor": True, "death": None, "owed_apart": Money(7_777), "elsewhere": made("Elsewhere", **THERE),
    "billed_with": made("Named", patient_id=ID, name="Ada Marlowe"), "others": (),
    "visits": (
        made("KeptVisit", encounter_id=ID, version=4, day=date(2026, 9, 14), charge=Money(18_500),
             why=rules.CONFIDENTIAL["asked"]),
        made("KeptVisit", encounter_id=ID[::-1], version=1, day=date(2026, 10, 6), charge=Money(3_800), why=None),
    ),
}  # fmt: skip
DEAD = {
    "minor": False, "visits": (), "owed_apart": Money(0), "elsewhere": None, "billed_with": None,
    "others": (made("Named", patient_id=ID, name="Ada Marlowe"),),
    "death": made("Death", died_on=None, evidence=rules.EVIDENCE_OF_DEATH["family"], told="Ada, the mother"),
}  # fmt: skip
CHOICES = {
    "relations": tuple(rules.RELATIONS.items()), "scopes": tuple(rules.SCOPES.items()),
    "ends": tuple(rules.BY_OFFICE.items()), "reasons": tuple(rules.CONFIDENTIAL.items()),
    "deaths": tuple(rules.EVIDENCE_OF_DEATH.items()), "declines": tuple(rules.DECLINES.items()),
}  # fmt: skip
FULL = {"links": (made("LinkItem", **LINK), made("LinkItem", **ENDED)),
        "invitations": (made("InvitationItem", **ASKED),), "may": True, "letter_waits": True}  # fmt: skip
BARE = {"links": (), "invitations": (), "may": False, "letter_waits": False}

OWN = made(
    "OwnPeople", patient_id=ID, name="Wren Marlowe", links=FULL["links"][:1], invitations=FULL["invitations"],
    elsewhere=made("Elsewhere", **THERE),
)  # fmt: skip
STOOD = {"patient_id": ID, "name": "Bo <Marlowe>", "practice": "Juniper & Ridge",
         "scope": rules.SCOPES["billing"], "pays_only": True, "until": date(2027, 1, 19)}  # fmt: skip
SCOPES = tuple(rules.SCOPES.items())


def people(*own, stood=(), code=None, invited=""):
    return made("PeoplePage", own=own, stood_for=stood, scopes=SCOPES, code=code, invited=invited)


MONEY = made(
    "GuaranteedBills", patient_id=ID, name="Bo <Marlowe>", practice="Juniper & Ridge", owed=Money(8_640),
    services=(made("Service", day=date(2026, 9, 14), owed=Money(8_000)),), other=Money(640),
    bills=(made("BillSum", number="4XK2-9QM7", made_on=date(2026, 10, 1), due_on=date(2026, 10, 28), amount=Money(1)),),
    payments=(made("PaidSum", payment_id=ID, at=NOW, amount=Money(500), state=state("SUCCEEDED", "Paid"),
                   receipt="R-2345-6789"),),
)  # fmt: skip
NONE = made(
    "GuaranteedBills", patient_id=ID[::-1], name="Cy Marlowe", practice="Juniper", owed=Money(0), services=(),
    other=Money(0), bills=(), payments=(),
)  # fmt: skip

SAMPLES = [
    *(
        (name, kind, {"frame": frame("staff")} | CHOICES | context)
        for name, kind, context in (
            ("staff/accounts/people.html", "full", {"page": made("PeoplePage", **PAGE), **FULL}),
            (
                "staff/accounts/people.html",
                "agreed",
                {
                    "page": made(
                        "PeoplePage",
                        **PAGE
                        | {
                            "elsewhere": made("Elsewhere", **THERE | {"asked": False, "state": T_("In use")}),
                            "minor": False,
                        },
                    ),
                    **FULL,
                },
            ),
            ("staff/accounts/people.html", "deceased", {"page": made("PeoplePage", **PAGE | DEAD), **FULL}),
            (
                "staff/accounts/people.html",
                "plain",
                {"page": made("PeoplePage", **PAGE | DEAD | {"death": None, "others": ()}), **FULL | {"links": ()}},
            ),
            (
                "staff/accounts/people.html",
                "read",
                {"page": made("PeoplePage", **PAGE | DEAD | {"death": None}), **BARE},
            ),
        )
    ),
    (
        "patient/people.html",
        "full",
        {"page": people(OWN, stood=(made("StoodFor", **STOOD),)), "frame": frame("patient")},
    ),
    (
        "patient/people.html",
        "code",
        {
            "page": people(
                made("OwnPeople", patient_id=ID, name="Wren", links=(), invitations=(), elsewhere=None),
                made(
                    "OwnPeople",
                    patient_id=ID[::-1],
                    name="Bo",
                    links=(),
                    invitations=(),
                    elsewhere=made("Elsewhere", **THERE | {"asked": False, "state": T_("In use")}),
                ),
                code="4XK2-9QM7-ABCD",
                invited="Sol <Vane>",
            ),
            "frame": frame("patient"),
        },
    ),
    (
        "patient/guaranteed.html",
        "two",
        {
            "page": (MONEY, NONE),
            "form_keys": ("0a" * 16, "0b" * 16),
            "frame": frame("patient"),
        },
    ),
    ("patient/guaranteed.html", "none", {"page": (), "form_keys": (), "frame": frame("patient")}),
]
