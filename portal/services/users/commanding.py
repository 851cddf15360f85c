"""Commands that act as a user: the operator of the machine answers for it, and the event names both."""

from __future__ import annotations

from dataclasses import replace

from portal.access import roles
from portal.access.actors import Actor
from portal.domain.errors import Refused
from portal.domain.texts import T_
from portal.services.unit_of_work.units import Units
from portal.services.users import grants, signing


def as_user(units: Units, email: str, operator: Actor) -> Actor:
    """The actor of a user for a command, in the operator's practice; raises Refused for an unknown or disabled one."""
    with units.read(replace(operator, opens=True), "user:view") as uow:
        user = signing.by_email(uow, email)
        if user is None or user.state != "ACTIVE":
            raise Refused(T_("There is no active user with the email {email}.", email=email), code="no-user")
        held = grants.of(uow, user.id)
    hat = roles.WORK if any(roles.hat_of(grant.role) == roles.WORK for grant in held) else roles.ADMINISTRATION
    return replace(
        operator,
        identity=user.id.hex(),
        user_id=user.id,
        hat=hat,
        grants=held,
        assurance="aal2",
        method="command",
        authenticated_seconds_ago=0,
    )
