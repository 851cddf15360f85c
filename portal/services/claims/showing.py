"""One claim as the office reads it: where it stands, what to do, what was sent and answered, and its money."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.access import policy
from portal.domain import corrections, denials
from portal.domain.claim_reasons import BILLED_AFTER_ALL, EARLIER_BILLED, HOLDS, PASSES, RETURNS, REWORKS
from portal.domain.claims import LIFE
from portal.domain.corrections import Way
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow, ClaimVersionRow, CorrectionRow
from portal.models.denials import DenialRow
from portal.models.ledger import LedgerLineRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services import ledger
from portal.services.claims import again, checking, correcting, passing, restoring, standing
from portal.services.claims.again import FREQUENCIES, Again, Correction
from portal.services.claims.clocks import ClaimClock, clock_of
from portal.services.claims.history import Happening, Step, Version, happened, steps_of, versions_of
from portal.services.claims.lines import ClaimLine, lines_of
from portal.services.claims.listing import NAMES, name_in
from portal.services.claims.visits import NO_LIMIT
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.reader import read

RANKS = {"P": T_("first payer"), "S": T_("second payer"), "T": T_("third payer")}
ACTIONS = (
    "send", "ready", "check", "recheck", "release", "restore", "seen", "lost", "supplied", "ask", "hold", "draft",
    "replace", "void", "approve", "refused", "give_up", "pass", "take_up",
)  # fmt: skip
"""What can be done with a claim, the most likely first."""

_ALLOWED = {
    "send": ("claim:submit", ("READY",)),
    "ready": ("claim:edit", ("REJECTED",)),
    "check": ("claim:edit", ("DRAFT",)),
    "release": ("claim:release", ("HELD",)),
    "hold": ("claim:hold", ("DRAFT", "READY")),
    "draft": ("claim:edit", ("DRAFT", "READY", "HELD", "REJECTED", "VOIDED")),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend (block) or to look at (warn): what it is, and what to do."""

    severity: str
    title: Text
    text: Text


@dataclass(frozen=True, slots=True)
class DenialItem:
    """A case that the payer's answer opened."""

    title: Text
    text: Text
    state: State
    amount: Money
    due_on: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class ClaimSums:
    """Where the visit's charge went, from the books; the first is the sum of the others."""

    charged: Money
    discount: Money
    plan_paid: Money
    others_paid: Money
    """By the visit's other payers."""
    patient: Money
    others_open: Money
    """Waits for them."""
    open: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPage:
    """Everything about one claim; ids are hex. `actions` are what this person may do now."""

    claim_id: str
    version: int
    number: str
    state: State
    hold_reason: Text | None
    rank: Text
    frequency: Text
    patient_id: str
    patient_name: str
    encounter_id: str
    day: date
    payer_name: str
    payer_number: str | None
    filing_due: date | None
    days_left: int | None
    clock: ClaimClock
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    denials: tuple[DenialItem, ...]
    lines: tuple[ClaimLine, ...]
    sums: ClaimSums
    versions: tuple[Version, ...]
    history: tuple[Happening, ...]
    actions: tuple[str, ...]
    hold_reasons: tuple[tuple[str, Text], ...]
    rework_reasons: tuple[tuple[str, Text], ...]
    return_reasons: tuple[tuple[str, Text], ...]
    correction: Correction | None
    again: tuple[Again, ...]
    replace_reasons: tuple[tuple[str, Text], ...]
    void_reasons: tuple[tuple[str, Text], ...]
    give_up_reasons: tuple[tuple[str, Text], ...]
    refusal_reasons: tuple[tuple[str, Text], ...]
    pass_reasons: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """One version as it was sent, segment by segment, with the SHA-256 of its bytes."""

    claim_id: str
    claim_number: str
    number: int
    control: str
    sent_at: datetime
    segments: tuple[str, ...]
    digest: str


def show_claim(uow: UnitOfWork, claim_id: bytes) -> ClaimPage:
    """Open a claim within reach; raises NotFound."""
    claim = uow.get(ClaimRow, claim_id)
    about = uow.row(
        uow.select(
            ClaimRow.patient_id, ClaimRow.practice_id, *NAMES, PayerRow.name.label("payer_name")
        ).where(ClaimRow.id == claim.id, PatientRow.id == ClaimRow.patient_id, PayerRow.id == ClaimRow.payer_id)
    )  # fmt: skip
    assert about is not None, "a claim has its patient and payer"
    today = uow.today(claim.practice_id)
    due = None if claim.filing_due == NO_LIMIT else claim.filing_due
    correction = again.on_its_way(uow, claim)
    ways = correcting.ways_of(uow, claim)
    return ClaimPage(
        claim_id=claim.id.hex(),
        version=claim.version,
        number=claim.control,
        state=State(claim.state, LIFE.words[claim.state]),
        hold_reason=HOLDS.get(claim.hold_reason or "") if claim.state == "HELD" else None,
        rank=RANKS.get(claim.rank, RANKS["P"]),
        frequency=FREQUENCIES.get(claim.frequency, FREQUENCIES["1"]),
        patient_id=claim.patient_id.hex(),
        patient_name=name_in(uow, about),
        encounter_id=claim.encounter_id.hex(),
        day=claim.service_from,
        payer_name=about.payer_name,
        payer_number=uow.read(claim, ClaimRow.payer_control_sealed),
        filing_due=due,
        days_left=None if due is None else (due - today).days,
        clock=clock_of(uow, claim),
        steps=steps_of(uow, claim),
        findings=tuple(Finding(one.severity, one.text, one.what_to_do) for one in checking.kept(claim.edits)),
        denials=_denials(uow, claim, today),
        lines=lines_of(uow, claim),
        sums=_sums(uow, claim),
        versions=versions_of(uow, claim),
        history=happened(uow, claim, _REASONS),
        actions=_actions(uow, claim, correction, ways),
        hold_reasons=tuple((code, words) for code, words in HOLDS.items() if code != "answered-late"),
        rework_reasons=tuple(REWORKS.items()),
        return_reasons=tuple(CODING_ERRORS.items()),
        correction=again.shown(uow, claim, correction) if correction is not None else None,
        again=tuple(Again(FREQUENCIES[way.frequency], way.possible, way.why) for way in ways),
        replace_reasons=tuple(corrections.REPLACES.items()),
        void_reasons=tuple(corrections.VOIDS.items()),
        give_up_reasons=again.give_up_reasons(correction),
        refusal_reasons=tuple(corrections.REFUSALS.items()),
        pass_reasons=tuple(PASSES.items()),
    )


