"""A patient has died: what the office was told, and what follows for pages, mails, bills and the estate."""

from __future__ import annotations

from datetime import date

from portal.domain.errors import Refused
from portal.domain.people import EVIDENCE_OF_DEATH, DeathFacts
from portal.domain.texts import T_
from portal.models.patients import PatientRow
from portal.models.people import DeathRow
from portal.services import account_holds
from portal.services.unit_of_work.work import UnitOfWork

_LONGEST = 500


def record(
    uow: UnitOfWork,
    patient_id: bytes,
    *,
    version: int,
    died_on: date | None,
    evidence: str,
    told: str,
    document_id: bytes | None = None,
) -> DeathRow:
    """Mark a patient deceased and stop what is asked of the account until the estate answers.

    Sign-ins are ended by `users.proxies.end_all` in the same unit of work. Raises Refused for a day to come or for no
    word of who told, NotFound, and Conflict `version`.
    """
    patient = uow.get(PatientRow, patient_id)
    told = told.strip()[:_LONGEST]
    if evidence not in EVIDENCE_OF_DEATH or not told:
        raise Refused(T_("Say who told of the death, and what they showed."), code="evidence")
    born = uow.read(patient, PatientRow.birth_date_sealed)
    if died_on is not None and not born <= died_on <= uow.today(patient.practice_id):
        raise Refused(T_("This day cannot be: it is to come, or before the birth."), code="dates")
    uow.change(patient, expected_version=version)
    uow.move(patient, "DECEASED", DeathFacts(recorded=True), reason=evidence)
    row = uow.new(
        DeathRow, practice_id=patient.practice_id, patient_id=patient_id, died_on=died_on, evidence=evidence,
        told_sealed=told, document_id=document_id, recorded_by=uow.actor.identity, recorded_at=uow.now,
    )  # fmt: skip
    uow.flush()
    account_holds.hold(uow, patient_id, "DECEASED_ESTATE", about=row)
    return row


def take_back(uow: UnitOfWork, patient_id: bytes, *, version: int) -> None:
    """It was a mistake: the patient lives. Sign-ins stay ended; they prove again who they are. Conflict `version`."""
    patient = uow.get(PatientRow, patient_id)
    uow.change(patient, expected_version=version)
    uow.move(patient, "ACTIVE", DeathFacts(), reason="mistake")
    row = standing(uow, patient_id)
    if row is not None:
        uow.change(row, withdrawn_by=uow.actor.identity, withdrawn_at=uow.now)
        account_holds.end_about(uow, row, reason="mistake")


def standing(uow: UnitOfWork, patient_id: bytes) -> DeathRow | None:
    """What is known of a patient's death, if they have died."""
    return uow.first(uow.select(DeathRow).where(DeathRow.patient_id == patient_id, DeathRow.withdrawn_at.is_(None)))
