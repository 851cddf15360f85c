"""Claim edits over rows: what a payer would reject is found before it is sent, and waits with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.domain.claims import Claim, ClaimFacts
from portal.domain.edits.catalog import edit
from portal.domain.edits.rules import EditFinding, PriorLine
from portal.domain.errors import Refused
from portal.domain.texts import T_, from_json, to_json
from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.practices import PracticeRow, ProviderRow
from portal.services import queues as work
from portal.services.claims import covering
from portal.services.claims.building import as_domains, found_by_id, slices, units_of
from portal.services.claims.facts import contexts
from portal.services.contracts import limits
from portal.services.unit_of_work.work import UnitOfWork

EDITED = ("DRAFT", "READY", "HELD", "REJECTED")
"""States in which a claim is ours to mend."""
_UNSENT = frozenset({"DRAFT", "READY", "HELD"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim after its edits ran; findings of severity block stop it."""

    claim_id: bytes
    state: str
    findings: tuple[EditFinding, ...]

    @property
    def blocking(self) -> int:
        """How many findings stop the claim."""
        return blocking(self.findings)


def run_edits(uow: UnitOfWork, claim_id: bytes, *, expected_version: int | None = None) -> Checked:
    """Run all edits on a claim that is not with the payer: a clean draft becomes ready, a stopped ready one draft.

    The findings stay with the claim and with its item in the queue. Raises NotFound, Conflict, Refused `claim-sent`.
    """
    claim = uow.get(ClaimRow, claim_id)
    if expected_version is not None:
        uow.change(claim, expected_version=expected_version)
    mendable(claim)
    findings = findings_of(uow, [claim])[claim.id]
    settle(uow, claim, findings)
    return Checked(claim.id, claim.state, findings)


def mendable(claim: ClaimRow) -> None:
    """Refuse to touch a claim that is with the payer: a submitted version is never edited."""
    if claim.state not in EDITED:
        raise Refused(
            T_("This claim is with the payer and is not changed. Reload the page to see where it stands."),
            code="claim-sent",
        )


def settle(uow: UnitOfWork, claim: ClaimRow, findings: Sequence[EditFinding], *, reason: str = "edits") -> None:
    """Keep findings with their claim, move it between draft and ready as they say, and put it where it is worked."""
    keep(uow, claim, findings)
    due = limits.clocks_of(uow, [claim])[claim.id].limit.last
    if due != claim.filing_due:  # a payer that comes first has answered meanwhile, or a contract is another
        uow.change(claim, filing_due=due)
    stopped = blocking(findings)
    if claim.state == "DRAFT" and not stopped:
        uow.move(claim, "READY", facts(uow, claim, blocking_findings=stopped), reason="clean")
    elif claim.state == "READY" and stopped:
        uow.move(claim, "DRAFT", facts(uow, claim, blocking_findings=stopped), reason=reason)
    if claim.state in _UNSENT:
        line_up(uow, claim, findings)


