"""What an acknowledgement answers: our file by its control numbers, our claim by its number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.interchanges import Acknowledgement
from portal.models.claims import ClaimVersionRow
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PartnerRow
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.envelope import Interchange

_SLICE = 500
_ANSWERED = ("837P", "837I", "837D", "270", "276", "278")
"""Kinds of ours that partners acknowledge; only an 837 has claims whose state that decides."""
DUPLICATE = "025"
"""TA105: this ISA13 was taken in before. It says nothing new about the claims, so it moves none."""


@dataclass(frozen=True, slots=True)
class ClaimMatch:
    """A claim that an answer stops or passes."""

    claim_id: bytes
    patient_id: bytes
    payer_id: bytes


@dataclass(frozen=True, slots=True)
class Match:
    """The file that an answer speaks of, and the claims whose state it decides."""

    interchange_id: bytes
    claims: tuple[ClaimMatch, ...] = ()


class Matcher:
    """Looks up what the answers of one file speak of, in as few queries as there are kinds of answers."""

    def __init__(self, uow: UnitOfWork, items: Sequence[Acknowledgement]) -> None:
        self._uow = uow
        self._versions = self._by_control({item.claim_control for item in items if item.claim_control})
        self._files = self._sent(items)
        partners = uow.rows(uow.select(PartnerRow.id, PartnerRow.sender_id, PartnerRow.receiver_id))
        self._partners = {row.id: (row.sender_id.upper(), row.receiver_id.upper()) for row in partners}

    def find(self, item: Acknowledgement, interchange: Interchange | None) -> Match | None:
        """What an answer speaks of; None when it is nothing of ours, or could be more than one thing."""
        if item.level == "claim":
            version = self._versions.get(item.claim_control)
            return None if version is None else Match(version.interchange_id, (_claim(version),))
        file = self._file(item, interchange)
        if file is None:
            return None
        stops = item.outcome == "rejected" and not (item.kind == "TA1" and DUPLICATE in item.codes)
        return Match(file, tuple(self._members(file, item)) if stops else ())

    def _file(self, item: Acknowledgement, interchange: Interchange | None) -> bytes | None:
        """The one file with these numbers; of several, the one that went to whoever answers."""
        control = (item.interchange_control or item.batch_control.partition("-")[0]).zfill(9)
        group = item.group_control.lstrip("0")
        found = [
            row
            for row in self._files
            if (group and row.group_control == group) or (not group and control == row.control)
        ]
        if len(found) > 1 and interchange is not None:
            ids = (interchange.receiver.upper(), interchange.sender.upper())
            found = [row for row in found if self._partners.get(row.partner_id) == ids]
        if item.set_control and len(found) > 1:
            found = [row for row in found if next(iter(self._members(row.id, item)), None) is not None]
        return found[0].id if len(found) == 1 else None

    def _members(self, file: bytes, item: Acknowledgement) -> Sequence[ClaimMatch]:
        """The claims of a file, or of the one set of it that the answer names."""
        statement = self._uow.select(
            ClaimVersionRow.claim_id, ClaimVersionRow.patient_id, ClaimVersionRow.payer_id
        ).where(ClaimVersionRow.interchange_id == file)
        set_control = item.set_control or item.batch_control.partition("-")[2]
        if set_control:
            statement = statement.where(ClaimVersionRow.set_control == set_control.zfill(4))
        return [_claim(row) for row in self._uow.rows(statement.order_by(ClaimVersionRow.claim_id))]

    def _by_control(self, controls: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        wanted = sorted(controls)
        columns = (
            ClaimVersionRow.claim_id, ClaimVersionRow.patient_id, ClaimVersionRow.payer_id, ClaimVersionRow.control,
            ClaimVersionRow.interchange_id,
        )  # fmt: skip
        for start in range(0, len(wanted), _SLICE):
            part = wanted[start : start + _SLICE]
            rows = self._uow.rows(self._uow.select(*columns).where(ClaimVersionRow.control.in_(part)))
            found |= {row.control: row for row in rows}
        return found

    def _sent(self, items: Sequence[Acknowledgement]) -> Sequence[Any]:
        """Files of ours that have one of the numbers the answers name."""
        controls = {item.interchange_control.zfill(9) for item in items if item.interchange_control}
        controls |= {item.batch_control.partition("-")[0].zfill(9) for item in items if item.batch_control}
        groups = {item.group_control.lstrip("0") for item in items if item.group_control}
        if not controls and not groups:
            return ()
        return self._uow.rows(
            self._uow.select(
                InterchangeRow.id, InterchangeRow.control, InterchangeRow.group_control, InterchangeRow.partner_id
            ).where(
                InterchangeRow.direction == "out",
                InterchangeRow.kind.in_(_ANSWERED),
                InterchangeRow.control.in_(sorted(controls)) | InterchangeRow.group_control.in_(sorted(groups)),
            )
        )


def _claim(row: Any) -> ClaimMatch:
    return ClaimMatch(row.claim_id, row.patient_id, row.payer_id)
