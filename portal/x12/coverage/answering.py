"""The answer read: a 271 (005010X279A1), benefits and refusals of each patient."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal.domain.eligibility import Benefit, Dated, EligibilityAnswer, Limit, Party, Rejection
from portal.domain.interchanges import Finding
from portal.domain.texts import T_
from portal.x12.envelope import walk
from portal.x12.hierarchy import Level, Span, before, find, levels, parts, said
from portal.x12.parties import address, member, name, person, span_of_days
from portal.x12.reader import Document, Segment
from portal.x12.refusals import read_rejection
from portal.x12.transactions import TransactionSet
from portal.x12.values import Values

_LEVELS = {"20": "payer", "21": "provider", "22": "subscriber", "23": "dependent"}
_PATIENTS = {"22", "23"}
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a file in file order, and everything wrong with the file in segment order."""

    answers: tuple[EligibilityAnswer, ...]
    findings: tuple[Finding, ...]


def read_answers(document: Document) -> Answers:
    """Every 271 of a file, whatever its delimiters. Raises nothing: what is wrong is a finding, with its position.

    One answer for each subscriber or dependent that is spoken of; one for a payer or provider level that was refused
    (AAA) with no patient below it, found again by BHT03. A refusal holds for all below it. Other transactions are
    passed over with a finding.
    """
    envelope = walk(document)
    answers: list[EligibilityAnswer] = []
    findings = [*document.findings, *envelope.findings]
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind != "271":
            text = T_("This transaction says nothing about coverage (it is a {kind}).", kind=one.kind[:6] or "-")
            findings.append(Finding(one.first.position, "not-271", text))
            continue
        reading = _Reading(one)
        answers.extend(reading.answers)
        findings.extend(reading.findings)
    return Answers(tuple(answers), tuple(sorted(findings, key=lambda finding: finding.segment)))


