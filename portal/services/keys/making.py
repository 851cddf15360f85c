"""Tenant keys as they are stored, and the first ones of a tenant (SECURITY 2.2)."""

from __future__ import annotations

from portal.crypto.keyring import KeyState, new_stored_key
from portal.crypto.keys import Purpose
from portal.crypto.roots import Root
from portal.services.unit_of_work.sealing import stored
from portal.services.unit_of_work.work import UnitOfWork

__all__ = ["Root", "make_tenant_keys", "stored"]


def make_tenant_keys(uow: UnitOfWork, roots: Root, tenant: bytes) -> None:
    """Make a tenant's first KEK and index root; part of making a practice, and of the installation itself."""
    for purpose in (Purpose.FIELD, Purpose.INDEX):
        uow.store_key(new_stored_key(roots, tenant, purpose, 1, KeyState.ACTIVE))
