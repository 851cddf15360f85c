"""Which way a claim may go again, whatever is known of it; what may never happen does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.claims import LIFE as CLAIM
from portal.domain.corrections import LIFE, WORDS, CorrectionFacts, Evidence, proposed, ways
from portal.domain.errors import Refused

known = st.builds(
    Evidence,
    state=st.sampled_from(sorted(CLAIM.states)),
    adjudicated=st.booleans(),
    payer_control=st.booleans(),
    under_way=st.booleans(),
)


def may(evidence: Evidence) -> set[str]:
    return {way.frequency for way in ways(evidence) if way.possible}


@given(known)
def test_nothing_that_may_never_happen_is_offered(evidence: Evidence):
    offered = may(evidence)
    if evidence.adjudicated:
        assert "1" not in offered, "the payer would deny it as a duplicate"
    if not evidence.payer_control:
        assert not offered & {"7", "8"}, "the payer could not tell which claim is meant"
    if evidence.under_way:
        assert not offered & {"7", "8"}
    if evidence.state in {"DRAFT", "READY", "HELD", "VOIDED", "VOID_PENDING"}:
        assert offered == set()
    assert proposed(evidence) in {None, *offered - {"8"}}, "a void is for a person to choose"
    assert [way.frequency for way in ways(evidence)] == ["1", "7", "8"]
    assert all(str(way.why) for way in ways(evidence))


@pytest.mark.parametrize(
    ("evidence", "offered"),
    [
        (Evidence("REJECTED", False, False), {"1"}),
        (Evidence("REJECTED", True, True), set()),
        (Evidence("SUBMITTED", False, False), set()),
        (Evidence("ACCEPTED", False, True), {"8"}),
        (Evidence("ADJUDICATED", True, True), {"7", "8"}),
        (Evidence("CLOSED", True, True), {"8"}),
    ],
)
def test_the_way_follows_from_the_evidence(evidence: Evidence, offered: set[str]):
    assert may(evidence) == offered
    assert may(replace(evidence, under_way=True)) == offered - {"7", "8"}


def test_a_void_is_approved_by_another_and_goes_only_clean():
    me, other = b"1" * 16, b"2" * 16
    for facts in (CorrectionFacts(me, me), CorrectionFacts(None, me)):
        with pytest.raises(Refused, match="guard:another"):
            LIFE.permit("REQUESTED", "OPEN", facts)
    LIFE.permit("REQUESTED", "OPEN", CorrectionFacts(other, me))
    with pytest.raises(Refused, match="guard:clean"):
        LIFE.permit("OPEN", "READY", CorrectionFacts())
    with pytest.raises(Refused):
        LIFE.permit("REQUESTED", "READY", CorrectionFacts(other, me, clean=True))


def test_only_what_was_sent_is_refused_and_with_a_reason():
    LIFE.permit("SENT", "REFUSED", CorrectionFacts(), reason="stands")
    with pytest.raises(Refused, match="reason-missing"):
        LIFE.permit("SENT", "REFUSED", CorrectionFacts())
    gone = CorrectionFacts(b"1" * 16, replacement=True, turned_away=True)
    LIFE.permit("SENT", "REFUSED", gone, reason="no-more")
    for facts in (replace(gone, actor=None), replace(gone, turned_away=False)):
        with pytest.raises(Refused, match="guard:refused"):
            LIFE.permit("SENT", "REFUSED", facts, reason="no-more")
    for state in LIFE.states:
        assert LIFE.allows(state, "REFUSED") is (state == "SENT")
    assert set(WORDS) == {(frequency, state) for frequency in "78" for state in ("OPEN", "READY")}
