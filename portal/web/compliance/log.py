"""The log: searched in sentences, one entry with its proof, who saw a patient, exports, and the log's own state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from flask import Blueprint, request

from portal.access.policy import decide
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.auditing import exports, names, searching, upkeep, viewers, viewing
from portal.services.auditing.searching import Wanted
from portal.services.patients import searching as patients
from portal.services.patients.searching import Match
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import tries
from portal.web.compliance import pages
from portal.web.compliance.pages import ExportPage, LogPage, LogSearch
from portal.web.guard import Desk, desks, reads
from portal.web.replies import File, Page, Reply

blueprint = Blueprint("log", __name__, url_prefix="/log")

_ACTIONS = frozenset(code for code, _ in pages.ACTIONS)
_OUTCOMES = frozenset(code for code, _ in pages.OUTCOMES)


@blueprint.get("", endpoint="search")
@reads("audit:search", kind="query")
def search(uow: UnitOfWork) -> Reply:
    """Entries that fit the filter in the address; the search itself becomes an entry."""
    return _page(uow, _filter(request.args))


@blueprint.post("/patient")
@desks("audit:search")
def find_patient(desk: Desk) -> Reply:
    """Patients by MRN or the beginning of a name, to choose one; names are posted, and not too often."""
    q = request.form.get("q", "")
    if patients.by_name(q):
        tries.refuse_haste(desk.units, desk.actor, "audit:search", desk.request)
    with desk.read("audit:search", kind="query") as uow:
        return _page(uow, _filter({}), q.strip(), patients.matching(uow, q))


def _page(uow: UnitOfWork, search: LogSearch, q: str = "", matches: tuple[Match, ...] | None = None) -> Page:
    asked = uow.query  # what was searched for by name stays the search of this request
    found = searching.search(uow, _wanted(search, request.args))
    uow.query = asked or uow.query
    page = LogPage(
        search,
        found.patient_name,
        tuple(names.staff(uow)),
        pages.ACTIONS,
        pages.OUTCOMES,
        tuple(pages.entry(each) for each in found.entries),
        found.count,
        pages.health_line(upkeep.health(uow)),
        _may_export(uow),
        found.newer,
        found.older,
        q,
        matches,
    )
    return Page("compliance/log.html", page)


@blueprint.get("/<int:seq>")
@reads("audit:view")
def event(uow: UnitOfWork, seq: int) -> Reply:
    """One entry, all of it."""
    return Page("compliance/event.html", pages.event_page(viewing.event(uow, seq)))


@blueprint.get("/<int:seq>/proof")
@reads("audit:view")
def proof(uow: UnitOfWork, seq: int) -> Reply:
    """The proof of one entry, to be checked anywhere: numbers only."""
    return File(f"candor-log-{seq}.tlog-proof", "text/plain; charset=utf-8", viewing.tlog_proof(uow, seq).encode())


@blueprint.get("/patients/<id:patient_id>", endpoint="viewers")
@reads("audit:view")
def show_viewers(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """Everyone who saw a patient."""
    until = _day(request.args.get("to", "")) or uow.today()
    since = _day(request.args.get("from", "")) or until - timedelta(days=365)
    found = viewers.viewers_of(uow, patient_id, since, until)
    return Page("compliance/viewers.html", pages.viewers_page(patient_id, found, since, until))


@blueprint.get("/export", endpoint="export")
@reads("audit:export")
def ask_export(uow: UnitOfWork) -> Reply:
    """What an export would hold, and the question what it is for."""
    search = _filter(request.args)
    wanted = _wanted(search, {})
    page = ExportPage(exports.count(uow, wanted), searching.conditions(uow, wanted), search.pairs())
    return Page("compliance/export.html", page)


@blueprint.post("/export", endpoint="export_post")
@reads("audit:export", kind="export")
def export(uow: UnitOfWork) -> Reply:
    """The file, with the proof of every entry; its own entry is written before a byte of it leaves."""
    made = exports.make(uow, _wanted(_filter(request.form), {}), request.form.get("reason", ""))
    return File(made.name, "application/zip", made.body)


@blueprint.get("/health")
@reads("audit:view")
def health(uow: UnitOfWork) -> Reply:
    """Whether the log is signed, anchored and witnessed."""
    return Page("compliance/health.html", pages.health_page(upkeep.health(uow)))


def _may_export(uow: UnitOfWork) -> bool:
    decision = decide(uow.actor, "audit:export")
    return decision.allowed or decision.reason == "step-up-needed"


def _filter(given: Mapping[str, str]) -> LogSearch:
    """The filter of a form or an address; what is no such thing is left out."""
    patient, person = given.get("patient", ""), given.get("person", "")
    action, outcome = given.get("action", ""), given.get("outcome", "")
    return LogSearch(
        patient if _id(patient) else "",
        person[:100],
        action if action in _ACTIONS else "",
        outcome if outcome in _OUTCOMES else "",
        _day(given.get("from", "")),
        _day(given.get("to", "")),
    )


def _wanted(search: LogSearch, places: Mapping[str, str]) -> Wanted:
    return Wanted(
        _id(search.patient),
        search.person,
        search.action,
        int(search.outcome) if search.outcome else None,
        search.from_day,
        search.to_day,
        _number(places.get("before", "")),
        _number(places.get("after", "")),
    )


def _id(text: str) -> bytes | None:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == 16 else None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(T_("{day} is not a day. Write it as 2026-01-31.", day=text[:20]), code="no-such-day") from None
