"""Where claims stand by their payers' own words: the newest 277 about what was sent last, and what is still asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.domain import dates
from portal.domain.money import Money
from portal.domain.status import MEANINGS, StatusAnswer, standing_of
from portal.domain.texts import T_, Text, from_json
from portal.models.claims import AcknowledgementRow, ClaimRow, ClaimVersionRow
from portal.models.status import StatusQuestionRow
from portal.services import corrections
from portal.services.claims.building import slices
from portal.services.claims.checking import zone_of
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork

KIND = "277"
WITH_PAYER = ("SUBMITTED", "ACCEPTED", "PENDED")
"""States of a claim about which a payer can be asked."""
_LOST = ("SUBMITTED", "ACCEPTED")
_LEVEL = "HL:"
"""Before the level (receiver, provider) in the codes of an answer that stands above claims."""
_SUPPLY = T_("Send the payer what it asks for, then say so here.")


@dataclass(frozen=True, slots=True)
class Said:
    """One status of a claim or line: in our words, by the payer's codes, and in the payer's own words."""

    words: tuple[Text, ...]
    codes: str
    message: str
    on: date | None
    paid: Money | None
    paid_on: date | None
    check_number: str


@dataclass(frozen=True, slots=True)
class SaidOfLine:
    """What is said of one service line."""

    code: str
    charge: Money
    paid: Money | None
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class StandingPart:
    """What the payer last said when asked where a claim stands, on the claim's page.

    `asked_on` is the day of a question that still waits; `found` None when nobody answered about what was sent last.
    `whole` is what was said after that of a whole set of questions.
    """

    asked_on: date | None
    found: State | None
    todo: Text | None
    answered_at: date | None
    file_id: str | None
    said: tuple[Said, ...]
    lines: tuple[SaidOfLine, ...]
    whole: SaidOfAll | None = None


@dataclass(frozen=True, slots=True)
class SaidOfAll:
    """What the payer said later of everything that was asked in one set, not of this claim alone: it moves no claim."""

    status: Text
    on: date
    file_id: str
    said: tuple[Said, ...]


def sent_last(uow: UnitOfWork, claims: Iterable[bytes]) -> dict[bytes, Any]:
    """By claim the newest version that stands (id, number, control, file, time), as `corrections.fallen` has it."""
    version = ClaimVersionRow
    found: dict[bytes, Any] = {}
    for part in slices(claims):
        fallen = corrections.fallen(uow, part)
        rows = uow.rows(
            uow.select(version.id, version.claim_id, version.number, version.control, version.interchange_id)
            .add_columns(version.submitted_at)
            .where(version.claim_id.in_(part))
            .order_by(version.number)
        )
        found |= {row.claim_id: row for row in rows if (row.claim_id, row.number) not in fallen}
    return found


def codes_of(answer: StatusAnswer) -> list[str]:
    """The codes an answer is kept with, the latest status first; one above claims says first where it stands."""
    latest = answer.latest
    assert latest is not None, "the reader leaves out what has no status"
    every = [latest, *(one for one in answer.statuses if one is not latest)]
    level = [] if answer.level == "claim" else [_LEVEL + answer.level]
    return level + [code for one in every for code in one.codes]


def newest(uow: UnitOfWork, claim: ClaimRow) -> Any:
    """The newest 277 that speaks of a claim itself, about what was sent last; None where there is none.

    Its id, file, category, codes and times.
    """
    return next((row for row in _answers(uow, claim) if not _of_all(row)), None)


def _later_of_all(uow: UnitOfWork, claim: ClaimRow) -> Any:
    """What was said of a whole set of questions, if nothing was said of the claim itself since; else None."""
    return next((row for row in _answers(uow, claim)[:1] if _of_all(row)), None)


def _of_all(row: Any) -> bool:
    return any(code.startswith(_LEVEL) for code in row.codes)


def _answers(uow: UnitOfWork, claim: ClaimRow) -> Sequence[Any]:
    """Every 277 about what was sent last of a claim, the newest first."""
    uow.flush()
    version = sent_last(uow, [claim.id]).get(claim.id)
    if version is None:
        return []
    row = AcknowledgementRow
    return uow.rows(
        uow.select(row.id, row.interchange_id, row.category, row.codes, row.made_at, row.received_at)
        .where(row.claim_id == claim.id, row.kind == KIND, row.about_interchange_id == version.interchange_id)
        .order_by(row.made_at.desc(), row.received_at.desc(), row.id)
    )


def waits(uow: UnitOfWork, claim_id: bytes) -> datetime | None:
    """When the question was asked whose answer a claim waits for; None when none waits."""
    question = StatusQuestionRow
    uow.flush()
    found: datetime | None = uow.value(
        uow.select(question.asked_at).where(question.claim_id == claim_id, question.state == "ASKED")
    )
    return found


def words(uow: UnitOfWork, claim: ClaimRow) -> tuple[Text, Text | None] | None:
    """What the payer said last, with its day, and what to do about that; None when it never answered."""
    last, whole = newest(uow, claim), _later_of_all(uow, claim)
    todo = None if last is None else MEANINGS[standing_of(last.category)].todo
    newer = whole or last
    if newer is None:
        return None
    status, day = MEANINGS[standing_of(newer.category)].words, _day(uow, claim, newer)
    if whole is None:
        return T_("The payer answered on {day}: {status}", day=day, status=status), todo
    return T_("On {day} the payer answered for everything asked in one file: {status}", day=day, status=status), todo


def part_of(uow: UnitOfWork, claim_id: bytes) -> StandingPart:
    """What the page of a claim shows; raises NotFound."""
    claim = uow.get(ClaimRow, claim_id)
    asked = waits(uow, claim.id)
    last = newest(uow, claim)
    zone = zone_of(uow, claim.practice_id)
    asked_on = None if asked is None else dates.today(asked, zone)
    whole = _said_of_all(uow, claim)
    if last is None:
        return StandingPart(asked_on, None, None, None, None, (), (), whole)
    standing = standing_of(last.category)
    body = uow.read(uow.get(AcknowledgementRow, last.id), AcknowledgementRow.message_sealed)
    meaning = MEANINGS[standing]
    return StandingPart(
        asked_on,
        State(standing.upper(), meaning.words),
        _SUPPLY if claim.state == "PENDED" else meaning.todo if claim.state in _LOST else None,
        _day(uow, claim, last),
        last.interchange_id.hex(),
        tuple(_said(each) for each in body["statuses"]),
        tuple(
            SaidOfLine(
                each["code"], Money(each["charge"]), _money(each["paid"]), tuple(_said(one) for one in each["statuses"])
            )
            for each in body["lines"]
        ),
        whole,
    )


def _said_of_all(uow: UnitOfWork, claim: ClaimRow) -> SaidOfAll | None:
    row = _later_of_all(uow, claim)
    if row is None:
        return None
    body = uow.read(uow.get(AcknowledgementRow, row.id), AcknowledgementRow.message_sealed)
    said = tuple(_said(each) for each in body["statuses"])
    words_ = MEANINGS[standing_of(row.category)].words
    return SaidOfAll(words_, _day(uow, claim, row), row.interchange_id.hex(), said)


def offered(uow: UnitOfWork, claim: ClaimRow) -> Sequence[str]:
    """What a person may do about where a claim stands: ask, say that it never arrived, or that what was wanted went."""
    if not askable(uow, claim):
        return ()
    found = [] if waits(uow, claim.id) is not None or not claim.versions else ["ask"]
    if claim.state == "PENDED":
        return [*found, "supplied"]
    return [*found, "lost"] if lost(uow, claim) else found


def askable(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether a payer can be asked about a claim: it has the claim, or a void of it that it has not finished."""
    out = claim.state == "VOID_PENDING" and corrections.void_out(uow, claim.id) is not None
    return out or claim.state in WITH_PAYER


