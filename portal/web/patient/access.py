"""Who looked at the record, by day and person; and the file with which its reader checks us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import request, session

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.language.speaker import LOCALES, Speaker
from portal.services.auditing import access_report
from portal.services.auditing.access_report import Report, Wanted
from portal.services.statements import home
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.patient.blueprint import blueprint
from portal.web.replies import File, Page, Reply
from portal.web.shell import speaker

_README = (
    T_("Who looked at your record, and how to check this list"),
    T_(
        "report.csv is the list. Each line is one look at your record, or one change of it: its number in our "
        "log, when (in universal time), who as a number, in which work, what was done, what for; then the same "
        "in words."
    ),
    T_(
        "proof.json shows for each line that it stands in our log just so. When something is written in our "
        "log, a number is worked out from its words. These numbers are put together, two by two, into one "
        "number for the whole log. We sign that number, and keep it with others outside this system. If we "
        "changed, added or took away a single line later, that number would be another one, and the signature "
        "would not fit."
    ),
    T_(
        "To check it, take the program Candor, which is free and whose text anybody may read, and run: ./candor"
        " audit check-report FILE --key verifier.key. It needs no connection to us. It says how many lines are "
        "proved, and names each one that does not fit."
    ),
    T_(
        "verifier.key is our public key. If it came with this file, ask our privacy officer to read it to you, "
        "or compare it with that of somebody else who has such a list: only then you need not believe this "
        "file."
    ),
    T_(
        "Some lines are about other patients too, as when somebody opened a list of bills. Of those we give the"
        " number and the proof that the line is in the log. We cannot give you its words as they stand there, "
        "because they name others. The Office for Civil Rights may look at them."
    ),
    T_(
        "The newest lines may not be signed yet. Take the list again in a minute. The log has numbers for "
        "people and not their names: the name beside a number is what we say it is."
    ),
)  # fmt: skip
"""What lies in the file beside the list, for whoever takes it."""


@dataclass(frozen=True, slots=True)
class AccessPage:
    """See `templates/patient/access.html`; `filters` are what the page's links carry on."""

    report: Report
    filters: Mapping[str, str]


@blueprint.get("/access", endpoint="access")
@reads("access-report:view")
def show_access(uow: UnitOfWork) -> Page:
    """Who looked at the record, in sentences, by day."""
    patient_id = home.chosen(uow, session.get("who", ""))
    wanted = _wanted()
    filters = {name: request.values[name] for name in ("from", "to", "machines") if request.values.get(name)}
    found = access_report.report_of(uow, patient_id, wanted, home.time_zone(uow, patient_id))
    return Page("patient/access.html", AccessPage(found, filters))


@blueprint.post("/access", endpoint="access_report")
@desks("access-report:view")
def take_report(desk: Desk) -> Reply:
    """The list as a file, with the proof of each line; its own entry is written before a byte of it leaves."""
    wanted = _wanted()
    keys = desk.parts.anchor_file.parent / "verifier.key"
    beside = {"README.txt": _explained().encode()}
    if keys.is_file():  # a machine that only serves pages may not have it; the office tells it then
        beside["verifier.key"] = keys.read_bytes()
    with desk.read("access-report:view", kind="export") as uow:
        patient_id = home.chosen(uow, session.get("who", ""))
        zone = home.time_zone(uow, patient_id)
        made = access_report.download(uow, patient_id, wanted, zone, speaker().text, beside)
    return File(made.name, "application/zip", made.body)


def _explained() -> str:
    """How to check the file, in every language of ours."""
    said = [Speaker(locale, "UTC") for locale in LOCALES]
    return "\n\n----\n\n".join("\n\n".join(one.text(each) for each in _README) for one in said) + "\n"


def _wanted() -> Wanted:
    before = request.values.get("before", "")
    plain = before.isascii() and before.isdigit() and len(before) < 16
    since, until = _day("from"), _day("to")
    if since and until and until < since:
        raise Refused(T_("The first day is after the last one."), code="dates")
    return Wanted(since, until, request.values.get("machines") == "1", int(before) if plain else None)


def _day(name: str) -> date | None:
    text = request.values.get(name, "")
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 1900 < found.year < 9000:
        raise Refused(T_("{day} is not a day. Write it as 2026-01-31.", day=text[:20]), code="no-such-day")
    return found
