"""Keys of tenants: made with a practice, loaded into the keyring, rotated, rewrapped, shredded (SECURITY 2.2, 2.5)."""

from __future__ import annotations

from sqlalchemy import Connection, select

from portal.crypto.keyring import KeyState, StoredKey, new_stored_key
from portal.crypto.keys import Purpose
from portal.crypto.roots import Root
from portal.models.keys import KekRow
from portal.services.unit_of_work.work import UnitOfWork


def stored(connection: Connection) -> list[StoredKey]:
    """Every stored tenant key, as the keyring takes them."""
    rows = connection.execute(select(KekRow.tenant, KekRow.purpose, KekRow.generation, KekRow.state, KekRow.wrapped))
    return [
        StoredKey(tenant, purpose, generation, state, wrapped) for tenant, purpose, generation, state, wrapped in rows
    ]


def make_tenant_keys(uow: UnitOfWork, roots: Root, tenant: bytes) -> None:
    """Make a tenant's first KEK and index root; part of making a practice, and of the installation itself."""
    for purpose in (Purpose.FIELD, Purpose.INDEX):
        uow.store_key(new_stored_key(roots, tenant, purpose, 1, KeyState.ACTIVE))
