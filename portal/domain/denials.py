"""A denial case: its life, where it may be routed, and what working it is worth.

The routing to the patient and the write-off are approved under one permission, by a person other than the asker.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text


@dataclass(frozen=True, slots=True)
class DenialFacts:
    """What the guards of a denial case may know; ids are user ids, None as actor is the system."""

    actor: bytes | None = None
    category: str = ""
    assignee: bytes | None = None
    group: str = ""
    """CAS01 of the denied amount."""
    notice_on_file: bool = False
    """A valid advance notice or waiver signed by the patient."""
    covered: bool = True
    """Coverage was active on the service date."""
    requested_by: bytes | None = None
    """Who asked for the write-off or the routing."""
    approved_by: bytes | None = None
    amount_cents: int = 0
    limit_cents: int = 0
    """Write-offs above it need another person."""
    outcome: str = ""
    new_remittance: bool = False


def _may_route(facts: DenialFacts, _move: Move) -> bool:
    if facts.group == "CO":
        return False
    return facts.group == "PR" or facts.notice_on_file or not facts.covered


def _approved(facts: DenialFacts, _move: Move) -> bool:
    if facts.amount_cents <= facts.limit_cents:
        return True
    return facts.approved_by is not None and facts.approved_by != facts.requested_by


OUTCOMES: dict[str, Text] = {
    "paid-full": T_("Paid in full"),
    "paid-part": T_("Paid in part"),
    "upheld": T_("Upheld by the payer"),
    "patient": T_("Billed to the patient"),
    "written-off": T_("Written off"),
}

CATEGORIES: dict[str, Text] = {
    "registration": T_("Registration or identity"),
    "eligibility": T_("Eligibility or coverage"),
    "authorization": T_("Authorization or referral"),
    "coding": T_("Coding"),
    "bundling": T_("Bundled with another service"),
    "duplicate": T_("Duplicate"),
    "necessity": T_("Medical necessity"),
    "timely-filing": T_("Timely filing"),
    "information": T_("More information needed"),
    "coordination": T_("Another payer comes first"),
    "non-covered": T_("Not a benefit of the plan"),
    "other": T_("Other"),
}


_WORK = ("CORRECT_AND_REFILE", "APPEAL", "INFO_REQUESTED")

LIFE: Lifecycle[DenialFacts] = Lifecycle(
    name="denial",
    start_states=("NEW",),
    moves=(
        Move("NEW", "TRIAGED", "denial:triage", guard="triaged"),
        Move("TRIAGED", "ASSIGNED", "denial:triage", guard="assigned"),
        *(Move("ASSIGNED", to, "denial:triage", needs_reason=True) for to in _WORK),
        *(Move(frm, "ASSIGNED", "denial:triage", needs_reason=True) for frm in _WORK),
        Move("ASSIGNED", "ROUTE_TO_PATIENT", "denial:triage", guard="may-be-billed", needs_reason=True),
        Move("ASSIGNED", "WRITE_OFF_REQUESTED", "denial:triage", needs_reason=True),
        Move("ROUTE_TO_PATIENT", "ASSIGNED", "denial:write-off", needs_reason=True),
        Move("WRITE_OFF_REQUESTED", "ASSIGNED", "denial:write-off", needs_reason=True),
        *(Move(frm, "RESOLVED", "denial:triage", "either", guard="outcome") for frm in _WORK),
        Move("ROUTE_TO_PATIENT", "RESOLVED", "denial:write-off", guard="approved"),
        Move("WRITE_OFF_REQUESTED", "RESOLVED", "denial:write-off", guard="approved"),
        Move("RESOLVED", "CLOSED", "denial:triage", "either", guard="outcome"),
        Move("CLOSED", "REOPENED", "denial:triage", "system", guard="new-remittance"),
        Move("REOPENED", "TRIAGED", "denial:triage", guard="triaged"),
    ),
    words={
        "NEW": T_("New"),
        "TRIAGED": T_("Sorted"),
        "ASSIGNED": T_("Assigned"),
        "CORRECT_AND_REFILE": T_("To be corrected and filed again"),
        "APPEAL": T_("In appeal"),
        "INFO_REQUESTED": T_("Waiting for information"),
        "ROUTE_TO_PATIENT": T_("To be billed to the patient"),
        "WRITE_OFF_REQUESTED": T_("Write-off asked for"),
        "RESOLVED": T_("Resolved"),
        "CLOSED": T_("Closed"),
        "REOPENED": T_("Opened again"),
    },
    guards={
        "triaged": Guard(lambda facts, _: bool(facts.category), T_("Choose a category for this denial first.")),
        "assigned": Guard(lambda facts, _: facts.assignee is not None, T_("Choose who works this denial.")),
        "may-be-billed": Guard(
            _may_route,
            T_("The patient may not be billed: the payer made it the practice's, and no signed notice is on file."),
        ),
        "outcome": Guard(lambda facts, _: facts.outcome in OUTCOMES, T_("Say how the denial ended.")),
        "approved": Guard(_approved, T_("This needs the approval of a person other than the one who asked for it.")),
        "new-remittance": Guard(
            lambda facts, _: facts.new_remittance, T_("A closed denial opens again only on a new remittance.")
        ),
    },
)


def category_of(reason: str) -> str:
    """The category a CARC suggests; a person confirms it. `other` for a code of no known category."""
    return _BY_REASON.get(reason, "other")


def expected_cents(amount_cents: int, overturn_permille: int) -> int:
    """What working a denial is worth: the amount by how often such denials were overturned, in thousandths."""
    return max(amount_cents, 0) * overturn_permille // 1000


_REASONS = {
    "registration": ("31", "140", "A1"),
    "eligibility": ("26", "27", "32", "33", "177", "200"),
    "authorization": ("15", "197", "198", "243", "288"),
    "coding": ("4", "5", "6", "7", "8", "9", "10", "11", "146", "181", "182", "199", "236"),
    "bundling": ("97", "231", "234"),
    "duplicate": ("18",),
    "necessity": ("50", "55", "56", "150", "151", "152", "153", "154", "272"),
    "timely-filing": ("29",),
    "information": ("16", "163", "164", "226", "227", "252"),
    "coordination": ("19", "20", "21", "22", "23", "109"),
    "non-covered": ("35", "49", "96", "119", "149", "204", "256"),
}
"""CARC numbers by our own grouping; X12 owns the texts, which are not here."""

_BY_REASON = {reason: category for category, reasons in _REASONS.items() for reason in reasons}
