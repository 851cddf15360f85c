"""What the office does with an application: ask for papers, prepare, decide, take back; and what follows in the books.

One person decides up to a sum; above it, or where copays of a government plan are in it, one prepares and a manager
decides. What is granted goes off what the patient owes on services whose plans have answered, today and until the last
day that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain.assistance.incomes import percent_of
from portal.domain.assistance.levels import Level
from portal.domain.assistance.life import ASKS, DENIALS, GRANTED, GRANTS, REVOCATIONS, AssistanceFacts
from portal.domain.assistance.policy import Assistance, shares
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_
from portal.domain.typed import plain
from portal.models.assistance import AssistanceRow
from portal.models.patients import PatientRow
from portal.services import account_holds, outbox, policies, queues
from portal.services.assistance import applying
from portal.services.assistance.books import OpenCharge, open_charges, take_back, take_off
from portal.services.assistance.levels import level_of
from portal.services.unit_of_work.work import UnitOfWork

_CHANGED = T_("Somebody else worked on this application meanwhile. Look at it again; nothing was changed.")
_DECIDE = T_("An application for help is prepared and waits for the decision")
_BACK = T_("An application for help came back to be prepared again")
_MOST_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What household, income and rules say; `level` is None where no guideline is known."""

    yearly_cents: int
    level: Level | None
    level_cents: int
    percent: int | None
    discount: int


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a percentage takes off which charges today; `waiting` are charges that a payer still decides about."""

    off: dict[OpenCharge, int]
    charges: tuple[OpenCharge, ...]

    @property
    def cents(self) -> int:
        """All of it."""
        return sum(self.off.values())

    @property
    def government_cents(self) -> int:
        """What of what is open is asked by a government plan of its member."""
        return sum(each.cents for each in self.charges if each.government and not each.waits)


def finding(uow: UnitOfWork, row: AssistanceRow) -> Finding:
    """The application against the guideline of the day it was sent, and the band of the practice's rules."""
    household = applying.household_of(uow, row)
    patient = uow.get(PatientRow, row.patient_id)
    address = uow.read(patient, PatientRow.address_sealed) or {}
    level = level_of(uow, address.get("state") or "", row.submitted_on or uow.today(row.practice_id))
    if level is None or not household.size:
        return Finding(household.yearly_cents, level, 0, None, 0)
    cents = level.cents(household.size)
    percent = percent_of(household.yearly_cents, cents)
    discount = policies.current(uow, row.practice_id, Assistance).discount(percent)
    return Finding(household.yearly_cents, level, cents, percent, discount)


def reckon(uow: UnitOfWork, row: AssistanceRow, percent: int, *, government: bool) -> Reckoned:
    """What help of so many percent takes off now, of everybody billed on the account; nothing is posted."""
    rules = policies.current(uow, row.practice_id, Assistance)
    since = (row.submitted_on or uow.today(row.practice_id)) - timedelta(days=rules.look_back_days)
    people = account_holds.members(uow, account_holds.anchor(uow, row.patient_id))
    charges = open_charges(uow, people, since=since)
    counted = {each: each.cents for each in charges if not each.waits and (government or not each.government)}
    return Reckoned(shares(counted, percent), tuple(charges))


def ask_for(
    uow: UnitOfWork, assistance_id: bytes, reason: str, words: str, until: date | None, *, version: int
) -> None:
    """Ask the patient for what is missing; it comes back to the queue when it is here, or when the day is over."""
    row = _standing(uow, assistance_id, version)
    if reason not in ASKS:
        raise Refused(T_("Choose what is missing."), code="reason")
    said = plain(words, "words", _MOST_WORDS)
    if said is None:
        raise Refused(T_("Write what the patient should send or tell us."), code="words")
    today = uow.today(row.practice_id)
    rules = policies.current(uow, row.practice_id, Assistance)
    uow.move(row, "INCOMPLETE", AssistanceFacts(), reason=reason)
    uow.change(row, reason=reason, words_sealed=said, due_on=until or applying.answer_by(today, rules))
    queues.done(uow, row)
    _tell(uow, row, "asked")


def prepare(uow: UnitOfWork, assistance_id: bytes, percent: int, *, government: bool, note: str, version: int) -> None:
    """Propose a percentage to whoever decides. Raises Refused, Conflict."""
    row = _standing(uow, assistance_id, version)
    _percent(percent)
    uow.move(row, "REVIEWED", AssistanceFacts(), reason="prepared", note=note.strip() or None)
    uow.change(row, percent=percent, government=government)
    _keep_finding(uow, row)
    applying.to_office(uow, row, "prepared", _DECIDE)


def send_back(uow: UnitOfWork, assistance_id: bytes, note: str, *, version: int) -> None:
    """Back to whoever prepares; raises Refused without a word why."""
    row = _standing(uow, assistance_id, version)
    uow.move(row, "SUBMITTED", AssistanceFacts(), reason="sent-back", note=_note(note))
    applying.to_office(uow, row, "sent-back", _BACK)


