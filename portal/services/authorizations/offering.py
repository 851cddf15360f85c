"""The form of a new request: whose coverage, which clinicians, and what a visit already says of the services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.errors import NotFound
from portal.domain.granting import RETROACTIVE, URGENCIES
from portal.domain.requirements import is_needed
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import ProviderRow
from portal.services.authorizations.listing import NAMES, name_of
from portal.services.authorizations.parties import lines_of
from portal.services.authorizations.requesting import MOST_SERVICES
from portal.services.granted import finding
from portal.services.intake.lines import units_text
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_RANKS = "PST"
_EMPTY_ROWS = 3


@dataclass(frozen=True, slots=True)
class OfferedService:
    """A line of the form; `needed` where a rule of the payer speaks of it."""

    code: str = ""
    modifiers: str = ""
    units: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """The form, filled in as far as is known; ids are hex."""

    patient_id: str
    patient_name: str
    encounter_id: str
    previous_id: str
    coverages: tuple[tuple[str, Text], ...]
    coverage: str
    providers: tuple[tuple[str, Text], ...]
    provider: str
    first: date
    last: date | None
    late: bool
    place: str
    diagnoses: str
    services: tuple[OfferedService, ...]
    urgencies: tuple[tuple[str, Text], ...]
    retroactive: tuple[tuple[str, Text], ...]


def offer(
    uow: UnitOfWork, patient_id: bytes, *, visit_id: bytes | None = None, previous_id: bytes | None = None
) -> RequestPage:
    """The form for a patient, from a visit or to extend an approval where one is named; raises NotFound."""
    patient = uow.get(PatientRow, patient_id)
    visit = uow.get(EncounterRow, visit_id) if visit_id is not None else None
    previous = uow.get(AuthorizationRow, previous_id) if previous_id is not None else None
    if any(each.patient_id != patient_id for each in (visit, previous) if each is not None):
        raise NotFound(ABSENT, code="not-found")  # an address that somebody put together from two patients
    today = uow.today(patient.practice_id)
    named = uow.row(uow.select(PatientRow.id.label("patient_id"), PatientRow.practice_id, *NAMES).where(
        PatientRow.id == patient_id
    ))  # fmt: skip
    covers = _covers(uow, patient_id)
    chosen = next((each for each in (visit, previous) if each is not None), None)
    coverage = chosen.coverage_id if chosen is not None else (covers[0].id if covers else None)
    provider = chosen.provider_id if chosen is not None else None
    services, diagnoses = _known(uow, visit, previous, {row.id: row.payer_id for row in covers})
    first = visit.service_from if visit is not None else today
    blank = max(_EMPTY_ROWS - len(services), 1) if len(services) < MOST_SERVICES else 0
    return RequestPage(
        patient_id=patient_id.hex(),
        patient_name=name_of(uow, named),
        encounter_id=visit.id.hex() if visit is not None else "",
        previous_id=previous.id.hex() if previous is not None else "",
        coverages=tuple((row.id.hex(), T_("{payer}", payer=row.payer_name)) for row in covers),
        coverage=coverage.hex() if coverage is not None else "",
        providers=_providers(uow),
        provider=provider.hex() if provider is not None else "",
        first=first,
        last=visit.service_to if visit is not None else None,
        late=first < today,
        place=visit.place if visit is not None else previous.place if previous is not None else "11",
        diagnoses=" ".join(diagnoses),
        services=(*services, *(OfferedService() for _ in range(blank))),
        urgencies=tuple(URGENCIES.items()),
        retroactive=tuple(RETROACTIVE.items()),
    )


def _covers(uow: UnitOfWork, patient_id: bytes) -> list[Any]:
    rows = uow.rows(
        uow.select(CoverageRow.id, CoverageRow.payer_id, CoverageRow.rank)
        .add_columns(PayerRow.name.label("payer_name"))
        .where(CoverageRow.patient_id == patient_id, PayerRow.id == CoverageRow.payer_id)
    )
    return sorted(rows, key=lambda row: (_RANKS.find(row.rank), row.id))


def _providers(uow: UnitOfWork) -> tuple[tuple[str, Text], ...]:
    rows = uow.rows(
        uow.select(ProviderRow.id, ProviderRow.first_name, ProviderRow.last_name).order_by(
            ProviderRow.last_name, ProviderRow.first_name, ProviderRow.id
        )
    )
    return tuple(
        (row.id.hex(), T_("{name}", name=" ".join(filter(None, (row.first_name, row.last_name))))) for row in rows
    )


def _known(
    uow: UnitOfWork, visit: EncounterRow | None, previous: AuthorizationRow | None, payers: dict[bytes, bytes]
) -> tuple[tuple[OfferedService, ...], tuple[str, ...]]:
    """Services and diagnoses of the visit, those that need leave alone where any does; else of what is extended."""
    if visit is None:
        if previous is None:
            return (), ()
        lines = lines_of(uow, previous.id)
        return (
            tuple(
                OfferedService(one.code, " ".join(one.modifiers), units_text(one.asked_thousandths)) for one in lines
            ),
            tuple(uow.read(previous, AuthorizationRow.diagnoses_sealed)),
        )
    rows = uow.rows(
        uow.select(ChargeRow.code, ChargeRow.modifiers, ChargeRow.units_thousandths, ChargeRow.place)
        .where(ChargeRow.encounter_id == visit.id, ChargeRow.active.is_(True))
        .order_by(ChargeRow.position)
    )
    payer_id = payers.get(visit.coverage_id or b"", b"")
    rules = finding.rules_of(uow, [payer_id], [row.code for row in rows])
    joined: dict[tuple[str, str], tuple[int, bool]] = {}
    for row in rows:
        key = (row.code, " ".join(row.modifiers))
        needed = is_needed(rules, payer_id, row.code, row.place or visit.place, visit.service_from)
        units, before = joined.get(key, (0, False))
        joined[key] = (units + row.units_thousandths, before or needed)
    offered = [
        OfferedService(code, modifiers, units_text(units), needed)
        for (code, modifiers), (units, needed) in joined.items()
    ]
    wanted = [one for one in offered if one.needed] or offered
    return tuple(wanted[:MOST_SERVICES]), tuple(uow.read(visit, EncounterRow.diagnoses_sealed) or ())
