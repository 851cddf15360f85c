"""The clock of a bill that nobody pays: one step at a time, never while it is held, never unheard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.consents import EMAIL, LETTER, SMS, WORDINGS, read_reply
from portal.domain.dates import federal_holidays
from portal.domain.dunning import ONWARD, Facts, Referral, Steps, gates, next_step
from portal.domain.errors import Refused
from portal.domain.notices import LIFE, NoticeFacts, may_go, ways, window
from portal.domain.statements.life import LADDER, SIDES

DAY = date(2026, 8, 3)
STEPS = Steps()
FREE = Facts(8_640, delivered=True)
STATES = st.sampled_from([*LADDER, *SIDES, "READY", "PAID"])


@given(STATES, st.integers(0, 400), st.booleans(), st.booleans(), st.booleans(), st.integers(-100, 20_000))
def test_a_step_is_the_next_one_and_only_of_a_bill_that_is_owed_heard_and_free(
    state: str, days: int, delivered: bool, insurance: bool, held: bool, owed: int
):
    facts = Facts(owed, delivered, insurance_open=insurance, held=held)
    to = next_step(state, DAY, DAY + timedelta(days=days), facts, STEPS)
    assert to in {None, ONWARD.get(state)}
    if to is not None:
        assert delivered
        assert not insurance
        assert not held
        assert owed >= STEPS.least_cents
        assert days >= STEPS.days_of(state)
    elif state in ONWARD and delivered and not insurance and not held and owed >= STEPS.least_cents:
        assert days < STEPS.days_of(state)


@given(st.sampled_from(sorted(ONWARD)), st.integers(0, 60), st.integers(0, 300))
def test_a_hold_gives_back_the_days_that_were_left(state: str, before: int, held: int):
    """A clock stopped after so many days goes on as if the held days had not been."""
    before = min(before, STEPS.days_of(state) - 1)
    resumed = DAY + timedelta(days=before + held) - timedelta(days=before)
    left = STEPS.days_of(state) - before
    back = DAY + timedelta(days=before + held)
    assert next_step(state, resumed, back + timedelta(days=left - 1), FREE, STEPS) is None
    assert next_step(state, resumed, back + timedelta(days=left), FREE, STEPS) == ONWARD[state]


@pytest.mark.parametrize(
    "more",
    [{"past_due_days": 3}, {"from_hour": 7}, {"to_hour": 22}, {"final_by": (EMAIL,)}, {"past_due_by": ()},
     {"most_calls": 8}, {"most_messages": 0}, {"past_due_by": ("pigeon",)}, {"from_hour": 20, "to_hour": 9}],
)  # fmt: skip
def test_what_no_practice_may_mean_is_refused(more: dict[str, object]):
    with pytest.raises(Refused):
        replace(STEPS, **more)


def test_every_gate_is_told_and_a_referral_passes_only_when_all_are_met():
    clear = Referral(8_640, DAY, DAY + timedelta(days=80), insurance_open=False, holds=frozenset())
    today = DAY + timedelta(days=120)
    assert all(gate.met for gate in gates(clear, STEPS, today))
    assert all(str(gate.text) and str(gate.told) for gate in gates(clear, STEPS, today))
    broken = {
        "owed": replace(clear, owed_cents=0), "insurance": replace(clear, insurance_open=True),
        "notice": replace(clear, final_notice_on=None), "estimate": replace(clear, holds=frozenset({"GFE_DISPUTED"})),
        "question": replace(clear, holds=frozenset({"DISPUTED"})),
        "help": replace(clear, holds=frozenset({"FINANCIAL_ASSISTANCE_PENDING"})),
        "court": replace(clear, holds=frozenset({"BANKRUPT"})),
        "mail": replace(clear, holds=frozenset({"RETURNED_MAIL"})),
    }  # fmt: skip
    for name, referral in broken.items():
        assert [gate.name for gate in gates(referral, STEPS, today) if not gate.met] == [name]


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_hospital_exempt_from_tax_waits_120_days_from_the_first_bill_and_30_from_the_notice(noticed: int, now: int):
    exempt, today = replace(STEPS, exempt=True, list_days=14), DAY + timedelta(days=now)
    noticed = min(noticed, now)
    referral = Referral(8_640, DAY, DAY + timedelta(days=noticed), insurance_open=False, holds=frozenset())
    assert all(gate.met for gate in gates(referral, exempt, today)) == (now >= 120 and now - noticed >= 30)
    assert "first-bill" not in {gate.name for gate in gates(referral, STEPS, today)}


@given(
    st.integers(0, 1_000_000).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from(["America/New_York", "America/Los_Angeles", "Pacific/Honolulu", "America/Phoenix"]),
)
def test_a_message_goes_within_the_hours_of_the_practices_day(at: datetime, zone: str):
    goes = window(at, zone, STEPS)
    local = goes.astimezone(ZoneInfo(zone))
    assert goes >= at
    assert STEPS.from_hour <= local.hour < STEPS.to_hour
    assert local.weekday() != 6
    assert local.date() not in federal_holidays(local.year)
    assert may_go(goes, zone, STEPS)
    assert window(goes, zone, STEPS) == goes
    assert goes - at < timedelta(days=5)


def test_a_message_in_the_evening_waits_for_the_morning_and_over_thanksgiving():
    zone = "America/Los_Angeles"
    evening = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)  # Wednesday, nine in the evening there
    assert window(evening, zone, STEPS) == datetime(2026, 11, 27, 17, 0, tzinfo=UTC)


@given(st.sampled_from(["PAST_DUE", "FINAL_NOTICE"]), st.sets(st.sampled_from([EMAIL, SMS])))
def test_every_step_reaches_somebody_and_nothing_goes_unasked(state: str, allowed: set[str]):
    found = ways(state, STEPS, frozenset(allowed))
    going = {way for way, why in found if not why}
    assert going
    assert going <= allowed | {LETTER}
    assert len({way for way, _ in found}) == len(found)
    assert LETTER in going or state == "PAST_DUE"


def test_a_step_that_sends_nothing_has_no_ways():
    assert ways("PRE_COLLECTION", STEPS, frozenset()) == ()


def test_no_notice_goes_whose_bill_has_left_its_step():
    for frm, to in (("PLANNED", "SENDING"), ("TO_MAIL", "SENT"), ("WITHDRAWN", "PLANNED")):
        with pytest.raises(Refused):
            LIFE.permit(frm, to, NoticeFacts(stands=False))
    assert not LIFE.onward("SENT")
    assert not LIFE.onward("UNCERTAIN"), "what may have gone is not sent again"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("STOP", "stop"), (" stop. ", "stop"), ("Alto", "stop"), ("start", "start"), ("HELP", "help"), ("Ayuda", "help"),
     ("please stop calling my mother", None), ("", None)],
)  # fmt: skip
def test_an_answer_of_one_word_is_understood(said: str, meant: str | None):
    assert read_reply(said) == meant


def test_the_words_of_an_agreement_say_that_it_can_be_stopped():
    assert all("at any time" in str(each.text) and each.version > 0 for each in WORDINGS.values())
