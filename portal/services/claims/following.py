"""Claims to the payers behind the first: drafted once it has answered, and looked at again when its answer changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.access.actors import Actor
from portal.domain.claim_reasons import EARLIER_BILLED
from portal.domain.claims import ClaimFacts
from portal.domain.texts import T_
from portal.models.claims import ClaimRow, ClaimVersionRow
from portal.models.coverage import CoverageRow
from portal.models.encounters import EncounterRow
from portal.models.remittances import RemittanceClaimRow
from portal.services import aside, corrections, queues
from portal.services.claims import carrying, checking, correcting, leftovers
from portal.services.claims.building import as_domain, new_control
from portal.services.claims.visits import NO_LIMIT, take_over
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.claims.coordination import carried_by
from portal.x12.claims.reading import read_claims
from portal.x12.reader import read

_AT_ONCE = 50
_ANSWERED = frozenset({"ADJUDICATED", "CLOSED"})
_WITH_PAYER = frozenset({"SUBMITTED", "ACCEPTED", "PENDED"}) | _ANSWERED
QUEUE = "next-payer"
CHANGED = "earlier-changed"
_WORDS = T_("An earlier payer changed its answer after this went. See whether it is to be replaced or voided.")
_VISIT = T_("The visit was changed after this went. See whether it is to be replaced.")


def follow_remittance(units: Units, actor: Actor, remittance_id: bytes) -> int:
    """After a payment was posted: the claims behind those it answered; how many were drafted. Safe to repeat.

    Job `claim.follow`.
    """
    with units.read(actor, "claim:edit") as uow:
        ids = _concerned(uow, remittance_id)
    drafted = 0
    for start in range(0, len(ids), _AT_ONCE):
        with units.write(actor, "claim:edit") as uow:
            drafted += sum(follow(uow, id_) is not None for id_ in ids[start : start + _AT_ONCE])
    return drafted


def follow(uow: UnitOfWork, claim_id: bytes) -> bytes | None:
    """The claim of the next payer, where this one was answered, left something, and did not send it on itself.

    A visit has one claim for each coverage, whenever and how often answers come: None where there is nothing to draft.
    Claims behind this one that are not sent take over its new answer; of those that went with another a person is told.
    """
    claim = uow.get(ClaimRow, claim_id)
    encounter = uow.get(EncounterRow, claim.encounter_id)
    # Two that follow at once wait for each other here; on SQLite writers are one at a time anyway.
    uow.first(uow.select(EncounterRow).where(EncounterRow.id == encounter.id).with_for_update())
    beside = uow.entities(
        uow.select(ClaimRow).where(ClaimRow.encounter_id == encounter.id, ClaimRow.id != claim.id).order_by(ClaimRow.id)
    )
    for other in beside:
        if carrying.before(claim.rank, other.rank):
            _refresh(uow, other, encounter)
    made = _draft(uow, claim, encounter, beside) if claim.state in _ANSWERED else None
    out = leftovers.passed_over(uow, beside)
    if out:
        leftovers.move_on(uow, beside)
    if made is not None or out:
        _waits_no_more(uow, claim)
    return made


def bring_up(uow: UnitOfWork, claims: Iterable[ClaimRow], encounter: EncounterRow) -> None:
    """Claims to further payers after their visit was cleared again; of those that went a person is told."""
    for claim in claims:
        if claim.state in checking.EDITED:
            _recheck(uow, claim, encounter)
        elif claim.state in _WITH_PAYER and corrections.under_way(uow, claim.id) is None:
            corrections.line_up(uow, claim, "claims", "visit-changed", _VISIT)


def _concerned(uow: UnitOfWork, remittance_id: bytes) -> list[bytes]:
    """The claims answered by a payment whose patients have another coverage."""
    rows = uow.rows(
        uow.select(ClaimRow.id)
        .where(
            RemittanceClaimRow.remittance_id == remittance_id,
            RemittanceClaimRow.state == "MATCHED",
            uow.within(RemittanceClaimRow),
            ClaimRow.id == RemittanceClaimRow.claim_id,
            CoverageRow.patient_id == ClaimRow.patient_id,
            CoverageRow.id != ClaimRow.coverage_id,
            uow.within(CoverageRow),
        )
        .distinct()
    )
    return sorted(row.id for row in rows)


def _draft(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow, beside: Sequence[ClaimRow]) -> bytes | None:
    standing = carrying.standing_of(uow, [claim]).get(claim.id)
    if standing is None:
        return None
    order, out = leftovers.coverages(uow, claim), leftovers.passed_over(uow, beside)
    following = leftovers.next_billed(order, claim.coverage_id, out)
    if standing.decision.forwarded:  # it is the next payer's without us; who comes behind that waits for its answer
        standing = None if following is None else carrying.crossed_of(uow, [claim]).get(claim.id)
        following = None if following is None else leftovers.next_billed(order, following.coverage_id, out)
    if following is None or standing is None or standing.decision.forwarded or standing.left_cents <= 0:
        return None
    known = next((other for other in beside if other.coverage_id == following.coverage_id and _goes(uow, other)), None)
    if known is not None:
        return _again(uow, known, encounter)
    made = uow.new(
        ClaimRow, practice_id=claim.practice_id, patient_id=claim.patient_id, encounter_id=encounter.id,
        coverage_id=following.coverage_id, payer_id=following.payer_id, control=new_control(), state="DRAFT",
        rank=following.rank, frequency="1", charge_cents=encounter.charge_cents, service_from=encounter.service_from,
        filing_due=NO_LIMIT, versions=0, edits=[], created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    uow.begin(made)
    _recheck(uow, made, encounter)
    return made.id


def _goes(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether a claim stands for its payer; one withdrawn with its visit, before that was taken up, does not."""
    return claim.state != "WITHDRAWN" or leftovers.withdrawn_for(uow, claim) != aside.SET


def _again(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> bytes | None:
    """A claim withdrawn because the payer before it was billed after all goes on once that one has answered."""
    if claim.state != "WITHDRAWN" or leftovers.withdrawn_for(uow, claim) != EARLIER_BILLED:
        return None
    uow.move(claim, "DRAFT", ClaimFacts(billed_after_all=True), reason=EARLIER_BILLED)
    _recheck(uow, claim, encounter)
    return claim.id


def _waits_no_more(uow: UnitOfWork, claim: ClaimRow) -> None:
    if any(item.queue == QUEUE for item in queues.items_of(uow, claim)):
        queues.done(uow, claim)


def _refresh(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> None:
    correction = corrections.under_way(uow, claim.id)
    if claim.state in checking.EDITED:
        _recheck(uow, claim, encounter)
    elif correction is not None and correction.frequency == "7":
        correcting.prepare(uow, claim, correction)
    elif correction is None and claim.state in _WITH_PAYER and _outdated(uow, claim):
        corrections.line_up(uow, claim, "claims", CHANGED, _WORDS)


def _recheck(uow: UnitOfWork, claim: ClaimRow, encounter: EncounterRow) -> None:
    take_over(uow, claim, encounter)
    checking.run_edits(uow, claim.id)


def _outdated(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether the claim as it went carries something else than earlier payers say now."""
    last = uow.first(
        uow.select(ClaimVersionRow).where(ClaimVersionRow.claim_id == claim.id).order_by(ClaimVersionRow.number.desc())
    )
    if last is None:
        return False
    body: bytes = uow.read(last, ClaimVersionRow.body_sealed)
    sent = read_claims(read(body)).claims
    return [carried_by(one) for one in sent] != [carried_by(as_domain(uow, claim))]
