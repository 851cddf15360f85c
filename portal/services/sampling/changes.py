"""Changes of the sampling rules: proposed by one person, tried on the last visits, and decided by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.sampling import CHANGE_LIFE, CHARGES, CODING, ChangeFacts, Rule
from portal.domain.texts import T_, Text
from portal.models.queues import TransitionRow
from portal.models.sampling import SampleChangeRow, SampleRuleRow
from portal.services.intake.showing import State, colleague
from portal.services.sampling import deciding, trying
from portal.services.sampling.typed import read_rule, said
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

CHANGED = T_("Someone changed the rules while you worked on them. Nothing of yours was saved; look at them first.")
MOST_RULES = 50
_AGREE = "sample-rule:agree"
_PROPOSE = {CODING: "encounter:sample", CHARGES: "charge:sample"}
_VALUES = ("kind", "percent", "worker_id", "code", "cents")
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class ChangeItem:
    """One change of the rules, with what it would have done to the last `visits`; `note` says why it was turned down.

    `own`: the person who looks proposed it, takes it back and may not decide. `decided_at` is None while it waits.
    """

    change_id: str
    version: int
    ends: bool
    words: Text
    state: State
    proposed_by: str
    proposed_at: datetime
    visits: int
    before: int
    after: int
    own: bool
    may_decide: bool
    decided_by: str
    decided_at: datetime | None
    note: str | None


def items(uow: UnitOfWork, check: str, *, waiting: bool) -> tuple[ChangeItem, ...]:
    """The changes that wait for a second person, the oldest first; or the last that were decided, the newest first."""
    row = SampleChangeRow
    of = uow.select(row).where(row.practice_id == uow.practice_id, row.check_kind == check)
    if waiting:
        found = uow.entities(of.where(row.state == "PROPOSED").order_by(row.proposed_at, row.id))
    else:
        behind = of.where(row.state != "PROPOSED").order_by(row.decided_at.desc(), row.id)
        found = uow.entities(behind.limit(_SHOWN))
    return tuple(_item(uow, each) for each in found)


def propose(uow: UnitOfWork, check: str, typed: Mapping[str, str]) -> None:
    """Propose a rule as it was typed (`typed.read_rule`).

    Raises Refused `rule` for what cannot be read, and for a rule that stands or is proposed already.
    """
    values = read_rule(uow, check, typed)
    rule = Rule(*(values[name] for name in _VALUES))
    standing, waiting = deciding.rules_of(uow, check), _waiting(uow, check)
    if rule in standing.values():
        raise Refused(T_("This rule stands already."), code="rule")
    if any(not row.ends and _rule(row) == rule for row in waiting):
        raise Refused(T_("This rule is proposed already."), code="rule")
    if len(standing) + len(waiting) >= MOST_RULES:
        raise Refused(T_("There are {n} rules already. End one first.", n=MOST_RULES), code="rule")
    _new(uow, check, ends=False, rule_id=None, values=values)


def propose_end(uow: UnitOfWork, check: str, rule_id: bytes, version: int) -> None:
    """Propose that a rule ends.

    Raises Refused `rule` the second time, NotFound, Conflict where somebody was quicker.
    """
    row = uow.get(SampleRuleRow, rule_id)
    if row.check_kind != check:
        raise NotFound(ABSENT, code="not-found")
    if row.ended_at is not None or row.version != version:
        raise Conflict(CHANGED, code="version")
    if any(each.ends and each.rule_id == rule_id for each in _waiting(uow, check)):
        raise Refused(T_("It is proposed already that this rule ends."), code="rule")
    _new(uow, check, ends=True, rule_id=rule_id, values={name: getattr(row, name) for name in _VALUES})


def agree(uow: UnitOfWork, check: str, change_id: bytes, version: int) -> None:
    """Let a change take effect; the other proposals are tried anew against the rules as they are then.

    Raises Refused `guard:another` for whoever proposed it, NotFound, Conflict where somebody was quicker.
    """
    row = _open(uow, check, change_id, version)
    uow.move(row, "AGREED", _facts(uow, row), reason="agreed")
    rule_id = row.rule_id
    if row.ends:
        rule = uow.get(SampleRuleRow, rule_id or b"")
        if rule.ended_at is not None:
            raise Conflict(CHANGED, code="version")
        uow.change(rule, ended_by=row.proposed_by, ended_at=uow.now)
    else:
        rule_id = uow.new(
            SampleRuleRow, check_kind=check, made_by=row.proposed_by, made_at=uow.now,
            **{name: getattr(row, name) for name in _VALUES},
        ).id  # fmt: skip
    uow.flush()
    uow.change(row, rule_id=rule_id, decided_by=uow.actor.identity, decided_at=uow.now)
    uow.flush()
    for other in _waiting(uow, check):
        uow.change(
            other, trials=other.trials + 1, **_tried(uow, check, other.rule_id if other.ends else None, _rule(other))
        )


def turn_down(uow: UnitOfWork, check: str, change_id: bytes, version: int, words: str) -> None:
    """Turn a change down, with the reason in words; the rules stay. Raises as `agree`, and Refused `words` for none."""
    row = _open(uow, check, change_id, version)
    facts = _facts(uow, row)
    CHANGE_LIFE.permit(row.state, "TURNED_DOWN", facts, reason="turned-down")
    if not words.strip():
        raise Refused(T_("Say why, so that whoever proposed it knows. Nothing was decided."), code="words")
    if "\0" in words:
        raise Refused(T_("There are signs in it that cannot be kept. Write the reason anew."), code="words")
    uow.move(row, "TURNED_DOWN", facts, reason="turned-down", note=words.strip())
    uow.change(row, decided_by=uow.actor.identity, decided_at=uow.now)


def take_back(uow: UnitOfWork, check: str, change_id: bytes, version: int) -> None:
    """Take one's own proposal back. Raises Refused `guard:own` for another's, NotFound, Conflict."""
    row = _open(uow, check, change_id, version)
    uow.move(row, "TAKEN_BACK", _facts(uow, row), reason="taken-back")
    uow.change(row, decided_by=uow.actor.identity, decided_at=uow.now)


def _new(uow: UnitOfWork, check: str, *, ends: bool, rule_id: bytes | None, values: Mapping[str, Any]) -> None:
    deciding.setting(uow, check)
    uow.flush()
    tried = _tried(uow, check, rule_id if ends else None, Rule(*(values[name] for name in _VALUES)))
    row = uow.new(
        SampleChangeRow,
        **{**values, **tried, "check_kind": check, "ends": ends, "rule_id": rule_id, "state": "PROPOSED"},
        trials=1, proposed_by=uow.actor.identity, proposed_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(row, reason="proposed")


def _tried(uow: UnitOfWork, check: str, ended: bytes | None, rule: Rule) -> dict[str, Any]:
    """What the rules that hold would have checked of the last visits, and what with a rule ended, or one more."""
    before = deciding.rules_of(uow, check)
    after = {id_: each for id_, each in before.items() if id_ != ended}
    if ended is None:
        after |= {b"": rule}
    cases = trying.cases_of(uow, check, (*before.values(), rule))
    seed = deciding.setting(uow, check).seed
    return {
        "visits": len(cases), "checked_before": trying.checked(cases, before.values(), check, seed),
        "checked_after": trying.checked(cases, after.values(), check, seed),
    }  # fmt: skip


def _waiting(uow: UnitOfWork, check: str) -> list[SampleChangeRow]:
    row = SampleChangeRow
    return uow.entities(
        uow.select(row)
        .where(row.practice_id == uow.practice_id, row.check_kind == check, row.state == "PROPOSED")
        .order_by(row.proposed_at, row.id)
    )


def _open(uow: UnitOfWork, check: str, change_id: bytes, version: int) -> SampleChangeRow:
    """A change as the person saw it; raises NotFound, Conflict where somebody was quicker."""
    row = uow.get(SampleChangeRow, change_id)
    if row.check_kind != check:
        raise NotFound(ABSENT, code="not-found")
    if row.state != "PROPOSED" or row.version != version:
        raise Conflict(CHANGED, code="version")
    return row


def _facts(uow: UnitOfWork, row: SampleChangeRow) -> ChangeFacts:
    waived = uow.waived(_PROPOSE[row.check_kind], _AGREE)
    return ChangeFacts(uow.actor.user_id, _user(row.proposed_by), solo_waiver=waived)


def _user(identity: str) -> bytes | None:
    return bytes.fromhex(identity) if len(identity) == 32 else None


def _rule(row: SampleChangeRow) -> Rule:
    return Rule(row.kind, row.percent, row.worker_id, row.code, row.cents)


def _item(uow: UnitOfWork, row: SampleChangeRow) -> ChangeItem:
    facts = _facts(uow, row)
    return ChangeItem(
        row.id.hex(), row.version, row.ends, said(uow, _rule(row)), State(row.state, CHANGE_LIFE.words[row.state]),
        colleague(uow, row.proposed_by), row.proposed_at, row.visits, row.checked_before, row.checked_after,
        own=facts.actor is not None and facts.actor == facts.proposed_by,
        may_decide=CHANGE_LIFE.guards["another"].holds(facts, CHANGE_LIFE.find("PROPOSED", "AGREED")),
        decided_by=colleague(uow, row.decided_by) if row.decided_by else "", decided_at=row.decided_at,
        note=_note(uow, row) if row.state == "TURNED_DOWN" else None,
    )  # fmt: skip


def _note(uow: UnitOfWork, row: SampleChangeRow) -> str | None:
    """Why it was turned down, in the words of who did."""
    move = uow.row(
        uow.select(TransitionRow.id, TransitionRow.note_sealed).where(
            TransitionRow.subject_table == SampleChangeRow.__tablename__, TransitionRow.subject_id == row.id,
            TransitionRow.to_state == "TURNED_DOWN",
        )
    )  # fmt: skip
    if move is None:
        return None
    note: str | None = uow.open(move.note_sealed, TransitionRow.note_sealed, row=move.id, subject=row.practice_id)
    return note
