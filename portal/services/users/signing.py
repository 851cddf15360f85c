"""Signing in: the password, then the second factor; every try is told, wrong ones slow the next ones down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from portal.access.actors import Actor, system
from portal.crypto import factors
from portal.crypto.passwords import Passwords
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.domain.users import session_limits
from portal.models.users import FactorRow, UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import grants, sessions, tries

PASSWORDS = Passwords(at_once=2)
"""One bound for the whole process: Argon2 takes 64 MB and a tenth of a second each time."""

AAL1_LIFETIME = timedelta(minutes=15)
_SYSTEM = system("sign-in")

WRONG = T_("The email and password do not fit together. Check both and try again.")
WRONG_CODE = T_("That code does not fit, or was used already. Wait for the next one and try again.")
WRONG_PRESENT = T_("The present password is not right.")
SLOW = T_("There were too many wrong tries. Wait a few minutes, then try again.")


@dataclass(frozen=True, slots=True)
class Checked:
    """Whose password was right, and whether a second factor is set up."""

    user_id: bytes
    enrolled: bool


def check_password(units: Units, request: Request, email: str, password: str) -> Checked:
    """The first factor; raises Refused `wrong` alike for unknown people and wrong passwords, `slow` when throttled.

    A right password takes no wrong try back; only both factors do, else the second could be guessed at leisure.
    """
    refuse_crowd(units, request)
    with units.read(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in", defer=True) as looked:
        token = looked.token("e-mail", email.strip(), practice=INSTALLATION) if email.strip() else None
        user = by_email(looked, email)
        known = user is not None and user.state == "ACTIVE" and user.password_hash is not None
        stored = user.password_hash if known and user else None
        enrolled = user is not None and _totp(looked, user.id) is not None
    with _counted(units, request, user.id if user else None, token) as attempt:
        verdict = PASSWORDS.verify_password(stored, password)
        better = PASSWORDS.hash_password(password) if verdict.ok and verdict.needs_rehash else None
        with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
            uow.trail.opened |= looked.trail.opened
            account = attempt.account(uow)
            right = attempt.judge(uow, account, verdict.ok and known, "wrong-password")
            if right and better is not None and account is not None:
                uow.change(account, password_hash=better)
    if not right or user is None:
        raise Refused(SLOW, code="slow") if attempt.waits else Refused(WRONG, code="wrong")
    return Checked(user.id, enrolled)


def check_code(units: Units, request: Request, user_id: bytes, code: str, *, recovery: bool = False) -> None:
    """The second factor: a TOTP code of now, once, or a recovery code, once; raises Refused `wrong` or `slow`."""
    refuse_crowd(units, request)
    with (
        _counted(units, request, user_id, None) as attempt,
        units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow,
    ):
        user = attempt.account(uow)
        fits = not attempt.waits and (_recovery(uow, user_id, code) if recovery else _code(uow, user_id, code))
        right = attempt.judge(uow, user, fits, "wrong-code")
        if right and user is not None and user.failures and not attempt.familiar:
            uow.change(user, failures=0)
    if not right:
        raise Refused(SLOW, code="slow") if attempt.waits else Refused(WRONG_CODE, code="wrong")
    tries.succeeded(units, user_id, request.address)


def check_present(units: Units, request: Request, user_id: bytes, password: str) -> None:
    """The present password of somebody signed in, asked before it is changed; raises Refused `wrong` or `slow`."""
    refuse_crowd(units, request)
    with units.read(_SYSTEM, "sign-in:attempt", kind="sign-in", defer=True) as looked:
        stored = looked.get(UserRow, user_id).password_hash
    with _counted(units, request, user_id, None) as attempt:
        verdict = PASSWORDS.verify_password(stored, password)
        with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
            right = attempt.judge(uow, attempt.account(uow), verdict.ok, "wrong-password")
    if not right:
        raise Refused(SLOW, code="slow") if attempt.waits else Refused(WRONG_PRESENT, code="wrong")


def refuse_crowd(units: Units, request: Request) -> None:
    """Turn a network away that has used up its wrong tries; raises Refused `slow`. Nobody else is held up (T29)."""
    if tries.crowded(units, request.address):
        units.refused(_SYSTEM, "sign-in:attempt", "slow", request=request, kind="sign-in", outcome=4)
        raise Refused(SLOW, code="slow")


@dataclass(slots=True)
class _Attempt:
    """One try at a factor, and whose wrong tries it is counted among."""

    user_id: bytes | None
    familiar: bool
    waits: bool
    wrong: bool = False

    def account(self, uow: UnitOfWork) -> UserRow | None:
        """The account, held; what was tried meanwhile from anywhere unfamiliar may mean waiting after all."""
        if self.user_id is None:
            return None
        user = tries.locked(uow, self.user_id)
        uow.trail.identity = self.user_id.hex()
        if not self.familiar:
            self.waits = tries.has_to_wait(user, uow.now)
        return user

    def judge(self, uow: UnitOfWork, user: UserRow | None, fits: bool, reason: str) -> bool:
        """Whether the try is taken as right; a wrong one counts, one that came too early does not."""
        self.wrong = not fits and not self.waits
        if self.wrong and user is not None and not self.familiar:
            uow.change(user, failures=user.failures + 1, last_failure_at=uow.now)
        if not fits or self.waits:
            uow.trail.outcome, uow.trail.reason = 4, "throttled" if self.waits else reason
        return fits and not self.waits


@contextmanager
def _counted(units: Units, request: Request, user_id: bytes | None, token: bytes | None) -> Iterator[_Attempt]:
    """A try with what is counted outside of its transaction: by network, by familiar network, by unknown email."""
    familiar = user_id is not None and tries.is_familiar(units, user_id, request.address)
    kind, source = tries.ACCOUNT, tries.nobody(token)
    if familiar and user_id is not None:
        kind, source = tries.FAMILIAR, tries.place(user_id, request.address)
    by_itself = familiar or user_id is None
    attempt = _Attempt(user_id, familiar, by_itself and tries.source_waits(units, kind, source))
    yield attempt
    if attempt.wrong and by_itself:
        tries.count_source(units, kind, source)
    if attempt.wrong or attempt.waits:
        tries.count_network(units, request.address)


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
    tokens = uow.tokens("e-mail", email.strip(), practice=INSTALLATION) if email.strip() else frozenset()
    user = uow.first(uow.select(UserRow).where(UserRow.email_index.in_(tokens))) if tokens else None
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
    found = factors.match_digests(uow.code_digests(INSTALLATION, user_id, code), stored)
    if found is not None:
        uow.change(stored[found], state="USED", used_at=uow.now)
    return found is not None


def told_out(units: Units, request: Request, actor: Actor) -> None:
    """A sign-out is an event too."""
    if actor.user_id is not None:
        with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
            uow.trail.identity, uow.trail.reason = actor.identity, "signed-out"


def enrolled(units: Units, user_id: bytes) -> bool:
    """Whether the user has a second factor that was proved."""
    with units.read(_SYSTEM, "sign-in:attempt", kind="sign-in", defer=True) as uow:
        return _totp(uow, user_id) is not None
