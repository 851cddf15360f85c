"""What the payers know of their members: whether coverage stands, what the patient pays, who else pays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from portal.domain.claims import Person
from portal.domain.eligibility import (
    Benefit,
    Dated,
    EligibilityAnswer,
    EligibilityQuestion,
    Limit,
    Party,
    Rejection,
)
from portal.domain.remittances import Name
from portal.sandbox.practice import Patient, Payer
from portal.sandbox.pricing import COPAY_CENTS, COPAY_PLAN, SHARE_PLAN, plan_of

SHARES: Mapping[str, int] = {
    "active": 80,
    "other-payer": 6,
    "inactive": 6,
    "not-found": 3,
    "wrong-number": 2,
    "busy": 3,
}
"""Of a hundred members, how many meet which answer: active (1); active, and another payer pays first (R); ended (6);
not found (AAA 75); member number wrong (AAA 72); at first the payer's system is busy (AAA 42), then active."""
DEDUCTIBLE_CENTS, OUT_OF_POCKET_CENTS = 150_000, 500_000
_LEFT_STEPS = 10
_VISITS = 20
_REFUSED = {"not-found": ("75", "C"), "wrong-number": ("72", "C"), "busy": ("42", "R")}


@dataclass(frozen=True, slots=True)
class Known:
    """Who is insured under a member number."""

    persons: tuple[Person, ...]


def known_members(patients: Sequence[Patient]) -> dict[tuple[str, str], Known]:
    """By payer and member number, everybody whom the payers insure at a practice."""
    found: dict[tuple[str, str], tuple[Person, ...]] = {}
    for patient in patients:
        for cover in patient.covers:
            key = (cover.payer_id, cover.member_id)
            found[key] = (*found.get(key, (cover.subscriber,)), patient.person)
    return {key: Known(persons) for key, persons in found.items()}


