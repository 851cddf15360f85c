"""The law of posting: whatever payers send, in whatever order, the books say what was paid and sum to nought."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.remittances import Adjustment, ClaimPayment
from portal.services import ledger
from tests.databases import World
from tests.make import remittances as make
from tests.services.remittances.test_importing import balances, claim_of

ADJUSTMENTS = st.lists(
    st.builds(
        Adjustment,
        st.sampled_from(["CO", "CO", "PR", "OA"]),
        st.sampled_from(["45", "253", "1", "2", "50", "97"]),
        st.integers(-300, 4_000).filter(bool),
    ),
    max_size=3,
    unique_by=lambda one: (one.group, one.reason),
).map(tuple)

CONTRACT = {("CO", "45"), ("CO", "253")}


def moved(claim: ClaimPayment, *, before: bool) -> dict[str, int]:
    """What an answer moves, by account; what was paid `before`, as much, moves its money and nothing more."""
    every = () if before else claim.every_adjustment()
    contract = sum(one.amount_cents for one in every if (one.group, one.reason) in CONTRACT)
    patient = sum(one.amount_cents for one in every if one.group == "PR")
    sums = {
        "unapplied:payer": claim.paid_cents, "contractual": contract, "receivable:patient": patient,
        "receivable:payer": -claim.paid_cents - contract - patient,
    }  # fmt: skip
    return {account: cents for account, cents in sums.items() if cents}


@dataclass
class Book:
    """What the books should say of one claim, kept beside them in the plainest way."""

    standing: list[tuple[ClaimPayment, dict[str, int]]] = field(default_factory=list)

    def answered(self, claim: ClaimPayment) -> None:
        before = claim.paid_cents > 0 and any(one.paid_cents == claim.paid_cents for one, _ in self.standing)
        self.standing.append((claim, moved(claim, before=before)))

    def turn(self) -> ClaimPayment:
        """The newest answer is taken back: of those that paid as much, the one that moved the least goes."""
        newest = self.standing[-1][0]
        fits = [at for at, (one, _) in enumerate(self.standing) if one.paid_cents == newest.paid_cents][::-1]
        self.standing.pop(min(fits, key=lambda at: len(self.standing[at][1])) if newest.paid_cents else fits[0])
        return newest

    def expected(self, charge: int) -> dict[str, int]:
        sums = {"revenue": -charge, "receivable:payer": charge}
        for _, lines in self.standing:
            for account, cents in lines.items():
                sums[account] = sums.get(account, 0) + cents
        return {account: cents for account, cents in sums.items() if cents}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.booleans(), ADJUSTMENTS, st.booleans()), min_size=1, max_size=5))
def test_the_books_follow_the_payer(world: World, steps: list[tuple[bool, tuple[Adjustment, ...], bool]]):
    sent, book = make.sent(world), Book()
    total: list[int] = []
    for turn, adjustments, again in steps:
        if turn and book.standing:
            claim = make.turned(book.turn())
        else:
            claim = make.answer(sent, *adjustments)
            book.answered(claim)
        paid = make.payment(claim)
        make.bring(world, paid)
        total.append(paid.amount_cents)
        if again:
            make.bring(world, paid, number=2)
        assert balances(world, patient_id=sent.patient_id) == book.expected(sent.cents)
        with world.read("account:view") as uow:
            assert ledger.balance(uow) == 0
        state = claim_of(world, sent).state
        assert (state == "ACCEPTED") == (not book.standing)
