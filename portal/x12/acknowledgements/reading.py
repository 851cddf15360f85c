"""Reading TA1, 999 (also its older form 997) and 277CA: one answer for each thing they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from portal.domain.interchanges import REJECTING_CATEGORIES, Acknowledgement, Finding
from portal.domain.texts import T_, Text
from portal.x12.acknowledgements import reasons, statuses
from portal.x12.envelope import walk
from portal.x12.reader import Document, Segment
from portal.x12.transactions import TransactionSet
from portal.x12.values import Values

_OUTCOMES = {"A": "accepted", "E": "accepted", "P": "partial", "R": "rejected", "M": "rejected"}
_OUTCOMES |= {"W": "rejected", "X": "rejected"}
_LEVELS = {"20": "", "21": "receiver", "19": "provider", "PT": "claim"}
_SHOWN_FAULTS = 20
"""More faults of one set are counted but not put into words."""


@dataclass(frozen=True, slots=True)
class Acknowledgements:
    """The answers of a file in file order, and everything wrong with the file in segment order."""

    items: tuple[Acknowledgement, ...]
    findings: tuple[Finding, ...]


def read_acknowledgements(document: Document) -> Acknowledgements:
    """Every TA1, 999 or 997 set and group, and 277CA (005010X214) status of a file.

    A 999 gives one answer for each AK2 and one for the AK9 (its group); a 277CA one for each receiver, provider and
    claim that has an STC. An answer that does not say accepted or rejected, or not of what, is a finding and left out;
    so is any other transaction. Findings are those of the file's writing and envelope, too. Raises nothing.
    """
    envelope = walk(document)
    values = Values()
    items = [
        item
        for interchange in envelope.interchanges
        for segment in interchange.ta1
        if (item := _interchange_answer(segment, values)) is not None
    ]
    findings = [*document.findings, *envelope.findings, *values.findings]
    for one in envelope.sets:
        findings.extend(one.findings)
        if one.kind in {"999", "997", "277CA"}:
            reading = _ClaimStatuses(one) if one.kind == "277CA" else _Functional(one)
            items.extend(reading.items)
            findings.extend(reading.findings)
        else:
            text = T_(
                "This transaction is no acknowledgement but a {kind}; it was passed over.", kind=one.kind[:6] or "-"
            )
            findings.append(Finding(one.first.position, "not-acknowledgement", text))
    items.sort(key=lambda item: item.segment)
    findings.sort(key=lambda finding: finding.segment)
    return Acknowledgements(tuple(items), tuple(findings))


def _interchange_answer(segment: Segment, values: Values) -> Acknowledgement | None:
    """One TA1: TA101 the ISA13 answered, TA102 its day (YYMMDD), TA104 the outcome, TA105 the note."""
    control, code, note = (segment.get(n).strip() for n in (1, 4, 5))
    outcome = _OUTCOMES.get(code)
    if not control or outcome is None or outcome == "partial":
        text = T_("The TA1 does not say which file it answers, or neither accepted nor rejected; it was left out.")
        values.note(segment, "ta1", text)
        return None
    if not note:
        values.note(segment, "ta1-note", T_("The TA1 has no note code (TA105)."))
    return Acknowledgement(
        kind="TA1",
        outcome=outcome,
        segment=segment.position,
        interchange_control=control,
        category=code,
        codes=(note,) if note else (),
        on=_short_day(segment, values),
        reasons=reasons.interchange_reasons(code, note),
    )


def _short_day(segment: Segment, values: Values) -> date | None:
    """TA102, YYMMDD; some senders write CCYYMMDD."""
    text = segment.get(2).strip()
    try:
        return datetime.strptime(text, "%Y%m%d" if len(text) == 8 else "%y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        values.note(segment, "date", T_("TA102 is not a date."))
        return None


@dataclass(slots=True)
class _Fault:
    """One IK3 with its IK4, until the CTX that may name the claim has been seen."""

    segment_id: str
    position: str
    code: str
    claim: str = ""
    elements: list[tuple[str, str]] = field(default_factory=list)

    def codes(self) -> list[str]:
        return [f"IK3:{self.code}@{self.position}", *(f"IK4:{code}@{element}" for element, code in self.elements)]

    def texts(self) -> list[Text]:
        own = reasons.segment_reason(self.segment_id, self.position, self.code, self.claim)
        return [own, *(reasons.element_reason(self.segment_id, element, code) for element, code in self.elements)]


class _Functional(Values):
    """One 999 (005010X231A1) or 997: AK1, then AK2 with IK3, CTX, IK4 and IK5 for each set, then AK9."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.one = one
        self.items: list[Acknowledgement] = []
        self.group = ""
        self.set: Segment | None = None
        self.faults: list[_Fault] = []
        self.ended = False
        for segment in one.segments:
            self.take(segment)
        self.end_set()
        if not self.ended:
            self.note(one.first, "ak9-missing", T_("The acknowledgement has no AK9: its group has no outcome."))

    def take(self, segment: Segment) -> None:
        match segment.id:
            case "AK1":
                self.group = segment.get(2).strip()
            case "AK2":
                self.end_set()
                self.set = segment
            case "IK3" | "AK3":
                self.faults.append(_Fault(segment.get(1).strip(), segment.get(2).strip(), segment.get(4).strip()))
            case "CTX" if self.faults and segment.components(1)[0].strip() == "CLM01":
                self.faults[-1].claim = [*segment.components(1), ""][1].strip()
            case "IK4" | "AK4" if self.faults:
                place = "-".join(part.strip() for part in segment.components(1)[:2] if part.strip())
                self.faults[-1].elements.append((place, segment.get(3).strip()))
            case "IK5" | "AK5":
                self.close_set(segment)
            case "AK9":
                self.close_group(segment)

    def end_set(self) -> None:
        """A set that is still open has no outcome."""
        if self.set is not None:
            text = T_("The answer about a set (AK2) has no outcome (IK5); it was left out.")
            self.note(self.set, "ik5-missing", text)
        self.set, self.faults = None, []

    def close_set(self, segment: Segment) -> None:
        answered, faults = self.set, self.faults
        self.set, self.faults = None, []
        code = segment.get(1).strip()
        outcome = _OUTCOMES.get(code)
        if answered is None:
            self.note(segment, "ik5-stray", T_("An outcome (IK5) stands without the set it speaks of (AK2)."))
            return
        if outcome is None or outcome == "partial":
            self.note(
                segment, "ik5-outcome", T_("The outcome of a set (IK501) is none that is known; it was left out.")
            )
            return
        control = answered.get(2).strip()
        codes = [part for n in range(2, 7) if (part := segment.get(n).strip())]
        texts = [reasons.set_reason(code, control), *(reasons.set_code_reason(part) for part in codes)]
        texts += [text for fault in faults[:_SHOWN_FAULTS] for text in fault.texts()]
        if len(faults) > _SHOWN_FAULTS:
            texts.append(T_("{n} more faults are not listed.", n=len(faults) - _SHOWN_FAULTS))
        self.items.append(
            Acknowledgement(
                kind=self.one.kind,
                outcome=outcome,
                segment=answered.position,
                group_control=self.group,
                set_control=control,
                category=code,
                codes=(*(text for fault in faults for text in fault.codes()), *(f"IK5:{part}" for part in codes)),
                reasons=tuple(texts),
            )
        )

    def close_group(self, segment: Segment) -> None:
        self.end_set()
        self.ended = True
        code = segment.get(1).strip()
        outcome = _OUTCOMES.get(code)
        if outcome is None or not self.group:
            text = T_("The AK9 has no known outcome, or no group it speaks of (AK1); it was left out.")
            self.note(segment, "ak9-outcome", text)
            return
        if outcome == "accepted" and any(item.outcome == "rejected" for item in self.items):
            self.note(segment, "ak9-contradicts", T_("The group is accepted (AK9), but one of its sets is rejected."))
        codes = [part for n in range(5, 10) if (part := segment.get(n).strip())]
        self.items.append(
            Acknowledgement(
                kind=self.one.kind,
                outcome=outcome,
                segment=segment.position,
                group_control=self.group,
                category=code,
                codes=tuple(f"AK9:{part}" for part in codes),
                reasons=(reasons.group_reason(code, self.group), *(reasons.group_code_reason(part) for part in codes)),
            )
        )


