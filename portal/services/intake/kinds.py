"""What a visit has besides its services, as it is kept with the provider's proposal: of its kind, or of any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from portal.domain.claims import Address, Claim, Facility, Rendering, ServiceLine
from portal.domain.dental import Dental, DentalLine, Tooth
from portal.domain.drugs import Drug
from portal.domain.institutional import Institutional, Occurrence, Procedure, Value
from portal.domain.professional import Professional

FACILITY, DENTIST = "837I", "837D"
MOST_LINES = {FACILITY: 999}
"""Service lines of one claim, where it is not fifty (005010X223A2, loop 2400)."""
_DAYS = ("illness_on", "accident_on", "menstrual_on", "admitted_on", "discharged_on")


@dataclass(frozen=True, slots=True)
class Kept:
    """The parts of a claim that only a kind of visit has, or few visits of any kind."""

    institutional: Institutional | None = None
    attending: Rendering | None = None
    operating: Rendering | None = None
    other_operating: Rendering | None = None
    rendering: bool = True
    """The clinician of the visit is named as rendering, too, and not as attending only."""
    dental: Dental | None = None
    assistant: Rendering | None = None
    facility: Facility | None = None
    referring: Rendering | None = None
    supervising: Rendering | None = None
    exception: str = ""
    professional: Professional | None = None
    frequency: str = "1"
    """Of a facility's first claim: 1 from admission to discharge, 2 to 4 for a part of a stay, 5 for late charges."""


@dataclass(frozen=True, slots=True)
class KeptLine:
    """What a line of the proposal keeps; the drug is that of the service that was proposed."""

    code: str
    revenue_code: str = ""
    dental: DentalLine | None = None
    drug: Drug | None = None
    clia: str = ""
    authorization: str = ""
    """REF*G1 of the line; like the drug, that of the service that was proposed."""

    def on(self, line: ServiceLine) -> ServiceLine:
        """The line with what was kept; another service than the proposed one takes over no drug."""
        same = line.code == self.code
        drug, clia, number = (self.drug, self.clia, self.authorization) if same else (None, "", "")
        return replace(
            line, revenue_code=self.revenue_code, dental=self.dental, drug=drug, clia=clia, authorization=number
        )


def kind_of(claim: Claim) -> str | None:
    """837I or 837D; None for a professional visit."""
    return FACILITY if claim.institutional is not None else DENTIST if claim.dental is not None else None


def keep(claim: Claim) -> dict[str, Any]:
    """For the proposal of a visit, as JSON; nothing for a professional one that tells nothing besides its lines."""
    more = beside(claim)
    return {**_of_kind(claim), **({"beside": more} if any(more.values()) else {})}


def beside(claim: Claim) -> dict[str, Any]:
    """Where, who sent the patient, why the payer was not asked, and what an 837P tells besides, as JSON."""
    place, told = claim.facility, claim.professional
    return {
        "place": place and [place.name, place.npi, place.address and asdict(place.address)],
        "referring": _provider(claim.referring), "supervising": _provider(claim.supervising),
        "exception": claim.exception,
        "told": told and {
            **{name: _day(getattr(told, name)) for name in _DAYS},
            "causes": list(told.causes), "accident_state": told.accident_state,
        },
    }  # fmt: skip


def _of_kind(claim: Claim) -> dict[str, Any]:
    if claim.institutional is not None:
        stay = claim.institutional
        return {
            "facility": {
                "frequency": claim.frequency or "1",
                "statement": [_day(stay.statement_from), _day(stay.statement_to)],
                "admitted": [_day(stay.admitted_on), stay.admitted_hour],
                "discharge_hour": stay.discharge_hour,
                "cl1": [stay.admission_type, stay.admission_source, stay.patient_status],
                "present": list(stay.present), "admitting": stay.admitting, "reasons": list(stay.reasons),
                "drg": stay.drg, "procedures": [[one.code, _day(one.on)] for one in stay.procedures],
                "occurrences": [[one.code, _day(one.on)] for one in stay.occurrences],
                "spans": [[one.code, _day(one.on), _day(one.to)] for one in stay.spans],
                "values": [[one.code, str(one.amount)] for one in stay.values], "conditions": list(stay.conditions),
                "attending": _provider(claim.attending), "rendering": claim.rendering is not None,
                "operating": _provider(claim.operating), "other_operating": _provider(claim.other_operating),
            }
        }  # fmt: skip
    if claim.dental is not None:
        whole = claim.dental
        return {"dental": [whole.months, whole.months_left, _day(whole.placed_on), _provider(claim.assistant)]}
    return {}


def keep_line(line: ServiceLine) -> dict[str, Any]:
    """For a line of the proposal, as JSON; of a professional one only its drug, laboratory and approval."""
    found: dict[str, Any] = {"revenue": line.revenue_code} if line.revenue_code else {}
    if line.dental is not None:
        mouth = line.dental
        teeth = [[tooth.number, list(tooth.surfaces)] for tooth in mouth.teeth]
        found["mouth"] = [teeth, list(mouth.areas), mouth.prosthesis, _day(mouth.prior_on)]
    if line.drug is not None:
        found["drug"] = as_list(line.drug)
    if line.clia:
        found["clia"] = line.clia
    if line.authorization:
        found["authorization"] = line.authorization
    return found


