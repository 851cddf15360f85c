"""Paying with a bill's code: a sum and the practice's name, and bad luck of every kind.

What can go wrong while paying, and where it is shown: a double press, two tabs, the same form later
(services/payments/test_paying, here), the back button (test_pay), an expired session in the middle (here: back to the
form, nothing charged), a slow or dead processor (test_paying, test_settling, test_pay), a webhook first, last or ten
times, in any order (test_settling, test_returning), lost for three days (test_returning), a guess of codes (here).
"""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.models.statements import StatementRow
from portal.services.payments import showing
from portal.web.guest.payments import MOST_WRONG
from tests.browser import axe_findings
from tests.journeys.test_pay import Portal, billed, payments, portal
from tests.make import accounts
from tests.web.test_guard import form_token

__all__ = ["portal"]

OF_HER = ("Teresa", "Marlowe", "G0438", "L1902", "Larch", "June", "May", "visit")


@pytest.fixture
def stranger(portal: Portal) -> FlaskClient:
    return portal.app.test_client()


def code_of(portal: Portal, bill: str) -> str:
    with portal.world.read("statement:view") as uow:
        return str(uow.read(uow.get(StatementRow, bytes.fromhex(bill)), StatementRow.code_sealed))


def send(client: FlaskClient, path: str, **form: str):
    return client.post(path, data={"csrf_token": form_token(client, "/pay"), **form})


def words(answer) -> str:
    inline = re.sub(r"</?(?:b|i|span|strong|time)\b[^>]*>", "", answer.text.replace("&nbsp;", " "))
    return " ".join(re.sub(r"<[^>]+>", " ", inline).split())


def key_in(answer) -> str:
    return re.search(r'name="form_key" value="([0-9a-f]{32})"', answer.text).group(1)


def test_a_guest_pays_with_the_code_and_learns_nothing_but_the_sum(portal: Portal, stranger: FlaskClient):
    _, bill = billed(portal)
    code = code_of(portal, bill)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    shown = send(stranger, "/pay", code=f" {code.lower().replace('-', ' ')} ")
    assert "$86.40 is open at Juniper Ridge Family Practice." in words(shown)
    assert shown.headers["X-Robots-Tag"].startswith("noindex")
    assert shown.headers["Cache-Control"] == "no-store"
    linked = stranger.get(f"/pay/{code}")
    assert "$86.40 is open" in words(linked), "the address of the square on the paper"

    form = {"code": code, "form_key": key_in(linked), "amount": "other", "sum": "20"}
    started = send(stranger, "/pay/start", **form)
    assert started.status_code == 303
    assert send(stranger, "/pay/start", **form).location == started.location, "a double press is one payment"
    [row] = payments(portal.world)
    done = f"/pay/done/{row.id.hex()}"
    assert "has not confirmed $20.00" in words(stranger.get(done))
    portal.server.pay(started.location.rsplit("/", 1)[1])
    assert portal.server.idle()
    thanks = stranger.get(done)
    [row] = payments(portal.world)
    assert (row.state, row.user_id, row.receipt_number is not None) == ("SUCCEEDED", None, True)
    assert f"Your receipt number is {row.receipt_number}." in words(thanks)
    for page in (shown, linked, thanks):
        assert [each for each in OF_HER if each in page.text] == []
    assert "$66.40 is open" in words(stranger.get(f"/pay/{code}"))
    assert "Online, by card" in portal.page("/my/payments"), "whose bill it is sees it"

    again = send(stranger, "/pay/start", **form)
    assert again.status_code == 422, "the same form later charges nothing"
    assert "This form was used already" in words(again)
    started = send(stranger, "/pay/start", code=code, amount="all")
    portal.server.pay(started.location.rsplit("/", 1)[1])
    assert portal.server.idle()
    assert "Nothing is open on this code" in words(stranger.get(f"/pay/{code}"))


