"""The one table of who may: permission, purpose, and the reach of each role. What is not here is denied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from portal.access import roles as r
from portal.access.reaches import ALL, OWN, PAYER, PAYS_FOR, PRACTICE, SELF, STANDS_FOR


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission: `protected` = may show protected data, `purpose` as in HL7 v3 PurposeOfUse."""

    name: str
    purpose: str
    reach_by_role: Mapping[str, str]
    protected: bool
    step_up: bool = False
    """Needs an authentication at most five minutes old (SECURITY 1.2, Step-up)."""


_PAYMENT, _OPERATIONS, _PATIENT_REQUEST = "HPAYMT", "HOPERAT", "PATRQT"
_CODING = (r.CODER, r.CODING_MANAGER)
_CHARGING = (r.CHARGE_CLERK, r.QA_AUDITOR)
_BILLING = (r.BILLER, r.BILLING_MANAGER)
_POSTING = (r.PAYMENT_POSTER, r.BILLING_MANAGER)
_MONEY = (*_BILLING, r.PAYMENT_POSTER, r.DENIAL_SPECIALIST)
_ANSWERING = (r.CLINICIAN, r.CHARGE_CLERK, r.BILLING_MANAGER)
_OFFICE = (*_CODING, *_CHARGING, *_MONEY)
_PRACTICE = (*_OFFICE, r.CLINICIAN)


def _practice(*names: str, system: bool = True) -> Mapping[str, str]:
    return MappingProxyType(dict.fromkeys(names, PRACTICE) | ({r.SYSTEM: PRACTICE} if system else {}))


def _only(**kinds: str) -> Mapping[str, str]:
    return MappingProxyType({name.replace("_", "-"): kind for name, kind in kinds.items()})


_ANYBODY = MappingProxyType({role: SELF for role in r.NARROWEST_FIRST if role != r.SYSTEM})

