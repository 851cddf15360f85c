"""All doors of the patient."""

from __future__ import annotations

from portal.web.patient import (
    access,
    account,
    assistance,
    contact,
    guaranteed,
    messages,
    payments,
    people,
    plans,
    record,
    restrictions,
)
from portal.web.patient.blueprint import blueprint

ROOMS = (access, account, assistance, contact, guaranteed, messages, payments, people, plans, record, restrictions)

__all__ = ["ROOMS", "blueprint"]
