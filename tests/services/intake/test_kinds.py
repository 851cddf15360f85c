"""What a proposal keeps of a visit comes back as it was, and a drug only with the service that it was proposed for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.claims import Claim, ServiceLine
from portal.services.intake import kinds
from tests.x12 import strategies as made
from tests.x12.test_dental import mouths
from tests.x12.test_institutional import FACILITY


@settings(max_examples=25)
@given(made.lines(1, 1), st.none() | made.drugs, st.none() | mouths, st.sampled_from(["", "0636"]))
def test_a_line_keeps_what_has_no_column(line: ServiceLine, drug: object, mouth: object, revenue: str) -> None:
    full = replace(line, drug=drug, dental=mouth, revenue_code=revenue)
    stored = json.loads(json.dumps({"position": 3, "code": full.code, **kinds.keep_line(full)}))
    bare = replace(full, drug=None, dental=None, revenue_code="")
    kept = kinds.of_lines({"lines": [stored]})
    assert (kept[3].on(bare) if kept else bare) == full
    assert set(kept) == ({3} if full != bare else set())
    if kept:
        assert kept[3].on(replace(bare, code="G9999")) == replace(full, code="G9999", drug=None)


@settings(max_examples=25)
@given(made.claims())
def test_where_who_and_when_of_any_visit_are_kept(claim: Claim) -> None:
    stored = json.loads(json.dumps(kinds.keep(claim)))
    kept = kinds.of(stored)
    named = ("facility", "referring", "supervising", "exception", "professional")
    assert {name: getattr(kept, name) for name in named} == {name: getattr(claim, name) for name in named}
    assert bool(stored) == any(getattr(claim, name) for name in named)
    nothing = {"beside": kinds.beside(replace(claim, **{**dict.fromkeys(named), "exception": ""})), "lines": {}}  # type: ignore[arg-type]
    assert kinds.of(kinds.corrected({**stored, "lines": []}, nothing)) == kinds.Kept()


@pytest.mark.parametrize(("came", "first"), [("1", "1"), ("2", "2"), ("5", "5"), ("", "1")])
def test_a_facilitys_first_claim_keeps_which_part_of_a_stay_it_is(came: str, first: str) -> None:
    stored = json.loads(json.dumps(kinds.keep(replace(FACILITY, frequency=came))))
    assert kinds.of(stored).frequency == first
    assert kinds.of(stored).institutional == FACILITY.institutional
    del stored["facility"]["frequency"]  # what was kept before it was
    assert kinds.of(stored).frequency == "1"
