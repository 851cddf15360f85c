"""Accounts of users: invited, joined, passwords set and changed, disabled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from portal.access import roles
from portal.access.actors import system
from portal.crypto import factors, passwords
from portal.domain.errors import Conflict, Refused
from portal.domain.texts import T_, Text
from portal.models.practices import PracticeRow
from portal.models.users import InvitationRow, UserRow
from portal.services import outbox
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import grants, sessions, signing, tries

LEAST = 12
"""Fewest characters of a password, as every account has a second factor (SECURITY 1.2)."""
JOIN_LIFETIME, RESET_LIFETIME = timedelta(days=7), timedelta(hours=24)
MOST_RESETS_WAITING, MOST_RESETS_ASKED = 5, 10
_SYSTEM = system("accounts")

_JUDGED: dict[str, Text] = {
    "too-short": T_("Use at least {least} characters; a sentence is easy to remember.", least=LEAST),
    "too-long": T_("That is longer than we can take. Use at most 256 characters."),
    "unusable": T_("Use characters that can be typed again anywhere."),
    "common": T_("Others have used this or one like it, so it is easily guessed. Think of a few words of your own."),
    "personal": T_("It holds your name, your email or ours. Think of something that nobody would try."),
}
EXPIRED = T_("This link was used already or is too old. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-time link as the one who opens it sees it."""

    user_id: bytes
    email: str
    role: str
    practice_name: str


def check_email(email: str) -> None:
    """Raise Refused for what cannot be an email address."""
    if "@" not in email or len(email) > 200:
        raise Refused(T_("{email} is not an email address.", email=email), code="email")


def create_user(uow: UnitOfWork, *, email: str, name: str, language: str = "en_US", state: str = "INVITED") -> UserRow:
    """Make a user; raises Conflict when the address has an account already."""
    email = email.strip()
    check_email(email)
    if signing.by_email(uow, email) is not None:
        raise Conflict(T_("There is an account with this email already."), code="email-taken")
    return uow.new(
        UserRow, email_sealed=email, name_sealed=name, password_hash=None, state=state, language=language, failures=0,
        created_at=uow.now,
    )  # fmt: skip


def invite(
    uow: UnitOfWork,
    *,
    email: str,
    name: str,
    role: str,
    practice_id: bytes | None = None,
    payer_id: bytes | None = None,
) -> tuple[bytes, str | None]:
    """Invite somebody with a role; returns the user's id and the token of a one-time link, told only now.

    Who has a password has the role from now on and gets no link: whoever holds one would set another password.
    """
    user = signing.by_email(uow, email) or create_user(uow, email=email, name=name)
    uow.flush()
    grants.give(uow, user.id, role, practice_id=practice_id, payer_id=payer_id)
    return user.id, None if user.password_hash else link(uow, user.id, "join", JOIN_LIFETIME)


def link(uow: UnitOfWork, user_id: bytes, kind: str, lifetime: timedelta) -> str:
    """A one-time link; its token is returned and only its digest kept."""
    token = factors.link_token()
    uow.new(
        InvitationRow, kind=kind, token_digest=factors.token_digest(token), user_id=user_id,
        expires_at=uow.now + lifetime, created_by=uow.actor.identity, created_at=uow.now,
    )  # fmt: skip
    return token


