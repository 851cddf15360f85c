"""What was granted, with its limits and what claims that stand have taken of it on which days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func

from portal.domain import limits
from portal.domain.granting import GrantedCare, GrantedLine
from portal.domain.limits import Cap, Span, Taken
from portal.models.authorizations import AuthorizationLineRow, AuthorizationUseRow
from portal.models.claims import ClaimRow
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 400
_LONG_AGO = Span(date.min, date.min)


def lines_of(uow: UnitOfWork, ids: Iterable[bytes]) -> dict[bytes, tuple[GrantedLine, ...]]:
    """What was granted and is used, by authorization, in its order."""
    line = AuthorizationLineRow
    found: dict[bytes, tuple[GrantedLine, ...]] = {}
    for part in parts_of(ids):
        spent: dict[bytes, list[Taken]] = {}
        for _, one in uses_of(uow, AuthorizationUseRow.authorization_id.in_(part)):
            spent.setdefault(one.line_id, []).append(one)
        rows = uow.rows(
            uow.select(line.id, line.authorization_id, line.code, line.modifiers, line.granted_thousandths, line.limits)
            .where(line.authorization_id.in_(part), line.granted.is_(True))
            .order_by(line.authorization_id, line.position)
        )
        for row in rows:
            made = GrantedLine(
                row.id, row.code, tuple(row.modifiers), row.granted_thousandths, tuple(spent.get(row.id, ())),
                caps_of(row.limits),
            )  # fmt: skip
            found[row.authorization_id] = (*found.get(row.authorization_id, ()), made)
    return found


def care_of(row: Any, lines: tuple[GrantedLine, ...]) -> GrantedCare:
    """An authorization as a claim sees it, from a row with id, state, valid_from, valid_to and limits."""
    return GrantedCare(row.id, row.state, "", row.valid_from, row.valid_to, lines, caps_of(row.limits))


def caps_of(stored: list[Any] | None) -> tuple[Cap, ...]:
    """What is counted of a limit as it is stored."""
    limit = limits.kept(stored)
    return () if limit is None else limits.read(limit).caps


def uses_of(uow: UnitOfWork, where: Any) -> list[tuple[bytes, Taken]]:
    """What claims that stand took, by claim; what was given back is none.

    What was counted before days were kept with it has the first day of its claim.
    """
    use, total = AuthorizationUseRow, func.sum(AuthorizationUseRow.thousandths)
    of = (
        use.claim_id, use.line_id, use.control, use.served_from, use.served_to, use.stay_from, use.stay_to,
    )  # fmt: skip
    rows = uow.rows(
        uow.select(*of, total.label("used")).where(where).group_by(*of).having(total != 0).order_by(*of[:4])
    )
    days = _days_of(uow, {row.claim_id for row in rows if row.served_from is None})
    found = []
    for row in rows:
        served = Span(row.served_from, row.served_to) if row.served_from else days.get(row.claim_id, _LONG_AGO)
        stay = Span(row.stay_from, row.stay_to) if row.stay_from else None
        found.append((row.claim_id, Taken(row.line_id, row.control, int(row.used), served, stay)))
    return found


def _days_of(uow: UnitOfWork, claims: Iterable[bytes]) -> dict[bytes, Span]:
    row, found = ClaimRow, {}
    for part in parts_of(claims):
        for one in uow.rows(uow.select(row.id, row.service_from).where(row.id.in_(part))):
            found[one.id] = Span(one.service_from, one.service_from)
    return found


def nights(first: date, last: date, *, still_here: bool = False) -> Span:
    """The days of a stay that count: not that of the discharge, but where it is the day of the admission too.

    Of a patient who stays on, all (Medicare benefit policy manual ch. 3, 20.1).
    """
    return Span(first, last if still_here or last <= first else last - timedelta(days=1))


def parts_of(ids: Iterable[bytes]) -> list[list[bytes]]:
    """The ids once each, in parts that an IN takes on both engines."""
    wanted = sorted(set(ids))
    return [wanted[start : start + _SLICE] for start in range(0, len(wanted), _SLICE)]