_REASONS = {
    "aside": T_("Its visit was set aside"),
    **PASSES,
    EARLIER_BILLED: T_("The payer before it is billed after all"),
    "after-all": BILLED_AFTER_ALL,
    **corrections.REPLACES,
    **corrections.VOIDS,
    **corrections.CANCELS,
    **corrections.DROPS,
    **corrections.REFUSALS,
    "void-refused": T_("The payer refused the void"),
    "void-out": T_("A void of it is with the payer"),
    "given-up": T_("The replacement or void was given up"),
    "information": T_("The payer asks for more"),
    "answered": T_("The payer works on it again"),
    "supplied": T_("What the payer wanted was sent"),
    "lost": T_("It never arrived at the payer"),
    **CODING_ERRORS,
    **RETURNS,
    **HOLDS,
    **REWORKS,
}


def show_snapshot(uow: UnitOfWork, claim_id: bytes, number: int) -> SnapshotPage:
    """Open a version as it was sent; raises NotFound."""
    claim = uow.get(ClaimRow, claim_id)
    version = uow.first(
        uow.select(ClaimVersionRow).where(ClaimVersionRow.claim_id == claim.id, ClaimVersionRow.number == number)
    )
    if version is None:
        raise NotFound(T_("There is no such version of this claim."), code="not-found")
    body: bytes = uow.read(version, ClaimVersionRow.body_sealed)
    return SnapshotPage(
        claim_id=claim.id.hex(),
        claim_number=claim.control,
        number=version.number,
        control=version.control,
        sent_at=version.submitted_at,
        segments=tuple("*".join(segment.elements) for segment in read(body).segments),
        digest=hashlib.sha256(body).hexdigest(),
    )


def _actions(
    uow: UnitOfWork, claim: ClaimRow, correction: CorrectionRow | None, ways: Sequence[Way]
) -> tuple[str, ...]:
    """What this person may do now, in the order of ACTIONS."""
    asks = {action: permission for action, (permission, states) in _ALLOWED.items() if claim.state in states}
    may = {action for action, permission in asks.items() if policy.decide(uow.actor, permission).allowed}
    asked = {"ask": "claim:ask", "lost": "claim:acknowledge", "supplied": "claim:acknowledge"}
    may |= {each for each in standing.offered(uow, claim) if policy.decide(uow.actor, asked[each]).allowed}
    may |= again.offered(uow, claim, correction, ways).keys()
    if policy.decide(uow.actor, "claim:edit").allowed:
        may |= {"restore"} if restoring.can_restore(uow, claim) else set()
        may |= {"pass"} if passing.can_pass(claim) else {"take_up"} if passing.can_take_up(uow, claim) else set()
    return tuple(action for action in ACTIONS if action in may)


def _denials(uow: UnitOfWork, claim: ClaimRow, today: date) -> tuple[DenialItem, ...]:
    rows: Sequence[Any] = uow.rows(
        uow.select(
            DenialRow.kind, DenialRow.state, DenialRow.group_code, DenialRow.reason, DenialRow.amount_cents,
            DenialRow.appeal_due,
        )
        .where(DenialRow.claim_id == claim.id, DenialRow.state != "CLOSED")
        .order_by(DenialRow.position)
    )  # fmt: skip
    return tuple(
        DenialItem(
            title=T_("Paid less than expected") if row.kind == "underpayment" else T_("Denied by the payer"),
            text=T_("The payer's reason: {group} {reason}.", group=row.group_code, reason=row.reason),
            state=State(row.state, denials.LIFE.words[row.state]),
            amount=Money(row.amount_cents),
            due_on=row.appeal_due,
            days_left=None if row.appeal_due is None else (row.appeal_due - today).days,
        )
        for row in rows
    )


def _sums(uow: UnitOfWork, claim: ClaimRow) -> ClaimSums:
    """From the books of the visit, this payer's money apart: what is not off, paid or open has become the patient's."""
    of_visit = [LedgerLineRow.encounter_id == claim.encounter_id]
    charged = off = 0
    paid, left = [0, 0], [0, 0]
    for row in uow.rows(ledger.sums(uow, LedgerLineRow.account, LedgerLineRow.payer_id, where=of_visit)):
        cents, other = int(row.cents), row.payer_id not in {None, claim.payer_id}
        if row.account == "revenue":
            charged -= cents
        elif row.account == "contractual" or row.account.startswith("write-off:"):
            off += cents
        elif row.account == "unapplied:payer":
            paid[other] += cents
        elif row.account == "receivable:payer":
            left[other] += cents
    return ClaimSums(
        Money(charged),
        Money(off),
        Money(paid[0]),
        Money(paid[1]),
        Money(charged - off - sum(paid) - sum(left)),
        Money(left[1]),
        Money(left[0]),
    )
