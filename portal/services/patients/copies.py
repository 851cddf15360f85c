"""A copy of a patient's billing record as one file: for people, for spreadsheets and for other programs."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from portal.domain.money import Money
from portal.domain.tables import Cell as Written
from portal.domain.tables import write_csv
from portal.domain.texts import Text
from portal.services.patients.record import Cell, Record
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Copy:
    """A ZIP file and the name to save it under."""

    name: str
    body: bytes


def pack(uow: UnitOfWork, record: Record, *, say: Callable[[Text | str], str], readme: str, page: str) -> Copy:
    """The copy: a page to read, tables, JSON, every paper, and SHA-256 of each as `sha256sum -c` reads them.

    Its digest goes into the event of the unit of work, which is to be of kind "export".
    """
    files: dict[str, bytes] = {
        "README.txt": readme.encode(),
        "record.html": page.encode(),
        "record.json": json.dumps(record.data, indent=1, ensure_ascii=False).encode(),
    }
    for sheet in record.sheets:
        rows = [[_written(cell, say) for cell in row] for row in sheet.rows]
        files[f"tables/{sheet.name}.csv"] = write_csv([say(word) for word in sheet.header], rows).encode("utf-8-sig")
    files |= dict(record.papers)
    files["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in files.items()
    ).encode()
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, body in files.items():
            info = ZipInfo(name, uow.now.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, body)
    made = out.getvalue()
    uow.trail.count, uow.trail.digest = len(files), hashlib.sha256(made).digest()
    return Copy(f"billing-record-{record.made_on.isoformat()}.zip", made)


def _written(cell: Cell, say: Callable[[Text | str], str]) -> Written:
    """A cell for a spreadsheet: days as ISO 8601, sums as dollars with two decimals."""
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Money):
        sign, cents = ("-", -cell.cents) if cell.cents < 0 else ("", cell.cents)
        return f"{sign}{cents // 100}.{cents % 100:02}"
    return say(cell) if isinstance(cell, Text | str) else cell
