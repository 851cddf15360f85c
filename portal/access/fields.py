"""Minimum necessary: which sealed fields each role may open (45 CFR 164.502(b), 164.514(d)(2)).

Fields are named `table.column` without the ending `_sealed`; a house test compares them with the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from portal.access import roles as r

_NAME = frozenset({"patient.last_name", "patient.first_name", "patient.middle_name", "patient.suffix"})
_IDENTITY = _NAME | {"patient.birth_date", "patient.sex", "patient.mrn", "patient.account_number"}
_CONTACT = frozenset({"patient.address", "patient.phone", "patient.email"})
_COVER = frozenset({"coverage.member_id", "coverage.group_number", "coverage.group_name", "coverage.subscriber"})
_CODES = frozenset(
    {
        "encounter.diagnoses",
        "encounter.proposal",
        "encounter.details",
        "charge.details",
        "encounter.note",
        "transition.note",
        "question.words",
        "question.answer",
    }
)
_CLAIM = frozenset(
    {
        "claim.payer_control",
        "claim.note",
        "claim_version.body",
        "acknowledgement.message",
        "acknowledgement.payer_control",
    }
)
_SAID = frozenset({"eligibility_answer.body"})
"""What payers said of coverage: plan, benefits, what the patient pays."""
_REVIEWED = frozenset({
    "authorization.number", "authorization.diagnoses", "authorization.message", "authorization_answer.body",
})  # fmt: skip
"""What payers are asked in advance and what they say to it."""
_CONTACTS = frozenset({
    "contact.person", "contact.reference", "contact.words", "contact.next_step", "contact_reference.reference",
    "letter.body",
})  # fmt: skip
"""What was said with payers and written to them; who audits charges needs none of it."""
_MESSAGES = frozenset({
    "conversation.title", "conversation_message.words", "conversation_message.answer", "conversation_file.name",
    "signed_agreement.name",
})  # fmt: skip
"""What patients and the office wrote to each other; insurers, coders and officers read none of it."""
_HELP = frozenset({
    "assistance.household", "assistance.finding", "assistance.words", "assistance_file.name", "discount.words",
})  # fmt: skip
"""Household and income of who asks for help; who decides about it reads them, and nobody else of the office."""
_FILES = frozenset({"encounter.source_control", "interchange.name", "interchange.body", "interchange.findings"})
_REMITTANCE = frozenset(
    {
        "remittance_claim.control",
        "remittance_claim.payer_control",
        "remittance_claim.patient_name",
        "remittance_claim.corrected",
        "remittance.findings",
    }
)
_PAPER = frozenset({"document.name", "document.body", "statement.content", "account_hold.words"})
_SCANS = frozenset({"document.name", "document.body", "document.content", "document_page.body", "attachment.note"})
"""What came in; of which kinds, `DOCUMENTS` says."""
_QUEUE = frozenset({"queue_item.note", "queue_step.words", "queue_filter.name", "queue_bulk.words"})
_STANDING = frozenset({
    "patient_link.words", "proxy_invitation.name", "proxy_invitation.email", "proxy_invitation.words", "death.told",
    "confidential_contact.address", "confidential_contact.phone", "confidential_contact.email",
    "confidential_contact.words",
})  # fmt: skip
"""Who stands for patients, where else these are written to, and who told of a death."""
_OWN_PEOPLE = frozenset(each for each in _STANDING if each.startswith(("proxy_invitation", "confidential"))) - {
    "proxy_invitation.words"
}
_DUNNED = frozenset({"notice.recipient", "account_call.words"})
"""What went to patients about bills, and what they said on the telephone."""
_SELF = frozenset({"user.email", "user.name"})
_MAIL = frozenset({"mail.recipient", "mail.parameters"})

_MEMBER = frozenset({
    "patient.birth_date", "coverage.member_id", "encounter.diagnoses", "claim.payer_control",
    "remittance_claim.payer_control", "remittance_claim.control",
})  # fmt: skip

_SEARCH = frozenset({"name_leaf.names"})
"""The folded names of a practice, for whoever searches by name."""

_CODING = _SEARCH | _SELF | _IDENTITY | _CODES | _QUEUE | _SCANS
_CHARGING = _SEARCH | _SELF | _IDENTITY | _CODES | _COVER | _SAID | _CONTACT | _FILES | _QUEUE | _PAPER | _SCANS
_CHARGING |= _REVIEWED
_BILLING = _CHARGING | _CLAIM | _REMITTANCE | _CONTACTS
_SYSTEM = (
    _BILLING
    | _STANDING
    | _SELF
    | {"factor.secret"}
    | _MAIL
    | {"patient.guarantor", "payment.note", "denial.note", "statement.code"}
)
_SYSTEM |= _DUNNED | _MESSAGES | _HELP | {"notice.body"}
_SYSTEM |= {"encounter.source", "legal_hold.reason", "partner_service.password"}

OPENABLE: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    r.PATIENT: _IDENTITY | _CONTACT | _COVER | _SAID | _PAPER | _SELF | _OWN_PEOPLE | _MESSAGES
    | _HELP - {"assistance.finding", "discount.words"} | {"encounter.diagnoses", "patient.guarantor"},
    r.GUARANTOR: _NAME | _SELF,
    r.PAYER_USER: _NAME | _SELF | _MEMBER | _REVIEWED,
    r.CLINICIAN: _CODING,
    r.CODER: _CODING,
    r.CODING_MANAGER: _CODING,
    r.CHARGE_CLERK: _CHARGING | _CONTACTS | _STANDING | _MESSAGES | {"patient.guarantor"},
    r.QA_AUDITOR: _CHARGING,
    r.DENIAL_SPECIALIST: _BILLING | _MESSAGES | {"denial.note"},
    r.PAYMENT_POSTER: _BILLING | {"payment.note"},
    r.BILLER: _BILLING | _DUNNED | _STANDING | _MESSAGES | _HELP | {"patient.guarantor"},
    r.BILLING_MANAGER: _BILLING | _DUNNED | _STANDING | _MESSAGES | _HELP
    | {"patient.guarantor", "payment.note", "denial.note"},
    r.COMPLIANCE_OFFICER: _SEARCH | _NAME | _SELF | {"patient.mrn", "legal_hold.reason"},
    r.ADMINISTRATOR: _SELF,
    r.SYSTEM: _SYSTEM,
})  # fmt: skip

_CLINICAL = frozenset({"bill", "medical-record", "referral"})
_ENTERING = _CLINICAL | {"registration-form", "explanation-of-benefits", "advance-notice", "letter", "other"}
_PAYING = frozenset({
    "statement", "receipt", "remittance", "bill", "explanation-of-benefits", "advance-notice", "letter", "other",
})  # fmt: skip
_ALL = _ENTERING | _PAYING | {"record"}
_DECIDING = _ALL | {"income-proof"}

DOCUMENTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType({
    r.CLINICIAN: _CLINICAL,
    r.CODER: _CLINICAL,
    r.CODING_MANAGER: _CLINICAL,
    r.CHARGE_CLERK: _ENTERING,
    r.QA_AUDITOR: _ENTERING,
    r.PAYMENT_POSTER: _PAYING,
    r.DENIAL_SPECIALIST: _ALL,
    r.BILLER: _DECIDING,
    r.BILLING_MANAGER: _DECIDING,
    r.PATIENT: _ALL,
    r.SYSTEM: _DECIDING,
})  # fmt: skip
"""Which kinds of documents each role meets: who codes reads what the visit is coded from, who posts payments reads no
medical record. What a patient meets, the reach bounds to what was made for them."""
