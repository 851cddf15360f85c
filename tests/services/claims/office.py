"""A practice with a trading partner and claims in it, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from portal.access.actors import Actor, Grant
from portal.models.claims import ClaimRow
from portal.models.practices import PracticeRow
from portal.models.queues import QueueItemRow
from portal.services import practices
from portal.services.claims import answers, sending
from portal.services.claims.answers import Imported
from portal.services.claims.sending import Sending
from tests.databases import World
from tests.make import claims as make
from tests.make.practices import npi
from tests.make.practices import practice as invented


@dataclass
class Office:
    world: World

    @property
    def biller(self) -> Actor:
        return self.world.actor("biller")

    @property
    def out(self) -> Path:
        return self.world.runtime.settings.edi / "clearing" / "out"

    @classmethod
    def opened(cls, world: World) -> Office:
        """With its trading partner."""

        def partnered() -> None:
            with world.write("partner:edit") as uow:
                make.partner(uow, world.practice_id)

        world.scene(partnered)
        return cls(world)

    def claim(self, **more: Any) -> bytes:
        return self._claim(**more) if more else self.world.scene(self._claim)

    def _claim(self, **more: Any) -> bytes:
        with self.world.write("claim:edit") as uow:
            return make.claim(uow, **more).id

    def send(self, **more: Any) -> Sending:
        return self._send(**more) if more else self.world.scene(self._send)

    def _send(self, **more: Any) -> Sending:
        return sending.send_claims(self.world.units, self.world.runtime.parts, self.biller, **more)

    def sent(self) -> bytes:
        """The one file sent."""
        (path,) = self.out.iterdir()
        return path.read_bytes()

    def answered(self, body: bytes, name: str = "answer.edi") -> Imported:
        return answers.import_acknowledgements(self.world.units, self.biller, name, body)

    def row(self, claim_id: bytes) -> ClaimRow:
        with self.world.read("claim:view", self.biller) as uow:
            return uow.get(ClaimRow, claim_id)

    def state(self, claim_id: bytes) -> str:
        return self.row(claim_id).state

    def items(self, subject: bytes) -> list[tuple[str, str]]:
        """Queue and reason of what waits about a thing."""
        with self.world.read("queue:view", self.biller) as uow:
            rows = uow.rows(
                uow.select(QueueItemRow.queue, QueueItemRow.reason).where(
                    QueueItemRow.subject_id == subject, QueueItemRow.state == "OPEN"
                )
            )
            return [(row.queue, row.reason) for row in rows]

    def second_practice(self) -> World:
        """Another practice of the installation, with people of its own."""
        running = self.world.runtime
        facts = replace(invented(), code="other", name="Other Practice", npi=npi("198765432"))
        with self.world.units.write(replace(self.world.machine(), practice_id=None), "practice:edit") as uow:
            practices.add_practice(uow, running.roots, facts)
        with self.world.units.read(replace(self.world.machine(), practice_id=None), "practice:edit") as uow:
            row = uow.first(uow.select(PracticeRow).where(PracticeRow.code == "other"))
            assert row is not None
        return World(running, self.world.clock, row.id)

    def payer_user(self, payer_id: bytes) -> Actor:
        biller = self.biller
        return replace(
            biller, identity="a" * 32, user_id=bytes.fromhex("a" * 32), practice_id=None,
            grants=(Grant("payer-user", None, payer_id),),
        )  # fmt: skip
