"""Paying with a bill's code, without signing in: a sum and the practice's name, and nothing else of anybody.

The code is the paper's (decision 0020): twelve signs, found by a blind index, one generic answer to whatever is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.access.actors import Actor, system
from portal.domain.errors import NotFound, Refused
from portal.domain.money import Money
from portal.domain.payments import LEAST_CENTS, LIFE
from portal.domain.texts import T_, Text
from portal.models.payments import PaymentRow
from portal.models.practices import PracticeRow
from portal.models.statements import StatementPersonRow, StatementRow
from portal.services.parts import Parts
from portal.services.payments import paying
from portal.services.payments.owing import owed_now
from portal.services.payments.showing import OUTCOMES, Outcome, under_way
from portal.services.unit_of_work.reading import ABSENT
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Units
from portal.services.unit_of_work.work import UnitOfWork

PERMISSION = "payment:guest"
UNKNOWN = T_("No bill has this code. Compare it with the paper: twelve letters and digits, in groups of four.")
_NOT_ASKED = frozenset({"READY", "PAID", "COLLECTION", "BANKRUPT"})
"""States in which a bill asks nobody through us: not sent, paid, with an agency, stayed by a court (11 USC 362)."""


_SIGNS = 12


def _actor(practice_id: bytes | None = None) -> Actor:
    return system("payment.guest", practice_id=practice_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPage:
    """See `templates/guest/amount.html`: what whoever has the code may know."""

    code: str
    practice: str
    open: Money
    """What can be paid with this code now; nought where nothing is open on it."""
    under_way: Money
    least: Money
    form_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestReturnPage:
    """See `templates/guest/done.html`."""

    payment_id: str
    outcome: Outcome
    amount: Money
    practice: str
    receipt_number: str | None
    why: Text | None


@dataclass(frozen=True, slots=True)
class _Bill:
    statement_id: bytes
    practice_id: bytes
    patient_id: bytes
    people: tuple[bytes, ...]
    open_cents: int
    under_way_cents: int


def statements_by_code(uow: UnitOfWork, code: str) -> list[StatementRow]:
    """The bills that carry a code, at most one; it is read as people write it (case, hyphens, I and L, O)."""
    if len(_plain(code)) != _SIGNS:
        return []
    practices = [each.id for each in uow.rows(uow.select(PracticeRow.id))]
    wanted = sorted(token for practice in practices for token in uow.tokens("pay-code", code, practice=practice))
    found = uow.entities(uow.select(StatementRow).where(StatementRow.code_index.in_(wanted))) if wanted else []
    # An index may be met by another value: the code itself decides.
    return [row for row in found if _plain(uow.read(row, StatementRow.code_sealed)) == _plain(code)]


def look(units: Units, request: Request, code: str) -> GuestPage:
    """What can be paid with a code. Raises Refused `wrong-code` for one that no bill has, and tells it."""
    with units.read(_actor(), PERMISSION, request=request) as uow:
        bill = _bill(uow, code)
        if bill is not None:
            practice = uow.row(uow.select(PracticeRow.name).where(PracticeRow.id == bill.practice_id))
            assert practice is not None  # a bill has its practice
            return GuestPage(
                code=code.strip(), practice=practice.name, open=Money(bill.open_cents),
                under_way=Money(bill.under_way_cents), least=Money(LEAST_CENTS), form_key=paying.form_key(),
            )  # fmt: skip
    units.refused(_actor(), PERMISSION, "wrong-code", request=request, outcome=4)
    raise Refused(UNKNOWN, code="wrong-code")


def begin(
    units: Units,
    parts: Parts,
    request: Request,
    *,
    code: str,
    amount_cents: int | None,
    form_key: str,
    locale: str,
    returns: Callable[[bytes], str],
) -> str:
    """The address of the processor's page for a guest's payment; None for the amount is all that is open.

    Raises as `paying.begin` does, and Refused `wrong-code`.
    """
    with units.read(_actor(), PERMISSION, request=request) as uow:
        bill = _bill(uow, code)
    if bill is None:
        units.refused(_actor(), PERMISSION, "wrong-code", request=request, outcome=4)
        raise Refused(UNKNOWN, code="wrong-code")
    wish = paying.Wish(
        patient_id=bill.patient_id, people=bill.people, form_key=form_key, statement_id=bill.statement_id,
        amount_cents=bill.open_cents if amount_cents is None else amount_cents,
        at_most_cents=bill.open_cents + bill.under_way_cents, locale=locale,
    )  # fmt: skip
    return paying.begin(units, parts, _actor(bill.practice_id), request, wish, returns=returns, permission=PERMISSION)


def return_page(units: Units, request: Request, payment_id: bytes, *, back: bool) -> GuestReturnPage:
    """What became of a guest's payment, by our own books; raises NotFound for any other payment."""
    with units.read(_actor(), PERMISSION, request=request) as uow:
        row = uow.get(PaymentRow, payment_id)
        if row.user_id is not None or row.statement_id is None:
            raise NotFound(ABSENT, code="not-found")
        practice = uow.row(uow.select(PracticeRow.name).where(PracticeRow.id == row.practice_id))
        assert practice is not None  # a payment has its practice
        outcome: Outcome = OUTCOMES.get(row.state, "success")
        if outcome == "failed" and row.state == "EXPIRED" and back:
            outcome = "cancelled"
        return GuestReturnPage(
            payment_id=row.id.hex(), outcome=outcome, amount=Money(row.amount_cents), practice=practice.name,
            receipt_number=row.receipt_number, why=LIFE.words[row.state] if outcome == "failed" else None,
        )  # fmt: skip


def check(units: Units, request: Request, payment_id: bytes) -> None:
    """Raise NotFound unless this is a guest's payment, before the processor is asked about it."""
    return_page(units, request, payment_id, back=False)


def _bill(uow: UnitOfWork, code: str) -> _Bill | None:
    """The bill of a code and what is open on it: never more than it asked for, nor than is owed now.

    Nothing is open on one that is paid, or that a newer bill of the account has replaced.
    """
    found = statements_by_code(uow, code)
    if not found:
        return None
    row, person = found[0], StatementPersonRow
    people = uow.rows(uow.select(person.patient_id).where(person.statement_id == row.id).order_by(person.patient_id))
    whose = tuple(dict.fromkeys([row.patient_id, *(each.patient_id for each in people)]))
    newer = uow.row(
        uow.select(StatementRow.id).where(
            StatementRow.patient_id == row.patient_id, StatementRow.created_at > row.created_at,
            StatementRow.state != "READY",
        )
    )  # fmt: skip
    if newer is not None or row.state in _NOT_ASKED:
        return _Bill(row.id, row.practice_id, row.patient_id, whose, 0, 0)
    flying = sum(each.amount.cents for each in under_way(uow, whose))
    cents = max(min(owed_now(uow, whose), row.closing_cents) - flying, 0)
    return _Bill(row.id, row.practice_id, row.patient_id, whose, cents, flying)


def _plain(code: str | None) -> str:
    """A code without the ways in which people write it."""
    letters = "".join(each for each in (code or "").upper() if each.isascii() and each.isalnum())
    return letters.replace("I", "1").replace("L", "1").replace("O", "0")