def look_at(units: Units, request: Request, token: str, kind: str) -> Invitation:
    """What a one-time link is for; raises Refused `expired`."""
    with units.read(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        row = _standing(uow, token, kind)
        user = uow.get(UserRow, row.user_id)
        held = grants.of(uow, user.id)
        practice = next((grant.practice_id for grant in held if grant.practice_id), None)
        name = uow.value(uow.select(PracticeRow.name).where(PracticeRow.id == practice)) if practice else ""
        return Invitation(
            user.id, uow.read(user, UserRow.email_sealed), held[0].role if held else roles.PATIENT, name or ""
        )


def accept(units: Units, request: Request, token: str, *, kind: str, password: str, name: str | None = None) -> bytes:
    """Use a one-time link: set the password (and the name); returns the user's id. Factors stay as they are.

    Every session of the user ends. Raises Refused for a used or old link and for a password that will not do.
    """
    invitation = look_at(units, request, token, kind)
    hashed = hash_new(password, [invitation.email, name or "", invitation.practice_name])
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        row = _standing(uow, token, kind, use=True)
        user = uow.get(UserRow, row.user_id)
        uow.trail.identity = user.id.hex()
        if user.state == "DISABLED" or (kind == "join" and user.password_hash):  # joined by another link meanwhile
            raise Refused(EXPIRED, code="expired")
        uow.change(row, used_at=uow.now)
        uow.change(user, password_hash=hashed, state="ACTIVE", failures=0)
        sessions.end_others(uow, user.id)
        if name:
            uow.change(user, name_sealed=name.strip())
        if kind == "reset":
            _tell_changed(uow, user)
    return invitation.user_id


def ask_reset(units: Units, request: Request, email: str, public_url: str) -> None:
    """Mail a link to set a new password, if there is such an account; nobody learns whether there is.

    A mailbox is not flooded: few links a day stand for one account, and a network asks for few.
    """
    if tries.crowded(units, request.address, kind="reset", most=MOST_RESETS_ASKED):
        units.refused(_SYSTEM, "sign-in:attempt", "slow", request=request, kind="sign-in", outcome=4)
        return
    tries.count_network(units, request.address, kind="reset")
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        user = signing.by_email(uow, email)
        if user is None or user.state != "ACTIVE":
            uow.trail.outcome, uow.trail.reason = 4, "no-account"
            return
        uow.trail.identity = user.id.hex()
        waiting = uow.count(
            uow.select(InvitationRow.id).where(
                InvitationRow.user_id == user.id, InvitationRow.kind == "reset", InvitationRow.used_at.is_(None),
                InvitationRow.expires_at > uow.now,
            )
        )  # fmt: skip
        if waiting >= MOST_RESETS_WAITING:
            uow.trail.outcome, uow.trail.reason = 4, "throttled"
            return
        token = link(uow, user.id, "reset", RESET_LIFETIME)
        outbox.mail(
            uow, "reset", recipient=uow.read(user, UserRow.email_sealed), subject_id=user.id, language=user.language,
            parameters={"url": f"{public_url}/reset/{token}"},
        )  # fmt: skip


def change_password(units: Units, request: Request, user_id: bytes, *, present: str, new: str, session: bytes) -> None:
    """Change one's own password; the present one is asked for, all other sessions end."""
    signing.check_present(units, request, user_id, present)
    with units.read(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        user = uow.get(UserRow, user_id)
        known = [uow.read(user, UserRow.email_sealed), uow.read(user, UserRow.name_sealed)]
    hashed = hash_new(new, known)
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        user = uow.get(UserRow, user_id)
        uow.change(user, password_hash=hashed)
        sessions.end_others(uow, user_id, but=session)
        _tell_changed(uow, user)


def _tell_changed(uow: UnitOfWork, user: UserRow) -> None:
    """Tell the address on record that the password is another one (SP 800-63B-4 4.6), in the same transaction."""
    outbox.mail(
        uow, "password_changed", recipient=uow.read(user, UserRow.email_sealed), subject_id=user.id,
        language=user.language, parameters={},
    )  # fmt: skip


def disable(uow: UnitOfWork, user_id: bytes) -> None:
    """End somebody's access at the next request (45 CFR 164.308(a)(3)(ii)(C)); raises Refused for oneself."""
    if uow.actor.user_id == user_id:
        raise Refused(T_("Nobody disables their own account. Ask another administrator."), code="two-people")
    uow.change(uow.get(UserRow, user_id), state="DISABLED")
    sessions.end_others(uow, user_id)


def hash_new(password: str, context: Iterable[str]) -> str:
    """The hash of a new password; raises Refused `password` with what is wrong with it."""
    words = [word for text in context for word in text.replace("@", " ").replace(".", " ").split() if len(word) > 2]
    verdict = passwords.judge(password, [*words, "candor"], second_factor=True)
    if verdict is not None:
        raise Refused(_JUDGED[verdict], code="password")
    return signing.PASSWORDS.hash_password(password)


def _standing(uow: UnitOfWork, token: str, kind: str, *, use: bool = False) -> InvitationRow:
    """The link while it works; held when it is about to be used, so that two who use it at once are one."""
    found = uow.select(InvitationRow).where(
        InvitationRow.token_digest == factors.token_digest(token), InvitationRow.kind == kind
    )
    row = uow.first(found.with_for_update() if use else found)
    if row is None or row.used_at is not None or row.expires_at <= uow.now:
        raise Refused(EXPIRED, code="expired")
    return row
