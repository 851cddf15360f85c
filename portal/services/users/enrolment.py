"""Second factors: a TOTP secret set up and proved once, recovery codes shown once."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from portal.access.actors import system
from portal.crypto import factors
from portal.domain.errors import Refused
from portal.models.users import FactorRow, UserRow
from portal.services.unit_of_work.sealing import INSTALLATION
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.services.users import signing

_SYSTEM = system("enrolment")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs, shown to its owner only."""

    uri: str
    secret: str
    """Base32 in groups of four, for typing."""
    account: str


def begin(units: Units, request: Request, user_id: bytes, *, issuer: str = "Candor") -> Enrolment:
    """A secret waiting to be proved; the same one while it waits, so that a reloaded page stays true."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        row = uow.first(
            uow.select(FactorRow).where(
                FactorRow.user_id == user_id, FactorRow.kind == "totp", FactorRow.state == "PENDING"
            )
        )
        if row is None:
            row = uow.new(
                FactorRow, user_id=user_id, kind="totp", state="PENDING", secret_sealed=factors.new_totp_secret(),
                created_at=uow.now,
            )  # fmt: skip
        secret = uow.read(row, FactorRow.secret_sealed)
        account = uow.read(uow.get(UserRow, user_id), UserRow.email_sealed)
    base32 = base64.b32encode(secret).decode().rstrip("=")
    groups = " ".join(base32[at : at + 4] for at in range(0, len(base32), 4))
    return Enrolment(factors.otpauth_uri(secret, account=account, issuer=issuer), groups, account)


def prove(units: Units, request: Request, user_id: bytes, code: str) -> tuple[str, ...]:
    """Make the waiting secret the factor by its first code; returns new recovery codes, shown once. Raises Refused."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
        rows = uow.entities(uow.select(FactorRow).where(FactorRow.user_id == user_id, FactorRow.kind == "totp"))
        waiting = next((row for row in rows if row.state == "PENDING"), None)
        step = None
        if waiting is not None:
            secret = uow.read(waiting, FactorRow.secret_sealed)
            step = factors.match_totp(secret, code, uow.now.timestamp(), last_step=None)
        if waiting is None or step is None:
            raise Refused(signing.WRONG_CODE, code="wrong")
        for row in rows:
            if row.state == "ACTIVE":
                uow.change(row, state="USED", secret_sealed=None)
        uow.change(waiting, state="ACTIVE", last_step=step, used_at=uow.now)
        return _new_codes(uow, user_id)


def new_recovery_codes(units: Units, request: Request, user_id: bytes) -> tuple[str, ...]:
    """Ten new codes; the old ones are dead."""
    with units.write(_SYSTEM, "sign-in:attempt", request=request, kind="sign-in") as uow:
        uow.trail.identity = user_id.hex()
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


def _new_codes(uow: UnitOfWork, user_id: bytes) -> tuple[str, ...]:
    for row in uow.entities(
        uow.select(FactorRow).where(
            FactorRow.user_id == user_id, FactorRow.kind == "recovery", FactorRow.state == "ACTIVE"
        )
    ):
        uow.change(row, state="USED", used_at=uow.now)
    key = uow.code_key(INSTALLATION)
    codes = factors.new_recovery_codes()
    for code in codes:
        uow.new(
            FactorRow, user_id=user_id, kind="recovery", state="ACTIVE",
            digest=factors.code_digest(key, user_id, code), created_at=uow.now,
        )  # fmt: skip
    return tuple(codes)
