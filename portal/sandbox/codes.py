"""Diagnosis and service codes of the invented practice, in our own words, with its own prices; no CPT.

ICD-10-CM (NCHS, CMS) and HCPCS level II other than D codes (CMS) are in the public domain; the descriptions are ours.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

_DIAGNOSES = {
    "B349": "Viral infection, unspecified site",
    "D510": "B12 deficiency anemia, intrinsic factor",
    "E039": "Underactive thyroid, unspecified",
    "E119": "Type 2 diabetes without complications",
    "E1165": "Type 2 diabetes with high blood sugar",
    "E538": "Deficiency of other B vitamins",
    "E559": "Vitamin D deficiency, unspecified",
    "E785": "High blood lipids, unspecified",
    "F32A": "Depression, unspecified",
    "F411": "Generalized anxiety",
    "G43909": "Migraine, not intractable",
    "H6690": "Middle ear infection, ear not stated",
    "I10": "High blood pressure",
    "I4891": "Atrial fibrillation, unspecified",
    "J0190": "Acute sinus infection",
    "J029": "Acute sore throat",
    "J069": "Acute upper airway infection",
    "J209": "Acute bronchitis",
    "J449": "Chronic obstructive lung disease",
    "J45901": "Asthma with acute flare",
    "J45909": "Asthma, uncomplicated",
    "K219": "Acid reflux without esophagitis",
    "L03115": "Cellulitis of right leg",
    "M1711": "Arthritis of right knee",
    "M25561": "Pain in right knee",
    "M5450": "Low back pain",
    "N390": "Urinary tract infection",
    "R059": "Cough",
    "R519": "Headache",
    "R7303": "Prediabetes",
    "S63501A": "Sprain of right wrist, first care",
    "S93401A": "Sprain of right ankle, first care",
    "Z0000": "Adult check-up, nothing abnormal",
    "Z0001": "Adult check-up, something abnormal",
    "Z00129": "Child check-up, nothing abnormal",
    "Z01419": "Routine gynecological exam",
    "Z1331": "Screening for depression",
    "Z23": "Immunization",
    "Z4802": "Removal of stitches",
    "Z713": "Diet counseling",
}
_SERVICES = {
    "A4550": ("Tray for a minor procedure", 2850),
    "A4570": ("Splint", 3400),
    "E0114": ("Crutches, pair, metal", 6200),
    "G0008": ("Giving a flu vaccine", 3300),
    "G0009": ("Giving a pneumonia vaccine", 3300),
    "G0101": ("Pelvic and breast exam, cancer screening", 7400),
    "G0108": ("Diabetes training, one person, 30 minutes", 8800),
    "G0270": ("Nutrition therapy, follow-up, 15 minutes", 4600),
    "G0402": ("Welcome visit, first year of coverage", 24800),
    "G0438": ("Yearly wellness visit, first", 24500),
    "G0439": ("Yearly wellness visit, later years", 16900),
    "G0442": ("Screening for alcohol misuse, 15 minutes", 2900),
    "G0444": ("Screening for depression, 15 minutes", 2900),
    "G0447": ("Counseling for obesity, 15 minutes", 4200),
    "G2012": ("Short check-in by phone or video", 2400),
    "J0696": ("Ceftriaxone injection, 250 mg", 1900),
    "J1100": ("Dexamethasone injection, 1 mg", 350),
    "J1885": ("Ketorolac injection, 15 mg", 1250),
    "J3301": ("Triamcinolone injection, 10 mg", 1450),
    "J3420": ("Vitamin B12 injection, to 1000 mcg", 1100),
    "J7613": ("Albuterol for inhaling, 1 mg", 210),
    "L3908": ("Wrist brace, off the shelf", 7900),
    "Q2038": ("Flu vaccine", 2800),
    "S0610": ("Yearly gynecological exam, new patient", 21000),
    "S0612": ("Yearly gynecological exam, known patient", 17800),
    "S0630": ("Removal of stitches", 5500),
    "S9083": ("Urgent care visit, one fee", 18500),
    "T1015": ("Clinic visit, all inclusive", 15600),
}
VALID_FROM = date(2025, 10, 1)
"""From when the small list of diagnoses holds: the fiscal year's release of ICD-10-CM."""


@dataclass(frozen=True, slots=True)
class ListedCode:
    """A code with a description of ours; `system` is icd10cm (without dot) or hcpcs."""

    system: str
    code: str
    description: str


def code_lists() -> tuple[ListedCode, ...]:
    """Every code that the generated visits use, and a few more to search among."""
    diagnoses = tuple(ListedCode("icd10cm", code, text) for code, text in _DIAGNOSES.items())
    return diagnoses + tuple(ListedCode("hcpcs", code, text) for code, (text, _) in _SERVICES.items())


def fee_table(seed: int) -> dict[str, int]:
    """The practice's own price of each service, in cents: our base prices shifted a little by the seed."""
    dice = random.Random(f"fees {seed}")  # noqa: S311 - invented prices, repeatable by seed
    return {code: max(100, round(cents * dice.uniform(0.95, 1.1) / 50) * 50) for code, (_, cents) in _SERVICES.items()}


def icd10cm_file() -> bytes:
    """The diagnoses in the layout of the official order file: order 1-5, code 7-13, valid 15, short 17-76, long 78-."""
    lines = [
        f"{order:05d} {code:<7} 1 {text:<60} {text}" for order, (code, text) in enumerate(sorted(_DIAGNOSES.items()), 1)
    ]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def hcpcs_file() -> bytes:
    """The services in the official layout, 320 characters a line: code 1-5, record 11, texts 12-91 and 92-119."""
    lines = [
        f"{code:<5}{sequence:05d}3{text:<80}{text[:28]:<28}".ljust(320)
        for sequence, (code, (text, _)) in enumerate(sorted(_SERVICES.items()), 100)
    ]
    return ("\r\n".join(lines) + "\r\n").encode("ascii")
