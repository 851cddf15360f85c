"""Invented content for the pages about originals and partners."""

from __future__ import annotations

from portal.domain.transport import Server
from tests.language.rendering import frame, made
from tests.language.samples_office import ID, OTHER, said
from tests.language.samples_patient import NOW, THEN

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
_TROUBLE = made(
    "Trouble", partner_id=bytes(16), name="Quick Clearing", text=said("The connection broke off."), failures=4,
    since=THEN, next_try_at=NOW,
)  # fmt: skip


def _partner(**more: object) -> object:
    given = {
        "partner_id": ID, "code": "quick", "name": "Quick Clearing", "practice_name": "Juniper Family Medicine",
        "production": True, "sender_id": "JUNIPER", "receiver_id": "QUICK", "folder": "quick", "server": None,
        "came_at": THEN, "went_at": THEN, "waiting": 2, "trouble": None, "left": None,
    }  # fmt: skip
    return made("PartnerItem", **given | more)


def _original(patients: int) -> object:
    return made(
        "OriginalPage", interchange_id=ID, name="visits-0812.837", kind=said("Visits (837P)"), at=THEN,
        size_bytes=48_211, patients=patients,
    )  # fmt: skip


_PARTNERS = (
    _partner(),
    _partner(
        partner_id=OTHER, production=False, came_at=None, went_at=None, waiting=0, trouble=_TROUBLE,
        left=said("A file is too large."), server=Server("sftp.quick.example", 22, "juniper", _KEY, "/out", "/in"),
    ),
)  # fmt: skip
_PAGES = [
    ("staff/imports/original.html", "one", {"page": _original(1)}),
    ("staff/imports/original.html", "many", {"page": _original(1200)}),
    ("staff/partners/list.html", "some", {"page": made("PartnersPage", partners=_PARTNERS)}),
    ("staff/partners/list.html", "none", {"page": made("PartnersPage", partners=())}),
]
SAMPLES = [(name, kind, {"frame": frame("staff")} | context) for name, kind, context in _PAGES]
