"""What patients of the demonstration and the office write to each other: a question, a message, something asked."""

from __future__ import annotations

import secrets

from portal.access import roles
from portal.demo.patients import Member
from portal.demo.story import Story
from portal.services.messages import office, own
from portal.services.messages.office import About
from portal.services.statements import home, showing


def tell(story: Story, members: list[Member]) -> None:
    """One asks about a line of a bill, one wrote and was answered, and one is asked for other insurance."""
    asking, writing, asked = members[1::2][:3]
    units, biller = story.runtime.units, story.cast.actor(roles.BILLER)
    with units.read(asking.actor(), "own-statement:view") as uow:
        bill = home.newest_statement(uow, asking.patient_id)
        line = showing.statement_page(uow, bytes.fromhex(bill)).lines[0] if bill else None
    if bill is not None and line is not None and line.encounter_id:
        with units.write(asking.actor(), "own-message:make") as uow:
            own.ask(
                uow, bytes.fromhex(line.encounter_id), "plan-pays",
                "My plan paid for this last year. Could you look at it again?", key=_key(),
                charge_id=bytes.fromhex(line.charge_id) or None, statement_id=bytes.fromhex(bill),
            )  # fmt: skip
    with units.write(writing.actor(), "own-message:make") as uow:
        said = own.write_first(uow, writing.patient_id, "Paying in parts", "Can I pay this in two parts?", key=_key())
    with units.write(biller, "message:answer") as uow:
        answer = "Yes. Pay any sum on the page of your bill now, and the rest within four weeks."
        office.answer(uow, said.conversation_id, answer, key=_key(), close_as="answered")
    with units.write(biller, "task:ask") as uow:
        office.ask(uow, About(asked.patient_id), "other-coverage", {}, key=_key())
    story.worker.drain()


def _key() -> str:
    return secrets.token_hex(16)
