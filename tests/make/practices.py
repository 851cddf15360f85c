"""Practices and partners for tests; invented."""

from __future__ import annotations

from portal.domain.claims import Address
from portal.services.practices import PartnerFacts, Practice


def npi(nine: str = "123456789") -> str:
    """Nine digits with their check digit (Luhn over 80840 and the number)."""
    total = 24 + sum(sum(divmod(int(d) * (2 if at % 2 == 0 else 1), 10)) for at, d in enumerate(reversed(nine)))
    return nine + str(-total % 10)


def practice(**more: object) -> Practice:
    given = {
        "code": "juniper", "name": "Juniper Ridge Family Practice", "npi": npi(), "ein": "840000001",
        "taxonomy": "207Q00000X", "phone": "5035550142",
        "address": Address("214 Alder Street", "Millbrook", "OR", "970010214"), "time_zone": "America/Los_Angeles",
    }  # fmt: skip
    return Practice(**(given | more))


def partner(**more: object) -> PartnerFacts:
    given = {
        "code": "clearing", "name": "Quick Clearing", "sender_id": "JUNIPER", "receiver_id": "QUICKCLEAR",
        "group_sender": "JUNIPER", "group_receiver": "QUICKCLEAR", "submitter_name": "Juniper Ridge",
        "submitter_contact": "Billing Desk", "submitter_phone": "5035550142", "folder": "clearing",
    }  # fmt: skip
    return PartnerFacts(**(given | more))
