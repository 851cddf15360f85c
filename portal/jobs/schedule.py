"""Periodic work: what is called how often, beside the jobs, so that a long job does not hold it up.

Every worker calls it, so each call is harmless when done twice and cheap when nothing is to be done. What must run once
a night asks for a job whose key carries the day.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from portal.access.actors import Actor, system
from portal.jobs.handlers import Tools
from portal.services import interchanges, outbox, practices
from portal.services.assistance import nights as assistance
from portal.services.auditing import digests, upkeep
from portal.services.authorizations import asking as requests
from portal.services.authorizations import watching
from portal.services.claims import asking as statuses
from portal.services.claims import sending, silence
from portal.services.contacts import references
from portal.services.coverage import asking, nights
from portal.services.dunning import stepping
from portal.services.files.collecting import Collector
from portal.services.keys import renewing
from portal.services.patients import elsewhere, leaves
from portal.services.payment_plans import following
from portal.services.payments import polling
from portal.services.statements import runs
from portal.services.unit_of_work.units import Units
from portal.services.users import proxies

_LOG = logging.getLogger("candor.jobs")
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Every:
    """One piece of periodic work."""

    name: str
    seconds: float
    call: Callable[[Tools], object]
    apart: bool = False
    """In a thread of its own: it may take long (another machine is silent, a large file came) and holds up nobody."""


def resend_claims(tools: Tools) -> int:
    """Hand on files of claims that a crash or a full folder left behind, of all practices."""
    return sending.resend_unsent(tools.units, tools.parts, system("claim.resend"), after=interchanges.PATIENCE)


def resend_questions(tools: Tools) -> int:
    """The same for files of questions about coverage."""
    return asking.resend_unsent(tools.units, tools.parts, system("eligibility.resend"))


def resend_inquiries(tools: Tools) -> int:
    """The same for files of questions about claims."""
    return statuses.resend_unsent(tools.units, tools.parts, system("inquiry.resend"))


def resend_requests(tools: Tools) -> int:
    """The same for files of requests in advance."""
    return requests.resend_unsent(tools.units, tools.parts, system("authorization.resend"))


def of_each_practice(job: str, call: Callable[[Units, Actor], int]) -> Callable[[Tools], int]:
    """The same work for practice after practice, each as the system within it."""

    def run(tools: Tools) -> int:
        with tools.units.read(system(job), "practice:edit", defer=True) as uow:
            actors = [system(job, practice_id=id_) for id_, _, _ in practices.practice_codes(uow)]
        return sum(call(tools.units, actor) for actor in actors)

    return run


def collecting() -> Callable[[Tools], int]:
    """Looks into partners' folders; each call knows what the one before saw."""
    collector = Collector()
    return lambda tools: collector.look(tools.units, tools.parts)


PERIODIC: tuple[Every, ...] = (
    Every("assistance.night", 3600, of_each_practice("assistance.night", assistance.run), apart=True),
    Every("audit.sign", 5, lambda tools: tools.sign()),
    Every("audit.witness", 60, lambda tools: tools.witness(), apart=True),
    Every("audit.digest", 900, lambda tools: digests.mail(tools.units)),
    Every("audit.index", 30, lambda tools: upkeep.index(tools.units)),
    Every("authorization.resend", 60, resend_requests, apart=True),
    Every("authorization.watch", 3600, of_each_practice("authorization.watch", watching.watch), apart=True),
    Every("claim.night", 900, lambda tools: statuses.night(tools.units)),
    Every("claim.resend", 60, resend_claims, apart=True),
    Every("claim.silent", 3600, of_each_practice("claim.silent", silence.surface), apart=True),
    Every("dunning.step", 3600, of_each_practice("dunning.step", stepping.run), apart=True),
    Every("eligibility.night", 900, lambda tools: nights.night(tools.units)),
    Every("eligibility.resend", 60, resend_questions, apart=True),
    Every("contact.note", 600, of_each_practice("contact.note", references.fill), apart=True),
    Every("file.collect", 60, collecting(), apart=True),
    Every("inquiry.resend", 60, resend_inquiries, apart=True),
    Every("name.pack", 600, of_each_practice("name.pack", leaves.pack), apart=True),
    Every("people.ends", 3600, of_each_practice("people.ends", proxies.tidy), apart=True),
    Every("people.elsewhere", 3600, of_each_practice("people.elsewhere", elsewhere.follow), apart=True),
    Every("plan.day", 3600, of_each_practice("plan.day", following.run), apart=True),
    Every("payment.poll", 300, lambda tools: polling.poll(tools.units, tools.parts), apart=True),
    Every("statement.cycle", 1800, of_each_practice("statement.cycle", runs.cycle_day), apart=True),
    Every("key.settle", 3600, lambda tools: renewing.settle(tools.units)),
    Every("job.tidy", 3600, lambda tools: outbox.tidy(tools.units)),
)


@dataclass(slots=True)
class Schedule:
    """Remembers when each was called last, by the machine's own steady clock."""

    every: Sequence[Every] = PERIODIC
    clock: Callable[[], float] = time.monotonic
    _last: dict[str, float] = field(default_factory=dict)
    _apart: dict[str, threading.Thread] = field(default_factory=dict)

    def due(self, tools: Tools) -> None:
        """Call what is due; a failure is told and does not stop the others. What still runs is not called again."""
        for each in self.every:
            now = self.clock()
            running = self._apart.get(each.name)
            if now - self._last.get(each.name, float("-inf")) < each.seconds or (running and running.is_alive()):
                continue
            self._last[each.name] = now
            if each.apart:
                self._apart[each.name] = threading.Thread(target=_call, args=(each, tools), name=each.name)
                self._apart[each.name].start()
            else:
                _call(each, tools)

    def rest(self) -> None:
        """Wait for what runs apart."""
        for thread in self._apart.values():
            thread.join()

    @contextmanager
    def running(self, tools: Tools) -> Iterator[None]:
        """Call what is due, in a thread of its own, until the block ends."""
        over = threading.Event()

        def run() -> None:
            while not over.is_set():
                self.due(tools)
                over.wait(_LOOK_SECONDS)

        thread = threading.Thread(target=run, name="schedule")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.rest()


def _call(each: Every, tools: Tools) -> None:
    try:
        each.call(tools)
    except Exception as error:  # noqa: BLE001 - periodic work comes again by itself
        _LOG.error("periodic work failed", extra={"work": each.name, "error": type(error).__name__})
