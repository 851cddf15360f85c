"""What the edits may know of claims besides the claims themselves, looked up for many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func

from portal.domain.claims import Claim
from portal.domain.documents import NOTICE
from portal.domain.edits.coverage import ON_FILE
from portal.domain.edits.own import Condition, OwnRule
from portal.domain.edits.rules import EditContext, OtherCover, PriorLine
from portal.domain.payers import MEDICARE_FILING
from portal.models.claims import ClaimRow
from portal.models.coverage import CoverageRow
from portal.models.documents import AttachmentRow, DocumentRow
from portal.models.edit_rules import EditRuleRow
from portal.models.patients import PatientRow
from portal.models.remittances import RemittanceClaimRow
from portal.models.restrictions import RestrictionRow
from portal.services import codes, coverage_policies, facilities, fees, laboratories, ncci
from portal.services.claims import aftercare, late
from portal.services.claims.building import SELF, columns_of, found_by_id, slices
from portal.services.contracts import limits
from portal.services.granted import finding
from portal.services.unit_of_work.work import UnitOfWork


def contexts(
    uow: UnitOfWork,
    claims: Sequence[ClaimRow],
    built: Mapping[bytes, Claim],
    prior: Mapping[bytes, tuple[PriorLine, ...]],
) -> dict[bytes, EditContext]:
    """The context of each claim of one practice."""
    today = uow.today(claims[0].practice_id)
    release = codes.release(uow, today)
    procedures = {line.code for claim in built.values() for line in claim.lines}
    tables = ncci.tables_of(uow, procedures.union(line.code for lines in prior.values() for line in lines))
    clocks = limits.clocks_of(uow, claims)
    covers, kept, own = _covers(uow, claims), restricted(uow, (claim.encounter_id for claim in claims)), in_use(uow)
    allowed = fees.fees_of(uow, _asked(claims, built))
    granted = finding.standing_of(uow, claims, built)
    certificates = laboratories.standing(uow, claims[0].practice_id)
    cared = aftercare.known_of(uow, claims, built)
    noticed = _noticed(uow, claims, built)
    places, added = facilities.standing(uow, claims[0].practice_id), late.alone(uow, claims, built)
    policies = coverage_policies.policies_of(
        uow,
        {claim.cover.payer_id for claim in built.values()},
        procedures,
        {code for claim in built.values() for code in claim.diagnoses},
    )
    return {
        claim.id: EditContext(
            today=today,
            codes=release,
            prior=prior[claim.id],
            terms=clocks[claim.id].terms,
            earlier_payer_answered=clocks[claim.id].about.earlier_answered,
            answered=clocks[claim.id].about.answered,
            covers=tuple(covers.get(claim.id, ())),
            fees=_by_line(claim, built[claim.id], allowed),
            ncci=tables,
            unauthorized=granted[claim.id].obstacles,
            unrecorded=granted[claim.id].unrecorded,
            restricted=claim.encounter_id in kept,
            own=own,
            policies=coverage_policies.of_payer(
                policies, built[claim.id].cover.payer_id, [line.code for line in built[claim.id].lines],
                medicare=built[claim.id].cover.filing_code in MEDICARE_FILING,
            ),
            notice=claim.id in noticed,
            surgeries=cared.get(claim.id, aftercare.NOTHING)[0],
            periods=cared.get(claim.id, aftercare.NOTHING)[1],
            listed=places,
            late_alone=claim.id in added,
            certificate=laboratories.kind_of(certificates, built[claim.id].clia, claim.service_from),
        )
        for claim in claims
    }  # fmt: skip


def _noticed(uow: UnitOfWork, claims: Sequence[ClaimRow], built: Mapping[bytes, Claim]) -> set[bytes]:
    """Of claims that say so, those with an advance notice attached to them or to their visit."""
    said = [claim for claim in claims if any(not ON_FILE.isdisjoint(line.modifiers) for line in built[claim.id].lines)]
    found: set[bytes] = set()
    for part in slices(id_ for claim in said for id_ in (claim.id, claim.encounter_id)):
        rows = uow.rows(
            uow.select(AttachmentRow.about_id).where(
                AttachmentRow.about_id.in_(part),
                AttachmentRow.detached_at.is_(None),
                DocumentRow.id == AttachmentRow.document_id,
                DocumentRow.kind == NOTICE,
                uow.within(DocumentRow),
            )
        )
        found.update(row.about_id for row in rows)
    return {claim.id for claim in said if {claim.id, claim.encounter_id} & found}


def restricted(uow: UnitOfWork, encounters: Iterable[bytes]) -> set[bytes]:
    """Of these visits, those that their plan must not hear of (45 CFR 164.522(a)(1)(vi))."""
    found: set[bytes] = set()
    for part in slices(encounters):
        rows = uow.rows(
            uow.select(RestrictionRow.encounter_id).where(
                RestrictionRow.encounter_id.in_(part), RestrictionRow.lifted_at.is_(None)
            )
        )
        found.update(row.encounter_id for row in rows)
    return found


def in_use(uow: UnitOfWork) -> tuple[OwnRule, ...]:
    """The rules of the practice that are switched on, by name."""
    rows = uow.rows(
        uow.select(
            EditRuleRow.rule_id, EditRuleRow.name, EditRuleRow.severity, EditRuleRow.conditions, EditRuleRow.reason,
            EditRuleRow.todo,
        )
        .where(EditRuleRow.state == "ON")
        .order_by(EditRuleRow.name, EditRuleRow.rule_id)
    )  # fmt: skip
    return tuple(as_rule(row) for row in rows)


def as_rule(row: Any) -> OwnRule:
    """A stored rule as the edits run it; its code is `own-` and its id."""
    conditions = tuple(Condition(one["field"], one["comparison"], one["value"]) for one in row.conditions)
    return OwnRule(f"own-{row.rule_id.hex()}", row.name, row.severity, conditions, row.reason, row.todo)


def _covers(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> dict[bytes, list[OtherCover]]:
    """The other coverages of each claim's patient that stand on the first day of service."""
    by_patient: dict[bytes, list[Any]] = {}
    for part in slices(claim.patient_id for claim in claims):
        rows = uow.rows(
            uow.select(*columns_of(CoverageRow)).where(CoverageRow.patient_id.in_(part), uow.within(CoverageRow))
        )
        for row in rows:
            by_patient.setdefault(row.patient_id, []).append(row)
    several = [claim for claim in claims if len(by_patient.get(claim.patient_id, ())) > 1]
    if not several:
        return {}
    answered = _answered(uow, several)
    born = _births(uow, several)
    found: dict[bytes, list[OtherCover]] = {}
    for claim in several:
        for row in by_patient[claim.patient_id]:
            if row.id != claim.coverage_id and _stands(row, claim.service_from):
                visit = claim.encounter_id
                said = (visit, row.id) in answered or (visit, row.payer_id) in answered
                found.setdefault(claim.id, []).append(
                    OtherCover(row.rank, row.filing_code, row.relationship, _birthday(uow, row, born), said)
                )
    return found


