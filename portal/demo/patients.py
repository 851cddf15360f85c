"""Patients of the demonstration who sign in, and what they pay through the stand-in of the card processor."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from portal.access.actors import Actor, system
from portal.demo.people import Cast, sign_up
from portal.runtime import Runtime
from portal.sandbox.cards.processor import CardProcessor
from portal.services.payments import paying, polling
from portal.services.statements.balances import balances
from portal.services.unit_of_work.trail import Request

SIGNED_UP = 6
"""So many patients have a sign-in; every other one of them pays what the first bill asks."""


@dataclass(frozen=True, slots=True)
class Member:
    """A patient with a sign-in."""

    patient_id: bytes
    user_id: bytes

    def actor(self) -> Actor:
        """The patient at home."""
        return Actor(
            self.user_id.hex(), self.user_id, own_patients=frozenset({self.patient_id}),
            session=self.user_id.hex()[:16], assurance="aal2", method="demo", authenticated_seconds_ago=0,
        )  # fmt: skip


def join(running: Runtime, cast: Cast) -> list[Member]:
    """Those who owe most open a sign-in once the first bills are out."""
    with running.units.read(system("demo", practice_id=cast.practice_id), "statement:run") as uow:
        owing = balances(uow)
    most = sorted(owing, key=lambda patient: (-owing[patient].billable_cents, patient))[:SIGNED_UP]
    users = sign_up(running.units, cast.practice_id, most)
    return [Member(patient, user) for patient, user in zip(most, users, strict=True)]


def pay(running: Runtime, processor: CardProcessor, members: list[Member]) -> int:
    """Every other member pays: all of it, or half; one card is declined first. Returns how many payments settled."""
    paid = 0
    for at, member in enumerate(members[::2]):
        with running.units.read(member.actor(), "home:view") as uow:
            owed = balances(uow)[member.patient_id].billable_cents
        amount = owed if at % 2 == 0 else owed // 2
        url = paying.begin(
            running.units, running.parts, member.actor(), Request(secrets.token_bytes(16), "127.0.0.1"),
            paying.Wish(patient_id=member.patient_id, amount_cents=amount, form_key=secrets.token_urlsafe(24)),
            returns=lambda id_: f"{running.settings.public_url}/my/payments/{id_.hex()}",
        )  # fmt: skip
        session = url.rstrip("/").rpartition("/")[2]
        if at == 0:
            processor.pay(session, declined=True)
        paid += processor.pay(session)
    polling.poll(running.units, running.parts)
    return paid
