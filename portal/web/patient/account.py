"""A patient's account: the first page, bills, visits, documents, and who looked."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, request, session

from portal.services import documents
from portal.services.auditing import looks
from portal.services.coverage import own
from portal.services.messages import showing as messages
from portal.services.payments import showing as payments
from portal.services.statements import changes, explaining, home, showing, visits
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.patient.blueprint import blueprint
from portal.web.replies import File, Page

_LOOKS = 3


def whose(uow: UnitOfWork) -> bytes:
    """The patient these pages are about; `?who=` chooses another one that this sign-in stands for."""
    wanted = request.args.get("who", "")
    found = home.chosen(uow, wanted or session.get("who", ""))
    if wanted and session.get("who") != found.hex():
        session["who"] = found.hex()
    return found


@blueprint.get("/", endpoint="home")
@reads("home:view")
def show_home(uow: UnitOfWork) -> Page:
    """One number, why, and what to do."""
    patient_id = whose(uow)
    page = home.home_page(uow, patient_id)
    if patient_id in uow.actor.own_patients:
        found = looks.looks_of(uow, patient_id).looks
        page = replace(page, looks=tuple(each for each in found if not each.own)[:_LOOKS])
    more = {
        "plans": own.plans(uow, patient_id), "changes": changes.changes(uow, patient_id),
        "todo": messages.waiting(uow, patient_id), "under_way": payments.under_way(uow, [patient_id]),
        "has_help": "patient.help" in current_app.view_functions,
        "has_plans": "patient.plans" in current_app.view_functions,
    }  # fmt: skip
    return Page("patient/home.html", page, more)


@blueprint.get("/statements/<id:statement_id>", endpoint="statement")
@reads("own-statement:view")
def show_statement(uow: UnitOfWork, statement_id: bytes) -> Page:
    """One bill, the same as on paper."""
    page = showing.statement_page(uow, statement_id)
    today = uow.today(home.practice_of(uow, bytes.fromhex(page.patient_id)))
    return Page("patient/statement.html", page, {"overdue": page.due_on < today})


@blueprint.get("/visits", endpoint="visits")
@reads("own-visit:view")
def show_visits(uow: UnitOfWork) -> Page:
    """Every visit, each with what is left to pay."""
    page = visits.visits_page(
        uow, whose(uow), before=request.args.get("before", ""), after=request.args.get("after", "")
    )
    return Page("patient/visits.html", page)


@blueprint.get("/visits/<id:encounter_id>", endpoint="visit")
@reads("own-visit:view")
def show_visit(uow: UnitOfWork, encounter_id: bytes) -> Page:
    """One visit, service by service: how its sums come about, and what the plan said of it."""
    return Page("patient/visit.html", explaining.visit_page(uow, encounter_id))


@blueprint.get("/documents", endpoint="documents")
@reads("own-document:view")
def show_documents(uow: UnitOfWork) -> Page:
    """Bills and letters."""
    return Page("patient/documents.html", showing.documents_page(uow, whose(uow)))


@blueprint.get("/documents/<id:document_id>", endpoint="document")
@reads("own-document:view")
def download(uow: UnitOfWork, document_id: bytes) -> File:
    """One document, as it was made."""
    found = documents.fetch(uow, document_id)
    return File(found.name, found.media_type, found.body)