class _Reading(Values):
    """One set: refusals are kept by level, answers made at the lowest level of each branch."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.reference = said(one.segments, "BHT", element=3)
        self.answers: list[EligibilityAnswer] = []
        for level in levels(one, self.findings):
            if level.code not in _LEVELS:
                text = T_("The transaction has a level (HL03) that is not known; it was passed over.")
                self.note(level.hl, "hl-level", text)
            elif level.code in _PATIENTS:
                if self.speaks(level):
                    self.take(level)
            elif level.first("AAA") is not None and not _patients_below(level):
                self.take(level)

    @staticmethod
    def speaks(level: Level) -> bool:
        """Whether a patient level is spoken of itself, and not only stands above its dependents."""
        if any(segment.id in {"EB", "TRN"} for segment in level.body):
            return True
        if any(child.code == "23" for child in level.children):
            return False
        # HL04 says that a dependent follows; one that was torn off leaves nothing said of the subscriber.
        return level.hl.get(4).strip() != "1" or level.first("AAA") is not None

    def take(self, level: Level) -> None:
        payer, provider, insured = level.up("20"), level.up("21"), level.up("22")
        dependent = level if level.code == "23" else None
        head = before(level.body, {"EB"})
        named = insured.first("NM1") if insured is not None else None
        if insured is not None and named is None:
            self.note(insured.hl, "subscriber-missing", T_("The answer names no subscriber."))
        traces = [segment for segment in head if segment.id == "TRN"]
        known = insured.body if insured is not None else ()
        self.answers.append(
            EligibilityAnswer(
                payer=name(payer.first("NM1") if payer else None),
                provider=name(provider.first("NM1") if provider else None),
                subscriber=member(named, before(known, {"EB"}), self) if insured is not None else None,
                dependent=person(find(head, "NM1"), head, self) if dependent else None,
                relationship=said(head, "INS") if dependent else "",
                traces=tuple(one.get(2).strip() for one in traces if one.get(1).strip() == "2"),
                payer_trace=next((one.get(2).strip() for one in traces if one.get(1).strip() == "1"), ""),
                reference=self.reference,
                group_name=said(head, "REF", "6P", 3) or said(before(known, {"EB"}), "REF", "6P", 3),
                dates=tuple(self.dated(segment) for segment in head if segment.id == "DTP"),
                benefits=tuple(self.benefit(span) for span in parts(level.body, {"EB"})),
                rejections=self.rejections(level),
                segment=level.hl.position,
            )
        )

    def rejections(self, level: Level) -> tuple[Rejection, ...]:
        """Its own and those of every level above; an AAA behind an EB speaks of that benefit."""
        found: list[Rejection] = []
        at: Level | None = level
        while at is not None:
            cut = len(before(at.body, {"EB"}))
            where = _LEVELS.get(at.code, "")
            own = [
                read_rejection(segment, where if n < cut else "benefit")
                for n, segment in enumerate(at.body)
                if segment.id == "AAA" and (n < cut or at is level)
            ]
            found = own + found
            at = at.parent
        return tuple(found)

    def dated(self, segment: Segment) -> Dated:
        return Dated(segment.get(1).strip(), *span_of_days(segment, self))

    def benefit(self, span: Span) -> Benefit:
        """One EB with HSD, REF, DTP, MSG and III behind it, and loop 2120 within LS and LE."""
        eb = span[0]
        own = before(span, {"LS", "NM1"})
        code = eb.get(1).strip()
        if not code:
            self.note(eb, "benefit-code", T_("A benefit does not say what it is (EB01)."))
        return Benefit(
            code=code,
            level=eb.get(2).strip(),
            service_types=tuple(part for each in eb.repeats(3) if (part := each.strip())),
            insurance_type=eb.get(4).strip(),
            plan=eb.get(5).strip(),
            period=eb.get(6).strip(),
            amount_cents=self.cents(eb, 7, needed=False) if eb.get(7).strip() else None,
            share=self.share(eb),
            quantity_kind=eb.get(9).strip(),
            quantity=self.quantity(eb, 10),
            authorization=eb.get(11).strip(),
            network=eb.get(12).strip(),
            procedure=tuple(part.strip() for part in eb.components(13)) if eb.get(13).strip() else (),
            limits=tuple(self.limit(segment) for segment in own if segment.id == "HSD"),
            dates=tuple(self.dated(segment) for segment in own if segment.id == "DTP"),
            references=tuple((s.get(1).strip(), s.get(2).strip()) for s in own if s.id == "REF"),
            places=tuple(
                s.get(2).strip() for s in own if s.id == "III" and s.get(1).strip() == "ZZ" and s.get(2).strip()
            ),
            messages=tuple(s.get(1).strip() for s in span if s.id == "MSG" and s.get(1).strip()),
            parties=tuple(self.party(part) for part in parts(span, {"NM1"})),
            segment=eb.position,
        )

    def share(self, eb: Segment) -> Decimal | None:
        """EB08, a part of one; a sender that writes percent is read as such, with a finding."""
        share = self.quantity(eb, 8)
        if share is None or 0 <= share <= 1:
            return share
        if 1 < share <= _HUNDRED:
            text = T_("EB08 is written in percent; it was read as a part of a hundred.")
            self.note(eb, "share-percent", text)
            return share / _HUNDRED
        self.note(eb, "share", T_("EB08 is no share between nought and one; it was left out."))
        return None

    def limit(self, hsd: Segment) -> Limit:
        kind, unit, period = hsd.get(1).strip(), hsd.get(3).strip(), hsd.get(5).strip()
        return Limit(kind, self.quantity(hsd, 2), unit, self.quantity(hsd, 4), period, self.quantity(hsd, 6))

    def party(self, span: Span) -> Party:
        own = before(span, {"LE"})
        role = own[0].get(1).strip()
        phone = next(
            (
                per.get(n + 1).strip()
                for per in own
                if per.id == "PER"
                for n in (3, 5, 7)
                if per.get(n).strip() in {"TE", "WP"}
            ),
            "",
        )
        references = tuple((s.get(1).strip(), s.get(2).strip()) for s in own if s.id == "REF")
        return Party(role, name(own[0]), address(own), phone, references)


def _patients_below(level: Level) -> bool:
    return any(child.code in _PATIENTS or _patients_below(child) for child in level.children)
