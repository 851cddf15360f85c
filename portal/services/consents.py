"""What patients agreed to be reached by: asked before anything goes, kept with its words, ended and never rewritten."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from portal.domain.consents import BY, PAPERLESS, WORDINGS
from portal.domain.errors import Refused
from portal.domain.texts import T_, Text
from portal.models.consents import ContactChoiceRow
from portal.models.patients import PatientRow
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500


@dataclass(frozen=True, slots=True)
class ChoiceItem:
    """One way: what is agreed to in its present words, whether it is allowed now, since when and how that came."""

    channel: str
    title: Text
    text: Text
    allowed: bool
    since: datetime | None
    by: Text | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """One choice that was made, for the history."""

    channel: str
    title: Text
    allowed: bool
    began_at: datetime
    ended_at: datetime | None
    by: Text


def allowed(uow: UnitOfWork, patient_id: bytes) -> frozenset[str]:
    """The ways that a patient agreed to; none without a choice."""
    return allowed_of(uow, [patient_id]).get(patient_id, frozenset())


def allowed_of(uow: UnitOfWork, patients: Collection[bytes]) -> dict[bytes, frozenset[str]]:
    """The same for many; who agreed to nothing is not named."""
    row, ids = ContactChoiceRow, sorted(patients)
    found: dict[bytes, frozenset[str]] = {}
    for start in range(0, len(ids), _SLICE):
        wanted = uow.select(row.patient_id, row.channel).where(
            row.patient_id.in_(ids[start : start + _SLICE]), row.ended_at.is_(None), row.allowed.is_(True)
        )
        for each in uow.rows(wanted):
            found[each.patient_id] = found.get(each.patient_id, frozenset()) | {each.channel}
    return found


def stopped(uow: UnitOfWork, patient_id: bytes, channel: str) -> bool:
    """Whether a patient said no to a way; who was never asked did not."""
    row = ContactChoiceRow
    wanted = uow.select(row.id).where(
        row.patient_id == patient_id, row.channel == channel, row.ended_at.is_(None), row.allowed.is_(False)
    )
    return uow.row(wanted) is not None


def choices(uow: UnitOfWork, patient_id: bytes) -> tuple[ChoiceItem, ...]:
    """Every way with what stands for it, in the order of the words."""
    row = ContactChoiceRow
    standing = {
        each.channel: each
        for each in uow.entities(uow.select(row).where(row.patient_id == patient_id, row.ended_at.is_(None)))
    }
    return tuple(
        ChoiceItem(
            channel, wording.title, wording.text, channel in standing and standing[channel].allowed,
            standing[channel].began_at if channel in standing else None,
            BY[standing[channel].by] if channel in standing else None,
        )
        for channel, wording in WORDINGS.items()
    )  # fmt: skip


def history(uow: UnitOfWork, patient_id: bytes) -> tuple[Chosen, ...]:
    """Every choice that was made, the newest first."""
    row = ContactChoiceRow
    found = uow.entities(uow.select(row).where(row.patient_id == patient_id).order_by(row.began_at.desc(), row.id))
    return tuple(
        Chosen(each.channel, WORDINGS[each.channel].title, each.allowed, each.began_at, each.ended_at, BY[each.by])
        for each in found
    )


def choose(
    uow: UnitOfWork, patient_id: bytes, channel: str, *, allow: bool, by: str, language: str, words: str
) -> bool:
    """Keep a choice with the words it was read in; whether anything changed. The same choice again changes nothing.

    Raises Refused `channel` for a way that there is not, `no-address` for an agreement to what no address is known of.
    """
    if channel not in WORDINGS or by not in BY:
        raise Refused(T_("There is no such choice."), code="channel")
    patient = uow.get(PatientRow, patient_id)
    row = ContactChoiceRow
    standing = uow.first(
        uow.select(row)
        .where(row.patient_id == patient_id, row.channel == channel, row.ended_at.is_(None))
        .with_for_update()
    )
    if (standing.allowed if standing is not None else False) is allow:
        return False
    missing = {"email": patient.email_sealed, PAPERLESS: patient.email_sealed, "sms": patient.phone_sealed}[channel]
    if allow and missing is None:
        raise Refused(T_("We have no address for this yet. Give us one first."), code="no-address")
    if standing is not None:
        uow.change(standing, ended_at=uow.now)
    uow.new(
        row, practice_id=patient.practice_id, patient_id=patient_id, channel=channel, allowed=allow,
        wording_version=WORDINGS[channel].version, words=words, language=language, by=by,
        recorded_by=uow.actor.identity, began_at=uow.now, ended_at=None,
    )  # fmt: skip
    uow.flush()
    return True


def stop(uow: UnitOfWork, patient_id: bytes, channel: str, *, by: str) -> bool:
    """End an agreement by a link or an answer; whether it stood. What is not agreed to is refused for later, too."""
    language = uow.get(PatientRow, patient_id).language
    return choose(uow, patient_id, channel, allow=False, by=by, language=language, words="")
