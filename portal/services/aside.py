"""Visits that go no further: kept with who said why, their unsent claims withdrawn, billed to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func

from portal.domain.bills import SET_ASIDE
from portal.domain.claims import LIFE, ClaimFacts
from portal.domain.encounters import LIFE as VISIT
from portal.domain.encounters import EncounterFacts
from portal.domain.errors import Conflict, Refused
from portal.domain.money import Money
from portal.domain.statements.life import LADDER
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationUseRow
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.models.ledger import LedgerLineRow
from portal.models.payers import PayerRow
from portal.models.statements import StatementRow
from portal.services import ledger, outbox, queues
from portal.services.credits import queue_credits
from portal.services.granted import counting
from portal.services.intake import books, showing, visits
from portal.services.intake.showing import Happened, State, Visit
from portal.services.unit_of_work.work import UnitOfWork

UNSENT = ("DRAFT", "READY", "HELD")
_OPEN_BILLS = ("READY", *LADDER)
ENDED = ("VOIDED", "WITHDRAWN")
"""States in which a claim stands for nothing any more."""
SET = "aside"
"""Why a claim is withdrawn; why its visit was set aside, the visit says."""

_CHANGED = T_(
    "Someone worked on its claim, or paid, while you looked at it. Nothing was changed; look at the new state first."
)
_SENT = T_("A claim of it went to a payer. Correct or void that claim first.")


@dataclass(frozen=True, slots=True)
class Aside:
    """Who set a visit aside, and why."""

    happened: Happened
    words: Text | None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A claim that was never sent and would be withdrawn."""

    claim_id: str
    number: str
    state: State
    payer_name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Effects:
    """What setting a visit aside would do besides; `seen` goes back with the form, so that a stale page is told."""

    claims: tuple[Withdrawn, ...]
    charged: Money
    """What stands in the account and is taken out of it."""
    paid: Money
    """What was paid or written off of that, and stays as a credit."""
    units: bool
    """Units taken of an authorization are given back."""
    bills: int
    """Open bills of the patient, of whom some of it is owed: one on which nothing else is owed is closed."""
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AsidePage(Visit):
    """See `templates/staff/encounters/aside.html`."""

    patient_id: str
    effects: Effects
    reasons: tuple[tuple[str, Text], ...]
    may: bool
    why_not: Text | None


def show(uow: UnitOfWork, encounter_id: bytes) -> AsidePage:
    """What setting a cleared visit aside would do, for whoever works its claim."""
    encounter = uow.get(EncounterRow, encounter_id)
    why_not = None
    if encounter.state != "CLEARED":
        why_not = T_(
            "The visit is not with its claim now: {state}. Whoever works it there can set it aside.",
            state=VISIT.words[encounter.state],
        )
    elif not unbilled(uow, encounter):
        why_not = _SENT
    return AsidePage(
        **showing.visit_values(uow, encounter), patient_id=encounter.patient_id.hex(),
        effects=effects(uow, encounter), reasons=tuple(SET_ASIDE.items()), may=why_not is None, why_not=why_not,
    )  # fmt: skip


def effects(uow: UnitOfWork, encounter: EncounterRow) -> Effects:
    """What setting a visit aside does to its claims, the account and authorizations."""
    claims = _standing(uow, encounter)
    ids = [claim.id for claim in claims]
    names = {
        row.id: row.name
        for row in uow.rows(uow.select(PayerRow.id, PayerRow.name).where(PayerRow.id.in_({c.payer_id for c in claims})))
    }
    line, use = LedgerLineRow, AuthorizationUseRow
    sums = {
        row.account: int(row.cents)
        for row in uow.rows(
            uow.select(line.account, func.sum(line.amount_cents).label("cents"))
            .where(line.encounter_id == encounter.id)
            .group_by(line.account)
        )
    }
    charged = -sums.get("revenue", 0)
    owed = sum(cents for account, cents in sums.items() if account.startswith("receivable:"))
    paid, billed = max(charged - owed, 0), StatementRow
    open_ = uow.select(billed.id).where(billed.patient_id == encounter.patient_id, billed.state.in_(_OPEN_BILLS))
    bills = uow.count(open_) if sums.get("receivable:patient", 0) > 0 else 0
    units = uow.value(uow.select(func.sum(use.thousandths)).where(use.claim_id.in_(ids))) if ids else 0
    return Effects(
        tuple(
            Withdrawn(
                claim.id.hex(), claim.control, State(claim.state, LIFE.words[claim.state]), names[claim.payer_id],
                Money(claim.charge_cents),
            )
            for claim in claims
        ),
        Money(charged), Money(paid), bool(units), bills, _seen(claims, paid),
    )  # fmt: skip


