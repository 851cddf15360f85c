"""Beginning a payment: bounded by the books, once a form, never two at a time, whatever the processor does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from portal.domain.errors import NotFound, Refused, TradeError
from portal.domain.payments import CardsUnavailable
from portal.models.encounters import EncounterRow
from tests.make import accounts


def refused(till, cents: int, **more) -> str:
    with pytest.raises(Refused) as caught:
        till.begin(cents, **more)
    return caught.value.code


@pytest.mark.parametrize(
    ("cents", "code"),
    [(49, "amount-too-small"), (0, "amount-too-small"), (-100, "amount-too-small"), (8_641, "amount-too-large")],
)
def test_T117_the_books_bound_the_amount(till, cents, code):
    assert refused(till, cents) == code
    assert till.states() == []
    assert till.server.captured == ()


def test_a_payment_begins_with_the_processors_page(till):
    url = till.begin(2_000)
    assert url.startswith(f"{till.server.url}/pay/")
    [row] = till.payments()
    assert (row.state, row.amount_cents, row.checkout_url) == ("PENDING", 2_000, url)
    assert till.owed() == 8_640, "nothing is paid yet"


def test_a_double_press_is_one_payment(till):
    first = till.begin(2_000, form_key="k" * 32)
    assert till.begin(2_000, form_key="k" * 32) == first
    assert len(till.payments()) == 1
    assert refused(till, 3_000, form_key="k" * 32) == "form-used"


def test_two_presses_at_once_open_one_page(till):
    def press(_: int) -> str:
        try:
            return till.begin(8_640, form_key="d" * 32)
        except TradeError as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(press, range(4)))
    opened = {each for each in said if each.startswith("http")}
    assert len(opened) == 1
    assert said - opened <= {"key-in-use"}
    assert till.states() == ["PENDING"]


def test_two_tabs_at_once_pay_no_bill_twice(till):
    def press(n: int) -> str:
        try:
            return till.begin(8_640, form_key=f"{n}" * 32)
        except TradeError as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(press, range(4)))
    assert len({each for each in said if each.startswith("http")}) <= 1, said
    in_flight = [row for row in till.payments() if row.state in {"CREATED", "PENDING"}]
    assert sum(row.amount_cents for row in in_flight) <= 8_640


def test_a_page_left_open_is_given_again_for_the_same_sum(till):
    first = till.begin(8_640)
    assert till.begin(8_640) == first
    assert till.states() == ["PENDING"]


def test_a_page_left_open_is_closed_when_another_sum_is_wanted(till):
    left = till.begin(8_640)
    second = till.begin(2_000)
    assert second != left
    assert till.states() == ["CANCELLED", "PENDING"]
    assert not _can_pay(till, left)
    assert _can_pay(till, second)


def _can_pay(till, url: str) -> bool:
    from portal.sandbox.cards.errors import ApiError

    try:
        return till.pay(url)
    except ApiError:
        return False


def test_a_page_paid_meanwhile_is_settled_and_not_paid_again(till):
    till.pay(till.begin(8_640))
    assert refused(till, 8_640) == "amount-too-large"
    assert till.states() == ["SUCCEEDED"]
    assert till.owed() == 0


def test_money_on_its_way_counts(till):
    till.pay(till.begin(8_640), means="us_bank_account")
    till.hear()
    assert refused(till, 100) == "payment-in-flight"
    assert till.states() == ["PROCESSING"]


@pytest.mark.parametrize("fault", ["500", "429"])
def test_a_dead_processor_leaves_nothing_behind_and_can_be_tried_again(till, fault):
    till.server.faults.api(fault, times=9)
    with pytest.raises(CardsUnavailable):
        till.begin(2_000)
    assert till.states() == ["FAILED"]
    till.server.faults.clear()
    till.begin(2_000)
    assert till.states() == ["FAILED", "PENDING"]


@pytest.mark.parametrize("fault", ["drop", "hang", "500"])
def test_an_answer_that_was_lost_once_does_no_harm(till, fault):
    till.server.faults.api(fault)
    url = till.begin(2_000)
    till.server.release()
    assert till.states() == ["PENDING"]
    assert till.pay(url)


def test_without_a_processor_the_page_says_how_else(till):
    till.parts = replace(till.parts, cards=None)
    assert refused(till, 2_000) == "no-cards"


def test_T117_another_patients_account_is_not_there(till):
    till.patient_id = accounts.owing(till.world, first_name_sealed="Tom")
    with pytest.raises(NotFound):
        till.begin(2_000)
    assert till.payments() == []


def test_one_visit_can_be_paid_by_itself(till):
    with till.world.read("account:view") as uow:
        june = uow.value(uow.select(EncounterRow.id).where(EncounterRow.service_from == date(2026, 6, 9)))
    assert refused(till, 7_141, visits=(june,)) == "amount-too-large"
    till.pay(till.begin(7_140, visits=(june,)))
    till.hear()
    with till.world.read("account:view") as uow:
        from portal.services.payments.owing import owed_charges

        [left] = owed_charges(uow, [till.patient_id])
    assert (left.from_date, left.open_cents) == (date(2026, 5, 5), 1_500)


def test_T126_only_a_closed_list_of_fields_leaves(till):
    """No name, number, service or diagnosis goes to the processor; Stripe signs no business associate agreement."""
    till.pay(till.begin(2_000))
    till.hear()
    from portal.services.payments import settling

    [row] = till.payments()
    settling.record_fee(till.world.units, till.parts, row.id)
    opened = next(each for each in till.server.captured if each.method == "POST")
    sent = dict(opened.params)
    assert set(sent) == {
        "mode", "line_items[0][quantity]", "line_items[0][price_data][currency]",
        "line_items[0][price_data][unit_amount]", "line_items[0][price_data][product_data][name]",
        "client_reference_id", "payment_intent_data[description]", "success_url", "cancel_url", "expires_at",
        "payment_method_types[0]", "payment_method_types[1]",
    }  # fmt: skip
    assert sent["payment_intent_data[description]"] == "Payment to your medical practice"
    assert sent["client_reference_id"] == row.id.hex()
    everything = repr(till.server.captured)
    canaries = ["Marlowe", "Teresa", "Larch", "Bluestem", "Okafor", "Juniper", "G0438", "L1902", "I10", "1961",
                till.patient_id.hex()]  # fmt: skip
    assert [each for each in canaries if each in everything] == []
