"""The one small engine that reads state tables: from, to, permission, guard. A move not in the table does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from portal.domain.errors import Refused
from portal.domain.texts import T_, Text

FactsT = TypeVar("FactsT")

Who = Literal["person", "system", "either"]


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a state table.

    `permission` is what the actor needs. `who` is person (somebody presses a button), system (it follows from another
    step, no button offers it) or either. `guard` names a predicate of the table. `needs_reason` asks for a reason code.
    """

    frm: str
    to: str
    permission: str
    who: Who = "person"
    guard: str | None = None
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Guard(Generic[FactsT]):
    """A named condition: `holds` is asked with the facts and the move; `text` says what is missing and what to do."""

    holds: Callable[[FactsT, Move], bool]
    text: Text


@dataclass(frozen=True)
class Lifecycle(Generic[FactsT]):
    """The state table of one kind of thing.

    `words` gives every state its name for people. Raises ValueError for a table that contradicts itself: a pair given
    twice, a guard that does not exist or is never used, a state without a word or a word without a state.
    """

    name: str
    start_states: tuple[str, ...]
    moves: tuple[Move, ...]
    words: Mapping[str, Text]
    guards: Mapping[str, Guard[FactsT]] = field(default_factory=dict)
    _index: Mapping[tuple[str, str], Move] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a table that contradicts itself."""
        index = {(move.frm, move.to): move for move in self.moves}
        if len(index) != len(self.moves):
            raise ValueError(f"{self.name}: a move is given twice")
        if {move.guard for move in self.moves} - {None} != set(self.guards):
            raise ValueError(f"{self.name}: guards named and guards given differ")
        states = set(self.start_states).union(*index)
        if states != set(self.words):
            raise ValueError(f"{self.name}: states and their words differ: {sorted(states ^ set(self.words))}")
        object.__setattr__(self, "_index", index)

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, in the order in which the words are given."""
        return tuple(self.words)

    def allows(self, frm: str, to: str) -> bool:
        """Whether the table has the move, whatever its guard says."""
        return (frm, to) in self._index

    def onward(self, frm: str) -> tuple[Move, ...]:
        """The moves out of a state, in the table's order."""
        return tuple(move for move in self.moves if move.frm == frm)

    def find(self, frm: str, to: str) -> Move:
        """The move between two states; raises Refused `no-such-move` when the table has none."""
        move = self._index.get((frm, to))
        if move is None:
            raise Refused(
                T_(
                    "This cannot go from “{frm}” to “{to}”. Reload the page to see where it stands now.",
                    frm=self.words.get(frm) or frm,
                    to=self.words.get(to) or to,
                ),
                code="no-such-move",
            )
        return move

    def permit(self, frm: str, to: str, facts: FactsT, *, reason: str = "") -> Move:
        """The move, when its guard holds and a reason is there where one is needed; the permission is the caller's.

        Raises Refused with code `no-such-move`, `reason-missing` or `guard:<name>`.
        """
        move = self.find(frm, to)
        if move.needs_reason and not reason.strip():
            raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")
        if move.guard is not None and not self.guards[move.guard].holds(facts, move):
            raise Refused(self.guards[move.guard].text, code=f"guard:{move.guard}")
        return move


def mermaid(life: Lifecycle[FactsT]) -> str:
    """The table drawn as a Mermaid state diagram, for `docs/`; the same table always draws the same text."""
    rows = ["stateDiagram-v2"]
    rows += [f"    [*] --> {state}" for state in life.start_states]
    for move in life.moves:
        # Mermaid's grammar ends a label at a second colon and refuses the rest.
        label = f"{move.permission.replace(':', ' ')} ({move.who})" + (f" [{move.guard}]" if move.guard else "")
        rows.append(f"    {move.frm} --> {move.to}: {label}")
    rows += [f"    {state} --> [*]" for state in life.states if not life.onward(state)]
    return "\n".join(rows) + "\n"
