"""What a facility's claim (837I, 005010X223A2) has that a professional one has not: stay, bill and coded facts.

Type of bill, revenue, occurrence, value and condition codes are the NUBC's: they are told by shape only, never by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An occurrence code (HI*BH) with its day, or an occurrence span (HI*BI) with two."""

    code: str
    on: date
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """A value code (HI*BE): an amount of money, or a number that the code makes something else of."""

    code: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure of the stay (HI*BBR, BBQ; ICD-10-PCS), with its day."""

    code: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Institutional:
    """Loop 2300 of an 837I; the type of bill is the claim's place (two digits) and frequency."""

    statement_from: date | None
    """DTP*434; None only where a file read in does not say."""
    statement_to: date | None = None
    """None where it is the first day, too."""
    admitted_on: date | None = None
    admitted_hour: str = ""
    """HHMM, where DTP*435 tells it."""
    discharge_hour: str = ""
    """HHMM of DTP*096."""
    admission_type: str = ""
    admission_source: str = ""
    patient_status: str = ""
    """CL101 to CL103."""
    present: tuple[str, ...] = ()
    """Present on admission, Y, N, U or W, for each diagnosis in order; empty where none says."""
    admitting: str = ""
    reasons: tuple[str, ...] = ()
    """The patient's reasons for the visit, at most three."""
    drg: str = ""
    procedures: tuple[Procedure, ...] = ()
    """The principal one first."""
    occurrences: tuple[Occurrence, ...] = ()
    spans: tuple[Occurrence, ...] = ()
    values: tuple[Value, ...] = ()
    conditions: tuple[str, ...] = ()
