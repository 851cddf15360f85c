"""The original of a file leaves the house: whole, for a stated reason, told with everybody who is named in it.

All of a file is more than any single step needs (45 CFR 164.502(b)), so this has a permission of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.access.policy import decide
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.catalog import models
from portal.models.interchanges import InterchangePartRow, InterchangeRow
from portal.models.remittances import RemittanceClaimRow, RemittanceRow
from portal.services.files.showing import kind_words
from portal.services.unit_of_work.work import UnitOfWork

PERMISSION = "interchange:original"
MEDIA_TYPE = "application/edi-x12"
"""RFC 1767, 2."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class OriginalPage:
    """See `templates/staff/imports/original.html`."""

    interchange_id: str
    name: str
    kind: Text
    at: datetime
    size_bytes: int
    patients: int
    """How many patients of the practice are known to be named in it."""


@dataclass(frozen=True, slots=True)
class Original:
    """A file as it came in or went out."""

    name: str
    body: bytes


def may_take(uow: UnitOfWork) -> bool:
    """Whether the actor's roles take originals, perhaps after a fresh sign-in."""
    return decide(uow.actor, PERMISSION).reason in {"", "step-up-needed"}


def offer(uow: UnitOfWork, interchange_id: bytes) -> OriginalPage:
    """What would leave; its bytes are not opened. Raises NotFound."""
    row = uow.get(InterchangeRow, interchange_id)
    return OriginalPage(
        row.id.hex(), uow.read(row, InterchangeRow.name_sealed), kind_words(row.kind), row.created_at, row.size_bytes,
        len(_patients(uow, row.id)),
    )  # fmt: skip


def take(uow: UnitOfWork, interchange_id: bytes, reason: str) -> Original:
    """The bytes of a file; the event carries their digest, the sealed reason, and the patients named in them.

    Open the unit of work as kind "export". Raises NotFound, Refused `reason-missing` without a reason.
    """
    row = uow.get(InterchangeRow, interchange_id)
    if not reason.strip():
        raise Refused(T_("Say what the file is needed for; the log keeps it."), code="reason-missing")
    body: bytes = uow.read(row, InterchangeRow.body_sealed)
    patients = _patients(uow, row.id)
    uow.saw(*patients)
    uow.searched(reason.strip()[:LONGEST_REASON], scanned=1, shown=1)
    uow.trail.count, uow.trail.digest = 1, hashlib.sha256(body).digest()
    return Original(uow.read(row, InterchangeRow.name_sealed), body)


def _patients(uow: UnitOfWork, file_id: bytes) -> set[bytes]:
    """Patients whose visits, claims, questions, answers or payments a file or its parts carried."""
    part = InterchangePartRow
    files = [file_id, *(row.part_id for row in uow.rows(uow.select(part.part_id).where(part.whole_id == file_id)))]
    found = {row.patient_id for statement in _named(uow, files) for row in uow.rows(statement.distinct())}
    return {patient_id for patient_id in found if patient_id is not None}


def _named(uow: UnitOfWork, files: Sequence[bytes]) -> Iterator[Any]:
    """One statement for each table that says of which file and of which patient its rows are."""
    for _, model in sorted(models().items()):
        of: Any = model
        if hasattr(model, "interchange_id") and hasattr(model, "patient_id"):
            yield uow.select(of.patient_id).where(of.interchange_id.in_(files))
    yield (
        uow.select(RemittanceClaimRow.patient_id)
        .join(RemittanceRow, RemittanceRow.id == RemittanceClaimRow.remittance_id)
        .where(RemittanceRow.interchange_id.in_(files), uow.within(RemittanceRow))
    )
