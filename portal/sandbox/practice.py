"""An invented practice, repeatable by seed: who works there, who pays, who comes. Nobody in it is real.

Numbers cannot belong to anyone: NPIs begin with 2 (none is given out), tax ids with 00, telephones with 555-01, and
Medicare-like member ids use letters that the real ones leave out. All of them pass the checks that ours must pass.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain.claims import Address, BillingProvider, Cover, Facility, Person, Rendering

_STATE = "OR"
_TOWNS = (("Millbrook", "97099"), ("Cedar Hollow", "97098"), ("Fern Landing", "97096"), ("Port Alder", "97094"))
_STREETS = ("Alder", "Birch", "Canyon", "Dogwood", "Elk", "Foundry", "Garnet", "Harvest", "Iris", "Juniper", "Kestrel")
_WAYS = ("Street", "Avenue", "Lane", "Court", "Road")
_WOMEN = (
    "Renée", "María", "Aoife", "Chloé", "Ines", "Thandiwe", "Mei-Ling", "Priya", "Zoë", "Grace", "Anneliese", "Fatima",
    "Sofía", "Hana", "Nkechi", "Brigid", "Yuki", "Marguerite", "Leilani", "Ruth", "Astrid", "Xóchitl", "Dorothy",
)  # fmt: skip
_MEN = (
    "José", "Bjørn", "Seán", "Luis", "Kwame", "Jean-Luc", "Arjun", "Tomás", "Walter", "Dmitri", "Omar", "Håkon",
    "Raúl", "Kenji", "Chidi", "Padraig", "André", "Koa", "Samuel", "Tadeusz", "Elijah", "Nuño", "Harold",
)  # fmt: skip
_LAST = (
    "O'Shaughnessy", "García-Robles", "D'Amaro", "Nguyễn", "Muñoz", "St. Clairmont", "van der Veldt", "Öztürkan",
    "Lindqvister", "Okonkwor", "Fernández", "Whitlocke", "Abernathie", "Kowalczuk", "Park-Hollis", "Thistlewood",
    "MacAuleigh", "Brandywine", "Desrosier", "Yamashiro", "Quillfeather", "Halvorsdal", "Peñalosa", "Underhillock",
    "Castellanoz", "Birchwater", "O'Dellington", "Rasmusdottir", "Tremblayne", "Eastergaard",
)  # fmt: skip
_ADULTS, _FAMILIES = 46, 7
_SAME_NAME = ("García-Robles", "María")
_UNINSURED = 3


@dataclass(frozen=True, slots=True)
class Payer:
    """An invented payer: how it is named in a claim, how it pays, and by when it must be asked."""

    name: str
    identifier: str
    filing_code: str
    tax_id: str
    filing_days: int
    allowed_share: int
    """Percent of the practice's price that the contract allows."""
    address: Address
    first_three: str
    """How its member ids begin."""
    pays_by: str = "ACH"
    """BPR04: ACH or CHK."""


@dataclass(frozen=True, slots=True)
class Patient:
    """Somebody who comes: the practice's own number, the person, and coverages, first payer first; none = self-pay."""

    number: str
    person: Person
    covers: tuple[Cover, ...]

    def age(self, day: date) -> int:
        """Whole years on a day."""
        born = self.person.birth_date
        assert born is not None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Practice:
    """All of it; `patients` are in order of their numbers."""

    seed: int
    billing: BillingProvider
    time_zone: str
    providers: tuple[Rendering, ...]
    payers: tuple[Payer, ...]
    patients: tuple[Patient, ...]
    hospital: Facility
    """Where its clinicians see patients besides."""

    def crossovers(self) -> dict[str, Payer]:
        """By member id, to whom the Medicare-like payer passes a claim on: the supplements it has been told of."""
        payers = {payer.identifier: payer for payer in self.payers}
        return {
            first.member_id: payers[then.payer_id]
            for first, then in (patient.covers[:2] for patient in self.patients if len(patient.covers) > 1)
            if first.filing_code == "MB"
        }


def _payer_address(line: str, city: str, state: str, postal_code: str) -> Address:
    return Address(line, city, state, postal_code)


PAYERS = (
    Payer("Federal Elder Care Part B", "FEC01", "MB", "001000001", 365, 46,
          _payer_address("1 Senior Plaza", "Salem", "OR", "973019999"), "1SL"),
    Payer("Cascade State Medicaid", "CSM02", "MC", "001000002", 365, 38,
          _payer_address("400 Capitol Mall", "Salem", "OR", "973019998"), "CS0"),
    Payer("Copper Basin Health Plan", "CBH03", "CI", "001000003", 180, 68,
          _payer_address("88 Smelter Way", "Boise", "ID", "837019999"), "CBH"),
    Payer("Lakeshore Mutual", "LKM04", "CI", "001000004", 90, 74,
          _payer_address("12 Harbor Drive", "Duluth", "MN", "558029999"), "LKM", "CHK"),
    Payer("Timberworkers Health Trust", "TWH05", "CI", "001000005", 120, 61,
          _payer_address("5 Sawmill Road", "Eugene", "OR", "974019999"), "TWH"),
)  # fmt: skip
"""The five payers: one like Medicare, one like Medicaid, three commercial."""

_MEDICARE, _MEDICAID, *_COMMERCIAL = PAYERS


