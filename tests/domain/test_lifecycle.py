from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain import claims, denials, encounters, payments
from portal.domain.errors import Refused
from portal.domain.lifecycle import Guard, Lifecycle, Move, mermaid
from portal.domain.statements import life as statements
from portal.domain.texts import T_

LIVES: list[Lifecycle[Any]] = [encounters.LIFE, claims.LIFE, denials.LIFE, statements.LIFE, payments.LIFE]
EVERY_LIFE = pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)


@dataclass(frozen=True)
class Open:
    open: bool


def door(**changes: Any) -> Lifecycle[Open]:
    table: dict[str, Any] = {
        "name": "door",
        "start_states": ("SHUT",),
        "moves": (
            Move("SHUT", "AJAR", "door:push", guard="unlocked"),
            Move("AJAR", "SHUT", "door:pull", "either", needs_reason=True),
            Move("AJAR", "GONE", "door:lift", "system"),
        ),
        "words": {"SHUT": T_("Shut"), "AJAR": T_("Ajar"), "GONE": T_("Gone")},
        "guards": {"unlocked": Guard(lambda facts, _: facts.open, T_("Unlock it first."))},
    }
    return Lifecycle(**(table | changes))


def test_a_permitted_move_comes_back_with_its_permission() -> None:
    assert door().permit("SHUT", "AJAR", Open(open=True)).permission == "door:push"


@pytest.mark.parametrize(
    ("frm", "to", "code"),
    [("SHUT", "GONE", "no-such-move"), ("AJAR", "SHUT", "reason-missing"), ("SHUT", "AJAR", "guard:unlocked")],
)
def test_a_refusal_names_its_reason(frm: str, to: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        door().permit(frm, to, Open(open=False), reason="  ")
    assert caught.value.code == code
    assert str(caught.value.text)


def test_the_refusal_of_an_unknown_move_names_the_states_in_words() -> None:
    with pytest.raises(Refused) as caught:
        door().find("SHUT", "GONE")
    assert "“Shut” to “Gone”" in str(caught.value.text)


@pytest.mark.parametrize(
    "changes",
    [
        {"moves": (Move("SHUT", "AJAR", "a:b", guard="unlocked"), Move("SHUT", "AJAR", "c:d"))},
        {"guards": {}},
        {"guards": door().guards | {"idle": Guard(lambda _f, _m: True, T_("Never asked."))}},
        {"words": {"SHUT": T_("Shut")}},
        {"words": dict(door().words) | {"LOST": T_("Lost")}},
    ],
    ids=["twice", "no guard", "idle guard", "no word", "idle word"],
)
def test_a_table_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="door"):
        door(**changes)


def test_the_diagram_shows_every_move_and_the_ends() -> None:
    assert mermaid(door()) == (
        "stateDiagram-v2\n"
        "    [*] --> SHUT\n"
        "    SHUT --> AJAR: door push (person) [unlocked]\n"
        "    AJAR --> SHUT: door pull (either)\n"
        "    AJAR --> GONE: door lift (system)\n"
        "    GONE --> [*]\n"
    )


@EVERY_LIFE
def test_every_pair_outside_the_table_is_refused(life: Lifecycle[Any]) -> None:
    pairs = {(move.frm, move.to) for move in life.moves}
    for frm in life.states:
        for to in life.states:
            if (frm, to) in pairs:
                assert life.find(frm, to).frm == frm
            else:
                assert not life.allows(frm, to)
                with pytest.raises(Refused):
                    life.find(frm, to)


@EVERY_LIFE
def test_every_state_can_be_reached_from_a_start(life: Lifecycle[Any]) -> None:
    reached = set(life.start_states)
    while more := {move.to for move in life.moves if move.frm in reached} - reached:
        reached |= more
    assert reached == set(life.states)


@EVERY_LIFE
def test_no_move_stays_where_it_is_and_permissions_are_noun_verb(life: Lifecycle[Any]) -> None:
    for move in life.moves:
        assert move.frm != move.to
        noun, verb = move.permission.split(":")
        assert noun.isidentifier()
        assert verb.replace("-", "").isidentifier()


@EVERY_LIFE
@settings(max_examples=25)
@given(data=st.data())
def test_a_walk_along_the_table_never_leaves_it(life: Lifecycle[Any], data: st.DataObject) -> None:
    state = data.draw(st.sampled_from(life.start_states))
    for _ in range(12):
        onward = life.onward(state)
        if not onward:
            break
        move = data.draw(st.sampled_from(onward))
        assert life.find(state, move.to) is move
        state = move.to
        assert state in life.words


@EVERY_LIFE
def test_every_guard_refuses_the_bare_facts_or_its_opposite(life: Lifecycle[Any]) -> None:
    """A guard that lets everything through guards nothing: the facts nobody filled in must stop something."""
    bare = {
        "encounter": encounters.EncounterFacts(actor=None),
        "claim": claims.ClaimFacts(actor=b"a", hold_owner=b"b", blocking_findings=1, paid_cents=1),
        "denial": denials.DenialFacts(amount_cents=1, group="CO"),
        "statement": statements.StatementFacts(owed_cents=1, insurance_open=True),
        "payment": payments.PaymentFacts(),
    }[life.name]
    for move in life.moves:
        if move.guard is not None:
            with pytest.raises(Refused) as caught:
                life.permit(move.frm, move.to, bare, reason="because")
            assert caught.value.code == f"guard:{move.guard}"