def decide(
    uow: UnitOfWork,
    assistance_id: bytes,
    percent: int,
    reason: str,
    *,
    government: bool = False,
    words: str = "",
    note: str = "",
    version: int,
) -> int:
    """Grant so many percent, or with none deny; what goes off now is posted, the letter is set. The cents.

    `government`: what a government plan asks of its member is in it, for which the note says why (this patient's own
    need, never a routine). Raises Refused: `reason`, `note`, `guard:alone` where two people are needed, Conflict.
    """
    row = _standing(uow, assistance_id, version)
    _percent(percent)
    if reason not in (GRANTS if percent else DENIALS):
        raise Refused(T_("Choose a reason that goes with the decision."), code="reason")
    if (government and percent) or (reason == "hardship"):
        _note(note)
    reckoned = reckon(uow, row, percent, government=government)
    rules = policies.current(uow, row.practice_id, Assistance)
    alone = not government and reckoned.cents <= rules.single_cents
    to = "DENIED" if not percent else "APPROVED" if percent == 100 else "PARTLY"
    by = uow.last_actor(row, "REVIEWED")
    facts = AssistanceFacts(alone=alone, second=by is not None and uow.actor.identity != by.hex())
    uow.move(row, to, facts, reason=reason, note=note.strip() or None)
    _keep_finding(uow, row)
    off = take_off(uow, reckoned.off, "assistance", key_of(row))
    today = uow.today(row.practice_id)
    uow.change(
        row, percent=percent, government=government and bool(percent), cents=off, decided_on=today,
        valid_until=rules.valid_until(today) if percent else None, reason=reason,
        words_sealed=plain(words, "words", _MOST_WORDS), document_id=None, mailed_on=None,
    )  # fmt: skip
    applying.over(uow, row, "decided")
    _paper(uow, row)
    return off


def revoke(uow: UnitOfWork, assistance_id: bytes, reason: str, note: str, *, version: int) -> int:
    """Take a grant back: every write-off of it is undone. The cents that are owed again; raises Refused, Conflict."""
    row = _standing(uow, assistance_id, version)
    if reason not in REVOCATIONS:
        raise Refused(T_("Choose why it is taken back."), code="reason")
    uow.move(row, "REVOKED", AssistanceFacts(), reason=reason, note=_note(note))
    cents = take_back(uow, key_of(row), reason)
    uow.change(row, reason=reason, valid_until=None, document_id=None, mailed_on=None)
    _paper(uow, row)
    return cents


def mailed(uow: UnitOfWork, assistance_id: bytes, *, version: int) -> None:
    """The letter is in the mail; it waits no longer."""
    row = _standing(uow, assistance_id, version)
    if row.document_id is None:
        raise Refused(T_("The letter is not set yet. Try again in a minute."), code="letter")
    uow.change(row, mailed_on=uow.today(row.practice_id))
    queues.done(uow, row)


def carry_on(uow: UnitOfWork, row: AssistanceRow) -> int:
    """Take off what became the patient's since the grant, while it holds; the cents. Asked for every night."""
    if row.state not in GRANTED or not row.percent:
        return 0
    reckoned = reckon(uow, row, row.percent, government=bool(row.government))
    cents = take_off(uow, reckoned.off, "assistance", key_of(row))
    if cents:
        uow.change(row, cents=(row.cents or 0) + cents)
    return cents


def key_of(row: AssistanceRow) -> str:
    """What names an application in the books."""
    return f"assistance-{row.id.hex()}"


def _keep_finding(uow: UnitOfWork, row: AssistanceRow) -> None:
    found = finding(uow, row)
    uow.change(row, finding_sealed={
        "yearly_cents": found.yearly_cents, "year": found.level.year if found.level else None,
        "region": found.level.region if found.level else None, "level_cents": found.level_cents,
        "percent": found.percent, "discount": found.discount,
    })  # fmt: skip


def _paper(uow: UnitOfWork, row: AssistanceRow) -> None:
    """The letter is set by its job, once for every step that one is written about."""
    uow.flush()
    outbox.later(uow, "assistance.paper", f"assistance.paper:{row.id.hex()}:{row.version}", {"assistance": row.id})


def _tell(uow: UnitOfWork, row: AssistanceRow, what: str) -> None:
    uow.flush()
    outbox.later(
        uow, "assistance.notice", f"assistance.notice:{row.id.hex()}:{what}:{row.version}", {"assistance": row.id}
    )


def _standing(uow: UnitOfWork, assistance_id: bytes, version: int) -> AssistanceRow:
    row = uow.get(AssistanceRow, assistance_id)
    if row.version != version:
        raise Conflict(_CHANGED, code="version")
    return row


def _percent(percent: int) -> None:
    if not 0 <= percent <= 100:
        raise Refused(T_("Choose a percentage from 0 to 100."), code="percent")


def _note(note: str) -> str:
    if not note.strip():
        raise Refused(T_("Write why, for whoever looks at this later."), code="note")
    return note.strip()


def waiting(rows: Sequence[OpenCharge]) -> int:
    """What of some charges payers have still to answer for, which no help touches yet: how many."""
    return sum(1 for each in rows if each.waits)
