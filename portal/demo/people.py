"""The people of the demonstration: one for every role, and patients who sign in; all invented."""

from __future__ import annotations

from dataclasses import dataclass

from portal.access import roles
from portal.access.actors import Actor, Grant, system
from portal.services.unit_of_work.units import Units
from portal.services.users import accounts, grants, registration

STAFF = (
    ("Owen Castellanos", roles.CLINICIAN),
    ("Maya Lindqvist", roles.CODER),
    ("Tomas Ferreira", roles.CODING_MANAGER),
    ("Dele Adebayo", roles.CHARGE_CLERK),
    ("Ingrid Solheim", roles.QA_AUDITOR),
    ("Noor Haddad", roles.BILLER),
    ("Caleb Whitfield", roles.PAYMENT_POSTER),
    ("Priya Raman", roles.DENIAL_SPECIALIST),
    ("Helen Okafor", roles.BILLING_MANAGER),
    ("Ruth Abelson", roles.COMPLIANCE_OFFICER),
    ("Sam Castellano", roles.ADMINISTRATOR),
)
STAND_IN = ("Lena Moreau", (roles.CODING_MANAGER, roles.BILLING_MANAGER))
"""Agrees, or not, to what one of the two managers proposes: nobody changes alone which work is checked."""
INSURERS = (("Ana Delgado", "CBH03"), ("Peter Vance", "FEC01"))


@dataclass(slots=True)
class Cast:
    """Who acts in the story, by role."""

    practice_id: bytes
    users: dict[str, bytes]

    def actor(self, role: str) -> Actor:
        """Somebody at work under their one role."""
        user = self.users[role]
        return Actor(
            user.hex(), user, practice_id=self.practice_id, grants=(Grant(role, self.practice_id),),
            session=user.hex()[:16], assurance="aal2", method="demo", authenticated_seconds_ago=0,
        )  # fmt: skip


def hire(units: Units, practice_id: bytes, payers: dict[str, bytes]) -> Cast:
    """Make every user with their role."""
    cast = Cast(practice_id, {})
    with units.write(system("demo"), "user:invite") as uow:
        for name, role in STAFF:
            user = accounts.create_user(uow, email=_email(name, "juniper"), name=name, state="ACTIVE")
            uow.flush()
            grants.give(uow, user.id, role, practice_id=None if role == roles.ADMINISTRATOR else practice_id)
            cast.users[role] = user.id
        name, held = STAND_IN
        user = accounts.create_user(uow, email=_email(name, "juniper"), name=name, state="ACTIVE")
        uow.flush()
        for role in held:
            grants.give(uow, user.id, role, practice_id=practice_id)
        for name, code in INSURERS:
            user = accounts.create_user(uow, email=_email(name, code.lower()), name=name, state="ACTIVE")
            uow.flush()
            grants.give(uow, user.id, roles.PAYER_USER, payer_id=payers[code])
    return cast


def sign_up(units: Units, practice_id: bytes, patient_ids: list[bytes]) -> list[bytes]:
    """Patients who have opened a sign-in; the second one reads Spanish."""
    made: list[bytes] = []
    with units.write(system("demo", practice_id=practice_id), "registration:issue") as uow:
        for at, patient_id in enumerate(patient_ids, 1):
            language = "es_US" if at == 2 else "en_US"
            made.append(registration.sign_up(uow, patient_id, email=f"patient{at}@mail.example", language=language))
    return made


def _email(name: str, place: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@{place}.example"
