"""What is loaded: every release of a code set or of NCCI, and the practice's fee schedules, with who loaded it when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from portal.domain.texts import T_, Text
from portal.models.codes import CodeReleaseRow
from portal.models.fees import FeeScheduleRow
from portal.models.payers import PayerRow
from portal.services.intake.showing import colleague
from portal.services.unit_of_work.work import UnitOfWork

LISTS: Final[Mapping[str, Text]] = MappingProxyType({
    "icd10cm": T_("Diagnoses, ICD-10-CM"), "icd9cm": T_("Diagnoses before October 2015, ICD-9-CM"),
    "hcpcs": T_("Services, HCPCS level II"), "cpt": T_("Services, CPT"), "cdt": T_("Dental services, CDT"),
    "hcpcs-modifier": T_("Modifiers of HCPCS level II"), "modifier": T_("Modifiers of CPT"),
    "pos": T_("Places of service"), "taxonomy": T_("Provider taxonomy"), "carc": T_("Adjustment reasons, CARC"),
    "rarc": T_("Remittance remarks, RARC"), "ncci-ptp": T_("Pairs not billed together, NCCI PTP"),
    "mue": T_("Most units of a service, MUE"), "global-days": T_("Days of aftercare, global periods"),
    "poverty": T_("Federal poverty guidelines"),
    "coverage-policy": T_("Diagnoses that payers cover a service for, LCD and NCD"),
})  # fmt: skip
"""Every list of the installation that can be loaded, in the order of the page."""


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """One file that was loaded; `holds` is whether services of today are checked against it."""

    title: Text
    payer: str
    """For a fee schedule."""
    effective: date
    count: int
    file_name: str
    by: str
    at: datetime
    holds: bool
    later: bool
    """It begins after today."""


@dataclass(frozen=True, slots=True)
class LoadedPage:
    """All releases, list by list, the newest first; and the lists of which nothing is loaded."""

    releases: tuple[LoadedRelease, ...]
    missing: tuple[Text, ...]


def list_loaded(uow: UnitOfWork) -> LoadedPage:
    """What is loaded in the installation, and the fee schedules of the practice."""
    today = uow.today()
    names: dict[str, str] = {}
    releases = uow.rows(
        uow.select(
            CodeReleaseRow.code_set, CodeReleaseRow.effective, CodeReleaseRow.file_name, CodeReleaseRow.loaded_by,
            CodeReleaseRow.loaded_at, CodeReleaseRow.code_count, CodeReleaseRow.whole,
        ).order_by(CodeReleaseRow.effective.desc(), CodeReleaseRow.loaded_at.desc())
    )  # fmt: skip
    found: list[LoadedRelease] = []
    for code_set, title in LISTS.items():
        rows = [row for row in releases if row.code_set == code_set]
        now = max((row.effective for row in rows if row.effective <= today), default=None)
        # The files of a quarter's pairs hold beside each other.
        quarter = [row for row in rows if row.effective == now]
        holding = quarter if code_set == "ncci-ptp" else _holding(rows, today)
        found += [_release(uow, names, title, row, row.code_count, row in holding, today) for row in rows]
    found += _fee_schedules(uow, names, today)
    return LoadedPage(
        tuple(found),
        tuple(title for code_set, title in LISTS.items() if all(row.code_set != code_set for row in releases)),
    )


def _fee_schedules(uow: UnitOfWork, names: dict[str, str], today: date) -> list[LoadedRelease]:
    rows = uow.rows(
        uow.select(
            FeeScheduleRow.payer_id, FeeScheduleRow.effective, FeeScheduleRow.file_name, FeeScheduleRow.loaded_by,
            FeeScheduleRow.loaded_at, FeeScheduleRow.fee_count, FeeScheduleRow.whole, PayerRow.name.label("payer"),
        )
        .where(PayerRow.id == FeeScheduleRow.payer_id, uow.within(PayerRow))
        .order_by(PayerRow.name, FeeScheduleRow.effective.desc(), FeeScheduleRow.loaded_at.desc())
    )  # fmt: skip
    by_payer: dict[bytes, list[Any]] = {}
    for row in rows:
        by_payer.setdefault(row.payer_id, []).append(row)
    holding = {id_: _holding(some, today) for id_, some in by_payer.items()}
    return [
        _release(uow, names, T_("Fee schedule"), row, row.fee_count, row in holding[row.payer_id], today, row.payer)
        for row in rows
    ]


def _holding(rows: Sequence[Any], today: date) -> list[Any]:
    """Of the files of one list, the newest first: the last whole one, and those of changes since then."""
    found = []
    for row in rows:
        if row.effective <= today:
            found.append(row)
            if row.whole is not False:
                break
    return found


def _release(
    uow: UnitOfWork, names: dict[str, str], title: Text, row: Any, count: int, holds: bool, today: date, payer: str = ""
) -> LoadedRelease:
    who: str = row.loaded_by
    if who not in names:
        user = len(who) == 32 and not set(who) - set("0123456789abcdef")
        # A command without a user of ours tells who was signed in to the machine.
        names[who] = colleague(uow, who) if user or who.startswith("system:") else who
    return LoadedRelease(
        title, payer, row.effective, count, row.file_name, names[who], row.loaded_at, holds, row.effective > today
    )  # fmt: skip
