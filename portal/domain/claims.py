"""A claim as it goes to a payer: the professional 837 (005010X222A1) as the trade reads it, in whole cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.domain.coordination import ClaimDecision, LineDecision
from portal.domain.dental import Dental, DentalLine
from portal.domain.drugs import Drug
from portal.domain.institutional import Institutional
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.professional import Professional
from portal.domain.texts import T_


@dataclass(frozen=True, slots=True)
class Address:
    """A US address; `postal_code` is 5 or 9 digits without a hyphen."""

    line1: str
    city: str
    state: str
    postal_code: str
    line2: str = ""


@dataclass(frozen=True, slots=True)
class BillingProvider:
    """Who is paid: loop 2010AA, with the pay-to address of 2010AB when it differs."""

    name: str
    npi: str
    tax_id: str
    address: Address
    tax_qualifier: str = "EI"  # EI employer id or SY social security number
    taxonomy: str = ""
    first_name: str = ""  # filled when the billing provider is a person (NM102 = 1)
    contact: str = ""
    phone: str = ""
    pay_to: Address | None = None


@dataclass(frozen=True, slots=True)
class Rendering:
    """Who did the work: loop 2310B, sent only when different from the billing provider."""

    npi: str
    last: str
    first: str = ""
    taxonomy: str = ""


@dataclass(frozen=True, slots=True)
class Facility:
    """Where it was done, when not at the billing provider's address: NM1*77."""

    name: str
    npi: str
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A patient or subscriber as registered."""

    last: str
    first: str
    middle: str = ""
    suffix: str = ""
    birth_date: date | None = None
    sex: str = ""  # F, M or U, as the 837 knows it
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """The coverage billed: loops 2000B, 2010BA and 2010BB."""

    payer_name: str
    payer_id: str
    member_id: str
    subscriber: Person
    rank: str = "P"  # SBR01: P, S, T
    relationship: str = "18"
    """18 self; else PAT01 of the patient to the subscriber: 01 spouse, 19 child, G8 other …"""
    group_number: str = ""
    group_name: str = ""
    filing_code: str = "CI"
    """SBR09: CI commercial, MB Medicare part B, MC Medicaid, BL Blue Cross …"""
    payer_address: Address | None = None
    insurance_type: str = ""  # SBR05: why Medicare pays second, 12 to 16, 41 to 43 or 47


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """Another payer of the patient: loops 2320, 2330A and 2330B; one that comes earlier, with what it decided."""

    cover: Cover
    decision: ClaimDecision | None = None
    """None where it is only named; what it decided on lines stands there."""


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service: loop 2400."""

    code: str
    charge_cents: int
    units: Decimal
    pointers: tuple[int, ...]
    """1-12, positions among the claim's diagnoses; up to four."""
    from_date: date | None
    """None only where a file read in does not say; an edit blocks it."""
    to_date: date | None = None
    modifiers: tuple[str, ...] = ()
    unit: str = "UN"
    place: str = ""  # only when different from the claim's
    control: str = ""  # REF*6R
    authorization: str = ""  # REF*G1 of an 837P or 837D, where it is not the claim's
    qualifier: str = "HC"
    description: str = ""
    decisions: tuple[LineDecision, ...] = ()  # what earlier payers decided on it: loop 2430
    revenue_code: str = ""  # SV201 of an 837I
    dental: DentalLine | None = None
    drug: Drug | None = None
    clia: str = ""  # REF*X4 of an 837P, where the line's laboratory is not the claim's
    segment: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, loop 2300, with everything above it that it needs."""

    control: str
    """CLM01, at most 20 characters of ours (X12 RFI 525)."""
    charge_cents: int
    place: str
    patient: Person
    cover: Cover
    billing: BillingProvider
    diagnoses: tuple[str, ...]
    """Without dots, the principal first, at most twelve."""
    lines: tuple[ServiceLine, ...]
    frequency: str = "1"
    """1 original, 7 replacement, 8 void; of a facility also 2 to 4 for a part of a stay, 5 for late charges."""
    code_qualifier: str = "ABK"  # ABK for ICD-10-CM, BK for ICD-9-CM
    rendering: Rendering | None = None
    payer_control: str = ""  # REF*F8, for frequency 7 and 8
    authorization: str = ""  # REF*G1
    referral: str = ""
    accept_assignment: str = "A"
    benefits_assigned: str = "Y"
    release: str = "Y"
    signature_on_file: str = "Y"
    note: str = ""
    attending: Rendering | None = None  # NM1*71 of an 837I
    operating: Rendering | None = None  # NM1*72 of an 837I
    other_operating: Rendering | None = None  # NM1*ZZ of an 837I
    assistant: Rendering | None = None  # NM1*DD of an 837D, the assistant surgeon
    facility: Facility | None = None
    referring: Rendering | None = None  # NM1*DN
    supervising: Rendering | None = None  # NM1*DQ of an 837P or 837D
    exception: str = ""  # REF*4N, why the payer was not asked in advance
    professional: Professional | None = None  # of an 837P
    institutional: Institutional | None = None  # of an 837I
    dental: Dental | None = None  # of an 837D
    clia: str = ""  # REF*X4 of an 837P: the certificate of the laboratory
    others: tuple[OtherPayer, ...] = ()  # the first payer first
    segment: int = 0

    @property
    def lines_cents(self) -> int:
        """Sum of SV102; must equal CLM02 (X12 RFI 1294)."""
        return sum(line.charge_cents for line in self.lines)


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """What the guards of a claim may know; ids are user ids, None as actor is the system."""

    actor: bytes | None = None
    manager: bool = False  # the actor manages billing
    blocking_findings: int = 0
    restricted: bool = False
    """A service paid out of pocket that the plan must not hear of (45 CFR 164.522)."""
    filing_passed: bool = False
    held_from: str = ""  # the state a held claim came from
    hold_owner: bytes | None = None
    """Who held it; None for a hold by the rules."""
    snapshot: bool = False
    """The immutable 837 of this version and its own control number stand."""
    frequency: str = "1"
    payer_control: str = ""
    remittance_posted: bool = False
    reopened: bool = False
    """A refund, dispute or take-back since it was closed."""
    undone: bool = False
    """A reversal negated the posted remittance and no correction followed."""
    state_before: str = ""
    """Where it stood before the remittance now undone, or before the void that was refused or given up."""
    void_refused: bool = False
    """The payer refused the void, or it was given up."""
    given_up: bool = False  # a replacement that the payer rejected and never decided about
    approved_by: bytes | None = None  # who approved the void
    paid_cents: int = 0
    """What is left of the payer's money on it."""
    open_balance: bool = True
    """Some balance bucket of the claim is not nought, or a credit is unapplied."""
    open_cases: int = 0
    unsent: bool = False  # no version of it ever went
    billed_after_all: bool = False  # a further payer that was passed over


