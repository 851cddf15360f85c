"""Second factors: a TOTP secret set up and proved once, recovery codes shown once."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from portal.access.actors import system
from portal.crypto import factors
from portal.domain.errors import Refused
from portal.models.users import FactorRow, UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import sessions, signing, tries

_SYSTEM = system("enrolment")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, shown to its owner only."""

    factor_id: bytes
    uri: str = field(repr=False)
    secret: str = field(repr=False)
    """Base32 in groups of four, for typing."""
    account: str = field(repr=False)


def begin(
    units: Units, request: Request, user_id: bytes, *, waiting: bytes | None, issuer: str = "Candor"
) -> Enrolment:
    """A secret waiting to be proved; `waiting` is the one this session was shown, so that a reloaded page stays true.

    One that another session was shown is dead: whoever saw it might know the factor that comes of it.
    """
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        row = None
        for each in _pending(uow, user_id):
            if each.id == waiting:
                row = each
            else:
                uow.delete(each)
        if row is None:
            row = uow.new(
                FactorRow, user_id=user_id, kind="totp", state="PENDING", secret_sealed=factors.new_totp_secret(),
                created_at=uow.now,
            )  # fmt: skip
        secret = uow.read(row, FactorRow.secret_sealed)
        account = uow.read(uow.get(UserRow, user_id), UserRow.email_sealed)
    base32 = base64.b32encode(secret).decode().rstrip("=")
    groups = " ".join(base32[at : at + 4] for at in range(0, len(base32), 4))
    return Enrolment(row.id, factors.otpauth_uri(secret, account=account, issuer=issuer), groups, account)


def prove(
    units: Units, request: Request, user_id: bytes, code: str, *, waiting: bytes | None, session: bytes | None
) -> tuple[str, ...]:
    """Make the waiting secret the factor by its first code; returns new recovery codes, shown once. Raises Refused.

    Every other session of the user ends (ASVS 7.4.3).
    """
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        user = tries.locked(uow, user_id)
        row = next((each for each in _pending(uow, user_id) if each.id == waiting), None)
        step = None
        if row is not None:
            secret = uow.read(row, FactorRow.secret_sealed)
            step = factors.match_totp(secret, code, uow.now.timestamp(), last_step=None)
        if row is None or step is None:
            raise Refused(signing.WRONG_CODE, code="wrong")
        for active in uow.entities(
            uow.select(FactorRow).where(
                FactorRow.user_id == user_id, FactorRow.kind == "totp", FactorRow.state == "ACTIVE"
            )
        ):
            uow.change(active, state="USED", secret_sealed=None)
        uow.change(row, state="ACTIVE", last_step=step, used_at=uow.now)
        if user.failures:
            uow.change(user, failures=0)
        sessions.end_others(uow, user_id, but=session)
        codes = _new_codes(uow, user_id)
    tries.succeeded(units, user_id, request.address)
    return codes


def new_recovery_codes(units: Units, request: Request, user_id: bytes) -> tuple[str, ...]:
    """Ten new codes; the old ones are dead."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        tries.locked(uow, user_id)
        return _new_codes(uow, user_id)


def codes_left(uow: UnitOfWork, user_id: bytes) -> int:
    """How many recovery codes are unused."""
    return uow.count(
        uow.select(FactorRow.id).where(
            FactorRow.user_id == user_id, FactorRow.kind == "recovery", FactorRow.state == "ACTIVE"
        )
    )


def set_factor(uow: UnitOfWork, user_id: bytes, secret: bytes) -> None:
    """A factor set up beforehand, for the people of a demonstration; refused anywhere else by its caller."""
    uow.new(
        FactorRow,
        user_id=user_id,
        kind="totp",
        state="ACTIVE",
        secret_sealed=secret,
        created_at=uow.now,
        last_step=None,
    )


def _pending(uow: UnitOfWork, user_id: bytes) -> list[FactorRow]:
    return uow.entities(
        uow.select(FactorRow).where(
            FactorRow.user_id == user_id, FactorRow.kind == "totp", FactorRow.state == "PENDING"
        )
    )


def _new_codes(uow: UnitOfWork, user_id: bytes) -> tuple[str, ...]:
    for row in uow.entities(
        uow.select(FactorRow).where(
            FactorRow.user_id == user_id, FactorRow.kind == "recovery", FactorRow.state == "ACTIVE"
        )
    ):
        uow.change(row, state="USED", used_at=uow.now)
    codes = factors.new_recovery_codes()
    for code in codes:
        uow.new(
            FactorRow, user_id=user_id, kind="recovery", state="ACTIVE",
            digest=uow.code_digests(INSTALLATION, user_id, code)[0], created_at=uow.now,
        )  # fmt: skip
    return tuple(codes)
