"""What a biller does to a claim before it is sent, or after it was rejected: hold, release, return, rework."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.claim_reasons import HOLDS, REWORKS
from portal.domain.corrections import NO_NUMBER
from portal.domain.encounters import CODING_ERRORS
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow
from portal.models.encounters import EncounterRow
from portal.services import queues
from portal.services.claims import checking
from portal.services.claims.building import new_control
from portal.services.claims.visits import recode, take_over
from portal.services.unit_of_work.work import UnitOfWork


def hold(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> ClaimRow:
    """Keep a draft or ready claim from being sent, for a reason of HOLDS; raises Refused, Conflict."""
    _known(reason, HOLDS)
    claim = uow.get(ClaimRow, claim_id)
    frm = claim.state
    uow.change(claim, expected_version=expected_version, hold_reason=reason)
    uow.move(claim, "HELD", checking.facts(uow, claim), reason=reason, note=note)
    uow.change(claim, held_from=frm)
    checking.line_up(uow, claim, checking.kept(claim.edits), reason=reason)
    return claim


def release(
    uow: UnitOfWork, claim_id: bytes, *, note: str = "", expected_version: int | None = None
) -> checking.Checked:
    """Let a held claim go on from where it was held, and run its edits again; raises Refused, Conflict.

    Only whoever held it, or a billing manager, may (workflows 1).
    """
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    to = claim.held_from or "DRAFT"
    uow.move(claim, to, checking.facts(uow, claim), reason=claim.hold_reason or "released", note=note)
    uow.change(claim, held_from=None, hold_reason=None)
    return checking.run_edits(uow, claim.id)


def return_to_coding(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> ClaimRow:
    """Take a claim's visit back to coding because its codes or charges are wrong, for a reason of CODING_ERRORS.

    A claim that is not sent becomes a draft and follows by itself when the visit is cleared again; a rejected one waits
    for that and is then sent again by hand. Raises Refused, Conflict.
    """
    _known(reason, CODING_ERRORS)
    claim = uow.get(ClaimRow, claim_id)
    if claim.state != "VOIDED":  # its visit is free for another claim, once a clerk has chosen the right coverage
        checking.mendable(claim)
    uow.change(claim, expected_version=expected_version)
    if claim.state in {"READY", "HELD"}:
        uow.move(claim, "DRAFT", checking.facts(uow, claim), reason=reason, note=note)
        uow.change(claim, held_from=None, hold_reason=None)
    recode(uow, claim, reason, note)
    if claim.state in {"DRAFT", "VOIDED"}:
        queues.done(uow, claim)
    return claim


def rework(
    uow: UnitOfWork, claim_id: bytes, reason: str, *, note: str = "", expected_version: int | None = None
) -> checking.Checked:
    """Make a rejected claim ready to go again as an original under a new number; REWORKS says what was corrected.

    One that the payer has answered before goes as a replacement under the payer's number, never as an original. With
    findings that block, it stays rejected and the
    findings come back. Raises Refused, Conflict.
    """
    _known(reason, REWORKS)
    claim = uow.get(ClaimRow, claim_id)
    uow.change(claim, expected_version=expected_version)
    if claim.state != "REJECTED":
        raise Refused(T_("Only a rejected claim is sent again this way. Reload the page."), code="not-rejected")
    if claim.adjudicated_at is not None and claim.frequency == "1":
        if not uow.read(claim, ClaimRow.payer_control_sealed):
            raise Refused(NO_NUMBER, code="way")
        uow.change(claim, frequency="7")
    encounter = uow.get(EncounterRow, claim.encounter_id)
    take_over(uow, claim, encounter)
    findings = checking.findings_of(uow, [claim])[claim.id]
    checking.keep(uow, claim, findings)
    if not checking.blocking(findings):
        uow.move(claim, "READY", checking.facts(uow, claim), reason=reason, note=note)
        uow.change(claim, control=new_control())
        checking.line_up(uow, claim, findings)
    return checking.Checked(claim.id, claim.state, findings)


def _known(reason: str, among: Mapping[str, Text]) -> None:
    if reason not in among:
        raise Refused(T_("This step needs a reason. Choose one and try again."), code="reason-missing")
