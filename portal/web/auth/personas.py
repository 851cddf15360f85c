"""The page of a demonstration on which one chooses whom to be; it answers in demo mode and on loopback only."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import NotFound

from portal.access import roles
from portal.domain.texts import T_, Text
from portal.domain.users import ROLE_WORDS
from portal.services.users import personas, sessions, signing
from portal.web.auth.blueprint import blueprint
from portal.web.auth.forms import given
from portal.web.auth.signing import present
from portal.web.frame import home_of
from portal.web.guard import Desk, opens
from portal.web.replies import Go, Page, Reply


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to be."""

    key: str
    name: str
    first_name: str
    role: Text
    about: Text


@dataclass(frozen=True, slots=True)
class PersonaGroup:
    """Some of them under one head."""

    title: Text
    people: tuple[Persona, ...]


@dataclass(frozen=True, slots=True)
class PersonasPage:
    """See `templates/auth/personas.html`."""

    groups: tuple[PersonaGroup, ...]


_ABOUT: dict[str, Text] = {
    roles.PATIENT: T_("Reads the bills, sees how they add up, and pays."),
    roles.PAYER_USER: T_("Answers for one insurer; sees its own members only."),
    roles.CLINICIAN: T_("Answers what the office asks about visits."),
    roles.CODER: T_("Codes visits from what the clinician proposed."),
    roles.CODING_MANAGER: T_("Is the second pair of eyes on every code."),
    roles.CHARGE_CLERK: T_("Takes visits in and enters charges."),
    roles.QA_AUDITOR: T_("Audits charges before anything is billed."),
    roles.BILLER: T_("Sends claims and works what comes back."),
    roles.PAYMENT_POSTER: T_("Posts remittances and matches deposits."),
    roles.DENIAL_SPECIALIST: T_("Works what insurers did not pay."),
    roles.BILLING_MANAGER: T_("Sees the whole cycle and approves."),
    roles.COMPLIANCE_OFFICER: T_("Reviews who saw what, and proves it."),
    roles.ADMINISTRATOR: T_("Invites people; sees nothing about patients."),
}


def _about(someone: personas.Person) -> Text:
    if someone.role == roles.PATIENT and someone.language == "es_US":
        return T_("Reads the bills in Spanish, sees how they add up, and pays.")
    return _ABOUT[someone.role]


def _only_here(desk: Desk) -> None:
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        here = False
    if not (desk.parts.demo and here):
        raise NotFound


@blueprint.get("/demo")
@opens("the people of a demonstration; not found anywhere else")
def demo(desk: Desk) -> Reply:
    """Whom to be."""
    _only_here(desk)
    found = personas.everybody(desk.units, desk.request)
    heads = (
        (T_("Patients"), {roles.PATIENT}),
        (T_("The office"), roles.STAFF),
        (T_("Insurers"), {roles.PAYER_USER}),
        (T_("Oversight"), {roles.COMPLIANCE_OFFICER, roles.ADMINISTRATOR}),
    )
    groups = tuple(
        PersonaGroup(
            title,
            tuple(
                Persona(each.key, each.name, each.name.split()[0], ROLE_WORDS[each.role], _about(each))
                for each in found
                if each.role in wanted
            ),
        )
        for title, wanted in heads
    )
    return Page("auth/personas.html", PersonasPage(tuple(group for group in groups if group.people)))


@blueprint.post("/demo")
@opens("signs in as one of the people of a demonstration; not found anywhere else")
def be(desk: Desk) -> Reply:
    """Be somebody."""
    _only_here(desk)
    wanted = given("persona").data["persona"]
    if wanted not in {each.key for each in personas.everybody(desk.units, desk.request)}:
        raise NotFound
    token = signing.enter(desk.units, present().token, bytes.fromhex(wanted), assurance="aal2", method="demo")
    present().rotate(token)
    return Go(home_of(sessions.find(desk.units, token)))
