"""Which of our claims and charges a payer speaks of: pure, in a fixed order, never by guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from portal.domain.charges import Charge
from portal.domain.remittances import ClaimPayment, ServicePayment
from portal.domain.texts import T_, Text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim of ours that a payment may speak of; names and member id may be empty when nobody opened them."""

    claim_id: bytes
    controls: tuple[str, ...]
    """CLM01 of every version."""
    charge_cents: int
    payer_controls: tuple[str, ...] = ()
    """The payer's numbers, from 277CA REF*1K and earlier CLP07."""
    last: str = ""
    first: str = ""
    member_id: str = ""
    from_date: date | None = None


@dataclass(frozen=True, slots=True)
class ClaimMatch:
    """The claim found and by what, or none and why."""

    candidate: Candidate | None
    by: Literal["control", "payer-control", "identity", ""] = ""
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates by what they are found by, so that ten thousand claims are matched in ten thousand steps."""

    by_control: Mapping[str, tuple[Candidate, ...]]
    by_payer_control: Mapping[str, tuple[Candidate, ...]]
    by_identity: Mapping[tuple[str, str, date, int], tuple[Candidate, ...]]

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> Candidates:
        """Index some candidates."""
        by_control: dict[str, tuple[Candidate, ...]] = {}
        by_payer_control: dict[str, tuple[Candidate, ...]] = {}
        by_identity: dict[tuple[str, str, date, int], tuple[Candidate, ...]] = {}
        for one in candidates:
            for control in {_plain(control) for control in one.controls} - {""}:
                by_control[control] = (*by_control.get(control, ()), one)
            for control in {_plain(control) for control in one.payer_controls} - {""}:
                by_payer_control[control] = (*by_payer_control.get(control, ()), one)
            if one.from_date is not None and one.member_id and one.last:
                key = (_plain(one.member_id), _plain(one.last), one.from_date, one.charge_cents)
                by_identity[key] = (*by_identity.get(key, ()), one)
        return cls(by_control, by_payer_control, by_identity)


def match_claim(claim: ClaimPayment, candidates: Candidates) -> ClaimMatch:
    """Find the claim a payment speaks of: by our control number, the payer's number, identity with dates and charge.

    A number that belongs to a patient whose member id and last name both differ is no match: old systems hand out the
    same numbers. Two candidates by the same token are none (edge case 6).
    """
    found: tuple[Candidate, ...] = ()
    for by, some in (
        ("control", candidates.by_control.get(_plain(claim.control), ())),
        ("payer-control", candidates.by_payer_control.get(_plain(claim.payer_control), ())),
    ):
        same = tuple(one for one in some if not _contradicts(claim, one))
        if len(same) == 1:
            return ClaimMatch(same[0], "control" if by == "control" else "payer-control")
        found = found or same or some
    starts = claim.from_date or min((s.from_date for s in claim.services if s.from_date), default=None)
    if starts is not None:
        member = _plain(claim.patient.identifier) or _plain(claim.subscriber.identifier)
        key = (member, _plain(claim.patient.last), starts, abs(claim.charge_cents))
        same = candidates.by_identity.get(key, ())
        if len(same) == 1:
            return ClaimMatch(same[0], "identity")
        found = found or same
    if len(found) > 1:
        return ClaimMatch(None, why=T_("{n} claims of ours fit; choose the right one.", n=len(found)))
    if found:
        return ClaimMatch(None, why=T_("The claim number is ours, but the patient is another person. Compare them."))
    return ClaimMatch(None, why=T_("No claim of ours has this number, payer number, or patient with date and charge."))


def match_services(claim: ClaimPayment, charges: Sequence[Charge]) -> tuple[int | None, ...]:
    """For each service of the payment the position of its charge, or None.

    First by line control number (REF*6R; several lines may name one charge), then by code, modifiers, date and amount,
    then without the modifiers, then by date and amount alone, the last two only where one charge fits (edge case 7).
    """
    found: list[int | None] = [None] * len(claim.services)
    by_control = {_plain(charge.control): at for at, charge in enumerate(charges) if charge.control}
    for at, service in enumerate(claim.services):
        found[at] = by_control.get(_plain(service.control)) if service.control else None
    free = set(range(len(charges))) - set(found)
    tests: tuple[tuple[bool, Callable[[ServicePayment, Charge], bool]], ...] = (
        (False, lambda service, charge: _same_code(service, charge) and _same_modifiers(service, charge)),
        (True, _same_code),
        (True, lambda _service, _charge: True),
    )
    for alone, test in tests:
        for at, service in enumerate(claim.services):
            if found[at] is not None:
                continue
            day = service.from_date or claim.from_date
            fitting = [
                one
                for one in sorted(free)
                if abs(service.charge_cents) == charges[one].amount_cents
                and (day is None or charges[one].from_date in {None, day})
                and test(service, charges[one])
            ]
            if len(fitting) == 1 or (fitting and not alone):
                found[at] = fitting[0]
                free.discard(fitting[0])
    return tuple(found)


def _same_code(service: ServicePayment, charge: Charge) -> bool:
    return charge.code in {service.billed_code, service.code}


def _same_modifiers(service: ServicePayment, charge: Charge) -> bool:
    return sorted(service.modifiers) == sorted(charge.modifiers)


def _contradicts(claim: ClaimPayment, one: Candidate) -> bool:
    """Whether both the member id and the last name are known on both sides and differ."""
    members = {_plain(name.identifier) for name in (claim.patient, claim.subscriber, claim.corrected)} - {""}
    names = {_plain(name.last) for name in (claim.patient, claim.subscriber, claim.corrected)} - {""}
    return bool(
        one.member_id
        and one.last
        and members
        and names
        and _plain(one.member_id) not in members
        and _plain(one.last) not in names
    )


def _plain(text: str) -> str:
    """Letters and digits in upper case: payers turn case, drop hyphens and add blanks."""
    return "".join(filter(str.isalnum, text)).upper()
