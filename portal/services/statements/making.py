"""One bill made, put on paper, released: each a job of its own, so that a run goes on where it was cut off."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.statements.content import StatementContent, dump, load
from portal.domain.statements.cycle import Cycle
from portal.domain.statements.holds import KINDS, weightiest
from portal.domain.statements.life import StatementFacts
from portal.domain.texts import T_, to_json
from portal.models.patients import PatientRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementPersonRow, StatementRow, StatementRunRow
from portal.services import account_holds, consents, documents, outbox, policies, queues
from portal.services.addresses import where_to
from portal.services.parts import Parts
from portal.services.statements import building, clocks
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No sign that is misread for another: a number is said on the telephone."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def make(units: Units, parts: Parts, actor: Actor, account_id: bytes, run_id: bytes | None = None) -> bytes | None:
    """The job of one bill: build, seal, ask for the paper; None when the account needs none any more.

    A job that comes again or late bills nobody a second time within a cycle, nobody who is held, and none of a run
    that was stopped.
    """
    with units.write(actor, "statement:run") as uow:
        # One account's bills are made one after the other: two runs at once meet here.
        uow.rows(uow.select(PatientRow.id).where(PatientRow.id == account_id).with_for_update())
        patient = uow.get(PatientRow, account_id)
        if not _wanted(uow, patient, run_id):
            _passed(uow, run_id)
            return None
        cycle = policies.current(uow, patient.practice_id, Cycle)
        code = _code()
        try:
            content = building.build(
                uow, account_id, number=_number(), pay_url=parts.public_url, code=code, due_days=cycle.due_days
            )
        except Refused as error:
            waits: dict[str, Any] = {"text": to_json(error.text)}
            queues.put(uow, "statements", patient, reason=error.code, detail=waits, patient_id=account_id)
            _passed(uow, run_id)
            return None
        if content.owed.cents <= 0:
            _passed(uow, run_id)
            return None
        row = _keep(uow, patient, content, run_id)
        _people(uow, row, content)
        uow.begin(row)
        waits = {"number": content.number, "text": to_json(T_("The paper of this bill is not made yet."))}
        queues.follow(uow, row, reason="made", detail=waits, at_risk_cents=content.owed.cents)
        outbox.later(uow, "statement.paper", f"statement.paper:{row.id.hex()}", {"statement": row.id})
        return row.id


def _wanted(uow: UnitOfWork, patient: PatientRow, run_id: bytes | None) -> bool:
    """Whether an account still gets a bill now that its turn has come."""
    today = uow.today(patient.practice_id)
    if run_id is not None and uow.get(StatementRunRow, run_id).stopped_at is not None:
        return False
    if patient.billed_with_id is not None or account_holds.standing(uow, [patient.id], today):
        return False
    cycle = policies.current(uow, patient.practice_id, Cycle)
    lately = uow.select(StatementRow.id).where(
        StatementRow.patient_id == patient.id, StatementRow.made_on > today - timedelta(days=cycle.cycle_days)
    )
    return uow.row(lately) is None


def _passed(uow: UnitOfWork, run_id: bytes | None) -> None:
    """Count one account that its run need not wait for."""
    if run_id is not None:
        row = StatementRunRow
        uow.derive(row, row.id == run_id, uow.within(row), passed=row.passed + 1)


def _keep(uow: UnitOfWork, patient: PatientRow, content: StatementContent, run_id: bytes | None) -> StatementRow:
    row = uow.new(
        StatementRow,
        patient_id=patient.id,
        practice_id=patient.practice_id,
        number=content.number,
        run_key=content.made_on.isoformat(),
        run_id=run_id,
        state="READY",
        opening_cents=content.opening.cents,
        closing_cents=content.owed.cents,
        began_cents=began(uow, content, patient.id),
        made_on=content.made_on,
        due_on=content.due_on,
        content_sealed=dump(content),
        code_sealed=content.code,
        document_id=None,
        created_at=uow.now,
    )
    uow.flush()
    return row


def began(uow: UnitOfWork, content: StatementContent, account_id: bytes) -> int:
    """What no open bill of the account asks for yet, in cents: the new bill's clock runs for this."""
    asked: set[str] = set()
    wanted = uow.select(StatementRow).where(StatementRow.patient_id == account_id, StatementRow.state.in_(clocks.OPEN))
    for row in uow.entities(wanted):
        asked |= {line.charge_id for line in load(uow.read(row, StatementRow.content_sealed)).lines if line.you_owe}
    return sum(line.you_owe.cents for line in content.lines if line.charge_id not in asked)


