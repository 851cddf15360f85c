"""Paying over real sockets: the processor's stand-in, our side of it, and a patient who owes something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import stripe

from portal.access.actors import Actor
from portal.gateways.cards import Cards
from portal.models.ledger import LedgerEntryRow
from portal.models.payments import CardEventRow, PaymentRow
from portal.sandbox.cards.processor import CardProcessor
from portal.services import ledger
from portal.services.parts import Parts
from portal.services.payments import paying, settling
from portal.services.unit_of_work.trail import Request
from portal.services.users import accounts as users
from tests.databases import World
from tests.make import accounts
from tests.sandbox.processor import API_KEY, SECRET, Merchant, processor


@dataclass
class Till:
    """Everything a test of payments needs in hand."""

    world: World
    parts: Parts
    server: CardProcessor
    merchant: Merchant
    patient_id: bytes
    actor: Actor

    def begin(self, cents: int, form_key: str | None = None, **more: Any) -> str:
        return paying.begin(
            self.world.units, self.parts, self.actor, Request(b"r" * 16, "127.0.0.1"),
            paying.Wish(
                patient_id=self.patient_id, amount_cents=cents, form_key=form_key or paying.form_key(), **more
            ),
            returns=lambda payment_id: f"http://localhost:8000/my/payments/{payment_id.hex()}/return",
        )  # fmt: skip

    def pay(self, url: str, **more: Any) -> bool:
        """What the patient does on the processor's page; its webhooks are carried before this returns."""
        done = self.server.pay(url.rsplit("/", 1)[1], **more)
        assert self.server.idle()
        return done

    def hear(self) -> int:
        """Take every webhook that came, and answer; returns how many."""
        got = list(self.merchant.got)
        self.merchant.got.clear()
        for body, signature in got:
            settling.take_event(self.world.units, self.parts, body, signature)
        return len(got)

    def payments(self) -> list[PaymentRow]:
        with self.world.read("payment:settle") as uow:
            return uow.entities(uow.select(PaymentRow).order_by(PaymentRow.created_at, PaymentRow.id))

    def states(self) -> list[str]:
        return sorted(row.state for row in self.payments())

    def owed(self) -> int:
        with self.world.read("account:view") as uow:
            return ledger.owed_by_patient(uow, self.patient_id)

    def entries(self, kind: str) -> int:
        with self.world.read("account:view") as uow:
            return uow.count(uow.select(LedgerEntryRow.id).where(LedgerEntryRow.kind == kind))

    def events(self) -> list[tuple[str, str]]:
        with self.world.units.housekeeping() as session:
            return sorted((row.kind, row.outcome) for row in session.query(CardEventRow))


def patient_actor(world: World, patient_id: bytes) -> Actor:
    with world.write("user:invite") as uow:
        user_id = users.create_user(uow, email="teresa@example.org", name="Teresa Marlowe", state="ACTIVE").id
    return Actor(
        user_id.hex(), user_id, own_patients=frozenset({patient_id}), session="00" * 8,
        assurance="aal2", method="totp", authenticated_seconds_ago=10,
    )  # fmt: skip


@pytest.fixture
def till(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.002)
    patient_id = accounts.owing(world)
    with Merchant() as merchant, processor(world.clock, merchant.url) as server:  # type: ignore[arg-type]  # it tells the time
        cards = Cards(API_KEY, SECRET, api_url=server.url, timeout_seconds=(1.0, 0.3))
        parts = replace(world.runtime.parts, cards=cards)
        yield Till(world, parts, server, merchant, patient_id, patient_actor(world, patient_id))
        cards.close()
