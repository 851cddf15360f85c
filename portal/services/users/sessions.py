"""Sessions on the server: reference tokens kept as digests, with idle and absolute limits (SP 800-63B-4 2.2.3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from portal.access import roles
from portal.access.actors import ANONYMOUS, Actor, Grant
from portal.crypto import factors
from portal.domain import dates, devices
from portal.domain import people as domain
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.domain.users import session_limits
from portal.models.patients import PatientLinkRow, PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import PracticeRow
from portal.models.users import GrantRow, SessionRow, UserRow
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id
from portal.services.users import tries

FORM_LIFETIME = timedelta(minutes=30)
"""Before sign-in, a session exists only because a form was shown."""
FORMS_PER_ADDRESS = 200
CARRIED = frozenset({"next", "notice", "language"})
"""What goes on under a new token; above all not the secret of the forms shown under the old one."""
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands at the head and foot of every page."""

    name: str
    phone: str
    address: dict[str, Any]
    time_zone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A session as a request meets it."""

    id: bytes
    actor: Actor
    data: dict[str, Any] = field(default_factory=dict)
    last_active_at: datetime | None = None
    ended: str = ""
    """Why a token that was known opens nothing any more: idle, absolute, user."""
    practice: Letterhead | None = None
    payers: tuple[str, ...] = ()
    """Names of the payer organisations that are answered for where no practice is worked in."""
    language: str = ""


def digest(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


_SESSION = (
    select(
        SessionRow.id, SessionRow.user_id, SessionRow.hat, SessionRow.practice_id, SessionRow.assurance,
        SessionRow.method, SessionRow.authenticated_at, SessionRow.last_active_at, SessionRow.expires_at,
        SessionRow.data, UserRow.state, UserRow.language,
    )
    .outerjoin(UserRow, UserRow.id == SessionRow.user_id)
    .where(SessionRow.token_digest == bindparam("token"))
)  # fmt: skip
"""These four are asked at every request, so they are put together once."""
_GRANTS = (
    select(GrantRow.role, GrantRow.practice_id, GrantRow.payer_id, PayerRow.name)
    .outerjoin(PayerRow, PayerRow.id == GrantRow.payer_id)
    .where(GrantRow.user_id == bindparam("user"), GrantRow.ended_at.is_(None))
)
_LINKS = (
    select(
        PatientLinkRow.patient_id, PatientLinkRow.relation, PatientLinkRow.scope, PatientLinkRow.valid_from,
        PatientLinkRow.valid_to, PracticeRow.time_zone,
    )
    .join(PracticeRow, PracticeRow.id == PatientLinkRow.practice_id)
    .where(PatientLinkRow.user_id == bindparam("user"), PatientLinkRow.ended_at.is_(None))
)  # fmt: skip
_LETTERHEAD = select(PracticeRow.name, PracticeRow.phone, PracticeRow.address, PracticeRow.time_zone)
_OF_PRACTICE = _LETTERHEAD.where(PracticeRow.id == bindparam("practice"))
_OF_PATIENT = _LETTERHEAD.join(PatientRow, PatientRow.practice_id == PracticeRow.id).where(
    PatientRow.id == bindparam("patient")
)


def find(units: Units, token: str) -> Standing | None:
    """The session of a token with its actor as of now; None for an unknown token. Roles are read at every request."""
    with units.housekeeping(everywhere=True) as session:
        row = session.execute(_SESSION, {"token": digest(token)}).one_or_none()
        if row is None:
            return None
        now = units.clock.now()
        if row.expires_at <= now:
            return Standing(row.id, ANONYMOUS, ended="absolute")
        if row.user_id is None:
            return Standing(row.id, ANONYMOUS, dict(row.data), row.last_active_at)
        if row.state != "ACTIVE":
            return Standing(row.id, ANONYMOUS, ended="user")
        return _signed_in(session, row, digest(token), now)


def _signed_in(session: Session, row: Any, token_digest: bytes, now: datetime) -> Standing:
    grants = session.execute(_GRANTS, {"user": row.user_id}).all()
    links = [
        link for link in session.execute(_LINKS, {"user": row.user_id})
        # days are the practice's: at its midnight an ended link is gone, at the next request
        if domain.stands(link.valid_from, link.valid_to, dates.today(now, link.time_zone))
    ]  # fmt: skip
    others = [link for link in links if link.relation != domain.SELF]
    actor = Actor(
        identity=row.user_id.hex(),
        user_id=row.user_id,
        hat=row.hat,
        practice_id=row.practice_id,
        grants=tuple(Grant(*grant[:3]) for grant in grants),
        own_patients=frozenset(link.patient_id for link in links if link.relation == domain.SELF),
        stands_for=frozenset(link.patient_id for link in others if link.scope != domain.BILLING),
        pays_for=frozenset(link.patient_id for link in others if link.scope == domain.BILLING),
        session=token_digest.hex()[:16],
        assurance=row.assurance,
        method=row.method,
        authenticated_seconds_ago=int((now - row.authenticated_at).total_seconds()) if row.authenticated_at else None,
    )
    if now - row.last_active_at > session_limits(actor.roles()).idle:
        return Standing(row.id, ANONYMOUS, ended="idle")
    payers = sorted({grant.name for grant in grants if grant.role == roles.PAYER_USER}) if not row.practice_id else []
    standing = Standing(row.id, actor, dict(row.data), row.last_active_at, payers=tuple(payers), language=row.language)
    practice = _letterhead(session, row.practice_id, links[0].patient_id if links else None)
    return standing if practice is None else replace(standing, practice=practice)


def _letterhead(session: Session, practice_id: bytes | None, patient_id: bytes | None) -> Letterhead | None:
    """The practice whose name stands on the pages: the one worked in, or the patient's."""
    if practice_id is not None:
        found = session.execute(_OF_PRACTICE, {"practice": practice_id}).one_or_none()
    elif patient_id is not None:
        found = session.execute(_OF_PATIENT, {"patient": patient_id}).one_or_none()
    else:
        found = None
    return None if found is None else Letterhead(*found)