def _restores(facts: ClaimFacts, move: Move) -> bool:
    return facts.undone and facts.state_before == move.to


def _rework_or_restore(facts: ClaimFacts, move: Move) -> bool:
    rework = facts.snapshot and facts.frequency == "7" and bool(facts.payer_control)
    return _restores(facts, move) or (rework and not facts.blocking_findings)


def _voidable(facts: ClaimFacts, move: Move) -> bool:
    approved = facts.actor is not None and facts.approved_by is not None and facts.approved_by != facts.actor
    return _restores(facts, move) or (bool(facts.payer_control) and approved)


def _may_release(facts: ClaimFacts, move: Move) -> bool:
    owner = facts.manager or facts.actor == facts.hold_owner
    # A claim never comes out of a hold further on than it went in; back to draft is always safe.
    return owner and move.to in {"DRAFT", facts.held_from}


def _adjudicated(facts: ClaimFacts, move: Move) -> bool:
    if facts.remittance_posted:
        return True
    if move.frm in {"VOID_PENDING", "REJECTED"}:  # the payer's answer to what went before stands again
        dropped = facts.void_refused if move.frm == "VOID_PENDING" else facts.given_up and facts.actor is not None
        return dropped and facts.state_before == move.to
    return move.frm == "CLOSED" and facts.reopened


