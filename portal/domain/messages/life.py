"""Conversations between patients and the office: their kinds, their life, and why they are closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import ClassVar, Final

from portal.domain.dates import next_workday
from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

MESSAGE, QUESTION, TASK = "message", "question", "task"
KINDS: Final[Mapping[str, Text]] = MappingProxyType({
    MESSAGE: T_("Message"), QUESTION: T_("Question about a bill"), TASK: T_("Task for the patient"),
})  # fmt: skip
"""What a conversation is. A question disputes a bill: while it is open, nobody asks for that money."""

PATIENT, OFFICE, NOTE = "patient", "office", "note"
"""Whose words a message holds; a note is the office's own, and no patient reaches it."""

WRONG: Final[Mapping[str, Text]] = MappingProxyType({
    "not-received": T_("I did not get this service"),
    "plan-pays": T_("My plan should have paid"),
    "paid": T_("I paid already"),
    "price": T_("The price is not what I was told"),
    "insurance": T_("The insurance on record is wrong"),
    "other": T_("Something else"),
})  # fmt: skip
"""What may look wrong on a bill, in the patient's words."""

WITHDRAWN, ANSWERED, CANCELLED = "withdrawn", "answered", "cancelled"
CLOSINGS: Final[Mapping[str, Mapping[str, Text]]] = MappingProxyType({
    MESSAGE: MappingProxyType({
        ANSWERED: T_("It was answered"), "nothing-to-answer": T_("Nothing was to be answered"),
    }),
    QUESTION: MappingProxyType({
        "explained": T_("The bill is right, and it was explained"),
        "corrected": T_("The bill was corrected"),
        "adjusted": T_("Something was taken off the bill"),
        "sent-to-payer": T_("It was sent to the plan again"),
        WITHDRAWN: T_("The patient asks no longer"),
    }),
    TASK: MappingProxyType({"done": T_("The answer was used"), CANCELLED: T_("It is not needed any more")}),
})  # fmt: skip
"""Why the office closes one, by kind. A patient withdraws a message or question, and a task ends by its answer."""

CLOSED_WORDS: Final[Mapping[str, Text]] = MappingProxyType({
    **{code: text for reasons in CLOSINGS.values() for code, text in reasons.items()},
    WITHDRAWN: T_("Withdrawn"), ANSWERED: T_("Answered"),
})  # fmt: skip
"""Why a conversation was closed, as both sides read it."""

REOPENED_DAYS: Final = 30
"""So long a message to a closed conversation goes on with it; after that a new one is begun."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What a practice promises of its answers; raises Refused `answering` for what cannot be meant."""

    KIND: ClassVar[str] = "answering"

    answer_workdays: int = 5
    """Workdays in which the office answers."""
    task_days: int = 14
    """Days that a patient has for a task where nobody says another day."""
    remind_days: int = 3
    """Days before its day on which a patient is reminded of a task."""

    def __post_init__(self) -> None:
        """Refuse days that nobody means."""
        if not (1 <= self.answer_workdays <= 30 and 3 <= self.task_days <= 90 and 1 <= self.remind_days <= 30):
            raise Refused(
                T_("Promise an answer in 1 to 30 workdays, and give 3 to 90 days for a task."), code="answering"
            )

    def answer_by(self, today: date) -> date:
        """The day by which the office answers what it is asked today."""
        day = next_workday(today)
        for _ in range(self.answer_workdays):
            day = next_workday(day + timedelta(days=1))
        return day


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """What the guards of a conversation may know."""

    side: str
    """Who takes the step: PATIENT or OFFICE."""
    kind: str
    reason: str = ""
    answered: bool = False
    """The office wrote to the patient after the patient's last message."""
    days_closed: int = 0


def _may_close(facts: ConversationFacts, _move: Move) -> bool:
    if facts.side == PATIENT:
        return facts.reason == (ANSWERED if facts.kind == TASK else WITHDRAWN)
    return facts.reason in CLOSINGS[facts.kind] and (
        facts.kind != QUESTION or facts.answered or facts.reason == WITHDRAWN
    )


LIFE: Lifecycle[ConversationFacts] = Lifecycle(
    name="conversation",
    start_states=("WITH_OFFICE", "WITH_PATIENT"),
    moves=(
        Move("WITH_OFFICE", "WITH_PATIENT", "message:answer"),
        Move("WITH_PATIENT", "WITH_OFFICE", "own-message:make"),
        Move("WITH_OFFICE", "CLOSED", "message:answer", "either", guard="closing", needs_reason=True),
        Move("WITH_PATIENT", "CLOSED", "message:answer", "either", guard="closing", needs_reason=True),
        Move("CLOSED", "WITH_OFFICE", "own-message:make", guard="reopening"),
        Move("CLOSED", "WITH_PATIENT", "message:answer", guard="reopening"),
    ),
    words={
        "WITH_OFFICE": T_("With the office"),
        "WITH_PATIENT": T_("With the patient"),
        "CLOSED": T_("Closed"),
    },
    guards={
        "closing": Guard(
            _may_close,
            T_("A question is closed with an answer to the patient and a reason that fits. Write the answer first."),
        ),
        "reopening": Guard(
            lambda facts, _: facts.kind != TASK and facts.days_closed <= REOPENED_DAYS,
            T_("This was closed too long ago. Begin a new message; it may name this one."),
        ),
    },
)
"""Closing is for either side, each with its own reasons: the guard knows which."""