def open_form(units: Units, *, address: str, agent: str, data: dict[str, Any]) -> str | None:
    """A session before sign-in, made because a form is shown; None when an address holds too many of them.

    Of `agent`, the User-Agent, a digest is kept and the names by which people know their device again.
    """
    token, now = factors.session_token(), units.clock.now()
    known = devices.device(agent)
    with units.housekeeping(writing=True) as session:
        session.execute(delete(SessionRow).where(SessionRow.expires_at < now - timedelta(days=1)))
        held = session.execute(
            select(SessionRow.id).where(
                tries.from_network(SessionRow.address, address),
                SessionRow.user_id.is_(None),
                SessionRow.expires_at > now,
            )
        ).all()
        if len(held) >= FORMS_PER_ADDRESS:
            return None
        session.add(
            SessionRow(
                id=new_id(), token_digest=digest(token), user_id=None, hat=roles.WORK, practice_id=None,
                assurance="none", method="", authenticated_at=None, created_at=now, last_active_at=now,
                expires_at=now + FORM_LIFETIME, address=tries.spelled(address), agent_digest=_agent_digest(agent),
                data=data, browser=known.browser, system=known.system,
            )
        )  # fmt: skip
    return token


def _agent_digest(agent: str) -> bytes:
    return hashlib.sha256(agent.encode("utf-8", "replace")).digest()


def sign_in(
    units: Units,
    old_token: str,
    *,
    user_id: bytes,
    assurance: str,
    method: str,
    hat: str,
    practice_id: bytes | None,
    lifetime: timedelta,
) -> str:
    """A new token at a higher level; the old one is dead (ASVS 7.2.4). The absolute limit counts from the password."""
    return _rotate(
        units,
        old_token,
        user_id=user_id,
        assurance=assurance,
        method=method,
        hat=hat,
        practice_id=practice_id,
        authenticated_at=units.clock.now(),
        expires_at=units.clock.now() + lifetime,
    )


