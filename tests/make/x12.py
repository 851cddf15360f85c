"""X12 for tests: the public samples with what their index says of them, and 835 files of our own making."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from portal.domain.interchanges import ControlNumbers, Partner
from portal.x12.characters import Element
from portal.x12.envelope import write_interchange

SAMPLES = Path(os.environ.get("CANDOR_X12_SAMPLES", Path(__file__).parents[2] / ".." / "shared" / "x12"))
PARTNER = Partner("ZZ", "PAYER", "ZZ", "CLINIC", "PAYER", "CLINIC", "T", "CLINIC", "DESK", "5555550100", "PAYER")
NUMBERS = ControlNumbers(interchange=1, group=1, first_set=1)
AT = datetime(2026, 1, 6, 9, 30)  # noqa: DTZ001 - an envelope carries local time without a zone
Segments = list[list[Element]]


def segments(text: str) -> Segments:
    """Segments written as in a file, `CAS*CO*45*20~SVC*HC:G0438*…`, composites split on `:`."""
    parts = [part.strip() for part in text.split("~") if part.strip()]
    return [[_element(element) for element in part.split("*")] for part in parts]


def _element(text: str) -> Element:
    return tuple(text.split(":")) if ":" in text else text


HEAD = (
    "TRN*1*EFT000900*1512345678~DTM*405*20260106~N1*PR*EXAMPLE HEALTH PLAN*XV*PLAN1~N3*1 MAIN ST~N4*AUSTIN*TX*78701~"
    "PER*BL*DESK*TE*5555550100~N1*PE*EXAMPLE CLINIC*XX*1234567893~LX*1~"
)
CLAIM = (
    "CLP*ACCT1*1*150*90*20*12*ICN1*11*1~NM1*QC*1*DOE*JANE****MI*M1~"
    "SVC*HC:G0438*150*90**1~DTM*472*20260102~CAS*CO*45*40~CAS*PR*2*20~REF*6R*L1~AMT*B6*110~"
)


def payment(amount: str, body: str, head: str = HEAD) -> Segments:
    """The segments of one 835 set: BPR with this amount, header, then the claims and PLB of `body`."""
    return segments(f"BPR*I*{amount}*C*ACH*CCP*01*999999999*DA*1*1512345678**01*999999999*DA*2*20260106~{head}{body}")


def remittance(*sets: Segments) -> bytes:
    """A file of one 835 set each, with a right envelope."""
    return write_interchange(PARTNER, NUMBERS, "HP", "005010X221A1", sets, AT)


def professional(*sets: Segments) -> bytes:
    """A file of 837P sets, with a right envelope."""
    return write_interchange(PARTNER, NUMBERS, "HC", "005010X222A1", sets, AT)


@dataclass(frozen=True)
class SetFact:
    """What the index says of one ST: sums in cents, None where it says nothing."""

    control: str
    guide: str
    claims: int
    charge: int
    balances: bool
    first_break: str
    payment: int = 0
    paid: int = 0
    patient: int = 0
    plb: int = 0
    reversals: int = 0
    services: int = 0


@dataclass(frozen=True)
class Row:
    """One row of the index: counts are segments, ISA, GS and ST."""

    name: str
    counts: tuple[int, int, int, int]
    sets: tuple[SetFact, ...]
    all_sets: bool
    envelope: str
    ta1: tuple[tuple[str, str, str], ...]
    pyx12: str

    @property
    def data(self) -> bytes:
        return (SAMPLES / self.name).read_bytes()


@cache
def rows() -> tuple[Row, ...]:
    """Every row of the samples' index; none when the samples are not there."""
    index = SAMPLES / "INDEX.md"
    if not index.is_file():
        return ()
    lines = [line for line in index.read_text(encoding="utf-8").splitlines() if ".edi |" in line]
    return tuple(_row([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]) for line in lines)


def sample_rows(prefix: str = "") -> list[object]:
    """Parameters for a test over the samples of a kind; one that skips with its reason when there are none."""
    found = [pytest.param(row, id=row.name) for row in rows() if row.name.startswith(prefix)]
    reason = "the X12 samples are not here: name their folder in CANDOR_X12_SAMPLES"
    return found or [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="no-samples")]


def _row(cells: Sequence[str]) -> Row:
    name, counts, special, facts, parsers = cells[0], cells[4], cells[5], cells[6], cells[7]
    _, segments_, isa, gs, st = (int(number) for number in counts.split(" / "))
    envelope = re.search(r"ENVELOPE: (.*)$", facts)
    pyx12 = re.search(r"pyx12: (valid|invalid|no 5010 map)", parsers)
    return Row(
        name=name,
        counts=(segments_, isa, gs, st),
        sets=tuple(_set_fact(part) for part in re.split(r"(?:^| / )(?=ST )", facts) if part.startswith("ST ")),
        all_sets="ST in all" not in facts,
        envelope=envelope[1] if envelope else "",
        ta1=tuple((m[1], m[2], m[3] or "") for m in re.finditer(r"TA1\*(\d+)\*\d+\*\d+\*([AER])(?:\*(\d+))?", special)),
        pyx12=pyx12[1] if pyx12 else "",
    )


def _set_fact(text: str) -> SetFact:
    def cents(pattern: str) -> int:
        found = re.search(pattern + r" (-?[\d.]*\d)", text)
        return int(Decimal(found[1]) * 100) if found else 0

    head = re.match(r"ST (\S+?)(?: (\S+))?: ", text)
    claims = re.search(r"(\d+) CL[MP]\b", text)
    assert head
    assert claims
    plb = re.search(r"PLB (.*?);", text)
    pairs = re.findall(r"\S+:\S* (-?[\d.]*\d)", plb[1]) if plb else []
    reversals = re.search(r"CLP02 [^,]*\b22x(\d+)", text)
    services = re.search(r"(\d+) SVC\b", text)
    first = re.search(r"breaks?, first: (?:CLP|CLM) ([^:]+):", text)
    sound = "DOES NOT balance" not in text and not re.search(r"\d+ \S+ breaks", text)
    assert not sound or "balance" in text or "CLM02 = lines" in text
    return SetFact(
        control=head[1],
        guide=head[2] or "",
        claims=int(claims[1]),
        charge=cents("total CLM02") or cents("sum CLP03"),
        balances=sound,
        first_break=first[1] if first else "",
        payment=cents("BPR02"),
        paid=cents(", CLP04"),
        patient=cents(", CLP05"),
        plb=sum(int(Decimal(pair) * 100) for pair in pairs),
        reversals=int(reversals[1]) if reversals else 0,
        services=int(services[1]) if services else 0,
    )
