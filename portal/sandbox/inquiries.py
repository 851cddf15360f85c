"""Questions that are no claims: 270 answered by 271, 276 by 277, 278 by 278, set by set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from portal.domain.interchanges import ControlNumbers, Partner
from portal.sandbox.members import Known, MemberDesk
from portal.sandbox.payer import Payers
from portal.sandbox.practice import Payer
from portal.sandbox.reviews import ReviewDesk
from portal.sandbox.standing import standing
from portal.x12.authorizations.reading import is_response, read_requests
from portal.x12.authorizations.writing import write_decisions
from portal.x12.coverage.answers_out import write_answers
from portal.x12.coverage.asking import read_questions
from portal.x12.reader import Document
from portal.x12.status import read_inquiries
from portal.x12.status_out import write_statuses
from portal.x12.transactions import TransactionSet

KINDS = frozenset({"270", "276", "278"})
"""What is answered here."""


class Inquiries:
    """The payers' desks for coverage, claim status and review in advance; see `MemberDesk` and `ReviewDesk`."""

    def __init__(
        self,
        payers: Sequence[Payer],
        decided: Payers,
        *,
        members: Mapping[tuple[str, str], Known] | None,
        salt: str,
        cases: Mapping[str, str] | None,
    ) -> None:
        self._decided = decided
        self.members = MemberDesk(payers, members, salt=salt, cases=cases)
        self.reviews = ReviewDesk(payers, salt=salt, cases=cases)

    def answer(
        self,
        one: TransactionSet,
        document: Document,
        route: Partner,
        numbers: Callable[[], ControlNumbers],
        at: datetime,
    ) -> tuple[str, bytes] | None:
        """The kind and file that answer a set; None for one that asks nothing."""
        first, last = one.first.position, one.segments[-1].position
        today = at.date()
        match one.kind:
            case "270":
                asked = [each for each in read_questions(document).questions if first <= each.segment <= last]
                told = [self.members.answer(each, today) for each in asked]
                return ("271", write_answers(told, partner=route, numbers=numbers(), at=at)) if told else None
            case "276":
                claims = [each for each in read_inquiries(document).questions if first <= each.segment <= last]
                outcomes, payments = self._decided.outcomes, self._decided.payments
                stand = [standing(each, outcomes, payments, today) for each in claims]
                return ("277", write_statuses(stand, partner=route, numbers=numbers(), at=at)) if stand else None
            case "278" if not is_response(one):
                requests = [each for each in read_requests(document).requests if first <= each.segment <= last]
                decided = [self.reviews.answer(each, route, today) for each in requests]
                return ("278", write_decisions(decided, partner=route, numbers=numbers(), at=at)) if decided else None
        return None

    def put_off(self, numbers: Callable[[], ControlNumbers], at: datetime) -> list[tuple[str, bytes]]:
        """What was pended and is decided by now, a file each."""
        return [
            ("278", write_decisions([answer], partner=route, numbers=numbers(), at=at))
            for route, answer in self.reviews.decided_by(at.date())
        ]
