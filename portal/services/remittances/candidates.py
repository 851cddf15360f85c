"""Claims of ours that a payment may speak of, loaded for matching: by our number, the payer's, then by identity."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.domain.claims import LIFE
from portal.domain.posting.matching import Candidate, Candidates, match_claim
from portal.domain.remittances import ClaimPayment, Payment
from portal.domain.texts import T_, Text
from portal.models.claims import ClaimRow, ClaimVersionRow
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientRow
from portal.models.remittances import RemittanceClaimRow
from portal.services.unit_of_work.work import UnitOfWork

_SLICE = 500
_CLAIM_COLUMNS = tuple(ClaimRow.__table__.columns.keys())

_NOT_SENT = T_(
    "The claim it names was never sent, or waits to be sent again. Settle that first, then match it by hand."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a payment's claims were matched to: by position the claim's id, or why there is none."""

    matches: dict[int, bytes]
    whys: dict[int, Text]
    claims: dict[bytes, dict[str, Any]]
    """Complete column values of every claim matched, as they stood."""
    covers: dict[bytes, list[Any]]
    """Coverages by patient: id, payer_id, rank, valid_from, valid_to, member_id_index."""


def slices(ids: Iterable[Any]) -> Iterator[list[Any]]:
    """Sorted ids without doubles, 500 at a time: what one IN takes."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _SLICE):
        yield ordered[start : start + _SLICE]


def find(uow: UnitOfWork, payment: Payment) -> Found:
    """Match every claim of a payment within reach; names are opened only where numbers alone do not settle it."""
    search = _Search(uow)
    search.by_control(payment.claims)
    search.accept(payment.claims)
    rest = {index: claim for index, claim in enumerate(payment.claims) if index not in search.matches}
    if rest:
        search.by_payer_control(rest.values())
        search.by_identity(rest.values())
        search.accept(payment.claims)
    return Found(search.matches, search.whys, search.claims, search.covers)


class _Search:
    """The claims loaded so far, and the candidates made of them."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.claims: dict[bytes, dict[str, Any]] = {}
        self.covers: dict[bytes, list[Any]] = {}
        self.matches: dict[int, bytes] = {}
        self.whys: dict[int, Text] = {}
        self.controls: dict[bytes, set[str]] = {}
        self.payer_controls: dict[bytes, set[str]] = {}
        self.opened: dict[bytes, tuple[str, str]] = {}

    def by_control(self, claims: Sequence[ClaimPayment]) -> None:
        """Claims by CLP01, of their newest version or of an earlier one."""
        wanted = {form for claim in claims for form in (claim.control, _plain(claim.control)) if form}
        for some in slices(wanted):
            self._load(ClaimRow.control.in_(some))
        left = wanted - {values["control"] for values in self.claims.values()}
        versions: list[Any] = []
        for some in slices(left):
            versions += self.uow.rows(
                self.uow.select(ClaimVersionRow.claim_id, ClaimVersionRow.control).where(
                    ClaimVersionRow.control.in_(some)
                )
            )
        self._load_ids({row.claim_id for row in versions})
        for claim_id, values in self.claims.items():
            self.controls.setdefault(claim_id, set()).add(values["control"])
        for row in versions:
            self.controls.setdefault(row.claim_id, set()).add(row.control)
        self._contradictions(claims)

    def by_payer_control(self, claims: Collection[ClaimPayment]) -> None:
        """Claims by CLP07: as acknowledged (277CA), or as an earlier remittance gave it."""
        given = {claim.payer_control for claim in claims if claim.payer_control}
        tokens = {token for text in given for token in self.uow.tokens("payer-control", text)}
        for some in slices(tokens):
            self._load(ClaimRow.payer_control_index.in_(some))
            earlier = self.uow.rows(
                self.uow.select(
                    RemittanceClaimRow.id, RemittanceClaimRow.claim_id, RemittanceClaimRow.subject_id,
                    RemittanceClaimRow.payer_control_sealed,
                ).where(RemittanceClaimRow.payer_control_index.in_(some), RemittanceClaimRow.claim_id.is_not(None))
            )  # fmt: skip
            self._load_ids({row.claim_id for row in earlier})
            for row in earlier:
                text = self.uow.open(
                    row.payer_control_sealed, RemittanceClaimRow.payer_control_sealed, row=row.id,
                    subject=row.subject_id,
                )  # fmt: skip
                self.payer_controls.setdefault(row.claim_id, set()).add(text)
            for claim_id, values in self.claims.items():
                if values["payer_control_index"] in tokens:
                    text = self.uow.open(
                        values["payer_control_sealed"], ClaimRow.payer_control_sealed, row=claim_id,
                        subject=values["patient_id"],
                    )  # fmt: skip
                    self.payer_controls.setdefault(claim_id, set()).add(text)
        self._contradictions(claims)

    def by_identity(self, claims: Collection[ClaimPayment]) -> None:
        """Claims of the members named, on the days named: their names are opened and compared."""
        given = {text for claim in claims for text in _members(claim)}
        tokens = {token for text in given for token in self.uow.tokens("member-id", text)}
        named = [
            claim.from_date or min((s.from_date for s in claim.services if s.from_date), default=None)
            for claim in claims
        ]
        days = [day for day in named if day is not None]
        if not days:
            return
        for some in slices(tokens):
            covers = self.uow.rows(self.uow.select(CoverageRow.id).where(CoverageRow.member_id_index.in_(some)))
            for ids in slices(row.id for row in covers):
                self._load(
                    ClaimRow.coverage_id.in_(ids),
                    ClaimRow.service_from >= min(days),
                    ClaimRow.service_from <= max(days),
                )
        for claim_id in self.claims:
            self._open_names(claim_id)

    def accept(self, claims: Sequence[ClaimPayment]) -> None:
        """Match what is not matched yet among the claims loaded."""
        candidates = Candidates.of(self._candidate(claim_id) for claim_id in self.claims)
        for index, claim in enumerate(claims):
            if index in self.matches:
                continue
            match = match_claim(claim, candidates)
            if match.candidate is None:
                self.whys[index] = match.why or _NOT_SENT
            elif not answerable(self.claims[match.candidate.claim_id]["state"]):
                self.whys[index] = _NOT_SENT
            else:
                self.matches[index] = match.candidate.claim_id
                self.whys.pop(index, None)

    def _candidate(self, claim_id: bytes) -> Candidate:
        values = self.claims[claim_id]
        last, member = self.opened.get(claim_id, ("", ""))
        return Candidate(
            claim_id,
            tuple(self.controls.get(claim_id, ())),
            values["charge_cents"],
            tuple(self.payer_controls.get(claim_id, ())),
            last=last,
            member_id=member,
            from_date=values["service_from"],
        )

    def _contradictions(self, claims: Collection[ClaimPayment]) -> None:
        """Open name and member id of a claim whose number is named for what seems another member."""
        named: dict[str, set[frozenset[bytes]]] = {}  # each member named, by the tokens that it may stand under
        for claim in claims:
            for number in (claim.control, claim.payer_control):
                if number:
                    members = {self.uow.tokens("member-id", text) for text in _members(claim)}
                    named.setdefault(_plain(number), set()).update(members)
        for claim_id, values in self.claims.items():
            numbers = self.controls.get(claim_id, set()) | self.payer_controls.get(claim_id, set())
            members = {tokens for number in numbers for tokens in named.get(_plain(number), ())}
            ours = {cover.member_id_index for cover in self.covers.get(values["patient_id"], ())}
            if any(not tokens & ours for tokens in members):
                self._open_names(claim_id)

    def _open_names(self, claim_id: bytes) -> None:
        if claim_id in self.opened:
            return
        values = self.claims[claim_id]
        patient = values["patient_id"]
        row = self.uow.row(
            self.uow.select(PatientRow.last_name_sealed, CoverageRow.member_id_sealed).where(
                PatientRow.id == CoverageRow.patient_id, CoverageRow.id == values["coverage_id"]
            )
        )
        if row is None:
            return
        self.opened[claim_id] = (
            self.uow.open(row.last_name_sealed, PatientRow.last_name_sealed, row=patient, subject=patient),
            self.uow.open(
                row.member_id_sealed, CoverageRow.member_id_sealed, row=values["coverage_id"], subject=patient
            ),
        )

    def _load_ids(self, ids: Iterable[bytes]) -> None:
        for some in slices(set(ids) - self.claims.keys()):
            self._load(ClaimRow.id.in_(some))

    def _load(self, *where: Any) -> None:
        rows = self.uow.rows(self.uow.select(*(getattr(ClaimRow, name) for name in _CLAIM_COLUMNS)).where(*where))
        fresh = [dict(row._mapping) for row in rows if row.id not in self.claims]  # noqa: SLF001 - the public name of it
        self.claims |= {values["id"]: values for values in fresh}
        self._cover({values["patient_id"] for values in fresh})

    def _cover(self, patients: set[bytes]) -> None:
        for some in slices(patients - self.covers.keys()):
            self.covers |= {patient: [] for patient in some}
            for row in self.uow.rows(
                self.uow.select(
                    CoverageRow.id, CoverageRow.patient_id, CoverageRow.payer_id, CoverageRow.rank,
                    CoverageRow.valid_from, CoverageRow.valid_to, CoverageRow.member_id_index,
                ).where(CoverageRow.patient_id.in_(some))
            ):  # fmt: skip
                self.covers[row.patient_id].append(row)


def answerable(state: str) -> bool:
    """Whether a payer can have an answer to a claim in this state."""
    return state == "ADJUDICATED" or LIFE.allows(state, "ADJUDICATED")


def _members(claim: ClaimPayment) -> set[str]:
    return {name.identifier for name in (claim.patient, claim.subscriber, claim.corrected)} - {""}


def _plain(text: str) -> str:
    """As matching compares numbers: letters and digits in upper case."""
    return "".join(filter(str.isalnum, text)).upper()
