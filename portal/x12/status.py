"""Where claims stand, read: 276 and 277 (005010X212); the 277CA stands in `acknowledgements`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from portal.domain.claims import Person
from portal.domain.eligibility import Member
from portal.domain.interchanges import Finding
from portal.domain.remittances import Name
from portal.domain.status import ClaimStatus, LineStatus, StatusAnswer, StatusLine, StatusQuestion
from portal.domain.texts import T_
from portal.x12.acknowledgements.statuses import claim_reason
from portal.x12.envelope import walk
from portal.x12.hierarchy import Level, Span, before, find, levels, parts, said
from portal.x12.parties import member, name, person, span_of_days
from portal.x12.reader import Document, Segment
from portal.x12.transactions import TransactionSet
from portal.x12.values import Values

_COMPOSITES = (1, 10, 11)
"""Elements of an STC that hold category, status and entity."""
_LEVELS = {"20": "payer", "21": "receiver", "19": "provider", "22": "claim", "23": "claim"}


@dataclass(frozen=True, slots=True)
class Inquiries:
    """The questions of a file in file order, and everything wrong with the file in segment order."""

    questions: tuple[StatusQuestion, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Statuses:
    """The answers of a file in file order, and everything wrong with the file in segment order."""

    answers: tuple[StatusAnswer, ...]
    findings: tuple[Finding, ...]


def read_inquiries(document: Document) -> Inquiries:
    """Every 276 of a file. Raises nothing; what is wrong is a finding, other transactions are passed over with one."""
    found: list[StatusQuestion] = []
    findings = _each(document, "276", lambda one: _Inquiry(one, found))
    return Inquiries(tuple(found), findings)


def read_statuses(document: Document) -> Statuses:
    """Every 277 (not 277CA) of a file. Raises nothing; what is wrong is a finding.

    One answer for each claim (TRN) and for each receiver or provider level that has a status. A claim whose status
    gives no category is left out with a finding. Other transactions are passed over with one.
    """
    found: list[StatusAnswer] = []
    findings = _each(document, "277", lambda one: _Status(one, found))
    return Statuses(tuple(found), findings)


def _each(document: Document, kind: str, read_set: Callable[[TransactionSet], Values]) -> tuple[Finding, ...]:
    """Read every set of a kind; the findings of the whole file in segment order."""
    envelope = walk(document)
    findings = [*document.findings, *envelope.findings]
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind == kind:
            findings.extend(read_set(one).findings)
            continue
        text = T_("This transaction is no {wanted} but a {kind}; it was passed over.", wanted=kind, kind=one.kind[:6])
        findings.append(Finding(one.first.position, f"not-{kind}", text))
    return tuple(sorted(findings, key=lambda finding: finding.segment))


class _Parties(TypedDict):
    payer: Name
    provider: Name
    dependent: Person | None


class _Numbers(TypedDict):
    claim_control: str
    payer_control: str
    bill_type: str
    from_date: date | None
    to_date: date | None


class _Set(Values):
    """What 276 and 277 have in common: the parties above a claim and the lines below it."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.reference = said(one.segments, "BHT", element=3)

    def parties(self, level: Level) -> _Parties:
        """Payer, provider and, at the level of a dependent, that person."""
        payer, provider = level.up("20"), level.up("19")
        head = before(level.body, {"TRN", "STC"})
        return {
            "payer": name(payer.first("NM1") if payer else None),
            "provider": name(provider.first("NM1") if provider else None),
            "dependent": person(find(head, "NM1"), head, self) if level.code == "23" else None,
        }

    def subscriber(self, level: Level) -> Member | None:
        """Who is insured, at a patient's level or above it."""
        insured = level.up("22")
        return None if insured is None else member(insured.first("NM1"), before(insured.body, {"TRN"}), self)

    def claim(self, span: Span) -> _Numbers:
        """The numbers and days of a claim, in whichever order the sender puts them."""
        dtp = find(span, "DTP", "472")
        first, last = span_of_days(dtp, self) if dtp is not None else (None, None)
        return {
            "claim_control": said(span, "REF", "EJ"),
            "payer_control": said(span, "REF", "1K"),
            "bill_type": said(span, "REF", "BLT"),
            "from_date": first,
            "to_date": last if last != first else None,
        }

    def line(self, span: Span) -> StatusLine:
        """SVC with REF*FJ and DTP*472; a code of NU (revenue) stands alone in institutional claims."""
        svc = span[0]
        product = [*(part.strip() for part in svc.components(1)), "", ""]
        dtp = find(span, "DTP", "472")
        first, last = span_of_days(dtp, self) if dtp is not None else (None, None)
        if not product[1]:
            self.note(svc, "line-code", T_("The service line has no procedure code."))
        return StatusLine(
            code=product[1],
            charge_cents=self.cents(svc, 2),
            modifiers=tuple(part for part in product[2:6] if part),
            units=self.quantity(svc, 7),
            qualifier=product[0],
            revenue_code=svc.get(4).strip(),
            control=said(span, "REF", "FJ"),
            from_date=first,
            to_date=last if last != first else None,
            segment=svc.position,
        )


