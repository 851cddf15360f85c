"""Documents that the practice scanned with the visits that still wait to be coded."""

from __future__ import annotations

from portal.access import roles
from portal.demo.story import Story
from portal.sandbox import papers
from portal.services.attachments import taking
from portal.services.encounters import coding, waiting

_KINDS = (("bill", "superbill"), ("medical-record", "visit-note"), ("referral", "referral"))


def bring(story: Story) -> None:
    """A bill, a record of two pages and a referral, each with a visit of its own, drawn by the worker."""
    units, coder = story.runtime.units, story.cast.actor(roles.CODER)
    with units.read(coder, "encounter:code") as uow:
        waits = waiting.standing_at(uow, "PROPOSED", most=len(_KINDS))
        pages = [coding.show(uow, id_) for id_, _ in waits]
    for page, (kind, name) in zip(pages, _KINDS, strict=False):
        sheet = [
            f"{story.practice.billing.name}: {name.replace('-', ' ')}", f"Patient: {page.patient_name}",
            f"Born: {page.birth_date:%B %d, %Y}   MRN: {page.mrn}", f"Date of service: {page.day:%B %d, %Y}",
            f"Clinician: {page.provider}", "",
            "Proposed: " + ", ".join((*page.proposed_diagnoses, *page.proposed_lines)),
        ]  # fmt: skip
        more = ["Note, continued", "No change in medication. Next visit in a year.", f"Signed: {page.provider}"]
        body = papers.pdf([sheet, more] if kind == "medical-record" else [sheet])
        with units.write(story.cast.actor(roles.CHARGE_CLERK), "document:attach") as uow:
            visit = bytes.fromhex(page.encounter_id)
            taking.take_in(uow, "encounter", visit, kind=kind, name=f"{name}-{page.day}.pdf", body=body)
        story.said["documents"] += 1
    story.worker.drain()
