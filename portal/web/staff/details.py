"""What a visit has besides its services, corrected by the coder or the charge clerk."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from portal.domain.errors import Refused
from portal.domain.professional import CAUSES, EXCEPTIONS
from portal.domain.texts import T_
from portal.services.encounters import details
from portal.services.intake.kind_forms import PRESENT, PROSTHESIS, PROVIDERS
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("details", __name__, url_prefix="/encounters")
_TEMPLATE = "staff/encounters/details.html"
_CHOICES = {
    "present_words": PRESENT, "prosthesis_words": PROSTHESIS, "providers": PROVIDERS, "causes": CAUSES,
    "exceptions": EXCEPTIONS,
}  # fmt: skip


@blueprint.get("/<id:encounter_id>/details")
@reads("visit:detail")
def show(uow: UnitOfWork, encounter_id: bytes) -> Reply:
    """The details of a visit."""
    return Page(_TEMPLATE, details.show(uow, encounter_id), _CHOICES)


@blueprint.post("/<id:encounter_id>/details", endpoint="save")
@desks("visit:detail")
def save(desk: Desk, encounter_id: bytes) -> Reply:
    """Keep what was typed, or show it again with what is wrong."""
    typed = forms.details()
    here = url_for("staff.details.show", encounter_id=encounter_id)
    try:
        with desk.write("visit:detail") as uow:
            left = details.save(uow, encounter_id, forms.version(), typed)
    except Denied:
        raise
    except Refused as refused:
        with desk.read("visit:detail") as uow:
            page = details.show(uow, encounter_id, typed)
        if not page.may_edit:
            return Go(here, refused.text, "stop")
        form = forms.Form(request.form.to_dict(), {name: [text] for name, text in page.problems.items()})
        return Page(_TEMPLATE, page, {**_CHOICES, "form": form}, 422)
    if left:
        text = T_("Kept. The claim edits still find {n} thing; it stands below.",
                  "Kept. The claim edits still find {n} things; they stand below.", n=left)  # fmt: skip
        return Go(here, text, "wait")
    return Go(here, T_("Kept. The claim edits find nothing to mend in it."))
