"""How a clean claim, or what is known beside it, is spoiled for one rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portal.domain import titles
from portal.domain.claims import Address, Claim, Facility, OtherPayer, Rendering, ServiceLine
from portal.domain.codes import CodeRelease, CodeSpan
from portal.domain.contracts import Terms
from portal.domain.coordination import ClaimDecision, LineDecision
from portal.domain.coverage_policies import Covered, Policy
from portal.domain.dental import Dental, DentalLine
from portal.domain.edits.history import line_key
from portal.domain.edits.rules import EditContext, OtherCover
from portal.domain.global_periods import Surgery
from portal.domain.institutional import Institutional
from portal.domain.ncci import NcciTables, PairEdit, UnitLimit
from portal.domain.professional import Professional
from portal.domain.remittances import Adjustment
from tests.domain.clean import claim

STANDS = (CodeSpan(date(2020, 1, 1)),)
RELEASE = CodeRelease(
    "test",
    {
        "icd10cm": {"I10": STANDS, "E119": STANDS, "E11": (CodeSpan(date(2020, 1, 1), None, billable=False),)},
        "hcpcs": {
            "G0438": STANDS,
            "J1885": STANDS,
            "G0433": STANDS,
            "Q0111": STANDS,
            "G9999": (CodeSpan(date(2027, 1, 1)),),
        },
        "modifier": dict.fromkeys(("59", "24", "25", "57", "58", "F5", "F6", "GA", "GX", "GZ", "QW"), STANDS),
    },
    titles.said(
        {
            "M25561": "Pain in right knee",
            "M25562": "Pain in left knee",
            "M25569": "Pain in unspecified knee",
            "I63511": "Stroke of right artery",
            "I63512": "Stroke of left artery",
            "G63": "Polyneuropathy in diseases classified elsewhere",
        }
    ),
)
NCCI = NcciTables(
    {("G0438", "J1885"): (PairEdit(date(2020, 1, 1), None, "9"),)},
    {"G0438": (UnitLimit(date(2020, 1, 1), None, 2, "2"),), "J1885": (UnitLimit(date(2020, 1, 1), None, 8, "3"),)},
)
CONTEXT = EditContext(date(2026, 5, 20), RELEASE, terms=Terms(180, replacement_days=90), ncci=NCCI)

Spoiled = tuple[Claim, EditContext]
Spoil = Callable[[Claim, EditContext], Spoiled]


def on_claim(**changes: Any) -> Spoil:
    return lambda clean, context: (replace(clean, **changes), context)


def on_line(**changes: Any) -> Spoil:
    return lambda clean, context: (
        replace(clean, lines=(replace(clean.lines[0], **changes), *clean.lines[1:])),
        context,
    )


def on(part: str, **changes: Any) -> Spoil:
    return lambda clean, context: (replace(clean, **{part: replace(getattr(clean, part), **changes)}), context)


def in_context(**changes: Any) -> Spoil:
    return lambda clean, context: (clean, replace(context, **changes))


def address(part: str, **changes: Any) -> Spoil:
    def spoil(clean: Claim, context: EditContext) -> Spoiled:
        owner = getattr(clean, part)
        return replace(clean, **{part: replace(owner, address=replace(owner.address, **changes))}), context

    return spoil


def billed_before(**changes: Any) -> Spoil:
    def spoil(clean: Claim, context: EditContext) -> Spoiled:
        key = line_key(clean, clean.lines[0])
        if key is None:  # something else took its day or code: then nothing is a duplicate of it
            return clean, context
        return clean, replace(context, prior=(replace(key, **changes),))

    return spoil


def replaced(today: date, **changes: Any) -> Spoil:
    return lambda clean, context: (
        replace(clean, frequency="7", payer_control="ICN1"),
        replace(context, today=today, **changes),
    )


def covered_too(*covers: OtherCover, **cover: Any) -> Spoil:
    return lambda clean, context: (
        replace(clean, cover=replace(clean.cover, **cover)),
        replace(context, covers=covers),
    )


def nothing_charged(clean: Claim, context: EditContext) -> Spoiled:
    return replace(clean, charge_cents=0, lines=tuple(replace(one, charge_cents=0) for one in clean.lines)), context


def medicare(today: date) -> Spoil:
    return lambda clean, context: (
        replace(clean, cover=replace(clean.cover, filing_code="MB")),
        replace(context, today=today),
    )


def paired(indicator: Any) -> Spoil:
    edits = {("G0438", "J1885"): (PairEdit(date(2020, 1, 1), None, indicator),)}
    return lambda clean, context: (clean, replace(context, ncci=replace(context.ncci, pairs=edits)))


def limited(indicator: Any, **changes: Any) -> Spoil:
    limits = {"G0438": (UnitLimit(date(2020, 1, 1), None, 4, indicator),)}
    return lambda clean, context: (
        replace(clean, lines=(replace(clean.lines[0], **changes), *clean.lines[1:])),
        replace(context, ncci=replace(context.ncci, limits=limits)),
    )


def certified(kind: str, **changes: Any) -> Spoil:
    """A first line by a laboratory with a certificate of a kind."""
    return lambda clean, context: (
        replace(clean, clia="11D1234567", lines=(replace(clean.lines[0], **changes), *clean.lines[1:])),
        replace(context, certificate=kind),
    )


SURGEON = "1234567893"
"""Who bills the clean claim; the procedure of `operated` was theirs."""


def operated(days: int, ago: int, *, npi: str = SURGEON, taxonomy: str = "", **changes: Any) -> Spoil:
    """A first line on some day after a procedure; a code with a period of its own is a procedure, too."""

    def spoil(clean: Claim, context: EditContext) -> Spoiled:
        line = replace(clean.lines[0], **({"code": "99300"} | changes))
        day = line.from_date or date(2026, 5, 5)
        periods = {} if line.code == "99300" else {1: "000"}
        known = replace(context, surgeries=(Surgery(npi, taxonomy, day - timedelta(ago), days),), periods=periods)
        return replace(clean, lines=(line, *clean.lines[1:])), known

    return spoil


def judged(*covered: Covered, **changes: Any) -> Spoil:
    """A first line whose service the payer covers for some diagnoses only."""
    policies = {"G0438": (Policy("L33333", date(2020, 1, 1), None, covered),)}
    return lambda clean, context: (
        replace(clean, lines=(replace(clean.lines[0], **changes), *clean.lines[1:])),
        replace(context, policies=policies),
    )


def sided(code: str, modifier: str, *more: str) -> Spoil:
    """A first line with a modifier that points to these diagnoses."""

    def spoil(clean: Claim, context: EditContext) -> Spoiled:
        codes = (code, *more)
        line = replace(
            clean.lines[0], modifiers=(modifier,) if modifier else (), pointers=tuple(range(1, len(codes) + 1))
        )
        return replace(clean, diagnoses=codes, lines=(line, *clean.lines[1:])), context

    return spoil


RENDERING = Rendering("1234567893", "Fernley", taxonomy="207Q00000X")
MEMBER = claim().cover.subscriber
FIRST = replace(claim().cover, payer_id="FIRST1", payer_name="First Plan")


def carried(paid: int, *lines: LineDecision, **more: Any) -> Spoil:
    """A claim to a second payer that carries these decisions of the first, one a line."""

    def spoil(clean: Claim, context: EditContext) -> Spoiled:
        decided = (*((one,) for one in lines), *[()] * len(clean.lines))
        own = tuple(replace(line, decisions=said) for line, said in zip(clean.lines, decided, strict=False))
        others = (OtherPayer(FIRST, ClaimDecision(paid, **more)),)
        covers = (*context.covers, OtherCover("P", "CI", "18", answered=True))
        cover = replace(clean.cover, rank="S")
        return replace(clean, lines=own, others=others, cover=cover), replace(context, covers=covers)

    return spoil


def decided(paid: int, *adjustments: Adjustment) -> LineDecision:
    return LineDecision("FIRST1", paid, "G0438", Decimal(1), adjustments)


STAY = Institutional(date(2026, 5, 5), admission_type="3", patient_status="01")


def facility(**changes: Any) -> Spoil:
    """A hospital's outpatient claim."""

    def spoil(clean: Claim, context: EditContext) -> Spoiled:
        lines = tuple(replace(line, revenue_code="0300", pointers=()) for line in clean.lines)
        attending = Rendering("1245319599", "Fernley", "Ada")
        made = replace(clean, place="13", institutional=STAY, attending=attending, lines=lines)
        return replace(made, **changes), context

    return spoil