def unbilled(uow: UnitOfWork, encounter: EncounterRow) -> bool:
    """Whether no claim of a visit ever went, but for those that were voided since."""
    return all(claim.state in UNSENT and not claim.versions for claim in _standing(uow, encounter))


def set_aside(uow: UnitOfWork, encounter: EncounterRow, reason: str, note: str, seen: str = "") -> None:
    """Let a visit go no further, for a reason of SET_ASIDE: its services are kept and billed to nobody.

    Its claims that were never sent are withdrawn, what was taken of authorizations is given back, and what stands in
    the account is taken out by reversals; what was paid of it is a credit that somebody is sent to look at, and bills
    on which nothing else is owed are closed. The caller has looked at the visit's version; `seen` is what `effects`
    said of its claims and of what was paid. Raises Refused `reason`, and `guard:unbilled` where a claim went to a
    payer; Conflict where somebody worked on a claim, or paid, meanwhile.
    """
    if reason not in SET_ASIDE:
        raise Refused(T_("Say why it goes no further. Nothing was changed."), code="reason")
    # a claim that is being drafted now is waited for, and found
    uow.value(uow.select(EncounterRow.id).where(EncounterRow.id == encounter.id).with_for_update())
    claims = _standing(uow, encounter)
    actor = uow.actor.user_id
    free = unbilled(uow, encounter)
    if free and effects(uow, encounter).seen != seen:
        raise Conflict(_CHANGED, code="version")
    charges = showing.charges_of(uow, encounter)
    before = {charge.id: charge.active for charge in charges}
    for charge in charges:
        uow.change(charge, active=False)
    entries = books.entries(uow, encounter, charges) if free else []
    ledger.post(uow, entries)
    if entries:
        uow.flush()
        queue_credits(uow, [encounter.patient_id])
        key = f"statement.close:aside:{encounter.id.hex()}:{encounter.version}"
        outbox.later(uow, "statement.close", key, {"patient": encounter.patient_id})
    for charge in charges:
        uow.change(charge, posted=False, stood=before[charge.id])
    uow.change(encounter, charge_cents=0)
    note = note.strip()
    uow.move(encounter, "SET_ASIDE", EncounterFacts(actor, unbilled=free), reason=reason, note=note)
    for claim in claims:
        uow.move(claim, "WITHDRAWN", ClaimFacts(actor=actor, unsent=not claim.versions), reason=SET, note=note)
        uow.change(claim, held_from=None, hold_reason=None, edits=[])
        queues.done(uow, claim)
    counting.give_back(uow, [claim.id for claim in claims])
    visits.follow(uow, encounter, reason, SET_ASIDE[reason])


def from_claim(uow: UnitOfWork, encounter_id: bytes, version: int, reason: str, note: str, seen: str) -> bytes:
    """Set a cleared visit aside whose claim was never sent, or that has none; see `set_aside`.

    Gives the patient's id. Raises Refused `settled`, Conflict.
    """
    encounter = uow.get(EncounterRow, encounter_id)
    uow.change(encounter, expected_version=version)
    if encounter.state != "CLEARED":
        raise Refused(T_("Only a cleared visit whose claim was never sent is set aside here."), code="settled")
    set_aside(uow, encounter, reason, note, seen)
    patient: bytes = encounter.patient_id
    return patient


def take_up(uow: UnitOfWork, encounter: EncounterRow) -> None:
    """The services of a visit that was set aside stand again as they stood: the coder's own are not lost.

    Of one that was set aside before that was kept, those of the proposal.
    """
    charges = showing.charges_of(uow, encounter)
    kept = any(charge.stood is not None for charge in charges)
    proposed = {line["position"] for line in uow.read(encounter, EncounterRow.proposal_sealed)["lines"]}
    for charge in charges:
        uow.change(charge, active=bool(charge.stood) if kept else charge.position in proposed, stood=None)
    uow.change(encounter, charge_cents=showing.total_of(charges).cents)


def of(uow: UnitOfWork, encounter: EncounterRow) -> Aside | None:
    """Who set a visit aside, and why; None for one that goes on."""
    last = showing.last_move(uow, encounter, "SET_ASIDE") if encounter.state == "SET_ASIDE" else None
    return None if last is None else Aside(last, SET_ASIDE.get(last.reason))


def _standing(uow: UnitOfWork, encounter: EncounterRow) -> list[ClaimRow]:
    uow.flush()
    row = ClaimRow
    wanted = uow.select(row).where(row.encounter_id == encounter.id, row.state.not_in(ENDED))
    return uow.entities(wanted.order_by(row.created_at, row.id))


def _seen(claims: list[ClaimRow], paid: int) -> str:
    """What was told: the claims as they were, and what was paid; empty where there was neither."""
    told = sorted(f"{claim.id.hex()}:{claim.version}" for claim in claims)
    return " ".join([*told, *([f"paid:{paid}"] if paid else [])])
