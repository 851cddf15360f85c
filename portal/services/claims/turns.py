"""Which payer of a visit is which, as a claim's page shows it: whose turn it is, and what was carried from whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain import coverage
from portal.domain.claims import LIFE
from portal.domain.coordination import total
from portal.domain.coverage import RANKS, Coverage
from portal.domain.money import Money
from portal.domain.remittances import Adjustment
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.payers import PayerRow
from portal.services.claims import carrying
from portal.services.claims.building import charges_of, found_by_id
from portal.services.claims.carrying import Carried
from portal.services.intake.showing import State
from portal.services.unit_of_work.work import UnitOfWork

_ORDER = "".join(RANKS)
WORDS = {"P": T_("First payer"), "S": T_("Second payer"), "T": T_("Third payer")}


@dataclass(frozen=True, slots=True)
class Turn:
    """One payer of the visit in its order; `claim_id` is None where it has no claim, and `note` says why."""

    rank: Text
    payer_name: str
    claim_id: str | None
    number: str
    state: State | None
    here: bool
    note: Text | None


@dataclass(frozen=True, slots=True)
class CarriedLine:
    """One service with what an earlier payer paid and adjusted on it, as `CO 45 $30.00`."""

    code: str
    charge: Money
    paid: Money
    adjustments: tuple[Text, ...]
    left: Money


@dataclass(frozen=True, slots=True)
class CarriedPart:
    """What this claim carries of one earlier payer; `adjusted` and `left` share what was not paid."""

    payer_name: str
    on: date | None
    charge: Money
    paid: Money
    adjusted: Money
    left: Money
    own: tuple[Text, ...]
    """Adjustments of the claim as a whole."""
    lines: tuple[CarriedLine, ...]


@dataclass(frozen=True, slots=True)
class PayersPart:
    """The payers of a visit in their order, and what this claim carries of those before it."""

    turns: tuple[Turn, ...]
    carried: tuple[CarriedPart, ...]
    sent_on: Text | None
    """The payer of this claim sent it on by itself."""


def part_of(uow: UnitOfWork, claim_id: bytes) -> PayersPart | None:
    """The payers of a claim's visit; None where there is only one. Raises NotFound."""
    claim = uow.get(ClaimRow, claim_id)
    claims = uow.entities(uow.select(ClaimRow).where(ClaimRow.encounter_id == claim.encounter_id).order_by(ClaimRow.id))
    rows = uow.rows(
        uow.select(
            CoverageRow.id, CoverageRow.payer_id, CoverageRow.rank, CoverageRow.valid_from, CoverageRow.valid_to
        ).where(CoverageRow.patient_id == claim.patient_id)
    )
    known = [Coverage(row.id, row.payer_id, row.rank, row.valid_from, row.valid_to) for row in rows]
    order = coverage.in_order(known, claim.service_from)
    if len(claims) + sum(all(one.coverage_id != each.coverage_id for each in claims) for one in order) < 2:
        return None
    standing = carrying.standing_of(uow, claims, numbers=False)
    payers = {*(one.payer_id for one in order), *(each.payer_id for each in claims)}
    names = {id_: row.name for id_, row in found_by_id(uow, PayerRow, payers).items()}
    own = standing.get(claim.id)
    sent_on = [each for each in claims if each.id in standing and standing[each.id].decision.forwarded]
    crossed = carrying.crossed_of(uow, sent_on)
    return PayersPart(
        _turns(claim, claims, order, (standing, crossed), names),
        _carried(uow, claim, [*standing.values(), *crossed.values()], names),
        _sent_on(own) if own is not None and own.decision.forwarded else None,
    )


