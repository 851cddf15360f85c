"""The office's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.staff import (
    accounts,
    charges,
    claims,
    codes,
    coverage,
    denials,
    deposits,
    documents,
    encounters,
    imports,
    queues,
    remittances,
    statements,
)

blueprint = Blueprint("staff", __name__, url_prefix="/office")
for _word in (
    accounts, charges, claims, codes, coverage, denials, deposits, documents, encounters, imports, queues, remittances,
    statements,
):  # fmt: skip
    blueprint.register_blueprint(_word.blueprint)
blueprint.register_blueprint(queues.work_blueprint)
