"""Visits of the invented practice as the 837P files its old system would have sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any

from portal.domain.claims import Claim
from portal.domain.interchanges import ControlNumbers, Partner
from portal.models.encounters import EncounterRow
from portal.sandbox import practice as invented
from portal.sandbox.visits import claims_by_day, visits
from portal.services.charges import auditing, entering
from portal.services.encounters import coding, review
from portal.services.intake import visits as intake
from portal.services.intake.lines import TypedLine
from portal.x12.claims.writing import write_claims
from tests.make.practices import practice

PARTNER = Partner(
    "ZZ", "JUNIPER", "ZZ", "CANDOR", "JUNIPER", "CANDOR", "P", "Juniper Ridge", "Billing Desk", "5035550142", "Candor"
)
AT = datetime(2026, 8, 1, 7, 30)  # noqa: DTZ001 - an envelope carries local time without a zone


@cache
def claims(seed: int = 7) -> tuple[Claim, ...]:
    """Two weeks of covered visits, billed by the practice of `tests.databases.World`."""
    own = invented.practice(seed, today=date(2026, 8, 3))
    seen = claims_by_day(visits(own, first=date(2026, 7, 13), last=date(2026, 7, 24)))
    ours = practice()
    billing = replace(own.billing, npi=ours.npi, tax_id=ours.ein)
    return tuple(replace(claim, billing=billing) for claim in chain.from_iterable(seen.values()))


def some(count: int, seed: int = 7) -> tuple[Claim, ...]:
    """The first so many visits, each of another patient."""
    found: dict[str, Claim] = {}
    for claim in claims(seed):
        found.setdefault(f"{claim.patient.last}{claim.patient.first}{claim.patient.birth_date}", claim)
    return tuple(found.values())[:count]


def file(given: Sequence[Claim], number: int = 1) -> bytes:
    """An 837P file of some claims; `number` is its control number, so that equal claims make another file."""
    return write_claims(given, partner=PARTNER, numbers=ControlNumbers(number, number, 1), at=AT)


def bring(world: Any, *given: Claim) -> list[bytes]:
    """Visits in the store of a `World`, ready to be coded; their encounter ids in order."""
    wanted = given or some(1)
    with world.write("visit:import", world.actor("charge-clerk")) as uow:
        return [intake.take(uow, claim).encounter_id for claim in wanted]


def version_of(world: Any, encounter_id: bytes) -> int:
    """The row version a person would have seen."""
    with world.read("account:view") as uow:
        version: int = uow.get(EncounterRow, encounter_id).version
        return version


def typed(page: coding.CodePage) -> coding.Typed:
    """What the coding form posts when nothing is changed."""
    lines = [TypedLine(line.position, line.code, line.modifiers, line.points, line.units) for line in page.lines]
    return coding.Typed(tuple(each.code for each in page.diagnoses), (*lines, TypedLine("", "")))


def coded(world: Any, encounter_id: bytes, name: str = "coder") -> None:
    """The proposal accepted by a coder."""
    with world.write("encounter:code", world.actor("coder", name)) as uow:
        page = coding.show(uow, encounter_id)
        coding.finish(uow, encounter_id, page.version, typed(page))


def released(world: Any, encounter_id: bytes) -> None:
    """Coded by one person, released by another."""
    coded(world, encounter_id)
    checked(world, encounter_id)


def checked(world: Any, encounter_id: bytes) -> None:
    """Its codes released by the coding manager."""
    with world.write("encounter:review", world.actor("coding-manager")) as uow:
        review.release(uow, encounter_id, review.show(uow, encounter_id).version)


def entered(world: Any, encounter_id: bytes, name: str = "charge-clerk") -> None:
    """Released, and its charges entered into the account."""
    released(world, encounter_id)
    charged(world, encounter_id, name)


def charged(world: Any, encounter_id: bytes, name: str = "charge-clerk") -> None:
    """Its charges entered by a clerk."""
    with world.write("charge:enter", world.actor("charge-clerk", name)) as uow:
        entering.enter(uow, encounter_id, entering.show(uow, encounter_id).version)


def cleared(world: Any, encounter_id: bytes) -> None:
    """Entered, and cleared by an auditor."""
    entered(world, encounter_id)
    audited(world, encounter_id)


def audited(world: Any, encounter_id: bytes) -> None:
    """Its charges cleared by an auditor."""
    with world.write("charge:audit", world.actor("qa-auditor")) as uow:
        auditing.clear(uow, encounter_id, auditing.show(uow, encounter_id).version)
