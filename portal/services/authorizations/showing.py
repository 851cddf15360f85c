"""One authorization as the office reads it: what was asked, what the payer said, what is used and left, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.access.policy import decide
from portal.domain.granting import (
    CANCELS,
    CHANNELS,
    LIFE,
    REASONS,
    RETROACTIVE,
    STANDING,
    URGENCIES,
    WAITING,
)
from portal.domain.texts import T_, Text, from_json
from portal.models.authorizations import AuthorizationAnswerRow, AuthorizationRow, AuthorizationUseRow
from portal.models.claims import ClaimRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import ProviderRow
from portal.models.queues import QueueItemRow, TransitionRow
from portal.services import codes, queues
from portal.services.authorizations import requesting
from portal.services.authorizations.deciding import read_kept
from portal.services.authorizations.limited import Choices, Limited, limited, together_of
from portal.services.authorizations.listing import NAMES, name_of
from portal.services.authorizations.parties import lines_of
from portal.services.granted import counting, uses
from portal.services.granted.left import left_of_limits
from portal.services.intake.showing import State, colleague
from portal.services.unit_of_work.work import UnitOfWork

ANSWERS: Mapping[str, Text] = {
    "approved": T_("Approved as asked for"), "modified": T_("Approved with changes"),
    "partial": T_("Approved in part"), "denied": T_("Denied"), "pended": T_("Asks for more"),
    "not-required": T_("Not needed"),
}  # fmt: skip
"""What people enter; what files say besides has words in `_ACTIONS`."""
_ACTIONS: Mapping[str, Text] = {
    **ANSWERS, "contact": T_("Wants to be called"), "cancelled": T_("Cancelled"),
    "rejected": T_("Not taken by the payer"), "unknown": T_("Not readable"),
}  # fmt: skip
_REASONS: Mapping[str, Text] = {
    **CANCELS, **ANSWERS, "created": T_("Begun"), "asked": T_("Sent to the payer"),
    "refused": T_("Not taken by the payer"), "file-refused": T_("The partner refused the file"),
    "contact": T_("Wants to be called"),
    "info_sent": T_("Information sent"), "peer_to_peer": T_("Clinicians talk"), "appeal": T_("Appeal filed"),
    "in_use": T_("Billed under it"), "exhausted": T_("Used up"), "expired": T_("Its last day is over"),
    "given-back": T_("Given back"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Service:
    """One service: asked for, granted, used, left; None without a limit or before a decision."""

    position: int
    code: str
    modifiers: str
    words: str
    asked: Decimal
    granted: Decimal | None
    unlimited: bool
    used: Decimal
    left: Decimal | None
    limits: Limited | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One thing the payer said."""

    at: datetime
    text: Text
    channel: Text
    by: str
    reasons: tuple[Text, ...]
    said: tuple[Text, ...]
    note: str


@dataclass(frozen=True, slots=True)
class UsedBy:
    """A claim that stands and what it took."""

    claim_id: str
    number: str
    day: date
    code: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """One move."""

    at: datetime
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationPage:
    """Everything about one; ids are hex. `actions` are what this person may do now."""

    authorization_id: str
    version: int
    state: State
    patient_id: str
    patient_name: str
    payer_name: str
    number: str | None
    encounter_id: str | None
    previous_id: str | None
    urgency: Text
    channel: Text
    place: str
    provider: str
    diagnoses: tuple[str, ...]
    message: str | None
    retroactive: Text | None
    first: date
    last: date | None
    valid_from: date | None
    valid_to: date | None
    asked_at: datetime | None
    due_on: date | None
    days_left: int | None
    services: tuple[Service, ...]
    together: Limited | None
    """What limits all services together."""
    said: tuple[Said, ...]
    used_by: tuple[UsedBy, ...]
    history: tuple[Moved, ...]
    waits: Text | None
    """What somebody has to do with it now, as its item in a queue says."""
    actions: tuple[str, ...]
    may_answer: bool
    granted: bool
    answers: tuple[tuple[str, Text], ...]
    channels: tuple[tuple[str, Text], ...]
    reasons: tuple[tuple[str, Text], ...]
    choices: Choices
    cancels: tuple[tuple[str, Text], ...]


