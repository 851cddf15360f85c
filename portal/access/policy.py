"""The one decision: may this actor, and how far. Unknown is denied."""

from __future__ import annotations

from dataclasses import dataclass

from portal.access import roles
from portal.access.actors import Actor
from portal.access.permissions import PERMISSIONS
from portal.access.reaches import ALL, OWN, PAYER, PAYS_FOR, PRACTICE, SELF, STANDS_FOR, Reach

STEP_UP_SECONDS = 300
_NOTHING = Reach(PRACTICE)


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed with role, reach and purpose, or denied with a reason code.

    Reasons: unknown-permission, not-signed-in, second-factor-needed, step-up-needed, no-role.
    """

    allowed: bool
    permission: str
    reason: str = ""
    role: str = ""
    reach: Reach = _NOTHING
    purpose: str = ""


def decide(actor: Actor, permission_name: str) -> Decision:
    """Decide by the table alone: the narrowest role in force that grants the permission gives role and reach."""
    permission = PERMISSIONS.get(permission_name)
    if permission is None:
        return Decision(False, permission_name, "unknown-permission")
    if actor.anonymous:
        return Decision(False, permission_name, "not-signed-in")
    if actor.assurance != "aal2":
        return Decision(False, permission_name, "second-factor-needed")
    held = actor.roles()
    for role in roles.NARROWEST_FIRST:
        if role in held and role in permission.reach_by_role:
            if permission.step_up and not is_fresh(actor):
                return Decision(False, permission_name, "step-up-needed", role)
            reach = _reach(actor, role, permission.reach_by_role[role])
            return Decision(True, permission_name, "", role, reach, permission.purpose)
    return Decision(False, permission_name, "no-role")


def is_fresh(actor: Actor) -> bool:
    """Whether the actor proved who they are recently enough for steps that weigh more; the system needs no proof."""
    age = actor.authenticated_seconds_ago
    return actor.system or (age is not None and age <= STEP_UP_SECONDS)


def _reach(actor: Actor, role: str, kind: str) -> Reach:
    if role == roles.SYSTEM:
        if kind == PRACTICE and actor.practice_id is not None:
            return Reach(PRACTICE, practices=frozenset({actor.practice_id}))
        return Reach(ALL)
    if kind == SELF:
        return Reach(SELF, users=frozenset({actor.user_id} if actor.user_id else ()))
    if kind == OWN:
        return Reach(OWN, patients=actor.own_patients)
    if kind == STANDS_FOR:
        # one's own record is open whatever else one is to oneself; of others the confidential visits are shut
        return Reach(
            STANDS_FOR, patients=actor.own_patients | actor.stands_for, shut=actor.stands_for - actor.own_patients
        )
    if kind == PAYS_FOR:
        return Reach(PAYS_FOR, patients=actor.pays_for, shut=actor.pays_for)
    granted = [grant for grant in actor.grants if grant.role == role]
    if kind == PAYER:
        return Reach(PAYER, payers=frozenset(grant.payer_id for grant in granted if grant.payer_id))
    if kind == PRACTICE:
        practices = frozenset(grant.practice_id for grant in granted if grant.practice_id)
        return Reach(PRACTICE, practices=practices & {actor.practice_id} if actor.practice_id else practices)
    return Reach(ALL)
