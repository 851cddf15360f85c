"""What payers want to be asked in advance: rules, and requests that are granted, came late, or wait."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, timedelta

from portal.access import roles
from portal.demo.story import Story
from portal.services.authorizations import asking, offering, requesting, rules
from portal.services.authorizations.offering import RequestPage
from portal.services.authorizations.requesting import TypedRequest
from portal.services.encounters import waiting
from portal.services.files import collecting, reading
from portal.services.granted import needs
from portal.services.intake.lines import TypedLine

WAITS = "G0447"
"""The service whose request is left to the payer's own people: its files only say that it is being looked at."""
_RULED = ("G0270", WAITS, "L3908")
_DESK = "CBH03"
"""The payer whose own people sign in, and decide here."""
_WAITS = ("PROPOSED", "CODE_REVIEW", "RELEASED", "QA")


@dataclass(frozen=True, slots=True)
class _Visit:
    """A visit that waits, and the form of a request as it is filled in from it."""

    patient_id: bytes
    encounter_id: bytes
    form: RequestPage

    def asks(self, payer_name: str) -> bool:
        """Whether its first coverage is with a payer."""
        return dict(self.form.coverages)[self.form.coverage].parameters["payer"] == payer_name


def tell(story: Story) -> None:
    """Rules are loaded; a course of care and a service that was given already are granted, and one request waits."""
    units, biller = story.runtime.units, story.cast.actor(roles.BILLER)
    today = _rules(story)
    desk = next(payer.name for payer in story.practice.payers if payer.identifier == _DESK)
    visits = _visits(story)
    theirs = next((one for one in visits if one.asks(desk)), None)
    answered = [one for one in visits if one is not theirs][:2]
    soon = today + timedelta(days=3)
    for one, typed in zip(answered, (_course(answered[0], "G0270", soon), _late(answered[1])), strict=True):
        _send(story, one, typed)
    story.house.collect()
    collecting.collect(units, story.runtime.parts, biller, wanted=[reading.ANSWERS, reading.AUTHORIZATIONS])
    if theirs is not None:
        _send(story, theirs, _course(theirs, WAITS, soon))
    story.worker.drain()


def _rules(story: Story) -> date:
    """The rules of this year, as a file; today, where the practice is."""
    with story.runtime.units.write(story.cast.actor(roles.BILLING_MANAGER), "authorization:edit") as uow:
        today = uow.today()
        listed = [f"*,{code},,{today.year}-01-01,,yes" for code in _RULED]
        body = "\n".join(["payer,code,place,from,to,needed", *listed, ""]).encode()
        rules.load(uow, io.BytesIO(body), "asked-in-advance.csv")
    return today


def _visits(story: Story) -> list[_Visit]:
    """Visits of patients with a coverage that wait for a step of the office, one of each patient."""
    found: dict[bytes, _Visit] = {}
    with story.runtime.units.read(story.cast.actor(roles.CHARGE_CLERK), "authorization:request") as uow:
        for id_, _ in (pair for state in _WAITS for pair in waiting.standing_at(uow, state)):
            part = needs.of_visit(uow, id_)
            patient_id = bytes.fromhex(part.patient_id)
            if part.covered and patient_id not in found:
                found[patient_id] = _Visit(patient_id, id_, offering.offer(uow, patient_id, visit_id=id_))
    return list(found.values())


def _course(one: _Visit, code: str, first: date) -> TypedRequest:
    """Sessions of the weeks to come, for what the patient was seen for."""
    return _typed(one, [TypedLine("", code, units="6")], first, first + timedelta(days=60))


def _late(one: _Visit) -> TypedRequest:
    """A brace that was given at the visit, because it could not wait."""
    return _typed(one, [TypedLine("", "L3908", units="1")], one.form.first, one.form.first, retroactive="emergency")


def _typed(one: _Visit, services: list[TypedLine], first: date, last: date, *, retroactive: str = "") -> TypedRequest:
    form = one.form
    return TypedRequest(
        coverage_id=bytes.fromhex(form.coverage), provider_id=bytes.fromhex(form.provider) if form.provider else None,
        encounter_id=one.encounter_id if retroactive else None, first=first.isoformat(), last=last.isoformat(),
        place=form.place, retroactive=retroactive, diagnoses=form.diagnoses.split(), services=services,
    )  # fmt: skip


def _send(story: Story, one: _Visit, typed: TypedRequest) -> None:
    units, biller = story.runtime.units, story.cast.actor(roles.BILLER)
    with units.write(biller, "authorization:request") as uow:
        id_ = requesting.draft(uow, one.patient_id, typed).id
    asking.ask(units, story.runtime.parts, biller, id_)
    story.said["requests to payers"] += 1