class MemberDesk:
    """Answers questions about coverage; the member's number chooses the answer, so it is the same in every run.

    `members` are those that the payers know; without them every number is somebody's. `salt` changes who meets what;
    `cases` sets the case of SHARES for member numbers.
    """

    def __init__(
        self,
        payers: Sequence[Payer],
        members: Mapping[tuple[str, str], Known] | None = None,
        *,
        salt: str = "",
        cases: Mapping[str, str] | None = None,
    ) -> None:
        self._payers = {payer.identifier: payer for payer in payers}
        self._members, self._salt, self._cases = members, salt, dict(cases or {})
        self._asked: set[tuple[str, str]] = set()

    def case(self, payer_id: str, member_id: str) -> str:
        """Which case of SHARES a member meets."""
        if member_id in self._cases:
            return self._cases[member_id]
        place = int.from_bytes(self._digest(payer_id, member_id)[4:8]) % 100
        for case, share in SHARES.items():
            if place < share:
                return case
            place -= share
        raise AssertionError("the shares hold every place")

    def answer(self, question: EligibilityQuestion, today: date) -> EligibilityAnswer:
        """What the payer says to a question that reaches it on a day."""
        payer = self._payers.get(question.payer.identifier)
        said = EligibilityAnswer(
            payer=question.payer,
            provider=question.provider,
            subscriber=question.subscriber,
            dependent=question.dependent,
            relationship=question.relationship,
            traces=(question.trace,) if question.trace else (),
            payer_trace=f"{question.payer.identifier}{today:%y%m%d}",
            reference=question.reference,
        )
        if payer is None:
            return replace(said, subscriber=None, dependent=None, relationship="", traces=(), payer_trace="",
                           rejections=(Rejection("payer", "79", "N"),))  # fmt: skip
        refused = self._refused(question)
        if refused is not None:
            return replace(said, rejections=(refused,))
        return self._told(said, question, payer, question.on or today)

    def _refused(self, question: EligibilityQuestion) -> Rejection | None:
        member_id = question.subscriber.member_id
        key = (question.payer.identifier, member_id)
        known = None if self._members is None else self._members.get(key)
        if self._members is not None and known is None:
            return Rejection("subscriber", "75", "C")
        case = self.case(*key)
        again = key in self._asked
        self._asked.add(key)
        if case in _REFUSED and not (case == "busy" and again):
            return Rejection("payer" if case == "busy" else "subscriber", *_REFUSED[case])
        asked = question.dependent or question.subscriber.person
        if known is not None and asked.birth_date not in {one.birth_date for one in known.persons}:
            return Rejection("dependent" if question.dependent else "subscriber", "71", "C")
        return None

    def _told(
        self, said: EligibilityAnswer, question: EligibilityQuestion, payer: Payer, on: date
    ) -> EligibilityAnswer:
        member_id = question.subscriber.member_id
        case = self.case(payer.identifier, member_id)
        plan = f"{payer.name} Plan {plan_of(payer.filing_code, member_id) + 1}"
        kind = {"MB": "MB", "MC": "MC"}.get(payer.filing_code, "PR")
        if case == "inactive":
            ended = on.replace(day=1) - timedelta(days=1)
            benefit = Benefit("6", service_types=("30",), insurance_type=kind, plan=plan)
            return replace(said, dates=(Dated("347", ended, ended),), benefits=(benefit,))
        begun = date(on.year, 1, 1)
        first = Benefit("1", "IND", ("30",), kind, plan)
        benefits = [first, *self._shares(payer, member_id)]
        if case == "other-payer":
            benefits.append(self._other(payer, member_id))
        return replace(said, dates=(Dated("346", begun, begun),), benefits=tuple(benefits))

    def _shares(self, payer: Payer, member_id: str) -> list[Benefit]:
        """What the patient pays, as `pricing` will decide the claims: copay, share or deductible."""
        if payer.filing_code == "MC":
            return [Benefit("B", "IND", ("98",), "MC", period="27", amount_cents=0, network="Y")]
        plan, digest = plan_of(payer.filing_code, member_id), self._digest(payer.identifier, member_id)
        if payer.filing_code == "MB":
            return [
                Benefit("A", "IND", ("30",), "MB", share=Decimal("0.2")),
                Benefit("C", "IND", ("30",), "MB", period="23", amount_cents=25_700),
                Benefit("C", "IND", ("30",), "MB", period="29", amount_cents=0),
            ]
        step = digest[1] % _LEFT_STEPS + 1
        used = digest[2] % _LEFT_STEPS
        out = [
            Benefit("G", "IND", ("30",), "PR", period="23", amount_cents=OUT_OF_POCKET_CENTS, network="Y"),
            Benefit("G", "IND", ("30",), "PR", period="29", amount_cents=OUT_OF_POCKET_CENTS // _LEFT_STEPS * step,
                    network="Y"),
            Benefit("F", "IND", ("PT",), "PR", network="Y", limits=(
                Limit("VS", Decimal(_VISITS), period="23", periods=Decimal(1)),
                Limit("VS", Decimal(_VISITS - used), period="29"),
            )),
        ]  # fmt: skip
        if plan == COPAY_PLAN:
            per_visit = Benefit("B", "IND", ("98",), "PR", period="27", amount_cents=COPAY_CENTS, network="Y")
            return [per_visit, replace(per_visit, amount_cents=2 * COPAY_CENTS, network="N"), *out]
        if plan == SHARE_PLAN:
            own = Benefit("A", "IND", ("98",), "PR", share=Decimal("0.2"), network="Y")
            return [own, replace(own, share=Decimal("0.4"), network="N"), *out]
        left = DEDUCTIBLE_CENTS // _LEFT_STEPS * step
        return [
            Benefit("C", "IND", ("30",), "PR", period="23", amount_cents=DEDUCTIBLE_CENTS, network="Y"),
            Benefit("C", "IND", ("30",), "PR", period="29", amount_cents=left, network="Y"),
            Benefit("C", "FAM", ("30",), "PR", period="29", amount_cents=2 * left, network="Y"),
            *out,
        ]

    def _other(self, payer: Payer, member_id: str) -> Benefit:
        """Another of the payers, which pays first."""
        others = [one for one in self._payers.values() if one is not payer and one.filing_code == "CI"]
        other = others[self._digest(payer.identifier, member_id)[3] % len(others)]
        name = Name(other.name, qualifier="PI", identifier=other.identifier)
        return Benefit("R", service_types=("30",), parties=(Party("PRP", name, other.address),))

    def _digest(self, payer_id: str, member_id: str) -> bytes:
        return hashlib.sha256(f"{payer_id}|{member_id.upper()}|{self._salt}".encode()).digest()
