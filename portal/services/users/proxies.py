"""Who stands or pays for a patient: invited with a code, accepted by a sign-in of their own, ended by either side."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from portal.access.actors import Actor, system
from portal.crypto import factors
from portal.domain.errors import NotFound, Refused
from portal.domain.people import BILLING, BY_OFFICE, PARENT, SELF, Asked, checked, majority_on
from portal.domain.texts import T_
from portal.models.patients import PatientLinkRow, PatientRow, RegistrationCodeRow
from portal.models.people import ProxyInvitationRow
from portal.models.practices import PracticeRow
from portal.models.users import UserRow
from portal.services import outbox, queues
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import accounts, signing, tries
from portal.services.users.registration import LIFETIME, MOST_WRONG

_SYSTEM = system("invitation")
_MOST_OPEN = 10
REFUSED = T_("These do not fit together, or the code is used or too old. Check each, or ask for a new code.")
_KNOWN = T_("You have this already: look at whom you stand for.")
_WORDS_LONGEST, _NAME_LONGEST = 500, 100


def of_age_on(uow: UnitOfWork, patient: PatientRow) -> date:
    """The day on which a patient comes of age in the state of their practice."""
    state = uow.value(uow.select(PracticeRow.address).where(PracticeRow.id == patient.practice_id))["state"]
    return majority_on(uow.read(patient, PatientRow.birth_date_sealed), state)


def invite(
    uow: UnitOfWork,
    patient_id: bytes,
    asked: Asked,
    *,
    name: str,
    email: str,
    words: str = "",
    document_id: bytes | None = None,
    by_patient: bool = False,
) -> tuple[ProxyInvitationRow, str]:
    """Ask somebody to stand or to pay for a patient; returns the code, told once and kept as HMAC.

    Raises Refused for what may not be (`domain.people.checked`), for a name or address that is none, and when too many
    invitations wait already; NotFound out of reach.
    """
    patient = uow.get(PatientRow, patient_id)
    name, email, words = " ".join(name.split())[:_NAME_LONGEST], email.strip(), words.strip()[:_WORDS_LONGEST]
    if not name:
        raise Refused(T_("Write the name of who is to stand for the patient."), code="name")
    if email:
        accounts.check_email(email)
    since = max(asked.since, uow.today(patient.practice_id))
    last = checked(
        replace(asked, since=since), today=uow.today(patient.practice_id), of_age_on=of_age_on(uow, patient),
        deceased=patient.state == "DECEASED",
    )  # fmt: skip
    if len(waiting(uow, patient_id)) >= _MOST_OPEN:
        raise Refused(T_("Many invitations wait already. Take one back before you write another."), code="too-many")
    code = factors.new_statement_code()
    row = uow.new(
        ProxyInvitationRow, practice_id=patient.practice_id, patient_id=patient_id, relation=asked.relation,
        scope=asked.scope, valid_from=since, valid_to=last, name_sealed=name, email_sealed=email or None,
        words_sealed=words or None, document_id=document_id,
        code_digest=uow.code_digests(patient.practice_id, patient.practice_id, code)[0], expires_at=uow.now + LIFETIME,
        wrong_tries=0, invited_by=uow.actor.identity, by_patient=by_patient, created_at=uow.now,
    )  # fmt: skip
    uow.flush()
    if email:
        _mail(uow, "invited", patient, recipient=email, subject_id=patient.id, language=patient.language)
    return row, code


def waiting(uow: UnitOfWork, patient_id: bytes) -> list[ProxyInvitationRow]:
    """The invitations of a patient that can still be accepted, the oldest first."""
    row = ProxyInvitationRow
    wanted = uow.select(row).where(row.patient_id == patient_id, row.ended_at.is_(None), row.expires_at > uow.now)
    return uow.entities(wanted.order_by(row.created_at, row.id))


def withdraw(uow: UnitOfWork, patient_id: bytes, invitation_id: bytes) -> None:
    """Take an invitation back; one that is over already stays as it ended. Raises NotFound."""
    row = uow.get(ProxyInvitationRow, invitation_id)
    if row.patient_id != patient_id or (not row.by_patient and uow.permission == "own-people:change"):
        raise _absent()
    if row.ended_at is None:
        uow.change(row, ended_at=uow.now, reason="withdrawn")


def known(units: Units, request: Request, code: str) -> bool:
    """Whether a code is that of an invitation, used or not, so that its form goes the right way."""
    with units.read(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in", defer=True) as uow:
        return _by_code(uow, code) is not None


def accept(
    units: Units, request: Request, actor: Actor, *, code: str, last_name: str, birth_date: date | None
) -> bytes:
    """The sign-in that acts accepts an invitation; returns the patient's id. One generic Refused `registration`."""
    assert actor.user_id is not None  # the door lets in who has signed in
    signing.refuse_crowd(units, request)
    found = _look_up(units, request, code, last_name, birth_date)
    with units.write(system("invitation", practice_id=found[1]), "sign-in:attempt", request=request) as uow:
        uow.trail.identity = actor.identity
        return _accepted(uow, found[0], actor.user_id).patient_id


