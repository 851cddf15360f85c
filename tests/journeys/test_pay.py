"""A patient's story: signs in, reads what is owed and why, pays by card, comes back, has a receipt."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import html5lib
import pikepdf
import pytest
import stripe

from portal.app import create_app
from portal.domain.statements.arithmetic import CYCLE_DAYS
from portal.gateways.cards import Cards
from portal.gateways.paper import Paper
from portal.jobs import handlers
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.models.statements import StatementRow
from portal.sandbox.cards.processor import CardProcessor
from portal.services.statements import making
from portal.services.users import accounts as users
from portal.services.users import enrolment, registration, signing
from tests.databases import World
from tests.loopback import Loopback
from tests.make import accounts
from tests.sandbox.processor import API_KEY, SECRET, processor
from tests.web.test_guard import PASSWORD, form_token, sign_in
from tests.web.test_guard import SECRET as TOTP

EMAIL = "teresa@example.org"


class Portal:
    """The portal on a loopback port for the processor's webhooks, and a client of its own for the patient."""

    def __init__(self, world: World, server: CardProcessor, cards: Cards, paper: Paper) -> None:
        self.world, self.server, self.cards = world, server, cards
        parts = replace(world.runtime.parts, cards=cards, paper=paper, public_url="http://localhost:8000")
        self.parts = parts
        settings = replace(world.runtime.settings, card_pages_origin=server.url)
        app = create_app(replace(world.runtime, parts=parts, settings=settings))
        self.client = app.test_client()
        self.app = app
        self._http = Loopback(app)
        self.stop = self._http.stop
        self.site = self._http.url
        server.webhook_url = f"{self._http.url}/webhooks/cards"

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.location)
        if answer.content_type.startswith("text/html"):
            html5lib.HTMLParser(strict=True).parse(answer.text)
        inline = re.sub(r"</?(?:b|i|span|strong|time)\b[^>]*>", "", answer.text.replace("&nbsp;", " "))
        return " ".join(re.sub(r"<[^>]+>", " ", inline).split())

    def post(self, path: str, **form: str):
        token = form_token(self.client, path)
        return self.client.post(path, data={"csrf_token": token, **form})


@pytest.fixture
def portal(world: World, paper: Paper, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.002)
    with processor(world.clock) as server:  # type: ignore[arg-type]  # it tells the time
        cards = Cards(API_KEY, SECRET, api_url=server.url, timeout_seconds=(1.0, 0.5))
        made = Portal(world, server, cards, paper)
        yield made
        made.stop()
        cards.close()


def patient_user(world: World, patient_id: bytes) -> None:
    with world.write("user:invite") as uow:
        user = users.create_user(uow, email=EMAIL, name="Teresa Marlowe", state="ACTIVE")
        uow.change(user, password_hash=signing.PASSWORDS.hash_password(PASSWORD))
        uow.flush()
        enrolment.set_factor(uow, user.id, TOTP)
        registration.link(uow, user.id, uow.get(PatientRow, patient_id))


def billed(portal: Portal) -> tuple[bytes, str]:
    """Teresa with her bill on paper; the jobs of a run, without its worker."""
    world = portal.world

    def mailed() -> tuple[bytes, bytes]:
        patient_id = accounts.owing(world)
        made = making.make(world.units, portal.parts, world.machine("statement.make"), patient_id)
        assert made is not None
        making.print_paper(world.units, portal.parts, world.machine("statement.paper"), made)
        patient_user(world, patient_id)
        return patient_id, made

    patient_id, made = world.scene(mailed)
    assert sign_in(portal.client, world, EMAIL).location in {"/my/", "/my"}
    return patient_id, made.hex()


def payments(world: World) -> list[PaymentRow]:
    with world.read("payment:settle") as uow:
        return uow.entities(uow.select(PaymentRow).order_by(PaymentRow.created_at))


def to_the_processor(portal: Portal, bill: str, **form: str) -> str:
    path = f"/my/statements/{bill}/pay"
    shown = portal.client.get(path).text
    key = re.search(r'name="form_key" value="([0-9a-f]{32})"', shown).group(1)
    answer = portal.post(path, form_key=form.pop("form_key", key), **form)
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith(f"{portal.server.url}/pay/")
    return answer.location.rsplit("/", 1)[1]


