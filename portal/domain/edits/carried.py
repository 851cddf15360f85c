"""Edits about what a claim to a further payer carries of the earlier ones' answers (X12 RFI 1294 and 1115)."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim, OtherPayer
from portal.domain.coordination import MOST_CAS, MOST_DECISIONS, ClaimDecision, LineDecision, segments, total
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.money import Money
from portal.domain.texts import T_

_COMPARE = T_("Compare the remittance with the claim; where the payer's answer is wrong, ask it for a corrected one.")
_PAPER = T_("Send it by the payer's portal or on paper, with the explanation of benefits.")


def _decided(claim: Claim) -> Iterator[tuple[OtherPayer, ClaimDecision, list[tuple[LineDecision, ...]]]]:
    """Each payer that decided, with its decisions on each line."""
    for other in claim.others:
        if other.decision is not None:
            of_lines = [
                tuple(one for one in line.decisions if one.payer_id == other.cover.payer_id) for line in claim.lines
            ]
            yield other, other.decision, of_lines


def _balance(claim: Claim, _: EditContext) -> Iterator[Found]:
    for _other, decision, of_lines in _decided(claim):
        own, lines = total(decision.adjustments), [one for each in of_lines for one in each]
        off = claim.charge_cents - decision.paid_cents - own - sum(total(one.adjustments) for one in lines)
        if off:
            text = T_("The claim is off by {off}: its charge is not what the earlier payer paid and adjusted.",
                      off=Money(off))  # fmt: skip
            yield Found(text, _COMPARE)
        off = sum(one.paid_cents for one in lines) - own - decision.paid_cents
        if lines and off:
            text = T_("The lines are off by {off}: what the earlier payer paid on them is not what it paid in all.",
                      off=Money(off))  # fmt: skip
            yield Found(text, _COMPARE)
        for number, (line, decided) in enumerate(zip(claim.lines, of_lines, strict=True), 1):
            off = line.charge_cents - sum(one.paid_cents + total(one.adjustments) for one in decided)
            if decided and off:
                text = T_("Line {line} is off by {off}: its charge is not what the earlier payer paid and adjusted.",
                          line=number, off=Money(off))  # fmt: skip
                yield Found(text, _COMPARE, number)


def _unplaced(claim: Claim, _: EditContext) -> Iterator[Found]:
    for _other, decision, _lines in _decided(claim):
        if decision.unplaced:
            text = T_("A service of the earlier payer's answer fits no line of the claim.")
            yield Found(text, _COMPARE)


def _forwarded(claim: Claim, _: EditContext) -> Iterator[Found]:
    # Where another decision stands behind, the payer to whom an earlier one sent it on has answered.
    for other, decision, _lines in list(_decided(claim))[-1:]:
        if decision.forwarded:
            text = T_("{payer} sent this claim on by itself.", payer=other.cover.payer_name)
            yield Found(text, T_("Do not send it: wait for the answer, and ask the next payer if none comes."))


def _room(claim: Claim, _: EditContext) -> Iterator[Found]:
    for _other, decision, of_lines in _decided(claim):
        if len(segments(decision.adjustments)) > MOST_CAS:
            yield Found(T_("The earlier payer's answer has more adjustments than an 837 carries."), _PAPER)
        for number, decided in enumerate(of_lines, 1):
            if len(decided) > MOST_DECISIONS or any(len(segments(one.adjustments)) > MOST_CAS for one in decided):
                text = T_("Line {line} has more adjustments of an earlier payer than an 837 carries.", line=number)
                yield Found(text, _PAPER, number)


RULES = (
    Rule(
        "cob-forwarded",
        T_("A claim that was sent on is not sent again"),
        "block",
        T_("Medicare sent the claim on to the supplement, and it is billed there once more."),
        _forwarded,
    ),
    Rule(
        "cob-balance",
        T_("What earlier payers decided adds up"),
        "block",
        T_("A charge of $100.00, of which the first payer paid $60.00 and adjusted $30.00."),
        _balance,
    ),
    Rule(
        "cob-lines",
        T_("What earlier payers decided fits the lines"),
        "block",
        T_("The first payer answers on three services, and the claim has two lines."),
        _unplaced,
    ),
    Rule(
        "cob-room",
        T_("The 837 has room for the earlier answer"),
        "block",
        T_("A line with more than thirty adjustments."),
        _room,
    ),
)
