"""Papers for the printer: every bill that went out, once, as one file with a list that says where each is mailed."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists, func

from portal.domain.consents import PAPERLESS
from portal.domain.errors import NotFound, Refused
from portal.domain.statements.content import load
from portal.domain.tables import write_csv
from portal.domain.texts import T_
from portal.models.consents import ContactChoiceRow
from portal.models.statements import StatementRow
from portal.services import documents
from portal.services.unit_of_work.work import UnitOfWork, new_id

MOST = 2_000
"""Papers in one file: about 70 MB, which a browser takes in one piece."""

_LISTED = ("file", "bill", "written", "to1", "to2", "to3", "to4", "to5", "sha256")
"""What a printer needs to mail a paper and to prove that it is whole; no sum and no service."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One file that went to the printer."""

    batch_id: str
    count: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ToPrint:
    """What waits for the printer, and the last files that went there."""

    waiting: int
    most: int
    batches: tuple[Batch, ...]


def waiting(uow: UnitOfWork) -> ToPrint:
    """How many papers wait for the printer, and the last few files."""
    row = StatementRow
    counted = uow.count(uow.select(row.id).where(*_unprinted()))
    gone = uow.rows(
        uow.select(
            row.printed_in, func.count().label("n"), func.min(row.made_on).label("first"),
            func.max(row.made_on).label("last"), func.max(row.released_at).label("at"),
        )
        .where(row.printed_in.is_not(None))
        .group_by(row.printed_in)
        .order_by(func.max(row.released_at).desc())
        .limit(5)
    )  # fmt: skip
    return ToPrint(counted, MOST, tuple(Batch(each.printed_in.hex(), each.n, each.first, each.last) for each in gone))


def export(uow: UnitOfWork) -> tuple[str, bytes]:
    """Name and bytes of a file with every paper that waits; each is marked, so that it goes once.

    Raises Refused `nothing-to-print`.
    """
    row = StatementRow
    rows = uow.entities(
        uow.select(row).where(*_unprinted()).order_by(row.released_at, row.id).limit(MOST).with_for_update()
    )
    if not rows:
        raise Refused(T_("Every paper has gone to the printer already."), code="nothing-to-print")
    batch_id = new_id()
    for each in rows:
        uow.change(each, printed_in=batch_id)
    return _pack(uow, rows, batch_id)


def packed(uow: UnitOfWork, batch_id: bytes) -> tuple[str, bytes]:
    """The file of an earlier batch, the same papers in the same order; raises NotFound."""
    row = StatementRow
    rows = uow.entities(uow.select(row).where(row.printed_in == batch_id).order_by(row.released_at, row.id))
    if not rows:
        raise NotFound(T_("There is no such file for the printer."), code="not-found")
    return _pack(uow, rows, batch_id)


def _unprinted() -> tuple[Any, ...]:
    """Whoever chose to do without paper gets none."""
    row, choice = StatementRow, ContactChoiceRow
    without = exists().where(
        choice.patient_id == row.patient_id, choice.channel == PAPERLESS, choice.ended_at.is_(None), choice.allowed
    )
    return (
        row.printed_in.is_(None), row.released_at.is_not(None), row.document_id.is_not(None), ~without.correlate(row),
    )  # fmt: skip


def _pack(uow: UnitOfWork, rows: Sequence[StatementRow], batch_id: bytes) -> tuple[str, bytes]:
    """Papers under neutral names, and their list: nobody's name stands in a file's name."""
    target = io.BytesIO()
    listed: list[tuple[str, ...]] = []
    uow.expect(*(row.document_id for row in rows if row.document_id))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for n, row in enumerate(rows, 1):
            assert row.document_id is not None  # `_unprinted` asks for papers that are made
            found = documents.fetch(uow, row.document_id)
            letter = load(uow.read(row, StatementRow.content_sealed)).letter
            name, to = f"{n:05}.pdf", [*letter.to_lines, "", "", "", "", ""][:5]
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), found.body)
            proof = hashlib.sha256(found.body).hexdigest()
            listed.append((name, row.number, row.made_on.isoformat(), *to, proof))
        archive.writestr(zipfile.ZipInfo("list.csv", (1980, 1, 1, 0, 0, 0)), write_csv(_LISTED, listed))
    return f"bills-{rows[0].made_on.isoformat()}-{batch_id.hex()[:8]}.zip", target.getvalue()
