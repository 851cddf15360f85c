"""The page to pay on, in the processor's own plain HTML, and the switches for faults."""

from __future__ import annotations

from html import escape

from flask import Flask, Response, make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.money import Money
from portal.sandbox.cards import checkout, disputes, refunds
from portal.sandbox.cards.account import Account
from portal.sandbox.cards.api import Api
from portal.sandbox.cards.errors import ApiError
from portal.sandbox.cards.faults import Faults
from portal.sandbox.cards.forms import Json
from portal.sandbox.cards.webhooks import Courier

_STYLE = """:root{color-scheme:light dark;--ink:#1b2733;--paper:#fff;--line:#c8d0d8;--do:#1d4f91;--bad:#9b1c1c}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--paper:#161c22;--line:#46525e;--do:#8db8f0;--bad:#ffa8a8}}
*{box-sizing:border-box}body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
main{max-width:30rem;margin:0 auto;padding:2rem 1rem}h1{font-size:1.25rem;margin:0 0 .25rem}
.sum{font-size:2rem;font-weight:700;font-variant-numeric:tabular-nums;margin:.25rem 0 1.5rem}
fieldset{border:1px solid var(--line);border-radius:.5rem;padding:.5rem 1rem;margin:0 0 1rem}
label{display:flex;gap:.75rem;padding:.6rem 0;align-items:baseline}label+label{border-top:1px solid var(--line)}
small{display:block;opacity:.85}input{flex:none}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;border-radius:.5rem;cursor:pointer;
width:100%;margin:0 0 .75rem;border:1px solid var(--do);color:var(--do);background:transparent}
button.go{background:var(--do);color:var(--paper)}.bad{color:var(--bad);font-weight:600}
:focus-visible{outline:3px solid var(--do);outline-offset:2px}"""

_FRAME = (
    '<!doctype html>\n<html lang="en-US"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    '<link rel="icon" href="data:,"><link rel="stylesheet" href="/pay.css"></head>'
    "<body><main>{body}</main></body></html>\n"
)
_FORM = (
    '<p>Practice card processor. No money moves.</p><h1>{name}</h1><p class="sum">{amount}</p>{note}'
    '<form method="post"><fieldset><legend>Pay with</legend>{choices}</fieldset>'
    '<button class="go" name="do" value="pay">Pay {amount}</button>'
    '<button name="do" value="cancel">Cancel and go back</button></form>'
)
_CHOICE = (
    '<label><input type="radio" name="means" value="{value}"{checked}><span>{title}<small>{hint}</small></span></label>'
)
_DECLINED = '<p class="bad" role="alert">The card was declined. Nothing was charged. Choose another way to pay.</p>'
_CHOICES = (
    ("good", "card", "Card ending 4242", "The payment goes through at once."),
    ("declined", "card", "Card ending 0002", "The bank declines it."),
    ("bank", "us_bank_account", "Bank account ending 6789", "The payment arrives later."),
)


def add_to(app: Flask, account: Account) -> None:
    """Put the page `/pay/<session>` and its style sheet into a Flask app."""

    def style() -> Response:
        return Response(_STYLE, content_type="text/css; charset=utf-8")

    def pay(session_id: str) -> AnyResponse:
        try:
            session = account.find("checkout.session", session_id)
            checkout.sweep(account)
            if request.method == "GET":
                return _page(account, session)
            return _paid(account, session)
        except ApiError as error:
            body = f"<h1>This page is closed</h1><p>{escape(error.message)}</p>"
            return _html("Closed", body, 404 if error.status == 404 else 410)

    app.add_url_rule("/pay.css", "style", style)
    app.add_url_rule("/pay/<session_id>", "pay", pay, methods=["GET", "POST"])


def _page(account: Account, session: Json, note: str = "") -> AnyResponse:
    if session["status"] != "open":
        raise ApiError(400, "It was already paid, canceled, or left open too long. Go back to the practice's site.")
    with account.lock:
        name, amount = session["_"]["name"], str(Money(session["amount_total"]))
    choices = "".join(
        _CHOICE.format(value=value, title=title, hint=hint, checked=" checked" if value == "good" else "")
        for value, means, title, hint in _CHOICES
        if means in session["payment_method_types"]
    )
    return _html("Pay", _FORM.format(name=escape(name), amount=amount, note=note, choices=choices), 200)


def _paid(account: Account, session: Json) -> AnyResponse:
    if request.form.get("do") == "cancel" and session["cancel_url"]:
        return redirect(session["cancel_url"], 303)
    means = {value: kind for value, kind, _, _ in _CHOICES}.get(request.form.get("means", ""))
    if request.form.get("do") != "pay" or means is None:
        return _page(account, session)
    if not checkout.pay(account, session["id"], means, declined=request.form["means"] == "declined"):
        return _page(account, session, _DECLINED)
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)


def _html(title: str, body: str, status: int) -> AnyResponse:
    answer = make_response(_FRAME.format(title=title, body=body), status)
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def add_switches_to(app: Flask, account: Account, api: Api, faults: Faults, courier: Courier) -> None:
    """Put `/admin/…` into a Flask app: faults, and what becomes of debits, refunds, disputes; with the API key only."""

    def switch(what: str) -> tuple[Json, int]:
        if not api.allowed():
            return ApiError(401, "Invalid API Key provided.").body(), 401
        form = request.form
        succeeded = form.get("succeeded", "true") == "true"
        try:
            if what == "faults":
                order = faults.webhook if form.get("on") == "webhook" else faults.api
                order(form.get("kind", ""), times=int(form.get("times", "1")), seconds=float(form.get("seconds", "0")))
            elif what == "release":
                faults.release()
                courier.release()
            elif what == "settle":
                checkout.settle(account, form.get("payment_intent", ""), succeeded=succeeded)
            elif what == "settle-refund":
                refunds.settle(account, form.get("refund", ""), succeeded=succeeded)
            elif what == "dispute":
                disputes.dispute(account, form.get("payment_intent", ""), inquiry=form.get("inquiry") == "true")
            elif what == "close-dispute":
                disputes.close(account, form.get("dispute", ""), won=succeeded)
            elif what == "return":
                disputes.return_debit(account, form.get("payment_intent", ""))
            else:
                return {"error": {"message": "no such switch"}}, 404
        except ValueError as error:
            return {"error": {"message": str(error)}}, 400
        except ApiError as error:
            return error.body(), error.status
        return {"done": what}, 200

    app.add_url_rule("/admin/<what>", "admin", switch, methods=["POST"])
