"""Details of a facility's or dentist's visit as people type them: shown from what stands, read, or turned down.

Codes of the NUBC (type of bill, revenue, occurrence, value, condition) are known by shape only, like teeth and areas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from portal.domain.claims import Rendering, ServiceLine
from portal.domain.codes import is_icd_9_cm, is_icd_10_cm
from portal.domain.dental import MOST_AREAS, MOST_TEETH, Dental, DentalLine, Tooth, is_area, is_tooth
from portal.domain.institutional import Institutional, Occurrence, Procedure, Value
from portal.domain.money import parse_cents
from portal.domain.practices import is_npi
from portal.domain.professional import EXCEPTIONS
from portal.domain.texts import T_, Text
from portal.services.intake.kinds import FACILITY, Kept, KeptLine
from portal.services.intake.lines import plain_code

FREQUENCIES: Final = ("1", "2", "3", "4", "5")
"""Of a first claim; 7 and 8 are a claim's own, never a visit's."""
PRESENT: Final = ("", "Y", "N", "U", "W")
PROSTHESIS: Final = ("", "I", "R")
PROVIDERS: Final[Mapping[str, Text]] = MappingProxyType({
    "attending": T_("Attending"), "operating": T_("Operating"), "other_operating": T_("Other operating"),
    "assistant": T_("Assistant surgeon"), "referring": T_("Referring clinician"),
    "supervising": T_("Supervising clinician"),
})  # fmt: skip
CODED: Final = ("admitting", "reasons", "drg")
CODED_ROWS: Final = ("present", "procedure")
"""What coding decides: after it, the rest is corrected without these."""

_MOST = 24
"""Codes of a kind that two HI take (005010X223A2)."""
_CELL = 400
"""Letters of a cell: all teeth of a mouth with their surfaces are not cut."""
_TIME = re.compile(r"([01][0-9]|2[0-3]):?([0-5][0-9])?")
_SURFACES = re.compile(r"[MODBLIF]{1,5}")
_PCS = re.compile(r"[0-9A-HJ-NP-Z]{7}|[0-9]{3,4}")
_REVENUE = re.compile(r"[0-9]{4}")
_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")

Rows = Mapping[str, tuple[tuple[str, ...], ...]]
ROWS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "occurrence": ("code", "on"), "span": ("code", "on", "to"), "value": ("code", "amount"),
    "procedure": ("code", "on"), "present": ("at",), "revenue": ("position", "code", "on"),
    "mouth": ("position", "teeth", "areas", "prosthesis", "prior"), "room": ("code", "units", "charge"),
})  # fmt: skip
"""Kinds of rows with the names of their columns; a form names them kind_column, each many and in step."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A form of details: single fields by name, and rows of several by their kind; see ROWS."""

    fields: Mapping[str, str] = field(default_factory=dict)
    rows: Rows = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """What a form says; `problems` are by field or kind of row, and what has one is not to be kept."""

    kept: Kept
    place: str
    lines: Mapping[int, KeptLine]
    days: Mapping[int, date]
    """The day of service of a facility's lines, by position."""
    rooms: tuple[ServiceLine, ...]
    """Services without a code that are missing: rooms and supplies, told by their revenue code."""
    problems: Mapping[str, Text]


def typed_of(kept: Kept, lines: Mapping[int, KeptLine], place: str, days: Mapping[int, date]) -> Typed:
    """The form that says what stands; `days` are those of the visit's lines, by position."""
    people = {**named("attending", kept.attending), **named("assistant", kept.assistant)}
    fields = {"place": place, "exception": kept.exception, **people}
    if kept.dental is not None:
        whole = kept.dental
        fields |= {"months": _text(whole.months), "months_left": _text(whole.months_left)}
        fields["placed_on"] = _text(whole.placed_on)
        return Typed(fields, {"mouth": tuple(_mouth(at, lines.get(at)) for at in sorted(days))})
    stay = kept.institutional or Institutional(None)
    fields |= {
        "frequency": kept.frequency, "statement_from": _text(stay.statement_from),
        "statement_to": _text(stay.statement_to), "admitted_on": _text(stay.admitted_on),
        "admitted_hour": _clock(stay.admitted_hour), "discharge_hour": _clock(stay.discharge_hour),
        "admission_type": stay.admission_type, "admission_source": stay.admission_source,
        "patient_status": stay.patient_status, "admitting": stay.admitting, "reasons": " ".join(stay.reasons),
        "drg": stay.drg, "conditions": " ".join(stay.conditions), **named("operating", kept.operating),
        **named("other_operating", kept.other_operating),
    }  # fmt: skip
    return Typed(fields, {
        "occurrence": tuple((one.code, _text(one.on)) for one in stay.occurrences),
        "span": tuple((one.code, _text(one.on), _text(one.to)) for one in stay.spans),
        "value": tuple((one.code, f"{one.amount:f}") for one in stay.values),
        "procedure": tuple((one.code, _text(one.on)) for one in stay.procedures),
        "present": tuple((each,) for each in stay.present),
        "revenue": tuple(
            (str(at), lines[at].revenue_code if at in lines else "", _text(days[at])) for at in sorted(days)
        ),
    })  # fmt: skip


