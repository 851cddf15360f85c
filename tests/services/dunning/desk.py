"""A patient whose second bill went out today, and the machine that follows up; invented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from portal.domain.ledger import Entry, Line, inputs_digest
from portal.domain.money import Money
from portal.domain.statements.content import dump
from portal.models.dunning import NoticeRow
from portal.models.jobs import JobKeyRow
from portal.models.ledger import LedgerLineRow
from portal.models.statements import StatementRow
from portal.services import consents, documents, ledger
from portal.services.dunning import papers, sending, stepping
from portal.services.statements import clocks
from tests.databases import World
from tests.make import accounts, statements

EMAIL, PHONE = "teresa@mail.example", "5035550177"


@dataclass
class PlainPaper:
    """Paper that writes down what it was asked for; the real one is tried in tests of its own."""

    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def notice(self, content: Mapping[str, Any], *, language: str, time_zone: str) -> bytes:
        self.asked.append(content)
        return b"%PDF-" + json.dumps(content).encode()


def billed(world: World, *allowed: str, state: str = "STATEMENT_2", **more: Any) -> bytes:
    """The id of the bill of somebody who owes 86.40; `allowed` are ways that they agreed to. It is noon there."""
    world.clock.at = world.clock.at.replace(hour=18)
    patient_id = accounts.owing(
        world, **{"email_sealed": EMAIL, "phone_sealed": PHONE, "first_name_sealed": "Teresa"} | more
    )
    with world.write("statement:run") as uow:
        where = (LedgerLineRow.patient_id == patient_id, LedgerLineRow.account == "receivable:patient")
        open_ = [
            (row.charge_id, int(row.cents))
            for row in uow.rows(ledger.sums(uow, LedgerLineRow.charge_id, where=where))
            if row.cents
        ]
        lines = tuple(
            statements.line(charge_id=charge.hex(), charged=Money(cents), you_owe=Money(cents))
            for charge, cents in open_
        )
        today = uow.today()
        content = statements.content(lines=lines, made_on=today)
        document = documents.store(
            uow, patient_id=patient_id, kind="statement", name="b.pdf", media_type="application/pdf", body=b"%PDF-"
        )
        uow.flush()
        row = uow.new(
            StatementRow, patient_id=patient_id, practice_id=world.practice_id, number=patient_id.hex()[:8],
            run_key=today.isoformat(), state=state, opening_cents=0, closing_cents=content.owed.cents, made_on=today,
            due_on=today, content_sealed=dump(content), document_id=document.id, created_at=uow.now, step_on=today,
        )  # fmt: skip
        uow.flush()
        for channel in allowed:
            consents.choose(uow, patient_id, channel, allow=True, by="office", language="en_US", words="You may.")
        return row.id


def parts(world: World, **more: Any) -> Any:
    return replace(world.runtime.parts, **{"paper": PlainPaper()} | more)


def look(world: World) -> int:
    """The daily look, twice: the second time finds nothing."""
    moved = stepping.run(world.units, world.machine("dunning.step"))
    assert stepping.run(world.units, world.machine("dunning.step")) == 0
    return moved


def work_off(world: World, **more: Any) -> None:
    """Every notice job that was asked for, each twice, as a worker may die before it says that it is done."""
    with world.units.housekeeping() as session:
        keys = [row.key.split(":") for row in session.query(JobKeyRow).order_by(JobKeyRow.created_at)]
    for name, about, *_ in keys:
        if name == "notice.send":
            for _ in range(2):
                sending.send(world.units, parts(world, **more), world.machine(name), bytes.fromhex(about))
        elif name == "notice.paper":
            for _ in range(2):
                papers.print_paper(world.units, parts(world, **more), world.machine(name), bytes.fromhex(about))


def notices(world: World) -> dict[tuple[str, str], NoticeRow]:
    with world.read("notice:send") as uow:
        return {(row.step, row.channel): row for row in uow.entities(uow.select(NoticeRow))}


def states(world: World) -> dict[tuple[str, str], str]:
    return {key: row.state for key, row in notices(world).items()}


def bill(world: World, statement_id: bytes) -> StatementRow:
    with world.read("statement:view") as uow:
        return uow.get(StatementRow, statement_id)


def mail_out(world: World) -> None:
    """A person mails every letter that is printed."""
    for row in notices(world).values():
        if row.state == "TO_MAIL":
            with world.write("notice:send", world.actor("biller")) as uow:
                papers.mailed(uow, row.id, row.version)


def pay(world: World, patient_id: bytes) -> None:
    """All that a patient owes comes in."""
    line = LedgerLineRow
    with world.write("payment:settle") as uow:
        where = (line.patient_id == patient_id, line.account == "receivable:patient")
        owed = [row for row in uow.rows(ledger.sums(uow, line.charge_id, where=where)) if row.cents]
        lines = [Line("receivable:patient", -int(row.cents), patient_id, charge_id=row.charge_id) for row in owed]
        lines.append(Line("cash:card", -sum(each.amount_cents for each in lines), patient_id))
        ledger.post(uow, [Entry("card-payment", uow.today(), "paid", inputs_digest({}), tuple(lines))])
    clocks.follow(world.units, world.machine("payment.settled"), patient_id)


def mails(world: World) -> list[EmailMessage]:
    folder = world.runtime.settings.home / "mail"
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def texts(world: World) -> list[dict[str, str]]:
    folder = world.runtime.settings.home / "texts"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
