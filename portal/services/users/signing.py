"""Signing in: the password, then the second factor; every try is told, wrong ones slow the next ones down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from portal.access.actors import Actor, system
from portal.crypto import factors
from portal.crypto.passwords import Passwords
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.domain.users import is_disabled, next_try_at, session_limits
from portal.models.users import FactorRow, ThrottleRow, UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import grants, sessions

PASSWORDS = Passwords(at_once=2)
"""One bound for the whole process: Argon2 takes 64 MB and a tenth of a second each time."""

AAL1_LIFETIME = timedelta(minutes=15)
_WINDOW = timedelta(minutes=10)
_FAILURES_PER_ADDRESS = 30
_SYSTEM = system("sign-in")

WRONG = T_("The email and password do not fit together. Check both and try again.")
WRONG_CODE = T_("That code does not fit, or was used already. Wait for the next one and try again.")
SLOW = T_("There were too many wrong tries. Wait a few minutes, then try again.")


@dataclass(frozen=True, slots=True)
class Checked:
    """Whose password was right, and whether a second factor is set up."""

    user_id: bytes
    enrolled: bool


def check_password(units: Units, request: Request, email: str, password: str) -> Checked:
    """The first factor; raises Refused `wrong` alike for unknown people and wrong passwords, `slow` when throttled."""
    with units.read(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in", defer=True) as uow:
        _throttled(uow, request)
        user = by_email(uow, email)
        known = user is not None and user.state == "ACTIVE" and user.password_hash is not None
        waits = user is not None and (
            is_disabled(user.failures) or (next_try_at(user.failures, user.last_failure_at) or uow.now) > uow.now
        )
        stored, user_id = (user.password_hash if known and user else None), (user.id if user else None)
        enrolled = user_id is not None and _totp(uow, user_id) is not None
    verdict = PASSWORDS.verify_password(stored, password)
    right = verdict.ok and known and not waits
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        if user_id is not None:
            uow.trail.identity = user_id.hex()
            _count(uow, uow.get(UserRow, user_id), right=right)
            if right and verdict.needs_rehash:
                uow.change(uow.get(UserRow, user_id), password_hash=PASSWORDS.hash_password(password))
        if not right:
            uow.trail.outcome, uow.trail.reason = 4, "throttled" if waits else "wrong-password"
            _count_address(uow, request)
    if waits:
        raise Refused(SLOW, code="slow")
    if not right or user_id is None:
        raise Refused(WRONG, code="wrong")
    return Checked(user_id, enrolled)


def check_code(units: Units, request: Request, user_id: bytes, code: str, *, recovery: bool = False) -> None:
    """The second factor: a TOTP code of now, once, or a recovery code, once; raises Refused `wrong` or `slow`."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        user = uow.get(UserRow, user_id)
        uow.trail.identity = user_id.hex()
        waits = is_disabled(user.failures) or (next_try_at(user.failures, user.last_failure_at) or uow.now) > uow.now
        right = not waits and (_recovery(uow, user_id, code) if recovery else _code(uow, user_id, code))
        _count(uow, user, right=right)
        if not right:
            uow.trail.outcome, uow.trail.reason = 4, "throttled" if waits else "wrong-code"
    if waits:
        raise Refused(SLOW, code="slow")
    if not right:
        raise Refused(WRONG_CODE, code="wrong")


def enter(units: Units, old_token: str, user_id: bytes, *, assurance: str, method: str) -> str:
    """The session at its new level, under the first hat the person has; returns the new token."""
    with units.read(_SYSTEM, "sign-in:attempt", kind="sign-in", defer=True) as uow:
        held = grants.of(uow, user_id)
    hat, practice_id = grants.hats(held)[0]
    actor = Actor(user_id.hex(), user_id, hat=hat, practice_id=practice_id, grants=held)
    lifetime = AAL1_LIFETIME if assurance == "aal1" else session_limits(actor.roles()).absolute
    return sessions.sign_in(
        units, old_token, user_id=user_id, assurance=assurance, method=method, hat=hat, practice_id=practice_id,
        lifetime=lifetime,
    )  # fmt: skip


def by_email(uow: UnitOfWork, email: str) -> UserRow | None:
    """The user of an e-mail address; the hit is opened and compared."""
    token = uow.token("e-mail", email.strip(), practice=INSTALLATION) if email.strip() else None
    user = uow.first(uow.select(UserRow).where(UserRow.email_index == token)) if token else None
    if user is not None and str(uow.read(user, UserRow.email_sealed)).casefold() == email.strip().casefold():
        return user
    return None


def _totp(uow: UnitOfWork, user_id: bytes) -> FactorRow | None:
    return uow.first(
        uow.select(FactorRow).where(FactorRow.user_id == user_id, FactorRow.kind == "totp", FactorRow.state == "ACTIVE")
    )


def _code(uow: UnitOfWork, user_id: bytes, code: str) -> bool:
    factor = _totp(uow, user_id)
    if factor is None:
        return False
    secret = uow.read(factor, FactorRow.secret_sealed)
    step = factors.match_totp(secret, code, uow.now.timestamp(), last_step=factor.last_step)
    if step is not None:
        uow.change(factor, last_step=step, used_at=uow.now)
    return step is not None


def _recovery(uow: UnitOfWork, user_id: bytes, code: str) -> bool:
    rows = uow.entities(
        uow.select(FactorRow).where(
            FactorRow.user_id == user_id, FactorRow.kind == "recovery", FactorRow.state == "ACTIVE"
        )
    )
    stored = {row.digest: row for row in rows if row.digest is not None}
    found = factors.match_code(uow.code_key(INSTALLATION), user_id, code, stored)
    if found is not None:
        uow.change(stored[found], state="USED", used_at=uow.now)
    return found is not None


def _count(uow: UnitOfWork, user: UserRow, *, right: bool) -> None:
    if right and user.failures == 0:
        return
    uow.change(
        user, failures=0 if right else user.failures + 1, last_failure_at=user.last_failure_at if right else uow.now
    )


def _address_row(uow: UnitOfWork, request: Request) -> ThrottleRow | None:
    source = hashlib.sha256(request.address.encode()).digest()
    return uow.first(uow.select(ThrottleRow).where(ThrottleRow.kind == "address", ThrottleRow.source == source))


def _throttled(uow: UnitOfWork, request: Request) -> None:
    """Many wrong tries from one address slow that address down; nobody else is held up (T29)."""
    row = _address_row(uow, request)
    if row is not None and row.failures >= _FAILURES_PER_ADDRESS and row.until > uow.now:
        raise Refused(SLOW, code="slow")


def _count_address(uow: UnitOfWork, request: Request) -> None:
    row = _address_row(uow, request)
    if row is None:
        source = hashlib.sha256(request.address.encode()).digest()
        uow.new(ThrottleRow, kind="address", source=source, failures=1, until=uow.now + _WINDOW)
    elif row.until <= uow.now:
        uow.change(row, failures=1, until=uow.now + _WINDOW)
    else:
        uow.change(row, failures=row.failures + 1)


def told_out(units: Units, request: Request, actor: Actor) -> None:
    """A sign-out is an event too."""
    if actor.user_id is not None:
        with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
            uow.trail.identity, uow.trail.reason = actor.identity, "signed-out"


def enrolled(units: Units, user_id: bytes) -> bool:
    """Whether the user has a second factor that was proved."""
    with units.read(_SYSTEM, "sign-in:attempt", kind="sign-in", defer=True) as uow:
        return _totp(uow, user_id) is not None
