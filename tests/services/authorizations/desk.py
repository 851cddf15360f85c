"""A practice that asks payers in advance, for the tests of this room and of what claims take of approvals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from portal.access.actors import Actor
from portal.models.authorizations import AuthorizationAnswerRow, AuthorizationRow, AuthorizationRuleRow
from portal.models.claims import ClaimRow
from portal.models.queues import QueueItemRow
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services.authorizations import asking, requesting, showing
from portal.services.authorizations.requesting import TypedRequest
from portal.services.authorizations.showing import AuthorizationPage
from portal.services.claims import drafting, sending
from portal.services.files import collecting
from portal.services.intake.lines import TypedLine
from tests.databases import World
from tests.make import claims as make
from tests.make.claims import Visit

DAY = date(2026, 8, 3)
NEEDS, OTHER = "G0438", "G0270"


@dataclass
class Desk:
    world: World
    folder: Path
    house: Clearinghouse

    @property
    def biller(self) -> Actor:
        return self.world.actor("biller")

    def rule(self, code: str = NEEDS, *, needed: bool = True, place: str = "", **more: Any) -> None:
        with self.world.write("authorization:edit") as uow:
            uow.new(
                AuthorizationRuleRow, payer_id=more.pop("payer_id", None), code_first=code,
                code_last=more.pop("last", code), place=place, needed=needed, valid_from=date(2026, 1, 1),
                valid_to=None, source="", changed_by="test", changed_at=uow.now,
            )  # fmt: skip

    def visit(self, **more: Any) -> Visit:
        with self.world.write("claim:edit") as uow:
            return make.visit(uow, **{"day": DAY, "lines": ((NEEDS, 10_000),), **more})

    def typed(self, visit: Visit, **more: Any) -> TypedRequest:
        given: dict[str, Any] = {
            "coverage_id": visit.coverage_id, "encounter_id": visit.encounter_id, "first": DAY.isoformat(),
            "last": "2026-12-31", "place": "11", "diagnoses": ("I10",), "services": (TypedLine("", NEEDS, units="2"),),
        }  # fmt: skip
        return TypedRequest(**given | more)

    def draft(self, visit: Visit, **more: Any) -> bytes:
        with self.world.write("authorization:request", self.biller) as uow:
            return requesting.draft(uow, visit.patient_id, self.typed(visit, **more)).id

    def ask(self, visit: Visit, **more: Any) -> bytes:
        id_ = self.draft(visit, **more)
        assert asking.ask(self.world.units, self.world.runtime.parts, self.biller, id_)
        return id_

    def answers(self) -> list[tuple[str, int, int]]:
        """Let the payers answer and take in what they said: kind, how many changed something, findings."""
        self.house.collect()
        done = collecting.collect(self.world.units, self.world.runtime.parts, self.biller)
        return [(one.kind, one.applied, one.findings) for one in done]

    def granted(self, visit: Visit, **more: Any) -> bytes:
        id_ = self.ask(visit, **more)
        self.answers()
        assert self.row(id_).granted_as is not None
        return id_

    def claim(self, visit: Visit) -> bytes:
        with self.world.write("claim:edit", self.world.machine()) as uow:
            found = drafting.draft_for(uow, visit.encounter_id).claim_id
            assert found is not None
            return found

    def send(self) -> sending.Sending:
        return sending.send_claims(self.world.units, self.world.runtime.parts, self.biller)

    def sent_numbers(self) -> list[str]:
        """REF*G1 of every claim sent, in the order of the files."""
        found = []
        for path in sorted(self.folder.glob("out/**/*.837")):
            found += re.findall(rb"REF\*G1\*([^~]*)~", path.read_bytes())
        return [each.decode() for each in found]

    def row(self, id_: bytes) -> AuthorizationRow:
        with self.world.read("authorization:view", self.biller) as uow:
            return uow.get(AuthorizationRow, id_)

    def page(self, id_: bytes) -> AuthorizationPage:
        with self.world.read("authorization:view", self.biller) as uow:
            return showing.show(uow, id_)

    def left(self, id_: bytes) -> list[int | None]:
        return [None if one.left is None else int(one.left) for one in self.page(id_).services]

    def kept(self, id_: bytes) -> list[AuthorizationAnswerRow]:
        with self.world.read("authorization:view") as uow:
            kept = AuthorizationAnswerRow
            return uow.entities(uow.select(kept).where(kept.authorization_id == id_).order_by(kept.number))

    def state_of_claim(self, id_: bytes) -> tuple[str, list[str]]:
        """Its state, and the codes of what was found on it about authorizations."""
        with self.world.read("claim:view", self.biller) as uow:
            claim = uow.get(ClaimRow, id_)
            return claim.state, [one["code"] for one in claim.edits if one["code"].startswith("authorization")]

    def items(self, id_: bytes) -> list[tuple[str, str, date]]:
        """Queue, reason and due day of what waits about a thing."""
        with self.world.read("queue:view") as uow:
            rows = uow.entities(
                uow.select(QueueItemRow).where(QueueItemRow.subject_id == id_, QueueItemRow.state == "OPEN")
            )
            return [(row.queue, row.reason, row.due_on) for row in rows]

    def writing(self, permission: str = "authorization:answer") -> Any:
        return self.world.write(permission, self.biller)


def opened(world: World, case: str = "granted", **more: Any) -> Desk:
    with world.write("partner:edit") as uow:
        make.partner(uow, world.practice_id)
    folder = world.runtime.settings.edi / "clearing"
    (folder / "out").mkdir(parents=True)
    (folder / "in").mkdir()
    house = Clearinghouse(
        folder / "out", folder / "in", clock=world.clock, cases=dict.fromkeys((NEEDS, OTHER), case), **more
    )
    return Desk(world, folder, house)