def _people(uow: UnitOfWork, row: StatementRow, content: StatementContent) -> None:
    sums: dict[str, int] = {}
    for line in content.lines:
        sums[line.patient_id] = sums.get(line.patient_id, 0) + line.you_owe.cents
    for person, cents in sums.items():
        uow.new(
            StatementPersonRow, practice_id=row.practice_id, statement_id=row.id, patient_id=bytes.fromhex(person),
            closing_cents=cents,
        )  # fmt: skip


def print_paper(units: Units, parts: Parts, actor: Actor, statement_id: bytes) -> None:
    """The job of the paper: made between units of work, sealed with its statement, served as is for ever."""
    with units.read(actor, "statement:run") as uow:
        row = uow.get(StatementRow, statement_id)
        if row.document_id is not None:
            return
        content = uow.read(row, StatementRow.content_sealed)
        language = uow.get(PatientRow, row.patient_id).language
        zone = uow.get(PracticeRow, row.practice_id).time_zone
    body = parts.paper.statement(content, language=language, time_zone=zone)
    with units.write(actor, "statement:run") as uow:
        row = uow.get(StatementRow, statement_id)
        if row.document_id is not None:
            return
        document = documents.store(
            uow, patient_id=row.patient_id, kind="statement", name=f"bill-{row.number}.pdf",
            media_type="application/pdf", body=body,
        )  # fmt: skip
        uow.flush()
        uow.change(row, document_id=document.id)
        if row.state == "READY":
            if row.run_id is not None and uow.get(StatementRunRow, row.run_id).by_hand:
                waits = {"number": row.number, "text": to_json(T_("Look at this bill and release it."))}
                queues.follow(uow, row, reason="to-release", detail=waits, at_risk_cents=row.closing_cents)
            else:
                send(uow, parts, row)


def release(uow: UnitOfWork, parts: Parts, statement_id: bytes) -> bool:
    """A person lets a bill go out; whether it went now.

    Raises Refused `no-paper`, `held` where something holds the account, `paid` where nothing of it is open any more.
    """
    row = uow.get(StatementRow, statement_id)
    if row.state != "READY":
        return False
    if row.document_id is None:
        raise Refused(T_("The paper of this bill is not made yet. Wait a moment and try again."), code="no-paper")
    hold = weightiest(account_holds.standing(uow, [row.patient_id], uow.today(row.practice_id)).get(row.patient_id, ()))
    if hold is not None:
        raise Refused(T_("This bill stays here: {why}.", why=KINDS[hold.kind]), code="held")
    send(uow, parts, row)
    return True


def run_of(uow: UnitOfWork, statement_id: bytes) -> bytes | None:
    """The run that wrote a bill; None for one that was written alone."""
    return uow.get(StatementRow, statement_id).run_id


def send(uow: UnitOfWork, parts: Parts, row: StatementRow) -> None:
    """A bill goes out: its clock begins, and older ones whose days are over take their next step with it."""
    today = uow.today(row.practice_id)
    uow.move(row, "STATEMENT_1", StatementFacts(delivered=True, owed_cents=row.closing_cents))
    uow.change(row, step_on=today, released_by=uow.actor.identity, released_at=uow.now)
    queues.follow(uow, row, reason="sent")
    cycle = policies.current(uow, row.practice_id, Cycle)
    earlier = uow.select(StatementRow).where(
        StatementRow.patient_id == row.patient_id, StatementRow.state == "STATEMENT_1", StatementRow.id != row.id
    )
    for older in uow.entities(earlier):
        over = today >= cycle.next_on(older.step_on or older.made_on)
        if over:
            facts = StatementFacts(delivered=True, days_passed=True, owed_cents=row.closing_cents)
            uow.move(older, "STATEMENT_2", facts)
            uow.change(older, step_on=today)
    _write_to(uow, parts, row.patient_id)


def _write_to(uow: UnitOfWork, parts: Parts, patient_id: bytes) -> None:
    """Tell a patient with an address on record that a bill is ready; the mail says neither sum nor service."""
    patient = uow.get(PatientRow, patient_id)
    address = where_to(uow, patient).email
    if address and not consents.stopped(uow, patient_id, "email"):
        name = uow.get(PracticeRow, patient.practice_id).name
        outbox.mail(
            uow, "statement_ready", recipient=address, subject_id=patient_id, practice_id=patient.practice_id,
            language=patient.language, parameters={"practice": name, "url": parts.public_url},
        )  # fmt: skip


def _number() -> str:
    """A number that tells nobody how many bills there are; a collision is a Conflict, and the job comes again."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"


def _code() -> str:
    """Sixty bits, in groups of four as people read them out (SECURITY, payments)."""
    signs = "".join(secrets.choice(_CROCKFORD) for _ in range(12))
    return "-".join(signs[at : at + 4] for at in range(0, 12, 4))
