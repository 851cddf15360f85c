"""All doors of whoever pays with a code."""

from __future__ import annotations

from portal.web.guest import payments
from portal.web.guest.blueprint import blueprint

ROOMS = (payments,)

__all__ = ["ROOMS", "blueprint"]