class _ClaimStatuses(Values):
    """One 277CA: levels 20 source, 21 receiver, 19 provider and PT patient, each with TRN and the STC behind it."""

    def __init__(self, one: TransactionSet) -> None:
        super().__init__()
        self.items: list[Acknowledgement] = []
        self.level = ""
        self.trn: Segment | None = None
        self.stcs: list[Segment] = []
        self.payer_control = ""
        for segment in one.segments:
            self.take(segment)
        if one.segments[-1].id == "SE":
            self.close()
        elif self.stcs:
            text = T_("The file ends within this status; it was left out, since a part of it may be missing.")
            self.note(self.stcs[0], "status-torn", text)

    def take(self, segment: Segment) -> None:
        match segment.id:
            case "HL":
                self.close()
                code = segment.get(3).strip()
                if code not in _LEVELS:
                    self.note(
                        segment, "hl-level", T_("The 277CA has a level (HL03) that is not known; it was passed over.")
                    )
                self.level = _LEVELS.get(code, "")
            case "TRN":
                self.close()
                self.trn = segment
            case "STC":
                self.stcs.append(segment)
            case "REF" if segment.get(1).strip() == "1K":
                self.payer_control = segment.get(2).strip()
            case _:
                pass

    def close(self) -> None:
        trn, stcs, payer_control = self.trn, self.stcs, self.payer_control
        self.trn, self.stcs, self.payer_control = None, [], ""
        trace = trn.get(2).strip() if trn is not None else ""
        if self.level == "claim" and trn is not None and not stcs:
            self.note(trn, "stc-missing", T_("The claim has no status (STC); it was left out."))
        if not self.level or not stcs:
            return
        if self.level == "claim" and not trace:
            self.note(
                stcs[0], "trn-missing", T_("The status does not say of which claim it is (TRN02); it was left out.")
            )
            return
        item = self.answer(stcs)
        if item is None:
            text = T_("The status says neither accepted nor rejected (STC01, STC03); it was left out.")
            self.note(stcs[0], "stc-outcome", text)
            return
        outcome, category = item
        composites = [part for stc in stcs for part in _composites(stc)]
        self.items.append(
            Acknowledgement(
                kind="277CA",
                outcome=outcome,
                segment=(trn or stcs[0]).position,
                claim_control=trace if self.level == "claim" else "",
                batch_control=trace if self.level == "receiver" else "",
                payer_control=payer_control,
                level=self.level,
                category=category,
                codes=tuple(":".join(part).rstrip(":") for part in composites),
                message=" ".join(said for stc in stcs if (said := stc.get(12).strip())),
                on=self.day(stcs[0], 2),
                reasons=tuple(statuses.claim_reason(*part) for part in dict.fromkeys(composites)),
            )
        )

    def answer(self, stcs: Sequence[Segment]) -> tuple[str, str] | None:
        """The outcome and the category that decides it: one rejection rejects, whatever stands beside it."""
        known = [
            (outcome, category)
            for stc in stcs
            for category, _, _ in _composites(stc)
            if (outcome := statuses.outcome(category, stc.get(3).strip())) is not None
        ]
        rejected = [one for one in known if one[0] == "rejected"]
        # STC03 = U rejects every composite; the one whose own category rejects says why.
        telling = [one for one in rejected if one[1] in REJECTING_CATEGORIES]
        return next(iter(telling or rejected or known), None)


def _composites(stc: Segment) -> list[tuple[str, str, str]]:
    """Category, status and entity of STC01, STC10 and STC11, those that are filled."""
    found = []
    for n in (1, 10, 11):
        category, status, entity = [*(part.strip() for part in stc.components(n)), "", "", ""][:3]
        if category or status:
            found.append((category, status, entity))
    return found
