"""Authorizations: the list, one of them with what can be done, a new request, and the rules about asking."""

from __future__ import annotations

from io import BytesIO
from itertools import zip_longest

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.granting import CHANNELS
from portal.domain.texts import T_, Text
from portal.services.attachments import showing as papers
from portal.services.authorizations import asking, deciding, listing, offering, requesting, rules, showing, typed
from portal.services.authorizations.requesting import TypedRequest
from portal.services.contacts import showing as contacts
from portal.services.intake.lines import TypedLine
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("authorizations", __name__, url_prefix="/authorizations")
_FOLLOWS: dict[str, tuple[str, Text]] = {
    "info_sent": ("INFO_SENT", T_("Noted: the payer has what it asked for.")),
    "peer": ("PEER_TO_PEER", T_("Noted: the clinicians talk.")),
    "appeal": ("APPEAL", T_("Noted: an appeal was filed.")),
}


@blueprint.get("", endpoint="list")
@reads("authorization:view")
def list_(uow: UnitOfWork) -> Reply:
    """Those of the practice, narrowed and paged by the address."""
    given = request.args
    places = {name: forms.id_of(given.get(name, "")) for name in ("before", "after")}
    return Page("staff/authorizations/list.html", listing.listed(uow, state=given.get("state", "")[:20], **places))


@blueprint.get("/new/<id:patient_id>")
@reads("authorization:request")
def new(uow: UnitOfWork, patient_id: bytes) -> Reply:
    """The form of a new request, from a visit or to extend an approval where the address names one."""
    visit, previous = (forms.id_of(request.args.get(name, "")) for name in ("visit", "extends"))
    page = offering.offer(uow, patient_id, visit_id=visit, previous_id=previous)
    return Page("staff/authorizations/new.html", page)


@blueprint.post("/new/<id:patient_id>", endpoint="create")
@desks("authorization:request")
def create(desk: Desk, patient_id: bytes) -> Reply:
    """Keep the request, and send it where that was pressed; or show the form again with what is wrong."""
    given, wanted = request.form, _typed()
    if given.get("do") == "enter":  # in a field: which of the buttons is meant is asked
        return _new(desk, patient_id, wanted, {})
    try:
        with desk.write("authorization:request") as uow:
            row = requesting.draft(uow, patient_id, wanted)
            id_ = row.id
    except Denied:
        raise
    except Refused as refused:
        return _new(desk, patient_id, wanted, {"": [refused.text]})
    here = url_for("staff.authorizations.show", authorization_id=id_)
    if given.get("do") == "send":
        return _send(desk, id_, None)
    return Go(here, T_("Kept. It is to be sent, or entered once the payer was called."))


def _new(desk: Desk, patient_id: bytes, wanted: TypedRequest, errors: dict[str, list[Text]]) -> Page:
    """The form as it was typed, with what is wrong with it."""
    with desk.read("authorization:request") as uow:
        page = offering.offer(uow, patient_id, visit_id=wanted.encounter_id, previous_id=wanted.previous_id)
    more = {"form": forms.Form(request.form, errors), "typed": wanted.services}
    return Page("staff/authorizations/new.html", page, more, 422 if errors else 200)


@blueprint.get("/<id:authorization_id>")
@reads("authorization:view")
def show(uow: UnitOfWork, authorization_id: bytes) -> Reply:
    """One of them."""
    return _shown(uow, authorization_id)


def _shown(uow: UnitOfWork, authorization_id: bytes, wrong: Refused | None = None) -> Page:
    """One of them; after a refusal with what was typed and what is wrong."""
    page, part = showing.show(uow, authorization_id), papers.listed(uow, "authorization", authorization_id)
    more = {"documents": part, "contacts": contacts.part(uow, "authorization", authorization_id)}
    if wrong is None:
        return Page("staff/authorizations/show.html", page, more)
    again = {"wrong": wrong, "form": forms.Form(request.form.to_dict())}
    return Page("staff/authorizations/show.html", page, more | again, 422)


@blueprint.post("/<id:authorization_id>")
@desks("authorization:request")
def act(desk: Desk, authorization_id: bytes) -> Reply:
    """Whatever button was pressed; where it is refused, the page as it was typed, with what is wrong."""
    version = forms.version()
    try:
        return _act(desk, authorization_id, version)
    except Denied:
        raise
    except Refused as refused:
        with desk.read("authorization:view") as uow:
            return _shown(uow, authorization_id, refused)