def _stands(cover: Any, day: date) -> bool:
    begun = cover.valid_from is None or cover.valid_from <= day
    return bool(begun and (cover.valid_to is None or day <= cover.valid_to))


def _answered(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> set[tuple[bytes, bytes]]:
    """(Visit, coverage or payer) of which a remittance stands, or that is not asked: passed over.

    One that a reversal undid is no answer. A payer to whom a claim was sent on answers on that claim.
    """
    found: set[tuple[bytes, bytes]] = set()
    for part in slices(claim.encounter_id for claim in claims):
        rows = uow.rows(
            uow.select(
                ClaimRow.encounter_id, ClaimRow.coverage_id, ClaimRow.payer_id, RemittanceClaimRow.payer_id.label("by")
            )
            .where(
                ClaimRow.encounter_id.in_(part),
                RemittanceClaimRow.claim_id == ClaimRow.id,
                RemittanceClaimRow.state == "MATCHED",
                uow.within(RemittanceClaimRow),
            )
            .group_by(ClaimRow.encounter_id, ClaimRow.coverage_id, ClaimRow.payer_id, RemittanceClaimRow.payer_id)
            .having(func.sum(RemittanceClaimRow.charge_cents) > 0)
        )
        found.update((row.encounter_id, row.coverage_id if row.by in {None, row.payer_id} else row.by) for row in rows)
        passed = uow.rows(
            uow.select(ClaimRow.encounter_id, ClaimRow.coverage_id).where(
                ClaimRow.encounter_id.in_(part), ClaimRow.state == "WITHDRAWN"
            )
        )
        found.update((row.encounter_id, row.coverage_id) for row in passed)
    return found


def _births(uow: UnitOfWork, claims: Sequence[ClaimRow]) -> dict[bytes, date | None]:
    rows = found_by_id(uow, PatientRow, (claim.patient_id for claim in claims))
    return {
        id_: uow.open(
            row.birth_date_sealed, PatientRow.birth_date_sealed, row=id_, subject=id_, practice=row.practice_id
        )
        for id_, row in rows.items()
    }


def _birthday(uow: UnitOfWork, cover: Any, born: Mapping[bytes, date | None]) -> tuple[int, int] | None:
    """Month and day of birth of the subscriber of a coverage, where it is known."""
    if cover.relationship == SELF:
        day = born.get(cover.patient_id)
        return None if day is None else (day.month, day.day)
    registered = uow.open(
        cover.subscriber_sealed, CoverageRow.subscriber_sealed, row=cover.id, subject=cover.patient_id,
        practice=cover.practice_id,
    )  # fmt: skip
    text = (registered or {}).get("birth_date")
    if not text:
        return None
    day = date.fromisoformat(text)
    return day.month, day.day


def _asked(claims: Sequence[ClaimRow], built: Mapping[bytes, Claim]) -> list[fees.Asked]:
    return [
        _fee(claim, built[claim.id], number)
        for claim in claims
        for number, line in enumerate(built[claim.id].lines, start=1)
        if line.from_date is not None
    ]


def _fee(row: ClaimRow, claim: Claim, number: int) -> fees.Asked:
    line = claim.lines[number - 1]
    assert line.from_date is not None, "lines without a day are not asked about"
    return fees.Asked(row.payer_id, line.code, line.from_date, line.modifiers, line.place or claim.place)


def _by_line(row: ClaimRow, claim: Claim, allowed: Mapping[fees.Asked, int]) -> dict[int, int]:
    if not allowed:
        return {}
    found = {
        number: allowed.get(_fee(row, claim, number))
        for number, line in enumerate(claim.lines, start=1)
        if line.from_date is not None
    }
    return {number: cents for number, cents in found.items() if cents is not None}
