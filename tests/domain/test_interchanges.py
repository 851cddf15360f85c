from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from portal.domain.interchanges import Acknowledgement, Finding
from portal.domain.texts import T_


def test_a_finding_says_where_and_cannot_be_changed() -> None:
    finding = Finding(7, "missing", T_("Segment {segment} has no date.", segment=7))
    assert str(finding.text) == "Segment 7 has no date."
    with pytest.raises(FrozenInstanceError):
        finding.segment = 8  # type: ignore[misc]


def test_an_acknowledgement_names_only_what_the_transaction_gives() -> None:
    answer = Acknowledgement("999", "accepted", 3, group_control="12")
    assert (answer.interchange_control, answer.set_control, answer.claim_control, answer.reasons) == ("", "", "", ())