_TABLE: Final = (
    # Oneself. Shows nothing of others.
    Permission("session:manage", _OPERATIONS, _ANYBODY, protected=False),
    Permission("factor:change", _OPERATIONS, _ANYBODY, protected=False, step_up=True),
    # The patient. What both they and the office see has a permission of its own here: each has its own doors, and
    # whoever stands at the other's is refused.
    Permission("home:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("payment:make", _PATIENT_REQUEST, _only(patient=STANDS_FOR, guarantor=PAYS_FOR), protected=True),
    Permission("own-visit:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-statement:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-payment:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-document:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-contact:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-contact:change", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-message:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-message:make", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-plan:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-plan:make", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-help:view", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("own-help:make", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True),
    Permission("access-report:view", _PATIENT_REQUEST, _only(patient=OWN), protected=True),
    Permission("own-restriction:make", _PATIENT_REQUEST, _only(patient=OWN), protected=True),
    Permission("own-record:make", _PATIENT_REQUEST, _only(patient=STANDS_FOR), protected=True, step_up=True),
    # Who stands for oneself is one's own to know and to end; nobody who stands for a patient learns who else does.
    Permission("own-people:view", _PATIENT_REQUEST, _only(patient=OWN), protected=True),
    Permission("own-people:change", _PATIENT_REQUEST, _only(patient=OWN), protected=True),
    # Whom one stands or pays for, which one may stop; by the relation to that patient and no other.
    Permission("standing:change", _PATIENT_REQUEST, _only(patient=STANDS_FOR, guarantor=PAYS_FOR), protected=True),
    # The guarantor: the money of others' bills, and nothing else of theirs.
    Permission("guaranteed-bill:view", _PAYMENT, _only(guarantor=PAYS_FOR), protected=True),
    # Visits, codes, charges.
    Permission("visit:import", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    Permission("bill:verify", _PAYMENT, _practice(r.CODER, r.CHARGE_CLERK), protected=True),
    Permission("question:answer", _PAYMENT, _practice(*_ANSWERING), protected=True),
    Permission("encounter:code", _PAYMENT, _practice(r.CODER), protected=True),
    # What only facilities' and dentists' visits have: the coder's while it is coded, the clerk's while it is charged.
    Permission("visit:detail", _PAYMENT, _practice(r.CODER, r.CHARGE_CLERK, system=False), protected=True),
    Permission("encounter:review", _PAYMENT, _practice(r.CODING_MANAGER), protected=True),
    Permission("encounter:sample", _OPERATIONS, _practice(r.CODING_MANAGER), protected=True),
    Permission("charge:enter", _PAYMENT, _practice(r.CHARGE_CLERK), protected=True),
    Permission("charge:audit", _PAYMENT, _practice(r.QA_AUDITOR), protected=True),
    Permission("charge:sample", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=True),
    # A second person of the same role: whoever proposed a change of the rules does not agree to it.
    Permission(
        "sample-rule:agree", _OPERATIONS, _practice(r.CODING_MANAGER, r.BILLING_MANAGER, system=False), protected=False
    ),
    Permission("code:search", _PAYMENT, _practice(*_OFFICE, system=True), protected=False),
    # What payers say of coverage.
    Permission("eligibility:view", _PAYMENT, _practice(*_CHARGING, *_MONEY), protected=True),
    Permission("eligibility:ask", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    Permission("eligibility:edit", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=False),
    # What is agreed with payers, the practice's own edits, and what the plan must not hear of.
    Permission(
        "contract:view", _OPERATIONS, _practice(*_BILLING, r.DENIAL_SPECIALIST, r.PAYMENT_POSTER), protected=False
    ),
    Permission("contract:edit", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=False),
    Permission("edit-rule:view", _OPERATIONS, _practice(*_BILLING, *_CODING), protected=False),
    Permission("edit-rule:edit", _OPERATIONS, _practice(*_BILLING), protected=True),
    Permission("edit-rule:switch", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=False),
    Permission("restriction:edit", _PATIENT_REQUEST, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    # What payers are asked in advance.
    Permission("authorization:view", _PAYMENT, _practice(*_CHARGING, *_MONEY), protected=True),
    Permission("authorization:request", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    Permission("authorization:answer", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    Permission("authorization:edit", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=False),
    # What was said with payers and written to them. Payers and patients see none of it.
    Permission("contact:view", _PAYMENT, _practice(r.CHARGE_CLERK, *_MONEY), protected=True),
    Permission("contact:record", _PAYMENT, _practice(r.CHARGE_CLERK, *_MONEY), protected=True),
    Permission(
        "letter:make", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING, r.DENIAL_SPECIALIST), protected=True
    ),
    Permission("payer-desk:edit", _OPERATIONS, _practice(*_BILLING, system=False), protected=False),
    Permission("member-authorization:view", _PAYMENT, _only(payer_user=PAYER), protected=True),
    Permission("member-authorization:decide", _PAYMENT, _only(payer_user=PAYER), protected=True),
    Permission("code:view", _PAYMENT, _practice(r.CODING_MANAGER, r.BILLING_MANAGER), protected=False),
    # Claims.
    Permission("claim:view", _PAYMENT, _practice(*_MONEY), protected=True),
    Permission("member-claim:view", _PAYMENT, _only(payer_user=PAYER), protected=True),
    Permission("claim:edit", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:hold", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:release", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:submit", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:ask", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:acknowledge", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:adjudicate", _PAYMENT, _practice(*_POSTING), protected=True),
    Permission("claim:close", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("claim:void", _PAYMENT, _practice(r.BILLER), protected=True),
    Permission(
        "claim:void-approve", _PAYMENT, _practice(r.BILLING_MANAGER, system=False), protected=True, step_up=True
    ),
    Permission("denial:view", _PAYMENT, _practice(r.DENIAL_SPECIALIST, r.BILLING_MANAGER), protected=True),
    Permission("denial:triage", _PAYMENT, _practice(r.DENIAL_SPECIALIST), protected=True),
    Permission("denial:write-off", _PAYMENT, _practice(r.BILLING_MANAGER, system=False), protected=True, step_up=True),
    # Files and remittances.
    Permission("interchange:view", _PAYMENT, _practice(r.CHARGE_CLERK, *_MONEY), protected=True),
    # All of a file is more than any step of work needs: whoever answers for the billing takes it, with a reason.
    Permission(
        "interchange:original", _OPERATIONS, _practice(r.BILLING_MANAGER, system=False), protected=True, step_up=True
    ),
    Permission("partner:view", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=False),
    Permission("remittance:view", _PAYMENT, _practice(*_MONEY), protected=True),
    Permission("member-remittance:view", _PAYMENT, _only(payer_user=PAYER), protected=True),
    Permission("remittance:import", _PAYMENT, _practice(*_POSTING), protected=True),
    Permission("remittance:post", _PAYMENT, _practice(*_POSTING), protected=True),
    Permission("deposit:view", _PAYMENT, _practice(*_POSTING, r.BILLER), protected=False),
    # Accounts, statements, payments.
    Permission("queue:view", _PAYMENT, _practice(*_PRACTICE), protected=True),
    Permission("queue:assign", _PAYMENT, _practice(*_PRACTICE), protected=True),
    Permission(
        "queue:export", _OPERATIONS, protected=True, step_up=True,
        reach_by_role=_practice(
            r.CODING_MANAGER, r.QA_AUDITOR, r.DENIAL_SPECIALIST, r.PAYMENT_POSTER, r.BILLING_MANAGER, system=False
        ),
    ),
    Permission("account:search", _PAYMENT, _practice(*_CHARGING, *_MONEY), protected=True),
    Permission("account:view", _PAYMENT, _practice(*_CHARGING, *_MONEY), protected=True),
    Permission("patient:change", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    # What patients ask the office, and what the office asks patients.
    Permission(
        "message:view", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING, r.DENIAL_SPECIALIST), protected=True
    ),
    Permission("message:answer", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    Permission("task:ask", _PAYMENT, _practice(r.CHARGE_CLERK, *_BILLING, r.DENIAL_SPECIALIST), protected=True),
    Permission("message:remind", _PAYMENT, _practice(), protected=True),
    Permission("statement:view", _PAYMENT, _practice(*_MONEY), protected=True),
    Permission("statement:run", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("policy:edit", _OPERATIONS, _practice(r.BILLING_MANAGER, system=False), protected=False),
    # Following up on bills that nobody pays, and where patients agreed to be reached.
    Permission("notice:send", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("call:make", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission(
        "collection:approve", _PAYMENT, _practice(r.BILLING_MANAGER, system=False), protected=True, step_up=True
    ),
    # Help: whoever prepared a larger sum does not decide about it (a guard of the life).
    Permission("assistance:view", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("assistance:prepare", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission(
        "assistance:decide", _PAYMENT, _practice(r.BILLING_MANAGER, system=False), protected=True, step_up=True
    ),
    Permission("discount:give", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("dunning:edit", _OPERATIONS, _practice(r.BILLING_MANAGER), protected=False),
    # Plans to pay in parts: the office proposes, pauses and stops them; one of many parts is a manager's to allow.
    Permission("plan:edit", _PAYMENT, _practice(*_BILLING), protected=True),
    Permission("plan:approve", _PAYMENT, _practice(r.BILLING_MANAGER, system=False), protected=True),
    Permission("plan:follow", _PAYMENT, _practice(), protected=True),
    Permission("payment:settle", _PAYMENT, _practice(), protected=False),
    # Whoever types the code of a bill: the machine looks the sum up and shows nothing else.
    Permission("payment:guest", _PAYMENT, _practice(), protected=False),
    Permission("payment:answer", _PAYMENT, _practice(*_POSTING), protected=True),
    Permission("document:view", _PAYMENT, _practice(*_PRACTICE), protected=True),
    Permission(
        "document:attach", _PAYMENT, protected=True,
        reach_by_role=_practice(*_CODING, r.CHARGE_CLERK, *_BILLING, r.DENIAL_SPECIALIST),
    ),
    # Who stands for a patient, who pays for them, where they are written to, which visits stay with them.
    Permission("people:change", _PATIENT_REQUEST, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    Permission("registration:issue", _OPERATIONS, _practice(r.CHARGE_CLERK, *_BILLING), protected=True),
    # What happened.
    Permission("audit:search", _OPERATIONS, _practice(r.COMPLIANCE_OFFICER, system=True), protected=True),
    Permission("audit:view", _OPERATIONS, _practice(r.COMPLIANCE_OFFICER, system=True), protected=True),
    Permission("audit:export", _OPERATIONS, _practice(r.COMPLIANCE_OFFICER, system=True), protected=True, step_up=True),
    # The installation, in the administration hat; no protected data. Names of users are shown to administrators only.
    Permission("user:view", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False),
    Permission("user:invite", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False, step_up=True),
    Permission("user:disable", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False, step_up=True),
    Permission("practice:edit", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False),
    Permission("payer:edit", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False),
    Permission("partner:edit", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False),
    Permission("code:load", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False),
    Permission("price:load", _OPERATIONS, _only(administrator=ALL, system=ALL), protected=False),
    # The machine itself; no person holds these.
    Permission("key:manage", _OPERATIONS, _only(system=ALL), protected=False),
    Permission("audit:purge", _OPERATIONS, _only(system=ALL), protected=False),
    Permission("audit:hold", _OPERATIONS, _only(system=ALL), protected=False),
    Permission("backup:create", _OPERATIONS, _only(system=ALL), protected=False),
    Permission("backup:restore", _OPERATIONS, _only(system=ALL), protected=False),
    Permission("mail:send", _OPERATIONS, _only(system=ALL), protected=True),
    Permission("sign-in:attempt", _OPERATIONS, _only(system=ALL), protected=False),
)  # fmt: skip

PERMISSIONS: Final[Mapping[str, Permission]] = MappingProxyType({permission.name: permission for permission in _TABLE})

PUBLIC: Final = "public"
"""The declared permission of a route that is open to all; the route states why."""