def show(uow: UnitOfWork, id_: bytes) -> AuthorizationPage:
    """Open an authorization within reach; raises NotFound."""
    row = uow.get(AuthorizationRow, id_)
    about = uow.row(
        uow.select(AuthorizationRow.patient_id, AuthorizationRow.practice_id, *NAMES)
        .add_columns(PayerRow.name.label("payer_name"))
        .where(
            AuthorizationRow.id == row.id, PatientRow.id == AuthorizationRow.patient_id,
            PayerRow.id == AuthorizationRow.payer_id,
        )
    )  # fmt: skip
    assert about is not None, "an authorization has its patient and payer"
    waiting = row.state in WAITING
    today = uow.today(row.practice_id)
    return AuthorizationPage(
        authorization_id=row.id.hex(),
        version=row.version,
        state=State(row.state, LIFE.words[row.state]),
        patient_id=row.patient_id.hex(),
        patient_name=name_of(uow, about),
        payer_name=about.payer_name,
        number=uow.read(row, AuthorizationRow.number_sealed),
        encounter_id=row.encounter_id.hex() if row.encounter_id else None,
        previous_id=row.previous_id.hex() if row.previous_id else None,
        urgency=URGENCIES[row.urgency],
        channel=CHANNELS[row.channel],
        place=place_of(uow, row),
        provider=provider_of(uow, row),
        diagnoses=tuple(uow.read(row, AuthorizationRow.diagnoses_sealed)),
        message=uow.read(row, AuthorizationRow.message_sealed),
        retroactive=RETROACTIVE.get(row.retroactive),
        first=row.from_date,
        last=row.to_date,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        asked_at=row.asked_at,
        due_on=row.due_on if waiting else None,
        days_left=(row.due_on - today).days if waiting and row.due_on else None,
        services=services_of(uow, row),
        together=together_of(uow, row),
        said=said_of(uow, row),
        used_by=_used_by(uow, row),
        history=_history(uow, row),
        waits=_waits(uow, row),
        actions=_actions(uow, row),
        may_answer=decide(uow.actor, "authorization:answer").allowed
        and row.state in {"DRAFT", *WAITING, "DENIED", *STANDING},
        granted=row.state in STANDING,
        answers=tuple((code, words) for code, words in ANSWERS.items() if _enters(row.state, code)),
        channels=tuple((code, words) for code, words in CHANNELS.items() if code not in {"278", "payer"}),
        reasons=tuple(REASONS.items()),
        choices=Choices(),
        cancels=tuple(CANCELS.items()),
    )


def services_of(uow: UnitOfWork, row: AuthorizationRow) -> tuple[Service, ...]:
    """Its services with what is used and left."""
    care, today = uses.care_of(row, uses.lines_of(uow, [row.id]).get(row.id, ())), uow.today(row.practice_id)
    granted = {line.id: line for line in care.lines}
    lines = lines_of(uow, row.id)
    words = codes.describe(uow, [line.code for line in lines], on=row.from_date)
    found = []
    for line in lines:
        known = granted.get(line.id)
        found.append(
            Service(
                line.position, line.code, " ".join(line.modifiers), words.get(line.code, ""),
                _units(line.asked_thousandths),
                _units(line.granted_thousandths) if line.granted_thousandths is not None else None,
                line.granted and line.granted_thousandths is None, _units(known.used if known else 0),
                _units(known.left) if known is not None and known.left is not None else None,
                limited(line.limits, left_of_limits(care, known, today) if known else ()),
            )
        )  # fmt: skip
    return tuple(found)


def said_of(uow: UnitOfWork, row: AuthorizationRow) -> tuple[Said, ...]:
    """What the payer said, the newest first."""
    kept = AuthorizationAnswerRow
    rows = uow.entities(uow.select(kept).where(kept.authorization_id == row.id).order_by(kept.number.desc()))
    found = []
    for one in rows:
        answer = read_kept(uow, one)
        by_hand = one.channel not in {"278", "payer"}
        found.append(
            Said(
                one.received_at, _ACTIONS.get(one.action, _ACTIONS["unknown"]), CHANNELS[one.channel],
                colleague(uow, one.received_by) if by_hand else "",
                tuple(REASONS.get(code) or T_("Reason {code}", code=code) for code in one.reasons), answer.said,
                answer.note,
            )
        )  # fmt: skip
    return tuple(found)


