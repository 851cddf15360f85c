"""An encounter's life from the bill that came in to cleared charges, and what its steps ask for.

A visit that comes as a bill is verified first; one that comes coded from the practice's own system (837) has no bill to
verify and begins as a proposal. A second person checks it twice; past a check goes only what no sampling rule picked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text


@dataclass(frozen=True, slots=True)
class EncounterFacts:
    """What the guards of an encounter may know; ids are user ids, None as actor is the system."""

    actor: bytes | None
    diagnoses: int = 0
    pointers: tuple[tuple[int, ...], ...] = ()
    """Of every charge line, the 1-based positions of its diagnoses."""
    coder: bytes | None = None
    """Who coded it last."""
    clerk: bytes | None = None
    """Who entered its charges."""
    entered: bool = False
    """The charges stand in the ledger."""
    in_order: bool = False
    """Every point of the bill's checklist was answered with yes."""
    question_open: bool = False
    """A question to the practice waits for its answer."""
    asker: bytes | None = None
    """Who asked the question that was just answered; None for one that was taken back."""
    settled: bool = False
    """The question was answered, or taken back."""
    sampled: bool | None = None
    """Whether a sampling rule picked it for the check that comes next; None where nobody looked."""
    unbilled: bool = False
    """No claim of it went to a payer, but for those voided since."""
    untouched: bool = False
    """Nothing of it was changed since a claim sent it back to be coded."""
    solo_waiver: bool = False
    """A recorded, reviewed exception to the two-person rule for this practice (DESIGN 3)."""


def lines_point(diagnoses: int, pointers: Sequence[Sequence[int]]) -> bool:
    """Whether there is a diagnosis and a line, and every line points to at least one diagnosis that exists."""
    return (
        diagnoses > 0
        and bool(pointers)
        and all(line and all(1 <= pointer <= diagnoses for pointer in line) for line in pointers)
    )


def _other_than(step_by: bytes | None, facts: EncounterFacts) -> bool:
    return facts.solo_waiver or (step_by is not None and facts.actor is not None and facts.actor != step_by)


