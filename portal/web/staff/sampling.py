"""Which visits are checked a second time, and how exact the work was that was checked."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request, url_for

from portal.domain.errors import NotFound, Refused
from portal.domain.sampling import CHARGES, CODING
from portal.domain.texts import T_, Text
from portal.services.sampling import changes, figures, rules
from portal.services.sampling import own as own_figures
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
    """Propose a change of the rules for the codes, or decide one."""
    return _keep(desk, "encounter:sample", CODING)


@blueprint.get("/codes/figures")
@reads("encounter:sample")
def code_figures(uow: UnitOfWork) -> Reply:
    """How exact each coder's codes were."""
    return Page("staff/sampling/figures.html", figures.show(uow, CODING, *_period()))


@blueprint.get("/own")
@reads("encounter:code")
def own(uow: UnitOfWork) -> Reply:
    """How exact the codes were of whoever looks, and what was found in which visits."""
    return Page("staff/sampling/own.html", own_figures.show(uow, CODING))


@blueprint.get("/own-charges", endpoint="own_charges")
@reads("charge:enter")
def own_charges(uow: UnitOfWork) -> Reply:
    """How exact the charges were of whoever looks, and what the audit found in which visits."""
    return Page("staff/sampling/own.html", own_figures.show(uow, CHARGES))


@blueprint.get("/charges")
@reads("charge:sample")
def charges(uow: UnitOfWork) -> Reply:
    """Which visits the QA auditor checks, and when charges are late."""
    return Page("staff/sampling/rules.html", rules.show(uow, CHARGES))


@blueprint.post("/charges", endpoint="keep_charges")
@desks("charge:sample")
def keep_charges(desk: Desk) -> Reply:
    """Propose a change of the rules for the charges, decide one, or say when charges are late."""
    return _keep(desk, "charge:sample", CHARGES)


@blueprint.get("/charges/figures")
@reads("charge:sample")
def charge_figures(uow: UnitOfWork) -> Reply:
    """How exact each clerk's entries were, and how many charges were late."""
    return Page("staff/sampling/figures.html", figures.show(uow, CHARGES, *_period()))


def _keep(desk: Desk, permission: str, check: str) -> Reply:
    here = url_for(f"staff.sampling.{'codes' if check == CODING else 'charges'}")
    try:
        with desk.write(permission) as uow:
            told = _done(uow, check, request.form.get("do", ""))
    except Denied:
        raise
    except Refused as refused:
        with desk.read(permission) as uow:
            page = rules.show(uow, check)
        form = forms.Form(request.form.to_dict(), {_FIELDS.get(refused.code, "rule"): [refused.text]})
        return Page("staff/sampling/rules.html", page, {"form": form}, 422)
    return Go(here, told)


_FIELDS = {
    "late-days": "days", "words": "change", "note-too-long": "change", "guard:another": "change", "guard:own": "change",
}  # fmt: skip
"""Where a refusal stands on the page, by its code; else with the rule that was typed."""


def _done(uow: UnitOfWork, check: str, do: str) -> Text:
    """Do one step with the rules, and what is said of it then."""
    if do not in {"end", "agree", "turn-down", "take-back", "late"}:
        changes.propose(uow, check, request.form)
        return T_("Proposed. The rule holds from when a second person agrees.")
    change, version = forms.id_of(request.form.get("change", "")) or b"", forms.version()
    match do:
        case "end":
            changes.propose_end(uow, check, forms.id_of(request.form.get("rule", "")) or b"", version)
            return T_("Proposed. The rule holds until a second person agrees that it ends.")
        case "agree":
            changes.agree(uow, check, change, version)
            return T_("Agreed. It counts for every visit from now on.")
        case "turn-down":
            changes.turn_down(uow, check, change, version, request.form.get("words", ""))
            return T_("Turned down. The rules stay as they are.")
        case "take-back":
            changes.take_back(uow, check, change, version)
            return T_("Taken back. The rules stay as they are.")
    if check != CHARGES:
        raise NotFound(T_("When charges are late is said with the rules for charges."), code="not-found")
    rules.set_late(uow, request.form.get("days", ""), version)
    return T_("Kept.")


def _period() -> tuple[date | None, date | None]:
    first, last = (_day(request.args.get(name, "")) for name in ("first", "last"))
    return first, last


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 < found.year < 2200 else None
