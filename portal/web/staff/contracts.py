"""Contracts with payers: which days hold, and keeping them."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.contracts import keeping
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("contracts", __name__, url_prefix="/contracts")


@blueprint.get("", endpoint="list")
@reads("contract:view")
def list_(uow: UnitOfWork) -> Reply:
    """Every payer with the days that hold."""
    return Page("staff/contracts/list.html", keeping.list_contracts(uow))


@blueprint.get("/<id:payer_id>")
@reads("contract:view")
def show(uow: UnitOfWork, payer_id: bytes) -> Reply:
    """The contracts with one payer."""
    return Page("staff/contracts/show.html", keeping.show_payer(uow, payer_id))


@blueprint.post("/<id:payer_id>")
@desks("contract:edit")
def keep(desk: Desk, payer_id: bytes) -> Reply:
    """Keep a contract; what was typed comes back with what is wrong with it."""
    seen = forms.version()
    try:
        with desk.write("contract:edit") as uow:
            keeping.keep(uow, payer_id, request.form, number=seen)
    except Denied:
        raise
    except Refused as refused:
        if refused.code != "contract":
            raise
        with desk.read("contract:view") as uow:
            page = keeping.show_payer(uow, payer_id)
        form = forms.Form(dict(request.form.items()), {"form": [refused.text]})
        return Page("staff/contracts/show.html", page, {"form": form}, status=422)
    text = T_("Kept. Limits of claims and denials follow by themselves, which may take a minute.")
    return Go(url_for("staff.contracts.show", payer_id=payer_id), text)
