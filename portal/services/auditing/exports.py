"""Exports that prove themselves: the events an officer may see, each with its way to the signed head."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from itertools import islice

from audit import export
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.auditing.searching import Wanted, events
from portal.services.unit_of_work.work import UnitOfWork

MOST = 20_000
"""Events of one export; more are taken in several, by time."""


@dataclass(frozen=True, slots=True)
class Export:
    """A ZIP file for `audit verify --export`, with its SHA-256 in hex."""

    name: str
    body: bytes
    count: int
    digest: str


def count(uow: UnitOfWork, wanted: Wanted) -> int:
    """How many events an export would hold, up to one more than it may."""
    return sum(1 for _ in islice(events(uow, wanted, everything=True), MOST + 1))


def make(uow: UnitOfWork, wanted: Wanted, reason: str) -> Export:
    """Export what fits, within the officer's practices; the event of it carries count, digest and the sealed reason.

    Open the unit of work as kind "export". Raises Refused without a reason, for nothing, for more than MOST, and
    while an event that fits is not signed yet.
    """
    if not reason.strip():
        raise Refused(T_("Say what the export is for; the log keeps it."), code="reason-missing")
    found = list(islice(events(uow, wanted, everything=True), MOST + 1))
    if len(found) > MOST:
        raise Refused(T_("More than {n} entries fit. Take a shorter time.", n=MOST), code="too-many")
    if not found:
        raise Refused(T_("No entry fits, so there is nothing to export."), code="nothing")
    seqs = sorted(said["seq"] for said in found)
    file = io.BytesIO()
    try:
        export.write(uow.log(), file, uow.now, seqs)
    except LookupError:
        raise Refused(
            T_("The newest of these entries are not signed yet. Try again in a few seconds."), code="not-signed"
        ) from None
    body = file.getvalue()
    digest = hashlib.sha256(body).digest()
    uow.searched(reason.strip()[:500], scanned=len(found), shown=len(found))
    uow.saw(*{bytes.fromhex(subject) for said in found for subject in said.get("subjects", ())})
    uow.trail.count, uow.trail.digest = len(seqs), digest
    uow.note("audit_event", f"{seqs[0]}-{seqs[-1]}")
    return Export(f"candor-log-{seqs[0]}-{seqs[-1]}.zip", body, len(seqs), digest.hex())
