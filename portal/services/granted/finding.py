"""The authorization that covers the services of a claim: found by patient, payer, code, days and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import and_, or_

from portal.domain.claims import Claim
from portal.domain.edits.facility import STAYS, STILL_THERE
from portal.domain.granting import (
    STANDING,
    WAITING,
    BilledService,
    GrantedCare,
    besides,
    choose,
    obstacle,
    take,
)
from portal.domain.limits import Span, Taken
from portal.domain.requirements import Requirement, is_needed
from portal.models.authorizations import (
    AuthorizationLineRow,
    AuthorizationRow,
    AuthorizationRuleRow,
    AuthorizationUseRow,
)
from portal.models.claims import ClaimRow
from portal.services.granted.uses import care_of, lines_of, nights, parts_of, uses_of
from portal.services.unit_of_work.work import UnitOfWork

_CODES_AT_ONCE = 100
_VOID = "8"
_NOT_GRANTED = ("DRAFT", *WAITING, "DENIED")


@dataclass(frozen=True, slots=True)
class LineStanding:
    """An authorization besides the claim's: the payer's number, what lines take of it, and which (from 1)."""

    number: str
    authorization_id: bytes
    taken: tuple[Taken, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for one claim: the payer's number, what it takes, and why which line (from 1) is not covered."""

    number: str = ""
    authorization_id: bytes | None = None
    taken: tuple[Taken, ...] = ()
    more: tuple[LineStanding, ...] = ()
    obstacles: tuple[tuple[int, str], ...] = ()
    unrecorded: bool = False
    """The number came with the visit, and no authorization of ours has it."""
    brought: tuple[tuple[int, str], ...] = ()
    """Lines (from 1) that came with such a number of their own."""

    def on(self, claim: Claim) -> Claim:
        """A claim with the numbers that stand for it: its own, and those of lines that others cover.

        A number that came with a line stays where none of ours covers the line; the claim's own is not said twice.
        """
        numbers = {**dict(self.brought), **{n: one.number for one in self.more for n in one.lines}}
        lines = tuple(replace(line, authorization=numbers.get(n, "")) for n, line in enumerate(claim.lines, 1))
        return replace(claim, authorization=self.number, lines=lines)


def numbered(uow: UnitOfWork, rows: Sequence[ClaimRow], built: Mapping[bytes, Claim]) -> dict[bytes, Claim]:
    """The claims with the number (REF*G1) of the authorization that covers them; one that came with one keeps it.

    Lines that another one covers carry its number themselves, but on a facility's bill, which has none on its lines.
    """
    standing = standing_of(uow, rows, built)
    return {id_: standing[id_].on(claim) for id_, claim in built.items()}


def standing_of(uow: UnitOfWork, rows: Sequence[ClaimRow], built: Mapping[bytes, Claim]) -> dict[bytes, Standing]:
    """What stands for each claim, in the order given: what an earlier one takes, a later one does not find."""
    rules = rules_of(uow, {row.payer_id for row in rows}, {line.code for row in rows for line in built[row.id].lines})
    cares = _Cares(uow, rows)
    found = {}
    for row in rows:
        claim = built[row.id]
        services = _services(rules, row.payer_id, claim)
        found[row.id] = cares.standing_of(row, claim, services)
    return found


def rules_of(uow: UnitOfWork, payers: Iterable[bytes], codes: Iterable[str]) -> tuple[Requirement, ...]:
    """The rules of the practice that may speak of codes to payers."""
    rule, wanted, among = AuthorizationRuleRow, sorted(set(codes)), sorted(set(payers))
    found: list[Requirement] = []
    for start in range(0, len(wanted), _CODES_AT_ONCE):
        part = wanted[start : start + _CODES_AT_ONCE]
        rows = uow.rows(
            uow.select(
                rule.payer_id, rule.code_first, rule.code_last, rule.place, rule.needed, rule.valid_from, rule.valid_to
            ).where(
                or_(rule.payer_id.in_(among), rule.payer_id.is_(None)),
                or_(*(and_(rule.code_first <= code, rule.code_last >= code) for code in part)),
            )
        )
        found += [
            Requirement(
                row.payer_id, row.code_first, row.code_last, row.place, row.needed, row.valid_from, row.valid_to
            )
            for row in rows
        ]
    return tuple(found)


