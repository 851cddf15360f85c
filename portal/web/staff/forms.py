"""Forms of the office: what was typed, many of a name in step, and what is wrong with which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from flask import request

from portal.domain.errors import Refused
from portal.domain.sampling import read_found
from portal.domain.texts import T_, Text
from portal.services.intake.kind_forms import ROWS, Typed
from portal.services.intake.lines import TypedLine

_MOST_ROWS = 1_000
"""Of a form: all services of a facility's claim, and one that is new; what is left out of a form is taken out."""


@dataclass(slots=True)
class Form:
    """`data` and `errors` as the templates read them."""

    data: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, list[Text]] = field(default_factory=dict)


def version(name: str = "version") -> int:
    """The row version the person saw; raises Refused where a form carries none."""
    given = request.form.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Refused(T_("This form is not complete. Open the page again."), code="version")
    return int(given)


def lines() -> tuple[TypedLine, ...]:
    """Service lines of a form: position, code, modifiers, points, units and charge, each many and in step.

    A form that asks for drugs has ndc, quantity, measure and prescription, in step too.
    """
    out = {*request.form.getlist("out"), request.form.get("drop", "")} - {""}
    columns = [
        request.form.getlist(name)[:_MOST_ROWS]
        for name in (
            "position", "code", "modifiers", "points", "units", "charge", "ndc", "quantity", "measure", "prescription",
        )
    ]  # fmt: skip
    asks = "ndc" in request.form
    return tuple(
        TypedLine(
            position, code, modifiers, points, units, charge, position in out,
            (ndc, quantity, measure, prescription) if asks else None,
        )
        for position, code, modifiers, points, units, charge, ndc, quantity, measure, prescription in zip_longest(
            *columns, fillvalue=""
        )
    )  # fmt: skip


def found(known: Mapping[str, Text]) -> dict[str, int]:
    """What a check found: category and count, each many and in step; raises Refused for nothing and what is none."""
    return read_found(request.form.getlist("category")[:10], request.form.getlist("count")[:10], known)


def nothing_found() -> None:
    """Refuse to let pass what the form says something is wrong with."""
    if any(request.form.getlist("category")):
        text = T_("You chose something that is wrong. Send it back, or choose nothing. Nothing was changed.")
        raise Refused(text, code="category")


def id_of(text: str) -> bytes | None:
    """An id from a form or query; None for what is none."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return found if len(found) == 16 else None


def details() -> Typed:
    """A facility's or dentist's details: single fields by name, and rows, each column many and in step."""
    rows = {}
    for kind, names in ROWS.items():
        columns = [request.form.getlist(f"{kind}_{name}")[:_MOST_ROWS] for name in names]
        rows[kind] = tuple(zip_longest(*columns, fillvalue=""))
    return Typed({name: text[:400] for name, text in request.form.items()}, rows)