LIFE: Lifecycle[ClaimFacts] = Lifecycle(
    name="claim",
    start_states=("DRAFT",),
    moves=(
        Move("DRAFT", "READY", "claim:edit", "either", guard="clean"),
        Move("READY", "DRAFT", "claim:edit", "either", needs_reason=True),
        Move("DRAFT", "HELD", "claim:hold", "either", needs_reason=True),
        Move("READY", "HELD", "claim:hold", "either", needs_reason=True),
        Move("HELD", "DRAFT", "claim:release", "either", guard="holder", needs_reason=True),
        Move("HELD", "READY", "claim:release", "either", guard="holder", needs_reason=True),
        Move("READY", "SUBMITTED", "claim:submit", "either", guard="snapshot"),
        Move("SUBMITTED", "REJECTED", "claim:acknowledge", "system"),
        Move("ACCEPTED", "REJECTED", "claim:acknowledge", "system"),
        Move("SUBMITTED", "ACCEPTED", "claim:acknowledge", "system"),
        Move("REJECTED", "ACCEPTED", "claim:acknowledge", "system"),
        Move("REJECTED", "READY", "claim:edit", guard="clean", needs_reason=True),
        Move("ACCEPTED", "PENDED", "claim:acknowledge", "system"),
        Move("PENDED", "ACCEPTED", "claim:acknowledge", "either"),
        *(
            Move(frm, "ADJUDICATED", "claim:adjudicate", "either", guard="remitted")
            for frm in ("SUBMITTED", "ACCEPTED", "REJECTED", "PENDED", "CLOSED", "VOID_PENDING", "VOIDED")
        ),
        Move("ADJUDICATED", "SUBMITTED", "claim:submit", "either", guard="rework"),
        *(
            Move("ADJUDICATED", to, "claim:adjudicate", "system", guard="undone")
            for to in ("ACCEPTED", "REJECTED", "PENDED", "VOIDED")
        ),
        *(
            Move(frm, "VOID_PENDING", "claim:void", "either", guard="voidable", needs_reason=True)
            for frm in ("SUBMITTED", "ACCEPTED", "PENDED", "ADJUDICATED", "CLOSED")
        ),
        *(
            Move("VOID_PENDING", to, "claim:acknowledge", "either", guard="void-refused")
            for to in ("SUBMITTED", "ACCEPTED", "PENDED", "CLOSED")
        ),
        Move("VOID_PENDING", "VOIDED", "claim:void", "system", guard="money-back"),
        Move("ADJUDICATED", "CLOSED", "claim:close", "system", guard="settled"),
        # Its visit was set aside: by whoever has the visit then, so it follows from that step.
        *(
            Move(frm, "WITHDRAWN", "claim:edit", "either", guard="unsent", needs_reason=True)
            for frm in ("DRAFT", "READY", "HELD")
        ),
        # Or its payer, a further one, was passed over; and is billed after all.
        Move("WITHDRAWN", "DRAFT", "claim:edit", "either", guard="billed-after-all", needs_reason=True),
    ),
    words={
        "DRAFT": T_("Draft"),
        "READY": T_("Ready to send"),
        "HELD": T_("Held"),
        "SUBMITTED": T_("Sent"),
        "REJECTED": T_("Rejected"),
        "ACCEPTED": T_("Accepted"),
        "PENDED": T_("Payer asks for more"),
        "ADJUDICATED": T_("Answered by the payer"),
        "VOID_PENDING": T_("Being voided"),
        "VOIDED": T_("Voided"),
        "CLOSED": T_("Closed"),
        "WITHDRAWN": T_("Withdrawn, never sent"),
    },
    guards={
        "clean": Guard(
            lambda facts, _: not (facts.blocking_findings or facts.restricted or facts.filing_passed),
            T_("The claim still has findings that block it. Mend them; each says how."),
        ),
        "holder": Guard(
            _may_release,
            T_("A hold is released by the person who set it or by a manager, to where the claim came from."),
        ),
        "snapshot": Guard(
            lambda facts, _: (
                facts.snapshot
                and not (facts.blocking_findings or facts.restricted)
                and (facts.frequency == "1" or bool(facts.payer_control))
            ),
            T_("The claim cannot be sent as it stands. Run the edits again."),
        ),
        "remitted": Guard(_adjudicated, T_("No remittance for this claim has been posted.")),
        "rework": Guard(
            _rework_or_restore,
            T_("A claim the payer answered goes again only as a replacement (7) with the payer's claim number."),
        ),
        "undone": Guard(_restores, T_("Only a reversal by the payer takes a claim back to where it stood.")),
        "voidable": Guard(
            _voidable,
            T_("A void needs the payer's claim number and the approval of a manager other than you."),
        ),
        "void-refused": Guard(
            lambda facts, move: facts.void_refused and facts.state_before == move.to,
            T_("The void was neither refused nor given up, or the claim stood elsewhere before it."),
        ),
        "money-back": Guard(
            lambda facts, _: facts.paid_cents == 0,
            T_("The payer's money must be refunded or taken back before the claim counts as voided."),
        ),
        "unsent": Guard(lambda facts, _: facts.unsent, T_("A claim that went to its payer is voided, not withdrawn.")),
        "billed-after-all": Guard(
            lambda facts, _: facts.billed_after_all,
            T_("Only a claim to a further payer that was passed over is taken up again."),
        ),
        "settled": Guard(
            lambda facts, _: not facts.open_balance and facts.open_cases == 0,
            T_("A claim closes when nothing is owed on it, no credit is left and no case is open."),
        ),
    },
)
