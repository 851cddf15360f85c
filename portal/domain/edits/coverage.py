"""Edits about whether a payer covers a service for its reason, and who owes it where not (edge case 25).

Coverage policies are those that the user loads (LCD, NCD). The modifiers of the advance beneficiary notice (ABN, CMS-
R-131) are those of the Medicare Claims Processing Manual, chapter 30, section 50.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from portal.domain.claims import Claim
from portal.domain.edits.rules import EditContext, Found, Rule
from portal.domain.texts import T_

ON_FILE: Final = frozenset({"GA", "GX"})
"""A notice was signed: because it had to be, or freely."""
EXPECTED: Final = ON_FILE | {"GY", "GZ"}
"""That the payer will not pay is known and said."""


def _notice(claim: Claim, context: EditContext) -> Iterator[Found]:
    if context.notice:
        return
    for number, line in enumerate(claim.lines, start=1):
        if line.modifiers and not ON_FILE.isdisjoint(line.modifiers):
            yield Found(
                T_("Line {line}: GA or GX says that the patient signed an advance notice (ABN), and none is attached.",
                   line=number),
                T_("Attach the signed notice to the claim or the visit; without one it is GZ, and nobody's to pay."),
                number,
            )  # fmt: skip


def _unsigned(claim: Claim, _context: EditContext) -> Iterator[Found]:
    for number, line in enumerate(claim.lines, start=1):
        if "GZ" in line.modifiers:
            yield Found(
                T_("Line {line}: GZ says that it will be denied and that the patient signed no notice.", line=number),
                T_("The denial will say CO: the patient must not be billed. Send it only for the denial itself."),
                number,
            )


def _policy(claim: Claim, context: EditContext) -> Iterator[Found]:
    if not context.policies or claim.code_qualifier != "ABK":
        return
    for number, line in enumerate(claim.lines, start=1):
        day = line.from_date
        if day is None or line.code not in context.policies or not EXPECTED.isdisjoint(line.modifiers):
            continue
        holding = [one for one in context.policies[line.code] if one.holds(day)]
        pointed = [claim.diagnoses[at - 1] for at in line.pointers if 0 < at <= len(claim.diagnoses)]
        if not holding or any(one.supports(pointed or claim.diagnoses, day) for one in holding):
            continue
        named = ", ".join(dict.fromkeys(one.number for one in holding))
        yield Found(
            T_("Line {line}: no diagnosis that it points to supports it under the payer's policy {policy}.",
               line=number, policy=named),
            T_("Look in the record for the reason that coding can point to. Else a notice signed before the service"
               " makes it the patient's (GA); without one GZ says that nobody owes it."),
            number,
        )  # fmt: skip


RULES = (
    Rule(
        "coverage-policy",
        T_("Diagnosis supports the service"),
        "warn",
        T_("A cancer test (G0103) for high blood pressure, where the payer's policy covers other reasons."),
        _policy,
    ),
    Rule(
        "abn-missing",
        T_("The notice that GA and GX name is there"),
        "warn",
        T_("Modifier GA, and no signed notice attached to the claim or the visit."),
        _notice,
    ),
    Rule(
        "abn-unsigned",
        T_("Without a notice the patient owes nothing"),
        "warn",
        T_("Modifier GZ on a service that Medicare will deny."),
        _unsigned,
    ),
)
