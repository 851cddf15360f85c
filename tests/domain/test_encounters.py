from __future__ import annotations

import pytest

from portal.domain.bills import CHECKLIST, DOUBT, YES, in_order
from portal.domain.encounters import LIFE, EncounterFacts, lines_point
from portal.domain.errors import Refused

CODER, MANAGER, CLERK = b"coder", b"manager", b"clerk"


@pytest.mark.parametrize(
    ("diagnoses", "pointers", "holds"),
    [
        (1, [(1,)], True),
        (2, [(1, 2), (2,)], True),
        (0, [(1,)], False),
        (1, [], False),
        (1, [()], False),
        (1, [(2,)], False),
        (1, [(0,)], False),
        (2, [(1,), ()], False),
    ],
)
def test_every_line_points_to_a_diagnosis(diagnoses: int, pointers: list[tuple[int, ...]], holds: bool) -> None:
    assert lines_point(diagnoses, pointers) is holds


def test_coding_needs_a_diagnosis() -> None:
    LIFE.permit("PROPOSED", "CODED", EncounterFacts(CODER, diagnoses=1, pointers=((1,),)))
    with pytest.raises(Refused):
        LIFE.permit("PROPOSED", "CODED", EncounterFacts(CODER, pointers=((1,),)))


def test_the_coder_does_not_review_her_own_codes() -> None:
    with pytest.raises(Refused) as caught:
        LIFE.permit("CODE_REVIEW", "RELEASED", EncounterFacts(CODER, coder=CODER))
    assert caught.value.code == "guard:not-the-coder"
    LIFE.permit("CODE_REVIEW", "RELEASED", EncounterFacts(MANAGER, coder=CODER))


def test_the_clerk_does_not_audit_her_own_charges() -> None:
    with pytest.raises(Refused):
        LIFE.permit("QA", "CLEARED", EncounterFacts(CLERK, clerk=CLERK))
    LIFE.permit("QA", "CLEARED", EncounterFacts(MANAGER, clerk=CLERK))


@pytest.mark.parametrize("to", ["RELEASED", "PROPOSED"])
def test_the_system_reviews_nothing(to: str) -> None:
    with pytest.raises(Refused):
        LIFE.permit("CODE_REVIEW", to, EncounterFacts(None, coder=CODER), reason="modifier")


def test_a_recorded_exception_waives_the_second_person() -> None:
    with pytest.raises(Refused):
        LIFE.permit("CODE_REVIEW", "RELEASED", EncounterFacts(CODER, coder=CODER))
    LIFE.permit("CODE_REVIEW", "RELEASED", EncounterFacts(CODER, coder=CODER, solo_waiver=True))


def test_a_return_needs_its_category() -> None:
    with pytest.raises(Refused) as caught:
        LIFE.permit("CODE_REVIEW", "PROPOSED", EncounterFacts(MANAGER, coder=CODER))
    assert caught.value.code == "reason-missing"


def test_a_visit_that_a_claim_sent_back_is_cleared_again_only_untouched() -> None:
    LIFE.permit("PROPOSED", "CLEARED", EncounterFacts(None, untouched=True), reason="given-up")
    with pytest.raises(Refused) as caught:
        LIFE.permit("PROPOSED", "CLEARED", EncounterFacts(None), reason="given-up")
    assert caught.value.code == "guard:untouched"


def test_what_is_to_be_coded_is_set_aside_with_a_reason_and_only_unbilled() -> None:
    LIFE.permit("PROPOSED", "SET_ASIDE", EncounterFacts(CODER, unbilled=True), reason="wrong-patient")
    for facts, reason, code in (
        (EncounterFacts(CODER), "wrong-patient", "guard:unbilled"),
        (EncounterFacts(CODER, unbilled=True), "", "reason-missing"),
    ):
        with pytest.raises(Refused) as caught:
            LIFE.permit("PROPOSED", "SET_ASIDE", facts, reason=reason)
        assert caught.value.code == code
    for frm in ("RELEASED", "CHARGED", "CLEARED"):
        with pytest.raises(Refused, match="guard:unbilled"):
            LIFE.permit(frm, "SET_ASIDE", EncounterFacts(CLERK), reason="twice")
    after = {move.to for move in LIFE.moves if move.frm == "SET_ASIDE"}
    assert after == {"RECEIVED"}, "what was set aside is verified anew before anybody codes or charges it"


def test_past_a_check_goes_only_what_no_rule_picked() -> None:
    LIFE.permit("CODED", "CODE_REVIEW", EncounterFacts(CODER, sampled=True))
    LIFE.permit("CODED", "RELEASED", EncounterFacts(CODER, sampled=False))
    LIFE.permit("CHARGED", "CLEARED", EncounterFacts(CLERK, entered=True, sampled=False))
    for frm, to, facts in (
        ("CODED", "RELEASED", EncounterFacts(CODER, sampled=True)),
        ("CODED", "CODE_REVIEW", EncounterFacts(CODER, sampled=False)),
        ("CHARGED", "CLEARED", EncounterFacts(CLERK, entered=True)),
        ("CHARGED", "CLEARED", EncounterFacts(CLERK, sampled=False)),
    ):
        with pytest.raises(Refused):
            LIFE.permit(frm, to, facts)


def test_a_bill_goes_on_when_every_point_is_answered_with_yes() -> None:
    every = dict.fromkeys(CHECKLIST, YES)
    assert in_order(every)
    for point in CHECKLIST:
        assert not in_order(every | {point: DOUBT})
        assert not in_order({one: answer for one, answer in every.items() if one != point})
    LIFE.permit("RECEIVED", "PROPOSED", EncounterFacts(CLERK, in_order=True))
    for facts in (EncounterFacts(CLERK), EncounterFacts(CLERK, in_order=True, question_open=True)):
        with pytest.raises(Refused):
            LIFE.permit("RECEIVED", "PROPOSED", facts)


def test_a_coders_question_is_answered_by_somebody_else() -> None:
    LIFE.permit("PROPOSED", "CODING_ASKED", EncounterFacts(CODER, question_open=True))
    LIFE.permit("CODING_ASKED", "PROPOSED", EncounterFacts(CLERK, asker=CODER, settled=True))
    LIFE.permit("CODING_ASKED", "PROPOSED", EncounterFacts(CODER, settled=True), reason="taken-back")
    for facts in (EncounterFacts(CODER, asker=CODER, settled=True), EncounterFacts(CLERK, asker=CODER)):
        with pytest.raises(Refused):
            LIFE.permit("CODING_ASKED", "PROPOSED", facts)
