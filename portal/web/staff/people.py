"""A patient's people: who stands or pays for them, what stays with them, where they are reached, how billed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from flask import Blueprint, request, url_for

from portal.access.policy import decide
from portal.domain import people as rules
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services import confidential
from portal.services.patients import deaths, elsewhere, letters, people, reaching, together
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import proxies, registration, standing
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms
from portal.web.staff.accounts import printed

blueprint = Blueprint("people", __name__, url_prefix="/patients")

_FORM: Final = T_("This form is not complete. Open the page again.")
_WRONG_DAY: Final = T_("Write a day as a calendar shows it.")
_SHOWN: Final = frozenset({"form", "version", "not-found", "unique", "step-up-needed", "no-role"})
"""What is answered by a page of its own; any other refusal stands above the patient's page."""


@blueprint.get("/<id:patient_id>/people")
@reads("account:view")
def show(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """Who stands for the patient, and what is agreed with them."""
    page = people.show(uow, patient_id)
    more = {
        "links": standing.of_patient(uow, patient_id, office=True),
        "invitations": standing.invitations(uow, patient_id, office=True),
        "may": decide(uow.actor, "people:change").allowed,
        "letter_waits": letters.waits(uow, patient_id, reason="of-age"),
        "relations": tuple((code, rules.RELATIONS[code]) for code in rules.OFFICE_RELATIONS),
        "scopes": tuple(rules.SCOPES.items()), "ends": tuple(rules.BY_OFFICE.items()),
        "reasons": tuple(rules.CONFIDENTIAL.items()), "deaths": tuple(rules.EVIDENCE_OF_DEATH.items()),
        "declines": tuple(rules.DECLINES.items()),
    }  # fmt: skip
    return Page("staff/accounts/people.html", page, more)


@blueprint.post("/<id:patient_id>/people")
@desks("people:change")
def act(desk: Desk, patient_id: bytes) -> Reply:
    """One step with a patient's people."""
    step = _STEPS.get(request.form.get("do", ""))
    if step is None:
        raise Refused(_FORM, code="form")
    here = url_for("staff.people.show", patient_id=patient_id)
    try:
        with desk.write("people:change") as uow:
            said = step(uow, patient_id)
    except Denied:
        raise
    except Refused as refused:
        if refused.code in _SHOWN:
            raise
        return Go(here, refused.text, "stop")
    return Go(here, said)


@blueprint.post("/<id:patient_id>/people/invite")
@desks("people:change")
def invite(desk: Desk, patient_id: bytes) -> Reply:
    """Ask somebody to stand or pay for the patient: the letter with the code, to be handed over or mailed."""
    given = request.form
    try:
        words = given.get("words", "").strip()
        asked = rules.Asked(
            given.get("relation", ""), given.get("scope", ""), _day("since") or date.min, _day("until"), bool(words)
        )
        with desk.write("people:change") as uow:
            row, code = proxies.invite(
                uow, patient_id, asked, name=given.get("name", ""), email=given.get("email", ""), words=words
            )
            letter = letters.proxy_letter(uow, row.patient_id, given.get("name", ""), code, desk.parts.public_url)
    except Denied:
        raise
    except Refused as refused:
        if refused.code in _SHOWN:
            raise
        return Go(url_for("staff.people.show", patient_id=patient_id), refused.text, "stop")
    return printed(letter)


@blueprint.post("/<id:patient_id>/people/letter")
@desks("registration:issue")
def of_age_letter(desk: Desk, patient_id: bytes) -> Reply:
    """The letter to who came of age, with a code for a sign-in of their own; it waits no longer."""
    with desk.write("registration:issue") as uow:
        code = registration.issue(uow, patient_id)
        letter = letters.of_age_letter(uow, patient_id, code, desk.parts.public_url)
    return printed(letter)


def _withdraw(uow: UnitOfWork, patient_id: bytes) -> Text:
    proxies.withdraw(uow, patient_id, _id())
    return T_("The invitation is taken back. Its code opens nothing any more.")


def _end(uow: UnitOfWork, patient_id: bytes) -> Text:
    proxies.end_by_office(uow, patient_id, _id(), request.form.get("reason", ""))
    return T_("It is ended. They see nothing of this patient from now on.")


def _keep(uow: UnitOfWork, patient_id: bytes) -> Text:
    _of_patient(uow, patient_id)
    confidential.mark(uow, _id(), request.form.get("reason", ""), version=forms.version())
    return T_("The visit stays with the patient.")


def _open(uow: UnitOfWork, patient_id: bytes) -> Text:
    _of_patient(uow, patient_id)
    confidential.open_again(uow, _id(), version=forms.version())
    return T_("Whoever stands for the patient sees the visit again.")


def _of_patient(uow: UnitOfWork, patient_id: bytes) -> None:
    if _id().hex() not in {visit.encounter_id for visit in confidential.visits(uow, patient_id)}:
        raise Refused(_FORM, code="form")


def _ask(uow: UnitOfWork, patient_id: bytes) -> Text:
    given = reaching.given(request.form)
    row = elsewhere.ask(uow, patient_id, until=_day("until"), **given)
    elsewhere.agree(uow, patient_id, row.id, version=row.version)
    return T_("From now on bills, letters and mails go there, and nowhere else.")


def _agree(uow: UnitOfWork, patient_id: bytes) -> Text:
    elsewhere.agree(uow, patient_id, _id(), version=forms.version())
    return T_("From now on bills, letters and mails go there, and nowhere else.")


def _decline(uow: UnitOfWork, patient_id: bytes) -> Text:
    elsewhere.decline(uow, patient_id, _id(), request.form.get("reason", ""), version=forms.version())
    return T_("The patient sees on their page why it cannot be done.")


def _back(uow: UnitOfWork, patient_id: bytes) -> Text:
    elsewhere.end_by_office(uow, patient_id, _id(), version=forms.version())
    return T_("Bills, letters and mails go to what is on record again.")


def _join(uow: UnitOfWork, patient_id: bytes) -> Text:
    together.join(uow, patient_id, together.by_number(uow, request.form.get("number", "")), version=forms.version())
    return T_("The next bill goes to that account.")


def _part(uow: UnitOfWork, patient_id: bytes) -> Text:
    together.part(uow, patient_id, version=forms.version())
    return T_("The next bill goes to the patient.")


def _died(uow: UnitOfWork, patient_id: bytes) -> Text:
    deaths.record(
        uow, patient_id, version=forms.version(), died_on=_day("died_on"), evidence=request.form.get("evidence", ""),
        told=request.form.get("told", ""),
    )  # fmt: skip
    proxies.end_all(uow, patient_id, "deceased")
    return T_("Recorded. Nobody is mailed or asked any more; letters go to the estate.")


def _mistaken(uow: UnitOfWork, patient_id: bytes) -> Text:
    deaths.take_back(uow, patient_id, version=forms.version())
    return T_("Taken back. The patient needs a new code to sign in.")


_STEPS: Final[Mapping[str, Callable[[UnitOfWork, bytes], Text]]] = MappingProxyType({
    "withdraw": _withdraw, "end": _end, "keep": _keep, "open": _open, "ask": _ask, "agree": _agree,
    "decline": _decline, "back": _back, "join": _join, "part": _part, "died": _died, "mistaken": _mistaken,
})  # fmt: skip


def _id() -> bytes:
    found = forms.id_of(request.form.get("id", ""))
    if found is None:
        raise Refused(_FORM, code="form")
    return found


def _day(name: str) -> date | None:
    """A day of a form; None where it was left empty. Raises Refused for what is no day."""
    written = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise Refused(_WRONG_DAY, code="dates") from None
