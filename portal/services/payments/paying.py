"""Beginning a payment: intend, open the processor's page between units of work, record; one form is one payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.access.actors import Actor, system
from portal.domain.errors import Refused
from portal.domain.payments import CardsRefused, CardsUnavailable, Checkout, PaymentFacts, check_amount
from portal.domain.texts import T_
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow
from portal.services.parts import Parts
from portal.services.payments import settling
from portal.services.payments.owing import owed_now
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id

LIFETIME = timedelta(hours=1)
"""How long the processor's page may be paid on; it asks for at least 30 minutes."""

IN_FLIGHT = ("CREATED", "PENDING")
_NO_CARDS = T_("Cards cannot be taken here yet. Pay at the desk or by check.")
_USED = T_("This form was used already. Look at your payments before you pay again; nothing was charged now.")


@dataclass(frozen=True, slots=True)
class _Intention:
    id: bytes
    amount_cents: int
    expires_at: datetime
    url: str | None


def begin(
    units: Units,
    parts: Parts,
    actor: Actor,
    request: Request,
    *,
    patient_id: bytes,
    amount_cents: int,
    form_key: str,
    returns: Callable[[bytes], str],
    encounter_id: bytes | None = None,
) -> str:
    """The address of the processor's page on which this payment can be made; `returns` gives the way back by its id.

    The amount is bounded by the ledger less what is under way. The same `form_key` is the same payment. A page left
    open earlier is given again for the same amount, else closed at the processor before another opens.
    Raises Refused (amount-too-small, amount-too-large, payment-in-flight, no-cards, form-used), CardsUnavailable,
    CardsRefused; nothing is charged then.
    """
    if parts.cards is None:
        raise Refused(_NO_CARDS, code="no-cards")
    again = _clear(units, parts, actor, request, patient_id, amount_cents, form_key, encounter_id)
    if again is not None:
        return again
    meant = _intend(units, actor, request, patient_id, amount_cents, form_key, encounter_id)
    if meant.url is not None:
        return meant.url
    back = returns(meant.id)
    try:
        made = parts.cards.open_checkout(
            payment_id=meant.id.hex(),
            amount_cents=meant.amount_cents,
            return_url=back,
            cancel_url=f"{back}?back=1",
            key=f"open:{meant.id.hex()}",
            expires_at=meant.expires_at,
        )
    except (CardsUnavailable, CardsRefused) as error:
        if error.code != "key-in-use":  # a double click: the first one is opening it just now
            _give_up(units, meant.id, error.code)
        raise
    return _record(units, actor, request, meant.id, made)


def _clear(
    units: Units,
    parts: Parts,
    actor: Actor,
    request: Request,
    patient_id: bytes,
    amount_cents: int,
    form_key: str,
    encounter_id: bytes | None,
) -> str | None:
    """Deal with pages left open: the same amount goes on there; others are closed at the processor, if unpaid."""
    with units.read(actor, "payment:make", request=request) as uow:
        uow.get(PatientRow, patient_id)
        columns = (
            PaymentRow.id, PaymentRow.amount_cents, PaymentRow.encounter_id, PaymentRow.form_key,
            PaymentRow.checkout_url, PaymentRow.checkout_id,
        )  # fmt: skip
        open_ = uow.rows(uow.select(*columns).where(PaymentRow.patient_id == patient_id, PaymentRow.state == "PENDING"))
    for row in open_:
        if row.form_key == form_key:
            continue
        standing = settling.refresh(units, parts, row.id)
        if standing == "open" and (row.amount_cents, row.encounter_id) == (amount_cents, encounter_id):
            return str(row.checkout_url)
        if standing == "open":
            settling.close(units, parts, row.id)
    return None


def _intend(
    units: Units,
    actor: Actor,
    request: Request,
    patient_id: bytes,
    amount_cents: int,
    form_key: str,
    encounter_id: bytes | None,
) -> _Intention:
    with units.write(actor, "payment:make", request=request) as uow:
        # One patient's payments begin one after the other: two tabs at once meet here.
        patient = uow.first(uow.select(PatientRow).where(PatientRow.id == patient_id).with_for_update())
        assert patient is not None  # `_clear` found it; patients are not deleted
        known = uow.first(
            uow.select(PaymentRow).where(PaymentRow.form_key == form_key, PaymentRow.patient_id == patient_id)
        )
        if known is not None:
            return _known(known, amount_cents)
        if encounter_id is not None:
            uow.get(EncounterRow, encounter_id)
        check_amount(amount_cents, owed_now(uow, patient_id, encounter_id), _in_flight(uow, patient_id))
        row = uow.new(
            PaymentRow, practice_id=patient.practice_id, patient_id=patient_id, user_id=actor.user_id,
            encounter_id=encounter_id, state="CREATED", amount_cents=amount_cents, form_key=form_key,
            created_at=uow.now, expires_at=(uow.now + LIFETIME).replace(microsecond=0),
        )  # fmt: skip
        uow.flush()
        uow.begin(row)
        return _Intention(row.id, amount_cents, row.expires_at, None)


def _known(row: PaymentRow, amount_cents: int) -> _Intention:
    """The payment this form made before: a double click goes where the first one went."""
    if row.state not in IN_FLIGHT or row.amount_cents != amount_cents:
        raise Refused(_USED, code="form-used")
    return _Intention(row.id, row.amount_cents, row.expires_at, row.checkout_url)


def _in_flight(uow: UnitOfWork, patient_id: bytes) -> int:
    rows = uow.rows(
        uow.select(PaymentRow.amount_cents).where(PaymentRow.patient_id == patient_id, PaymentRow.state.in_(IN_FLIGHT))
    )
    return sum(row.amount_cents for row in rows)


def _record(units: Units, actor: Actor, request: Request, payment_id: bytes, made: Checkout) -> str:
    with units.write(actor, "payment:make", request=request) as uow:
        row = uow.first(uow.select(PaymentRow).where(PaymentRow.id == payment_id).with_for_update())
        assert row is not None  # it was intended just now, and payments are not deleted
        if row.state == "CREATED":
            uow.change(row, checkout_id=made.id, checkout_url=made.url)
            uow.move(row, "PENDING", PaymentFacts())
        return made.url


def _give_up(units: Units, payment_id: bytes, code: str) -> None:
    """The page did not open, or we never learnt where it is: nobody can pay on it, so it is no payment any more."""
    with units.write(system("payment.settle"), "payment:settle") as uow:
        row = uow.first(uow.select(PaymentRow).where(PaymentRow.id == payment_id).with_for_update())
        if row is not None and row.state == "CREATED":
            uow.move(row, "FAILED", PaymentFacts(), reason=code)


def form_key() -> str:
    """A key to put into a form: random, so that a second press of the same form is the same payment."""
    return new_id().hex()
