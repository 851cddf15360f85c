"""Where the codes of a visit differ from the provider's proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.drugs import Drug
from portal.domain.texts import T_, Text
from portal.models.encounters import ChargeRow
from portal.services.intake import kinds
from portal.services.intake.lines import drug_typed, letters, units_text


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the codes differ from the proposal."""

    what: Text
    proposed: str
    coded: str


def proposed(line: Mapping[str, Any]) -> str:
    """The service of a line with its modifiers: G0438 25."""
    return " ".join([line["code"], *line["modifiers"]])


def differences(
    proposal: dict[str, Any], diagnoses: Sequence[str], charges: Sequence[ChargeRow], drugs: Mapping[int, Drug | None]
) -> tuple[Difference, ...]:
    """Where the codes of a visit differ from the provider's proposal, diagnoses first, then line by line."""
    found = []
    if list(diagnoses) != proposal["diagnoses"]:
        found.append(Difference(T_("Diagnoses"), ", ".join(proposal["diagnoses"]), ", ".join(diagnoses)))
    before = {line["position"]: _sentence(line, kinds.as_drug(line.get("drug"))) for line in proposal["lines"]}
    after = {
        charge.position: _sentence({
            "code": charge.code, "modifiers": charge.modifiers, "pointers": charge.pointers,
            "units_thousandths": charge.units_thousandths,
        }, drugs.get(charge.position))
        for charge in charges
        if charge.active
    }  # fmt: skip
    for position in sorted(before | after):
        was, now = before.get(position, ""), after.get(position, "")
        if was != now:
            found.append(Difference(T_("Service {line}", line=position), was, now))
    return tuple(found)


def _sentence(line: dict[str, Any], drug: Drug | None) -> str:
    """A line in one breath: G0444 25 x 2 → A B, and its drug."""
    service = f"{proposed(line)} x {units_text(line['units_thousandths'])} → {letters(line['pointers'])}"
    return f"{service}, NDC {' '.join(filter(None, drug_typed(drug)))}" if drug is not None else service
