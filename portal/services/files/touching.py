"""What a file made or changed: the first of it, to be opened, and how much there is of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func

from portal.domain.texts import T_, Text
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow
from portal.models.coverage import CoverageRow
from portal.models.eligibility import EligibilityAnswerRow
from portal.models.encounters import EncounterRow
from portal.models.interchanges import InterchangeRow
from portal.models.payers import PayerRow
from portal.models.remittances import RemittanceRow
from portal.services.unit_of_work.work import UnitOfWork

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class FileLink:
    """Something a file made or changed; `kind` says which page opens it."""

    kind: str
    target_id: str
    words: Text


@dataclass(frozen=True, slots=True)
class FileLinks:
    """The first things that a file made or changed; `more` counts those that are not shown."""

    shown: tuple[FileLink, ...]
    more: int


def links(uow: UnitOfWork, file: InterchangeRow) -> FileLinks:
    """Visits it made, claims that went out in it or that it answers, payments, and answers about coverage."""
    shown: list[FileLink] = []
    count = 0
    for found, of in (_visits(uow, file), _claims(uow, file), _payments(uow, file), _coverages(uow, file)):
        shown += found
        count += of
    return FileLinks(tuple(shown[:_SHOWN]), count - min(len(shown), _SHOWN))


_Found = tuple[list[FileLink], int]


def _some(uow: UnitOfWork, statement: Select[Any], key: Any, *order: Any) -> tuple[list[Any], int]:
    """The first rows of a statement, and how many different `key` it has."""
    count = uow.value(statement.with_only_columns(func.count(key.distinct()), maintain_column_froms=True)) or 0
    return (list(uow.rows(statement.order_by(*order).limit(_SHOWN))) if count else []), count


def _visits(uow: UnitOfWork, file: InterchangeRow) -> _Found:
    row = EncounterRow
    statement = uow.select(row.id, row.patient_id, row.source_control_sealed).where(row.interchange_id == file.id)
    rows, count = _some(uow, statement, row.id, row.service_from, row.id)
    made = []
    for one in rows:
        number = uow.open(one.source_control_sealed, row.source_control_sealed, row=one.id, subject=one.patient_id)
        made.append(FileLink("account", one.patient_id.hex(), T_("Visit {number}", number=number)))
    return made, count


def _claims(uow: UnitOfWork, file: InterchangeRow) -> _Found:
    if file.direction == "out":
        version = ClaimVersionRow
        statement = uow.select(ClaimRow.id, ClaimRow.patient_id, ClaimRow.control)
        statement = statement.join(version, version.claim_id == ClaimRow.id).where(version.interchange_id == file.id)
        rows, count = _some(uow, statement, ClaimRow.id, ClaimRow.control)
        return [FileLink("claim", one.id.hex(), T_("Claim {number}", number=one.control)) for one in rows], count
    answer = AcknowledgementRow
    statement = uow.select(ClaimRow.id, ClaimRow.patient_id, ClaimRow.control, answer.outcome)
    statement = statement.join(answer, answer.claim_id == ClaimRow.id).where(answer.interchange_id == file.id)
    rows, count = _some(uow, statement, ClaimRow.id, ClaimRow.control, answer.id)
    by_claim = {one.id: one for one in rows}
    made = [FileLink("claim", one.id.hex(), _answered(one)) for one in by_claim.values()]
    return made, count


def _answered(row: Any) -> Text:
    if row.outcome == "rejected":
        return T_("Claim {number}, rejected", number=row.control)
    if row.outcome == "accepted":
        return T_("Claim {number}, accepted", number=row.control)
    return T_("Claim {number}, answered", number=row.control)


def _payments(uow: UnitOfWork, file: InterchangeRow) -> _Found:
    row = RemittanceRow
    statement = uow.select(row.id, row.payer_name, row.trace).where(row.interchange_id == file.id)
    rows, count = _some(uow, statement, row.id, row.created_at, row.id)
    made = [
        FileLink("remittance", one.id.hex(), T_("Payment {trace} of {payer}", trace=one.trace, payer=one.payer_name))
        for one in rows
    ]
    return made, count


def _coverages(uow: UnitOfWork, file: InterchangeRow) -> _Found:
    answer = EligibilityAnswerRow
    statement = (
        uow.select(CoverageRow.id, CoverageRow.patient_id, PayerRow.name)
        .join(answer, answer.coverage_id == CoverageRow.id)
        .join(PayerRow, PayerRow.id == CoverageRow.payer_id)
        .where(answer.interchange_id == file.id, uow.within(answer))
    )
    rows, count = _some(uow, statement, CoverageRow.id, PayerRow.name, answer.id)
    by_coverage = {one.id: one for one in rows}
    made = [
        FileLink("coverage", one.patient_id.hex(), T_("Coverage with {payer}", payer=one.name))
        for one in by_coverage.values()
    ]
    return made, count
