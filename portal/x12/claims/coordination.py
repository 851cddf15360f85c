"""Earlier payers in an 837 and what they decided: loops 2320, 2330A, 2330B and 2430, written and read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from portal.domain.claims import Claim, Cover, OtherPayer
from portal.domain.coordination import ClaimDecision, LineDecision, segments
from portal.domain.dates import parse_x12_date, x12_date
from portal.domain.money import parse_cents
from portal.domain.remittances import Adjustment
from portal.domain.texts import T_
from portal.x12 import adjudication
from portal.x12.characters import Element, decimal_text, number
from portal.x12.claims import fields, names
from portal.x12.claims.lines import Note, quantity
from portal.x12.claims.loops import Loop, Span, find
from portal.x12.claims.names import Segments
from portal.x12.reader import Segment

_MODIFIERS = 4


def write_others(claim: Claim) -> Segments:
    """Loop 2320 of each earlier payer, the first one first."""
    for one in claim.others:
        cover, decided = one.cover, one.decision
        group_name = "" if cover.group_number else cover.group_name
        kind = names.insurance_type(claim, cover)
        yield "SBR", cover.rank, cover.relationship, cover.group_number, group_name, kind, "", "", "", cover.filing_code
        if decided is not None:
            yield from _adjustments(decided.adjustments)
            yield "AMT", "D", number(decided.paid_cents)
            if decided.remaining_cents is not None:
                yield "AMT", "EAF", number(decided.remaining_cents)
        yield "OI", "", "", claim.benefits_assigned, "", "", claim.release
        if decided is not None:
            yield from _adjudicated(decided, facility=claim.institutional is not None)
        yield from names.person("IL", cover.subscriber, "MI", cover.member_id)
        if cover.subscriber.address is not None:
            yield from names.address(cover.subscriber.address)
        yield "NM1", "PR", "2", cover.payer_name, "", "", "", "", "PI", cover.payer_id
        if cover.payer_address is not None:
            yield from names.address(cover.payer_address)
        if decided is not None and decided.decided_on is not None:
            yield "DTP", "573", "D8", x12_date(decided.decided_on)
        if decided is not None and decided.payer_control:
            yield "REF", "F8", decided.payer_control


def _adjudicated(decided: ClaimDecision, *, facility: bool) -> Segments:
    """MIA and MOA; remarks that stand in neither go to MOA."""
    if facility and decided.inpatient:
        yield "MIA", *decided.inpatient
    if decided.outpatient:
        yield "MOA", *decided.outpatient
    elif decided.remarks and not (facility and decided.inpatient):
        yield "MOA", "", "", *decided.remarks


def write_decisions(decisions: Iterable[LineDecision]) -> Segments:
    """Loop 2430 of each decision on a line."""
    for one in decisions:
        modifiers = [*one.modifiers, *[""] * _MODIFIERS][:_MODIFIERS]
        product = (one.qualifier, one.code, *modifiers)
        yield "SVD", one.payer_id, number(one.paid_cents), product, one.revenue_code, decimal_text(one.units)
        yield from _adjustments(one.adjustments)
        if one.decided_on is not None:
            yield "DTP", "573", "D8", x12_date(one.decided_on)
        if one.remaining_cents is not None:
            yield "AMT", "EAF", number(one.remaining_cents)


def read_others(loops: Iterable[Loop], note: Note) -> tuple[OtherPayer, ...]:
    """The other payers of a claim; one without a name of payer or subscriber is left out with its finding."""
    found = []
    for loop in loops:
        sbr = loop.head[0]
        insured, payer = loop.names.get("IL"), loop.names.get("PR")
        if not insured or not payer:
            note(sbr, "earlier-payer", T_("Another payer of the claim is not named whole; it was left out."))
            continue
        cover = Cover(
            payer_name=fields.text(payer[0], 3),
            payer_id=fields.text(payer[0], 9),
            member_id=fields.text(insured[0], 9),
            subscriber=fields.named(insured),
            rank=fields.text(sbr, 1),
            relationship=fields.text(sbr, 2),
            group_number=fields.text(sbr, 3),
            group_name=fields.text(sbr, 4),
            filing_code=fields.text(sbr, 9),
            payer_address=fields.address(payer),
            insurance_type=fields.text(sbr, 5),
        )
        found.append(OtherPayer(cover, _decision(loop, payer, note)))
    return tuple(found)


def read_decisions(spans: Iterable[Span], note: Note) -> tuple[LineDecision, ...]:
    """What earlier payers decided on a line; a decision that cannot be read is left out with its finding."""
    found = []
    for span in spans:
        svd = span[0]
        product = [*(part.strip() for part in svd.components(3)), *[""] * 6]
        try:
            found.append(
                LineDecision(
                    payer_id=fields.text(svd, 1),
                    paid_cents=parse_cents(fields.text(svd, 2)),
                    code=product[1],
                    units=quantity(fields.text(svd, 5)) if fields.text(svd, 5) else Decimal(1),
                    adjustments=_triplets(span),
                    qualifier=product[0],
                    modifiers=tuple(modifier for modifier in product[2:6] if modifier),
                    revenue_code=fields.text(svd, 4),
                    decided_on=_day(find(span, "DTP", "573")),
                    remaining_cents=_amount(find(span, "AMT", "EAF")),
                )
            )
        except ValueError:
            note(svd, "earlier-amount", T_("What an earlier payer decided on a line cannot be read; it was left out."))
    return tuple(found)


def _decision(loop: Loop, payer: Span, note: Note) -> ClaimDecision | None:
    paid, adjustments = loop.first("AMT", "D"), find(loop.head, "CAS")
    if paid is None and adjustments is None:
        return None
    said = {id_: found for id_ in ("MIA", "MOA") if (found := loop.first(id_)) is not None}
    try:
        return ClaimDecision(
            paid_cents=_amount(paid) or 0,
            adjustments=_triplets(loop.head),
            remaining_cents=_amount(loop.first("AMT", "EAF")),
            decided_on=_day(find(payer, "DTP", "573")),
            payer_control=fields.text(find(payer, "REF", "F8"), 2),
            remarks=tuple(code for one in said.values() for code in adjudication.remarks(one))[:5],
            inpatient=adjudication.elements(said["MIA"]) if "MIA" in said else (),
            outpatient=adjudication.elements(said["MOA"]) if "MOA" in said else (),
        )
    except ValueError:
        text = T_("What an earlier payer decided on the claim cannot be read; it was left out.")
        note(loop.head[0], "earlier-amount", text)
        return None


def _amount(segment: Segment | None) -> int | None:
    return None if segment is None else parse_cents(fields.text(segment, 2))


def _day(segment: Segment | None) -> date | None:
    return None if segment is None else parse_x12_date(fields.text(segment, 3))


def _triplets(span: Sequence[Segment]) -> tuple[Adjustment, ...]:
    """The adjustments of the CAS of a loop; an empty triplet in the middle is passed over."""
    found = []
    for cas in (segment for segment in span if segment.id == "CAS"):
        for n in range(2, len(cas.elements), 3):
            reason, amount, units = (fields.text(cas, at) for at in (n, n + 1, n + 2))
            if reason or amount:
                found.append(
                    Adjustment(fields.text(cas, 1), reason, parse_cents(amount), quantity(units) if units else None)
                )
    return tuple(found)


def _adjustments(adjustments: Sequence[Adjustment]) -> Segments:
    for group, run in segments(adjustments):
        triplets = [
            text
            for one in run
            for text in (
                one.reason,
                number(one.amount_cents),
                "" if one.quantity is None else decimal_text(one.quantity),
            )
        ]
        yield "CAS", group, *triplets


def carried_by(claim: Claim) -> tuple[tuple[tuple[Element, ...], ...], ...]:
    """What a claim carries of each payer's decisions, as an 837 writes it: equal where the next payer reads the same.

    Names, addresses and the day of a decision are no part of it.
    """
    own = [(other.cover.payer_id, other.decision) for other in claim.others if other.decision is not None]
    loops = [
        (("PAYER", payer), ("AMT", number(decided.paid_cents)), *_adjustments(decided.adjustments))
        for payer, decided in own
    ]
    lines = [
        tuple(segment for segment in write_decisions(line.decisions) if segment[0] != "DTP") for line in claim.lines
    ]
    return tuple(tuple(tuple(segment) for segment in loop) for loop in (*loops, *lines))
