"""How we reach a patient: addresses as they are on record, language, and what they agreed to."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from portal.domain.consents import LANGUAGES, WORDINGS
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services import consents
from portal.services.consents import ChoiceItem
from portal.services.dunning import showing
from portal.services.dunning.showing import NoticeItem
from portal.services.patients import changing
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads, writes
from portal.web.patient.account import whose
from portal.web.patient.blueprint import blueprint
from portal.web.replies import Go, Page
from portal.web.shell import speaker


@dataclass(frozen=True, slots=True)
class ContactPage:
    """See `templates/patient/contact.html`."""

    values: dict[str, str]
    language: str
    languages: tuple[tuple[str, Text], ...]
    choices: tuple[ChoiceItem, ...]
    sent: tuple[NoticeItem, ...]


@blueprint.get("/contact", endpoint="contact")
@reads("own-contact:view")
def show(uow: UnitOfWork) -> Page:
    """Addresses, language, what is agreed to, and what was sent."""
    patient_id = whose(uow)
    _version, _name, values = changing.current(uow, patient_id)
    page = ContactPage(
        values, changing.language(uow, patient_id), tuple(LANGUAGES.items()),
        consents.choices(uow, patient_id), showing.own(uow, patient_id),
    )  # fmt: skip
    return Page("patient/contact.html", page)


@blueprint.post("/contact/choice", endpoint="choose_contact")
@writes("own-contact:change")
def choose(uow: UnitOfWork) -> Go:
    """Keep a choice, with the words as this reader read them; pressed twice it is one."""
    channel = request.form.get("channel", "")
    if channel not in WORDINGS:
        raise Refused(T_("There is no such choice."), code="channel")
    said = speaker()
    allow = request.form.get("allow") == "1"
    consents.choose(
        uow,
        whose(uow),
        channel,
        allow=allow,
        by="portal",
        language=said.locale,
        words=said.text(WORDINGS[channel].text),
    )
    return Go(url_for("patient.contact"), T_("Your choice is kept.") if allow else T_("We stop this from now on."))


@blueprint.post("/contact/language", endpoint="choose_language")
@writes("own-contact:change")
def speak(uow: UnitOfWork) -> Go:
    """Bills, letters and mails come in this language from now on."""
    changing.speak(uow, whose(uow), request.form.get("language", ""))
    return Go(url_for("patient.contact"), T_("Your language is kept. Bills and letters follow it from now on."))
