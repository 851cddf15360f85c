"""Beginning a payment: intend, open the processor's page between units of work, record; one form is one payment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.access.actors import Actor, system
from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.domain.payments import UNDER_WAY, CardsRefused, CardsUnavailable, Checkout, PaymentFacts, check_amount
from portal.domain.texts import T_
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.payments import PaymentRow, PaymentShareRow
from portal.services.parts import Parts
from portal.services.payments import settling
from portal.services.payments.owing import owed_now
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork, new_id

LIFETIME = timedelta(hours=1)
"""How long the processor's page may be paid on; it asks for at least 30 minutes."""

_NO_CARDS = T_("Cards cannot be taken here yet. Pay at the desk or by check.")
_USED = T_("This form was used already. Look at your payments before you pay again; nothing was charged now.")
_NOT_THEIRS = T_("Choose what to pay, and try again. Nothing was charged.")


MOST_VISITS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to pay: whose account, how much, and for what first.

    `people` are those billed on the account within the payer's reach; none: the one patient. `visits` are paid first,
    in their order. `at_most_cents` bounds it below what is owed (a bill's own sum).
    """

    patient_id: bytes
    amount_cents: int
    form_key: str
    people: tuple[bytes, ...] = ()
    visits: tuple[bytes, ...] = ()
    at_most_cents: int | None = None
    statement_id: bytes | None = None
    locale: str | None = None

    @property
    def whose(self) -> tuple[bytes, ...]:
        """Everybody whose services it may pay."""
        return self.people or (self.patient_id,)


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
    wish: Wish,
    *,
    returns: Callable[[bytes], str],
    permission: str = "payment:make",
) -> str:
    """The address of the processor's page on which this payment can be made; `returns` gives the way back by its id.

    The amount is bounded by the ledger less what is under way. The same `form_key` is the same payment. A page left
    open earlier is given again for the same amount, else closed at the processor before another opens.
    Raises Refused (amount-too-small, amount-too-large, payment-in-flight, no-cards, form-used), CardsUnavailable,
    CardsRefused; nothing is charged then.
    """
    if parts.cards is None:
        raise Refused(_NO_CARDS, code="no-cards")
    by = _By(actor, request, permission)
    again = _clear(units, parts, by, wish)
    if again is not None:
        return again
    meant = _intend(units, by, wish)
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
    return _record(units, by, meant.id, made)


@dataclass(frozen=True, slots=True)
class _By:
    """Who pays, and by what right."""

    actor: Actor
    request: Request
    permission: str


def _clear(units: Units, parts: Parts, by: _By, wish: Wish) -> str | None:
    """Deal with pages left open: the same wish goes on there; others are closed at the processor, if unpaid."""
    share = PaymentShareRow
    with units.read(by.actor, by.permission, request=by.request) as uow:
        uow.get(PatientRow, wish.patient_id)
        columns = (
            PaymentRow.id, PaymentRow.amount_cents, PaymentRow.form_key, PaymentRow.checkout_url, PaymentRow.user_id,
        )  # fmt: skip
        open_ = uow.rows(
            uow.select(*columns).where(PaymentRow.patient_id.in_(sorted(wish.whose)), PaymentRow.state == "PENDING")
        )
        meant: dict[bytes, list[tuple[bytes, bytes | None]]] = {row.id: [] for row in open_}
        for each in uow.rows(
            uow.select(share.payment_id, share.patient_id, share.encounter_id)
            .where(share.payment_id.in_(sorted(meant)))
            .order_by(share.payment_id, share.position)
        ):
            meant[each.payment_id].append((each.patient_id, each.encounter_id))
        wanted = _shares(uow, wish)
    for row in open_:
        if row.form_key == wish.form_key:
            continue
        standing = settling.refresh(units, parts, row.id)
        # A page is given again to the one who opened it, never to somebody else.
        same = (row.amount_cents, meant[row.id], row.user_id) == (wish.amount_cents, wanted, by.actor.user_id)
        if standing == "open" and same and by.actor.user_id is not None:
            return str(row.checkout_url)
        if standing == "open":
            settling.close(units, parts, row.id)
    return None


def _intend(units: Units, by: _By, wish: Wish) -> _Intention:
    with units.write(by.actor, by.permission, request=by.request) as uow:
        # One account's payments begin one after the other: two tabs at once meet here.
        patient = uow.first(uow.select(PatientRow).where(PatientRow.id == wish.patient_id).with_for_update())
        assert patient is not None  # `_clear` found it; patients are not deleted
        known = uow.first(
            uow.select(PaymentRow).where(PaymentRow.form_key == wish.form_key, PaymentRow.patient_id == wish.patient_id)
        )
        if known is not None:
            return _known(known, wish.amount_cents)
        shares = _shares(uow, wish)
        _check(uow, wish)
        row = uow.new(
            PaymentRow, practice_id=patient.practice_id, patient_id=wish.patient_id, user_id=by.actor.user_id,
            state="CREATED", amount_cents=wish.amount_cents, form_key=wish.form_key, created_at=uow.now,
            expires_at=(uow.now + LIFETIME).replace(microsecond=0), statement_id=wish.statement_id, locale=wish.locale,
        )  # fmt: skip
        uow.flush()
        for position, (person, visit) in enumerate(shares):
            uow.new(
                PaymentShareRow, practice_id=patient.practice_id, payment_id=row.id, patient_id=person,
                encounter_id=visit, position=position,
            )  # fmt: skip
        uow.begin(row)
        return _Intention(row.id, wish.amount_cents, row.expires_at, None)


def _shares(uow: UnitOfWork, wish: Wish) -> list[tuple[bytes, bytes | None]]:
    """The chosen visits in their order, then everybody whom it may pay for; raises NotFound out of reach."""
    chosen: list[tuple[bytes, bytes | None]] = []
    for id_ in dict.fromkeys(wish.visits[:MOST_VISITS]):
        visit = uow.get(EncounterRow, id_)
        if visit.patient_id not in wish.whose:
            raise Refused(_NOT_THEIRS, code="not-a-visit")
        chosen.append((visit.patient_id, id_))
    return [*chosen, *((each, None) for each in dict.fromkeys(wish.whose))]


def _check(uow: UnitOfWork, wish: Wish) -> None:
    """The amount is bounded by the books: by all that is owed less what is under way, and by what was chosen."""
    owed, flying = owed_now(uow, wish.whose), in_flight(uow, wish.whose)
    if wish.at_most_cents is not None:
        owed = min(owed, wish.at_most_cents)
    check_amount(wish.amount_cents, owed, flying)
    if wish.visits and wish.amount_cents > (of_these := owed_now(uow, wish.whose, wish.visits)):
        raise Refused(
            T_(
                "The visits you ticked come to {sum}. Tick more of them, or write a smaller amount.",
                sum=Money(of_these),
            ),
            code="amount-too-large",
        )


def _known(row: PaymentRow, amount_cents: int) -> _Intention:
    """The payment this form made before: a double click goes where the first one went."""
    if row.state not in ("CREATED", "PENDING") or row.amount_cents != amount_cents:
        raise Refused(_USED, code="form-used")
    return _Intention(row.id, row.amount_cents, row.expires_at, row.checkout_url)


def in_flight(uow: UnitOfWork, people: Sequence[bytes]) -> int:
    """What these patients' payments under way come to, in cents: it is not asked for a second time."""
    rows = uow.rows(
        uow.select(PaymentRow.amount_cents).where(
            PaymentRow.patient_id.in_(sorted(people)), PaymentRow.state.in_(UNDER_WAY)
        )
    )
    return sum(row.amount_cents for row in rows)


def _record(units: Units, by: _By, payment_id: bytes, made: Checkout) -> str:
    with units.write(by.actor, by.permission, request=by.request) as uow:
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