def read(kind: str, typed: Typed, before: Kept, *, ten: bool, diagnoses: int, positions: Sequence[int]) -> Read:
    """What a form says of a visit of a kind; `before` is what stood, `ten` whether it is coded in ICD-10.

    Nothing is checked that a claim edit checks: only what could not be kept or sent at all is a problem.
    """
    reading = Reading(typed, ten)
    if kind == FACILITY:
        kept, place = reading.facility(before, diagnoses), reading.shaped("place", r"[0-9]{2}", _BILL)
        lines, days = reading.revenue(positions)
    else:
        kept, place, days = reading.dentist(before), "", {}
        lines = reading.mouths(positions)
    return Read(kept, place, lines, days, tuple(reading.rooms()), reading.problems)


_BILL = T_("A type of bill begins with two digits, as 11 for a hospital stay or 13 for its outpatients.")
_DAY = T_("Write the day as year, month and day.")
_ONE = T_("Write the one sign of the code, as on the bill.")
_STATUS = T_("The patient's status has two digits, as 01 for home.")
_SPAN = T_("Each span has a first and a last day, in this order.")


class Reading:
    """The fields of a form one by one; each problem stands beside its field."""

    def __init__(self, typed: Typed, ten: bool = True) -> None:
        self.typed, self.ten = typed, ten
        self.problems: dict[str, Text] = {}

    def text(self, name: str) -> str:
        return " ".join("".join(c if c.isprintable() else " " for c in self.typed.fields.get(name, "")).split())[:200]

    def rows(self, kind: str) -> Iterator[tuple[str, ...]]:
        """Rows in which something is written."""
        width = len(ROWS[kind])
        for row in self.typed.rows.get(kind, ()):
            padded = (*row, *[""] * width)[:width]
            cells = tuple("".join(filter(str.isprintable, each)).strip()[:_CELL] for each in padded)
            if any(cells):
                yield cells

    def shaped(self, name: str, pattern: str, said: Text) -> str:
        """A field of a shape, upper case; one that is empty may stay so, but for the type of bill."""
        given = self.text(name).upper()
        if (given or name == "place") and not re.fullmatch(pattern, given):
            self.problems[name] = said
        return given

    def day(self, name: str, text: str | None = None) -> date | None:
        given = self.text(name) if text is None else text
        try:
            return date.fromisoformat(given) if given else None
        except ValueError:
            self.problems[name] = _DAY
            return None

    def hour(self, name: str) -> str:
        given = self.text(name)
        found = _TIME.fullmatch(given)
        if given and found is None:
            self.problems[name] = T_("Write the time of day as 08:30 or 17:05.")
        return "".join(found.groups(default="00")) if found else ""

    def diagnoses(self, name: str, most: int) -> tuple[str, ...]:
        codes = tuple(plain_code(each) for each in re.split(r"[\s,;]+", self.text(name)) if each)
        shape = is_icd_10_cm if self.ten else is_icd_9_cm
        if len(codes) > most or not all(shape(code) for code in codes):
            self.problems[name] = T_("Write at most {n} diagnosis code here, as R51.9.",
                                     "Write at most {n} diagnosis codes here, as R51.9.", n=most)  # fmt: skip
        return codes

    def provider(self, name: str, before: Rendering | None) -> Rendering | None:
        given = {field: self.text(field) for field in named(name, None)}
        npi, last, first = given.values()
        if not any(given.values()) or given == named(name, before):
            return before if any(given.values()) else None  # as it came; the claim edits say what it lacks
        if not is_npi(npi) or not last:
            self.problems[name] = T_("Write the ten digits of the NPI and the last name; a digit may be wrong.")
        taxonomy = before.taxonomy if before is not None and before.npi == npi else ""
        return Rendering(npi, last[:60], first[:35], taxonomy)

    def exception(self) -> str:
        """Why the payer was not asked, which visits of every kind may tell."""
        given = self.text("exception")
        if given and given not in EXCEPTIONS:
            self.problems["exception"] = T_("Choose why the payer was not asked.")
        return given

    def codes(self, name: str) -> tuple[str, ...]:
        found = tuple(filter(None, re.split(r"[\s,;]+", self.text(name).upper())))
        if len(found) > _MOST or not all(re.fullmatch(r"[0-9A-Z]{2}", code) for code in found):
            self.problems[name] = T_("Condition codes have two signs each, with blanks between them, as 09 C5.")
        return found

    def coded(self, kind: str) -> list[tuple[str, ...]]:
        """Rows of a two-sign code, at most as many as a claim takes."""
        rows = [(code.upper(), *rest) for code, *rest in self.rows(kind)]
        if len(rows) > _MOST or not all(re.fullmatch(r"[0-9A-Z]{2}", row[0]) for row in rows):
            self.problems[kind] = T_("Each of these codes has two signs, and there are at most {n}.", n=_MOST)
        return rows

    def facility(self, before: Kept, diagnoses: int) -> Kept:
        first, last = self.day("statement_from"), self.day("statement_to")
        if first is None:
            self.problems.setdefault("statement_from", T_("Write the first day that the bill covers."))
        elif last is not None and last < first:
            self.problems["statement_to"] = T_("The last day of the statement is not before the first.")
        frequency = self.text("frequency")
        if frequency not in FREQUENCIES:
            self.problems["frequency"] = T_("Choose which part of the stay the bill covers.")
        admitting = self.diagnoses("admitting", 1)
        stay = Institutional(
            first, None if last == first else last, self.day("admitted_on"), self.hour("admitted_hour"),
            self.hour("discharge_hour"), self.shaped("admission_type", r"[0-9]", _ONE),
            self.shaped("admission_source", r"[0-9A-Z]", _ONE), self.shaped("patient_status", r"[0-9]{2}", _STATUS),
            self.present(diagnoses), "".join(admitting[:1]), self.diagnoses("reasons", 3),
            self.shaped("drg", r"[0-9]{3,4}", T_("A diagnosis related group has three or four digits.")),
            tuple(self.procedures()), tuple(self.occurrences("occurrence")), tuple(self.occurrences("span")),
            tuple(self.values()), self.codes("conditions"),
        )  # fmt: skip
        return Kept(
            stay, self.provider("attending", before.attending), self.provider("operating", before.operating),
            self.provider("other_operating", before.other_operating), before.rendering, frequency=frequency,
            facility=before.facility, referring=before.referring, exception=self.exception(),
        )  # fmt: skip

    def present(self, diagnoses: int) -> tuple[str, ...]:
        found = tuple(row[0] if row else "" for row in self.typed.rows.get("present", ()))[:diagnoses]
        if any(each not in PRESENT for each in found):
            self.problems["present"] = T_("Choose for each diagnosis whether it was present on admission.")
        return found if any(found) else ()

    def procedures(self) -> Iterator[Procedure]:
        for code, on in self.rows("procedure"):
            if not _PCS.fullmatch(plain_code(code)):
                self.problems["procedure"] = T_("A procedure of a stay has the seven signs of ICD-10-PCS, as 0DTJ4ZZ.")
            yield Procedure(plain_code(code), self.day("procedure", on))

    def occurrences(self, kind: str) -> Iterator[Occurrence]:
        for code, on, *to in self.coded(kind):
            first, last = self.day(kind, on), self.day(kind, to[0]) if to else None
            if first is None or (kind == "span" and (last is None or last < first)):
                self.problems.setdefault(kind, _SPAN if kind == "span" else T_("Each of these codes has its day."))
            yield Occurrence(code, first or date.min, last)

    def values(self) -> Iterator[Value]:
        for code, amount in self.coded("value"):
            plain = amount.replace("$", "").replace(",", "")
            if not _AMOUNT.fullmatch(plain):
                self.problems["value"] = T_("Each value code has an amount or number, as 150.00 or 3.")
            yield Value(code, Decimal(plain) if _AMOUNT.fullmatch(plain) else Decimal(0))

    def revenue(self, positions: Sequence[int]) -> tuple[dict[int, KeptLine], dict[int, date]]:
        lines, days = {}, {}
        for position, code, on in self.of_lines("revenue", positions):
            if code and not _REVENUE.fullmatch(code):
                self.problems["revenue"] = T_("A revenue code has four digits, as 0120.")
            lines[int(position)] = KeptLine("", code)
            if (day := self.day("revenue", on)) is not None:
                days[int(position)] = day
        return lines, days

    def rooms(self) -> Iterator[ServiceLine]:
        for code, units, charge in self.rows("room"):
            plain = charge.replace("$", "").replace(",", "")
            right = _REVENUE.fullmatch(code) and _AMOUNT.fullmatch(plain) and re.fullmatch(r"[1-9][0-9]{0,3}", units)
            if not right:
                self.problems["room"] = T_("A room has its revenue code, days and charge, as 0120, 3 and 900.00.")
                continue
            unit = "DA" if "0100" <= code < "0220" else "UN"
            yield ServiceLine("", parse_cents(plain), Decimal(units), (1,), None, unit=unit, revenue_code=code)

    def dentist(self, before: Kept) -> Kept:
        months, left = self.months("months"), self.months("months_left")
        if months is not None and left is not None and left > months:
            self.problems["months_left"] = T_("No more months can be left than the treatment takes in all.")
        return Kept(
            dental=Dental(months, left, self.day("placed_on")), assistant=self.provider("assistant", before.assistant),
            facility=before.facility, referring=before.referring, supervising=before.supervising,
            exception=self.exception(),
        )  # fmt: skip

    def months(self, name: str) -> int | None:
        given = self.text(name)
        if given and not re.fullmatch(r"[0-9]{1,3}", given):
            self.problems[name] = T_("Write the months as a number, as 24.")
            return None
        return int(given) if given else None

    def mouths(self, positions: Sequence[int]) -> dict[int, KeptLine]:
        return {
            int(position): KeptLine("", dental=self.mouth(*cells))
            for position, *cells in self.of_lines("mouth", positions)
        }

    def mouth(self, teeth: str, areas: str, prosthesis: str, prior: str) -> DentalLine | None:
        named = tuple(self.teeth(teeth))
        if len(named) > MOST_TEETH:
            self.problems["mouth"] = T_("A service is of at most {n} teeth.", n=MOST_TEETH)
        places = tuple(filter(None, re.split(r"[\s,;]+", areas.upper())))
        if len(places) > MOST_AREAS or not all(map(is_area, places)):
            self.problems["mouth"] = T_("Areas of the mouth have two digits, as 10, or are L or R; at most five.")
        before = self.day("mouth", prior)
        if prosthesis not in PROSTHESIS or (prosthesis == "R") != (before is not None):
            self.problems["mouth"] = T_("A replacement says when the one before it was set; nothing else does.")
        found = DentalLine(named, places, prosthesis, before)
        return None if found == DentalLine() else found

    def teeth(self, text: str) -> Iterator[Tooth]:
        for part in filter(None, (one.strip().upper() for one in re.split(r"[,;]", text))):
            number, *surfaces = part.split()
            letters = "".join(surfaces)
            if not is_tooth(number) or (letters and not _SURFACES.fullmatch(letters)):
                self.problems["mouth"] = T_("Write teeth with their surfaces, with commas between them, as 12 MO, 13.")
            yield Tooth(number, tuple(letters))

    def of_lines(self, kind: str, positions: Sequence[int]) -> Iterator[tuple[str, ...]]:
        """Rows of services of this visit; what names none of them is left out."""
        return (row for row in self.rows(kind) if row[0] in set(map(str, positions)))


def named(name: str, one: Rendering | None) -> dict[str, str]:
    """The fields of a provider: NPI, last and first name."""
    values = ("", "", "") if one is None else (one.npi, one.last, one.first)
    return {f"{name}_{part}": value for part, value in zip(("npi", "last", "first"), values, strict=True)}


def _mouth(at: int, line: KeptLine | None) -> tuple[str, ...]:
    mouth = (line.dental if line is not None else None) or DentalLine()
    teeth = ", ".join(" ".join(filter(None, (one.number, "".join(one.surfaces)))) for one in mouth.teeth)
    return str(at), teeth, " ".join(mouth.areas), mouth.prosthesis, _text(mouth.prior_on)


def _text(value: date | int | None) -> str:
    return "" if value is None else str(value)


def _clock(hour: str) -> str:
    return f"{hour[:2]}:{hour[2:4]}" if len(hour) == 4 else hour
