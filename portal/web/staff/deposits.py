"""Deposits: what arrived, and what explains it."""

from __future__ import annotations

from flask import Blueprint, request

from portal.services import deposits
from portal.services.remittances import words
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import reads
from portal.web.replies import Page, Reply

blueprint = Blueprint("deposits", __name__, url_prefix="/deposits")


@blueprint.get("", endpoint="list")
@reads("deposit:view")
def list_(uow: UnitOfWork) -> Reply:
    """Checks and transfers, the newest first."""
    page = deposits.list_deposits(uow, before=request.args.get("before", ""))
    return Page("staff/deposits/list.html", page, {"adjustment": words.adjustment})
