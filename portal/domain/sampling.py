"""The second look by sample: which visits a colleague checks, what the check found, and how exact the work was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import MappingProxyType
from typing import Final

from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move
from portal.domain.texts import T_, Text

CODING, CHARGES = "coding", "charges"
CHECKS: Final[Mapping[str, Text]] = MappingProxyType({CODING: T_("Code review"), CHARGES: T_("Charge audit")})
"""What is checked: the codes by the coding manager, the entered charges by the QA auditor."""

ALL, WORKER, CODE, VALUE = "all", "worker", "code", "value"
KINDS: Final[Mapping[str, Text]] = MappingProxyType({
    ALL: T_("All visits"), WORKER: T_("Work of one person"), CODE: T_("Visits with a code"),
    VALUE: T_("Visits of a value"),
})  # fmt: skip
"""What a rule looks at; the share says how many of those are checked."""

WHY: Final[Mapping[str, Text]] = MappingProxyType({
    "no-rules": T_("There is no rule: every visit is checked."),
    "came-back": T_("It came back before: what was sent back once is always checked again."),
    "duplicate": T_("A charge may stand twice: this is always checked."),
    "unreleased": T_("A service was added at charge entry that no coder released: this is always checked."),
    ALL: T_("It is in the share of all visits."), WORKER: T_("A rule names the person whose work it is."),
    CODE: T_("A rule names one of its codes."), VALUE: T_("Its charges reach the value of a rule."),
})  # fmt: skip
"""Why a visit is checked."""

MOST_FOUND = 99
_SHARES = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    """Visits of a kind, and the share of them that is checked; `percent` is 1 to 100, a user's id is 16 bytes."""

    kind: str
    percent: int
    worker: bytes | None = None
    code: str = ""
    """The beginning of a diagnosis or service code, without a dot."""
    cents: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules know of a visit; `worker` coded it or entered its charges."""

    visit_id: bytes
    worker: bytes | None
    codes: tuple[str, ...]
    cents: int
    came_back: bool = False
    duplicate: bool = False
    unreleased: bool = False
    """A service of it was released by no coder."""


def draw(seed: bytes, check: str, visit_id: bytes) -> int:
    """The lot of a visit, 0 to 9,999: always the same one, and known to nobody who does not know the practice's seed.

    The first eight bytes of SHA-256 over seed, check and id, so that work done anew draws no new lot, and no coder can
    tell from a page's address whether the visit will be checked.
    """
    digest = hashlib.sha256(b"candor/sample/v1\0" + seed + check.encode() + b"\0" + visit_id).digest()
    return int.from_bytes(digest[:8], "big") % _SHARES


def picked(rules: Sequence[Rule], check: str, case: Case, seed: bytes) -> str:
    """Why a visit is checked, a code of `WHY`; empty when it is not.

    Without a rule everything is checked. One lot serves all rules, so a higher share checks all that a lower one did.
    """
    if case.came_back:
        return "came-back"
    if case.duplicate:
        return "duplicate"
    if case.unreleased:
        return "unreleased"
    if not rules:
        return "no-rules"
    lot = draw(seed, check, case.visit_id)
    return next((rule.kind for rule in rules if _is_about(rule, case) and lot < rule.percent * (_SHARES // 100)), "")


def _is_about(rule: Rule, case: Case) -> bool:
    match rule.kind:
        case "all":
            return True
        case "worker":
            return case.worker is not None and rule.worker == case.worker
        case "code":
            return bool(rule.code) and any(code.startswith(rule.code) for code in case.codes)
    return case.cents >= rule.cents


MISSED: Final = frozenset({"diagnosis-missing", "procedure-missing", "charge-missing"})
"""Categories of what should stand there and does not."""
OTHERS: Final = frozenset({"documentation"})
"""Categories that are no mistake of whose work was checked."""


def read_found(categories: Iterable[str], counts: Iterable[str], known: Mapping[str, Text]) -> dict[str, int]:
    """What a check found, as typed: how often each category of `known`; a count left empty is one.

    Raises Refused `category` for nothing chosen and for what is no category, `count` for what is no number to 99.
    """
    found: dict[str, int] = {}
    for category, count in zip_longest(categories, counts, fillvalue=""):
        if not category:
            continue
        if category not in known:
            raise Refused(T_("Choose what is wrong. Nothing was sent back."), code="category")
        plain = count.strip() or "1"
        if not (plain.isascii() and plain.isdigit() and len(plain) <= 2 and 1 <= int(plain) <= MOST_FOUND):
            raise Refused(T_("How many are wrong is a number from 1 to {most}.", most=MOST_FOUND), code="count")
        found[category] = found.get(category, 0) + int(plain)
    if not found:
        raise Refused(T_("Choose what is wrong. Nothing was sent back."), code="category")
    return found


def main_category(found: Mapping[str, int]) -> str:
    """The category that was found most often; of equals the one that was named first."""
    return max(found, key=lambda category: found[category])


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How exact work was: `right` of `total`; two add up by their parts, for an average of averages is none."""

    right: int = 0
    total: int = 0

    def __add__(self, other: Accuracy) -> Accuracy:
        """Both together."""
        return Accuracy(self.right + other.right, self.total + other.total)

    @property
    def permille(self) -> int | None:
        """Tenths of a percent, rounded down, so that only work without a mistake reads 100 %; None of nothing."""
        return self.right * 1000 // self.total if self.total else None


def accuracy(items: int, found: Mapping[str, int]) -> Accuracy:
    """The accuracy of one check: items that were right ÷ (items that stood there + items that were missing).

    `items` are the codes that were checked (diagnoses and services; for charges the services and three facts of the
    visit: clinician, coverage, place). A mistake of the clinician's note is nobody's here.
    """
    missed = sum(n for category, n in found.items() if category in MISSED)
    wrong = sum(n for category, n in found.items() if category not in MISSED and category not in OTHERS)
    return Accuracy(items - min(wrong, items), items + missed)


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What the guards of a change of the rules may know; ids are user ids, None as actor is the system."""

    actor: bytes | None
    proposed_by: bytes | None
    solo_waiver: bool = False
    """A recorded, reviewed exception to the two-person rule for this practice (DESIGN 3)."""


def _another(facts: ChangeFacts, _: Move) -> bool:
    both = (facts.actor, facts.proposed_by)
    return facts.solo_waiver or (None not in both and facts.actor != facts.proposed_by)


CHANGE_LIFE: Final[Lifecycle[ChangeFacts]] = Lifecycle(
    name="change of the sampling rules",
    start_states=("PROPOSED",),
    moves=(
        Move("PROPOSED", "AGREED", "sample-rule:agree", guard="another"),
        Move("PROPOSED", "TURNED_DOWN", "sample-rule:agree", guard="another", needs_reason=True),
        Move("PROPOSED", "TAKEN_BACK", "sample-rule:agree", guard="own"),
    ),
    words={
        "PROPOSED": T_("Waits for a second person"),
        "AGREED": T_("Agreed"),
        "TURNED_DOWN": T_("Turned down"),
        "TAKEN_BACK": T_("Taken back"),
    },
    guards={
        "another": Guard(
            _another,
            T_("A change of the rules is decided by somebody other than the one who proposed it. Ask a colleague."),
        ),
        "own": Guard(
            lambda facts, _: facts.actor is not None and facts.actor == facts.proposed_by,
            T_("Whoever proposed it takes it back. You can turn it down."),
        ),
    },
)
"""Nobody alone lets work go unchecked: a rule begins or ends when a second person agrees."""
