"""Fee schedules: a payer's file loaded for a practice, and what a payer allows for a service on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.releases import Standing, compare
from portal.domain.texts import T_
from portal.feeds.fees import ANYWHERE, FACILITY, NON_FACILITY, FeeKey, read_fees
from portal.feeds.published import digest_of, lines_of, opened
from portal.models.fees import FeeRow, FeeScheduleRow
from portal.models.payers import PayerRow
from portal.services import releases
from portal.services.unit_of_work.work import UnitOfWork, new_id

SCHEDULE = "fee-schedule"
_SLICE = 500
_FACILITIES = frozenset({
    "02", "19", "21", "22", "23", "24", "26", "31", "34", "41", "42", "51", "52", "53", "56", "61",
})  # fmt: skip
"""Places of service that CMS pays at the facility rate (Medicare Claims Processing Manual, chapter 12, 20.4.2)."""


def load(
    uow: UnitOfWork,
    payer_code: str,
    source: IO[bytes],
    name: str,
    effective: date,
    *,
    locality: str = "",
    whole: bool = True,
    rehearse: bool = False,
) -> releases.Loaded:
    """Load a payer's fees that hold from a day on for the practice at hand.

    With `whole`, fees that the file no longer lists end the day before; a quarter's changes (CMS's PFREV) are not
    whole. With `locality`, only that one is kept. The same file for the same day changes nothing. Raises NotFound for
    no such payer, Refused `layout` with the line number, `order`, `too-many`, `no-codes`, `archive`.
    """
    payer_id = _payer(uow, payer_code)
    digest = digest_of(source)
    with opened(SCHEDULE, source) as stream:
        listed = read_fees(lines_of(stream), locality=locality)
    last = uow.row(
        uow.select(FeeScheduleRow.id, FeeScheduleRow.effective, FeeScheduleRow.digest)
        .where(FeeScheduleRow.payer_id == payer_id, FeeScheduleRow.practice_id == uow.practice_id)
        .order_by(FeeScheduleRow.effective.desc(), FeeScheduleRow.loaded_at.desc())
    )
    if last is not None:
        releases.in_order(last.effective, effective)
    switch = compare(_newest(uow, payer_id), listed, effective, whole=whole)
    schedule_id: bytes | None = None
    if not rehearse and (last is None or (last.effective, last.digest) != (effective, digest)):
        practice = {"practice_id": uow.practice_id, "payer_id": payer_id}
        schedule_id = uow.new(
            FeeScheduleRow, **practice, effective=effective, file_name=name[-120:], digest=digest,
            loaded_by=uow.actor.initiator or uow.actor.identity, loaded_at=uow.now, fee_count=len(listed),
            whole=whole,
        ).id  # fmt: skip
        releases.end(uow, FeeRow, switch.ended, switch.gone, effective)
        for id_, _key, cents in switch.mended:
            uow.replace(FeeRow, FeeRow.id == id_, amount_cents=cents)
        uow.insert(
            FeeRow,
            [
                {"id": new_id(), **practice, **key._asdict(), "amount_cents": cents, "valid_from": effective}
                for key, cents in switch.new
            ],
        )
    return releases.Loaded(
        SCHEDULE, effective, len(listed), switch.added, switch.changed, switch.retired, schedule_id
    )  # fmt: skip


def _payer(uow: UnitOfWork, code: str) -> bytes:
    row = uow.row(uow.select(PayerRow.id).where(PayerRow.code == code))
    if row is None:
        raise Refused(T_("There is no payer {code}. Load the payers first.", code=code), code="payer")
    found: bytes = row.id
    return found


def _newest(uow: UnitOfWork, payer_id: bytes) -> dict[FeeKey, Standing[int]]:
    rows = uow.rows(
        uow.select(
            FeeRow.id, FeeRow.code, FeeRow.modifier, FeeRow.setting, FeeRow.locality, FeeRow.amount_cents,
            FeeRow.valid_from, FeeRow.valid_to,
        )
        .where(FeeRow.payer_id == payer_id, FeeRow.practice_id == uow.practice_id)
        .order_by(FeeRow.valid_from)
    )  # fmt: skip
    return {
        FeeKey(row.code, row.modifier, row.setting, row.locality): Standing(
            row.id, row.amount_cents, row.valid_from, row.valid_to
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """A service of a payer on a day whose fee is wanted. `place` is the place of service; without one, the office's."""

    payer_id: bytes
    code: str
    on: date
    modifiers: tuple[str, ...] = ()
    place: str = ""
    locality: str = ""


def fees_of(uow: UnitOfWork, asked: Sequence[Asked]) -> dict[Asked, int]:
    """What payers allow the practice for one unit of each service, in cents; without those no schedule says.

    The fee of a modifier comes before that of none, that of the place's setting before that of both, that of the
    locality before that of everywhere.
    """
    by_payer: dict[bytes, list[Asked]] = {}
    for one in dict.fromkeys(asked):
        by_payer.setdefault(one.payer_id, []).append(one)
    found: dict[Asked, int] = {}
    for payer_id, some in by_payer.items():
        listed = _listed(uow, payer_id, {one.code for one in some})
        for one in some:
            best = max((row for row in listed.get(one.code, ()) if _fits(row, one)), key=_nearness, default=None)
            if best is not None:
                found[one] = best.amount_cents
    return found


def fee_of(
    uow: UnitOfWork,
    payer_id: bytes,
    code: str,
    on: date,
    *,
    modifiers: tuple[str, ...] = (),
    place: str = "",
    locality: str = "",
) -> Money | None:
    """What a payer allows the practice for one unit of a service on a day, as `fees_of`; None when nothing says."""
    asked = Asked(payer_id, code, on, modifiers, place, locality)
    cents = fees_of(uow, [asked]).get(asked)
    return None if cents is None else Money(cents)


def _listed(uow: UnitOfWork, payer_id: bytes, wanted: Iterable[str]) -> dict[str, list[Any]]:
    listed: dict[str, list[Any]] = {}
    ordered = sorted(wanted)
    for start in range(0, len(ordered), _SLICE):
        rows = uow.rows(
            uow.select(
                FeeRow.code, FeeRow.modifier, FeeRow.setting, FeeRow.locality, FeeRow.amount_cents, FeeRow.valid_from,
                FeeRow.valid_to,
            ).where(
                FeeRow.payer_id == payer_id,
                FeeRow.practice_id == uow.practice_id,
                FeeRow.code.in_(ordered[start : start + _SLICE]),
            )
        )  # fmt: skip
        for row in rows:
            listed.setdefault(row.code, []).append(row)
    return listed


def _fits(row: Any, asked: Asked) -> bool:
    setting = FACILITY if asked.place in _FACILITIES else NON_FACILITY
    return (
        (not row.modifier or row.modifier in asked.modifiers)
        and row.setting in (ANYWHERE, setting)
        and row.locality in ("", asked.locality)
        and row.valid_from <= asked.on
        and (row.valid_to is None or asked.on <= row.valid_to)
    )


def _nearness(row: Any) -> tuple[bool, bool, bool]:
    return row.modifier != "", row.setting != "", row.locality != ""
