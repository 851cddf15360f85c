"""What a contact is about: a claim, an authorization, or the payer itself; each for whoever may see that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from portal.access.policy import decide
from portal.domain.claims import Person
from portal.domain.errors import NotFound
from portal.domain.patients import full_name
from portal.domain.texts import T_, Text
from portal.models.authorizations import AuthorizationRow
from portal.models.base import Base
from portal.models.claims import ClaimRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.work import UnitOfWork

_MODELS: Mapping[str, type[Base]] = MappingProxyType({
    "claim": ClaimRow, "authorization": AuthorizationRow, "payer": PayerRow,
})  # fmt: skip
_NEEDS = MappingProxyType({"claim": "claim:view", "authorization": "authorization:view"})
"""What else it takes to see contacts about something: no more than the thing itself shows (45 CFR 164.502(b))."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a contact is about; `number` is a claim's, `words` name it in a sentence."""

    about: str
    row: Any
    patient_id: bytes | None
    payer_id: bytes
    number: str
    words: Text


def subject(uow: UnitOfWork, about: str, about_id: bytes) -> Subject:
    """A thing within reach that the actor may see; raises NotFound."""
    if about not in seen(uow):
        raise NotFound(ABSENT, code="not-found")
    row: Any = uow.get(_MODELS[about], about_id)
    if about == "claim":
        return Subject(about, row, row.patient_id, row.payer_id, row.control, claim_words(row.control))
    if about == "authorization":
        return Subject(about, row, row.patient_id, row.payer_id, "", authorization_words(row.from_date))
    return Subject(about, row, None, row.id, "", T_("the payer in general"))


def seen(uow: UnitOfWork) -> tuple[str, ...]:
    """The kinds of things about which the actor may see contacts."""
    return tuple(about for about in _MODELS if about not in _NEEDS or decide(uow.actor, _NEEDS[about]).allowed)


def claim_words(control: str) -> Text:
    """A claim as a sentence names it."""
    return T_("claim {number}", number=control)


def authorization_words(day: Any) -> Text:
    """An authorization as a sentence names it."""
    return T_("the authorization from {day}", day=day)


def payer_name(uow: UnitOfWork, payer_id: bytes) -> str:
    """The name of a payer; raises NotFound."""
    row = uow.row(uow.select(PayerRow.name).where(PayerRow.id == payer_id))
    if row is None:
        raise NotFound(ABSENT, code="not-found")
    return str(row.name)


def patient_name(uow: UnitOfWork, patient_id: bytes | None) -> str:
    """The name of the patient a contact is about; empty for none, and for one that was shredded."""
    if patient_id is None or uow.gone([patient_id]):
        return ""
    row = uow.get(PatientRow, patient_id)
    names = (
        PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.middle_name_sealed,
        PatientRow.suffix_sealed,
    )  # fmt: skip
    last, first, middle, suffix = (uow.read(row, column) or "" for column in names)
    return full_name(Person(last, first, middle, suffix))
