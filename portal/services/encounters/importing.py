"""Importing visits: an 837 is kept sealed, read, and taken in visit by visit; what is wrong with it is told."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.access.actors import Actor
from portal.domain.claims import Claim
from portal.domain.errors import Refused
from portal.domain.interchanges import Finding
from portal.domain.texts import T_
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PracticeRow
from portal.services import interchanges
from portal.services.intake import visits
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Unavailable, Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12 import reader
from portal.x12.claims.reading import read_claims
from portal.x12.envelope import walk

PERMISSION = "visit:import"
KINDS = frozenset({"837P", "837I", "837D"})
_BATCH = 20
"""Visits of one transaction: few enough that pages never wait long for the writer."""
_LOG = logging.getLogger("candor.imports")


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one reading of a file: claims in it, visits made, visits that stood already, claims left out, new accounts."""

    claims: int = 0
    made: int = 0
    standing: int = 0
    left_out: int = 0
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `known`: the same file was read through before, and nothing was done now."""

    interchange_id: bytes
    known: bool
    counts: Counts
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Tally:
    findings: list[Finding] = field(default_factory=list)
    made: int = 0
    standing: int = 0
    accounts: int = 0
    ours: set[bytes] = field(default_factory=set)
    """Visits that stand because of this file, whether made now or before a crash."""
    failed: bool = False

    def add(self, other: _Tally) -> None:
        self.findings += other.findings
        self.made += other.made
        self.standing += other.standing
        self.accounts += other.accounts
        self.ours |= other.ours
        self.failed |= other.failed


@dataclass(frozen=True, slots=True)
class _Errand:
    """Who imports what."""

    units: Units
    actor: Actor
    request: Request | None
    interchange_id: bytes


def import_visits(units: Units, actor: Actor, request: Request | None, name: str, body: bytes) -> ImportResult:
    """Take in the visits of an 837P, 837I or 837D file; nothing of it is lost, whatever it holds.

    The file is stored sealed before it is read. A file read through before does nothing; one that broke off goes on
    where it stopped, because a visit that stands is not made again. Raises Refused above 25 MiB and for a file of
    another kind; then nothing is stored.
    """
    interchanges.refuse_others(interchanges.kinds_of(body), KINDS)
    with units.write(actor, PERMISSION, request=request) as uow:
        row, _ = interchanges.receive(uow, name, body, kind="837P")
        id_ = row.id
    return read_in(units, actor, request, id_)


def read_in(units: Units, actor: Actor, request: Request | None, interchange_id: bytes) -> ImportResult:
    """Read a stored file through, or go on with it; what stands in the way of a visit leaves it to be read again."""
    errand = _Errand(units, actor, request, interchange_id)
    with units.read(actor, PERMISSION, request=request) as uow:
        body = interchanges.to_read(uow, interchange_id)
        if body is None:
            return _standing(uow, interchange_id)
        practice = uow.get(PracticeRow, uow.practice_id)
        ours, ein, strangers = practice.npi, practice.ein, _other_practices(uow)
    document = reader.read(body)
    envelope, read = walk(document), read_claims(document)
    inside = sum(segment.id == "CLM" for segment in document.segments)
    tally = _Tally(list(read.findings))
    sound: list[Claim] = []
    for claim in read.claims:
        told = _out_of_place(claim, ours, ein, strangers)
        sound += [claim] if told is None or told.code == "billing-other" else []
        tally.findings += [told] if told is not None else []
    if len(sound) > _BATCH:
        with units.write(actor, PERMISSION, request=request) as uow:
            interchanges.begin(uow, interchange_id, inside)
    for start in range(0, len(sound), _BATCH):
        tally.add(_take(errand, sound[start : start + _BATCH]))
    kinds = {one.kind for one in envelope.sets}
    with units.write(actor, PERMISSION, request=request) as uow:
        row = uow.get(InterchangeRow, interchange_id)
        findings = interchanges.read_through(
            uow, row, items=inside, applied=len(tally.ours), findings=tally.findings, whole=not tally.failed
        )
        control = next((visits.printable(one.control) for one in envelope.interchanges), "")
        kind = visits.printable(kinds.pop()) if len(kinds) == 1 else "mixed" if kinds else ""
        if row.state != "RECEIVED":
            uow.change(row, kind=kind, control=control)
    counts = Counts(inside, tally.made, tally.standing, inside - tally.made - tally.standing, tally.accounts)
    return ImportResult(interchange_id, False, counts, findings)


def _standing(uow: UnitOfWork, interchange_id: bytes) -> ImportResult:
    row = uow.get(InterchangeRow, interchange_id)
    counts = Counts(claims=row.items, standing=row.applied, left_out=row.items - row.applied)
    return ImportResult(interchange_id, True, counts, tuple(interchanges.findings_of(uow, row)))


def _other_practices(uow: UnitOfWork) -> frozenset[str]:
    """NPIs of the installation's other practices: beyond the reach on purpose, to keep their files out of this one."""
    rows = uow.rows(select(PracticeRow.npi).where(PracticeRow.id != uow.practice_id))
    return frozenset(row.npi for row in rows)