def npi(base: int) -> str:
    """An NPI with its check digit: Luhn over 80840 and the number (45 CFR 162.406); `base` has eight digits."""
    digits = f"2{base:08d}"
    odd = [int(d) for d in reversed(digits)]
    over = 24 + sum((2 * d) // 10 + (2 * d) % 10 for d in odd[::2]) + sum(odd[1::2])
    return f"{digits}{-over % 10}"


def practice(seed: int, *, today: date) -> Practice:
    """The practice of a seed; ages are told from `today`. The same arguments give an equal practice."""
    dice = random.Random(f"practice {seed}")  # noqa: S311 - invented people, repeatable by seed
    numbers = iter(dice.sample(range(10**7, 10**8), 8))
    home = Address("214 Alder Street", "Millbrook", _STATE, "970990214", "Suite 3")
    billing = BillingProvider(
        "Juniper Ridge Family Practice",
        npi(next(numbers)),
        "001234567",
        home,
        taxonomy="261QP2300X",
        contact="Billing Desk",
        phone="5035550142",
    )
    people = (("Ashgrove", "Helen", "207Q00000X"), ("Tierneyson", "Marcus", "207Q00000X"),
              ("Delacourte", "Noémie", "207R00000X"), ("Ikwuemesi", "Obi", "363LF0000X"))  # fmt: skip
    providers = tuple(Rendering(npi(next(numbers)), last, first, taxonomy) for last, first, taxonomy in people)
    hospital = Facility(
        "Fern Landing Hospital", npi(next(numbers)), Address("1 Harvest Road", "Fern Landing", _STATE, "970960001")
    )
    return Practice(seed, billing, "America/Los_Angeles", providers, PAYERS, _patients(dice, today), hospital)


def _patients(dice: random.Random, today: date) -> tuple[Patient, ...]:
    made: list[tuple[Person, tuple[Cover, ...]]] = []
    for index in range(_ADULTS):
        elder = index % 4 == 3
        person = _person(dice, today, index, (66, 91) if elder else (19, 64))
        made.append((person, () if 0 <= index - 4 < _UNINSURED else _covers(dice, person, index, elder=elder)))
    for family in range(_FAMILIES):
        parent, covers = next(pair for pair in made[family * 5 + 8 :] if pair[1] and pair[1][0].filing_code == "CI")
        made += _family(dice, today, parent, covers[0], spouse=family % 2 == 0)
    return tuple(Patient(f"{10_000 + 7 * n}", person, covers) for n, (person, covers) in enumerate(made))


def _person(dice: random.Random, today: date, index: int, ages: tuple[int, int]) -> Person:
    woman = index % 2 == 0
    last, first = _LAST[index % len(_LAST)], dice.choice(_WOMEN if woman else _MEN)
    if index in {0, 30}:
        last, first, woman = *_SAME_NAME, True
    return Person(
        last,
        first,
        middle=dice.choice(("", "", "A", "J", "Lee", "R")),
        suffix="Jr" if index == 13 else "",
        birth_date=_birth(dice, today, ages),
        sex="F" if woman else "M",
        address=_home(dice),
    )


def _birth(dice: random.Random, today: date, ages: tuple[int, int]) -> date:
    youngest, oldest = (today - timedelta(days=age * 365 + age // 4 + 1) for age in ages)
    return youngest - timedelta(days=dice.randrange(max(1, (youngest - oldest).days)))


def _home(dice: random.Random) -> Address:
    town, postal_code = dice.choice(_TOWNS)
    line = f"{dice.randrange(10, 2400)} {dice.choice(_STREETS)} {dice.choice(_WAYS)}"
    flat = dice.choice(("", "", "", f"Apt {dice.randrange(1, 40)}"))
    return Address(line, town, _STATE, f"{postal_code}{dice.randrange(1, 9999):04d}", flat)


def _covers(dice: random.Random, person: Person, index: int, *, elder: bool) -> tuple[Cover, ...]:
    """One coverage, and for some a second: elders a supplement, a few commercial members Medicaid behind it."""
    if elder:
        first = _cover(dice, _MEDICARE, person)
        return (first, _cover(dice, _COMMERCIAL[1], person, rank="S")) if index % 8 == 3 else (first,)
    if index % 6 == 1:
        return (_cover(dice, _MEDICAID, person),)
    first = _cover(dice, _COMMERCIAL[index % 3], person)
    return (first, _cover(dice, _MEDICAID, person, rank="S")) if index % 11 == 2 else (first,)


def _cover(dice: random.Random, payer: Payer, person: Person, rank: str = "P") -> Cover:
    group = f"G{dice.randrange(1000, 9999)}" if payer.filing_code == "CI" else ""
    return Cover(
        payer.name,
        payer.identifier,
        f"{payer.first_three}{dice.randrange(10**8):08d}",
        person,
        rank=rank,
        group_number=group,
        filing_code=payer.filing_code,
        payer_address=payer.address,
    )


def _family(
    dice: random.Random, today: date, parent: Person, cover: Cover, *, spouse: bool
) -> list[tuple[Person, tuple[Cover, ...]]]:
    """A spouse or a child who lives with the subscriber, and always a child, insured through the subscriber."""
    made: list[tuple[Person, tuple[Cover, ...]]] = []
    for relationship in ("01", "19") if spouse else ("19", "19"):
        woman = parent.sex == "M" if relationship == "01" else dice.random() < 0.5
        ages = (2, 17) if relationship == "19" else (24, 60)
        person = Person(
            parent.last,
            dice.choice(_WOMEN if woman else _MEN),
            birth_date=_birth(dice, today, ages),
            sex="F" if woman else "M",
            address=parent.address,
        )
        made.append((person, (_through(cover, relationship),)))
    return made


def _through(cover: Cover, relationship: str) -> Cover:
    return Cover(
        cover.payer_name,
        cover.payer_id,
        cover.member_id,
        cover.subscriber,
        relationship=relationship,
        group_number=cover.group_number,
        filing_code=cover.filing_code,
        payer_address=cover.payer_address,
    )
