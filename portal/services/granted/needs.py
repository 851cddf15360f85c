"""What of a visit its payer wants to be asked for in advance, and how that stands, for the pages of the visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from portal.access.policy import decide
from portal.domain.edits.facility import STAYS
from portal.domain.granting import STANDING, WAITING, BilledService, besides, obstacle
from portal.domain.requirements import is_needed
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationLineRow, AuthorizationRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.restrictions import RestrictionRow
from portal.services.granted.finding import rules_of
from portal.services.granted.uses import care_of, lines_of, nights
from portal.services.unit_of_work.work import UnitOfWork

_COVERED = T_("an approval covers it")
_WHY: Mapping[str, tuple[str, Text]] = MappingProxyType({
    "elsewhere": ("wait", T_("another approval covers it, and a facility's claim carries one number")),
    "units": ("stop", T_("what its approval grants is used up for that day")),
    "dates": ("stop", T_("its approval does not hold on this day")),
    "asked": ("wait", T_("a request is under way")),
    "denied": ("stop", T_("the payer denied it")),
    "missing": ("wait", T_("nobody has asked yet")),
})  # fmt: skip
_ASKED = ("DRAFT", *WAITING, "DENIED")


@dataclass(frozen=True, slots=True)
class Need:
    """One service that the payer wants to be asked for; `tone` is good, wait or stop."""

    code: str
    tone: str
    text: Text


@dataclass(frozen=True, slots=True)
class NeedsPart:
    """What the macro `authorization_needs` shows of a visit; no payer's number, which coders do not need."""

    patient_id: str
    encounter_id: str
    covered: bool
    """Whether a payer is known at all."""
    needs: tuple[Need, ...]
    kept: bool
    """The patient keeps the visit from the plan, which is therefore not asked."""
    may_ask: bool


def of_visit(uow: UnitOfWork, encounter_id: bytes) -> NeedsPart:
    """What the rules of its payer say of a visit's services as they stand. Raises NotFound."""
    visit = uow.get(EncounterRow, encounter_id)
    cover = uow.get(CoverageRow, visit.coverage_id) if visit.coverage_id is not None else None
    kept = uow.row(
        uow.select(EncounterRow.id).where(EncounterRow.id == visit.id, RestrictionRow.keeps(EncounterRow.id))
    )
    found = _needs(uow, visit, cover.payer_id) if cover is not None else ()
    may = decide(uow.actor, "authorization:request").allowed
    return NeedsPart(visit.patient_id.hex(), visit.id.hex(), cover is not None, found, kept is not None, may)


def _needs(uow: UnitOfWork, visit: EncounterRow, payer_id: bytes) -> tuple[Need, ...]:
    services = _services(uow, visit, payer_id)
    if not any(one.needed for one in services):
        return ()
    row = AuthorizationRow
    asked = uow.rows(
        uow.select(row.id, row.state, row.valid_from, row.valid_to, row.limits).where(
            row.patient_id == visit.patient_id, row.payer_id == payer_id, row.state.in_((*STANDING, *_ASKED))
        )
    )
    lines = lines_of(uow, [one.id for one in asked])
    cares = [care_of(one, lines.get(one.id, ())) for one in asked if one.state in STANDING]
    parts = [taken for _, taken in besides(cares, (), services)]
    taken = tuple(one for part in parts[: 1 if visit.kind == "837I" else None] for one in part)
    met, open_codes = {one.key for one in taken}, _codes(uow, asked)
    left = [each.with_more(taken) for each in cares]
    found: dict[str, Need] = {}
    for service in services:
        if not service.needed:
            continue
        tone, text = ("good", _COVERED) if service.key in met else _WHY[obstacle(left, open_codes, service)]
        if service.code not in found or tone != "good":
            found[service.code] = Need(service.code, tone, text)
    return tuple(found.values())


def _services(uow: UnitOfWork, visit: EncounterRow, payer_id: bytes) -> list[BilledService]:
    rows = uow.rows(
        uow.select(
            ChargeRow.position, ChargeRow.code, ChargeRow.modifiers, ChargeRow.units_thousandths, ChargeRow.place,
            ChargeRow.service_from, ChargeRow.service_to,
        )
        .where(ChargeRow.encounter_id == visit.id, ChargeRow.active.is_(True))
        .order_by(ChargeRow.position)
    )  # fmt: skip
    rules = rules_of(uow, [payer_id], [row.code for row in rows])
    inpatient = visit.kind == "837I" and visit.place in STAYS
    stay = nights(visit.service_from, visit.service_to) if inpatient else None
    return [
        BilledService(
            str(row.position), row.code, tuple(row.modifiers), row.units_thousandths, row.service_from,
            row.service_to, is_needed(rules, payer_id, row.code, row.place or visit.place, row.service_from), stay,
        )
        for row in rows
    ]  # fmt: skip


def _codes(uow: UnitOfWork, asked: Sequence[Any]) -> dict[str, set[str]]:
    """The codes of requests, by the state of each."""
    line = AuthorizationLineRow
    states = {one.id: one.state for one in asked}
    found: dict[str, set[str]] = {}
    for row in uow.rows(uow.select(line.authorization_id, line.code).where(line.authorization_id.in_(sorted(states)))):
        found.setdefault(states[row.authorization_id], set()).add(row.code)
    return found
