"""Edits about which payer comes first when a patient has more than one coverage (coordination of benefits)."""

from __future__ import annotations

from collections.abc import Iterator

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, OtherCover, Rule
from portal.domain.payers import MEDICARE_FILING
from portal.domain.texts import T_

_RANKS = "PST"
CHILD = "19"
_BEHIND_WORK = frozenset({"CI", "BL", "HM", "12", "13", "14", "15"})
"""SBR09 of plans that often come with an employment, and then come before Medicare (42 CFR 411 subpart E to H)."""
_WAIT = T_("Wait for the first payer's remittance; this claim carries what it says.")
_ASK = T_("Ask the patient which plan pays first, and correct the ranks of the coverages.")


def _before(claim: Claim, context: EditContext) -> Iterator[OtherCover]:
    """Coverages that stand on the day of service and come before the one billed."""
    own = _RANKS.find(claim.cover.rank)
    yield from (one for one in context.covers if _RANKS.find(one.rank) < own)


def _unanswered(claim: Claim, context: EditContext) -> Iterator[Found]:
    if any(not one.answered for one in _before(claim, context)):
        yield Found(T_("A payer that comes first has not answered for this visit."), _WAIT)


def _gap(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.cover.rank in {"S", "T"} and not any(True for _ in _before(claim, context)):
        yield Found(T_("The claim goes to a second payer, and no first one stands on the day of service."), _ASK)


def _same(claim: Claim, context: EditContext) -> Iterator[Found]:
    if any(one.rank == claim.cover.rank for one in context.covers):
        yield Found(T_("Two coverages of the day of service have the same rank."), _ASK)


def _birthday(claim: Claim, context: EditContext) -> Iterator[Found]:
    born = claim.cover.subscriber.birth_date
    if claim.cover.rank != "P" or claim.cover.relationship != CHILD or born is None:
        return
    for one in context.covers:
        if one.relationship == CHILD and one.birthday is not None and one.birthday < (born.month, born.day):
            yield Found(
                T_("The other parent's birthday comes earlier in the year, so that parent's plan should pay first."),
                T_("Unless a court order says otherwise, change the ranks of the two coverages."),
            )
            return


def _medicare(claim: Claim, context: EditContext) -> Iterator[Found]:
    if claim.cover.rank != "P" or claim.cover.filing_code not in MEDICARE_FILING:
        return
    if any(one.filing_code in _BEHIND_WORK for one in context.covers):
        yield Found(
            T_("Medicare is billed first though the patient has another plan."),
            T_("Ask whether that plan comes with somebody's present work; then it usually pays before Medicare."),
        )


RULES = (
    Rule(
        "cob-order",
        T_("The first payer answers first"),
        "block",
        T_("A claim to the second payer while the first has not answered."),
        _unanswered,
    ),
    Rule("cob-gap", T_("A second payer has a first"), "warn", T_("A second payer with no first one."), _gap),
    Rule("cob-same-rank", T_("Ranks of coverages differ"), "warn", T_("Two first payers on one day."), _same),
    Rule(
        "cob-birthday",
        T_("Parents' plans by birthday"),
        "warn",
        T_("A child billed to the father of 9 June, the mother's plan second, her birthday 2 March."),
        _birthday,
    ),
    Rule(
        "cob-medicare",
        T_("Medicare may come second"),
        "warn",
        T_("Medicare first, and an employer's plan second."),
        _medicare,
    ),
)