def join(
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
    """Open a sign-in by accepting an invitation; returns the user's id, who still has to set up a second factor.

    Refused as `registration.register` refuses.
    """
    signing.refuse_crowd(units, request)
    hashed = accounts.hash_new(password, [email, last_name])
    invitation_id, practice_id = _look_up(units, request, code, last_name, birth_date)
    with units.write(system("invitation", practice_id=practice_id), "sign-in:attempt", request=request) as uow:
        if signing.by_email(uow, email) is not None:
            raise Refused(REFUSED, code="registration")
        invitation = uow.get(ProxyInvitationRow, invitation_id)
        name = uow.read(invitation, ProxyInvitationRow.name_sealed)
        user = accounts.create_user(uow, email=email, name=name, language=language, state="ACTIVE")
        uow.change(user, password_hash=hashed)
        uow.flush()
        uow.trail.identity = user.id.hex()
        _accepted(uow, invitation_id, user.id)
        return user.id


def _accepted(uow: UnitOfWork, invitation_id: bytes, user_id: bytes) -> PatientLinkRow:
    wanted = uow.select(ProxyInvitationRow).where(ProxyInvitationRow.id == invitation_id).with_for_update()
    row = uow.first(wanted)
    if row is None or row.ended_at is not None:
        raise Refused(REFUSED, code="registration")
    patient = uow.get(PatientRow, row.patient_id)
    if patient.state == "DECEASED" and row.relation != "estate":
        raise Refused(REFUSED, code="registration")
    for known in standing(uow, PatientLinkRow.user_id == user_id, PatientLinkRow.patient_id == row.patient_id):
        if known.valid_to is None or known.valid_to >= uow.today(row.practice_id):
            raise Refused(_KNOWN, code="known")
        _end(uow, known, "over")
    uow.change(row, ended_at=uow.now, reason="accepted")
    uow.flush()
    link = uow.new(
        PatientLinkRow, practice_id=row.practice_id, user_id=user_id, patient_id=row.patient_id, relation=row.relation,
        valid_from=row.valid_from, valid_to=row.valid_to, scope=BILLING if row.scope == BILLING else None,
        words_sealed=uow.read(row, ProxyInvitationRow.words_sealed), document_id=row.document_id,
        made_by=row.invited_by, by_patient=row.by_patient or None,
    )  # fmt: skip
    uow.flush()
    _tell_both(uow, link, patient, "proxy_joined")
    return link


def standing(uow: UnitOfWork, *where: Any) -> list[PatientLinkRow]:
    """Links that nobody has ended, those of patients in person too, the oldest first."""
    wanted = uow.select(PatientLinkRow).where(PatientLinkRow.ended_at.is_(None), *where)
    return uow.entities(wanted.order_by(PatientLinkRow.valid_from, PatientLinkRow.id))


def end_own(uow: UnitOfWork, patient_id: bytes, link_id: bytes) -> None:
    """A patient ends what somebody may see of theirs, whom they invited or, being of age, whoever it is; NotFound."""
    row = _found(uow, link_id)
    patient = uow.get(PatientRow, patient_id)
    adult = of_age_on(uow, patient) <= uow.today(patient.practice_id)
    if row.patient_id != patient_id or not (row.by_patient or adult):
        raise _absent()
    _over(uow, row, patient, "patient")


def leave(uow: UnitOfWork, patient_id: bytes) -> None:
    """Who acts no longer stands or pays for a patient; the log and the patient's page tell it. Raises NotFound."""
    row = PatientLinkRow
    links = standing(uow, row.user_id == uow.actor.user_id, row.patient_id == patient_id, row.relation != SELF)
    if not links:
        raise _absent()
    for link in links:
        _end(uow, link, "themselves")


def end_by_office(uow: UnitOfWork, patient_id: bytes, link_id: bytes, reason: str) -> None:
    """The office ends a link for one of its reasons; raises Refused without one, NotFound."""
    row = _found(uow, link_id)
    if row.patient_id != patient_id:
        raise _absent()
    if reason not in BY_OFFICE:
        raise Refused(T_("Choose why it ends."), code="reason-missing")
    _over(uow, row, uow.get(PatientRow, patient_id), reason)


def end_all(uow: UnitOfWork, patient_id: bytes, reason: str) -> int:
    """Everything that opens a patient's pages ends: links, invitations and codes; how many links there were."""
    links = standing(uow, PatientLinkRow.patient_id == patient_id)
    for link in links:
        _end(uow, link, reason)
    for invitation in waiting(uow, patient_id):
        uow.change(invitation, ended_at=uow.now, reason=reason)
    code = RegistrationCodeRow
    for each in uow.entities(uow.select(code).where(code.patient_id == patient_id, code.used_at.is_(None))):
        uow.change(each, used_at=uow.now)
    return len(links)


def tidy(units: Units, actor: Actor) -> int:
    """End the links whose last day is over; of a parent's, a letter to who came of age waits. How many ended."""
    with units.read(actor, "registration:issue", defer=True) as uow:
        today = uow.today()
        row = PatientLinkRow
        over = uow.rows(uow.select(row.id).where(row.ended_at.is_(None), row.valid_to < today))
    for each in over:
        with units.write(actor, "registration:issue") as uow:
            link = uow.get(PatientLinkRow, each.id)
            if link.ended_at is not None or link.valid_to is None or link.valid_to >= uow.today():
                continue
            patient = uow.get(PatientRow, link.patient_id)
            came_of_age = link.relation == PARENT and link.valid_to == of_age_on(uow, patient) - timedelta(days=1)
            _end(uow, link, "of-age" if came_of_age else "over")
            if came_of_age and patient.state != "DECEASED":
                queues.put(uow, "letters", link, reason="of-age")
    return len(over)


def _found(uow: UnitOfWork, link_id: bytes) -> PatientLinkRow:
    row = uow.get(PatientLinkRow, link_id)
    if row.relation == SELF:
        raise _absent()
    return row


def _over(uow: UnitOfWork, row: PatientLinkRow, patient: PatientRow, reason: str) -> None:
    if row.ended_at is None:
        _end(uow, row, reason)
        _tell_both(uow, row, patient, "proxy_ended")


def _end(uow: UnitOfWork, row: PatientLinkRow, reason: str) -> None:
    if row.ended_at is None:
        uow.change(row, ended_at=uow.now, ended_by=uow.actor.identity, reason=reason)


def _tell_both(uow: UnitOfWork, link: PatientLinkRow, patient: PatientRow, template: str) -> None:
    """A mail without content to the patient and to who stands for them, each in their own language."""
    own = standing(uow, PatientLinkRow.patient_id == patient.id, PatientLinkRow.relation == SELF)
    for user_id in {link.user_id, *(each.user_id for each in own)}:
        user = uow.first(uow.select(UserRow).where(UserRow.id == user_id))
        if user is not None:
            to = uow.read(user, UserRow.email_sealed)
            _mail(uow, template, patient, recipient=to, subject_id=user.id, language=user.language)


def _mail(uow: UnitOfWork, template: str, patient: PatientRow, **more: Any) -> None:
    name = uow.value(uow.select(PracticeRow.name).where(PracticeRow.id == patient.practice_id))
    outbox.mail(uow, template, practice_id=patient.practice_id, parameters={"practice": name}, **more)


def _look_up(units: Units, request: Request, code: str, last_name: str, birth_date: date | None) -> tuple[bytes, bytes]:
    """Invitation and practice; a wrong try with a right code counts against it. Raises Refused `registration`."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        found, fits = _tried(uow, code, last_name, birth_date)
    if found is None or not fits:
        tries.count_network(units, request.address)
        raise Refused(REFUSED, code="registration")
    return found


def _tried(
    uow: UnitOfWork, code: str, last_name: str, birth_date: date | None
) -> tuple[tuple[bytes, bytes] | None, bool]:
    row = _by_code(uow, code, held=True)
    if row is None or row.ended_at is not None or row.expires_at <= uow.now:
        uow.trail.outcome, uow.trail.reason = 4, "wrong-code"
        return None, False
    patient = uow.get(PatientRow, row.patient_id)
    fits = patient.name_birth_index in uow.tokens("name-birth", last_name, birth_date, practice=row.practice_id)
    if not fits:
        uow.trail.outcome, uow.trail.reason = 4, "wrong-person"
        wrong = row.wrong_tries + 1
        uow.change(row, wrong_tries=wrong)
        if wrong >= MOST_WRONG:
            uow.change(row, ended_at=uow.now, reason="tries")
    return (row.id, row.practice_id), fits


def _by_code(uow: UnitOfWork, code: str, *, held: bool = False) -> ProxyInvitationRow | None:
    practices = [each.id for each in uow.rows(uow.select(PracticeRow.id))]
    wanted = [digest for practice in practices for digest in uow.code_digests(practice, practice, code)]
    found = uow.select(ProxyInvitationRow).where(ProxyInvitationRow.code_digest.in_(wanted))
    return uow.first(found.with_for_update() if held else found)


def _absent() -> NotFound:
    return NotFound(T_("There is no such record, or it is not yours to see."), code="not-found")
