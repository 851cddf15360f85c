"""What a clearinghouse and a payer answer to our files, as files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from portal.domain.claims import Claim
from portal.domain.interchanges import (
    ClaimAnswer,
    ControlNumbers,
    GroupAnswer,
    InterchangeAnswer,
    Partner,
    SegmentFault,
    SetAnswer,
)
from portal.x12.acknowledgements.writing import write_277ca, write_999, write_ta1
from portal.x12.claims.reading import read_claims
from portal.x12.reader import read

BACK = Partner(
    "ZZ", "QUICKCLEAR", "ZZ", "JUNIPER", "QUICKCLEAR", "JUNIPER", "P", "Quick Clearing", "EDI Desk", "5035550199",
    "Juniper Ridge",
)  # fmt: skip
AT = datetime(2026, 8, 3, 15, tzinfo=UTC)
GUIDE = "005010X222A1"


def numbers(at: datetime) -> ControlNumbers:
    """Numbers that grow with the time, as a partner's do."""
    minute = int((at - AT + timedelta(days=100)).total_seconds() // 60)
    return ControlNumbers(minute, minute, 1)


def ta1(control: str, code: str = "A", note: str = "000", *, at: datetime = AT, back: Partner = BACK) -> bytes:
    return write_ta1([InterchangeAnswer(control, at, code, note)], partner=back, numbers=numbers(at), at=at)


def functional(group: str, sets: dict[str, bool], *, claim: str = "", at: datetime = AT, back: Partner = BACK) -> bytes:
    """A 999 about sets by ST02, accepted or not; a rejected one has a fault in a segment of the claim named."""
    fault = SegmentFault("NM1", 16, "3", claim_control=claim)
    answers = tuple(SetAnswer("837", control, GUIDE, () if good else (fault,)) for control, good in sets.items())
    return write_999([GroupAnswer("HC", group, GUIDE, answers, len(sets))], partner=back, numbers=numbers(at), at=at)


def statuses(
    body: bytes,
    codes: Sequence[str] = ("A2:20:PR",),
    *,
    payer_control: str = "",
    message: str = "",
    at: datetime = AT,
    batch: str = "000000001-0001",
    source: str = "PR",
    back: Partner = BACK,
) -> bytes:
    """A 277CA that says the same of every claim of a file of ours."""
    answers = [ClaimAnswer(claim, tuple(codes), payer_control, message) for claim in claims_in(body)]
    return write_277ca(answers, partner=back, numbers=numbers(at), at=at, batch=batch, source=source)


def claims_in(body: bytes) -> tuple[Claim, ...]:
    found = read_claims(read(body))
    assert found.findings == ()
    return found.claims
