"""Who acts: a person in a session under one hat, the system for a job or a command, or nobody yet."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.access import roles


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held in one practice, or for one payer organisation, or (administrator) in the installation."""

    role: str
    practice_id: bytes | None = None
    payer_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor as the session store or the job engine knows it.

    `identity` is what the audit log writes: a user id in hex, "anonymous" or "system:<job>".
    """

    identity: str
    user_id: bytes | None = None
    hat: str = roles.WORK
    practice_id: bytes | None = None
    """The practice that a member of staff works in now; None for patients, payers, the system."""
    grants: tuple[Grant, ...] = ()
    own_patients: frozenset[bytes] = frozenset()
    stands_for: frozenset[bytes] = frozenset()
    pays_for: frozenset[bytes] = frozenset()
    """Whose bills the actor answers for, and of whom they see nothing but the money."""
    session: str = ""
    """First 16 hex digits of SHA-256 of the session id."""
    assurance: str = "none"
    """none, aal1 (password only) or aal2 (with a second factor)."""
    method: str = ""
    authenticated_seconds_ago: int | None = None
    initiator: str = ""
    """For the system: who started the job or command."""
    purpose: str = ""
    """For a command: why, as HL7 v3 PurposeOfUse; else the permission's own purpose is told."""
    opens: bool = True
    """Whether any sealed field is opened to this actor: a command that states no reason opens none."""

    @property
    def anonymous(self) -> bool:
        """Nobody has signed in."""
        return self.user_id is None and not self.system

    @property
    def system(self) -> bool:
        """A job or a command."""
        return self.identity.startswith("system:")

    def roles(self) -> frozenset[str]:
        """The roles in force: those granted for this hat, in the present practice where one is chosen."""
        if self.system:
            return frozenset({roles.SYSTEM})
        outdoors = self.hat == roles.WORK and self.practice_id is None
        patient = bool(self.own_patients or self.stands_for) and outdoors
        guarantor = bool(self.pays_for) and outdoors
        mine = [grant for grant in self.grants if roles.hat_of(grant.role) == self.hat]
        # Who acts for themselves or for an insurer is no member of staff meanwhile, nor the other way round.
        outside = self.practice_id is None and (
            patient or guarantor or any(grant.practice_id is None for grant in mine)
        )
        held = {
            grant.role
            for grant in mine
            if grant.practice_id is None or (not outside and self.practice_id in {None, grant.practice_id})
        }
        if patient:
            held.add(roles.PATIENT)
        if guarantor:
            held.add(roles.GUARANTOR)
        return frozenset(held)

    def paying_for(self, patient_id: bytes) -> Actor:
        """The same person as nobody but the one who answers for this patient's bills; as nobody at all if they do not.

        For steps that a patient takes too: whose role acts follows from the patient, never from what else one may.
        """
        return replace(
            self, grants=(), own_patients=frozenset(), stands_for=frozenset(), pays_for=self.pays_for & {patient_id}
        )


ANONYMOUS = Actor("anonymous")


def system(job: str, *, practice_id: bytes | None = None, initiator: str = "") -> Actor:
    """The actor of a job or command, bounded to one practice where it is about one."""
    return Actor(f"system:{job}", practice_id=practice_id, assurance="aal2", method="system", initiator=initiator)
