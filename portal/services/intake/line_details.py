"""What was said of a service line later than the provider's proposal, and beside it: its drug, and its laboratory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from portal.domain.claims import Claim, ServiceLine
from portal.domain.drugs import Drug
from portal.domain.laboratories import is_test
from portal.models.encounters import ChargeRow, EncounterRow
from portal.services.intake import kinds
from portal.services.unit_of_work.work import UnitOfWork


def of(uow: UnitOfWork, charge: Any) -> Mapping[str, Any]:
    """What was said later of a line, a row or an entity: `drug` and `clia`, each as far as said; and `sent`, the drug
    of a later file.
    """
    if charge.details_sealed is None:
        return {}
    return uow.open(
        charge.details_sealed, ChargeRow.details_sealed, row=charge.id, subject=charge.patient_id,
        practice=charge.practice_id,
    ) or {}  # fmt: skip


def on(uow: UnitOfWork, charge: Any, line: ServiceLine) -> ServiceLine:
    """A line of a claim with what was said of it later."""
    said = of(uow, charge)
    if "drug" in said:
        line = replace(line, drug=kinds.as_drug(said["drug"]))
    return replace(line, clia=said["clia"]) if said.get("clia") else line


def drugs_of(uow: UnitOfWork, encounter: EncounterRow, charges: Iterable[ChargeRow]) -> dict[int, Drug | None]:
    """The drug of each line by its position, as a claim would name it now."""
    proposed = kinds.of_lines(uow.read(encounter, EncounterRow.proposal_sealed) or {})
    found: dict[int, Drug | None] = {}
    for charge in charges:
        said, kept = of(uow, charge), proposed.get(charge.position)
        stands = kept.drug if kept is not None and kept.code == charge.code else None
        found[charge.position] = kinds.as_drug(said["drug"]) if "drug" in said else stands
    return found


def keep_drug(uow: UnitOfWork, encounter: EncounterRow, charge: ChargeRow, drug: Drug | None) -> bool:
    """Keep what drug a line gave; whether it is another than stood."""
    if drugs_of(uow, encounter, [charge])[charge.position] == drug:
        return False
    uow.change(charge, details_sealed={**of(uow, charge), "drug": kinds.as_list(drug)})
    return True


def take_over(uow: UnitOfWork, encounter: EncounterRow, claim: Claim) -> bool:
    """Take over drugs and laboratories of a visit that was sent again with nothing else changed; whether any is new.

    Another service has the code by now where coding changed it: then what came with the old one is left. What a file
    leaves out is not taken away, and a file that says the same drug as the one before undoes no correction of ours.
    Whoever has the visit open meanwhile is told that it changed.
    """
    charges = uow.entities(uow.select(ChargeRow).where(ChargeRow.encounter_id == encounter.id, ChargeRow.active))
    came_with = uow.read(encounter, EncounterRow.proposal_sealed) or {}
    kept = kinds.of_lines(came_with)
    tests = any(is_test(line.code, line.modifiers) for line in claim.lines)
    changed = False
    by_position = {charge.position: charge for charge in charges}
    for position, line in enumerate(claim.lines, 1):
        charge = by_position.get(position)
        if charge is None or charge.code != line.code.upper():
            continue
        if line.drug is not None and line.drug != _sent(uow, charge, kept.get(position)):
            changed |= keep_drug(uow, encounter, charge, line.drug)
            uow.change(charge, details_sealed={**of(uow, charge), "sent": kinds.as_list(line.drug)})
        own = kept[position].clia if position in kept else ""
        stands = of(uow, charge).get("clia") or own or came_with.get("clia") or ""
        clia = line.clia or (claim.clia if is_test(line.code, line.modifiers) or not tests else "")
        if clia and clia != stands:
            uow.change(charge, details_sealed={**of(uow, charge), "clia": clia})
            changed = True
    if changed:  # sealed anew as they are, so that the visit's version rises: an old page would take it out again
        uow.change(encounter, diagnoses_sealed=uow.read(encounter, EncounterRow.diagnoses_sealed))
    return changed


def _sent(uow: UnitOfWork, charge: ChargeRow, kept: kinds.KeptLine | None) -> Drug | None:
    """The drug that the newest file named for a line."""
    said = of(uow, charge)
    if "sent" in said:
        return kinds.as_drug(said["sent"])
    return kept.drug if kept is not None and kept.code == charge.code else None
