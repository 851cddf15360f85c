"""The office's pages."""

from __future__ import annotations

from flask import Blueprint

from portal.web.staff import charges, claims, codes, encounters, imports, queues, statements

blueprint = Blueprint("staff", __name__, url_prefix="/work")
for _word in (charges, claims, codes, encounters, imports, queues, statements):
    blueprint.register_blueprint(_word.blueprint)
blueprint.register_blueprint(queues.work_blueprint)
