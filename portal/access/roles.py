"""The roles of the house, and the two hats a session can wear (DESIGN 3, Two people; domain workflows 0)."""

from __future__ import annotations

from typing import Final

PATIENT: Final = "patient"
GUARANTOR: Final = "guarantor"
"""Who answers for somebody's bills and sees their money: no service, no diagnosis, no document (45 CFR 164.502(b))."""
CLINICIAN: Final = "clinician"
"""Who treated the patient: answers what the office asks about a bill or its coding."""
CHARGE_CLERK: Final = "charge-clerk"
CODER: Final = "coder"
CODING_MANAGER: Final = "coding-manager"
QA_AUDITOR: Final = "qa-auditor"
BILLER: Final = "biller"
PAYMENT_POSTER: Final = "payment-poster"
DENIAL_SPECIALIST: Final = "denial-specialist"
BILLING_MANAGER: Final = "billing-manager"
PAYER_USER: Final = "payer-user"
COMPLIANCE_OFFICER: Final = "compliance-officer"
ADMINISTRATOR: Final = "administrator"
SYSTEM: Final = "system"
"""What runs without a person: jobs and commands; never granted to a user."""

NARROWEST_FIRST: Final = (
    PATIENT, GUARANTOR, PAYER_USER, CLINICIAN, CODER, CHARGE_CLERK, QA_AUDITOR, CODING_MANAGER, DENIAL_SPECIALIST,
    PAYMENT_POSTER, BILLER, BILLING_MANAGER, COMPLIANCE_OFFICER, ADMINISTRATOR, SYSTEM,
)  # fmt: skip
"""An event names the narrowest role that grants what was done; this is the order."""

GRANTABLE: Final = frozenset(NARROWEST_FIRST) - {SYSTEM, PATIENT, GUARANTOR}
STAFF: Final = GRANTABLE - {PAYER_USER, ADMINISTRATOR, COMPLIANCE_OFFICER}

WORK: Final = "work"
ADMINISTRATION: Final = "administration"


def hat_of(role: str) -> str:
    """The hat under which a role acts: administration shows no protected data (SECURITY 1.1)."""
    return ADMINISTRATION if role == ADMINISTRATOR else WORK