def test_every_wrong_code_is_answered_alike_and_a_guesser_is_slowed_down(portal: Portal, stranger: FlaskClient):
    _, bill = billed(portal)
    said = {words(send(stranger, "/pay", code=each)) for each in ("7K3M-9QWT-2B4X", "", "x", "' or 1=1 --")}
    assert len(said) == 1
    assert "No bill has this code." in said.pop()
    for _ in range(MOST_WRONG - 4):
        assert stranger.get("/pay/7K3M-9QWT-2B4X").status_code == 422
    assert stranger.get("/pay/7K3M-9QWT-2B4X").status_code == 429
    assert stranger.get(f"/pay/{code_of(portal, bill)}").status_code == 429, "a right one too: nothing is told apart"
    portal.world.clock.forward(minutes=11)
    assert stranger.get(f"/pay/{code_of(portal, bill)}").status_code == 200


def test_a_guest_sees_no_other_payment_and_pays_no_more_than_the_bill(portal: Portal, stranger: FlaskClient):
    patient_id, bill = billed(portal)
    code = code_of(portal, bill)
    for cents in ("86.41", "0.49", "-5", "1e3", ""):
        answer = send(stranger, "/pay/start", code=code, amount="other", sum=cents)
        assert answer.status_code == 422, cents
    assert payments(portal.world) == []
    path = f"/my/statements/{bill}/pay"
    assert portal.post(path, amount="all").status_code == 303
    [row] = payments(portal.world)
    assert stranger.get(f"/pay/done/{row.id.hex()}").status_code == 404, "who signed in is no guest"
    assert stranger.get(f"/pay/done/{'ab' * 16}").status_code == 404
    with portal.world.write("account:view") as uow:
        accounts.visit(uow, uow.get(PatientRow, patient_id), accounts.JUNE, {"A4550": 5_000})
    answer = send(stranger, "/pay/start", code=code, amount="other", sum="100")
    assert answer.status_code == 422, "what came after the bill is not on it"


def test_a_bank_payment_is_told_and_not_asked_twice(portal: Portal, stranger: FlaskClient):
    _, bill = billed(portal)
    path = f"/my/statements/{bill}/pay"
    started = portal.post(path, amount="other", sum="71.40")
    portal.server.pay(started.location.rsplit("/", 1)[1], "us_bank_account")
    assert portal.server.idle()
    [row] = payments(portal.world)
    assert "Your bank payment of $71.40 is on its way." in portal.page(f"/my/payments/{row.id.hex()}/return")
    said = portal.page(path)
    assert "A payment of $71.40 is on its way from your bank." in said
    assert "Beside that, $15.00 is open." in said
    assert "On its way from the bank" in portal.page("/my/payments")
    assert "$15.00 is open" in words(stranger.get(f"/pay/{code_of(portal, bill)}"))
    assert portal.post(path, amount="other", sum="15.01").status_code == 422
    intent = portal.cards.checkout(started.location.rsplit("/", 1)[1]).intent
    portal.server.settle(intent)
    assert portal.server.idle()
    assert "You paid $71.40" in portal.page(f"/my/payments/{row.id.hex()}")
    portal.server.return_debit(intent)
    assert portal.server.idle()
    receipt = portal.page(f"/my/payments/{row.id.hex()}")
    assert "Returned by the bank" in receipt
    assert "$0.00 of this payment stays paid." in receipt
    assert "The bank took this payment back" in portal.page(f"/my/payments/{row.id.hex()}/return")
    assert "you owe us $86.40" in portal.page("/my/")


def test_ticked_visits_are_paid_first_and_counted_by_the_books(portal: Portal):
    _, bill = billed(portal)
    path = f"/my/statements/{bill}/pay"
    ticks = re.findall(r'name="visit" value="([0-9a-f]{32})"', portal.client.get(path).text)
    assert len(ticks) == 2
    started = portal.post(path, amount="ticked", visit=ticks[1])
    portal.server.pay(started.location.rsplit("/", 1)[1])
    assert portal.server.idle()
    [row] = payments(portal.world)
    assert row.amount_cents == 7_140
    with portal.world.read("account:view") as uow:
        assert [
            each.owed.cents
            for each in showing.pay_page(
                uow, [row.patient_id], statement_id=bill, due_on=None, contact=None, form_key=""
            ).visits
        ] == []
        assert showing.left_of(uow, uow.get(PaymentRow, row.id)).cents == 1_500
    answer = portal.post(path, amount="other", sum="20", visit=ticks[0])
    assert answer.status_code == 422


