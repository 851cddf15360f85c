"""Claims: the list, one of them with what can be done about it, each as it was sent, and sending."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services.attachments import showing as papers
from portal.services.authorizations import listing as asked
from portal.services.claims import (
    asking,
    checking,
    correcting,
    listing,
    passing,
    restoring,
    sending,
    showing,
    standing,
    statuses,
    steps,
    turns,
)
from portal.services.claims.sending import Sending
from portal.services.contacts import showing as contacts
from portal.services.encounters import details
from portal.services.messages import desk as messages
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("claims", __name__, url_prefix="/claims")


@blueprint.get("", endpoint="list")
@reads("claim:view")
def list_(uow: UnitOfWork) -> Reply:
    """Claims, narrowed and paged by the address."""
    given = request.args
    search = listing.ClaimSearch(*(given.get(name, "")[:40] for name in ("state", "payer", "number")))
    places = {name: given.get(name, "") for name in ("before", "after")}
    return Page("staff/claims/list.html", listing.list_claims(uow, search, **places))


@blueprint.get("/<id:claim_id>")
@reads("claim:view")
def show(uow: UnitOfWork, claim_id: bytes) -> Reply:
    """One claim."""
    page, part = showing.show_claim(uow, claim_id), papers.listed(uow, "claim", claim_id)
    granted = asked.of_patient(uow, bytes.fromhex(page.patient_id))
    stands = standing.part_of(uow, claim_id)
    said = contacts.part(uow, "claim", claim_id)
    more: dict[str, Any] = {"documents": part, "authorizations": granted, "standing": stands, "contacts": said}
    more["messages"] = messages.part_about(uow, "claim", claim_id)
    more["payers"] = turns.part_of(uow, claim_id)
    more["details"] = details.part_of(uow, bytes.fromhex(page.encounter_id))
    return Page("staff/claims/show.html", page, more)


@blueprint.get("/<id:claim_id>/versions/<int:number>")
@reads("claim:view")
def snapshot(uow: UnitOfWork, claim_id: bytes, number: int) -> Reply:
    """One version as it was sent."""
    return Page("staff/claims/snapshot.html", showing.show_snapshot(uow, claim_id, number))


@blueprint.post("/<id:claim_id>")
@desks("claim:edit")
def act(desk: Desk, claim_id: bytes) -> Reply:
    """Whatever button was pressed; each step asks for its own permission."""
    do, version = request.form.get("do", ""), forms.version()
    reason, note = request.form.get("reason", ""), request.form.get("note", "").strip()
    here = url_for("staff.claims.show", claim_id=claim_id)
    match do:
        case "send":
            return _told(_send(desk, only=claim_id), here)
        case "check":
            with desk.write("claim:edit") as uow:
                return _checked(checking.run_edits(uow, claim_id, expected_version=version), here)
        case "release":
            with desk.write("claim:release") as uow:
                return _checked(steps.release(uow, claim_id, note=note, expected_version=version), here)
        case "ready":
            with desk.write("claim:edit") as uow:
                return _checked(steps.rework(uow, claim_id, reason, note=note, expected_version=version), here)
        case "hold":
            with desk.write("claim:hold") as uow:
                steps.hold(uow, claim_id, reason, note=note, expected_version=version)
            return Go(here, T_("Held. It is not sent until it is released."))
        case "draft":
            with desk.write("claim:edit") as uow:
                steps.return_to_coding(uow, claim_id, reason, note=note, expected_version=version)
            return Go(here, T_("Sent back to coding. The claim follows when the visit is cleared again."))
        case "seen":
            with desk.write("claim:edit") as uow:
                correcting.seen(uow, claim_id, expected_version=version)
            return Go(here, T_("Settled. It waits in no queue for this any more."))
        case "restore":
            with desk.write("claim:edit") as uow:
                restoring.restore(uow, claim_id, reason, note=note, expected_version=version)
            return Go(here, T_("Sent back to coding with what the payer has. It passes the same hands again."))
        case "replace" | "void":
            return _begun(desk, do, claim_id, reason, note, version)
        case "approve" | "recheck" | "refused" | "give_up":
            return _went_on(desk, do, claim_id, reason, note, version)
        case "pass" | "take_up":
            return _further(desk, do, claim_id, reason, note, version)
        case "ask" | "lost" | "supplied":
            return _with_payer(desk, do, claim_id, version)
    raise Refused(T_("This form is not complete. Open the page again."), code="form")


def _further(desk: Desk, do: str, claim_id: bytes, reason: str, note: str, version: int) -> Reply:
    """A further payer is not billed after all, or is."""
    here = url_for("staff.claims.show", claim_id=claim_id)
    with desk.write("claim:edit") as uow:
        if do == "take_up":
            return _checked(passing.take_up(uow, claim_id, note=note, expected_version=version), here)
        behind = passing.pass_over(uow, claim_id, reason, note=note, expected_version=version)
        following = None if behind is None else behind.id
    if following is None:
        return Go(here, T_("This payer is not billed. What waited for it is not with it any more."))
    return Go(
        url_for("staff.claims.show", claim_id=following),
        T_("This payer is not billed. The one behind it is: see here."),
    )


def _with_payer(desk: Desk, do: str, claim_id: bytes, version: int) -> Reply:
    """The payer is asked where a claim stands, or what it said of that is followed."""
    here = url_for("staff.claims.show", claim_id=claim_id)
    if do == "lost":
        with desk.write("claim:acknowledge") as uow:
            statuses.lost(uow, claim_id, expected_version=version)
        return Go(here, T_("It counts as not arrived. Make it ready and send it again."), "wait")
    if do == "supplied":
        with desk.write("claim:acknowledge") as uow:
            statuses.supplied(uow, claim_id, expected_version=version)
        return Go(here, T_("Recorded. The claim is with the payer again."))
    done = asking.ask_claim(
        desk.units, desk.parts, desk.actor, claim_id, expected_version=version, request=desk.request
    )  # fmt: skip
    if not done.sent:
        return Go(here, T_("The partner's folder does not answer. The question is kept and goes by itself."), "wait")
    return Go(here, T_("The payer is asked. Its answer comes here by itself."))


def _begun(desk: Desk, do: str, claim_id: bytes, reason: str, note: str, version: int) -> Reply:
    """A replacement or void of a claim that the payer has."""
    here = url_for("staff.claims.show", claim_id=claim_id)
    if do == "void":
        with desk.write("claim:void") as uow:
            correcting.ask_void(uow, claim_id, reason, note=note, expected_version=version)
        return Go(here, T_("A manager is asked to approve the void. The claim stands until then."), "wait")
    with desk.write("claim:edit") as uow:
        row = correcting.start_replacement(uow, claim_id, reason, note=note, expected_version=version)
        ready = row.state == "READY"
    if ready:
        return Go(here, T_("The replacement is ready to be sent."))
    return Go(here, T_("The replacement is begun. What it still needs stands below."), "wait")


def _went_on(desk: Desk, do: str, claim_id: bytes, reason: str, note: str, version: int) -> Reply:
    """What becomes of a replacement or void on its way; the form says which one, and in which version it was seen."""
    here = url_for("staff.claims.show", claim_id=claim_id)
    which = forms.id_of(request.form.get("correction", "")) or b""
    shown = correcting.Shown(version, which, forms.version("correction_version"))
    match do:
        case "approve":
            with desk.write("claim:void-approve") as uow:
                row = correcting.approve_void(uow, claim_id, note=note, shown=shown)
                ready = row.state == "READY"
            if ready:
                return Go(here, T_("Approved. The void goes with the next claims that are sent."))
            return Go(here, T_("Approved, but a finding stops the void. It stands below."), "wait")
        case "recheck":
            with desk.write("claim:edit") as uow:
                return _checked(correcting.check_again(uow, claim_id, shown=shown), here)
        case "refused":
            with desk.write("claim:acknowledge") as uow:
                correcting.record_refusal(uow, claim_id, reason, note=note, shown=shown)
            return Go(here, T_("Recorded. The claim stands as it did before the void."))
        case _:
            with desk.write("claim:edit") as uow:
                cleared = correcting.give_up(uow, claim_id, reason, note=note, shown=shown)
            if cleared:
                return Go(here, T_("Given up. The claim stands as it did."))
            text = T_(
                "Given up. The visit stays with the coder, who changed it already; it passes the same hands again."
            )
            return Go(here, text, "wait")


@blueprint.post("/send")
@desks("claim:submit")
def send(desk: Desk) -> Reply:
    """Send everything that is ready."""
    return _told(_send(desk), url_for("staff.claims.list"))


def _send(desk: Desk, *, only: bytes | None = None) -> Sending:
    return sending.send_claims(desk.units, desk.parts, desk.actor, request=desk.request, only=only)


def _told(done: Sending, here: str) -> Go:
    """What sending did, in one notice."""
    if done.returned and done.claims:
        text = T_("{n} claim sent; {back} went back to draft.", "{n} claims sent; {back} went back to draft.",
                  n=done.claims, back=done.returned)  # fmt: skip
        return Go(here, text, "wait")
    if done.returned:
        text = T_("Nothing was sent: {n} claim went back to draft.", "Nothing was sent: {n} claims went back to draft.",
                  n=done.returned)  # fmt: skip
        return Go(here, text, "stop")
    if not done.claims:
        return Go(here, T_("Nothing was ready to be sent."), "note")
    if not all(file.sent for file in done.files):
        return Go(here, T_("The partner's folder does not answer. The claims are kept and go by themselves."), "wait")
    return Go(here, T_("{n} claim sent.", "{n} claims sent.", n=done.claims))


def _checked(done: checking.Checked, here: str) -> Go:
    """What a check found, in one notice."""
    if not done.blocking:
        return Go(here, T_("Checked: it is ready to be sent."))
    text: Text = T_("Checked: {n} finding must be fixed.", "Checked: {n} findings must be fixed.", n=done.blocking)
    return Go(here, text, "stop")