def as_list(drug: Drug | None) -> list[str | None]:
    """A drug as it is kept; an empty list says that there is none."""
    if drug is None:
        return []
    amount = None if drug.quantity is None else str(drug.quantity)
    return [drug.ndc, amount, drug.unit, *([drug.prescription] if drug.prescription else [])]


def as_drug(kept: Sequence[str | None] | None) -> Drug | None:
    """The drug of what is kept."""
    if not kept:
        return None
    ndc, amount, unit, *more = kept
    return Drug(ndc or "", None if amount is None else Decimal(amount), unit or "", (more[0] or "") if more else "")


def of(proposal: Mapping[str, Any]) -> Kept:
    """What a proposal keeps; those of before `beside` was kept tell nothing of it."""
    kept, more = _kept_of_kind(proposal), proposal.get("beside")
    if not more:
        return kept
    return replace(
        kept, facility=_as_facility(more["place"]), referring=_as_provider(more["referring"]),
        supervising=_as_provider(more["supervising"]), exception=more["exception"],
        professional=_as_told(more["told"]),
    )  # fmt: skip


def _kept_of_kind(proposal: Mapping[str, Any]) -> Kept:
    if "facility" in proposal:
        kept = proposal["facility"]
        return Kept(
            _stay(kept), _as_provider(kept["attending"]), _as_provider(kept.get("operating")),
            _as_provider(kept.get("other_operating")), kept["rendering"], frequency=kept.get("frequency", "1"),
        )  # fmt: skip
    if "dental" in proposal:
        months, left, placed, *more = proposal["dental"]
        assistant = _as_provider(more[0]) if more else None
        return Kept(dental=Dental(months, left, _as_day(placed)), assistant=assistant)
    return Kept()


def corrected(proposal: Mapping[str, Any], details: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """A proposal with what the office corrected of the details, which are kept beside it."""
    if not details:
        return proposal
    lines = {str(line["position"]): line for line in proposal.get("lines", ())}
    for position, line in details["lines"].items():
        lines[position] = {"position": int(position), "code": "", **lines.get(position, {}), **line}
    return {**proposal, **details, "lines": list(lines.values())}


def of_lines(proposal: Mapping[str, Any]) -> dict[int, KeptLine]:
    """What lines keep, by their position; lines that keep nothing are not in it."""
    found = {}
    for line in proposal.get("lines", ()):
        revenue, mouth, drug = line.get("revenue", ""), line.get("mouth"), line.get("drug")
        clia, number = line.get("clia", ""), line.get("authorization", "")
        if not (revenue or mouth or drug or clia or number):
            continue
        teeth = tuple(Tooth(number, tuple(surfaces)) for number, surfaces in mouth[0]) if mouth else ()
        found[line["position"]] = KeptLine(
            line["code"].upper(),
            revenue,
            DentalLine(teeth, tuple(mouth[1]), mouth[2], _as_day(next(iter(mouth[3:]), None))) if mouth else None,
            as_drug(drug),
            clia,
            number,
        )
    return found


def _stay(kept: Mapping[str, Any]) -> Institutional:
    statement, admitted = kept["statement"], kept["admitted"]
    admission, source, status = kept["cl1"]
    return Institutional(
        _as_day(statement[0]), _as_day(statement[1]), _as_day(admitted[0]), admitted[1], kept["discharge_hour"],
        admission, source, status, tuple(kept["present"]), kept["admitting"], tuple(kept["reasons"]), kept["drg"],
        tuple(Procedure(code, _as_day(on)) for code, on in kept["procedures"]),
        tuple(Occurrence(code, date.fromisoformat(on)) for code, on in kept["occurrences"]),
        tuple(Occurrence(code, date.fromisoformat(on), _as_day(to)) for code, on, to in kept["spans"]),
        tuple(Value(code, Decimal(amount)) for code, amount in kept["values"]), tuple(kept["conditions"]),
    )  # fmt: skip


def _as_facility(kept: Sequence[Any] | None) -> Facility | None:
    if not kept:
        return None
    name, npi, where = kept
    return Facility(name, npi, where and Address(**where))


def _as_told(kept: Mapping[str, Any] | None) -> Professional | None:
    if not kept:
        return None
    causes, state = tuple(kept["causes"]), kept["accident_state"]
    return Professional(**{name: _as_day(kept[name]) for name in _DAYS}, causes=causes, accident_state=state)


def _provider(one: Rendering | None) -> list[str] | None:
    return None if one is None else [one.npi, one.last, one.first, one.taxonomy]


def _as_provider(kept: Sequence[str] | None) -> Rendering | None:
    return Rendering(*kept) if kept else None


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _as_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
