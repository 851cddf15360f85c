"""What happens at the invented practice: visits day by day, as the claims its old system would have sent."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from portal.domain.claims import Claim, Cover, Rendering, ServiceLine
from portal.domain.dates import x12_date
from portal.domain.professional import Professional
from portal.sandbox.codes import fee_table
from portal.sandbox.practice import Patient, Practice

OFFICE, HOME, WARD, DEPARTMENT = "11", "12", "21", "22"
"""Places of service: the practice; the patient's home for a check-in by telephone; a hospital's wards, and its
outpatient department."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A reason to come, and for whom it makes sense: years of age, sex, filing codes of coverages (empty = self-pay).

    `services` are written `CODExUNITS/POINTERS`, x1 left out: `J7613x3/2` is three units for the second diagnosis.
    """

    name: str
    diagnoses: str
    services: str
    ages: tuple[int, int] = (0, 120)
    sex: str = ""
    filing: tuple[str, ...] = ("MB", "MC", "CI", "")
    weight: int = 2
    place: str = OFFICE

    def parts(self) -> list[tuple[str, int, tuple[int, ...]]]:
        """Code, units and pointers of each service."""
        found = []
        for service in self.services.split():
            what, _, pointers = service.partition("/")
            code, _, units = what.partition("x")
            found.append((code, int(units or "1"), tuple(int(pointer) for pointer in pointers)))
        return found


_YOUNG = ("CI", "MC", "")
KINDS = (
    Kind("wellness of an elder", "Z0000 Z23", "G0439/1 G0444/1 Q2038/2 G0008/2", (65, 120), filing=("MB",), weight=4),
    Kind("first wellness of an elder", "Z0001 I10", "G0438/12 G0442/1", (65, 120), filing=("MB",)),
    Kind("cold or cough", "J069 R059", "T1015/12", weight=5),
    Kind("bronchitis with wheezing", "J209 J45901", "T1015/12 J7613x3/2 J1100x4/2", weight=3),
    Kind("diabetes", "E1165 I10 E785", "T1015/123 G0108/1 G0270x2/1", (30, 120), weight=4),
    Kind("back pain", "M5450", "T1015/1 J1885x2/1", (18, 120), weight=3),
    Kind("knee injection", "M1711 M25561", "T1015/12 J3301x4/1 A4550/1", (40, 120), weight=3),
    Kind("sprained wrist", "S63501A", "S9083/1 L3908/1", (8, 75), filing=_YOUNG),
    Kind("sprained ankle", "S93401A", "S9083/1 E0114/1", (8, 75), filing=_YOUNG),
    Kind("B12", "D510 E538", "J3420/12 T1015/1", (35, 120)),
    Kind("low mood", "F32A F411 Z1331", "T1015/12 G0444/3", (16, 120), weight=3),
    Kind("urinary infection", "N390", "T1015/1 J0696x2/1", (18, 120), "F"),
    Kind("gynecological exam", "Z01419", "S0612/1 G0101/1", (21, 64), "F", ("CI", "MC")),
    Kind("ear or throat of a child", "H6690 J029", "T1015/12", (1, 17), weight=6),
    Kind("check-up of a child", "Z00129 Z23", "T1015/1 Q2038/2 G0008/2", (1, 17), weight=3),
    Kind("stitches out", "Z4802", "S0630/1 A4550/1", filing=_YOUNG),
    Kind("weight", "R7303 Z713", "G0447x2/12 T1015/1", (25, 80)),
    Kind("telephone", "G43909", "G2012/1", (18, 90), place=HOME),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. `claim` is None for a self-pay visit, which no 837 carries; its facts stand beside it all the same."""

    day: date
    patient: Patient
    provider: Rendering
    place: str
    diagnoses: tuple[str, ...]
    lines: tuple[ServiceLine, ...]
    control: str
    claim: Claim | None
    flaw: str = ""
    """"", or what is wrong with it on purpose: unspecific-diagnosis, duplicate."""

    @property
    def charge_cents(self) -> int:
        """What the visit costs by the practice's prices."""
        return sum(line.charge_cents for line in self.lines)


