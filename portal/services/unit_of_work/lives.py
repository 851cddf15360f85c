"""Which state table governs which table of the store."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from portal.domain import (
    calls,
    claims,
    corrections,
    denials,
    disputes,
    encounters,
    notices,
    payment_plans,
    payments,
    people,
    refunds,
    sampling,
)
from portal.domain.assistance import life as assistance
from portal.domain.edits import own
from portal.domain.granting import LIFE as AUTHORIZATIONS
from portal.domain.lifecycle import Lifecycle
from portal.domain.messages import life as messages
from portal.domain.statements import life as statements

LIVES: Final[Mapping[str, Lifecycle[Any]]] = MappingProxyType({
    "assistance": assistance.LIFE,
    "authorization": AUTHORIZATIONS,
    "card_dispute": disputes.LIFE,
    "card_refund": refunds.LIFE,
    "claim": claims.LIFE,
    "claim_correction": corrections.LIFE,
    "confidential_contact": people.CONTACT_LIFE,
    "conversation": messages.LIFE,
    "denial": denials.LIFE,
    "edit_rule": own.LIFE,
    "encounter": encounters.LIFE,
    "notice": notices.LIFE,
    "patient": people.PATIENT_LIFE,
    "payment": payments.LIFE,
    "payment_plan": payment_plans.LIFE,
    "payment_promise": calls.PROMISE_LIFE,
    "sample_change": sampling.CHANGE_LIFE,
    "statement": statements.LIFE,
})  # fmt: skip
