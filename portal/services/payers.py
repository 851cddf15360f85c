"""Payers: loaded from a table by an administrator, found by the id that claims carry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.payers import PayerRow
from portal.services.unit_of_work.work import UnitOfWork

_LEVEL = re.compile(r"\s*(?P<name>[^:]+):(?P<days>[0-9]{1,4})\s*")


def load(uow: UnitOfWork, rows: Sequence[Mapping[str, str]]) -> int:
    """Load payers by code; returns how many were made or changed. All or nothing: a wrong row refuses the file.

    Columns: code, name, kind (SBR09), filing_limit_days, appeal_levels as "name:days; name:days", remittance_ids as
    TRN03 values divided by blanks. Raises Refused naming the line.
    """
    changed = 0
    for line, row in enumerate(rows, 2):
        values = _values(row, line)
        standing = uow.first(uow.select(PayerRow).where(PayerRow.code == row["code"]))
        if standing is None:
            uow.new(PayerRow, code=row["code"], address=None, **values)
        elif any(getattr(standing, name) != value for name, value in values.items()):
            uow.change(standing, **values)
        else:
            continue
        changed += 1
        uow.flush()
    return changed


def by_code(uow: UnitOfWork, code: str) -> PayerRow:
    """The payer of a code; raises Refused naming it."""
    row = uow.first(uow.select(PayerRow).where(PayerRow.code == code))
    if row is None:
        raise Refused(T_("There is no payer {code}.", code=code), code="no-payer")
    return row


def _values(row: Mapping[str, str], line: int) -> dict[str, Any]:
    days = row["filing_limit_days"]
    if not row["code"] or not row["name"]:
        raise Refused(T_("Line {line} needs a code and a name.", line=line), code="payer-row")
    if not days.isascii() or not days.isdigit() or len(days) > 4 or not 0 < int(days) < 3000:
        raise Refused(T_("Line {line}: {days} is not a filing limit in days.", line=line, days=days), code="payer-row")
    levels = []
    for text in filter(str.strip, row.get("appeal_levels", "").split(";")):
        found = _LEVEL.fullmatch(text)
        if found is None:
            raise Refused(
                T_("Line {line}: {text} is not a level of appeal; write name:days.", line=line, text=text),
                code="payer-row",
            )
        levels.append({"name": found["name"].strip(), "days": int(found["days"])})
    return {
        "name": row["name"],
        "kind": row["kind"] or "CI",
        "filing_limit_days": int(days),
        "appeal_levels": levels,
        "remittance_ids": row.get("remittance_ids", "").split(),
    }
