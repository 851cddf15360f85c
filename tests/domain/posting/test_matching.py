from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.charges import Charge
from portal.domain.posting.matching import Candidate, Candidates, match_claim, match_services
from portal.domain.remittances import ClaimPayment, Name, ServicePayment

DAY = date(2026, 5, 5)
OURS = Candidate(b"a" * 16, ("C-100", "C-100B"), 10_000, ("P77",), "Ashgrove", "Mina", "W123", DAY)
OTHER = Candidate(b"b" * 16, ("C-200",), 10_000, ("P88",), "Birchall", "Tom", "W999", DAY)
BOTH = Candidates.of([OURS, OTHER])
PAID = ClaimPayment("C-100", "1", 10_000, 10_000, 2, patient=Name("ASHGROVE", "MINA", identifier="W123"), from_date=DAY)


@pytest.mark.parametrize(
    ("changes", "by"),
    [
        ({}, "control"),
        ({"control": "c100b"}, "control"),
        ({"control": "", "payer_control": "P77"}, "payer-control"),
        ({"control": "LOST"}, "identity"),
        ({"control": "LOST", "charge_cents": -10_000, "status": "22"}, "identity"),
        ({"control": "", "from_date": None, "services": (ServicePayment("G0438", (), 1, 1, 3, from_date=DAY),)},
         "identity"),
    ],
)  # fmt: skip
def test_a_claim_is_found_by_number_payer_number_or_identity(changes: dict[str, object], by: str) -> None:
    found = match_claim(replace(PAID, **changes), BOTH)  # type: ignore[arg-type]
    assert found.candidate == OURS
    assert found.by == by


@pytest.mark.parametrize("changes", [{"charge_cents": 9_999}, {"from_date": date(2026, 5, 6)}, {"patient": Name()}])
def test_identity_asks_for_all_of_it(changes: dict[str, object]) -> None:
    found = match_claim(replace(PAID, control="LOST", **changes), BOTH)  # type: ignore[arg-type]
    assert found.candidate is None
    assert str(found.why).startswith("No claim of ours")


def test_our_number_on_another_person_is_no_match() -> None:
    found = match_claim(replace(PAID, patient=Name("Cedar", "Ann", identifier="Z1")), BOTH)
    assert found.candidate is None
    assert "another person" in str(found.why)


def test_a_changed_name_or_a_changed_member_id_alone_does_not_contradict() -> None:
    assert match_claim(replace(PAID, patient=Name("Cedar", identifier="W123")), BOTH).by == "control"
    assert match_claim(replace(PAID, patient=Name("Ashgrove", identifier="Z1")), BOTH).by == "control"
    unopened = Candidates.of([replace(OURS, last="", member_id="")])
    assert match_claim(replace(PAID, patient=Name("Cedar", identifier="Z1")), unopened).by == "control"


def test_two_that_fit_are_none() -> None:
    twins = Candidates.of([OURS, replace(OURS, claim_id=b"c" * 16)])
    for claim in (PAID, replace(PAID, control="LOST")):
        found = match_claim(claim, twins)
        assert found.candidate is None
        assert str(found.why).startswith("2 claims")


def charge(at: int, code: str = "G0438", cents: int = 5_000, modifiers: tuple[str, ...] = ()) -> Charge:
    return Charge(b"%016d" % at, b"p" * 16, b"e" * 16, cents, code=code, modifiers=modifiers, from_date=DAY,
                  control=f"L{at}")  # fmt: skip


def service(code: str = "G0438", cents: int = 5_000, **changes: object) -> ServicePayment:
    made = ServicePayment(code, (), cents, cents, 3, from_date=DAY)
    return replace(made, **changes)  # type: ignore[arg-type]


CHARGES = (charge(0), charge(1, "J1885", 2_000), charge(2, "G0438", 5_000, ("59",)))


@pytest.mark.parametrize(
    ("services", "places"),
    [
        ((service(control="l1"),), (1,)),
        ((service("J1885", 1_000, control="L1"), service("J1885", 1_000, control="L1")), (1, 1)),
        ((service(modifiers=("59",)), service()), (2, 0)),
        ((service("J9999", 5_000, billed_code="G0438"),), (0,)),
        ((service("J1885", -2_000),), (1,)),
        ((service("J1885", 2_000, modifiers=("LT",)),), (1,)),
        ((service("Q9999", 2_000),), (1,)),
        ((service("Q9999", 5_000),), (None,)),
        ((service("J1885", 2_000, from_date=date(2026, 5, 6)),), (None,)),
        ((service("J1885", 2_000, from_date=None),), (1,)),
        ((service("J1885", 2_000), service("J1885", 2_000)), (1, None)),
    ],
)
def test_services_find_their_charges(services: tuple[ServicePayment, ...], places: tuple[int | None, ...]) -> None:
    claim = ClaimPayment("C", "1", 0, 0, 2, services=services)
    assert match_services(claim, CHARGES) == places


def test_a_service_without_a_date_takes_the_claims() -> None:
    claim = ClaimPayment(
        "C", "1", 0, 0, 2, from_date=date(2026, 5, 6), services=(service("J1885", 2_000, from_date=None),)
    )
    assert match_services(claim, CHARGES) == (None,)
