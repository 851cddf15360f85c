"""Late charges, charges that may stand twice, and those that no coder released: found at entry, shown, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.charges import LATE, TWICE, Service, days_late, twins
from portal.domain.encounters import LIFE
from portal.domain.errors import Refused
from portal.domain.sampling import CHARGES
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeFindingRow, ChargeRow, EncounterRow
from portal.services.intake import visits
from portal.services.sampling import deciding
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Late:
    """Charges entered later than the practice wants them; in days."""

    days: int
    after_days: int
    reasons: tuple[tuple[str, Text], ...]


@dataclass(frozen=True, slots=True)
class Twin:
    """A charge of the visit that looks like another one; `number` is the other visit's, empty for this one."""

    position: int
    code: str
    day: date
    number: str
    state: Text | None


@dataclass(frozen=True, slots=True)
class Told:
    """What was found before, with what the clerk said to it."""

    kind: str
    days: int
    reason: Text | None


def late(uow: UnitOfWork, encounter: EncounterRow) -> Late | None:
    """Whether the charges of a visit would be entered late today; what was entered once is corrected, not late."""
    if encounter.state != "RELEASED":
        return None
    after = deciding.late_after_days(uow, CHARGES)
    days = days_late(encounter.service_from, uow.today(), after)
    return Late(days, after, tuple(LATE.items())) if days else None


def doubled(uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow]) -> tuple[Twin, ...]:
    """Charges of a visit that look like another: same patient, day, code, modifiers and clinician."""
    own = [charge for charge in charges if charge.active]
    others = _others(uow, encounter, own)
    by_id = {charge.id: charge for charge in own}
    found = []
    for id_, other in _twins(encounter, own, others).items():
        there = others.get(other)
        number, state = (there[1], LIFE.words[there[2]]) if there else ("", None)
        found.append(Twin(by_id[id_].position, by_id[id_].code, by_id[id_].service_from, number, state))
    return tuple(found)


def keep(
    uow: UnitOfWork, encounter: EncounterRow, charges: Sequence[ChargeRow], *, late_reason: str, twice_reason: str,
    asked: bool,
) -> bool:  # fmt: skip
    """Keep what was found with what the clerk said to it; whether a charge may stand twice.

    `asked`: a person filled in the form, and must say of charges that look alike why they are not the same. Raises
    Refused `duplicate` where they did not, and `late` for a reason that is none.
    """
    if late_reason not in {"", *LATE}:
        raise Refused(T_("Choose why the charges are late from the list."), code="late")
    own = [charge for charge in charges if charge.active]
    alike = _twins(encounter, own, _others(uow, encounter, own))
    if alike and asked and twice_reason not in TWICE:
        codes = ", ".join(sorted({charge.code for charge in own if charge.id in alike}))
        text = T_(
            "{codes} stands in the account for this day already. Take it out, or say why it is not the same."
            " Nothing was entered.",
            codes=codes,
        )
        raise Refused(text, code="duplicate")
    behind = late(uow, encounter)
    for charge in own if behind else ():
        _tell(uow, charge, "late", reason=late_reason, days=behind.days if behind else 0)
    for charge in own:
        if charge.id in alike and not _told(uow, charge.id, alike[charge.id]):
            _tell(uow, charge, "duplicate", reason=twice_reason if asked else "", other=alike[charge.id])
    return bool(alike)


def told(uow: UnitOfWork, encounter: EncounterRow) -> tuple[Told, ...]:
    """What was found late or twice when the charges of a visit were entered, each said once."""
    row = ChargeFindingRow
    rows = uow.rows(
        uow.select(row.kind, row.days, row.reason)
        .where(row.encounter_id == encounter.id, row.kind != "added")
        .order_by(row.at, row.id)
    )
    words = {**LATE, **TWICE}
    once = dict.fromkeys((each.kind, each.days, each.reason) for each in rows)
    return tuple(Told(kind, days, words.get(reason)) for kind, days, reason in once)


def _twins(
    encounter: EncounterRow, own: Sequence[ChargeRow], others: dict[bytes, tuple[Service, str, str]]
) -> dict[bytes, bytes]:
    mine = [
        Service(
            charge.id, charge.patient_id, charge.service_from, charge.code, tuple(charge.modifiers),
            encounter.provider_id,
        )
        for charge in own
    ]  # fmt: skip
    return twins(mine, (service for service, _, _ in others.values()))


def _others(
    uow: UnitOfWork, encounter: EncounterRow, own: Sequence[ChargeRow]
) -> dict[bytes, tuple[Service, str, str]]:
    """Charges of the patient's other visits on the same days: as they are compared, the visit's number and state."""
    rows = uow.rows(
        uow.select(
            ChargeRow.id, ChargeRow.patient_id, ChargeRow.service_from, ChargeRow.code, ChargeRow.modifiers,
            EncounterRow.id.label("visit_id"), EncounterRow.provider_id, EncounterRow.state,
        )
        .where(
            ChargeRow.patient_id == encounter.patient_id,
            ChargeRow.encounter_id != encounter.id,
            EncounterRow.id == ChargeRow.encounter_id,
            ChargeRow.service_from.in_(sorted({charge.service_from for charge in own})),
            ChargeRow.active.is_(True),
        )
        .order_by(ChargeRow.id)
    )  # fmt: skip
    return {
        row.id: (
            Service(row.id, row.patient_id, row.service_from, row.code, tuple(row.modifiers), row.provider_id),
            visits.number_of(row.visit_id), row.state,
        )
        for row in rows
    }  # fmt: skip


def _told(uow: UnitOfWork, charge_id: bytes, other_id: bytes) -> bool:
    row = ChargeFindingRow
    return uow.row(uow.select(row.id).where(row.charge_id == charge_id, row.other_charge_id == other_id)) is not None


def _tell(
    uow: UnitOfWork, charge: ChargeRow, kind: str, *, reason: str, days: int = 0, other: bytes | None = None
) -> None:
    uow.new(
        ChargeFindingRow, practice_id=charge.practice_id, patient_id=charge.patient_id,
        encounter_id=charge.encounter_id, kind=kind, charge_id=charge.id, other_charge_id=other, days=days,
        reason=reason, actor=uow.actor.identity, at=uow.now,
    )  # fmt: skip
