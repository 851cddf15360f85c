"""All tables in one place, for migrations, `docs/schema.md` and the house tests."""

from __future__ import annotations

from sqlalchemy import MetaData

from portal.models import (
    account_holds,
    assistance,
    authorizations,
    bills,
    claims,
    codes,
    consents,
    contacts,
    contracts,
    coverage,
    coverage_policies,
    denials,
    documents,
    dunning,
    edit_rules,
    eligibility,
    encounters,
    facilities,
    fees,
    global_periods,
    holds,
    interchanges,
    jobs,
    keys,
    laboratories,
    ledger,
    messages,
    ncci,
    patients,
    payers,
    payment_plans,
    payments,
    people,
    policies,
    practices,
    queues,
    remittances,
    restrictions,
    sampling,
    statements,
    status,
    users,
)
from portal.models.base import Base

ROOMS = (
    account_holds, assistance, authorizations,
    bills, claims, codes, consents, contacts, contracts, coverage, coverage_policies, denials, documents, dunning,
    edit_rules, eligibility, encounters, facilities, fees, global_periods, holds, interchanges, jobs, keys,
    laboratories, ledger, messages, ncci, patients, payers, payment_plans, payments, people, policies, practices,
    queues, remittances, restrictions, sampling, statements, status, users,
)  # fmt: skip

metadata: MetaData = Base.metadata

APPEND_ONLY = {
    "ledger_entry": (("id",), ("practice_id", "key")),
    "ledger_line": (("id",),),
    "claim_version": (("id",), ("claim_id", "number"), ("control",)),
    "queue_step": (("id",),),
    "authorization_use": (("id",),),
    "authorization_answer": (("id",), ("authorization_id", "number")),
    "bill_check": (("id",),),
    "check_result": (("id",), ("encounter_id", "check_kind", "number")),
    "charge_finding": (("id",),),
    "contact": (("id",), ("practice_id", "key"), ("corrects_id",)),
    "contract": (("id",), ("practice_id", "payer_id", "valid_from", "number")),
    "account_call": (("id",), ("practice_id", "key")),
    "conversation_message": (("id",), ("practice_id", "key")),
    "signed_agreement": (("id",), ("conversation_id",)),
    "payment_consent": (("id",), ("about_id", "kind")),
    "practice_policy": (("id",), ("practice_id", "kind", "number")),
}
"""Tables that are never changed once written, with their unique keys (MECHANISM 6)."""


def models() -> dict[str, type[Base]]:
    """Every model by its table's name."""
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
