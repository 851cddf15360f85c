"""Items of a queue that differ in all that a queue is ordered and narrowed by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.domain.texts import T_, to_json
from portal.models.queues import QueueItemRow
from portal.services.users import accounts, grants
from portal.services.work import taking
from portal.services.work.taking import Do, Order
from tests.make import claims

REASONS = ("A3", "A7", "units")


def worker(world: Any, name: str, role: str = "biller") -> bytes:
    """Somebody who works in the practice, with a name; the actor of this name from now on."""
    with world.write("user:invite") as uow:
        row = accounts.create_user(uow, email=f"{name.lower()}@juniper.example", name=name, state="ACTIVE")
        uow.flush()
        grants.give(uow, row.id, role, practice_id=world.practice_id)
        world.people[name] = row.id
        return row.id


def fill(world: Any, count: int, *, queue: str = "rejected-claims", payers: int = 2, last: str = "Ashgrove") -> Any:
    """So many open items about one patient: due days, priorities, ages, amounts, reasons and payers all mixed.

    Every seventh has no payer. Gives the rows in the order in which they were made.
    """
    with world.write("queue:assign") as uow:
        who = [claims.payer(uow, code=f"P{n:04d}", name=f"Payer {chr(90 - n)}").id for n in range(payers)]
        patient = claims.patient(uow, last=last).id
        day = world.clock.now().date()
        return [
            uow.new(
                QueueItemRow, queue=queue, state="OPEN", subject_table="patient", subject_id=patient,
                patient_id=patient, payer_id=None if n % 7 == 6 else who[n % payers],
                reason=REASONS[n % 3], detail={
                    "number": f"C-{n:04d}", "code": REASONS[n % 3], "text": to_json(T_("Rejected.")),
                },
                at_risk_cents=(n * 7_919) % 400 * 1_000, priority=(n * 31) % 17, due_on=day + timedelta(days=n % 9 - 2),
                created_at=uow.now - timedelta(hours=(n * 13) % 50), holder_id=None,
            )
            for n in range(count)
        ]  # fmt: skip


def put_off(world: Any, name: str, items: list[bytes], *, days: int, queue: str = "rejected-claims") -> None:
    """Put items off, as this person."""
    day = (world.clock.now() + timedelta(days=days)).date().isoformat()
    with world.write("queue:assign", world.actor("biller", name)) as uow:
        assert taking.carry_out(uow, queue, items, Order(Do.SKIP, reason="payer", day=day)) == len(items)
