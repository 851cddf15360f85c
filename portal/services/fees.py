"""Fee schedules: a payer's file loaded for a practice, and what a payer allows for a service on a day."""

from __future__ import annotations

from datetime import date
from typing import IO

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
    """What a payer allows the practice for one unit of a service on a day; None when no schedule says.

    The fee of a modifier comes before that of none, that of the place's setting before that of both, that of the
    locality before that of everywhere. `place` is the place of service; without one, the office's.
    """
    setting = FACILITY if place in _FACILITIES else NON_FACILITY
    rows = uow.rows(
        uow.select(FeeRow.modifier, FeeRow.setting, FeeRow.locality, FeeRow.amount_cents).where(
            FeeRow.payer_id == payer_id,
            FeeRow.practice_id == uow.practice_id,
            FeeRow.code == code,
            FeeRow.modifier.in_(("", *modifiers)),
            FeeRow.setting.in_((ANYWHERE, setting)),
            FeeRow.locality.in_(("", locality)),
            FeeRow.valid_from <= on,
            FeeRow.valid_to.is_(None) | (FeeRow.valid_to >= on),
        )
    )
    best = max(rows, key=lambda row: (row.modifier != "", row.setting != "", row.locality != ""), default=None)
    return Money(best.amount_cents) if best is not None else None
