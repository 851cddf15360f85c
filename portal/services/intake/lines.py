"""Service lines and diagnoses as people type them: read, or turned down with what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from portal.domain.codes import is_icd_9_cm, is_icd_10_cm, is_modifier, is_procedure
from portal.domain.drugs import Drug, read_drug, written
from portal.domain.errors import Refused
from portal.domain.texts import T_

MOST_DIAGNOSES, MOST_POINTERS, MOST_MODIFIERS = 12, 4, 4
"""Limits of HI, SV107 and SV101 in the professional claim (005010X222A1)."""

_LETTERS = "ABCDEFGHIJKL"
_UNITS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One line of a form as it was typed; `position` is empty for a line added there."""

    position: str
    code: str
    modifiers: str = ""
    points: str = ""
    units: str = ""
    charge: str = ""
    out: bool = False
    """Taken out of the visit."""
    drug: tuple[str, str, str, str] | None = None
    """Drug code, quantity, unit and prescription; None from a form that does not ask."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is meant; `pointers` count diagnoses from 1."""

    position: int | None
    code: str
    modifiers: tuple[str, ...]
    pointers: tuple[int, ...]
    units: Decimal
    drug: Drug | None = None
    asked: bool = False
    """The form asked for the drug, so that none is none."""


def read_diagnoses(typed: Sequence[str], qualifier: str) -> tuple[str, ...]:
    """Codes without dots, the principal first, empty fields left out; raises Refused `diagnosis`."""
    codes = tuple(code for each in typed if (code := plain_code(each)))
    shape = is_icd_9_cm if qualifier == "BK" else is_icd_10_cm
    for code in codes:
        if not shape(code):
            raise Refused(T_("“{code}” has not the shape of a diagnosis code.", code=code[:12]), code="diagnosis")
    if len(set(codes)) != len(codes):
        raise Refused(T_("A diagnosis stands twice. Take one out."), code="diagnosis")
    if len(codes) > MOST_DIAGNOSES:
        raise Refused(T_("A claim takes at most {n} diagnoses.", n=MOST_DIAGNOSES), code="diagnosis")
    return codes


def read_line(typed: TypedLine, number: int, diagnoses: int) -> Line:
    """A typed line; `number` is its place in the form, for the words; raises Refused `code` or `drug`."""
    code = plain_code(typed.code)
    if not is_procedure(code):
        raise Refused(T_("Service {line}: “{code}” is no service code.", line=number, code=code[:12]), code="code")
    modifiers = tuple(re.split(r"[\s,:]+", typed.modifiers.strip().upper())) if typed.modifiers.strip() else ()
    if (
        len(modifiers) > MOST_MODIFIERS
        or len(set(modifiers)) < len(modifiers)
        or not all(is_modifier(each) for each in modifiers)
    ):
        raise Refused(
            T_("Service {line}: modifiers are two signs each, at most four, all different.", line=number), code="code"
        )
    pointers = read_pointers(typed.points)
    if pointers is None or len(pointers) > MOST_POINTERS or any(pointer > diagnoses for pointer in pointers):
        raise Refused(
            T_("Service {line}: point to at most four of the diagnoses above, as in “A B”.", line=number), code="code"
        )
    units = typed.units.strip() or "1"
    if not _UNITS.fullmatch(units) or not Decimal(units):
        raise Refused(T_("Service {line}: the units are a number above nought.", line=number), code="code")
    known = typed.position.isascii() and typed.position.isdigit() and len(typed.position) <= 4
    drug = read_drug(*typed.drug, number) if typed.drug is not None else None
    position = int(typed.position) if known else None
    return Line(position, code, modifiers, pointers, Decimal(units), drug, typed.drug is not None)


def read_pointers(typed: str) -> tuple[int, ...] | None:
    """Pointers as letters (A B, AB) or numbers (1,2), each once; None for anything else."""
    found: list[int] = []
    for part in re.findall(r"[0-9]+|[A-Za-z]|[^\s,:]", typed):
        number = int(part) if part.isascii() and part.isdigit() and len(part) <= 2 else _LETTERS.find(part.upper()) + 1
        if not 1 <= number <= MOST_DIAGNOSES or number in found:
            return None
        found.append(number)
    return tuple(found)


def letters(pointers: Sequence[int]) -> str:
    """Pointers as people read them: A B."""
    return " ".join(_LETTERS[pointer - 1] if 1 <= pointer <= MOST_DIAGNOSES else str(pointer) for pointer in pointers)


def plain_code(typed: str) -> str:
    """A code without dots and blanks, in upper case."""
    return "".join(typed.split()).replace(".", "").upper()


def drug_typed(drug: Drug | None) -> tuple[str, str, str, str]:
    """A drug as it stands in the fields of a form."""
    if drug is None:
        return "", "", "", ""
    return written(drug.ndc), "" if drug.quantity is None else f"{drug.quantity:f}", drug.unit, drug.prescription


def units_text(thousandths: int) -> str:
    """Units as they are typed: 1, 0.5."""
    return f"{Decimal(thousandths) / 1000:f}"
