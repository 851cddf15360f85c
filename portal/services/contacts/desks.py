"""How a practice reaches the departments of a payer: kept, shown, taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.contacts import read_desk
from portal.domain.errors import NotFound, Refused
from portal.domain.practices import address_lines, phone_written
from portal.domain.texts import T_
from portal.models.contacts import PayerDeskRow
from portal.models.payers import PayerRow
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_MOST = 30


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One department: numbers as people write them, the address as it stands on an envelope, below the payer's name."""

    desk_id: str
    version: int
    name: str
    phone: str | None
    fax: str | None
    lines: tuple[str, ...]


def desks_of(uow: UnitOfWork, payer_id: bytes) -> tuple[DeskItem, ...]:
    """The departments of a payer that the practice knows, by name; then the address loaded with the payer."""
    row = PayerDeskRow
    found = uow.rows(
        uow.select(row.id, row.practice_id, row.version, row.name, row.phone, row.fax, row.address)
        .where(row.payer_id == payer_id, row.practice_id == uow.practice_id, row.ended_at.is_(None))
        .order_by(row.name, row.id)
        .limit(_MOST)
    )
    listed = [
        DeskItem(
            each.id.hex(), each.version, each.name, phone_written(each.phone) if each.phone else None,
            phone_written(each.fax) if each.fax else None, address_lines(each.address),
        )
        for each in found
    ]  # fmt: skip
    loaded = uow.value(uow.select(PayerRow.address).where(PayerRow.id == payer_id))
    if loaded:
        listed.append(DeskItem("", 0, "", None, None, address_lines(loaded)))
    return tuple(listed)


def add(uow: UnitOfWork, payer_id: bytes, given: Mapping[str, str]) -> None:
    """Keep how a department is reached; the same again changes nothing. Raises Refused naming the field, NotFound."""
    if uow.row(uow.select(PayerRow.id).where(PayerRow.id == payer_id)) is None:
        raise NotFound(ABSENT, code="not-found")
    desk = read_desk(given)
    standing = uow.entities(
        uow.select(PayerDeskRow).where(PayerDeskRow.payer_id == payer_id, PayerDeskRow.ended_at.is_(None))
    )
    if any((row.name, row.phone, row.fax, row.address) == (desk.name, desk.phone, desk.fax, desk.address)
           for row in standing):  # fmt: skip
        return
    if len(standing) >= _MOST:
        raise Refused(T_("So many departments stand here already. Take one out first."), code="name")
    uow.new(
        PayerDeskRow, practice_id=uow.practice_id, payer_id=payer_id, name=desk.name, phone=desk.phone, fax=desk.fax,
        address=desk.address, added_by=uow.actor.identity, added_at=uow.now,
    )  # fmt: skip


def take_out(uow: UnitOfWork, payer_id: bytes, desk_id: bytes, *, expected_version: int) -> None:
    """Take a department out; it is kept with who did so. Raises NotFound, Conflict when somebody was quicker."""
    row = uow.get(PayerDeskRow, desk_id)
    if row.payer_id != payer_id:
        raise NotFound(ABSENT, code="not-found")
    uow.change(row, expected_version=expected_version, ended_by=uow.actor.identity, ended_at=uow.now)
