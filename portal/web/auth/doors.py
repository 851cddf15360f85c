"""All doors of signing in and out."""

from __future__ import annotations

from portal.web.auth import accounts, personas, signing
from portal.web.auth.blueprint import blueprint

ROOMS = (accounts, personas, signing)

__all__ = ["ROOMS", "blueprint"]
