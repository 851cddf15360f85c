"""An 835 in: the file sealed first, then payment by payment, each whole or not at all, and each once for ever."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy.exc import DataError

from portal.access.actors import Actor
from portal.domain import queues
from portal.domain.errors import Conflict, Refused
from portal.domain.interchanges import Finding
from portal.domain.posting.remittances import unpostable
from portal.domain.remittances import Payment, payment_key
from portal.domain.texts import T_, Text, to_json
from portal.models.interchanges import InterchangeRow
from portal.models.practices import PracticeRow
from portal.models.remittances import RemittanceRow
from portal.services import interchanges
from portal.services import queues as work
from portal.services.remittances.held import file_of
from portal.services.remittances.preparing import payer_of, prepare
from portal.services.remittances.settling import settle
from portal.services.remittances.writing import payment_values, remittance_row, write
from portal.services.unit_of_work.trail import Request
from portal.services.unit_of_work.units import Denied, Unavailable, Units
from portal.services.unit_of_work.work import UnitOfWork
from portal.x12.envelope import walk
from portal.x12.reader import Document, read
from portal.x12.remittances import Remittances, read_remittances

PaymentState = Literal["POSTED", "RECORDED", "HELD", "KNOWN", "BUSY"]

PERMISSION = "remittance:import"
KINDS = frozenset({"835"})
_HELD = T_("This payment was not posted: it does not add up or could not be read whole. It waits in its queue.")
_STRANGER = T_("The payment names another payee than this practice. Check whose it is.")
_PAID_BEFORE = T_(
    "The payer paid this claim before, with the same amounts. Its money is kept as a credit of the payer; nothing more "
    "was written off or left to the patient."
)
_NOT_STORED = T_(
    "The payment could not be posted, and nothing of it was. It is tried again; meanwhile the rest stands."
)
_STUCK = T_(
    "Something in this payment cannot be written down here, and trying again by itself would not help. Nothing of it "
    "was posted; it waits in its queue."
)
_LASTING = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, DataError)
"""What a payment trips over again each time, if it did three times in a row; anything else may pass."""
_LOG = logging.getLogger("candor.imports")
_FEW = 20
"""Payments of a file that is read in a moment."""
_TRIES = 3
"""How often a payment is prepared anew when something it rests on was changed meanwhile."""


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What became of one payment. RECORDED moved no money, KNOWN came before, BUSY could not be written now."""

    state: PaymentState
    remittance_id: bytes | None
    trace: str
    amount_cents: int
    claims: int
    matched: int = 0
    entries: int = 0
    cases: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file: its row, whether it was new, its payments in order, and everything found."""

    interchange_id: bytes
    new: bool
    payments: tuple[PaymentResult, ...]
    findings: tuple[Finding, ...]

    @property
    def posted(self) -> int:
        """Payments that changed something now."""
        return sum(one.state in {"POSTED", "RECORDED"} for one in self.payments)


def import_remittances(units: Units, actor: Actor, request: Request | None, name: str, body: bytes) -> ImportResult:
    """Store an 835 sealed, then post each payment in it that balances; what does not is held with its reasons.

    The same file again, or the same check in another file, posts nothing. Raises Refused for a file over 25 MiB and for
    one of another kind, and stores neither; whatever is wrong inside a file becomes a finding.
    """
    document = read(body)
    interchanges.refuse_others(interchanges.kinds_in(walk(document)), KINDS)
    control, group = _controls(document)
    with units.write(actor, PERMISSION, request=request, kind="import") as uow:
        row, new = interchanges.receive(uow, name, body, kind="835", control=control, group=group)
        file_id, fresh = row.id, row.state == "RECEIVED"
    return _post_file(_Poster(units, actor, request, file_id, read_remittances(document), fresh=fresh), new=new)


def read_in(units: Units, actor: Actor, request: Request | None, interchange_id: bytes) -> ImportResult | None:
    """Post the payments of a stored file, or go on with it; None for one that was read through before."""
    with units.read(actor, PERMISSION, request=request, kind="import") as uow:
        body = interchanges.to_read(uow, interchange_id)
    if body is None:
        return None
    document = read(body)
    control, group = _controls(document)
    with units.write(actor, PERMISSION, request=request, kind="import") as uow:
        uow.change(uow.get(InterchangeRow, interchange_id), control=control, group_control=group)
    poster = _Poster(units, actor, request, interchange_id, read_remittances(document), fresh=True)
    return _post_file(poster, new=True)


def _post_file(poster: _Poster, *, new: bool) -> ImportResult:
    found, file_id = poster.found, poster.file_id
    if poster.fresh and len(found.payments) > _FEW:
        with poster.units.write(poster.actor, PERMISSION, request=poster.request, kind="import") as uow:
            interchanges.begin(uow, file_id, len(found.payments))
    results = tuple(poster.post(at) for at in range(len(found.payments)))
    findings = tuple(sorted((*found.findings, *poster.findings), key=lambda finding: finding.segment))
    made = ImportResult(file_id, new, results, findings)
    if poster.fresh:
        with poster.units.write(poster.actor, PERMISSION, request=poster.request, kind="import") as uow:
            row = uow.get(InterchangeRow, file_id)
            whole = not any(one.state == "BUSY" for one in results)
            findings = interchanges.read_through(
                uow, row, items=len(results), applied=made.posted + poster.stood, findings=findings, whole=whole
            )
            made = replace(made, findings=findings)
    return made


def post_again(units: Units, actor: Actor, request: Request | None, remittance_id: bytes) -> PaymentResult:
    """Try a held payment once more from its file, as after a mend of the reader; it stays held where it must.

    Raises Refused `not-held`, NotFound.
    """
    with units.read(actor, "remittance:post", request=request, kind="import") as uow:
        row = uow.get(RemittanceRow, remittance_id)
        if row.state != "HELD":
            raise Refused(T_("This payment is not held; nothing was changed."), code="not-held")
        found, practice, key, file_id = file_of(uow, row), row.practice_id, row.payment_key, row.interchange_id
    poster = _Poster(units, actor, request, file_id, found, fresh=False)
    at = next(at for at, one in enumerate(found.payments) if payment_key(practice, one) == key)
    return poster.post(at)


def _controls(document: Document) -> tuple[str, str]:
    """ISA13 and GS06 of the first interchange and group."""
    envelope = walk(document)
    first = next(iter(envelope.interchanges), None)
    group = next(iter(envelope.groups), None)
    return first.control if first else "", group.control if group else ""


class _Poster:
    """Posts the payments of one file, and gathers what is found on the way."""

    def __init__(
        self,
        units: Units,
        actor: Actor,
        request: Request | None,
        file_id: bytes,
        found: Remittances,
        *,
        fresh: bool,
    ) -> None:
        """`fresh`: the file was not read through yet; what stands of it already was posted before it broke off."""
        self.units, self.actor, self.request, self.file_id, self.found = units, actor, request, file_id, found
        self.fresh, self.stood = fresh, 0
        self.findings: list[Finding] = []
        self._met: set[str] = set()

    def post(self, at: int) -> PaymentResult:
        """One payment: held, posted, or recognised."""
        payment, lasting = self.found.payments[at], 0
        for _ in range(_TRIES):
            try:
                return self._try(at, payment)
            except Conflict:
                continue
            except _LASTING as error:
                _LOG.warning("a payment was not posted", extra={"error": type(error).__name__})
                lasting += 1
            except (Denied, Unavailable):
                raise
            except Refused as refusal:
                self._find(payment, refusal.code, refusal.text)
                return _result("BUSY", None, payment)
            except Exception as error:  # noqa: BLE001 - whatever one payment trips over, those behind it are posted
                _LOG.warning("a payment was not posted", extra={"error": type(error).__name__})
                self._find(payment, "not-stored", _NOT_STORED)
                return _result("BUSY", None, payment)
        if lasting:
            return self._stuck(at, payment, for_good=lasting == _TRIES)
        text = T_("Others worked on the same claims meanwhile; nothing of this payment was posted. It is tried again.")
        self._find(payment, "busy", text)
        return _result("BUSY", None, payment)

    def _try(self, at: int, payment: Payment) -> PaymentResult:
        postable = self.found.postable(payment) and not unpostable(payment)
        made = None
        with self.units.read(self.actor, "remittance:post", request=self.request, kind="import") as uow:
            key = payment_key(uow.practice_id, payment)
            known = uow.row(
                uow.select(RemittanceRow.id, RemittanceRow.state, RemittanceRow.interchange_id).where(
                    RemittanceRow.payment_key == key
                )
            )
            ours = uow.row(uow.select(PracticeRow.npi, PracticeRow.ein).where(PracticeRow.id == uow.practice_id))
            if known is None or (known.state == "HELD" and postable):
                made = prepare(uow, payment, key, known.id if known else None) if postable else None
        if made is None and known is not None:
            again = self.fresh and known.interchange_id == self.file_id and key not in self._met
            self._met.add(key)
            return self._known(payment, known.id, held=known.state == "HELD", again=again)
        stranger = ours is not None and payment.payee_id and payment.payee_id not in {ours.npi, ours.ein}
        told = [Finding(payment.segment, "payee", _STRANGER)] if stranger else []
        if made is None:
            held = self._hold(at, payment, key, told)
            self._met.add(key)
            return held
        told += [
            Finding(part.row["segment"], "unmatched", part.unmatched.text) for part in made.parts if part.unmatched
        ]
        told += [Finding(payment.claims[index].segment, "paid-before", _PAID_BEFORE) for index in sorted(made.again)]
        with self.units.write(self.actor, "remittance:post", request=self.request, kind="import") as uow:
            remittance_id = write(uow, made, self.file_id)
            self._keep(uow, told)
        self._met.add(key)
        self.findings += told
        self._settle(remittance_id)
        return PaymentResult(
            "POSTED" if made.entries else "RECORDED", remittance_id, payment.trace, payment.amount_cents,
            len(payment.claims), made.matched, len(made.entries), len(made.cases),
        )  # fmt: skip

    def _settle(self, remittance_id: bytes) -> None:
        """At once as far as it goes: the payment stands, and the job that was asked for with it does the rest."""
        try:
            settle(self.units, self.actor, remittance_id, request=self.request)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a worker is at the same claims, say; the job comes again
            _LOG.info("a payment is settled by its job", extra={"error": type(error).__name__})

    def _keep(self, uow: UnitOfWork, told: Sequence[Finding]) -> None:
        """Findings go with the payment that they are about, so that none is lost when the reading breaks off."""
        if self.fresh:
            interchanges.keep(uow, self.file_id, told)

    def _known(self, payment: Payment, id_: bytes, *, held: bool, again: bool) -> PaymentResult:
        """A payment that stands; `again` when it stands by this very file, whose reading broke off."""
        if again:
            self.stood += not held
            if held:
                self._find(payment, "held", _HELD)
            return _result("HELD" if held else "KNOWN", id_, payment)
        if held:
            self._find(payment, "held-before", T_("This payment was held before; look at it in its queue."))
            return _result("HELD", id_, payment)
        self._find(payment, "posted-before", T_("This payment was posted before; nothing was posted again."))
        return _result("KNOWN", id_, payment)

    def _stuck(self, at: int, payment: Payment, *, for_good: bool) -> PaymentResult:
        """A payment that trips over itself: held, where not even that can be kept or it may pass, to be tried again."""
        try:
            with self.units.read(self.actor, "remittance:post", request=self.request, kind="import") as uow:
                key = payment_key(uow.practice_id, payment)
                where = RemittanceRow.payment_key == key
                known = uow.row(uow.select(RemittanceRow.id).where(where, RemittanceRow.state == "HELD"))
            if known is not None:
                self._find(payment, "stuck", _STUCK)
                return _result("HELD", known.id, payment)
            if for_good:
                return self._hold(at, payment, key, [], why=_STUCK)
        except (Denied, Unavailable):
            raise
        except Exception as error:  # noqa: BLE001 - what cannot be kept in its queue either is told with its file
            _LOG.warning("a payment was not held", extra={"error": type(error).__name__})
        self._find(payment, "not-stored", _NOT_STORED)
        return _result("BUSY", None, payment)

    def _hold(self, at: int, payment: Payment, key: str, told: list[Finding], why: Text | None = None) -> PaymentResult:
        """Keep a payment that cannot be posted, with every reason, in the queue of those that do not add up."""
        following = self.found.payments[at + 1 : at + 2]
        end = following[0].segment if following else None
        inside = [
            finding
            for finding in self.found.findings
            if finding.segment >= payment.segment and (end is None or finding.segment < end)
        ]
        reasons = [Finding(payment.segment, "unbalanced", text) for text in unpostable(payment)]
        if why is not None:
            reasons.append(Finding(payment.segment, "stuck", why))
        told = [*told, *reasons] if why is not None else [*told, *reasons, Finding(payment.segment, "held", _HELD)]
        with self.units.write(self.actor, "remittance:post", request=self.request, kind="import") as uow:
            if remittance_row(uow, key) is not None:
                raise Conflict(T_("This payment came in meanwhile."), code="payment-posted")
            row = uow.new(
                RemittanceRow, interchange_id=self.file_id, payer_id=payer_of(uow, payment), payment_key=key,
                state="HELD", matched_count=0, created_at=uow.now,
                findings_sealed=[interchanges.finding_values(each) for each in (*reasons, *inside)],
                **payment_values(payment),
            )  # fmt: skip
            _queue(uow, row, reasons, payment, why)
            self._keep(uow, told)
            held = row.id
        self.findings += told
        return _result("HELD", held, payment)

    def _find(self, payment: Payment, code: str, text: Text) -> None:
        self.findings.append(Finding(payment.segment, code, text))


def _queue(uow: UnitOfWork, row: RemittanceRow, reasons: Sequence[Finding], payment: Payment, why: Text | None) -> None:
    queue = queues.QUEUES["unbalanced-payments"]
    unread = T_("The payment could not be read whole; its amounts cannot be trusted.")
    text = why or (T_("The amounts do not add up.") if reasons else unread)
    reason = "stuck" if why else "unbalanced" if reasons else "unreadable"
    uow.flush()
    work.put(
        uow, queue.name, row, reason=reason, detail={"text": to_json(text)},
        at_risk_cents=payment.amount_cents, due_on=queues.due_on(queue, uow.today()),
        priority=queues.priority(payment.amount_cents, None),
    )  # fmt: skip


def _result(state: PaymentState, id_: bytes | None, payment: Payment) -> PaymentResult:
    return PaymentResult(state, id_, payment.trace, payment.amount_cents, len(payment.claims))
