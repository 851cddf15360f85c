"""What stands in an event or service of a 278: days, diagnoses, decisions, services, providers, read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portal.domain.authorizations import CareProvider, Decision, Diagnosis, ReviewedService
from portal.domain.dates import parse_x12_date
from portal.domain.eligibility import Limit
from portal.domain.texts import T_, Text
from portal.x12.hierarchy import Span, before, find, parts, said
from portal.x12.parties import address, name, span_of_days
from portal.x12.reader import Segment
from portal.x12.values import Values

SERVICES = frozenset({"SV1", "SV2", "SV3"})
"""Segments that name a service."""
_EVENT_DAYS = ("AAH", "435", "472")
_WORDS = {
    "A1": T_("Approved as it was asked for. The number goes onto the claim."),
    "A2": T_("Approved in part: see which services, days and units. Ask for the rest again if it is needed."),
    "A3": T_("Not approved. Read the reason; an appeal or a talk with the payer's physician may change it."),
    "A4": T_("The payer has not decided yet. Send what it asks for, and look for its next answer."),
    "A6": T_("Approved with changes: compare services, days and units with what was asked for."),
    "C": T_("Cancelled. It no longer covers a service."),
    "CT": T_("The payer wants to be called before it decides."),
    "NA": T_("No approval is needed for this service. Keep this answer as proof."),
}


def decision_text(code: str, reason: str = "") -> Text:
    """What an HCR01 means and what to do, with the payer's reason code (HCR03) when it gives one."""
    text = _WORDS.get(code) or T_("The payer decided with code {code}, which is not on our list.", code=code or "-")
    if not reason:
        return text
    return T_("{decision} The payer's reason code: {reason}.", decision=text, reason=reason)


class Details(Values):
    """Reads the details and keeps the findings."""

    def days(self, head: Span) -> tuple[date | None, date | None]:
        """The days of an event: admission and discharge, or the event's own."""
        for qualifier in _EVENT_DAYS:
            dtp = find(head, "DTP", qualifier)
            if dtp is not None:
                first, last = span_of_days(dtp, self)
                out = find(head, "DTP", "096") or find(head, "DTP", "473")
                until = span_of_days(out, self)[1] if out is not None else None
                return first, until or (last if last != first else None)
        return None, None

    def diagnoses(self, head: Span) -> tuple[Diagnosis, ...]:
        found = []
        for segment in head:
            for n in range(1, len(segment.elements) if segment.id == "HI" else 0):
                qualifier, code, form, day = [*(part.strip() for part in segment.components(n)), "", "", "", ""][:4]
                if code:
                    found.append(Diagnosis(qualifier, code.replace(".", ""), self.day_of(segment, form, day)))
        return tuple(found)

    def day_of(self, segment: Segment, form: str, text: str) -> date | None:
        try:
            return parse_x12_date(text) if form == "D8" and text else None
        except ValueError:
            self.note(segment, "date", T_("The segment {id} has a date that is none; it was left empty.", id="HI"))
            return None

    def limit(self, span: Span) -> Limit | None:
        hsd = find(span, "HSD")
        if hsd is None:
            return None
        kind, unit, period = hsd.get(1).strip(), hsd.get(3).strip(), hsd.get(5).strip()
        return Limit(kind, self.quantity(hsd, 2), unit, self.quantity(hsd, 4), period, self.quantity(hsd, 6))

    def decision(self, span: Span) -> Decision | None:
        hcr = find(span, "HCR")
        if hcr is None:
            return None
        code, number, reason = (hcr.get(n).strip() for n in (1, 2, 3))
        if not code:
            self.note(hcr, "hcr-code", T_("The decision does not say what it is (HCR01)."))
        effective, expires, issued = (find(span, "DTP", qualifier) for qualifier in ("007", "036", "102"))
        first, last = span_of_days(effective, self) if effective is not None else (None, None)
        end = span_of_days(expires, self)[1] if expires is not None else None
        return Decision(
            code,
            number or said(span, "REF", "BB"),
            reason,
            span_of_days(issued, self)[0] if issued is not None else None,
            first,
            end or (last if last != first else None),
            decision_text(code, reason),
            hcr.position,
        )

    def service(self, span: Span) -> ReviewedService | None:
        """One service; None with a finding when it has no SV1, SV2 or SV3."""
        line = next((segment for segment in span if segment.id in SERVICES), None)
        head = before(span, {"NM1"})
        if line is None:
            if span:
                self.note(span[0], "service-missing", T_("A service says no code (SV1 or SV2)."))
            return None
        place = 2 if line.id == "SV2" else 1
        product = [*(part.strip() for part in line.components(place)), "", ""]
        unit, units = self.amount(line)
        dtp = find(head, "DTP", "472")
        first, last = span_of_days(dtp, self) if dtp is not None else (None, None)
        return ReviewedService(
            code=product[1],
            qualifier=product[0],
            modifiers=tuple(part for part in product[2:6] if part),
            units=units,
            unit=unit or "UN",
            revenue_code=line.get(1).strip() if line.id == "SV2" else "",
            from_date=first,
            to_date=last if last != first else None,
            limit=self.limit(head),
            trace=self.trace(head),
            decision=self.decision(head),
            messages=messages(head),
            providers=tuple(provider(part) for part in parts(span, {"NM1"})),
            segment=line.position,
        )

    def amount(self, line: Segment) -> tuple[str, Decimal | None]:
        """Unit and number of units: SV103-104, SV204-205; an SV3 (dental) counts by SV306."""
        match line.id:
            case "SV1":
                return line.get(3).strip(), self.quantity(line, 4)
            case "SV2":
                return line.get(4).strip(), self.quantity(line, 5)
            case _:
                return "UN", self.quantity(line, 6)

    @staticmethod
    def trace(span: Span) -> str:
        """The requester's trace: TRN*2 in an answer, TRN*1 in a request."""
        return said(span, "TRN", "2") or said(span, "TRN", "1")


def provider(span: Span) -> CareProvider:
    """A provider of the care from the NM1 that begins its span, with address and specialty."""
    prv = find(span, "PRV")
    taxonomy = prv.get(3).strip() if prv is not None else ""
    return CareProvider(span[0].get(1).strip(), name(span[0]), address(span), taxonomy)


def phone(span: Span) -> str:
    """The telephone number of a PER; empty when there is none."""
    per = find(span, "PER")
    if per is None:
        return ""
    return next((per.get(n + 1).strip() for n in (3, 5, 7) if per.get(n).strip() == "TE"), "")


def messages(span: Span) -> tuple[str, ...]:
    """MSG, and the words that some senders put into an STC."""
    free = [segment.get(1).strip() for segment in span if segment.id == "MSG"]
    free += [segment.components(1)[-1].strip() for segment in span if segment.id == "STC"]
    return tuple(text for text in free if text)
