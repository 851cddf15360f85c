"""How the payers review what is asked in advance: granted, granted in part, refused, or decided a few days later."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from portal.domain.authorizations import AuthorizationAnswer, AuthorizationRequest, Decision, ReviewedService
from portal.domain.eligibility import Rejection
from portal.domain.interchanges import Partner
from portal.sandbox.practice import Payer

SHARES: Mapping[str, int] = {"granted": 55, "fewer-units": 10, "pended": 15, "denied": 10, "not-required": 5, "call": 5}
"""Of a hundred requests, how many meet which decision; pended ones are granted later."""
CODES = {
    "granted": "A1",
    "fewer-units": "A6",
    "pended": "A4",
    "denied": "A3",
    "not-required": "NA",
    "call": "CT",
    "cancelled": "C",
}
_CANCEL = "3"
_WAITS = timedelta(days=3)
_HOLDS = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that is decided on a later day, and the way its answer goes."""

    day: date
    request: AuthorizationRequest
    route: Partner


class ReviewDesk:
    """Decides requests; what is asked chooses the decision, so it is the same in every run.

    `cases` sets the case of SHARES for procedure codes, of which the first one of a request counts.
    """

    def __init__(self, payers: Sequence[Payer], *, salt: str = "", cases: Mapping[str, str] | None = None) -> None:
        self._payers = {payer.identifier for payer in payers}
        self._salt, self._cases = salt, dict(cases or {})
        self._waiting: list[_Waiting] = []
        self._numbers: set[str] = set()

    def case(self, request: AuthorizationRequest) -> str:
        """Which case of SHARES a request meets."""
        for service in request.services:
            if service.code in self._cases:
                return self._cases[service.code]
        place = int.from_bytes(self._digest(request)[:4]) % 100
        for case, share in SHARES.items():
            if place < share:
                return case
            place -= share
        raise AssertionError("the shares hold every place")

    def answer(self, request: AuthorizationRequest, route: Partner, today: date) -> AuthorizationAnswer:
        """What the payer says to a request that reaches it on a day; `route` is the way a later answer goes."""
        if request.reviewer.identifier not in self._payers:
            stopped = replace(request, services=(), diagnoses=(), providers=())
            return AuthorizationAnswer(stopped, None, (Rejection("payer", "79", "N"),))
        if not request.subscriber.member_id:
            return AuthorizationAnswer(request, None, (Rejection("subscriber", "72", "C"),))
        if request.certification == _CANCEL:
            found = request.previous_number in self._numbers
            if not found:
                return AuthorizationAnswer(request, None, (Rejection("event", "AA", "C"),))
            return self._decided(request, "cancelled", today)
        case = self.case(request)
        if case == "pended":
            self._waiting.append(_Waiting(today + _WAITS, request, route))
        return self._decided(request, case, today)

    def decided_by(self, today: date) -> list[tuple[Partner, AuthorizationAnswer]]:
        """What was pended and is decided by a day, with the way each goes."""
        due = [one for one in self._waiting if one.day <= today]
        self._waiting = [one for one in self._waiting if one.day > today]
        return [(one.route, self._decided(one.request, "granted", today)) for one in due]

    def _decided(self, request: AuthorizationRequest, case: str, today: date) -> AuthorizationAnswer:
        digest = self._digest(request).hex().upper()
        granted = case in {"granted", "fewer-units"}
        number = f"{request.reviewer.identifier}A{digest[:8]}" if granted else ""
        if case == "cancelled":
            number = request.previous_number
        first = request.from_date or today
        last = max(request.to_date or first + _HOLDS, first)
        decision = Decision(
            CODES[case],
            number,
            "35" if case == "denied" else "",
            today,
            first if granted else None,
            last if granted else None,
        )
        if granted:
            self._numbers.add(number)
        services = request.services
        if case == "fewer-units":
            services = tuple(_fewer(service) for service in services)
        return AuthorizationAnswer(replace(request, services=services), decision, payer_trace=f"R{digest[8:18]}")

    def _digest(self, request: AuthorizationRequest) -> bytes:
        asked = ",".join(f"{service.code}x{service.units}" for service in request.services)
        facts = (request.reviewer.identifier, request.subscriber.member_id, asked, request.from_date, self._salt)
        return hashlib.sha256("|".join(str(fact).upper() for fact in facts).encode()).digest()


def _fewer(service: ReviewedService) -> ReviewedService:
    """Half the units, and never none."""
    if service.units is None:
        return service
    return replace(service, units=max(Decimal(1), (service.units / 2).to_integral_value()))
