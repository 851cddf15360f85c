"""The office's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.staff import (
    account_holds,
    accounts,
    assistance,
    authorizations,
    bills,
    calls,
    card_cases,
    charges,
    claims,
    codes,
    collection,
    consents,
    contacts,
    contracts,
    coverage,
    denials,
    deposits,
    details,
    documents,
    dunning,
    edits,
    encounters,
    imports,
    letters,
    messages,
    notices,
    partners,
    people,
    plans,
    questions,
    queues,
    remittances,
    restrictions,
    sampling,
    statements,
)

blueprint = Blueprint("staff", __name__, url_prefix="/office")
for _word in (
    assistance,
    account_holds, accounts, authorizations, bills, calls, card_cases, charges, claims, codes, collection, consents,
    contacts, contracts, coverage, denials, deposits, details, documents, dunning, edits, encounters, imports, letters,
    messages, notices, partners, people, plans, questions, queues, remittances, restrictions, sampling, statements,
):  # fmt: skip
    blueprint.register_blueprint(_word.blueprint)
blueprint.register_blueprint(queues.work_blueprint)
