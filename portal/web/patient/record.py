"""My data: the whole billing record as one file, taken after a fresh sign-in since it is everything at once."""

from __future__ import annotations

from datetime import date

from flask import render_template

from portal.domain.money import Money
from portal.domain.texts import T_, Text
from portal.language.speaker import LOCALES, Speaker
from portal.services.patients import copies, record
from portal.services.patients.record import Cell
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.patient.account import whose
from portal.web.patient.blueprint import blueprint
from portal.web.replies import File, Page, Reply
from portal.web.shell import speaker

_README = (
    T_("Your billing record"),
    T_("record.html is all of it to read: open it in any browser."),
    T_(
        "The folder tables has the same as tables for a spreadsheet. The folder documents has every paper that "
        "was made for you: bills, receipts and letters."
    ),
    T_(
        "record.json is for other programs. Its form is candor-billing-record/1: days are written 2026-01-31, "
        "instants in universal time, sums in whole cents. In the account, what is positive is owed and what is "
        "negative was paid or taken off."
    ),
    T_(
        "SHA256SUMS has a checksum of each file, so that a program can tell whether one was changed: sha256sum "
        "-c SHA256SUMS."
    ),
    T_(
        "This file is private. Whoever has it can read your bills: keep it where only you can open it, and "
        "delete it when you need it no more."
    ),
)  # fmt: skip
"""What lies in the file first, in every language of ours."""


@blueprint.get("/data", endpoint="data")
@reads("own-document:view")
def show_data(uow: UnitOfWork) -> Page:
    """What the copy holds, and the button that makes it."""
    patient_id = whose(uow)
    uow.saw(patient_id)
    return Page("patient/data.html", more={"own": patient_id in uow.actor.own_patients})


@blueprint.post("/data", endpoint="data_copy")
@desks("own-record:make")
def take_copy(desk: Desk) -> Reply:
    """The copy; its own entry is written before a byte of it leaves."""
    said = speaker()
    with desk.read("own-record:make", kind="export") as uow:
        found = record.gather(uow, whose(uow))
        sheets = [
            (sheet.title, sheet.header, [[_worded(cell, said) for cell in row] for row in sheet.rows])
            for sheet in found.sheets
        ]
        page = render_template("patient/record_copy.html", page=found, sheets=sheets)
        made = copies.pack(uow, found, say=said.text, readme=_explained(), page=page)
    return File(made.name, "application/zip", made.body)


def _worded(cell: Cell, said: Speaker) -> str:
    if isinstance(cell, date):
        return said.date(cell)
    if isinstance(cell, Money):
        return said.money(cell)
    if isinstance(cell, Text | str):
        return said.text(cell)
    return "" if cell is None else said.number(cell)


def _explained() -> str:
    said = [Speaker(locale, "UTC") for locale in LOCALES]
    return "\n\n----\n\n".join("\n\n".join(one.text(each) for each in _README) for one in said) + "\n"
