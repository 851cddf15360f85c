"""Billed together: patients of one account (decision 0020), joined and parted by the office."""

from __future__ import annotations

from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.patients import PatientRow
from portal.services import addresses, confidential
from portal.services.unit_of_work.work import UnitOfWork


def join(uow: UnitOfWork, patient_id: bytes, anchor_id: bytes, *, version: int) -> None:
    """Bill a patient on somebody else's account from now on; bills that stand stay where they are.

    Raises Refused `billed-with` for oneself, for another practice, for an account that is itself billed elsewhere or
    has others on it, and for who asked to be reached apart or has visits that stay with them; Conflict `version`.
    """
    patient, anchor = uow.get(PatientRow, patient_id), uow.get(PatientRow, anchor_id)
    if patient_id == anchor_id or patient.practice_id != anchor.practice_id:
        raise Refused(T_("Choose another patient of this practice."), code="billed-with")
    if anchor.billed_with_id is not None:
        raise Refused(T_("That patient is billed with somebody else. Choose whose account it is."), code="billed-with")
    if others(uow, patient_id):
        raise Refused(T_("Others are billed with this patient. Part them first."), code="billed-with")
    if "DECEASED" in {patient.state, anchor.state}:
        raise Refused(T_("Who has died is billed apart: the estate answers for it."), code="billed-with")
    if addresses.agreed(uow, patient) is not None or confidential.hidden_encounters(uow, patient_id):
        raise Refused(
            T_("This patient asked that something stay with them. Their bills cannot go to somebody else."),
            code="billed-with",
        )
    uow.change(patient, expected_version=version, billed_with_id=anchor_id)


def part(uow: UnitOfWork, patient_id: bytes, *, version: int) -> None:
    """Bill a patient on an account of their own again; Conflict `version`."""
    uow.change(uow.get(PatientRow, patient_id), expected_version=version, billed_with_id=None)


def others(uow: UnitOfWork, patient_id: bytes) -> list[bytes]:
    """Who is billed with a patient."""
    rows = uow.rows(uow.select(PatientRow.id).where(PatientRow.billed_with_id == patient_id).order_by(PatientRow.id))
    return [row.id for row in rows]


def by_number(uow: UnitOfWork, number: str) -> bytes:
    """The patient with this account number; raises Refused `billed-with` for none."""
    row = PatientRow
    for each in uow.entities(uow.select(row).where(row.account_index.in_(uow.tokens("account", number.strip())))):
        if uow.read(each, row.account_number_sealed) == number.strip():
            return each.id
    raise Refused(T_("No patient has this account number."), code="billed-with")
