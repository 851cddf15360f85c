"""A desk that asks payers about coverage, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from portal.access.actors import Actor
from portal.domain.texts import from_json
from portal.models.eligibility import EligibilityAnswerRow, EligibilityQuestionRow
from portal.models.queues import QueueItemRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services.coverage import asking
from portal.services.coverage.asking import Asked
from portal.services.files import collecting
from tests.databases import World
from tests.make import claims as make
from tests.make.claims import Visit

MEMBER = "CBH00000001"
DAY = date(2026, 7, 20)


@dataclass
class Desk:
    world: World
    folder: Path
    house: Clearinghouse | None = None

    @property
    def clerk(self) -> Actor:
        return self.world.actor("biller")

    def visit(self, **more: Any) -> Visit:
        """A covered visit that is under way; its member is MEMBER unless told."""
        cover = {"member_id_sealed": MEMBER, **more.pop("cover", {})}
        with self.world.write("claim:edit") as uow:
            return make.visit(uow, **{"state": "CODED", "day": DAY, "cover": cover, **more})

    def ask(self) -> Asked:
        return asking.ask_due(self.world.units, self.world.runtime.parts, self.clerk)

    def take(self) -> list[Any]:
        """Let the payers answer and take in what they said."""
        assert self.house is not None
        self.house.collect()
        return collecting.collect(self.world.units, self.world.runtime.parts, self.clerk)

    def round(self) -> Asked:
        asked = self.ask()
        self.take()
        return asked

    def sent(self) -> list[bytes]:
        """Files of questions in the partner's folder, taken or not."""
        return [path.read_bytes() for path in sorted(self.folder.glob("out/**/*.270"))]

    def questions(self) -> list[EligibilityQuestionRow]:
        with self.world.read("eligibility:view") as uow:
            return uow.entities(uow.select(EligibilityQuestionRow).order_by(EligibilityQuestionRow.asked_at))

    def answers(self) -> list[EligibilityAnswerRow]:
        with self.world.read("eligibility:view") as uow:
            order = (EligibilityAnswerRow.received_at, EligibilityAnswerRow.number)
            return uow.entities(uow.select(EligibilityAnswerRow).order_by(*order))

    def items(self, queue: str = "coverage") -> list[tuple[str, str]]:
        """Reason and words of what waits in a queue."""
        with self.world.read("queue:view") as uow:
            rows = uow.entities(
                uow.select(QueueItemRow).where(QueueItemRow.queue == queue, QueueItemRow.state == "OPEN")
            )
            return [(row.reason, str(from_json(row.detail["text"]))) for row in rows]


def folders(world: World) -> Path:
    """A trading partner of the practice, with its folders."""
    with world.write("partner:edit") as uow:
        make.partner(uow, world.practice_id)
    folder = world.runtime.settings.edi / "clearing"
    (folder / "out").mkdir(parents=True)
    (folder / "in").mkdir()
    return folder
