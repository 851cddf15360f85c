"""All doors of the patient."""

from __future__ import annotations

from portal.web.patient import account, payments
from portal.web.patient.blueprint import blueprint

ROOMS = (account, payments)

__all__ = ["ROOMS", "blueprint"]