def place_of(uow: UnitOfWork, row: AuthorizationRow) -> str:
    """The place of service in words; its code where the list of places is not loaded."""
    return codes.describe(uow, [row.place], code_set="pos", on=row.from_date).get(row.place) or row.place


def provider_of(uow: UnitOfWork, row: AuthorizationRow) -> str:
    """Who is to give the care; empty where nobody is named."""
    if row.provider_id is None:
        return ""
    one = uow.row(uow.select(ProviderRow.first_name, ProviderRow.last_name).where(ProviderRow.id == row.provider_id))
    return " ".join(filter(None, one)) if one else ""


def _used_by(uow: UnitOfWork, row: AuthorizationRow) -> tuple[UsedBy, ...]:
    """Claims that have of it; what was given back is none."""
    use = AuthorizationUseRow
    rows = uow.rows(
        uow.select(use.claim_id, use.line_id, use.thousandths, ClaimRow.control, ClaimRow.service_from)
        .where(use.authorization_id == row.id, ClaimRow.id == use.claim_id)
        .order_by(ClaimRow.service_from, use.claim_id, use.line_id)
    )
    lines = {line.id: line.code for line in lines_of(uow, row.id)}
    sums: dict[tuple[bytes, bytes], list[Any]] = {}
    for one in rows:
        sums.setdefault((one.claim_id, one.line_id), [one, 0])[1] += one.thousandths
    return tuple(
        UsedBy(one.claim_id.hex(), one.control, one.service_from, lines[one.line_id], _units(units))
        for one, units in sums.values()
        if units
    )


def _history(uow: UnitOfWork, row: AuthorizationRow) -> tuple[Moved, ...]:
    move = TransitionRow
    rows = uow.rows(
        uow.select(move.id, move.at, move.reason, move.actor, move.to_state, move.subject_version)
        .where(move.subject_table == row.__tablename__, move.subject_id == row.id)
        .order_by(move.at.desc(), move.subject_version.desc(), move.from_state.is_(None))
    )
    return tuple(Moved(one.at, _moved(one.to_state, one.reason, colleague(uow, one.actor))) for one in rows)


def _moved(state: str, reason: str, who: str) -> Text:
    """A step in words; a reason that says no more than the state does is left out."""
    now, why = LIFE.words[state], _REASONS.get(reason) or reason
    if why == now:
        return T_("{state} ({who})", state=now, who=who)
    return T_("{state}: {reason} ({who})", state=now, reason=why, who=who)


def _waits(uow: UnitOfWork, row: AuthorizationRow) -> Text | None:
    item = QueueItemRow
    found = uow.row(
        uow.select(item.id, item.detail, item.queue).where(
            item.subject_table == row.__tablename__, item.subject_id == row.id, item.state == queues.OPEN
        )
    )
    if found is None or found.queue != counting.QUEUE:
        return None
    text = from_json(found.detail["text"])
    if not decide(uow.actor, "authorization:request").allowed:
        return text  # what is to be done is told to those who may do it
    return T_("{what} {todo}", what=text, todo=from_json(found.detail["todo"])) if "todo" in found.detail else text


def _actions(uow: UnitOfWork, row: AuthorizationRow) -> tuple[str, ...]:
    if not decide(uow.actor, "authorization:request").allowed:
        return ()
    found = {
        "send": row.state == "DRAFT",
        "info_sent": row.state == "PENDED",
        "peer": row.state == "DENIED",
        "appeal": row.state == "DENIED",
        "seen": row.state in requesting.SEEN and _waits(uow, row) is not None,
        "extend": row.state in STANDING,
        "cancel": LIFE.allows(row.state, "CANCELLED") and not requesting.used(uow, row.id),
    }
    return tuple(action for action, may in found.items() if may)


def _enters(state: str, code: str) -> bool:
    """Of one that was granted only what is granted now is entered; of one denied, that it is granted after all."""
    if state in {*STANDING, "DENIED"}:
        return code in {"approved", "modified", "partial"}
    return not (state == "PENDED" and code == "pended")


def _units(thousandths: int) -> Decimal:
    whole, rest = divmod(thousandths, 1000)
    return Decimal(whole) if rest == 0 else Decimal(thousandths).scaleb(-3).normalize()
