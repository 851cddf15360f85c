"""Who may see my bills, whose bills I may see, and where I want to be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import request, url_for

from portal.access.actors import system
from portal.access.policy import decide
from portal.domain.errors import NotFound, Refused
from portal.domain.people import ALL, INVITED, SCOPES, Asked
from portal.domain.texts import T_, Text
from portal.services.patients import elsewhere, people, reaching
from portal.services.patients.people import Elsewhere
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import proxies, standing
from portal.services.users.standing import InvitationItem, LinkItem, StoodFor
from portal.web.guard import Desk, desks
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page

_SHOWN: Final = frozenset({"form", "version", "not-found", "unique"})
_OWN: Final = "own-people:change"


@dataclass(frozen=True, slots=True)
class OwnPeople:
    """One record of one's own: who sees it, who was asked, where else one is reached."""

    patient_id: str
    name: str
    links: tuple[LinkItem, ...]
    invitations: tuple[InvitationItem, ...]
    elsewhere: Elsewhere | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """See `templates/patient/people.html`; `code` is told once, to be handed on."""

    own: tuple[OwnPeople, ...]
    stood_for: tuple[StoodFor, ...]
    scopes: tuple[tuple[str, Text], ...]
    code: str | None = None
    invited: str = ""


@blueprint.get("/people", endpoint="people")
@desks("session:manage")
def show_people(desk: Desk) -> Page:
    """Whoever has signed in sees their own relations, whatever these are."""
    return Page("patient/people.html", _page(desk))


def _page(desk: Desk, **more: Any) -> PeoplePage:
    own: tuple[OwnPeople, ...] = ()
    if decide(desk.actor, "own-people:view").allowed:
        with desk.read("own-people:view") as uow:
            own = tuple(_own_people(uow, patient_id) for patient_id in sorted(uow.reach.patients))
    others = standing.stood_for(desk.units, desk.actor, desk.request)
    return PeoplePage(own, others, tuple(SCOPES.items()), **more)


def _own_people(uow: UnitOfWork, patient_id: bytes) -> OwnPeople:
    return OwnPeople(
        patient_id.hex(),
        standing.names_of(uow, [patient_id])[patient_id],
        standing.of_patient(uow, patient_id, office=False),
        standing.invitations(uow, patient_id, office=False),
        people.elsewhere_of(uow, patient_id),
    )


@blueprint.post("/people/<id:patient_id>/invite", endpoint="invite_person")
@desks(_OWN)
def invite(desk: Desk, patient_id: bytes) -> Page | Go:
    """Ask somebody to help: the code is shown once, for the patient to hand on."""
    name = " ".join(request.form.get("name", "").split())
    try:
        asked = Asked(INVITED, request.form.get("scope", ALL), date.min, _day("until"), proved=False)
        with desk.write(_OWN) as uow:
            _, code = proxies.invite(
                uow, patient_id, asked, name=name, email=request.form.get("email", ""), by_patient=True
            )
    except Refused as refused:
        return _said(refused)
    return Page("patient/people.html", _page(desk, code=code, invited=name))


@blueprint.post("/people/<id:patient_id>/end/<id:link_id>", endpoint="end_person")
@desks(_OWN)
def end(desk: Desk, patient_id: bytes, link_id: bytes) -> Go:
    """The patient ends what somebody may see: at their next click it is gone."""
    with desk.write(_OWN) as uow:
        proxies.end_own(uow, patient_id, link_id)
    return Go(url_for("patient.people"), T_("It is ended. They see nothing of yours from now on."))


@blueprint.post("/people/<id:patient_id>/withdraw/<id:invitation_id>", endpoint="withdraw_person")
@desks(_OWN)
def withdraw(desk: Desk, patient_id: bytes, invitation_id: bytes) -> Go:
    """Take an invitation back."""
    with desk.write(_OWN) as uow:
        proxies.withdraw(uow, patient_id, invitation_id)
    return Go(url_for("patient.people"), T_("The invitation is taken back. Its code opens nothing any more."))


@blueprint.post("/people/leave/<id:patient_id>", endpoint="leave_person")
@desks("standing:change")
def leave(desk: Desk, patient_id: bytes) -> Go:
    """Stop looking after somebody's bills, as what one is to them."""
    actor = desk.actor.paying_for(patient_id) if patient_id in desk.actor.pays_for else desk.actor
    with desk.units.write(actor, "standing:change", request=desk.request) as uow:
        proxies.leave(uow, patient_id)
    return Go(url_for("patient.people"), T_("You no longer look after these bills."))


@blueprint.post("/people/accept", endpoint="accept_person")
@desks("session:manage")
def accept(desk: Desk) -> Go:
    """Accept an invitation with its code, as who is signed in."""
    try:
        born = _day("birth_date")
        proxies.accept(
            desk.units, desk.request, desk.actor, code=request.form.get("code", ""),
            last_name=request.form.get("last_name", ""), birth_date=born,
        )  # fmt: skip
    except Refused as refused:
        return _said(refused)
    return Go(url_for("patient.people"), T_("From now on you look after these bills too."))


@blueprint.post("/people/<id:patient_id>/elsewhere", endpoint="ask_elsewhere")
@desks(_OWN)
def ask_elsewhere(desk: Desk, patient_id: bytes) -> Go:
    """Ask to be reached in another way; the office is told."""
    try:
        given = reaching.given(request.form)
        with desk.write(_OWN) as uow:
            row = elsewhere.ask(uow, patient_id, until=_day("until"), **given)
            practice_id = row.practice_id
    except Refused as refused:
        return _said(refused)
    _follow(desk, practice_id)
    return Go(url_for("patient.people"), T_("We have your request, and look at it within two workdays."))


@blueprint.post("/people/<id:patient_id>/elsewhere/<id:row_id>/end", endpoint="end_elsewhere")
@desks(_OWN)
def end_elsewhere(desk: Desk, patient_id: bytes, row_id: bytes) -> Go:
    """Back to what is on record."""
    given = request.form.get("version", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    with desk.write(_OWN) as uow:
        practice_id = elsewhere.end(uow, patient_id, row_id, version=int(given)).practice_id
    _follow(desk, practice_id)
    return Go(url_for("patient.people"), T_("We write to the address on record again."))


def _follow(desk: Desk, practice_id: bytes) -> None:
    elsewhere.follow(desk.units, system("people.elsewhere", practice_id=practice_id, initiator=desk.actor.identity))


def _said(refused: Refused) -> Go:
    if isinstance(refused, (Denied, NotFound)) or refused.code in _SHOWN:
        raise refused
    return Go(url_for("patient.people"), refused.text, "stop")


def _day(name: str) -> date | None:
    written = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Refused(T_("Write a day as a calendar shows it."), code="dates") from None