def test_a_session_that_ended_in_the_middle_leads_back_to_the_form_and_charges_nothing(portal: Portal):
    _, bill = billed(portal)
    path = f"/my/statements/{bill}/pay"
    token = form_token(portal.client, path)
    portal.world.clock.forward(hours=13)
    answer = portal.client.post(path, data={"csrf_token": token, "amount": "all"})
    assert answer.status_code in {303, 400}
    assert "next=" in (answer.location or answer.text)
    assert payments(portal.world) == []


def test_on_a_phone_in_both_languages_the_code_leads_to_the_sum_and_to_the_receipt(portal: Portal, page: Page):
    _, bill = billed(portal)
    code, site = code_of(portal, bill), portal.site
    page.set_viewport_size({"width": 390, "height": 844})
    agrees_to_a_plan(portal, page, bill)
    page.context.clear_cookies()
    page.goto(f"{site}/pay")
    assert axe_findings(page) == []
    page.get_by_role("button", name="En español").click()
    page.get_by_label("Código").fill(code.lower())
    page.get_by_role("button", name="Ver lo que falta por pagar").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("$86.40 por pagar en Juniper Ridge Family Practice.")
    assert axe_findings(page) == []
    page.goto(f"{site}/pay")
    page.get_by_role("button", name="In English").click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Show what is open").click()
    page.get_by_label("Another amount", exact=False).first.check()
    page.get_by_label("Another amount, in dollars").fill("20")
    page.get_by_role("button", name="Go on to the payment page").click()
    page.wait_for_url(f"{portal.server.url}/pay/**")
    portal.server.pay(page.url.rsplit("/", 1)[1])
    assert portal.server.idle()
    [row] = payments(portal.world)
    page.goto(f"{site}/pay/done/{row.id.hex()}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("received $20.00")
    expect(page.get_by_role("main")).to_contain_text(str(row.receipt_number))
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    asks_about_a_line(portal, page, bill)


def comes_in(portal: Portal, page: Page) -> None:
    cookie = portal.client.get_cookie("sid")
    assert cookie is not None
    page.context.add_cookies([{"name": "sid", "value": cookie.value, "url": portal.site}])


def agrees_to_a_plan(portal: Portal, page: Page, bill: str) -> None:
    """Signed in: three payments are chosen in English, their dates are read in Spanish, agreed to, and stopped."""
    comes_in(portal, page)
    page.goto(f"{portal.site}/my/statements/{bill}/pay")
    page.get_by_role("main").get_by_role("link", name="Pay in parts").click()
    page.get_by_label("Day of the month").select_option("31")
    page.get_by_role("button", name="Show the dates").click()
    assert axe_findings(page) == []
    page.get_by_label("3 payments").check()
    page.get_by_role("button", name="See the plan").click()
    expect(page.get_by_role("listitem").filter(has_text="$28.80")).to_have_count(3)
    assert axe_findings(page) == []
    page.get_by_role("button", name="En español").click()
    expect(page.get_by_role("main")).to_contain_text("Acepto pagar $86.40 a Juniper Ridge Family Practice en 3 pagos")
    page.get_by_label("Lo he leído y estoy de acuerdo").check()
    page.get_by_role("button", name="Comenzar mi plan").click()
    expect(page.get_by_role("main")).to_contain_text("Próximo pago: $28.80")
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Cancelar este plan").click()
    expect(page.get_by_role("main")).to_contain_text("Cancelado")
    page.get_by_role("button", name="In English").click()


def asks_about_a_line(portal: Portal, page: Page, bill: str) -> None:
    """Signed in, on the same phone: a line of the bill is asked about in Spanish, and read again in English."""
    comes_in(portal, page)
    page.goto(f"{portal.site}/my/statements/{bill}")
    page.get_by_role("button", name="En español").click()
    page.get_by_role("link", name="Preguntar por esto").nth(1).click()
    assert axe_findings(page) == []
    page.get_by_label("Mi plan debió pagar").check()
    page.get_by_label("En sus propias palabras").fill("El año pasado mi plan lo pagó todo.")
    page.get_by_role("button", name="Enviar mi pregunta").click()
    expect(page.get_by_role("main")).to_contain_text("Su factura espera.")
    expect(page.get_by_role("main")).to_contain_text("a más tardar el lunes, 10 de agosto")
    page.get_by_role("button", name="In English").click()
    expect(page.get_by_role("main")).to_contain_text("answers here by Monday, August 10")
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
