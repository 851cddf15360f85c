"""For every rule claims that trip it, and claims that trip none. All people are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from portal.domain.claims import Rendering, ServiceLine
from portal.domain.codes import CodeRelease
from portal.domain.contracts import Terms, assumed
from portal.domain.coverage_policies import Covered
from portal.domain.dental import Dental
from portal.domain.drugs import Drug
from portal.domain.edits.rules import EditContext, OtherCover
from tests.domain.clean import claim
from tests.domain.edits import cases_of_visits
from tests.domain.edits.spoiling import (
    CO,
    MANY,
    MEMBER,
    PR,
    RENDERING,
    STAY,
    Spoil,
    address,
    billed_before,
    carried,
    certified,
    covered_too,
    decided,
    facility,
    in_context,
    inpatient,
    judged,
    limited,
    medicare,
    nothing_charged,
    on,
    on_claim,
    on_line,
    operated,
    paired,
    replaced,
    sided,
)

SPOILS: Mapping[str, tuple[Spoil, ...]] = {
    **cases_of_visits.SPOILS,
    "authorization-missing": tuple(
        in_context(unauthorized=((1, why),)) for why in ("missing", "asked", "denied", "dates", "units", "elsewhere")
    ),
    "authorization-unrecorded": (
        lambda clean, context: (replace(clean, authorization="A1"), replace(context, unrecorded=True)),
    ),
    "control": (on_claim(control=""), on_claim(control="C" * 21), on_claim(control="A*B")),
    "frequency": (on_claim(frequency="2"), on_claim(frequency=""), facility(frequency="6")),
    "payer-control": (on_claim(frequency="7"), on_claim(frequency="8"), on_claim(payer_control="P1")),
    "duplicate": (
        billed_before(),
        lambda clean, context: (
            replace(clean, charge_cents=20_000, lines=(clean.lines[0], clean.lines[0])),
            context,
        ),
    ),
    "near-duplicate": (
        billed_before(units=Decimal(3)),
        billed_before(charge_cents=1),
        billed_before(modifiers=("59",)),
    ),
    "filing-passed": (in_context(today=date(2026, 11, 2)), medicare(date(2027, 5, 6))),
    "filing-assumed": (in_context(today=date(2026, 8, 4), terms=assumed()),),
    "replacement-passed": (
        replaced(date(2026, 9, 9), answered=date(2026, 6, 10)),
        replaced(date(2026, 8, 4)),
    ),
    "replacement-late": (replaced(date(2026, 11, 2), terms=Terms(180)),),
    "filing-soon": (in_context(today=date(2026, 11, 1)), medicare(date(2027, 5, 5))),
    "restricted": (in_context(restricted=True),),
    "billing-required": (
        on("billing", name=""),
        on("billing", npi=""),
        on("billing", tax_id=""),
        address("billing", city=""),
    ),
    "billing-npi": (on("billing", npi="1234567890"),),
    "rendering-npi": (
        on_claim(rendering=replace(RENDERING, npi="1234567839")),
        on_claim(rendering=replace(RENDERING, npi="")),
    ),
    "tax-id": (on("billing", tax_id="12-3456789"),),
    "taxonomy": (on("billing", taxonomy="207Q0000X"), on_claim(rendering=replace(RENDERING, taxonomy="doctor"))),
    "taxonomy-missing": (on("billing", taxonomy=""), on_claim(rendering=replace(RENDERING, taxonomy=""))),
    "npi-kinds": (on_claim(rendering=RENDERING), facility(attending=Rendering("1234567893", "Fernley", "Ada"))),
    "cob-order": (covered_too(OtherCover("P", "CI", "18"), rank="S"),),
    "bill-type": (facility(place="1"),),
    "statement": (
        facility(institutional=replace(STAY, statement_from=None)),
        facility(institutional=replace(STAY, statement_to=date(2026, 5, 30))),
        facility(institutional=replace(STAY, statement_from=date(2026, 5, 6), statement_to=None)),
    ),
    "patient-status": (facility(institutional=replace(STAY, patient_status="")), facility(place="11")),
    "stay-frequency": (inpatient("30"), inpatient("30", frequency="4"), inpatient("01", frequency="2")),
    "discharge-hour": (
        inpatient("01", hour=""),
        inpatient("01", hour="2460"),
        inpatient("30", frequency="2"),
    ),
    "revenue-code": (facility(lines=claim().lines),),
    "attending": (facility(attending=None),),
    "cob-forwarded": (carried(15_000, forwarded=True),),
    "cob-balance": (
        carried(14_999),
        carried(11_400, decided(6_399, CO, PR), decided(5_000)),
        carried(11_300, decided(6_400, CO, PR), decided(5_000)),
    ),
    "cob-lines": (carried(15_000, unplaced=1),),
    "cob-room": (carried(14_969, adjustments=MANY), carried(14_969, decided(9_969, *MANY), decided(5_000))),
    "cob-gap": (on("cover", rank="S"), covered_too(OtherCover("T", "CI", "18"), rank="S")),
    "cob-same-rank": (covered_too(OtherCover("P", "CI", "18")),),
    "cob-birthday": (covered_too(OtherCover("S", "CI", "19", (2, 28)), relationship="19"),),
    "cob-medicare": (covered_too(OtherCover("S", "CI", "18"), filing_code="MB"),),
    "diagnosis-sex": (
        on_claim(diagnoses=("N400", "E119")),
        lambda clean, context: on("patient", sex="M")(replace(clean, diagnoses=("O0990",)), context),
    ),
    "diagnosis-age": (on_claim(diagnoses=("Z38", "E119")), on_claim(diagnoses=("Z0012", "E119"))),
    "diagnosis-external": (on_claim(diagnoses=("W110XXA", "E119")),),
    "diagnosis-manifestation": (on_claim(diagnoses=("G63", "E119")),),
    "diagnosis-side": (sided("M25561", "LT"), sided("M25562", "F5"), sided("M25562", "RT", "M25562")),
    "diagnosis-side-likely": (
        sided("I63511", "LT"),
        sided("I10", "RT", "M25569", "M25562"),
        sided("I10", "RT", "M25562"),
        lambda clean, context: on_line(code="73999")(*sided("M25561", "LT")(clean, context)),
    ),
    "diagnosis-side-unsaid": (sided("M25569", "LT"), sided("I10", "", "M25569")),
    "modifier-conflict": tuple(
        on_line(modifiers=pair)
        for pair in (
            ("50", "LT"),
            ("59", "XS"),
            ("LT", "RT"),
            ("RT", "FA"),
            ("50", "T5"),
            ("26", "TC"),
            ("22", "52"),
            ("80", "62"),
            ("QZ", "QX"),
            ("RR", "NU"),
            ("FQ", "95"),
        )
    ),
    "modifier-evaluation": (
        on_line(code="J1885", modifiers=("25",)),
        on_line(code="E0114", modifiers=("57",)),
        on_line(code="80999", modifiers=("24",)),
    ),
    "clia-shape": (on_claim(clia="11X1234567"), on_line(clia="11X1234567")),
    "clia-waived": (on_line(code="80999", modifiers=("QW",)),),
    "clia-missing": (on_line(code="80999"), on_line(code="G0306")),
    "clia-beyond": (
        certified("waiver", code="Q0111"),
        certified("waiver", code="G0433"),
        certified("microscopy", code="G0306"),
    ),
    "ndc-shape": tuple(
        on_line(code="J1885", drug=drug)
        for drug in (
            Drug("0409-3795-01", Decimal(2), "ML"),
            Drug("0040937950", Decimal(2), "ML"),
            Drug("00409379501"),
            Drug("00409379501", Decimal(0), "ML"),
            Drug("00409379501", Decimal(2), "MG"),
        )
    ),
    "ndc-missing": (on("cover", filing_code="MC"), on_line(code="J3490")),
    "modifier-25-alone": (
        lambda clean, context: (
            replace(
                on_line(modifiers=("25",))(clean, context)[0],
                lines=(
                    replace(clean.lines[0], modifiers=("25",)),
                    *(replace(one, code="A4550") for one in clean.lines[1:]),
                ),
            ),
            context,
        ),
    ),
    "modifier-order": (on_line(modifiers=("59", "26")),),
    "telehealth-place": (on_line(modifiers=("95",)),),
    "fee-below": (in_context(fees={1: 10_001}),),
    "fee-above": (in_context(fees={1: 1_999}),),
    "post-box": (address("billing", line1="P.O. Box 12"), address("billing", line2="PO BOX 9")),
    "billing-zip": (address("billing", postal_code="45402"),),
    "patient-required": (
        on("patient", last=""),
        on("patient", first=""),
        on("patient", birth_date=None),
        on("patient", sex="X"),
        on("patient", address=None),
    ),
    "subscriber-required": (
        on("cover", member_id=""),
        on("cover", relationship=""),
        on("cover", rank="U"),
        on("cover", subscriber=replace(MEMBER, last="")),
    ),
    "subscriber-address": (
        on("cover", subscriber=replace(MEMBER, address=None)),
        on("cover", subscriber=replace(MEMBER, birth_date=None)),
    ),
    "payer-required": (on("cover", payer_id=""), on("cover", payer_name="")),
    "birth-date": (on("patient", birth_date=date(2026, 5, 6)), on("patient", birth_date=date(2030, 1, 1))),
    "line-count": (
        on_claim(lines=()),
        lambda clean, context: (replace(clean, lines=clean.lines[:1] * 51), context),
    ),
    "sum": (on_claim(charge_cents=15_001),),
    "zero": (nothing_charged,),
    "charge": (on_line(charge_cents=-1),),
    "place": (on_claim(place="00"), on_claim(place=""), on_line(place="98")),
    "diagnosis-count": (
        on_claim(diagnoses=()),
        on_claim(diagnoses=("I10",) * 2),
        on_claim(diagnoses=tuple(f"A0{number}" for number in range(13))),
    ),
    "diagnosis-shape": (on_claim(diagnoses=("E11.9",)), on_claim(code_qualifier="BK", diagnoses=("I10",))),
    "diagnosis-set": (
        on_claim(code_qualifier="BK", diagnoses=("4019",)),
        on_claim(code_qualifier=""),
        on_line(from_date=date(2015, 9, 30)),
    ),
    "diagnosis-valid": (on_claim(diagnoses=("I10", "E11")), on_claim(diagnoses=("I10", "Z999"))),
    "line-date": (on_line(from_date=None), on_line(to_date=date(2026, 5, 4))),
    "future": (on_line(from_date=date(2026, 5, 21)), on_line(to_date=date(2026, 5, 21))),
    "pointers": (
        on_line(pointers=()),
        on_line(pointers=(3,)),
        on_line(pointers=(0,)),
        on_line(pointers=(1, 1)),
        on_line(pointers=(1, 2, 1, 2, 1)),
    ),
    "procedure-shape": (on_line(code="G043"), on_line(code="G04388"), on_line(code="g0438"), on_line(qualifier="ER")),
    "procedure-valid": (on_line(code="G9999"), on_line(code="A4550")),
    "modifier-shape": (
        on_line(modifiers=("5",)),
        on_line(modifiers=("59", "59")),
        on_line(modifiers=("LT", "RT", "59", "25", "76")),
    ),
    "modifier-valid": (on_line(modifiers=("ZZ",)),),
    "global-evaluation": (
        operated(90, 1),
        operated(90, 90),
        operated(10, 10),
        operated(90, 30, npi="1245319599", taxonomy="207Q00000X"),
        operated(90, 30, modifiers=("25",)),
    ),
    "global-decision": (operated(90, 0), operated(90, -1), operated(90, 0, modifiers=("25",))),
    "global-return": (operated(90, 14, code="J1885"), operated(10, 1, code="J1885", modifiers=("59",))),
    "coverage-policy": (
        judged(Covered("C61")),
        judged(),
        judged(Covered("I10"), pointers=(2,)),
        judged(Covered("I10", date(2026, 6, 1))),
        judged(Covered("I10", None, date(2026, 5, 4))),
        judged(Covered("E12*")),
    ),
    "abn-missing": (on_line(modifiers=("GA",)), on_line(modifiers=("GX",))),
    "abn-unsigned": (on_line(modifiers=("GZ",)),),
    "ncci-ptp": (paired("0"), paired("1")),
    "mue": (on_line(units=Decimal(3)), billed_before(units=Decimal(2))),
    "mue-review": (on_line(code="J1885", units=Decimal(9)), limited("1", units=Decimal(5))),
    "units": (on_line(units=Decimal(0)), on_line(units=Decimal(10_000)), on_line(unit="XX")),
}

CLEAN: Mapping[str, Spoil] = {
    **cases_of_visits.CLEAN,
    "as it is": on_claim(),
    "with a rendering provider": on_claim(rendering=RENDERING),
    "of a hospital": facility(),
    "of a hospital, for an inpatient": inpatient("01"),
    "of a hospital, for the first part of a stay": inpatient("30", hour="", frequency="2"),
    "of a hospital, for late charges": inpatient("01", hour="", frequency="5"),
    "of home health, the last of a period": facility(frequency="9", place="32"),
    "of an ambulance, which nobody attends": facility(
        attending=None, lines=tuple(replace(line, revenue_code="0540", pointers=()) for line in claim().lines)
    ),
    "of a nursing facility": inpatient("01", hour="", place="21"),
    "a waived test with its certificate": certified("waiver", code="G0433", modifiers=("QW",)),
    "a wet mount by microscopy": certified("microscopy", code="Q0111"),
    "a drug with its code": on_line(code="J1885", drug=Drug("00409379501", Decimal(2), "ML")),
    "of a dentist": lambda clean, context: (
        replace(
            clean,
            dental=Dental(),
            diagnoses=(),
            lines=(ServiceLine("D2150", 15_000, Decimal(1), (), date(2026, 5, 5), qualifier="AD"),),
        ),
        context,
    ),
    "after a first payer, line by line": carried(11_400, decided(6_400, CO, PR), decided(5_000)),
    "after a first payer, as a whole": carried(11_400, adjustments=(CO, PR)),
    "nothing loaded": in_context(codes=CodeRelease("none")),
    "a code of a set that is not loaded": on_line(code="99999"),
    "a replacement with the payer's number": on_claim(frequency="7", payer_control="P1"),
    "a void of what was billed": lambda clean, context: billed_before()(
        replace(clean, frequency="8", payer_control="P1"), context
    ),
    "a void after the limit": lambda clean, context: (
        replace(clean, frequency="8", payer_control="P1"),
        replace(context, today=date(2028, 1, 1)),
    ),
    "no filing limit known": in_context(terms=assumed(), today=date(2028, 1, 1)),
    "a second payer after the first has answered": covered_too(OtherCover("P", "CI", "18", answered=True), rank="S"),
    "a charge five times the fee": in_context(fees={1: 2_000, 2: 1_000}),
    "an evaluation with modifier 25 beside a service billed before": lambda clean, context: billed_before(code="G0008")(
        *on_line(modifiers=("25",))(clean, context)
    ),
    "aftercare for another reason": operated(90, 30, modifiers=("24",)),
    "the day of a major procedure that was decided on then": operated(90, 0, modifiers=("57",)),
    "a visit on the day of a minor procedure": operated(10, 0),
    "a planned second step": operated(90, 14, code="J1885", modifiers=("58",)),
    "a service that its policy covers": judged(Covered("E11*"), Covered("Z00*")),
    "a notice that is attached": lambda clean, context: (
        on_line(modifiers=("GA",))(clean, context)[0],
        replace(context, notice=True),
    ),
    "two fingers of one hand": on_line(modifiers=("F5", "F6")),
    "a vaccine given by number": on_line(code="90999", modifiers=("25",)),
    "repeated with a modifier": lambda clean, context: (
        replace(clean, charge_cents=20_000, lines=(clean.lines[0], replace(clean.lines[0], modifiers=("59",)))),
        context,
    ),
    "a second payer soon after the first": lambda clean, context: (
        replace(clean, cover=replace(clean.cover, rank="S")),
        replace(context, today=date(2027, 2, 1), earlier_payer_answered=date(2027, 1, 15)),
    ),
    "a dependent whose subscriber has no address": on(
        "cover", relationship="19", subscriber=replace(MEMBER, address=None)
    ),
    "ICD-9-CM in its time": lambda clean, context: (
        replace(
            clean,
            code_qualifier="BK",
            diagnoses=("4019", "25000"),
            lines=tuple(replace(one, from_date=date(2015, 9, 30)) for one in clean.lines),
        ),
        EditContext(date(2015, 10, 1)),
    ),
    "Medicare's last day, moved from Saturday to Monday": lambda clean, context: medicare(date(2026, 5, 4))(
        replace(clean, lines=tuple(replace(one, from_date=date(2025, 5, 2)) for one in clean.lines)), context
    ),
}