def lost(uow: UnitOfWork, claim: ClaimRow) -> bool:
    """Whether the payer, asked last, did not find a claim that counts as sent; one that goes again anyway is none."""
    last = newest(uow, claim) if claim.state in _LOST and corrections.under_way(uow, claim.id) is None else None
    return last is not None and standing_of(last.category) == "not-found"


def asked(uow: UnitOfWork, claim: ClaimRow) -> list[tuple[datetime, int, Text]]:
    """Every question about a claim as its history tells it: when, in which order among equals, what."""
    question = StatusQuestionRow
    rows = uow.rows(
        uow.select(question.asked_at, question.asked_by, question.reason, question.state)
        .where(question.claim_id == claim.id)
        .order_by(question.asked_at)
    )
    return [(row.asked_at, -2, _asked(uow, row)) for row in rows]


def _asked(uow: UnitOfWork, row: Any) -> Text:
    if row.state == "FAILED":
        return T_("The payer was to be asked where the claim stands; the partner refused the file.")
    if row.reason == "silent":
        return T_("The payer was asked where the claim stands: it had said nothing for days.")
    return T_("{who} asked the payer where the claim stands.", who=colleague(uow, row.asked_by))


def told(row: Any) -> Text:
    """One 277 as the history of its claim tells it."""
    words_ = MEANINGS[standing_of(row.category)].words
    if _of_all(row):
        return T_(
            "Asked, the payer answers for everything asked in one file: {status} ({category}, 277)",
            status=words_,
            category=row.category,
        )
    return T_("Asked, the payer answers: {status} ({category}, 277)", status=words_, category=row.category)


def _said(stored: Any) -> Said:
    return Said(
        tuple(from_json(each) for each in stored["reasons"]),
        ", ".join(stored["codes"]),
        stored["message"],
        _date(stored["on"]),
        _money(stored["paid"]),
        _date(stored["paid_on"]),
        stored["check_number"],
    )


def _date(stored: str | None) -> date | None:
    return date.fromisoformat(stored) if stored else None


def _money(cents: int | None) -> Money | None:
    return None if cents is None else Money(cents)


def _day(uow: UnitOfWork, claim: ClaimRow, row: Any) -> date:
    """The day on which the answer came."""
    return dates.today(row.received_at, zone_of(uow, claim.practice_id))
