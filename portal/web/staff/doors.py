"""The office's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.staff import (
    accounts,
    authorizations,
    bills,
    charges,
    claims,
    codes,
    coverage,
    denials,
    deposits,
    documents,
    encounters,
    imports,
    questions,
    queues,
    remittances,
    sampling,
    statements,
)

blueprint = Blueprint("staff", __name__, url_prefix="/office")
for _word in (
    authorizations,
    accounts, bills, charges, claims, codes, coverage, denials, deposits, documents, encounters, imports, questions,
    queues, remittances, sampling, statements,
):  # fmt: skip
    blueprint.register_blueprint(_word.blueprint)
blueprint.register_blueprint(queues.work_blueprint)
