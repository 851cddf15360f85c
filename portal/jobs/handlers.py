"""Which function runs each job; a house test compares the names with those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from portal.access.actors import Actor, system
from portal.domain.messages import MailDelayed, MailRefused, MailUncertain
from portal.services import outbox
from portal.services.outbox import Job
from portal.services.parts import Parts
from portal.services.unit_of_work.units import Units


@dataclass(frozen=True, slots=True)
class Tools:
    """What a job has in hand. `sign` signs and anchors the audit log; only workers hold its key."""

    units: Units
    parts: Parts
    sign: Callable[[], None]


def actor(job: Job) -> Actor:
    """What runs without a person acts as the system for its job, bounded to the job's practice."""
    return system(job.name, practice_id=job.practice_id)


def send_mail(tools: Tools, job: Job) -> None:
    """Send one mail, at most once by itself: begun and not known to have ended shows as uncertain.

    Raises MailDelayed, after which the job is tried again.
    """
    found = outbox.mail_to_send(tools.units, actor(job), job.ids["mail"])
    if found is None:
        return
    state = "SENT"
    try:
        tools.parts.mailer.send(
            recipient=found.recipient, template=found.template, language=found.language,
            parameters=found.parameters, key=found.key,
        )  # fmt: skip
    except MailDelayed:
        outbox.mail_ended(tools.units, actor(job), job.ids["mail"], "WAITING")
        raise
    except MailRefused:
        state = "FAILED"
    except MailUncertain:
        state = "UNCERTAIN"
    outbox.mail_ended(tools.units, actor(job), job.ids["mail"], state)


Handler = Callable[[Tools, Job], None]
"""Runs one job. It may run twice, so it does by keys what must be done once."""

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType({
    "mail.send": send_mail,
})  # fmt: skip