def change_hat(units: Units, old_token: str, *, hat: str, practice_id: bytes | None, longer: timedelta) -> str:
    """The same person under another hat or in another practice, with a new token; `longer` moves the absolute end."""
    return _rotate(units, old_token, longer=longer, hat=hat, practice_id=practice_id)


def prove_again(units: Units, old_token: str) -> str:
    """The second factor was given again: step-up counts from now, under a new token."""
    return _rotate(units, old_token, authenticated_at=units.clock.now())


def of_user(units: Units, user_id: bytes) -> list[SessionRow]:
    """The live sessions of a user, newest first."""
    with units.housekeeping() as session:
        statement = select(SessionRow).where(SessionRow.user_id == user_id, SessionRow.expires_at > units.clock.now())
        return list(session.execute(statement.order_by(SessionRow.last_active_at.desc())).scalars())


def end_one(units: Units, user_id: bytes, session_id: bytes) -> None:
    """End one of a user's own sessions."""
    with units.housekeeping(writing=True) as session:
        session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id == session_id))


def _rotate(units: Units, old_token: str, *, longer: timedelta = timedelta(0), **changes: Any) -> str:
    token = factors.session_token()
    with units.housekeeping(writing=True) as session:
        row = session.execute(
            select(SessionRow).where(SessionRow.token_digest == digest(old_token)).with_for_update()
        ).scalar_one_or_none()
        if row is None:
            raise Refused(T_("Your session has ended. Sign in again."), code="session-ended")
        row.expires_at += longer
        for name, value in changes.items():
            setattr(row, name, value)
        row.token_digest, row.last_active_at = digest(token), units.clock.now()
        row.data = {name: value for name, value in row.data.items() if name in CARRIED}
        if changes.get("user_id") is not None and changes.get("assurance") == "aal2":
            # of a told row, and so past the session's own guard: these two are derived and stand in no digest
            user: Any = UserRow.__table__
            session.connection().execute(
                update(user)
                .where(user.c.id == changes["user_id"])
                .values(signed_in_before_at=user.c.signed_in_at, signed_in_at=units.clock.now())
            )
    return token


def save(units: Units, token: str, data: dict[str, Any]) -> bool:
    """Keep what a request changed in the session's data; False when the token was rotated or ended meanwhile."""
    with units.housekeeping(writing=True) as session:
        done: Any = session.execute(
            update(SessionRow).where(SessionRow.token_digest == digest(token)).values(data=data)
        )
        return bool(done.rowcount == 1)


def touch(units: Units, standing: Standing) -> None:
    """A request by the person: the idle limit counts from now; written at most once a minute."""
    now = units.clock.now()
    if standing.last_active_at is None or now - standing.last_active_at < _TOUCH:
        return
    with units.housekeeping(writing=True) as session:
        session.execute(update(SessionRow).where(SessionRow.id == standing.id).values(last_active_at=now))


def end(units: Units, token: str) -> None:
    """End one session."""
    with units.housekeeping(writing=True) as session:
        session.execute(delete(SessionRow).where(SessionRow.token_digest == digest(token)))


def end_all(units: Units, user_id: bytes) -> None:
    """End every session of a user: sign-out everywhere."""
    with units.housekeeping(writing=True) as session:
        session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))


def end_others(uow: UnitOfWork, user_id: bytes, *, but: bytes | None = None) -> None:
    """End a user's sessions, all but one, in the transaction that changes password, factor or state (ASVS 7.4.3)."""
    stays = [] if but is None else [SessionRow.id != but]
    uow.erase(SessionRow, SessionRow.user_id == user_id, *stays)
