"""Edits about diagnoses and the patient: codes that do not go with an age or a sex, and what never stands first.

Ranges of ICD-10-CM (public domain; Official Guidelines section I.C, Medicare Code Editor of CMS), in our own words.
They warn: a record may bear the code out all the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, Rule, service_day
from portal.domain.texts import T_

_RECODE = T_("Compare the record; return the claim to coding or correct the registration.")

FEMALE = (
    "O", "C51", "C52", "C53", "C54", "C55", "C56", "C57", "C58", "D06", "D25", "D26", "D27", "D28", "D39", "N70",
    "N71", "N72", "N73", "N75", "N76", "N80", "N81", "N82", "N83", "N84", "N85", "N86", "N87", "N88", "N89", "N90",
    "N91", "N92", "N93", "N94", "N95", "N96", "N97", "Z33", "Z34", "Z36", "Z3A", "Z39",
)  # fmt: skip
MALE = (
    "C60", "C61", "C62", "C63", "D074", "D075", "D076", "D29", "D40", "N40", "N41", "N42", "N43", "N44", "N45", "N46",
    "N47", "N48", "N49", "N50", "N51", "N52", "N53",
)  # fmt: skip

AGES: tuple[tuple[tuple[str, ...], int, int], ...] = (
    (("O", "Z33", "Z34", "Z36", "Z3A", "Z39"), 9, 64),
    (("Z38", "Z0011"), 0, 0),
    (("Z0012",), 0, 17),
    (("Z000",), 15, 130),
    (("R54",), 15, 130),
)  # fmt: skip
"""Beginnings of codes and the years of age from and to which they are likely (Medicare Code Editor: maternity 9 to 64,
newborn 0, paediatric to 17, adult from 15)."""

EXTERNAL = ("V", "W", "X", "Y")
"""Chapter 20, external causes: never the first diagnosis (Official Guidelines I.C.20.a.6)."""


def _age(claim: Claim) -> int | None:
    born, day = claim.patient.birth_date, service_day(claim)
    if born is None or day is None or born > day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _modern(claim: Claim) -> tuple[str, ...]:
    return claim.diagnoses if claim.code_qualifier == "ABK" else ()


def _sex(claim: Claim, _context: EditContext) -> Iterator[Found]:
    against = {"M": FEMALE, "F": MALE}.get(claim.patient.sex, ())
    for number, code in enumerate(_modern(claim), start=1):
        if against and code.startswith(against):
            yield Found(T_("Diagnosis {number} does not go with the patient's sex.", number=number), _RECODE)


def _years(claim: Claim, _context: EditContext) -> Iterator[Found]:
    age = _age(claim)
    if age is None:
        return
    for number, code in enumerate(_modern(claim), start=1):
        if any(code.startswith(begins) and not low <= age <= high for begins, low, high in AGES):
            yield Found(T_("Diagnosis {number} does not go with the patient's age.", number=number), _RECODE)


def _external(claim: Claim, _context: EditContext) -> Iterator[Found]:
    codes = _modern(claim)
    if codes and codes[0].startswith(EXTERNAL):
        yield Found(
            T_("The first diagnosis says what caused the injury; the injury itself comes first."),
            T_("Return the claim to coding."),
        )


def _manifestation(claim: Claim, context: EditContext) -> Iterator[Found]:
    codes = _modern(claim)
    title = context.codes.titles.get(codes[0]) if codes else None
    if title is not None and title.manifestation:
        yield Found(
            T_("The first diagnosis is the manifestation of another disease, which comes first."),
            T_("Return the claim to coding: the disease behind it is the first diagnosis."),
        )


RULES = (
    Rule(
        "diagnosis-sex",
        T_("Diagnosis goes with the sex"),
        "warn",
        T_("A disease of the prostate for a woman."),
        _sex,
    ),
    Rule(
        "diagnosis-age",
        T_("Diagnosis goes with the age"),
        "warn",
        T_("A newborn's examination at 40 years."),
        _years,
    ),
    Rule(
        "diagnosis-external",
        T_("A cause is not the first diagnosis"),
        "block",
        T_("A fall from a ladder as the first diagnosis."),
        _external,
    ),
    Rule(
        "diagnosis-manifestation",
        T_("A manifestation is not the first diagnosis"),
        "block",
        T_("A nerve disease in diseases classified elsewhere, before the diabetes behind it."),
        _manifestation,
    ),
)
