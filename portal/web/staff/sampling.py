"""Which visits are checked a second time, and how exact the work was that was checked."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.sampling import CHARGES, CODING
from portal.domain.texts import T_
from portal.services.sampling import figures, rules
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("sampling", __name__, url_prefix="/checks")


@blueprint.get("/codes")
@reads("encounter:sample")
def codes(uow: UnitOfWork) -> Reply:
    """Which visits the coding manager checks."""
    return Page("staff/sampling/rules.html", rules.show(uow, CODING))


@blueprint.post("/codes", endpoint="keep_codes")
@desks("encounter:sample")
def keep_codes(desk: Desk) -> Reply:
    """Add or end a rule for the codes."""
    return _keep(desk, "encounter:sample", CODING)


@blueprint.get("/codes/figures")
@reads("encounter:sample")
def code_figures(uow: UnitOfWork) -> Reply:
    """How exact each coder's codes were."""
    return Page("staff/sampling/figures.html", figures.show(uow, CODING, *_period()))


@blueprint.get("/charges")
@reads("charge:sample")
def charges(uow: UnitOfWork) -> Reply:
    """Which visits the QA auditor checks, and when charges are late."""
    return Page("staff/sampling/rules.html", rules.show(uow, CHARGES))


@blueprint.post("/charges", endpoint="keep_charges")
@desks("charge:sample")
def keep_charges(desk: Desk) -> Reply:
    """Add or end a rule for the charges, or say when they are late."""
    return _keep(desk, "charge:sample", CHARGES)


@blueprint.get("/charges/figures")
@reads("charge:sample")
def charge_figures(uow: UnitOfWork) -> Reply:
    """How exact each clerk's entries were, and how many charges were late."""
    return Page("staff/sampling/figures.html", figures.show(uow, CHARGES, *_period()))


def _keep(desk: Desk, permission: str, check: str) -> Reply:
    here = url_for(f"staff.sampling.{'codes' if check == CODING else 'charges'}")
    do = request.form.get("do", "")
    try:
        with desk.write(permission) as uow:
            if do == "end":
                rules.end(uow, check, forms.id_of(request.form.get("rule", "")) or b"", forms.version())
                return Go(here, T_("The rule has ended. It holds for no visit from now on."))
            if do == "late" and check == CHARGES:
                rules.set_late(uow, request.form.get("days", ""), forms.version())
                return Go(here, T_("Kept."))
            rules.add(uow, check, request.form)
    except Denied:
        raise
    except Refused as refused:
        with desk.read(permission) as uow:
            page = rules.show(uow, check)
        field = "days" if refused.code == "late-days" else "rule"
        form = forms.Form(request.form.to_dict(), {field: [refused.text]})
        return Page("staff/sampling/rules.html", page, {"form": form}, 422)
    return Go(here, T_("The rule holds from now on."))


def _period() -> tuple[date | None, date | None]:
    first, last = (_day(request.args.get(name, "")) for name in ("first", "last"))
    return first, last


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 < found.year < 2200 else None