class _Cares:
    """The authorizations of some patients, and what claims have taken of them."""

    def __init__(self, uow: UnitOfWork, rows: Sequence[ClaimRow]) -> None:
        self.uow = uow
        self.by_pair: dict[tuple[bytes, bytes], list[Any]] = {}
        row, line, use = AuthorizationRow, AuthorizationLineRow, AuthorizationUseRow
        for part in parts_of(claim.patient_id for claim in rows):
            statement = uow.select(
                row.id, row.practice_id, row.patient_id, row.payer_id, row.state, row.valid_from, row.valid_to,
                row.limits, row.number_sealed,
            ).where(row.patient_id.in_(part), row.state.in_((*STANDING, *_NOT_GRANTED)))  # fmt: skip
            for one in uow.rows(statement.order_by(row.created_at, row.id)):
                self.by_pair.setdefault((one.patient_id, one.payer_id), []).append(one)
        ids = {one.id for those in self.by_pair.values() for one in those}
        self.lines = lines_of(uow, ids)
        self.codes: dict[bytes, set[str]] = {}
        self.taken: dict[bytes, tuple[Taken, ...]] = {}
        """By claim: what it has, and in this run takes."""
        for part in parts_of(ids):
            for one in uow.rows(uow.select(line.authorization_id, line.code).where(line.authorization_id.in_(part))):
                self.codes.setdefault(one.authorization_id, set()).add(one.code)
            for claim_id, taken in uses_of(uow, use.authorization_id.in_(part)):
                self.taken[claim_id] = (*self.taken.get(claim_id, ()), taken)

    def standing_of(self, row: ClaimRow, claim: Claim, services: Sequence[BilledService]) -> Standing:
        """What stands for a claim; numbers that lines brought and that are not ours hold nothing up."""
        found = self.standing(row, claim.authorization, services, several=claim.institutional is None)
        if not any(line.authorization for line in claim.lines):
            return found
        here = self.by_pair.get((row.patient_id, row.payer_id), ())
        ours = {self._number(one) for one in here if one.number_sealed is not None} | {"", claim.authorization}
        taken = {one.key for one in (*found.taken, *(each for other in found.more for each in other.taken))}
        brought = {
            n: line.authorization
            for n, line in enumerate(claim.lines, 1)
            if services[n - 1].key not in taken and line.authorization not in ours
        }
        return replace(
            found, brought=tuple(brought.items()),
            obstacles=tuple((n, why) for n, why in found.obstacles if n not in brought),
            unrecorded=found.unrecorded or any(services[n - 1].needed for n in brought),
        )  # fmt: skip

    def _billed(self, claim_id: bytes, here: Sequence[Any]) -> dict[bytes, set[str]]:
        """The lines of a claim (REF*6R) that each authorization covers."""
        held = self.taken.get(claim_id, ())
        of = {row.id: {line.id for line in self.lines.get(row.id, ())} for row in here}
        billed = {id_: {one.key for one in held if one.line_id in lines} for id_, lines in of.items()}
        return {id_: keys for id_, keys in billed.items() if keys}

    def standing(self, claim: ClaimRow, stated: str, services: Sequence[BilledService], *, several: bool) -> Standing:
        here = self.by_pair.get((claim.patient_id, claim.payer_id), ())
        mine = {one.line_id for one in self.taken.get(claim.id, ())}
        every = cares = self._cares(claim.id, [row for row in here if row.state in STANDING])
        if stated:
            numbers = {row.id: self._number(row) for row in here if row.number_sealed is not None}
            cares = [care for care in cares if numbers.get(care.id) == stated]
        if claim.frequency == _VOID:
            return self._as_billed(self._billed(claim.id, here), here, stated, services)
        used = [care for care in cares if any(line.id in mine for line in care.lines)]
        care, taken = self._chosen(used, cares, services)
        others = self._others(here, every, care, taken, services) if care is not None and several else ()
        every_taken = (*taken, *(each for other in others for each in other.taken))
        covered = {one.key for one in every_taken}
        missing = [(n, one) for n, one in enumerate(services, 1) if one.needed and one.key not in covered]
        if care is not None:
            self.taken[claim.id] = every_taken
        if stated and not cares:
            return Standing(stated, unrecorded=any(one.needed for one in services))
        open_codes: dict[str, set[str]] = {}
        for row in here:
            open_codes.setdefault(row.state, set()).update(self.codes.get(row.id, ()))
        left = [each.with_more(every_taken) for each in every]
        obstacles = tuple((n, obstacle(left, open_codes, one)) for n, one in missing)
        if care is None:
            return Standing(stated, obstacles=obstacles)
        return Standing(stated or self._open(here, care.id), care.id, taken, others, obstacles)

    def _as_billed(
        self, billed: Mapping[bytes, set[str]], here: Sequence[Any], stated: str, services: Sequence[BilledService]
    ) -> Standing:
        """The numbers under which a claim went that is voided: told by what it took and has not given back.

        The claim's own is what `choose` took before the others: that of most lines which need leave, then of most.
        """
        needed, places = {one.key for one in services if one.needed}, {one.key: n for n, one in enumerate(services, 1)}

        def worth(row: Any) -> tuple[bool, int, int, int, bytes]:
            met, last = billed[row.id], row.valid_to or date.max
            own = bool(stated) and self._number(row) == stated
            return own, len(met & needed), len(met), -last.toordinal(), row.id

        rows = sorted((row for row in here if row.id in billed), key=worth, reverse=True)
        if not rows or (stated and not worth(rows[0])[0]):
            return Standing(stated)
        more = tuple(
            LineStanding(
                self._number(row), row.id, (), tuple(sorted(places[key] for key in billed[row.id] & places.keys()))
            )
            for row in rows[1:]
        )
        return Standing(self._number(rows[0]), rows[0].id, more=more)

    def _others(
        self, here: Sequence[Any], every: Sequence[GrantedCare], care: GrantedCare, taken: Sequence[Taken],
        services: Sequence[BilledService],
    ) -> tuple[LineStanding, ...]:  # fmt: skip
        """Authorizations that cover lines which need one and which that of the claim does not cover, best first."""
        places = {one.key: n for n, one in enumerate(services, 1)}
        free = [each for each in every if each.id != care.id]
        return tuple(
            LineStanding(self._open(here, other.id), other.id, more, tuple(places[one.key] for one in more))
            for other, more in besides(free, taken, services)
        )

    @staticmethod
    def _chosen(
        used: Sequence[GrantedCare], cares: Sequence[GrantedCare], services: Sequence[BilledService]
    ) -> tuple[GrantedCare | None, tuple[Taken, ...]]:
        """What a claim used before it uses again where it can; else the best there is."""
        needed = {one.key for one in services if one.needed}
        for care in used:
            taken = take(care, services)
            if taken and needed <= {one.key for one in taken}:
                return care, taken
        try:
            return choose(cares, services)
        except ValueError:
            return None, ()

    def _cares(self, claim_id: bytes, rows: Sequence[Any]) -> list[GrantedCare]:
        """Authorizations without what a claim has of them itself, and with what those before it in this run take."""
        wanted = {line.id for row in rows for line in self.lines.get(row.id, ())}
        others = [one for id_, taken in self.taken.items() if id_ != claim_id for one in taken if one.line_id in wanted]
        return [
            care_of(row, tuple(replace(line, spent=()).with_more(others) for line in self.lines.get(row.id, ())))
            for row in rows
        ]

    def _open(self, here: Iterable[Any], id_: bytes) -> str:
        return self._number(next(row for row in here if row.id == id_))

    def _number(self, row: Any) -> str:
        found: str | None = self.uow.open(
            row.number_sealed, AuthorizationRow.number_sealed, row=row.id, subject=row.patient_id,
            practice=row.practice_id,
        )  # fmt: skip
        return found or ""


def _services(rules: Sequence[Requirement], payer_id: bytes, claim: Claim) -> tuple[BilledService, ...]:
    found, stay = [], _stay(claim)
    for n, line in enumerate(claim.lines, 1):
        first = line.from_date or date.min
        found.append(
            BilledService(
                line.control or str(n), line.code, line.modifiers, int(line.units * 1000), first,
                line.to_date or first, is_needed(rules, payer_id, line.code, line.place or claim.place, first), stay,
            )
        )  # fmt: skip
    return tuple(found)


def _stay(claim: Claim) -> Span | None:
    """The days of an inpatient stay; None for other care."""
    said = claim.institutional
    if said is None or said.statement_from is None or claim.place not in STAYS:
        return None
    here = said.patient_status == STILL_THERE
    return nights(said.statement_from, said.statement_to or said.statement_from, still_here=here)
