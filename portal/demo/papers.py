"""Documents that the practice scanned with the visits that still wait to be coded, and a bill that is not clear."""

from __future__ import annotations

from portal.access import roles
from portal.demo.story import Story
from portal.domain.bills import CHECKLIST, DOUBT, YES
from portal.sandbox import papers
from portal.services.attachments import taking
from portal.services.encounters import bills, coding, waiting
from portal.services.intake import registration
from portal.services.intake.lines import TypedLine

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
    _unclear(story)
    story.worker.drain()


def _unclear(story: Story) -> None:
    """A visit on paper, typed in with its bill; one line of it cannot be read, so the practice is asked."""
    units, clerk = story.runtime.units, story.cast.actor(roles.CHARGE_CLERK)
    with units.read(clerk, "visit:import") as uow:
        form = registration.show(uow)
        (provider_id, provider), today = form.providers[0], form.today
    typed = {
        "last": "Ostrander", "first": "Delphine", "birth_date": "1961-04-09", "sex": "F", "line1": "9 Quince Lane",
        "city": "Millbrook", "state": "OR", "postal_code": "97001", "service_from": today.isoformat(), "place": "11",
        "number": "JR-4471", "provider_id": provider_id, "note": "Flu vaccine, and something else on line two.",
    }  # fmt: skip
    sheet = [
        f"{story.practice.billing.name}: bill JR-4471", "Patient: Delphine Ostrander   Born: April 9, 1961",
        f"Date of service: {today:%B %d, %Y}", f"Clinician: {provider}", "", "1  G0008  Z23", "2  J3.20  (smudged)",
    ]  # fmt: skip
    with units.write(clerk, "visit:import") as uow:
        taken = registration.register(uow, typed, ("Z23",), (TypedLine("", "G0008", "", "A", "1", "33.00"),))
        taking.take_in(
            uow, "encounter", taken.encounter_id, kind="bill", name="bill-JR-4471.pdf", body=papers.pdf([sheet])
        )
    with units.write(story.cast.actor(roles.CODER), "bill:verify") as uow:
        page = bills.show(uow, taken.encounter_id)
        found = dict.fromkeys(CHECKLIST, YES) | {"legible": DOUBT}
        words = "Line two of the bill is smudged. Which injection was given, and how many units?"
        bills.ask(uow, taken.encounter_id, page.version, found, "service", words)
    story.said["bills on paper"] += 1
