"""Coverage, claim status and reviews asked of the payers, over real files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from portal.domain.authorizations import AuthorizationRequest, ReviewedService
from portal.domain.eligibility import EligibilityAnswer, EligibilityQuestion, Member
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.remittances import Name
from portal.domain.status import StatusQuestion
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.members import SHARES, MemberDesk, known_members
from portal.sandbox.practice import PAYERS, Patient, practice
from portal.sandbox.reviews import SHARES as REVIEW_SHARES
from portal.sandbox.visits import claims_by_day, visits
from portal.x12.acknowledgements.reading import read_acknowledgements
from portal.x12.authorizations.reading import read_decisions
from portal.x12.authorizations.writing import write_requests
from portal.x12.check import check
from portal.x12.claims.writing import write_claims
from portal.x12.coverage.answering import read_answers
from portal.x12.coverage.asking import write_questions
from portal.x12.reader import read
from portal.x12.status import read_statuses
from portal.x12.status_out import write_inquiries
from tests.sandbox.processor import SetClock

TODAY = date(2026, 8, 21)
PARTNER = Partner("ZZ", "JUNIPER", "ZZ", "VALLEY", "JUNIPER", "VALLEY", "T", "Juniper", "Desk", "5035550142", "Valley")
MADE = practice(1, today=TODAY)
PROVIDER = Name("JUNIPER RIDGE", qualifier="XX", identifier=MADE.billing.npi)
INSURED = next(patient for patient in MADE.patients if patient.covers and patient.covers[0].relationship == "18")
CHILD = next(patient for patient in MADE.patients if patient.covers and patient.covers[0].relationship == "19")


class House:
    """A clearinghouse over folders, with numbers that count up."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.clock = SetClock(datetime(2026, 8, 21, 12, tzinfo=UTC))
        self.out, self.back = folder / "out", folder / "in"
        self.out.mkdir()
        self.back.mkdir()
        self.house = Clearinghouse(self.out, self.back, clock=self.clock, **options)  # type: ignore[arg-type]
        self.sent = 0

    def numbers(self) -> ControlNumbers:
        self.sent += 1
        return ControlNumbers(self.sent, self.sent, 1)

    def put(self, data: bytes) -> dict[str, list[bytes]]:
        """Send one file; the answers by the ending of their names."""
        (self.out / f"{self.sent}.edi").write_bytes(data)
        return self.collect()

    def collect(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for path in self.house.collect():
            found.setdefault(path.suffix[1:], []).append(path.read_bytes())
        return found

    def ask(self, *questions: EligibilityQuestion) -> list[EligibilityAnswer]:
        answers = self.put(write_questions(questions, partner=PARTNER, numbers=self.numbers(), at=self.clock.now()))
        assert len(answers["ta1"]) == len(answers["999"]) == 1
        assert all(check(data).clean for data in answers["271"])
        return [one for data in answers["271"] for one in read_answers(read(data)).answers]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def question(patient: Patient, trace: str = "T1") -> EligibilityQuestion:
    cover = patient.covers[0]
    own = cover.relationship == "18"
    return EligibilityQuestion(
        trace,
        Name(cover.payer_name, qualifier="PI", identifier=cover.payer_id),
        PROVIDER,
        Member(cover.subscriber, cover.member_id),
        TODAY,
        dependent=None if own else patient.person,
        relationship="" if own else cover.relationship,
    )


def request(code: str = "J3301", units: int = 4) -> AuthorizationRequest:
    asked = question(INSURED)
    return AuthorizationRequest(
        "A1", asked.payer, PROVIDER, asked.subscriber, "HS", services=(ReviewedService(code, units=Decimal(units)),),
        from_date=TODAY,
    )  # fmt: skip


def test_everybody_is_answered_by_trace(tmp_path: Path) -> None:
    house = House(tmp_path, members=known_members(MADE.patients))
    insured = [patient for patient in MADE.patients if patient.covers]
    answers = house.ask(*(question(patient, f"T{n}") for n, patient in enumerate(insured)))
    assert sorted(trace for one in answers for trace in one.traces) == sorted(f"T{n}" for n in range(len(insured)))
    states = Counter(one.state(TODAY) for one in answers)
    assert states["active"] > states["rejected"] > 0
    assert states["inactive"] > 0
    assert any(one.other_payers for one in answers)


@pytest.mark.parametrize(
    ("case", "state", "reasons"),
    [
        ("active", "active", []),
        ("other-payer", "active", []),
        ("inactive", "inactive", []),
        ("not-found", "rejected", ["75"]),
        ("wrong-number", "rejected", ["72"]),
        ("busy", "rejected", ["42"]),
    ],
)
def test_each_case_is_told(tmp_path: Path, case: str, state: str, reasons: list[str]) -> None:
    assert case in SHARES
    house = House(tmp_path, cases={INSURED.covers[0].member_id: case})
    (found,) = house.ask(question(INSURED))
    assert found.state(TODAY) == state
    assert [one.reason for one in found.rejections] == reasons
    assert bool(found.other_payers) == (case == "other-payer")
    (again,) = house.ask(question(INSURED))
    assert again.state(TODAY) == ("active" if case == "busy" else state)


def test_a_dependent_is_answered_below_the_subscriber(tmp_path: Path) -> None:
    cases = {CHILD.covers[0].member_id: "active"}
    house = House(tmp_path, members=known_members(MADE.patients), cases=cases)
    (found,) = house.ask(question(CHILD))
    assert found.dependent is not None
    assert (found.dependent.birth_date, found.state(TODAY)) == (CHILD.person.birth_date, "active")
    wrong = replace(question(CHILD), dependent=replace(CHILD.person, birth_date=date(1990, 1, 1)))
    (refused,) = house.ask(wrong)
    assert [(one.level, one.reason) for one in refused.rejections] == [("dependent", "71")]


def test_a_number_nobody_has_and_a_payer_nobody_knows(tmp_path: Path) -> None:
    house = House(tmp_path, members=known_members(MADE.patients))
    stranger = replace(question(INSURED), subscriber=Member(INSURED.person, "NOBODY1"))
    (found,) = house.ask(stranger)
    assert [one.reason for one in found.rejections] == ["75"]
    elsewhere = replace(question(INSURED), payer=Name("ELSEWHERE", qualifier="PI", identifier="XXX99"))
    (refused,) = house.ask(elsewhere)
    assert refused.subscriber is None
    assert refused.reference == f"{house.sent:09d}-0001"
    assert [(one.level, one.reason) for one in refused.rejections] == [("payer", "79")]


def test_shares_are_met_by_about_so_many() -> None:
    desk = MemberDesk(PAYERS)
    found = Counter(desk.case("CBH03", f"CBH{n:08d}") for n in range(2000))
    assert set(found) == set(SHARES)
    assert all(abs(found[case] / 20 - share) < 3 for case, share in SHARES.items())
    assert sum(SHARES.values()) == sum(REVIEW_SHARES.values()) == 100


def test_a_claim_is_followed_to_its_payment(house: House) -> None:
    every = claims_by_day(visits(MADE, first=date(2026, 6, 1), last=date(2026, 8, 20)))
    claims = [claim for day in sorted(every) for claim in every[day]][:40]
    house.put(write_claims(claims, partner=PARTNER, numbers=house.numbers(), at=house.clock.now()))
    questions = [
        StatusQuestion(
            f"S{n}",
            Name(claim.cover.payer_name, qualifier="PI", identifier=claim.cover.payer_id),
            PROVIDER,
            Member(claim.cover.subscriber, claim.cover.member_id),
            claim_control=claim.control,
            charge_cents=claim.charge_cents,
        )
        for n, claim in enumerate(claims)
    ]
    lost = replace(questions[0], trace="LOST", claim_control="NEVER-SENT")

    def standings(*asked: StatusQuestion) -> dict[str, str]:
        data = write_inquiries(asked, partner=PARTNER, numbers=house.numbers(), at=house.clock.now())
        files = house.put(data)["277"]
        assert all(check(each).clean for each in files)
        return {one.trace: one.standing for each in files for one in read_statuses(read(each)).answers}

    early = standings(*questions, lost)
    assert early.pop("LOST") == "not-found"
    assert set(early.values()) == {"pending", "rejected"}
    house.clock.instant += timedelta(days=60)
    house.house.pay()
    later = standings(*questions)
    assert set(later.values()) <= {"paid", "denied", "rejected"}
    assert "paid" in later.values()


def decide(house: House, *requests: AuthorizationRequest) -> list:
    answers = house.put(write_requests(requests, partner=PARTNER, numbers=house.numbers(), at=house.clock.now()))
    assert all(check(data).clean for data in answers["278"])
    return [one for data in answers["278"] for one in read_decisions(read(data)).answers]


@pytest.mark.parametrize(
    ("case", "action"),
    [
        ("granted", "approved"),
        ("fewer-units", "modified"),
        ("pended", "pended"),
        ("denied", "denied"),
        ("not-required", "not-required"),
        ("call", "contact"),
    ],
)
def test_a_request_is_decided(tmp_path: Path, case: str, action: str) -> None:
    house = House(tmp_path, cases={"J3301": case})
    (found,) = decide(house, request())
    assert (found.action, found.review.trace) == (action, "A1")
    assert bool(found.number) == (action in {"approved", "modified"})
    assert found.review.services[0].units == (2 if case == "fewer-units" else 4)
    house.clock.instant += timedelta(days=4)
    later = [one for data in house.collect().get("278", []) for one in read_decisions(read(data)).answers]
    assert [one.action for one in later] == (["approved"] if case == "pended" else [])


def test_only_what_was_granted_is_cancelled(tmp_path: Path) -> None:
    house = House(tmp_path, cases={"J3301": "granted"})
    (granted,) = decide(house, request())
    (cancelled,) = decide(house, replace(request(), certification="3", previous_number=granted.number))
    assert cancelled.action == "cancelled"
    (refused,) = decide(house, replace(request(), certification="3", previous_number="NONE1"))
    assert [one.reason for one in refused.rejections] == ["AA"]


def test_requests_that_no_payer_can_take_are_refused(house: House) -> None:
    (nobody,) = decide(house, replace(request(), reviewer=Name("ELSEWHERE", qualifier="PI", identifier="XXX99")))
    assert [(one.level, one.reason) for one in nobody.rejections] == [("payer", "79")]
    without = replace(request(), subscriber=Member(INSURED.person))
    (refused,) = decide(house, without)
    assert [(one.level, one.reason) for one in refused.rejections] == [("subscriber", "72")]


def test_a_claim_set_beside_a_question_is_acknowledged_alone(house: House) -> None:
    files = house.put(
        write_questions([question(INSURED)], partner=PARTNER, numbers=house.numbers(), at=house.clock.now())
    )
    assert set(files) == {"ta1", "999", "271"}
    assert [one.outcome for one in read_acknowledgements(read(files["999"][0])).items] == ["accepted", "accepted"]
