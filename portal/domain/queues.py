"""Queues of people's work: what lies in which, who may work it, how urgent it is and when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from portal.domain.dates import next_workday
from portal.domain.texts import T_, Text

PRESSING_DAYS = 14
"""What is due within so many days outranks every value (workflows 2)."""

_PRESSING = 10**14
"""Above any value in cents, and fifteen of it below 2**53, so that a priority is exact in JSON."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue: `permission` is what its work needs; `days` are the workdays an item may lie.

    `feeds` names the states of a lifecycle whose items lie here by themselves, as (life, state).
    """

    name: str
    title: Text
    permission: str
    days: int
    empty: Text
    """Why it is empty and what comes next."""
    feeds: tuple[tuple[str, str], ...] = ()


_ALL = (
    Queue(
        "bills",
        T_("Bills to verify"),
        "bill:verify",
        1,
        T_("No bill waits. They come when a visit is taken in from the practice's bill."),
        (("encounter", "RECEIVED"),),
    ),
    Queue(
        "questions",
        T_("Questions to the practice"),
        "question:answer",
        2,
        T_("No question waits for an answer."),
        (("encounter", "BILL_ASKED"), ("encounter", "CODING_ASKED")),
    ),
    Queue(
        "coding",
        T_("Coding"),
        "encounter:code",
        2,
        T_("Every visit is coded. New ones come with the next import."),
        (("encounter", "PROPOSED"),),
    ),
    Queue(
        "code-review",
        T_("Code review"),
        "encounter:review",
        1,
        T_("No codes wait for review. They come when a coder finishes a visit."),
        (("encounter", "CODE_REVIEW"),),
    ),
    Queue(
        "charge-entry",
        T_("Charge entry"),
        "charge:enter",
        1,
        T_("All released visits are charged."),
        (("encounter", "RELEASED"), ("encounter", "CHARGED")),
    ),
    Queue(
        "charge-audit",
        T_("Charge audit"),
        "charge:audit",
        1,
        T_("No charges wait for audit. They come when a clerk enters them."),
        (("encounter", "QA"),),
    ),
    Queue(
        "coverage",
        T_("Coverage to clear up"),
        "eligibility:ask",
        2,
        T_("No payer said anything of a coverage that needs a person."),
    ),
    Queue(
        "authorizations",
        T_("Authorizations to work"),
        "authorization:request",
        1,
        T_("No request waits to be sent, and no payer said anything that needs a person."),
        (("authorization", "DRAFT"), ("authorization", "PENDED"), ("authorization", "DENIED")),
    ),
    Queue(
        "authorization-answers",
        T_("Authorizations with the payer"),
        "authorization:request",
        7,
        T_("No payer owes a decision. Each lies here until the day by which it has to decide."),
        tuple(("authorization", state) for state in ("SUBMITTED", "INFO_SENT", "PEER_TO_PEER", "APPEAL")),
    ),
    Queue(
        "claims",
        T_("Claims to send"),
        "claim:edit",
        1,
        T_("Every claim is sent. New ones come when charges are cleared."),
        (("claim", "DRAFT"), ("claim", "READY")),
    ),
    Queue(
        "held-claims",
        T_("Held claims"),
        "claim:release",
        3,
        T_("No claim is held."),
        (("claim", "HELD"),),
    ),
    Queue("void-approvals", T_("Voids to approve"), "claim:void-approve", 2, T_("Nobody asks for a void.")),
    Queue(
        "rejected-claims",
        T_("Rejected claims"),
        "claim:edit",
        2,
        T_("No claim was rejected. Rejections come with the acknowledgements."),
        (("claim", "REJECTED"),),
    ),
    Queue(
        "unanswered-claims",
        T_("Claims without an answer"),
        "claim:acknowledge",
        3,
        T_("No payer has been silent for too long."),
    ),
    Queue(
        "unread-files",
        T_("Files that could not be read"),
        "interchange:view",
        1,
        T_("Every file that came in was read through."),
    ),
    Queue(
        "partner-troubles",
        T_("Partners that cannot be reached"),
        "interchange:view",
        1,
        T_("Every partner was reached, and every file went."),
    ),
    Queue(
        "unmatched-answers",
        T_("Answers without a claim"),
        "claim:acknowledge",
        3,
        T_("Every answer found its claim or file."),
    ),
    Queue(
        "contact-follow-up",
        T_("Payers to turn to again"),
        "contact:record",
        5,
        T_("No contact with a payer asks for a next step."),
    ),
    Queue(
        "pended-claims",
        T_("Payer asks for more"),
        "claim:acknowledge",
        5,
        T_("No payer waits for an answer."),
        (("claim", "PENDED"),),
    ),
    Queue(
        "unmatched-payments",
        T_("Payments without a claim"),
        "remittance:post",
        3,
        T_("Every payment found its claim."),
    ),
    Queue(
        "unbalanced-payments",
        T_("Payments that do not add up"),
        "remittance:post",
        3,
        T_("Every remittance added up."),
    ),
    Queue(
        "denials",
        T_("Denials"),
        "denial:triage",
        5,
        T_("No denial is open. They come with the remittances."),
        tuple(
            ("denial", state)
            for state in (
                "NEW",
                "TRIAGED",
                "ASSIGNED",
                "CORRECT_AND_REFILE",
                "APPEAL",
                "INFO_REQUESTED",
                "REOPENED",
            )
        ),
    ),
    Queue(
        "denial-approvals",
        T_("Denials to approve"),
        "denial:write-off",
        3,
        T_("No write-off or routing waits for approval."),
        (("denial", "ROUTE_TO_PATIENT"), ("denial", "WRITE_OFF_REQUESTED")),
    ),
    Queue(
        "underpayments",
        T_("Paid less than expected"),
        "denial:triage",
        10,
        T_("No payment was lower than the contract says."),
    ),
    Queue("next-payer", T_("Next payer"), "claim:edit", 5, T_("Nothing waits for a second payer.")),
    Queue(
        "identity",
        T_("Names and coverage to compare"),
        "patient:change",
        5,
        T_("No payer corrected a name, a member id or a coverage."),
    ),
    Queue(
        "patient-messages",
        T_("Messages from patients"),
        "message:answer",
        5,
        T_("No patient waits for an answer."),
        (("conversation", "WITH_OFFICE"),),
    ),
    Queue(
        "plan-cases",
        T_("Payment plans to look at"),
        "plan:edit",
        3,
        T_("No payment plan is late, has failed, or waits for review."),
        tuple(("payment_plan", state) for state in ("PROPOSED", "LATE", "DEFAULTED")),
    ),
    Queue(
        "assistance",
        T_("Requests for help"),
        "assistance:prepare",
        10,
        T_("Nobody waits for a decision about help with their bills."),
        (("assistance", "SUBMITTED"), ("assistance", "REVIEWED"), ("assistance", "APPEALED")),
    ),
    Queue(
        "letters",
        T_("Letters to mail"),
        "registration:issue",
        1,
        T_("No letter waits. They come with reminders and final notices, and when a patient without email signs up."),
    ),
    Queue(
        "confidential-contacts",
        T_("Patients to be reached elsewhere"),
        "people:change",
        2,
        T_("No patient waits to be reached in another way."),
        (("confidential_contact", "ASKED"),),
    ),
    # A credit is not kept: Medicare's 60-day clock is the shortest (42 CFR 401.305).
    Queue("credits", T_("Credit balances"), "remittance:post", 20, T_("No account is in credit.")),
    Queue(
        "card-cases",
        T_("Refunds, disputes and odd card payments"),
        "remittance:post",
        2,
        T_("The card processor reported nothing that needs a person."),
    ),
    Queue(
        "statements",
        T_("Statements to send"),
        "statement:run",
        1,
        T_("Every statement is sent."),
        (("statement", "READY"),),
    ),
    Queue(
        "calls",
        T_("Calls about open bills"),
        "call:make",
        3,
        T_("Nobody has to be called. Larger bills come here when a reminder has gone out."),
    ),
    Queue(
        "pre-collection",
        T_("Before collection"),
        "collection:approve",
        5,
        T_("No account waits for a decision. They come when a final notice was not answered."),
        (("statement", "PRE_COLLECTION"),),
    ),
)

QUEUES: Mapping[str, Queue] = MappingProxyType({queue.name: queue for queue in _ALL})

_BY_STATE = {feed: queue for queue in _ALL for feed in queue.feeds}

CASE_QUEUES: Mapping[str, str] = MappingProxyType({
    "denial": "denials",
    "adjustment": "underpayments",
    "next-payer": "next-payer",
    "information": "identity",
    "identity": "identity",
})  # fmt: skip
"""The queue of each kind of case a remittance opens (`posting.remittances.CaseKind`)."""


def queue_of(life: str, state: str) -> Queue | None:
    """The queue in which an item in this state lies; None when nobody has to work it."""
    return _BY_STATE.get((life, state))


def days_left(due_on: date | None, today: date) -> int | None:
    """Days until a day, negative when it has passed."""
    return None if due_on is None else (due_on - today).days


def priority(value_cents: int, left: int | None) -> int:
    """Higher is sooner: value by day left; what is due in 14 days outranks every value, the earlier the higher.

    `left` are the days to the limit that matters (filing, appeal), None when there is none; then a year is taken.
    Always below 2**53.
    """
    value = min(max(value_cents, 0) // max(365 if left is None else left, 1), _PRESSING - 1)
    if left is None or left > PRESSING_DAYS:
        return value
    return value + _PRESSING * (PRESSING_DAYS + 1 - max(left, 0))


def due_on(queue: Queue, entered_on: date, limit: date | None = None) -> date:
    """When an item should be worked: so many workdays after it came, and never after its limit."""
    day = next_workday(entered_on)
    for _ in range(queue.days):
        day = next_workday(day + timedelta(days=1))
    return day if limit is None else min(day, limit)
