"""The office's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.staff import (
    accounts,
    authorizations,
    bills,
    card_cases,
    charges,
    claims,
    codes,
    contacts,
    contracts,
    coverage,
    denials,
    deposits,
    details,
    documents,
    edits,
    encounters,
    imports,
    letters,
    partners,
    questions,
    queues,
    remittances,
    restrictions,
    sampling,
    statements,
)

blueprint = Blueprint("staff", __name__, url_prefix="/office")
for _word in (
    accounts, authorizations, bills, card_cases, charges, claims, codes, contacts, contracts, coverage, denials,
    deposits, details, documents, edits, encounters, imports, letters, partners, questions, queues, remittances, restrictions,
    sampling, statements,
):  # fmt: skip
    blueprint.register_blueprint(_word.blueprint)
blueprint.register_blueprint(queues.work_blueprint)
