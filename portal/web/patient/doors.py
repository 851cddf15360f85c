"""All doors of the patient."""

from __future__ import annotations

from portal.web.patient import account, contact, payments
from portal.web.patient.blueprint import blueprint

ROOMS = (account, contact, payments)

__all__ = ["ROOMS", "blueprint"]
