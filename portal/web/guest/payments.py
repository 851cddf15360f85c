"""The code of a bill, the sum that is open on it, the way to the processor's page and back."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import request, url_for

from portal.domain.errors import Refused
from portal.domain.money import parse_cents
from portal.domain.payments import CardsRefused, CardsUnavailable
from portal.domain.texts import T_, Text
from portal.services.payments import guests, paying, settling
from portal.services.users import tries
from portal.web.guard import Desk, opens
from portal.web.guest.blueprint import blueprint
from portal.web.replies import Go, Page
from portal.web.shell import speaker

WRONG_CODES = "pay-code"
MOST_WRONG = 20
"""Wrong codes from one network in ten minutes; of 2**60 codes nobody finds one by guessing at that pace."""

_SLOW = T_("There were too many wrong codes. Wait a few minutes, then try again; or call us, and pay by phone.")
_NOT_A_SUM = T_("Write the sum in dollars, for example 40.00. Nothing was charged.")


@dataclass(frozen=True, slots=True)
class GuestForm:
    """What was written into a form, and what is wrong with it."""

    data: dict[str, str]
    errors: dict[str, list[Text]] = field(default_factory=dict)


@blueprint.get("", endpoint="code")
@opens("asks for the code of a bill, for whoever pays without signing in")
def show_code(_desk: Desk) -> Page:
    """One field."""
    return Page("guest/code.html", None, {"form": None})


@blueprint.post("", endpoint="look")
@opens("looks up the code of a bill; one generic answer to whatever is none, and slow to whoever guesses")
def look(desk: Desk) -> Page:
    """The sum that is open; the code stays in the form and out of the address."""
    return _amount(desk, request.form.get("code", ""))


@blueprint.get("/<code>", endpoint="open")
@opens("the address of the square code on a bill: shows the sum that is open and changes nothing")
def open_code(desk: Desk, code: str) -> Page:
    """As though the code had been typed."""
    return _amount(desk, code)


@blueprint.post("/start", endpoint="start")
@opens("opens the processor's page for a bill whose code was given; the books bound the amount")
def start(desk: Desk) -> Go | Page:
    """To the processor."""
    code, data = request.form.get("code", ""), {name: request.form.get(name, "") for name in ("amount", "sum")}
    _slow_down(desk)
    try:
        url = guests.begin(
            desk.units,
            desk.parts,
            desk.request,
            code=code,
            amount_cents=_cents(data),
            form_key=_key(),
            locale=speaker().locale,
            returns=lambda payment_id: desk.parts.public_url + url_for("guest.done", payment_id=payment_id),
        )
    except Refused as error:
        if error.code == "wrong-code":
            return _unknown(desk, error)
        page = guests.look(desk.units, desk.request, code)
        return Page("guest/amount.html", page, {"form": GuestForm(data, {"sum": [error.text]})}, status=422)
    return Go(url, outside=True)


@blueprint.get("/done/<id:payment_id>", endpoint="done")
@opens("says what became of a guest's payment; its address is known to whoever paid")
def done(desk: Desk, payment_id: bytes) -> Page:
    """Back from the processor: the address proves nothing, our books do, after asking there."""
    back = "back" in request.args
    guests.check(desk.units, desk.request, payment_id)
    try:
        if settling.refresh(desk.units, desk.parts, payment_id) == "open" and back:
            settling.close(desk.units, desk.parts, payment_id)
    except (CardsUnavailable, CardsRefused):
        pass  # it stays pending; the webhook or the poll will tell
    return Page("guest/done.html", guests.return_page(desk.units, desk.request, payment_id, back=back))


def _amount(desk: Desk, code: str) -> Page:
    _slow_down(desk)
    try:
        return Page("guest/amount.html", guests.look(desk.units, desk.request, code), {"form": None})
    except Refused as error:
        return _unknown(desk, error)


def _unknown(desk: Desk, error: Refused) -> Page:
    """The same answer for every code that opens nothing; each counts against its network."""
    tries.count_network(desk.units, desk.request.address, kind=WRONG_CODES)
    return Page("guest/code.html", None, {"form": GuestForm({}, {"code": [error.text]})}, status=422)


def _slow_down(desk: Desk) -> None:
    if tries.crowded(desk.units, desk.request.address, kind=WRONG_CODES, most=MOST_WRONG):
        raise Refused(_SLOW, code="slow")


def _cents(data: dict[str, str]) -> int | None:
    """The sum written; None for all of it. Raises Refused for what is no sum."""
    if data["amount"] == "all":
        return None
    try:
        return parse_cents(data["sum"].strip().removeprefix("$").replace(",", ""))
    except ValueError:
        raise Refused(_NOT_A_SUM, code="not-a-sum") from None


def _key() -> str:
    """The form's own key; one that is not of ours is replaced, which only loses the guard against a double press."""
    given = request.form.get("form_key", "")
    return given if len(given) == 32 and set(given) <= set("0123456789abcdef") else paying.form_key()
