"""Who comes and who pays: accounts, coverage, payers and clinicians, found or made from a visit's registration data."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func

from portal.domain.claims import BillingProvider, Claim, Cover, Person
from portal.domain.errors import Refused
from portal.domain.interchanges import Finding
from portal.domain.patients import as_people_write, same_person
from portal.domain.payers import INSURANCE_TYPES
from portal.domain.practices import is_npi
from portal.domain.texts import T_, Text
from portal.models.coverage import CoverageRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import ProviderRow
from portal.services.unit_of_work.work import UnitOfWork


@dataclass(slots=True)
class Notes:
    """What a person should look at, gathered while a visit is taken in; `segment` is where the visit stands."""

    segment: int
    findings: list[Finding] = field(default_factory=list)
    compare: list[tuple[str, Text]] = field(default_factory=list)
    """Reasons for which people should compare names or coverage."""

    def add(self, code: str, text: Text, *, compare: bool = False) -> None:
        """One more finding at the visit."""
        self.findings.append(Finding(self.segment, code, text))
        if compare:
            self.compare.append((code, text))


def person_values(person: Person) -> dict[str, Any]:
    """A person as JSON, as `coverage.subscriber` is stored."""
    values = asdict(person)
    values["birth_date"] = person.birth_date.isoformat() if person.birth_date else None
    return values


def patient(uow: UnitOfWork, person: Person, cover: Cover, notes: Notes) -> tuple[bytes, bool]:
    """The account of a person, made when there is none; whether it was made.

    One account is taken for the person only when last name, first name and birth date agree, the sex does not
    contradict, and no second account does the same (`domain.patients.same_person`). What is merely alike gets an
    account of its own and goes to people to compare: two charts in one cannot be parted again.
    """
    assert person.birth_date is not None  # looked at before anything is made
    matches: list[bytes] = []
    alike: list[bytes] = []
    for id_, known in _candidates(uow, person.last, person.birth_date):
        if same_person(known, person) and not _contradicts(known.sex, person.sex):
            matches.append(id_)
        elif _begins_alike(known.first, person.first):
            alike.append(id_)
    if len(matches) > 1:
        matches = _with_member_id(uow, matches, cover.member_id) or matches
    if len(matches) == 1:
        return matches[0], False
    made = _make_patient(uow, person)
    if matches or _with_member_id(uow, alike, cover.member_id):
        notes.add(
            "patient-alike",
            T_("There is an account that is much alike; a new one was made. Compare the two."),
            compare=True,
        )
    return made.id, True


def _candidates(uow: UnitOfWork, last: str, birth_date: date) -> list[tuple[bytes, Person]]:
    """Accounts with this last name and birth date: found by their index, opened and compared by the caller."""
    tokens = uow.tokens("name-birth", last, birth_date)
    columns = (
        PatientRow.last_name_sealed, PatientRow.first_name_sealed, PatientRow.birth_date_sealed, PatientRow.sex_sealed,
    )  # fmt: skip
    found: list[tuple[bytes, Person]] = []
    if not tokens:
        return found
    where = (PatientRow.practice_id == uow.practice_id, PatientRow.name_birth_index.in_(tokens))
    for row in uow.rows(uow.select(PatientRow.id.label("patient_id"), *columns).where(*where)):
        opened = [
            uow.open(getattr(row, column.key), column, row=row.patient_id, subject=row.patient_id) for column in columns
        ]
        found.append((row.patient_id, Person(opened[0], opened[1], birth_date=opened[2], sex=opened[3])))
    return found


def _contradicts(one: str, other: str) -> bool:
    return {one, other} == {"F", "M"}


def _begins_alike(one: str, other: str) -> bool:
    one, other = one.casefold(), other.casefold()
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def _with_member_id(uow: UnitOfWork, patients: list[bytes], member_id: str) -> list[bytes]:
    """Those of some patients who have a coverage under this member id."""
    tokens = uow.tokens("member-id", member_id)
    if not tokens or not patients:
        return []
    where = (CoverageRow.member_id_index.in_(tokens), CoverageRow.patient_id.in_(patients))
    found = uow.rows(uow.select(CoverageRow.patient_id).where(*where).distinct())
    return [row.patient_id for row in found]


def _make_patient(uow: UnitOfWork, person: Person) -> PatientRow:
    made = uow.new(
        PatientRow,
        last_name_sealed=as_people_write(person.last),
        first_name_sealed=as_people_write(person.first),
        middle_name_sealed=as_people_write(person.middle) or None,
        suffix_sealed=person.suffix or None,
        birth_date_sealed=person.birth_date,
        sex_sealed=person.sex or "U",
        mrn_sealed=_free_number(uow, "mrn", PatientRow.mrn_index, groups=(8,)),
        account_number_sealed=_free_number(uow, "account", PatientRow.account_index, groups=(3, 3, 3)),
        address_sealed=_address_values(person),
        language="en_US",
        state="ACTIVE",
        created_at=uow.now,
    )
    uow.flush()
    return made


def _address_values(person: Person) -> dict[str, Any] | None:
    if person.address is None:
        return None
    return {
        name: as_people_write(value) if name in {"line1", "line2", "city"} else value
        for name, value in asdict(person.address).items()
    }


def _free_number(uow: UnitOfWork, rule: str, index: Any, *, groups: tuple[int, ...]) -> str:
    """A random number of the practice that nobody has: digits in groups, easy to say on the telephone.

    Random, so that it tells neither how many patients there are nor who came first.
    """
    while True:
        number = "-".join(f"{secrets.randbelow(9 * 10 ** (size - 1)) + 10 ** (size - 1)}" for size in groups)
        where = (PatientRow.practice_id == uow.practice_id, index.in_(uow.tokens(rule, number)))
        if uow.row(uow.select(PatientRow.id).where(*where)) is None:
            return number


def check_cover(uow: UnitOfWork, cover: Cover) -> bool:
    """Whether there is a coverage at all; raises Refused for one that names no payer or no member."""
    if not (cover.payer_id or cover.payer_name or cover.member_id):
        return False
    if uow.token("member-id", cover.member_id) is None:
        raise Refused(T_("The coverage has no member id; the visit was left out."), code="member-id")
    if not cover.payer_id and _payer_by_name(uow, cover.payer_name) is None:
        raise Refused(
            T_("The coverage names no payer by its id, and none is known by its name; the visit was left out."),
            code="payer-missing",
        )
    return True


def payer(uow: UnitOfWork, cover: Cover, notes: Notes) -> bytes:
    """The payer of a coverage by its id; one that is not known yet is made from what the file says of it."""
    if not cover.payer_id:
        found = _payer_by_name(uow, cover.payer_name)
        assert found is not None  # looked at by check_cover
        return found
    standing = uow.row(uow.select(PayerRow.id).where(PayerRow.code == cover.payer_id))
    if standing is not None:
        id_: bytes = standing.id
        return id_
    made = uow.new(
        PayerRow,
        code=cover.payer_id,
        name=cover.payer_name or cover.payer_id,
        kind=cover.filing_code or "CI",
        filing_limit_days=0,  # not known; `payers load` tells it
        appeal_levels=[],
        address=asdict(cover.payer_address) if cover.payer_address else None,
        remittance_ids=[],
    )
    uow.flush()
    notes.add(
        "payer-new",
        T_(
            "The payer {code} is not known here. It was added by its name; load its filing limit and levels of appeal.",
            code=cover.payer_id,
        ),
    )
    return made.id


def _payer_by_name(uow: UnitOfWork, name: str) -> bytes | None:
    found = uow.rows(uow.select(PayerRow.id).where(func.upper(PayerRow.name) == name.upper())) if name else ()
    return found[0].id if len(found) == 1 else None


def coverage(uow: UnitOfWork, patient_id: bytes, claim: Claim, since: date, notes: Notes) -> bytes:
    """The coverage of a visit, made when the patient has none of this payer, member id and rank.

    A second payer in the same rank is not judged here: both stand, and people are asked which one ended.
    """
    cover, payer_id = claim.cover, payer(uow, claim.cover, notes)
    tokens = uow.tokens("member-id", cover.member_id)
    standing = uow.rows(
        uow.select(
            CoverageRow.id, CoverageRow.payer_id, CoverageRow.rank, CoverageRow.member_id_index, CoverageRow.valid_to
        ).where(CoverageRow.patient_id == patient_id)
    )
    for row in standing:
        if (row.payer_id, row.rank) == (payer_id, cover.rank) and row.member_id_index in tokens:
            id_: bytes = row.id
            return id_
    rivals = [row for row in standing if row.rank == cover.rank and (row.valid_to is None or row.valid_to >= since)]
    made = uow.new(
        CoverageRow,
        patient_id=patient_id,
        payer_id=payer_id,
        rank=cover.rank,
        relationship=cover.relationship,
        filing_code=cover.filing_code or "CI",
        insurance_type=cover.insurance_type if cover.insurance_type in INSURANCE_TYPES else None,
        member_id_sealed=cover.member_id,
        group_number_sealed=cover.group_number or None,
        group_name_sealed=cover.group_name or None,
        subscriber_sealed=None if cover.relationship == "18" else person_values(cover.subscriber),
        valid_from=since if rivals else None,
        valid_to=None,
    )
    if rivals:
        notes.add(
            "coverage-changed",
            T_("The patient has another coverage of the same rank. Say which one ended, and when."),
            compare=True,
        )
    uow.flush()
    return made.id


def provider(uow: UnitOfWork, claim: Claim, notes: Notes) -> bytes | None:
    """The clinician of a visit: the rendering one, else the billing one where that is a person; made when first met."""
    named = claim.rendering
    npi, last, first, taxonomy = (
        (named.npi, named.last, named.first, named.taxonomy) if named is not None else _as_clinician(claim.billing)
    )
    if not last:
        return None
    if not is_npi(npi):
        notes.add(
            "provider-npi",
            T_("The clinician's NPI is missing or its check digit is wrong; choose the clinician when charges enter."),
        )
        return None
    standing = uow.row(uow.select(ProviderRow.id).where(ProviderRow.npi == npi))
    if standing is not None:
        id_: bytes = standing.id
        return id_
    made = uow.new(
        ProviderRow, npi=npi, last_name=as_people_write(last), first_name=as_people_write(first), taxonomy=taxonomy
    )
    uow.flush()
    return made.id


def _as_clinician(billing: BillingProvider) -> tuple[str, str, str, str]:
    return (billing.npi, billing.name, billing.first_name, billing.taxonomy) if billing.first_name else ("", "", "", "")