def findings_of(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> dict[bytes, tuple[EditFinding, ...]]:
    """What the edits find on claims of one practice, by claim, from what the rows say now."""
    if not claims:
        return {}
    return edits_of(uow, claims, as_domains(uow, claims))


def edits_of(
    uow: UnitOfWork, claims: Sequence[ClaimRow], built: dict[bytes, Claim]
) -> dict[bytes, tuple[EditFinding, ...]]:
    """The same for claims that are built already."""
    known = contexts(uow, claims, built, _prior(uow, claims, built))
    cleared = _cleared(uow, claims)
    uncovered = covering.inactive(uow, claims)
    moved = covering.moved(uow, claims)
    found = {}
    for claim in claims:
        # a void takes back what was sent, whatever becomes of the visit
        open_visit = () if claim.encounter_id in cleared or claim.frequency == "8" else (_VISIT_OPEN,)
        told = () if claim.id not in uncovered or claim.frequency == "8" else (uncovered[claim.id],)
        elsewhere = (covering.MOVED,) if claim.id in moved else ()
        said = (*elsewhere, *edit(built[claim.id], known[claim.id]), *told)
        if claim.frequency == "8":
            said = tuple(one for one in said if one.code in _OF_VOIDS)
        found[claim.id] = (*open_visit, *said)
    return found


_OF_VOIDS = frozenset({"control", "frequency", "payer-control"})
"""What stops a void: it takes back what went, whatever the visit or the plan look like by now."""
_VISIT_OPEN = EditFinding(
    "visit-open",
    "block",
    None,
    T_("The visit is not cleared: its codes or charges are being worked on."),
    T_("Wait until it is cleared; the claim follows by itself."),
)


def blocking(findings: Sequence[EditFinding]) -> int:
    """How many findings stop a claim."""
    return sum(finding.severity == "block" for finding in findings)


def facts(uow: UnitOfWork, claim: ClaimRow, **more: Any) -> ClaimFacts:
    """What the guards of a claim may know, from its row and whoever acts."""
    return ClaimFacts(
        actor=uow.actor.user_id,
        manager="billing-manager" in uow.actor.roles(),
        held_from=claim.held_from or "",
        hold_owner=uow.last_actor(claim, "HELD") if claim.state == "HELD" else None,
        frequency=claim.frequency,
        **more,
    )


def keep(uow: UnitOfWork, claim: ClaimRow, findings: Sequence[EditFinding]) -> None:
    """Write findings into their claim; the same findings again change nothing."""
    stored = [
        {
            "code": finding.code, "severity": finding.severity, "line": finding.line,
            "text": to_json(finding.text), "todo": to_json(finding.what_to_do),
        }
        for finding in findings
    ]  # fmt: skip
    if stored != claim.edits:
        uow.change(claim, edits=stored)


def kept(stored: Sequence[dict[str, Any]]) -> tuple[EditFinding, ...]:
    """The findings that are kept with a claim."""
    return tuple(
        EditFinding(
            each["code"], each["severity"], each["line"], from_json(each["text"]), from_json(each["todo"])
        )
        for each in stored
    )  # fmt: skip


def line_up(uow: UnitOfWork, claim: ClaimRow, findings: Sequence[EditFinding], *, reason: str = "") -> None:
    """Put a claim into the queue of its state, the most telling finding with it."""
    first = next((finding for finding in findings if finding.severity == "block"), next(iter(findings), None))
    detail: dict[str, Any] = {"number": claim.control, "n": len(findings)}
    if first is not None:
        detail |= {"text": to_json(first.text), "todo": to_json(first.what_to_do)}
    work.follow(
        uow,
        claim,
        reason=reason or (first.code if first is not None else claim.state.lower()),
        detail=detail,
        at_risk_cents=claim.charge_cents,
        limit=claim.filing_due,
    )


def zone_of(uow: UnitOfWork, practice_id: bytes) -> str:
    """The practice's time zone."""
    found: str = uow.value(uow.select(PracticeRow.time_zone).where(PracticeRow.id == practice_id))
    return found


def _cleared(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> set[bytes]:
    found: set[bytes] = set()
    for part in slices(claim.encounter_id for claim in claims):
        rows = uow.rows(uow.select(EncounterRow.id).where(EncounterRow.id.in_(part), EncounterRow.state == "CLEARED"))
        found.update(row.id for row in rows)
    return found


def _prior(
    uow: UnitOfWork, claims: Sequence[ClaimRow], built: dict[bytes, Claim]
) -> dict[bytes, tuple[PriorLine, ...]]:
    """Lines of other claims for the same patient to the same payer on the same days."""
    days = {line.from_date for claim in built.values() for line in claim.lines if line.from_date is not None}
    rows: list[Any] = []
    for part in slices(claim.patient_id for claim in claims):
        rows += uow.rows(
            uow.select(
                ClaimRow.id.label("claim_id"), ClaimRow.patient_id, ClaimRow.payer_id, ClaimRow.state,
                ClaimRow.created_at, EncounterRow.provider_id, ChargeRow.service_from, ChargeRow.code,
                ChargeRow.modifiers, ChargeRow.units_thousandths, ChargeRow.charge_cents,
            ).where(
                ClaimRow.patient_id.in_(part),
                ClaimRow.state.not_in(("REJECTED", "VOIDED", "WITHDRAWN")),
                EncounterRow.id == ClaimRow.encounter_id,
                ChargeRow.encounter_id == ClaimRow.encounter_id,
                ChargeRow.active.is_(True),
                ChargeRow.service_from.in_(sorted(days)),
            )
        )  # fmt: skip
    providers = found_by_id(uow, ProviderRow, (row.provider_id for row in rows if row.provider_id is not None))
    by_pair: dict[tuple[bytes, bytes], list[Any]] = {}
    for row in rows:
        by_pair.setdefault((row.patient_id, row.payer_id), []).append(row)
    return {
        claim.id: tuple(
            _prior_line(row, providers, built[claim.id].billing.npi)
            for row in by_pair.get((claim.patient_id, claim.payer_id), ())
            if _before(row, claim)
        )
        for claim in claims
    }


def _before(row: Any, claim: ClaimRow) -> bool:
    """Whether another claim counts as billed before: sent, or drafted first, so that two never block each other."""
    if row.claim_id == claim.id:
        return False
    return row.state not in _UNSENT or (row.created_at, row.claim_id) < (claim.created_at, claim.id)


def _prior_line(row: Any, providers: dict[bytes, Any], billing_npi: str) -> PriorLine:
    provider = providers.get(row.provider_id or b"")
    day: date = row.service_from
    return PriorLine(
        npi=provider.npi if provider is not None else billing_npi,
        day=day,
        code=row.code,
        modifiers=tuple(sorted(row.modifiers)),
        units=units_of(row.units_thousandths),
        charge_cents=row.charge_cents,
    )