class _Inquiry(_Set):
    """One 276: a question at each TRN of a subscriber or dependent."""

    def __init__(self, one: TransactionSet, found: list[StatusQuestion]) -> None:
        super().__init__(one)
        for level in levels(one, self.findings):
            if level.code not in {"22", "23"}:
                continue
            asked = parts(level.body, {"TRN"})
            if not asked and not level.children:
                self.note(level.hl, "trace-missing", T_("The patient has no trace (TRN): nothing is asked."))
            found.extend(self.question(level, span) for span in asked)

    def question(self, level: Level, span: Span) -> StatusQuestion:
        subscriber = self.subscriber(level)
        if subscriber is None:
            self.note(level.hl, "claim-level", T_("The claim stands under no subscriber."))
        amount = find(span, "AMT", "T3")
        return StatusQuestion(
            trace=span[0].get(2).strip(),
            subscriber=subscriber or Member(Person("", "")),
            charge_cents=self.cents(amount, 2) if amount is not None else None,
            lines=tuple(self.line(part) for part in parts(span, {"SVC"})),
            reference=self.reference,
            segment=span[0].position,
            **self.parties(level),
            **self.claim(before(span, {"SVC"})),
        )


class _Status(_Set):
    """One 277: what is said at the receiver, at a provider, and of each claim."""

    def __init__(self, one: TransactionSet, found: list[StatusAnswer]) -> None:
        super().__init__(one)
        for level in levels(one, self.findings):
            if level.code not in _LEVELS:
                text = T_("The transaction has a level (HL03) that is not known; it was passed over.")
                self.note(level.hl, "hl-level", text)
            for span in parts(level.body, {"TRN"}) or [level.body]:
                answer = self.answer(level, span)
                if answer is not None:
                    found.append(answer)

    def answer(self, level: Level, span: Span) -> StatusAnswer | None:
        head = before(span, {"SVC"})
        stcs = [segment for segment in head if segment.id == "STC"]
        kind = _LEVELS.get(level.code, "")
        if not stcs:
            if kind == "claim" and span and span[0].id == "TRN":
                self.note(span[0], "stc-missing", T_("The claim has no status (STC); it was left out."))
            return None
        if kind not in {"claim", "provider", "receiver"}:
            return None
        trn = find(head, "TRN")
        if kind == "claim" and trn is None:
            self.note(stcs[0], "trace-missing", T_("The status does not say by a trace (TRN) what it answers."))
        statuses = tuple(status for stc in stcs if (status := self.status(stc)) is not None)
        if not statuses:
            return None
        return StatusAnswer(
            level=kind,
            statuses=statuses,
            # A provider's trace is a mere filler (TRN*1*0).
            trace=trn.get(2).strip() if trn is not None and trn.get(1).strip() != "1" else "",
            lines=tuple(self.line_status(part) for part in parts(span, {"SVC"})),
            reference=self.reference,
            segment=(trn or stcs[0]).position,
            subscriber=self.subscriber(level),
            **self.parties(level),
            **self.claim(head),
        )

    def line_status(self, span: Span) -> LineStatus:
        paid = self.cents(span[0], 3, needed=False) if span[0].get(3).strip() else None
        stcs = [self.status(segment) for segment in span if segment.id == "STC"]
        return LineStatus(self.line(span), paid, tuple(one for one in stcs if one is not None))

    def status(self, stc: Segment) -> ClaimStatus | None:
        composites = [
            tuple([*(part.strip() for part in stc.components(n)), "", ""][:3])
            for n in _COMPOSITES
            if any(part.strip() for part in stc.components(n))
        ]
        if not composites or not composites[0][0]:
            text = T_("The status gives no category (STC01); it was left out.")
            self.note(stc, "stc-category", text)
            return None
        return ClaimStatus(
            codes=tuple(":".join(part).rstrip(":") for part in composites),
            on=self.day(stc, 2),
            charge_cents=self.cents(stc, 4, needed=False) if stc.get(4).strip() else None,
            paid_cents=self.cents(stc, 5, needed=False) if stc.get(5).strip() else None,
            decided_on=self.day(stc, 6),
            paid_on=self.day(stc, 8),
            check_number=stc.get(9).strip(),
            message=stc.get(12).strip(),
            reasons=tuple(claim_reason(*part) for part in dict.fromkeys(composites)),
            segment=stc.position,
        )
