"""Three months at the invented practice, week by week, through the same services that people use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal.access import roles
from portal.access.actors import Actor
from portal.demo.clock import WalkingClock
from portal.demo.people import Cast
from portal.domain.claims import Claim, Cover
from portal.jobs.worker import Worker
from portal.runtime import Runtime
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.files import visit_file
from portal.sandbox.practice import Practice
from portal.sandbox.visits import Visit
from portal.services.charges import auditing, entering
from portal.services.claims import asking as statuses
from portal.services.claims import sending
from portal.services.coverage import asking
from portal.services.encounters import coding, importing, review, waiting
from portal.services.files import collecting, reading
from portal.services.intake import visits as intake
from portal.services.statements import runs

PARTNER = "clearing"
LEFT_FOR_PEOPLE = {"PROPOSED": 5, "CODE_REVIEW": 4, "RELEASED": 4, "QA": 3}
"""At the end of the story, so many visits wait at each step for whoever tries the demonstration."""


@dataclass(slots=True)
class Story:
    """Everything the weeks need; `said` gathers what happened, for the summary."""

    runtime: Runtime
    clock: WalkingClock
    cast: Cast
    practice: Practice
    house: Clearinghouse
    worker: Worker
    said: Counter[str] = field(default_factory=Counter)
    _files: int = 0

    def week(self, seen: Iterable[Visit], *, sending_day: bool, last: bool) -> None:
        """A week of visits taken in, coded, checked, charged and audited; every other week claims go out.

        Whatever came back is taken in each week.
        """
        seen = list(seen)
        self.take_in(seen)
        second_coverages(self, seen)
        self.ask_payers()
        self.work(leave=LEFT_FOR_PEOPLE if last else {})
        self.worker.drain()
        if sending_day or last:
            self.send()
        self.answers()
        self.ask_where_claims_stand()

    def take_in(self, seen: list[Visit]) -> None:
        """Covered visits come in an 837P of the old system; self-pay ones are typed in."""
        clerk = self.cast.actor(roles.CHARGE_CLERK)
        claims = [visit.claim for visit in seen if visit.claim is not None]
        if claims:
            self._files += 1
            body = visit_file(claims, number=self._files, at=self.clock.now())
            name = f"visits-{self.clock.now():%Y-%m-%d}.837"
            result = importing.import_visits(self.runtime.units, clerk, None, name, body)
            self.said["visits"] += result.counts.made
        for visit in seen:
            if visit.claim is None:
                with self.runtime.units.write(clerk, "visit:import") as uow:
                    intake.take(uow, self._self_pay(visit))
                self.said["self-pay visits"] += 1

    def _self_pay(self, visit: Visit) -> Claim:
        person = visit.patient.person
        return Claim(
            control=visit.control, charge_cents=visit.charge_cents, place=visit.place, patient=person,
            cover=Cover("", "", "", person), billing=self.practice.billing, diagnoses=visit.diagnoses,
            lines=visit.lines, rendering=visit.provider,
        )  # fmt: skip

    def ask_payers(self) -> None:
        """Payers are asked whether the coverages of this week's visits stand, as every night, and answer at once."""
        units, parts, biller = self.runtime.units, self.runtime.parts, self.cast.actor(roles.BILLER)
        self.said["coverages asked about"] += asking.ask_due(units, parts, biller).questions
        self.house.collect()
        collecting.collect(units, parts, biller, wanted=[reading.ANSWERS, reading.COVERAGE])

    def work(self, leave: dict[str, int]) -> None:
        """Everything that waits goes one step after the other through the hands of its people."""
        steps: tuple[tuple[str, str, str, Callable[[bytes, int, Actor], None]], ...] = (
            ("PROPOSED", roles.CODER, "encounter:code", self._code),
            ("CODE_REVIEW", roles.CODING_MANAGER, "encounter:review", self._release),
            ("RELEASED", roles.CHARGE_CLERK, "charge:enter", self._enter),
            ("QA", roles.QA_AUDITOR, "charge:audit", self._clear),
        )
        for state, role, permission, step in steps:
            actor = self.cast.actor(role)
            with self.runtime.units.read(actor, permission) as uow:
                waits = waiting.standing_at(uow, state)
            for id_, version in waits[: len(waits) - leave.get(state, 0)]:
                step(id_, version, actor)

    def _code(self, id_: bytes, version: int, actor: Actor) -> None:
        with self.runtime.units.write(actor, "encounter:code") as uow:
            coding.finish(uow, id_, version, coding.as_proposed(uow, id_))
        self.said["coded"] += 1

    def _release(self, id_: bytes, version: int, actor: Actor) -> None:
        with self.runtime.units.write(actor, "encounter:review") as uow:
            review.release(uow, id_, version)

    def _enter(self, id_: bytes, version: int, actor: Actor) -> None:
        with self.runtime.units.write(actor, "charge:enter") as uow:
            entering.enter(uow, id_, version)

    def _clear(self, id_: bytes, version: int, actor: Actor) -> None:
        with self.runtime.units.write(actor, "charge:audit") as uow:
            auditing.clear(uow, id_, version)

    def send(self) -> None:
        """Ready claims go to the clearinghouse, which answers at once."""
        done = sending.send_claims(self.runtime.units, self.runtime.parts, self.cast.actor(roles.BILLER))
        self.said["claims sent"] += done.claims
        self.house.collect()

    def answers(self) -> None:
        """Acknowledgements and remittances that wait are taken in; accounts settle."""
        units, parts = self.runtime.units, self.runtime.parts
        taken = collecting.collect(units, parts, self.cast.actor(roles.BILLER), wanted=[reading.ANSWERS])
        self.said["answers"] += sum(each.applied for each in taken)
        self.house.pay()
        posted = collecting.collect(units, parts, self.cast.actor(roles.PAYMENT_POSTER), wanted=[reading.REMITTANCES])
        self.said["payments posted"] += sum(each.applied for each in posted)
        self.worker.drain()

    def ask_where_claims_stand(self) -> None:
        """Payers are asked about claims that they say nothing of for weeks, as every night, and answer at once."""
        units, parts, biller = self.runtime.units, self.runtime.parts, self.cast.actor(roles.BILLER)
        asked = statuses.ask_silent(units, parts, biller).questions
        if asked:
            self.said["claims asked about"] += asked
            self.house.collect()
            collecting.collect(units, parts, biller, wanted=[reading.ANSWERS, reading.STATUSES])

    def bill(self) -> None:
        """A statement run: everybody whose insurance has answered gets a bill."""
        actor = self.cast.actor(roles.BILLER)
        with self.runtime.units.write(actor, "statement:run") as uow:
            runs.start(uow)
        self.worker.drain()
        self.said["statement runs"] += 1


def evening(day: date, zone: str) -> datetime:
    """Six in the evening of a day at the practice."""
    return datetime.combine(day, time(18), ZoneInfo(zone))


def second_coverages(story: Story, seen: Iterable[Visit]) -> None:
    """What a patient's other plan is stands in no visit file; the front desk types it in, once."""
    clerk = story.cast.actor(roles.CHARGE_CLERK)
    for visit in seen:
        for cover in visit.patient.covers[1:]:
            if visit.claim is not None:
                with story.runtime.units.write(clerk, "visit:import") as uow:
                    intake.add_cover(uow, replace(visit.claim, cover=cover))


def weeks(first: date, last: date) -> Iterable[tuple[date, date]]:
    """Weeks from a first day to a last, each from Monday to Sunday or shorter at the ends."""
    begin = first
    while begin <= last:
        end = min(begin + timedelta(days=6 - begin.weekday()), last)
        yield begin, end
        begin = end + timedelta(days=1)