def test_from_one_number_to_a_receipt(portal: Portal):
    patient_id, bill = billed(portal)
    home = portal.page("/my/")
    assert "Dear Teresa," in home
    assert "you owe us $86.40 by Monday, August 24." in home
    shown = portal.page(f"/my/statements/{bill}")
    for said in (
        "$185.00",
        "$57.00",
        "deductible is met",
        "(copay)",
        "All together",
        "If it looks wrong",
        "31 to 60 days",
    ):
        assert said in shown, said
    documents = portal.client.get("/my/documents").text
    pdf = portal.client.get(re.search(r'href="(/my/documents/[0-9a-f]{32})"', documents).group(1))
    assert pdf.content_type == "application/pdf"
    assert "sandbox" in pdf.headers["Content-Security-Policy"]
    with pikepdf.open(io.BytesIO(pdf.data)) as paper:
        assert str(paper.Root.Lang) == "en-US"

    assert "2. Visit of June 9, 2026" in portal.page(f"/my/statements/{bill}/pay")
    session = to_the_processor(portal, bill, amount="other", sum="20.00")
    [row] = payments(portal.world)
    back = f"/my/payments/{row.id.hex()}/return"
    assert "has not confirmed $20.00 to us yet" in portal.page(back)
    portal.server.pay(session)
    assert portal.server.idle()
    assert [attempt.status for attempt in portal.server.attempts] == [200]

    said = portal.page(back)
    assert "We received $20.00 from you." in said
    assert "$66.40 is left to pay" in said
    receipt = portal.page(f"/my/payments/{row.id.hex()}")
    assert "You paid $20.00 on August 3, 2026." in receipt
    assert "For Teresa Marlowe" in receipt
    assert "$15.00" in receipt
    assert "$5.00" in receipt
    home = portal.page("/my/")
    assert "you owe us $66.40 by Monday, August 24." in home
    assert "Our bill of August 3, 2026 came to $86.40. After what came in since, $66.40 is left." in home
    assert "When we wrote this bill it was $86.40. After what came in since, $66.40 is left." in portal.page(
        f"/my/statements/{bill}"
    )
    assert "You looked at" not in home, "what one looks at oneself is no news"
    assert "Online, by card" in portal.page("/my/payments")
    assert "May 5, 2026" in portal.page("/my/visits")
    access = portal.page("/my/access")
    assert "Take the list with its proof" in access
    assert "You looked at" not in access, "other people, unless one asks for more"

    session = to_the_processor(portal, bill, amount="all")
    portal.server.pay(session)
    assert portal.server.idle()
    follow_jobs(portal, patient_id)
    assert "you owe us $0.00 today." in portal.page("/my/")
    assert "You owe $0.00 on this bill." in portal.page(f"/my/statements/{bill}")
    with portal.world.read("statement:view") as uow:
        assert uow.get(StatementRow, bytes.fromhex(bill)).state == "PAID"
    assert sorted(row.state for row in payments(portal.world)) == ["SUCCEEDED", "SUCCEEDED"]
    assert all(row.fee_cents for row in payments(portal.world))
    shown = portal.client.get(f"/my/payments/{payments(portal.world)[0].id.hex()}").text
    paper = portal.client.get(re.search(r'href="(/my/documents/[0-9a-f]{32})"', shown).group(1))
    with pikepdf.open(io.BytesIO(paper.data)) as receipt_paper:
        assert str(receipt_paper.docinfo["/Title"]).startswith("Receipt R-")
    assert portal.client.get("/my/documents").text.count("receipt-R-") == 2


def follow_jobs(portal: Portal, patient_id: bytes) -> None:
    """What the worker does after payments settled."""
    for row in payments(portal.world):
        job = handlers.Job(
            b"j" * 16, "payment.settled", "k", portal.world.practice_id, {"payment": row.id, "patient": patient_id}, 1
        )
        tools = handlers.Tools(portal.world.units, portal.parts, lambda: None)
        handlers.HANDLERS["payment.settled"](tools, job)
        for _ in range(2):  # a job may come again
            handlers.HANDLERS["receipt.paper"](tools, replace(job, name="receipt.paper"))


