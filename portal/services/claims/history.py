"""What happened to a claim: its moves, its versions, and what was answered about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_

from portal.domain import dates
from portal.domain.claims import LIFE
from portal.domain.texts import T_, Text
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow
from portal.models.queues import TransitionRow
from portal.services.claims import standing
from portal.services.claims.checking import zone_of
from portal.services.intake.showing import colleague
from portal.services.unit_of_work.work import UnitOfWork

_WAY = ("DRAFT", "READY", "SUBMITTED", "ACCEPTED", "ADJUDICATED", "CLOSED")
_BESIDE = {"HELD": "READY", "REJECTED": "SUBMITTED", "PENDED": "ACCEPTED", "VOID_PENDING": "ADJUDICATED",
           "VOIDED": "CLOSED", "WITHDRAWN": "DRAFT"}  # fmt: skip
"""A state off the way stands at this step of it."""

_KINDS = ("TA1", "997", "999", "277CA", "277")
_ANSWERS = {
    ("TA1", "accepted"): T_("The partner took the file in (TA1)."),
    ("TA1", "rejected"): T_("The partner refused the file (TA1)."),
    ("999", "accepted"): T_("The partner could read the file (999)."),
    ("999", "partial"): T_("The partner could read a part of the file (999)."),
    ("999", "rejected"): T_("The partner could not read it (999)."),
    ("277CA", "accepted"): T_("Accepted ({category}, 277CA)."),
    ("277CA", "rejected"): T_("Rejected ({category}, 277CA)."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a claim's way; `note` says where it stands beside the way."""

    text: Text
    at: date | None
    done: bool
    current: bool
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened."""

    at: datetime
    text: Text


@dataclass(frozen=True, slots=True)
class Version:
    """One submission and the last that was answered about it."""

    number: int
    control: str
    sent_at: datetime
    interchange_id: str | None
    answer: Text | None


def steps_of(uow: UnitOfWork, claim: ClaimRow) -> tuple[Step, ...]:
    """The way of a claim with the day on which it reached each step, up to where it stands."""
    zone = zone_of(uow, claim.practice_id)
    reached = {row.to_state: dates.today(row.at, zone) for row in _moves(uow, claim)}
    here = claim.state if claim.state in _WAY else _BESIDE[claim.state]
    at = _WAY.index(here)
    beside = None if claim.state in _WAY else LIFE.words[claim.state]
    return tuple(
        Step(
            LIFE.words[state],
            reached.get(state) if number <= at else None,
            number < at,
            number == at,
            beside if number == at else None,
        )
        for number, state in enumerate(_WAY)
    )


def versions_of(uow: UnitOfWork, claim: ClaimRow) -> tuple[Version, ...]:
    """Every submission of a claim, the newest first."""
    answers = _answers(uow, claim)
    return tuple(
        Version(
            row.number,
            row.control,
            row.submitted_at,
            row.interchange_id.hex() if row.interchange_id else None,
            next((_said(each) for each in reversed(answers) if each.about_interchange_id == row.interchange_id), None),
        )
        for row in _versions(uow, claim)
    )


def happened(uow: UnitOfWork, claim: ClaimRow, reasons: Mapping[str, Text]) -> tuple[Happening, ...]:
    """Moves and answers together, the newest first; `reasons` puts the codes of moves into words."""
    names: dict[str, str] = {}
    found: list[tuple[datetime, int, Text]] = []
    for at, row in enumerate(_moves(uow, claim)):
        if row.actor not in names:
            names[row.actor] = colleague(uow, row.actor)
        note = uow.open(
            row.note_sealed, TransitionRow.note_sealed, row=row.id, subject=claim.patient_id,
            practice=claim.practice_id,
        )  # fmt: skip
        found.append((row.at, at, _moved(names[row.actor], row, reasons.get(row.reason), note)))
    found += [(row.received_at, -1, _said(row)) for row in _answers(uow, claim)]
    found += standing.asked(uow, claim)
    found.sort(key=lambda each: each[:2], reverse=True)
    return tuple(Happening(at, text) for at, _, text in found)


def _moved(who: str, row: Any, why: Text | None, note: str | None) -> Text:
    to = LIFE.words[row.to_state]
    if note and why is not None:
        return T_("{who}: {state}. {why}: “{note}”", who=who, state=to, why=why, note=note)
    if note:
        return T_("{who}: {state}. “{note}”", who=who, state=to, note=note)
    if why is not None:
        return T_("{who}: {state}. {why}.", who=who, state=to, why=why)
    return T_("{who}: {state}.", who=who, state=to)


def _said(row: Any) -> Text:
    if row.kind == standing.KIND:
        return standing.told(row)
    kind = "999" if row.kind == "997" else row.kind
    text = _ANSWERS[kind, row.outcome]
    return Text(text.message, {"category": row.category}) if "{category}" in text.message else text


def _moves(uow: UnitOfWork, claim: ClaimRow) -> Sequence[Any]:
    return uow.rows(
        uow.select(
            TransitionRow.id, TransitionRow.from_state, TransitionRow.to_state, TransitionRow.actor, TransitionRow.at,
            TransitionRow.reason, TransitionRow.note_sealed,
        )
        .where(TransitionRow.subject_table == ClaimRow.__tablename__, TransitionRow.subject_id == claim.id)
        .order_by(TransitionRow.at, TransitionRow.subject_version)
    )  # fmt: skip


def _versions(uow: UnitOfWork, claim: ClaimRow) -> Sequence[Any]:
    return uow.rows(
        uow.select(
            ClaimVersionRow.number, ClaimVersionRow.control, ClaimVersionRow.submitted_at,
            ClaimVersionRow.interchange_id, ClaimVersionRow.set_control,
        )
        .where(ClaimVersionRow.claim_id == claim.id)
        .order_by(ClaimVersionRow.number.desc())
    )  # fmt: skip


def _answers(uow: UnitOfWork, claim: ClaimRow) -> list[Any]:
    """Answers about the claim and about the files and sets it went in, by the time they were made."""
    versions = _versions(uow, claim)
    sets = {row.interchange_id: f"ST:{row.set_control}" for row in versions}
    if not sets:
        return []
    rows = uow.rows(
        uow.select(
            AcknowledgementRow.kind, AcknowledgementRow.outcome, AcknowledgementRow.category, AcknowledgementRow.codes,
            AcknowledgementRow.received_at, AcknowledgementRow.about_interchange_id, AcknowledgementRow.claim_id,
            AcknowledgementRow.made_at,
        )
        .where(
            or_(
                AcknowledgementRow.claim_id == claim.id,
                and_(
                    AcknowledgementRow.claim_id.is_(None), AcknowledgementRow.about_interchange_id.in_(sorted(sets))
                ),
            )
        )
    )  # fmt: skip
    stopped = {(row.about_interchange_id, row.kind) for row in rows if row.claim_id is not None}
    found = [row for row in rows if row.claim_id is not None or _concerns(row, sets, stopped)]
    return sorted(found, key=_order)


def _order(row: Any) -> tuple[Any, ...]:
    """By time; in the same minute as the trade goes: the file, its syntax, the claim, a rejection last."""
    return row.made_at, _KINDS.index(row.kind), row.outcome == "rejected", row.received_at


def _concerns(row: Any, sets: Mapping[bytes | None, str], stopped: set[tuple[bytes | None, str]]) -> bool:
    """A file's answer that is not told at the claim itself already, and not about another set of its file.

    A 277CA above its claims only counts them.
    """
    named = [code for code in row.codes if code.startswith("ST:")]
    if row.kind == "277CA" or (row.outcome == "rejected" and (row.about_interchange_id, row.kind) in stopped):
        return False
    return not named or sets[row.about_interchange_id] in named
