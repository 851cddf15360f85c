"""Where, when, why and by whom: claims that trip the rules about them, and claims that trip none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from portal.domain.claims import Address, Facility, Rendering
from portal.domain.codes import CodeRelease
from portal.domain.dental import Dental, DentalLine, Tooth
from portal.domain.drugs import Drug
from portal.domain.facilities import Listed
from portal.domain.professional import Professional
from tests.domain.clean import claim
from tests.domain.edits.spoiling import (
    ADMITTED,
    CEDAR,
    RENDERING,
    Spoil,
    at,
    facility,
    filled,
    inpatient,
    on,
    on_claim,
    on_line,
)  # fmt: skip

SPOILS: Mapping[str, tuple[Spoil, ...]] = {
    "authorization-exception": tuple(
        lambda clean, context, why=why: (
            replace(clean, exception="3" if why == "missing" else "1"),
            replace(context, unauthorized=((1, why),)),
        )
        for why in ("missing", "asked")
    ),
    "authorization-exception-shape": (on_claim(exception="9"),),
    "facility-missing": (at("21", None), at("24", None), on_line(place="22")),
    "facility-shape": tuple(
        at("22", one)
        for one in (
            replace(CEDAR, name=""),
            replace(CEDAR, npi="1245319590"),
            replace(CEDAR, address=None),
            replace(CEDAR, address=Address("1 Cedar Way", "Salem", "OR", "97301")),
            replace(CEDAR, address=Address("", "Salem", "OR", "973010012")),
        )
    ),
    "facility-own": (on_claim(facility=Facility("Any", claim().billing.npi, claim().billing.address)),),
    "facility-place": tuple(
        lambda clean, context, place=place: (
            at(place)(clean, context)[0],
            replace(context, listed=(Listed(CEDAR, ("21",), date(2026, 1, 1)),)),
        )
        for place in ("22", "11")
    ),
    "admission-missing": (at("21", told=None), at("21", told=Professional(discharged_on=date(2026, 5, 6)))),
    "admission-unsaid": (at("51", told=None), at("61", told=Professional())),
    "stay-days": (
        at("21", told=replace(ADMITTED, admitted_on=date(2026, 5, 6))),
        at("21", told=replace(ADMITTED, discharged_on=date(2026, 5, 4))),
        at("22", told=replace(ADMITTED, discharged_on=date(2026, 5, 3))),
        at("22", told=replace(ADMITTED, discharged_on=date(2026, 5, 21))),
    ),
    "accident": tuple(
        on_claim(professional=told)
        for told in (
            Professional(causes=("OA",)),
            Professional(causes=("AA",), accident_on=date(2026, 5, 1)),
            Professional(causes=("AA",), accident_on=date(2026, 5, 1), accident_state="OREGON"),
            Professional(accident_on=date(2026, 5, 1)),
            Professional(causes=("XX",)),
            Professional(causes=("EM",), accident_on=date(2026, 5, 6)),
        )
    ),
    "onset": (
        on_claim(professional=Professional(illness_on=date(2026, 5, 6))),
        on_claim(professional=Professional(menstrual_on=date(2026, 5, 6))),
    ),
    "referring-npi": (
        on_claim(referring=Rendering("1234567890", "Roe")),
        on_claim(supervising=Rendering("1245319590", "Roe")),
        lambda clean, context: on("cover", filing_code="MB")(replace(clean, referring=Rendering("", "Roe")), context),
        on_claim(referring=Rendering("1234567893", "")),
    ),
    "referring-missing": (
        lambda clean, context: on("cover", filing_code="MB")(*on_line(code="80999")(clean, context)),
    ),
    "late-charges": (
        lambda clean, context: inpatient("01", hour="", frequency="5")(clean, replace(context, late_alone=True)),
    ),
    "dental-code": (filled(code="J1885"), filled(code="D215")),
    "tooth": (
        filled(DentalLine((Tooth("40"),))),
        filled(DentalLine((Tooth("", ("M",)),))),
        filled(DentalLine((Tooth("12", ("X",)),))),
        filled(DentalLine((), ("1",))),
        filled(DentalLine((), ("10",) * 6)),
        filled(DentalLine((Tooth("1"),) * 33)),
    ),
    "prosthesis": (
        filled(DentalLine(prosthesis="R")),
        filled(DentalLine(prosthesis="I", prior_on=date(2020, 1, 1))),
        filled(DentalLine(prosthesis="X")),
    ),
    "orthodontics": (filled(dental=Dental(24, 36)),),
    "dental-drug": (filled(drug=Drug("00409379501", Decimal(2), "ML")),),
}

CLEAN: Mapping[str, Spoil] = {
    "of an inpatient": at("21"),
    "of an outpatient at the practice's own surgery centre": at(
        "24", Facility("Any", claim().billing.npi, claim().billing.address), None
    ),
    "an inpatient's picture that was read after the discharge": lambda clean, context: (
        replace(
            at("21", told=replace(ADMITTED, discharged_on=date(2026, 5, 4)))(clean, context)[0],
            lines=tuple(replace(line, modifiers=("26",)) for line in clean.lines),
        ),
        replace(context, codes=CodeRelease("none")),
    ),
    "of an illness that began between the services": lambda clean, context: (
        replace(
            clean,
            professional=Professional(date(2026, 5, 6), date(2026, 5, 6), causes=("OA",)),
            lines=(clean.lines[0], replace(clean.lines[1], from_date=date(2026, 5, 7))),
        ),
        context,
    ),
    "an outpatient of a facility that is on its practice's list": lambda clean, context: (
        facility(facility=CEDAR, lines=tuple(replace(line, revenue_code="0510", pointers=()) for line in clean.lines))(
            clean, context
        )[0],
        replace(context, listed=(Listed(CEDAR, ("21",), date(2026, 1, 1)),)),
    ),
    "supervised by somebody who has no NPI": on_claim(supervising=Rendering("", "Roe")),
    "the office itself, as its own system writes it": on_claim(
        facility=Facility("ANY", claim().billing.npi, Address("400 MAIN STREET", "DAYTON", "OH", "45402"))
    ),
    "after a car accident": on_claim(
        professional=Professional(None, date(2026, 5, 1), causes=("AA",), accident_state="OR")
    ),
    "of an illness from work": on_claim(professional=Professional(causes=("EM",))),
    "an emergency that nobody could be asked about": lambda clean, context: (
        replace(clean, exception="3"),
        replace(context, unauthorized=((1, "missing"),)),
    ),
    "an exception where nothing had to be asked for": on_claim(exception="3"),
    "referred by whoever rendered it": on_claim(referring=Rendering("1234567893", "Fernley"), rendering=RENDERING),
    "a replacement and its areas": filled(DentalLine((Tooth("12", ("M", "O")),), ("10",), "R", date(2019, 5, 2))),
}