def test_an_older_bill_asks_for_nothing_and_leads_to_the_newest(portal: Portal):
    patient_id, older = billed(portal)
    world = portal.world
    world.clock.forward(days=CYCLE_DAYS)
    made = making.make(world.units, portal.parts, world.machine("statement.make"), patient_id)
    assert made is not None
    making.print_paper(world.units, portal.parts, world.machine("statement.paper"), made)
    newest = made.hex()
    sign_in(portal.client, world, EMAIL)
    said = portal.page(f"/my/statements/{older}")
    assert "A newer bill has taken the place of this one." in said
    assert "What was open here stands on your newest bill." in said
    assert "You owe " not in said
    html = portal.client.get(f"/my/statements/{older}").text
    assert f'href="/my/statements/{newest}"' in html
    assert '/pay"' not in html
    listed = portal.page("/my/documents")
    assert listed.count("$86.40 Open") == 1
    assert "On your newest bill" in listed
    form = portal.client.get(f"/my/statements/{older}/pay").text
    assert f'action="/my/statements/{newest}/pay"' in form
    assert "by Monday, September 21" in portal.page(f"/my/statements/{older}/pay"), "the day of the newest bill"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"amount": "other", "sum": "0.49"}, "The least a card can pay is $0.50."),
        ({"amount": "other", "sum": "86.41"}, "You owe $86.40 now; a payment cannot be more than that."),
        ({"amount": "other", "sum": "-5"}, "The least a card can pay is $0.50."),
        ({"amount": "other", "sum": "1e3"}, "Write the sum in dollars"),
        ({"amount": "other", "sum": ""}, "Write the sum in dollars"),
        ({"amount": "cents:1"}, "Choose what to pay"),
        ({"amount": "all", "visit": "ab" * 16}, "Choose what to pay"),
        ({"amount": "ticked"}, "Tick the visits that you want to pay"),
    ],
)
def test_T117_what_the_form_says_is_not_believed(portal: Portal, form, said):
    _, bill = billed(portal)
    answer = portal.post(f"/my/statements/{bill}/pay", **form)
    assert answer.status_code == 422
    html5lib.HTMLParser(strict=True).parse(answer.text)
    assert said in " ".join(answer.text.split())
    assert payments(portal.world) == []


def test_T117_another_persons_bill_payment_and_paper_are_not_there(portal: Portal):
    _, _ = billed(portal)
    world = portal.world
    other = accounts.owing(world, first_name_sealed="Tom")
    bill = making.make(world.units, portal.parts, world.machine("statement.make"), other)
    making.print_paper(world.units, portal.parts, world.machine("statement.paper"), bill)
    with world.read("statement:view") as uow:
        document = uow.get(StatementRow, bill).document_id
    for path in (f"/my/statements/{bill.hex()}", f"/my/statements/{bill.hex()}/pay", f"/my/documents/{document.hex()}",
                 f"/my/payments/{'ab' * 16}", f"/my/payments/{'ab' * 16}/return"):  # fmt: skip
        portal.page(path, 404)
    token = form_token(portal.client, "/my/")
    answer = portal.client.post(f"/my/statements/{bill.hex()}/pay", data={"csrf_token": token, "amount": "all"})
    assert answer.status_code == 404
    assert payments(world) == []


def test_T124_a_forged_return_settles_nothing(portal: Portal):
    _, bill = billed(portal)
    to_the_processor(portal, bill, amount="all")
    [row] = payments(portal.world)
    for query in ("", "?success=1&state=SUCCEEDED&amount=8640", "?session_id=cs_test_paid"):
        said = portal.page(f"/my/payments/{row.id.hex()}/return{query}")
        assert "has not confirmed" in said
    assert payments(portal.world)[0].state == "PENDING"
    assert "you owe us $86.40" in portal.page("/my/")


def test_going_back_without_paying_closes_the_page_at_the_processor(portal: Portal):
    _, bill = billed(portal)
    session = to_the_processor(portal, bill, amount="all")
    [row] = payments(portal.world)
    said = portal.page(f"/my/payments/{row.id.hex()}/return?back=1")
    assert "You went back without paying" in said
    assert portal.cards.checkout(session).status == "expired"
    assert payments(portal.world)[0].state in {"CANCELLED", "EXPIRED"}, "by us, or by its webhook if that was first"
    to_the_processor(portal, bill, amount="all")


