"""Releases: which file of a list was loaded, from when, by whom; and rows that end with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.codes import CodeReleaseRow
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file did to its set, or, of a rehearsal, would do; `release_id` is None then."""

    code_set: str
    effective: date
    total: int
    added: int
    changed: int
    retired: int
    release_id: bytes | None = None
    beside: tuple[Loaded, ...] = ()
    """Sets that come in the same file: the modifiers of HCPCS."""


def standing_release(uow: UnitOfWork, code_set: str, effective: date, digest: bytes) -> bytes | None:
    """The newest release of a set if it is this very file from this very day; Refused `order` if it is newer."""
    row = uow.row(
        uow.select(CodeReleaseRow.id, CodeReleaseRow.effective, CodeReleaseRow.digest)
        .where(CodeReleaseRow.code_set == code_set)
        .order_by(CodeReleaseRow.effective.desc(), CodeReleaseRow.loaded_at.desc())
    )
    if row is None:
        return None
    in_order(row.effective, effective)
    same: bytes | None = row.id if (row.effective, row.digest) == (effective, digest) else None
    return same


def in_order(newest: date, effective: date) -> None:
    """Refuse a release that is older than the newest of its set."""
    if newest > effective:
        raise Refused(
            T_(
                "A release from {day} on is loaded already. Load releases of a set in the order of their days.",
                day=newest,
            ),
            code="order",
        )


def end(uow: UnitOfWork, model: Any, ended: Sequence[bytes], gone: Sequence[bytes], effective: date) -> None:
    """Let dated rows end the day before a release, and take away those that never came to hold."""
    for start in range(0, len(ended), _SLICE):
        uow.replace(model, model.id.in_(ended[start : start + _SLICE]), valid_to=effective - timedelta(days=1))
    for start in range(0, len(gone), _SLICE):
        uow.erase(model, model.id.in_(gone[start : start + _SLICE]))


def record(
    uow: UnitOfWork, code_set: str, name: str, digest: bytes, effective: date, count: int, *, whole: bool = True
) -> bytes:
    """Record that a file of a set was loaded, by whom and when; returns the release's id.

    One that is not `whole` lists what changed, and what stood before it stands.
    """
    row = uow.new(
        CodeReleaseRow, code_set=code_set, effective=effective, file_name=name[-120:], digest=digest,
        loaded_by=uow.actor.initiator or uow.actor.identity, loaded_at=uow.now, code_count=count,
        whole=whole,
    )  # fmt: skip
    uow.flush()
    return row.id