def _act(desk: Desk, authorization_id: bytes, version: int) -> Reply:
    """Each step asks for its own permission."""
    do = request.form.get("do", "")
    note = request.form.get("note", "").strip()
    here = url_for("staff.authorizations.show", authorization_id=authorization_id)
    match do:
        case "send":
            return _send(desk, authorization_id, version)
        case "cancel":
            with desk.write("authorization:request") as uow:
                reason = request.form.get("reason", "")
                row = requesting.cancel(uow, authorization_id, reason, note=note, expected_version=version)
                told = row.asked > 0
            if told:
                return Go(here, T_("Taken back. Tell the payer, who was asked for it already."), "wait")
            return Go(here, T_("Taken back. It was not sent."))
        case "info_sent" | "peer" | "appeal":
            to, text = _FOLLOWS[do]
            with desk.write("authorization:request") as uow:
                requesting.follow_up(uow, authorization_id, to, note=note, expected_version=version)
            return Go(here, text)
        case "seen":
            with desk.write("authorization:request") as uow:
                requesting.seen(uow, authorization_id, expected_version=version)
            return Go(here, T_("Noted. It waits for nobody any more."))
        case "answer":
            return _enter(desk, authorization_id, version)
    raise Refused(T_("This form is not complete. Open the page again."), code="form")


@blueprint.get("/rules", endpoint="rules")
@reads("authorization:edit")
def show_rules(uow: UnitOfWork) -> Reply:
    """Which services payers want to be asked for."""
    payer = request.args.get("payer", "")
    payer = payer if payer == "*" or forms.id_of(payer) is not None else ""
    return Page("staff/authorizations/rules.html", rules.show(uow, payer=payer, code=request.args.get("code", "")))


@blueprint.post("/rules", endpoint="change_rules")
@desks("authorization:edit")
def change_rules(desk: Desk) -> Reply:
    """Add a rule, take one out, or load a file."""
    here, do = url_for("staff.authorizations.rules"), request.form.get("do", "")
    try:
        with desk.write("authorization:edit") as uow:
            if do == "load":
                return Go(here, _load(uow))
            if do == "out":
                rule_id = forms.id_of(request.form.get("rule", ""))
                rules.take_out(uow, rule_id or bytes(16), expected_version=forms.version())
                return Go(here, T_("The rule is taken out. Claims that are checked from now on follow."))
            rules.add(uow, request.form)
            return Go(here, T_("The rule is kept. Claims that are checked from now on follow it."))
    except Denied:
        raise
    except Refused as refused:
        return Go(here, refused.text, "stop")


def _load(uow: UnitOfWork) -> Text:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Refused(T_("Choose a file first."), code="file")
    done = rules.load(uow, BytesIO(given.read()), given.filename)
    return T_(
        "Loaded: {total} rules, {added} new, {changed} changed, {retired} taken out.", total=done.total,
        added=done.added, changed=done.changed, retired=done.retired,
    )  # fmt: skip


def _send(desk: Desk, id_: bytes, version: int | None) -> Reply:
    here = url_for("staff.authorizations.show", authorization_id=id_)
    try:
        went = asking.ask(
            desk.units, desk.parts, desk.actor, id_, expected_version=version, request=desk.request
        )  # fmt: skip
    except Denied:
        raise
    except Refused as refused:
        return Go(here, refused.text, "stop")
    if not went:
        return Go(here, T_("The partner's folder does not answer. The request is kept and goes by itself."), "wait")
    return Go(here, T_("The payer is asked. Its answer comes here by itself."))


def _enter(desk: Desk, id_: bytes, version: int) -> Reply:
    here = url_for("staff.authorizations.show", authorization_id=id_)
    channel = request.form.get("channel", "")
    if channel not in CHANNELS or channel in {"278", "payer"} or request.form.get("action") not in showing.ANSWERS:
        raise Refused(T_("Say what the payer answered, and how."), code="answer")
    answer = typed.read_answer(request.form, channel)
    with desk.write("authorization:answer") as uow:
        deciding.enter(uow, id_, answer, expected_version=version)
    return Go(here, T_("The payer's answer is kept."))


def _typed() -> TypedRequest:
    given = request.form
    columns = [given.getlist(name)[:40] for name in ("code", "modifiers", "units")]
    return TypedRequest(
        coverage_id=forms.id_of(given.get("coverage", "")),
        provider_id=forms.id_of(given.get("provider", "")),
        encounter_id=forms.id_of(given.get("visit", "")),
        previous_id=forms.id_of(given.get("extends", "")),
        first=given.get("from", ""),
        last=given.get("to", ""),
        place=given.get("place", "").strip(),
        urgency=given.get("urgency", ""),
        retroactive=given.get("retroactive", ""),
        diagnoses=given.get("diagnoses", "")[:400].replace(",", " ").split(),
        services=[
            TypedLine(str(n), code[:20], modifiers[:40], "", units[:20])
            for n, (code, modifiers, units) in enumerate(zip_longest(*columns, fillvalue=""), 1)
        ],
        message=given.get("message", ""),
    )
