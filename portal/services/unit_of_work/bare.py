"""A session for what holds nothing protected and is not told; it refuses to change a row that is told."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session


class Bare(Session):
    """For sign-in sessions, throttles, leases of jobs; raises RuntimeError when a row of a told table would change."""


@event.listens_for(Bare, "before_flush")
def _rows(session: Session, *_: object) -> None:
    for each in (*session.new, *session.dirty, *session.deleted):
        _refuse(type(each))


@event.listens_for(Bare, "do_orm_execute")
def _statements(state: ORMExecuteState) -> None:
    if not state.is_select and state.bind_mapper is not None:
        _refuse(state.bind_mapper.class_)


def _refuse(model: Any) -> None:
    if model.digested:
        raise RuntimeError(f"{model.__name__} is changed by units of work only")
