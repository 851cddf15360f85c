"""Requests for help as the office works them: the figures, papers, a decision by one or two people, the letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from flask import Blueprint, request, url_for

from portal.domain.assistance.life import ASKS, DENIALS, GRANTS, REASONS, REVOCATIONS
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.services.assistance import deciding, showing
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from portal.web.guard import Desk, desks, reads
from portal.web.replies import Go, Page, Reply
from portal.web.staff import forms

blueprint = Blueprint("assistance", __name__, url_prefix="/assistance")
_BY_ITSELF: Final = frozenset({"form", "version", "not-found", "no-such-move"})
_MANAGERS: Final = frozenset({"back", "revoke"})


@blueprint.get("/<id:assistance_id>")
@reads("assistance:view")
def show(uow: UnitOfWork, assistance_id: bytes) -> Reply:
    """One request with its figures; `percent` and `government` reckon it otherwise, and keep nothing."""
    given = request.args.get("percent", "")
    percent = int(given) if given.isascii() and given.isdigit() and len(given) < 4 and int(given) <= 100 else None
    page = showing.office_page(uow, assistance_id, percent=percent, government=request.args.get("government") == "1")
    more = {
        "asks": _words(ASKS), "grants": _words(GRANTS), "denials": _words(DENIALS), "revocations": _words(REVOCATIONS),
    }  # fmt: skip
    return Page("staff/assistance/show.html", page, more)


@blueprint.post("/<id:assistance_id>")
@desks("assistance:prepare")
def act(desk: Desk, assistance_id: bytes) -> Reply:
    """One step with a request."""
    do = request.form.get("do", "")
    step = _STEPS.get(do)
    if step is None:
        raise Refused(T_("This form is not complete. Open the page again."), code="form")
    here = url_for("staff.assistance.show", assistance_id=assistance_id)
    manager = do in _MANAGERS or (do == "decide" and request.form.get("second") == "1")
    try:
        with desk.write("assistance:decide" if manager else "assistance:prepare") as uow:
            said = step(uow, assistance_id)
    except Denied:
        raise
    except Refused as refused:
        if refused.code in _BY_ITSELF:
            raise
        return Go(here, refused.text, "stop")
    return Go(here, said)


def _ask(uow: UnitOfWork, id_: bytes) -> Text:
    until = request.form.get("until", "")
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError:
        raise Refused(T_("Write a day as a calendar shows it."), code="until") from None
    given = request.form
    deciding.ask_for(uow, id_, given.get("reason", ""), given.get("words", ""), day, version=forms.version())
    return T_("The patient is asked. It comes back here with the answer, or when the day is over.")


def _prepare(uow: UnitOfWork, id_: bytes) -> Text:
    given = request.form
    deciding.prepare(
        uow, id_, _percent(), government=given.get("government") == "1", note=given.get("note", ""),
        version=forms.version(),
    )  # fmt: skip
    return T_("Prepared. Somebody else decides now.")


def _back(uow: UnitOfWork, id_: bytes) -> Text:
    deciding.send_back(uow, id_, request.form.get("note", ""), version=forms.version())
    return T_("It is back with whoever prepares.")


def _decide(uow: UnitOfWork, id_: bytes) -> Text:
    given = request.form
    percent = _percent() if given.get("grant") == "1" else 0
    deciding.decide(
        uow, id_, percent, given.get("reason", ""), government=bool(percent) and given.get("government") == "1",
        words=given.get("words", ""), note=given.get("note", ""), version=forms.version(),
    )  # fmt: skip
    return T_("Decided. The letter is set and lies under “Letters to mail” in a minute.")


def _revoke(uow: UnitOfWork, id_: bytes) -> Text:
    given = request.form
    deciding.revoke(uow, id_, given.get("reason", ""), given.get("note", ""), version=forms.version())
    return T_("Taken back. The bills are open again, and a letter says so.")


def _mailed(uow: UnitOfWork, id_: bytes) -> Text:
    deciding.mailed(uow, id_, version=forms.version())
    return T_("Noted: the letter is in the mail.")


_STEPS: Final[dict[str, Callable[[UnitOfWork, bytes], Text]]] = {
    "ask": _ask, "prepare": _prepare, "back": _back, "decide": _decide, "revoke": _revoke, "mailed": _mailed,
}  # fmt: skip


def _percent() -> int:
    given = request.form.get("percent", "").strip()
    if not (given.isascii() and given.isdigit() and len(given) < 4):
        raise Refused(T_("Choose a percentage from 0 to 100."), code="percent")
    return int(given)


def _words(codes: tuple[str, ...]) -> tuple[tuple[str, Text], ...]:
    return tuple((code, REASONS[code]) for code in codes)