LIFE: Lifecycle[EncounterFacts] = Lifecycle(
    name="encounter",
    start_states=("PROPOSED", "RECEIVED"),
    moves=(
        Move("RECEIVED", "PROPOSED", "bill:verify", guard="in-order"),
        Move("RECEIVED", "BILL_ASKED", "bill:verify", guard="asked"),
        # Either: by whoever answers, or by the asker who takes the question back.
        Move("BILL_ASKED", "RECEIVED", "question:answer", "either", guard="settled"),
        Move("RECEIVED", "SET_ASIDE", "bill:verify", needs_reason=True),
        Move("SET_ASIDE", "RECEIVED", "bill:verify", needs_reason=True),
        Move("PROPOSED", "CODING_ASKED", "encounter:code", guard="asked"),
        # It came by file for the wrong patient, or twice. What went to a payer is undone by a correction or a void.
        Move("PROPOSED", "SET_ASIDE", "encounter:code", guard="unbilled", needs_reason=True),
        Move("CODING_ASKED", "PROPOSED", "question:answer", "either", guard="answered-by-another"),
        Move("PROPOSED", "CODED", "encounter:code", guard="coded"),
        Move("CODED", "CODE_REVIEW", "encounter:code", "system", guard="sampled"),
        Move("CODED", "RELEASED", "encounter:code", "system", guard="not-sampled"),
        Move("CODE_REVIEW", "RELEASED", "encounter:review", guard="not-the-coder"),
        Move("CODE_REVIEW", "PROPOSED", "encounter:review", guard="not-the-coder", needs_reason=True),
        Move("RELEASED", "CHARGED", "charge:enter", guard="entered"),
        # Either: by itself after entry, by the clerk after an audit returned the charges.
        Move("CHARGED", "QA", "charge:enter", "either", guard="entered"),
        Move("CHARGED", "CLEARED", "charge:enter", "system", guard="entered-not-sampled"),
        Move("RELEASED", "SET_ASIDE", "charge:enter", guard="unbilled", needs_reason=True),
        Move("CHARGED", "SET_ASIDE", "charge:enter", guard="unbilled", needs_reason=True),
        Move("QA", "CLEARED", "charge:audit", guard="not-the-clerk"),
        Move("QA", "CHARGED", "charge:audit", guard="not-the-clerk", needs_reason=True),
        # A claim went back because its codes or charges are wrong: the whole way is taken again.
        Move("CLEARED", "PROPOSED", "claim:edit", "either", needs_reason=True),
        Move("CLEARED", "SET_ASIDE", "claim:edit", guard="unbilled", needs_reason=True),
        # The replacement that sent it back was given up before anybody changed a code: what was checked stands.
        Move("PROPOSED", "CLEARED", "claim:edit", "either", guard="untouched", needs_reason=True),
    ),
    words={
        "RECEIVED": T_("Bill to verify"),
        "BILL_ASKED": T_("Waits for the practice"),
        "SET_ASIDE": T_("Set aside"),
        "PROPOSED": T_("To be coded"),
        "CODING_ASKED": T_("Waits for the clinician"),
        "CODED": T_("Coded"),
        "CODE_REVIEW": T_("Codes in review"),
        "RELEASED": T_("Codes released"),
        "CHARGED": T_("Charges entered"),
        "QA": T_("Charges in audit"),
        "CLEARED": T_("Cleared"),
    },
    guards={
        "in-order": Guard(
            lambda facts, _: facts.in_order and not facts.question_open,
            T_("Answer every question about the bill with yes first, or ask the practice."),
        ),
        "asked": Guard(lambda facts, _: facts.question_open, T_("Write what you want to know first.")),
        "settled": Guard(lambda facts, _: facts.settled, T_("The question is not answered yet.")),
        "answered-by-another": Guard(
            lambda facts, _: facts.settled and (facts.asker is None or _other_than(facts.asker, facts)),
            T_("Whoever asked does not answer. The clinician does, or a colleague for the clinician."),
        ),
        "sampled": Guard(lambda facts, _: facts.sampled is True, T_("No rule asks for a check of this visit.")),
        "not-sampled": Guard(lambda facts, _: facts.sampled is False, T_("A rule asks for a check of this visit.")),
        "entered-not-sampled": Guard(
            lambda facts, _: facts.entered and facts.sampled is False,
            T_("The charges are not entered yet, or a rule asks for a check of them."),
        ),
        "unbilled": Guard(
            lambda facts, _: facts.unbilled,
            T_("A claim of it went to a payer. Correct or void that claim first. Nothing was changed."),
        ),
        "untouched": Guard(
            lambda facts, _: facts.untouched,
            T_("Somebody has worked on the visit since it came back, so it passes the same hands again."),
        ),
        "coded": Guard(
            lambda facts, _: lines_point(facts.diagnoses, facts.pointers),
            T_("Add at least one diagnosis and let every service line point to one."),
        ),
        "not-the-coder": Guard(
            lambda facts, _: _other_than(facts.coder, facts),
            T_("Codes are checked by a person other than the coder. Ask a colleague to review this encounter."),
        ),
        "entered": Guard(
            lambda facts, _: facts.entered,
            T_("The charges do not stand in the ledger yet. Enter them and try again."),
        ),
        "not-the-clerk": Guard(
            lambda facts, _: _other_than(facts.clerk, facts),
            T_("Charges are audited by a person other than the one who entered them. Ask a colleague."),
        ),
    },
)

CODING_ERRORS: dict[str, Text] = {
    "diagnosis-missing": T_("A diagnosis is missing"),
    "diagnosis-unsupported": T_("A diagnosis is not supported by the note"),
    "diagnosis-specificity": T_("A diagnosis could be more specific"),
    "procedure-wrong": T_("A service has the wrong code"),
    "procedure-missing": T_("A service that was done is not coded"),
    "modifier": T_("A modifier is missing or wrong"),
    "units": T_("The units are wrong"),
    "pointer": T_("A line points to the wrong diagnosis"),
    "documentation": T_("The note must be completed by the provider"),
}
"""Error categories of a returned encounter."""

AUDIT_HOLDS: dict[str, Text] = {
    "charge-missing": T_("A charge is missing"),
    "charge-duplicate": T_("A charge stands twice"),
    "price": T_("A price is not the fee schedule's"),
    "units": T_("The units are wrong"),
    "provider": T_("The wrong provider is named"),
    "coverage": T_("The coverage is wrong or missing"),
    "place": T_("The place of service is wrong"),
}
"""Reasons for which a QA audit returns charges."""
