"""Letters to payers: filled from a claim or an authorization, edited, made once, put on paper by a job, and noted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.access.actors import Actor
from portal.domain import letters
from portal.domain.contacts import CHANNELS, OUT, Contact, follow_up
from portal.domain.errors import Conflict, Refused
from portal.domain.letters import SENT_BY, TEMPLATES
from portal.domain.texts import T_, Text
from portal.models.contacts import LetterRow
from portal.models.practices import PracticeRow
from portal.services import outbox
from portal.services.attachments import taking
from portal.services.contacts import recording
from portal.services.contacts.desks import DeskItem, desks_of
from portal.services.contacts.items import people
from portal.services.contacts.letter_facts import facts_of, letterhead
from portal.services.contacts.recording import Kept
from portal.services.contacts.subjects import Subject, subject
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id

Say = Callable[[Text | str], str]
"""Turns a Text into a sentence; letters to payers are in English."""
LANGUAGE = "en_US"


@dataclass(frozen=True, slots=True)
class LetterForm:
    """See `templates/staff/contacts/letter.html`; `rows`, `practice_*` and `sender` stand on the letter as they are."""

    about: str
    about_id: str
    words: Text
    payer_id: str
    payer_name: str
    patient_name: str
    templates: tuple[tuple[str, Text], ...]
    template: str
    title: Text
    channels: tuple[tuple[str, Text], ...]
    desks: tuple[DeskItem, ...]
    practice_name: str
    practice_lines: tuple[str, ...]
    practice_phone: str
    made_on: date
    rows: tuple[tuple[Text, Text | str], ...]
    sender: str
    key: str
    data: Mapping[str, str]


def offer(uow: UnitOfWork, about: str, about_id: bytes, template: str, say: Say) -> LetterForm:
    """A letter filled in, to be edited; raises Refused for a template that is none, NotFound."""
    thing = _thing(uow, about, about_id)
    template = template or next(iter(TEMPLATES))
    facts, head = facts_of(uow, thing), letterhead(uow)
    draft = letters.fill(template, facts)
    desks = desks_of(uow, thing.payer_id)
    address = next((desk.lines for desk in desks if desk.lines), ())
    next_on = uow.today() + timedelta(days=TEMPLATES[template].days)
    data = {
        "template": template, "channel": "letter", "to": "\n".join((facts.payer_name, *address)),
        "subject": say(draft.subject), "body": "\n\n".join(say(each) for each in draft.paragraphs), "enclosures": "",
        "next_step": say(draft.next_step), "next_on": next_on.isoformat(),
    }  # fmt: skip
    return LetterForm(
        about, about_id.hex(), thing.words, thing.payer_id.hex(), facts.payer_name, facts.patient_name,
        tuple((name, each.title) for name, each in TEMPLATES.items()), template, TEMPLATES[template].title,
        tuple((name, CHANNELS[name]) for name in SENT_BY), desks, head.name, head.lines, head.phone, uow.today(),
        draft.rows, _sender(uow), new_id().hex(), data,
    )  # fmt: skip


def make(uow: UnitOfWork, about: str, about_id: bytes, given: Mapping[str, str], say: Say, *, key: str) -> Kept:
    """Make an edited letter: kept sealed, noted as a contact, its paper asked for, all in one.

    `key` names the form: the same form twice is one letter. Raises Refused whose code names the field, NotFound,
    Conflict for a form that was used for another letter.
    """
    thing = _thing(uow, about, about_id)
    letter = letters.read(given)
    next_step, next_on = follow_up(given, uow.today())
    facts, head = facts_of(uow, thing), letterhead(uow)
    sheet = {
        "practice": {"name": head.name, "lines": list(head.lines), "phone": head.phone}, "sender": _sender(uow),
        "number": facts.number,
        "made_on": uow.today().isoformat(),
    }  # fmt: skip
    body = letters.dump(letter, sheet, [(say(word), say(value)) for word, value in letters.rows(facts)])
    row, new = _keep(uow, thing, letter, body, key)
    contact = Contact(letter.channel, OUT, uow.today(), None, None, None, letter.subject, next_step, next_on)
    kept = recording.record(uow, about, about_id, contact, key=key, letter_id=row.id)
    if new:
        outbox.later(uow, "letter.paper", f"letter.paper:{row.id.hex()}", {"letter": row.id})
    return kept


def print_paper(units: Units, parts: Parts, actor: Actor, letter_id: bytes) -> None:
    """The job of the paper: made between units of work, sealed as a document of what it is about, once."""
    with units.read(actor, "letter:make") as uow:
        row = uow.get(LetterRow, letter_id)
        if row.document_id is not None:
            return
        content = uow.read(row, LetterRow.body_sealed)
        zone = uow.get(PracticeRow, row.practice_id).time_zone
    body = parts.paper.letter(content, language=LANGUAGE, time_zone=zone)
    with units.write(actor, "letter:make") as uow:
        row = uow.get(LetterRow, letter_id)
        if row.document_id is not None:
            return
        name = f"{row.template}-{content['made_on']}.pdf"
        taken = taking.take_in(uow, row.about, row.about_id, kind="letter", name=name, body=body)
        uow.change(row, document_id=taken.document_id)


def _keep(uow: UnitOfWork, thing: Subject, letter: letters.Letter, body: dict[str, Any], key: str) -> tuple[Any, bool]:
    standing = uow.first(uow.select(LetterRow).where(LetterRow.key == key))
    if standing is not None:
        if standing.about_id != thing.row.id or uow.read(standing, LetterRow.body_sealed) != body:
            raise Conflict(
                T_("This form made a letter already, and you changed it since. Open the form anew for another."),
                code="unique",
            )
        return standing, False
    row = uow.new(
        LetterRow, practice_id=uow.practice_id, patient_id=thing.patient_id, payer_id=thing.payer_id, about=thing.about,
        about_id=thing.row.id, template=letter.template, channel=letter.channel, body_sealed=body,
        made_by=uow.actor.identity, made_at=uow.now, key=key,
    )  # fmt: skip
    uow.flush()
    return row, True


def _thing(uow: UnitOfWork, about: str, about_id: bytes) -> Subject:
    thing = subject(uow, about, about_id)
    if thing.patient_id is None:
        raise Refused(T_("A letter is about a claim or an authorization."), code="about")
    return thing


def _sender(uow: UnitOfWork) -> str:
    return people(uow, [uow.actor.identity]).get(uow.actor.identity, "")
