"""The payers: they decide claims by the table of outcomes and pay when payments fall due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.claims import BillingProvider, Claim
from portal.domain.interchanges import Partner
from portal.domain.remittances import Adjustment, ClaimPayment, Name, Payment, ProviderAdjustment, ServicePayment
from portal.sandbox.outcomes import REJECTIONS, Outcome, Step, decide, fate, payer_number, reworked
from portal.sandbox.practice import Payer

STRAY = ClaimPayment(
    "ELSEWHERE-7731",
    "1",
    12000,
    8420,
    0,
    filing_code="12",
    payer_control="STRAY00000001",
    facility_code="11",
    frequency="1",
    patient=Name("Elsewhere", "Avery", qualifier="MI", identifier="XXX00000000"),
    services=(ServicePayment("T1015", (), 12000, 8420, 0, adjustments=(Adjustment("CO", "45", 3580),)),),
)
"""A claim that is nobody's here, paid once among ours: it must end as unapplied money in a queue."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A step that waits for its day, with where its payment goes and what its PLB speaks of."""

    step: Step
    billing: BillingProvider
    reference: str
    route: Partner


@dataclass(frozen=True, slots=True)
class Remittance:
    """What one payer pays to one payee on a day, several payments perhaps, and the way its file goes."""

    payer: Payer
    route: Partner
    payments: tuple[Payment, ...]


class Payers:
    """All payers behind the clearinghouse; what they decide they remember while the process lives.

    `next_payers` tells by member id who pays after them; `salt` changes who meets which fate; `stray` pays STRAY once.
    """

    def __init__(self, payers: Sequence[Payer], next_payers: Mapping[str, Payer], *, salt: str, stray: bool) -> None:
        self.outcomes: list[Outcome] = []
        self.payments: list[Payment] = []
        self._payers = {payer.identifier: payer for payer in payers}
        self._next, self._salt, self._stray = dict(next_payers), salt, stray
        self._versions: dict[str, int] = {}
        self._rejected: set[str] = set()
        self._due: list[_Due] = []
        self._carried: dict[tuple[str, str], list[tuple[str, int]]] = {}

    def named(self, payer_id: str) -> Payer | None:
        """The payer of an id, if there is one."""
        return self._payers.get(payer_id)

    def next_day(self) -> date | None:
        """The first day on which something falls due; None when nothing waits."""
        return min((due.step.day for due in self._due), default=None)

    def decide(self, claim: Claim, route: Partner, received: date) -> Outcome:
        """What becomes of a claim that came in; its payments then wait for their days."""
        payer = self.named(claim.cover.payer_id)
        case, digest = fate(claim, self._salt)
        if payer is None:
            return self._note(claim, "unknown-payer")
        if claim.frequency == "1" and case in REJECTIONS and digest not in self._rejected:
            self._rejected.add(digest)
            return self._note(claim, case)
        version = self._versions[digest] = self._versions.get(digest, 0) + 1
        number = payer_number(payer, digest, version)
        if claim.frequency != "1":
            case = "replaced" if claim.frequency == "7" else "voided"
            earlier = self._earlier(claim.payer_control, received)
            steps = reworked(claim, earlier, payer=payer, payer_control=number, received=received)
        else:
            case = "duplicate" if version > 1 else "paid" if case in REJECTIONS else case
            following = None if claim.others else self._next.get(claim.cover.member_id)
            case, steps = decide(
                claim, case, payer=payer, payer_control=number, received=received, next_payer=following
            )
        self._due += [_Due(step, claim.billing, number, route) for step in steps]
        return self._note(claim, case, number, steps)

    def pay(self, on: date) -> list[Remittance]:
        """What falls due up to a day, by payer and payee."""
        groups: dict[tuple[str, str], list[_Due]] = {}
        for one in self._due:
            if one.step.day <= on:
                groups.setdefault((one.step.payer.identifier, one.billing.npi), []).append(one)
        self._due = [one for one in self._due if one.step.day > on]
        paid = []
        for (payer_id, npi), those in sorted(groups.items()):
            payer = self._payers[payer_id]
            together = [one for one in those if not one.step.alone]
            payments = [self._together(payer, npi, together, on)] if together else []
            payments += [self._payment(payer, [one], on) for one in those if one.step.alone]
            paid.append(Remittance(payer, those[-1].route, tuple(payments)))
        return paid

    def _note(self, claim: Claim, case: str, number: str = "", steps: tuple[Step, ...] = ()) -> Outcome:
        outcome = Outcome(claim.control, claim.cover.payer_id, case, claim.charge_cents, number, steps)
        self.outcomes.append(outcome)
        return outcome

    def _earlier(self, payer_control: str, today: date) -> ClaimPayment | None:
        """What was decided last, and told, under the payer's number that a replacement or void names."""
        known = [outcome for outcome in self.outcomes if payer_control and outcome.payer_control == payer_control]
        told = [step for outcome in known for step in outcome.steps if step.sound and step.day <= today]
        paid = [claim for step in told for claim in step.claims]
        return paid[-1] if paid and not paid[-1].reversal else None

    def _together(self, payer: Payer, npi: str, those: Sequence[_Due], on: date) -> Payment:
        """The payer's payment of the day, with what was carried forward to it and, once, the stray claim."""
        extra: tuple[ClaimPayment, ...] = ()
        if self._stray and payer.filing_code == "CI":
            self._stray, extra = False, (STRAY,)
        return self._payment(payer, those, on, extra, self._carried.pop((payer.identifier, npi), []))

    def _payment(
        self,
        payer: Payer,
        those: Sequence[_Due],
        on: date,
        extra: tuple[ClaimPayment, ...] = (),
        carried: Sequence[tuple[str, int]] = (),
    ) -> Payment:
        """One ST. What would be less than nothing is carried forward (PLB FB -) and taken from the next (FB +)."""
        billing = those[0].billing
        trace = f"{payer.first_three}{on:%y%m%d}{len(self.payments) + 1:05d}"
        pairs = [(reason, one.reference, cents) for one in those for reason, cents in one.step.adjustments]
        pairs += [("FB", reference, cents) for reference, cents in carried]
        claims = tuple(claim for one in those for claim in one.step.claims) + extra
        amount = sum(claim.paid_cents for claim in claims) - sum(cents for _, _, cents in pairs)
        if amount < 0:
            pairs.append(("FB", trace, amount))
            self._carried.setdefault((payer.identifier, billing.npi), []).append((trace, -amount))
            amount = 0
        year_end = date(on.year, 12, 31)
        made = Payment(
            amount,
            trace,
            claims,
            tuple(ProviderAdjustment(reason, of, cents, 0, billing.npi, year_end) for reason, of, cents in pairs),
            0,
            handling="I" if amount else "H",
            credit_debit="C",
            method=payer.pays_by if amount else "NON",
            paid_on=on,
            payer_tax=f"1{payer.tax_id}",
            payer_name=payer.name,
            payer_id=payer.identifier,
            payee_name=billing.name,
            payee_id=billing.npi,
            produced_on=on,
        )
        self.payments.append(made)
        return made
