"""Sampling rules as two managers make them: one proposes, the other agrees."""

from __future__ import annotations

from typing import Any

from portal.access.actors import Actor
from portal.domain.sampling import CHARGES, CODING
from portal.services.sampling import changes, rules

EDITORS = {CODING: ("encounter:sample", "coding-manager"), CHARGES: ("charge:sample", "billing-manager")}


def first(world: Any, check: str = CODING) -> Actor:
    return world.actor(EDITORS[check][1])


def second(world: Any, check: str = CODING) -> Actor:
    return world.actor(EDITORS[check][1], "the other manager")


def propose(world: Any, check: str = CODING, **typed: str) -> changes.ChangeItem:
    """A rule that one manager proposes, as the other sees it."""
    before = {each.change_id for each in shown(world, check).waiting}
    with world.write(EDITORS[check][0], first(world, check)) as uow:
        changes.propose(uow, check, {"percent": "100"} | typed)
    waiting = shown(world, check, second(world, check)).waiting
    return next(each for each in waiting if each.change_id not in before)


def agree(world: Any, change: changes.ChangeItem, check: str = CODING, by: Actor | None = None) -> None:
    with world.write(EDITORS[check][0], by or second(world, check)) as uow:
        changes.agree(uow, check, bytes.fromhex(change.change_id), change.version)


def rule(world: Any, check: str = CODING, **typed: str) -> None:
    """A rule that holds."""
    agree(world, propose(world, check, **typed), check)


def shown(world: Any, check: str = CODING, by: Actor | None = None) -> rules.RulesPage:
    with world.read(EDITORS[check][0], by or first(world, check)) as uow:
        return rules.show(uow, check)