def _out_of_place(claim: Claim, npi: str, ein: str, strangers: frozenset[str]) -> Finding | None:
    """What speaks against taking a sound claim for a visit of this practice; `billing-other` alone leaves it in."""
    billing, cover = claim.billing, claim.cover
    if claim.frequency in {"7", "8"}:
        text = T_(
            "This claim replaces or voids an earlier one (frequency {frequency}): it is no new visit and was left out."
            " Change the visit it is about by hand.",
            frequency=claim.frequency,
        )
        return Finding(claim.segment, "frequency", text)
    if not cover.payer_id and not cover.payer_name:
        text = T_("The claim names no payer; the visit was left out. Name one in loop 2010BB and import it again.")
        return Finding(claim.segment, "payer-missing", text)
    if billing.npi in strangers:
        text = T_("The billing provider is another practice of this installation; the visit was left out.")
        return Finding(claim.segment, "billing-stranger", text)
    if npi != billing.npi and ein != billing.tax_id:
        text = T_(
            "The billing provider is not this practice by NPI or EIN. The visit was taken in; look whether it is."
        )
        return Finding(claim.segment, "billing-other", text)
    return None


def _take(errand: _Errand, claims: Sequence[Claim]) -> _Tally:
    """Take in a batch in one transaction; if it fails, one by one, so that a bad visit never blocks the next."""
    try:
        with errand.units.write(errand.actor, PERMISSION, request=errand.request) as uow:
            return _within(uow, errand.interchange_id, claims)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one visit trips over is told as its finding, and the rest goes on
        _LOG.warning("visits not stored", extra={"error": type(error).__name__})
    tally = _Tally(failed=len(claims) == 1)
    if tally.failed:
        text = T_("The visit could not be stored, and nothing of it was. It is tried again; meanwhile the rest stands.")
        tally.findings.append(Finding(claims[0].segment, "not-stored", text))
        return tally
    for claim in claims:
        tally.add(_take(errand, [claim]))
    return tally


def _within(uow: UnitOfWork, interchange_id: bytes, claims: Sequence[Claim]) -> _Tally:
    tally = _Tally()
    for claim in claims:
        try:
            taken = visits.take(uow, claim, interchange_id=interchange_id)
        except Refused as refused:  # raised before anything of the visit was made
            tally.findings.append(Finding(claim.segment, refused.code, refused.text))
            continue
        tally.findings += taken.findings
        tally.made += taken.new
        tally.standing += not taken.new
        if taken.interchange_id == interchange_id:
            tally.ours.add(taken.encounter_id)
        tally.accounts += taken.new_patient
    interchanges.keep(uow, interchange_id, tally.findings)
    return tally