def inpatient(status: str, *, hour: str = "1100", **changes: Any) -> Spoil:
    """A hospital's claim for a stay, or a part of one."""
    stay = replace(
        STAY, admitted_on=date(2026, 5, 5), admitting="I10", patient_status=status, discharge_hour=hour
    )  # fmt: skip
    lines = (ServiceLine("", 15_000, Decimal(3), (), None, unit="DA", revenue_code="0120"),)
    return facility(**{"place": "11", "institutional": stay, "lines": lines, **changes})


CEDAR = Facility("Cedar Hospital", "1245319599", Address("1 Cedar Way", "Salem", "OR", "973010012"))
ADMITTED = Professional(admitted_on=date(2026, 5, 4), discharged_on=date(2026, 5, 6))


def at(place: str, facility: Facility | None = CEDAR, told: Professional | None = ADMITTED, **changes: Any) -> Spoil:
    """A clinician's claim from another place of service than the office."""
    return on_claim(place=place, facility=facility, professional=told, **changes)


def filled(mouth: DentalLine | None = None, **changes: Any) -> Spoil:
    """A dentist's claim of one filling."""
    line = ServiceLine("D2150", 15_000, Decimal(1), (), date(2026, 5, 5), qualifier="AD", dental=mouth)
    whole = changes.pop("dental", Dental())
    return on_claim(dental=whole, diagnoses=(), lines=(replace(line, **changes),))


CO, PR = Adjustment("CO", "45", 2_000), Adjustment("PR", "2", 1_600)
MANY = tuple(Adjustment("CO", str(n), 1) for n in range(31))
