"""A patient opens a sign-in with a mailed code, the last name and the birth date (SECURITY 1.4, Registration)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from portal.access.actors import system
from portal.crypto import factors
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.models.patients import PatientLinkRow, PatientRow, RegistrationCodeRow
from portal.models.practices import PracticeRow
from portal.models.users import UserRow
from portal.services import outbox, queues
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import accounts, signing, tries

LIFETIME = timedelta(days=21)
MOST_WRONG = 5
_SYSTEM = system("registration")
REFUSED = T_("These do not fit together, or the code is used or too old. Check each, or ask us for a new code.")


def issue(uow: UnitOfWork, patient_id: bytes) -> str:
    """A new code for a patient, to be mailed on paper; told once, kept as HMAC; earlier ones are dead."""
    patient = uow.get(PatientRow, patient_id)
    for row in uow.entities(
        uow.select(RegistrationCodeRow).where(
            RegistrationCodeRow.patient_id == patient_id, RegistrationCodeRow.used_at.is_(None)
        )
    ):
        uow.change(row, used_at=uow.now)
    code = factors.new_statement_code()
    uow.new(
        RegistrationCodeRow,
        practice_id=patient.practice_id,
        patient_id=patient_id,
        code_digest=uow.code_digests(patient.practice_id, patient.practice_id, code)[0],
        expires_at=uow.now + LIFETIME,
        wrong_tries=0,
    )
    return code


def register(
    units: Units,
    request: Request,
    *,
    code: str,
    last_name: str,
    birth_date: date | None,
    email: str,
    password: str,
    language: str,
) -> bytes:
    """Open a sign-in; returns the user's id, who still has to set up a second factor.

    One generic Refused `registration` for everything that does not fit; Refused `password` says what is wrong with it.
    """
    signing.refuse_crowd(units, request)
    hashed = accounts.hash_new(password, [email, last_name])
    found, fits = _look_up(units, request, code, last_name, birth_date)
    if found is None or not fits:
        tries.count_network(units, request.address)
        raise Refused(REFUSED, code="registration")
    code_id, practice_id = found
    with units.write(system("registration", practice_id=practice_id), "sign-in:attempt", request=request) as uow:
        row = uow.first(uow.select(RegistrationCodeRow).where(RegistrationCodeRow.id == code_id).with_for_update())
        if row is None or row.used_at is not None or signing.by_email(uow, email) is not None:
            raise Refused(REFUSED, code="registration")
        patient = uow.get(PatientRow, row.patient_id)
        name = f"{uow.read(patient, PatientRow.first_name_sealed)} {uow.read(patient, PatientRow.last_name_sealed)}"
        user = accounts.create_user(uow, email=email, name=name, language=language, state="ACTIVE")
        uow.change(user, password_hash=hashed)
        uow.change(row, used_at=uow.now)
        uow.flush()
        _notify(uow, user, patient, link(uow, user.id, patient), email.strip())
        _speak(uow, patient, language)
        uow.trail.identity = user.id.hex()
        return user.id


def _notify(uow: UnitOfWork, user: UserRow, patient: PatientRow, linked: PatientLinkRow, email: str) -> None:
    """Say that a sign-in was opened: to the address given, and to the one on record, which may be somebody else's.

    Where no e-mail is on record, a letter waits to be printed (SECURITY 1.4, notice to the address on record).
    """
    said: dict[str, Any] = {
        "practice_id": patient.practice_id, "parameters": {"practice": uow.get(PracticeRow, patient.practice_id).name},
    }  # fmt: skip
    outbox.mail(uow, "registered", recipient=email, subject_id=user.id, language=user.language, **said)
    known = uow.read(patient, PatientRow.email_sealed)
    if not known:
        queues.put(uow, "letters", linked, reason="registered")
    elif known.casefold() != email.casefold():
        outbox.mail(
            uow, "registered_elsewhere", recipient=known, subject_id=patient.id, language=patient.language, **said
        )


def _speak(uow: UnitOfWork, patient: PatientRow, language: str) -> None:
    """From now on bills and letters speak the language in which the patient opened the sign-in."""
    if patient.language != language:
        uow.change(patient, language=language)


def link(uow: UnitOfWork, user_id: bytes, patient: PatientRow) -> PatientLinkRow:
    """A sign-in is this patient."""
    return uow.new(
        PatientLinkRow, practice_id=patient.practice_id, user_id=user_id, patient_id=patient.id, relation="self",
        valid_from=uow.now.date(),
    )  # fmt: skip


def sign_up(uow: UnitOfWork, patient_id: bytes, *, email: str, language: str) -> bytes:
    """A sign-in for a patient who proved who they are in person; the second factor is set up at the first sign-in."""
    patient = uow.get(PatientRow, patient_id)
    name = f"{uow.read(patient, PatientRow.first_name_sealed)} {uow.read(patient, PatientRow.last_name_sealed)}"
    user = accounts.create_user(uow, email=email, name=name, language=language, state="ACTIVE")
    uow.flush()
    link(uow, user.id, patient)
    _speak(uow, patient, language)
    return user.id


def _look_up(
    units: Units, request: Request, code: str, last_name: str, birth_date: date | None
) -> tuple[tuple[bytes, bytes] | None, bool]:
    """(code row and its practice, whether name and birth date fit); a wrong try with a right code counts against it."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        row = _standing(uow, code)
        if row is None:
            uow.trail.outcome, uow.trail.reason = 4, "wrong-code"
            return None, False
        practice = row.practice_id
        patient = uow.get(PatientRow, row.patient_id)
        given = uow.tokens("name-birth", last_name, birth_date, practice=practice)
        fits = patient.name_birth_index in given
        if not fits:
            uow.trail.outcome, uow.trail.reason = 4, "wrong-person"
            wrong = row.wrong_tries + 1
            uow.change(row, wrong_tries=wrong, used_at=uow.now if wrong >= MOST_WRONG else None)
        return (row.id, practice), fits


def _standing(uow: UnitOfWork, code: str) -> RegistrationCodeRow | None:
    practices = [each.id for each in uow.rows(uow.select(PracticeRow.id))]
    wanted = [digest for practice in practices for digest in uow.code_digests(practice, practice, code)]
    # Held until its wrong tries are counted, so that those made at once are all counted.
    held = uow.select(RegistrationCodeRow).where(RegistrationCodeRow.code_digest.in_(wanted)).with_for_update()
    row = uow.first(held)
    return row if row is not None and row.used_at is None and row.expires_at > uow.now else None