def visits(practice: Practice, *, first: date, last: date) -> dict[date, tuple[Visit, ...]]:
    """Visits of each open day from `first` to `last`, Monday to Friday; equal arguments give equal visits.

    Everybody comes at least once when the span has room. Two visits in a hundred carry an unspecific diagnosis, and
    one visit in fifty is written down twice. A few were at a hospital.
    """
    dice = random.Random(f"visits {practice.seed}")  # noqa: S311 - invented visits, repeatable by seed
    fees = fee_table(practice.seed)
    days = [day for n in range((last - first).days + 1) if (day := first + timedelta(days=n)).weekday() < 5]
    wanted = sorted(
        (dice.choice(days), patient.number, patient)
        for patient in practice.patients
        for _ in range(dice.choice((1, 2, 2, 3, 4)))
    )
    made: dict[date, list[Visit]] = {}
    for n, (day, _, patient) in enumerate(wanted, 1):
        visit = _at_hospital(_visit(dice, practice, fees, patient, day, n), practice, n)
        made.setdefault(day, []).append(_flawed(visit) if n % 50 == 17 else visit)
        if n % 50 == 33 and visit.claim is not None:
            made[day].append(_again(visit))
    return {day: tuple(those) for day, those in made.items()}


def claims_by_day(seen: dict[date, tuple[Visit, ...]]) -> dict[date, tuple[Claim, ...]]:
    """The claims of each day, for one 837P file a day; days with self-pay visits only are left out."""
    by_day = {day: tuple(visit.claim for visit in those if visit.claim is not None) for day, those in seen.items()}
    return {day: claims for day, claims in by_day.items() if claims}


def _visit(dice: random.Random, practice: Practice, fees: dict[str, int], patient: Patient, day: date, n: int) -> Visit:
    cover = patient.covers[0] if patient.covers else None
    filing, age, sex = cover.filing_code if cover else "", patient.age(day), patient.person.sex
    fitting = [
        kind
        for kind in KINDS
        if kind.ages[0] <= age <= kind.ages[1] and kind.sex in {"", sex} and filing in kind.filing
    ]
    kind = dice.choices(fitting, [kind.weight for kind in fitting])[0]
    control = f"JR{x12_date(day)[2:]}{n:04d}"
    lines = tuple(
        ServiceLine(code, fees[code] * units, Decimal(units), pointers, day, control=f"{control}L{at}")
        for at, (code, units, pointers) in enumerate(kind.parts(), 1)
    )
    provider = dice.choice(practice.providers)
    claim = None
    if cover is not None:
        claim = _claim(practice, patient, cover, kind, lines, control, provider)
    return Visit(day, patient, provider, kind.place, tuple(kind.diagnoses.split()), lines, control, claim)


def _claim(
    practice: Practice,
    patient: Patient,
    cover: Cover,
    kind: Kind,
    lines: tuple[ServiceLine, ...],
    control: str,
    provider: Rendering,
) -> Claim:
    return Claim(
        control,
        sum(line.charge_cents for line in lines),
        kind.place,
        patient.person,
        cover,
        practice.billing,
        tuple(kind.diagnoses.split()),
        lines,
        rendering=provider,
    )


def _at_hospital(visit: Visit, practice: Practice, n: int) -> Visit:
    """One visit in forty was at the hospital's outpatient department, one in eighty on its wards."""
    place = DEPARTMENT if n % 40 == 21 else WARD if n % 80 == 61 else ""
    if not place or visit.place != OFFICE:
        return visit
    told = Professional(admitted_on=visit.day - timedelta(1)) if place == WARD else None
    claim = visit.claim and replace(visit.claim, place=place, facility=practice.hospital, professional=told)
    return replace(visit, place=place, claim=claim)


def _flawed(visit: Visit) -> Visit:
    """The same with a principal diagnosis cut to its category, which is not valid for billing."""
    if len(visit.diagnoses[0]) <= 3:
        return visit
    diagnoses = (visit.diagnoses[0][:3], *visit.diagnoses[1:])
    claim = visit.claim and replace(visit.claim, diagnoses=diagnoses)
    return replace(visit, diagnoses=diagnoses, claim=claim, flaw="unspecific-diagnosis")


def _again(visit: Visit) -> Visit:
    """The same visit written down a second time under another number."""
    control = f"{visit.control}B"
    claim = visit.claim and replace(visit.claim, control=control)
    return replace(visit, control=control, claim=claim, flaw="duplicate")
