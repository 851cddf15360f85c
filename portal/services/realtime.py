"""Partners that answer while one waits: where their service is, set up and looked up."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from portal.domain.errors import Refused
from portal.domain.realtime import Service
from portal.domain.texts import T_
from portal.models.practices import PartnerRow, PartnerServiceRow
from portal.services.unit_of_work.work import UnitOfWork

MOST_SIGNS = 64


def set_service(uow: UnitOfWork, partner: PartnerRow, service: Service | None, password: str = "") -> None:
    """Ask a partner in real time at a service, or no more; without a password the one that is kept stays.

    Raises Refused `service-password` for one that is missing or that no envelope carries.
    """
    row = _row(uow, partner.id)
    if service is None:
        if row is not None:
            uow.delete(row)
        return
    if password and not (len(password) <= MOST_SIGNS and password.isascii() and password.isprintable()):
        text = T_("The password of a service is 1 to {n} plain signs.", n=MOST_SIGNS)
        raise Refused(text, code="service-password")
    values: dict[str, Any] = {
        "url": service.url, "user_name": service.user, "sender": service.sender, "receiver": service.receiver,
    }  # fmt: skip
    if row is not None and not password and urlsplit(row.url)[:2] != urlsplit(service.url)[:2]:
        raise Refused(T_("Another address needs its password stated anew."), code="service-password")
    if password:
        values["password_sealed"] = password
    if row is not None:
        uow.change(row, **values)
    elif password:
        uow.new(PartnerServiceRow, practice_id=partner.practice_id, partner_id=partner.id, **values)
    else:
        raise Refused(T_("A service also needs a password."), code="service-password")


def service_of(uow: UnitOfWork, partner_id: bytes | None) -> Service | None:
    """The service of a partner, if it has one; of any of the practice's without an id."""
    row = _row(uow, partner_id)
    return None if row is None else Service(row.url, row.user_name, row.sender, row.receiver)


def with_password(uow: UnitOfWork, partner_id: bytes) -> tuple[Service, str] | None:
    """The service of a partner and its password, which only the machine opens."""
    row = _row(uow, partner_id)
    if row is None:
        return None
    password = uow.read(row, PartnerServiceRow.password_sealed)
    return Service(row.url, row.user_name, row.sender, row.receiver), password


def _row(uow: UnitOfWork, partner_id: bytes | None) -> PartnerServiceRow | None:
    statement = uow.select(PartnerServiceRow).order_by(PartnerServiceRow.id)
    if partner_id is not None:
        statement = statement.where(PartnerServiceRow.partner_id == partner_id)
    return uow.first(statement)
