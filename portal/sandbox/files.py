"""The practice's old system: writes its visits as 837P files, as a practice would hand them over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.domain.claims import Claim
from portal.domain.interchanges import ControlNumbers, Partner
from portal.x12.claims.writing import write_claims


def visit_file(claims: Sequence[Claim], *, number: int, at: datetime) -> bytes:
    """One 837P of these claims, with control numbers counted from `number`."""
    partner = Partner(
        "ZZ", "JUNIPEROLD", "ZZ", "CANDOR", "JUNIPEROLD", "CANDOR", "P", "JUNIPER RIDGE", "FRONT DESK", "5035550142",
        "CANDOR",
    )  # fmt: skip
    return write_claims(claims, partner=partner, numbers=ControlNumbers(number, number, number * 100), at=at)
