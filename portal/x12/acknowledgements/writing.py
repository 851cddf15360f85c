"""Writing TA1, 999 (005010X231A1) and 277CA (005010X214): what a clearinghouse or payer answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypeAlias

from portal.domain.claims import BillingProvider, Claim
from portal.domain.dates import x12_date
from portal.domain.interchanges import (
    ClaimAnswer,
    ControlNumbers,
    ElementFault,
    GroupAnswer,
    InterchangeAnswer,
    Partner,
    SegmentFault,
    SetAnswer,
)
from portal.x12.characters import Element, number
from portal.x12.envelope import write_interchange, write_ta1s

Segments: TypeAlias = Iterator[Sequence[Element]]
_CODES_OF_SET = 5
_COMPOSITES = 3


def write_ta1(
    answers: Sequence[InterchangeAnswer], *, partner: Partner, numbers: ControlNumbers, at: datetime
) -> bytes:
    """An interchange that holds only TA1 segments, one for each interchange answered (X12.5).

    `partner` has the answering side as sender; only `numbers.interchange` is used. Raises ValueError for no answer.
    """
    if not answers:
        raise ValueError("a TA1 answers at least one interchange")
    segments = [
        ("TA1", one.control, one.made.strftime("%y%m%d"), one.made.strftime("%H%M"), one.code, one.note)
        for one in answers
    ]
    return write_ta1s(partner, numbers.interchange, segments, at)


def write_999(answers: Sequence[GroupAnswer], *, partner: Partner, numbers: ControlNumbers, at: datetime) -> bytes:
    """A 999 file with one set for each functional group answered; accepted sets are named, too.

    GS08 and ST03 are 005010X231A1. A set is rejected when it has faults or codes; a group is rejected when it has codes
    or none of its sets is accepted, else partly accepted. Raises ValueError for no answer and as `write_interchange`.
    """
    return write_interchange(partner, numbers, "FA", "005010X231A1", [list(_group(one)) for one in answers], at)


def _group(answer: GroupAnswer) -> Segments:
    yield "AK1", answer.functional, answer.control, answer.guide
    for one in answer.sets:
        yield from _set(one)
    received, accepted = len(answer.sets), sum(one.accepted for one in answer.sets)
    if answer.codes:
        outcome = "R"
        accepted = 0
    else:
        outcome = "A" if accepted == received else "P" if accepted else "R"
    yield "AK9", outcome, str(answer.included), str(received), str(accepted), *answer.codes[:_CODES_OF_SET]


def _set(answer: SetAnswer) -> Segments:
    yield "AK2", answer.kind, answer.control, answer.guide
    for fault in answer.faults:
        # IK303 takes four characters: 2010AA is told as 2010.
        yield "IK3", fault.segment_id, str(fault.position), fault.loop[:4], fault.code
        if fault.claim_control:
            yield "CTX", ("CLM01", fault.claim_control)
        for element in fault.elements:
            yield "IK4", _place(element), element.reference, element.code
    if answer.accepted:
        yield "IK5", "A"
        return
    codes = dict.fromkeys(answer.codes)
    if answer.faults:
        codes["I5" if all(_of_guide(fault) for fault in answer.faults) else "5"] = None
    yield "IK5", "R", *list(codes)[:_CODES_OF_SET]


def _of_guide(fault: SegmentFault) -> bool:
    """True when only the guide is broken, not the standard below it: every code begins with I (8 points at IK4)."""
    codes = [element.code for element in fault.elements] or [fault.code]
    return all(code.startswith("I") for code in codes)


def _place(fault: ElementFault) -> tuple[str, ...]:
    return (str(fault.element), str(fault.component)) if fault.component else (str(fault.element),)


def write_277ca(
    answers: Sequence[ClaimAnswer],
    *,
    partner: Partner,
    numbers: ControlNumbers,
    at: datetime,
    batch: str,
    source: str = "PR",
) -> bytes:
    """A 277CA about the claims of one 837 set, by billing provider; `batch` is the BHT03 of that set.

    `partner` has the answering side as sender and submitter; `source` is PR for a payer, AY for a clearinghouse.
    Receiver and provider levels say received (A1:19) and count what is accepted and rejected. Raises ValueError for no
    answer, and for one with no code or more than three (STC01, 10, 11).
    """
    if not answers or any(not 0 < len(answer.codes) <= _COMPOSITES for answer in answers):
        raise ValueError("a 277CA has at least one claim, each with one to three codes")
    reference = f"{numbers.interchange:09d}-{numbers.first_set:04d}"
    segments = [*_source(partner, at, reference, source), *_receiver(partner, answers, at, batch, source)]
    level = 2
    for billing, group in _by_provider(answers).items():
        level += 1
        segments += _provider(billing, group, level, source)
        parent = level
        for answer in group:
            level += 1
            segments += [("HL", str(level), str(parent), "PT"), *_patient(answer, at)]
    return write_interchange(partner, numbers, "HN", "005010X214", [segments], at)


def _by_provider(answers: Sequence[ClaimAnswer]) -> dict[BillingProvider, list[ClaimAnswer]]:
    groups: dict[BillingProvider, list[ClaimAnswer]] = {}
    for answer in answers:
        groups.setdefault(answer.claim.billing, []).append(answer)
    return groups


def _source(partner: Partner, at: datetime, reference: str, source: str) -> Segments:
    day = x12_date(at.date())
    yield "BHT", "0085", "08", reference, day, at.strftime("%H%M"), "TH"
    yield "HL", "1", "", "20", "1"
    yield "NM1", source, "2", partner.submitter_name, "", "", "", "", "46", partner.group_sender
    yield "TRN", "1", reference
    yield "DTP", "050", "D8", day
    yield "DTP", "009", "D8", day


def _receiver(partner: Partner, answers: Sequence[ClaimAnswer], at: datetime, batch: str, source: str) -> Segments:
    yield "HL", "2", "1", "21", "1"
    yield "NM1", "41", "2", partner.receiver_name, "", "", "", "", "46", partner.group_receiver
    yield "TRN", "2", batch
    yield "STC", ("A1", "19", source), x12_date(at.date()), "WQ", number(_charge(answers))
    yield from _totals(answers, "90", "AA")


def _provider(billing: BillingProvider, answers: Sequence[ClaimAnswer], level: int, source: str) -> Segments:
    kind = "1" if billing.first_name else "2"
    identifier = ("XX", billing.npi) if billing.npi else ("FI", billing.tax_id)
    yield "HL", str(level), "2", "19", "1"
    yield "NM1", "85", kind, billing.name, billing.first_name, "", "", "", *identifier
    yield "TRN", "1", "0"
    yield "STC", ("A1", "19", source), "", "WQ", number(_charge(answers))
    yield from _totals(answers, "QA", "QC")


def _totals(answers: Sequence[ClaimAnswer], accepted: str, rejected: str) -> Segments:
    """How many claims and how much charge is accepted and rejected; what is none is not told."""
    good = [answer for answer in answers if answer.accepted]
    bad = [answer for answer in answers if not answer.accepted]
    for qualifier, part in ((accepted, good), (rejected, bad)):
        if part:
            yield "QTY", qualifier, str(len(part))
    for qualifier, part in (("YU", good), ("YY", bad)):
        if part:
            yield "AMT", qualifier, number(_charge(part))


def _charge(answers: Sequence[ClaimAnswer]) -> int:
    return sum(answer.claim.charge_cents for answer in answers)


def _patient(answer: ClaimAnswer, at: datetime) -> Segments:
    claim = answer.claim
    patient = claim.patient
    name = [patient.last, patient.first, patient.middle, "", patient.suffix]
    yield "NM1", "QC", "1", *name, "MI", claim.cover.member_id
    yield "TRN", "2", claim.control
    first, second, third = (*(tuple(code.split(":")) for code in answer.codes), (), ())[:_COMPOSITES]
    action = "WQ" if answer.accepted else "U"
    charge = number(claim.charge_cents)
    day = x12_date(at.date())
    yield "STC", first, day, action, charge, "", "", "", "", "", second, third, answer.message
    if answer.payer_control:
        yield "REF", "1K", answer.payer_control
    days = _days(claim)
    if days:
        first_day, last_day = x12_date(days[0]), x12_date(days[-1])
        span = ("D8", first_day) if first_day == last_day else ("RD8", f"{first_day}-{last_day}")
        yield "DTP", "472", *span


def _days(claim: Claim) -> list[date]:
    return sorted(day for line in claim.lines for day in (line.from_date, line.to_date) if day is not None)
