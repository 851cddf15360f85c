"""Trading partners of every practice, for whoever sets them up by command."""

from __future__ import annotations

from flask import Blueprint

from portal.services.files import partners
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.replies import Page, Reply

blueprint = Blueprint("partners", __name__, url_prefix="/partners")


@blueprint.get("", endpoint="list")
@reads("partner:edit")
def list_(uow: UnitOfWork) -> Reply:
    """All partners."""
    return Page("staff/partners/list.html", partners.listed(uow))
