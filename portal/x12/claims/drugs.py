"""Drugs beside a service, loop 2410 of an 837P or 837I, written and read."""

from __future__ import annotations

from portal.domain.drugs import Drug
from portal.domain.texts import T_
from portal.x12.characters import decimal_text
from portal.x12.claims import fields
from portal.x12.claims.lines import Note, quantity
from portal.x12.claims.loops import Span, find
from portal.x12.claims.names import Segments


def write_drug(drug: Drug) -> Segments:
    """LIN and CTP, and the number of the prescription."""
    yield "LIN", "", "N4", drug.ndc
    if drug.quantity is not None:
        yield "CTP", "", "", "", decimal_text(drug.quantity), drug.unit
    if drug.prescription:
        yield "REF", "XZ", drug.prescription


def read_drug(span: Span, note: Note) -> Drug | None:
    """The drug of a loop 2410; None where it names none by its NDC. A quantity that is no number is a finding."""
    lin, ctp = find(span, "LIN"), find(span, "CTP")
    if lin is None or fields.text(lin, 2) != "N4" or not fields.text(lin, 3):
        return None
    amount = None
    if fields.text(ctp, 4):
        try:
            amount = quantity(fields.text(ctp, 4))
        except ValueError:
            note(ctp or lin, "drug-quantity", T_("The quantity of a drug is no number; it was left out."))
    unit = ctp.components(5)[0].strip() if ctp is not None and ctp.get(5) else ""
    number = next((fields.text(one, 2) for one in span if one.id == "REF" and fields.text(one, 1) == "XZ"), "")
    return Drug(fields.text(lin, 3), amount, unit, number)