def test_a_page_that_asks_the_processor_itself_needs_no_webhook(portal: Portal):
    _, bill = billed(portal)
    portal.server.faults.webhook("lost", times=3)
    portal.server.pay(to_the_processor(portal, bill, amount="all"))
    [row] = payments(portal.world)
    assert "We received $86.40 from you." in portal.page(f"/my/payments/{row.id.hex()}/return")


def test_a_dead_processor_says_so_and_a_slow_return_stays_pending(portal: Portal):
    _, bill = billed(portal)
    portal.server.faults.api("500", times=3)
    path = f"/my/statements/{bill}/pay"
    answer = portal.post(path, amount="all")
    assert answer.status_code == 503
    assert "The card processor does not answer just now" in answer.text
    assert "writes down every look" not in answer.text, "that is not why"
    to_the_processor(portal, bill, amount="all")
    row = next(each for each in payments(portal.world) if each.state == "PENDING")
    portal.server.faults.api("500", times=3)
    assert "on its way" in portal.page(f"/my/payments/{row.id.hex()}/return")


def test_the_webhooks_door_takes_only_the_processor(portal: Portal):
    client = portal.app.test_client()
    assert client.post("/webhooks/cards", data=b"{}").status_code == 400
    assert client.post("/webhooks/cards", data=b"{}", headers={"Stripe-Signature": "t=1,v1=0"}).status_code == 400
    assert client.post("/webhooks/cards", data=b"x" * 70_000).status_code == 413
    assert client.get("/webhooks/cards").status_code == 405
    assert "Set-Cookie" not in client.post("/webhooks/cards", data=b"{}").headers


def test_in_spanish_every_page_speaks_spanish(portal: Portal):
    _, bill = billed(portal)
    token = form_token(portal.client, "/my/")
    portal.client.post("/language", data={"csrf_token": token, "locale": "es_US", "next": "/my/"})
    for path in ("/my/", f"/my/statements/{bill}", f"/my/statements/{bill}/pay", "/my/visits", "/my/documents"):
        assert 'lang="es-US"' in portal.client.get(path).text
    assert "deducible" in portal.page(f"/my/statements/{bill}")


def test_the_office_writes_bills_on_a_screen(portal: Portal):
    from tests.web.test_guard import person

    accounts.owing(portal.world)
    person(portal.world, "biller")
    sign_in(portal.client, portal.world)
    assert "No bill was written yet." in portal.page("/office/statements/")
    shown = portal.page("/office/statements/run")
    assert "Teresa Marlowe" in shown
    assert "$86.40" in shown
    html = portal.client.get("/office/statements/run").text
    run_on = re.search(r'name="run_on" value="([0-9-]+)"', html).group(1)
    assert portal.post("/office/statements/run", run_on="2026-01-01").status_code == 422
    progress = portal.post("/office/statements/run", run_on=run_on).location
    assert progress.startswith("/office/statements/runs/")
    assert "We are looking who owes something." in portal.page(progress)


def test_a_part_of_a_plan_is_paid_once_and_an_old_page_changes_nothing(portal: Portal):
    billed(portal)
    started = portal.post("/my/plans", count="3", day="15", form_key="5" * 32)
    here = started.location
    assert portal.post("/my/plans", count="3", day="15", form_key="5" * 32).location == here
    version = re.search(r'name="version" value="([0-9]+)"', portal.client.get(here).text).group(1)
    assert portal.post(here + "/agree", version=version).status_code == 422, "not ticked"
    assert portal.post(here + "/agree", version=version, agree="1").location == here
    assert portal.post(here + "/stop", version=version).status_code == 409, "the page from before the yes"
    shown = portal.client.get(here).text
    key = re.search(r'name="form_key" value="([0-9a-f]{32})"', shown).group(1)
    paying = portal.post(here + "/pay", amount="next", form_key=key)
    assert portal.post(here + "/pay", amount="next", form_key=key).location == paying.location
    portal.server.pay(paying.location.rsplit("/", 1)[1])
    assert portal.server.idle()
    assert [row.amount_cents for row in payments(portal.world)] == [2_880]
    assert "Paid so far $28.80" in portal.page(here)
    assert portal.post(here + "/pay", amount="other", sum="60", form_key="6" * 32).status_code == 422
    office = portal.page("/my/plans")
    assert "Next: $28.80" in office