def _turns(
    claim: ClaimRow,
    claims: Sequence[ClaimRow],
    order: Sequence[Coverage],
    answered: tuple[Mapping[bytes, Carried], Mapping[bytes, Carried]],
    names: Mapping[bytes, str],
) -> tuple[Turn, ...]:
    found = [
        (each.rank, Turn(WORDS.get(each.rank, WORDS["P"]), names[each.payer_id], each.id.hex(), each.control,
                         State(each.state, LIFE.words[each.state]), each.id == claim.id, None))
        for each in claims
    ]  # fmt: skip
    for one in order:
        if all(one.coverage_id != each.coverage_id for each in claims):
            ahead = [each for each in claims if carrying.before(each.rank, one.rank) and each.state != "WITHDRAWN"]
            note = _why_not(ahead, one, *answered)
            found.append((one.rank, Turn(WORDS[one.rank], names[one.payer_id], None, "", None, False, note)))
    return tuple(turn for _, turn in sorted(found, key=lambda each: _ORDER.find(each[0])))


def _why_not(
    ahead: Sequence[ClaimRow], one: Coverage, standing: Mapping[bytes, Carried], crossed: Mapping[bytes, Carried]
) -> Text:
    """Why a payer has no claim."""
    answered = [standing[each.id] for each in ahead if each.id in standing]
    said = [crossed[each.id] for each in ahead if each.id in crossed]
    if any(each.coverage_id == one.coverage_id for each in said):
        return T_("It had the claim from the payer before it, and has answered.")
    sent_on = [each for each in answered if each.decision.forwarded]
    if any(_ORDER.find(each.rank) + 1 == _ORDER.find(one.rank) for each in sent_on):
        return T_("It has the claim from the payer before it. Wait for its answer; nothing is sent from here.")
    answered = said if sent_on else answered
    if not answered or (not said and len(answered) < len(ahead)):
        return T_("It is billed once the payer before it has answered.")
    if answered[-1].left_cents <= 0:
        return T_("It is not billed: the payer before it left nothing to pay.")
    return T_("Its claim is drafted in a moment.")


def _sent_on(own: Carried) -> Text:
    if own.crossover:
        return T_("The payer sent this claim on to {carrier}. It is never sent there from here.", carrier=own.crossover)
    return T_("The payer sent this claim on to the next payer. It is never sent there from here.")


def _carried(
    uow: UnitOfWork, claim: ClaimRow, answered: Sequence[Carried], names: Mapping[bytes, str]
) -> tuple[CarriedPart, ...]:
    ahead = [one for one in answered if carrying.before(one.rank, claim.rank)]
    if not ahead:
        return ()
    charges = charges_of(uow, [claim.encounter_id]).get(claim.encounter_id, ())
    return tuple(_part(one, claim, charges, names) for one in sorted(ahead, key=lambda one: _ORDER.find(one.rank)))


def _part(one: Carried, claim: ClaimRow, charges: Sequence[Any], names: Mapping[bytes, str]) -> CarriedPart:
    lines = tuple(_line(one, charge) for charge in charges if one.lines.get(charge.id))
    days = [said.decided_on for each in one.lines.values() for said in each]
    adjusted = total(one.decision.adjustments)
    adjusted += sum(total(said.adjustments) for each in one.lines.values() for said in each)
    return CarriedPart(
        names[one.payer_id],
        one.decision.decided_on or next(iter(days), None),
        Money(claim.charge_cents),
        Money(one.decision.paid_cents),
        Money(adjusted - one.left_cents),
        Money(one.left_cents),
        _said(one.decision.adjustments),
        lines,
    )


def _line(one: Carried, charge: Any) -> CarriedLine:
    decisions = one.lines[charge.id]
    every = [each for said in decisions for each in said.adjustments]
    return CarriedLine(
        charge.code,
        Money(charge.charge_cents),
        Money(sum(said.paid_cents for said in decisions)),
        _said(every),
        Money(sum(each.amount_cents for each in every if each.group == "PR")),
    )


def _said(adjustments: Sequence[Adjustment]) -> tuple[Text, ...]:
    return tuple(
        T_("{group} {reason} {amount}", group=one.group, reason=one.reason, amount=Money(one.amount_cents))
        for one in adjustments
    )
