"""A practice's three months through the clearinghouse and back, over real files."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from portal.domain.claims import Claim, OtherPayer
from portal.domain.coordination import ClaimDecision, LineDecision
from portal.domain.interchanges import ControlNumbers, Partner
from portal.domain.remittances import Adjustment, imbalances
from portal.sandbox.clearinghouse import Clearinghouse
from portal.sandbox.outcomes import SHARES
from portal.sandbox.payer import STRAY
from portal.sandbox.practice import PAYERS, practice
from portal.sandbox.visits import claims_by_day, visits
from portal.x12.acknowledgements.reading import read_acknowledgements
from portal.x12.claims.writing import write_claims
from portal.x12.guides import validate
from portal.x12.reader import read
from portal.x12.remittances import read_remittances
from tests.sandbox.processor import SetClock

TODAY = date(2026, 8, 21)
PARTNER = Partner("ZZ", "JUNIPER", "ZZ", "VALLEY", "JUNIPER", "VALLEY", "T", "Juniper", "Desk", "5035550142", "Valley")


@dataclass
class World:
    house: Clearinghouse
    clock: SetClock
    out: Path
    back: Path
    sent: int = 0

    def send(self, claims) -> dict[str, list]:
        """Send one file, and what came back by kind."""
        self.sent += 1
        numbers = ControlNumbers(self.sent, self.sent, 1)
        data = write_claims(claims, partner=PARTNER, numbers=numbers, at=self.clock.now())
        return self.put(data, f"{self.sent}.837")

    def put(self, data: bytes, name: str) -> dict[str, list]:
        (self.out / name).write_bytes(data)
        answers: dict[str, list] = {"TA1": [], "999": [], "277CA": []}
        for path in self.house.collect():
            found = read_acknowledgements(read(path.read_bytes()))
            assert found.findings == ()
            for one in found.items:
                answers[one.kind].append(one)
        return answers

    def walk(self, days: int = 90) -> list:
        """Let days go by; every payment told, as read from the files."""
        told = []
        for _ in range(days):
            self.clock.instant += timedelta(days=1)
            for path in self.house.pay():
                found = read_remittances(read(path.read_bytes()))
                assert all(finding.code.startswith("balance") for finding in found.findings)
                told += found.payments
        return told


def world(folder: Path, **options) -> World:
    clock = SetClock(datetime(2026, 8, 21, 12, tzinfo=UTC))
    out, back = folder / "out", folder / "in"
    out.mkdir(parents=True)
    back.mkdir()
    return World(Clearinghouse(out, back, clock=clock, **options), clock, out, back)


@pytest.fixture(scope="module")
def made():
    return practice(1, today=TODAY)


@pytest.fixture(scope="module")
def claims(made) -> list[Claim]:
    seen = visits(made, first=TODAY - timedelta(days=91), last=TODAY)
    return [claim for day in claims_by_day(seen).values() for claim in day]


@pytest.fixture(scope="module")
def told(made, claims, tmp_path_factory):
    """Everything sent at once, three months gone by: the world, the first answers, the payments."""
    one = world(tmp_path_factory.mktemp("edi"), next_payers=made.crossovers())
    answers = one.send(claims)
    return one, answers, one.walk()


def case(told, name: str):
    return [outcome for outcome in told[0].house.outcomes if outcome.case == name]


def of(told, control: str):
    return [claim for payment in told[2] for claim in payment.claims if claim.control == control]


def test_every_fate_is_met(told):
    met = Counter(outcome.case for outcome in told[0].house.outcomes)
    assert set(SHARES) | {"forwarded", "duplicate"} == set(met)
    assert sum(SHARES.values()) == 100
    assert told[0].house.next_day() is None


def test_file_is_taken_and_answered_in_order(told, claims):
    one, answers, _ = told
    assert [path.name for path in (one.out / "taken").iterdir()] == ["1.837"]
    (ta1,) = answers["TA1"]
    assert (ta1.outcome, ta1.interchange_control) == ("accepted", "000000001")
    sets = [ack for ack in answers["999"] if ack.set_control]
    assert len(sets) == 5
    assert {ack.outcome for ack in answers["999"]} == {"accepted"}
    statuses = [ack for ack in answers["277CA"] if ack.level == "claim"]
    assert {ack.claim_control for ack in statuses} == {claim.control for claim in claims}
    by_claim: dict[str, list[str]] = {}
    for ack in statuses:
        by_claim.setdefault(ack.claim_control, []).append(ack.outcome)
    for outcome in one.house.outcomes:
        wanted = {"rejected-by-clearinghouse": ["rejected"], "rejected-by-payer": ["accepted", "rejected"]}
        assert by_claim[outcome.control] == wanted.get(outcome.case, ["accepted", "accepted"])


def test_files_keep_to_their_guides(told):
    one = told[0]
    for kind, few in (("ta1", 1), ("999", 1), ("277ca", 4), ("835", 6)):
        paths = sorted(one.back.glob(f"*.{kind}"))[:few]
        assert paths
        for path in paths:
            assert [finding for finding in validate(path.read_bytes()) if "IK" in finding.code] == []
    assert list(one.back.glob(".*")) == []


def test_totals_told_beforehand_are_the_totals_of_the_files(told):
    one, _, payments = told
    sound = [payment for payment in payments if not imbalances(payment)]
    paid = Counter()
    patient = Counter()
    for payment in sound:
        for claim in payment.claims:
            paid[claim.control] += claim.paid_cents
            if claim.status != "19":
                patient[claim.control] += sum(a.amount_cents for a in claim.every_adjustment() if a.group == "PR")
    assert paid.pop(STRAY.control) == STRAY.paid_cents
    for outcome in one.house.outcomes:
        assert paid[outcome.control] == outcome.paid_cents(), outcome.case
        assert patient[outcome.control] == outcome.patient_cents(), outcome.case
    assert sum(payment.amount_cents for payment in payments) == sum(p.amount_cents for p in one.house.payments)


def test_only_the_misadded_do_not_balance(told):
    off = [payment for payment in told[2] if imbalances(payment)]
    controls = sorted(claim.control for payment in off for claim in payment.claims)
    assert controls == sorted(outcome.control for outcome in case(told, "misadded"))


def test_open_amount_is_what_the_case_says(told):
    """Charge less paid, contractual and patient's: nought for the settled, above for denied, below for a credit."""
    for outcome in told[0].house.outcomes:
        left = outcome.charge_cents - outcome.paid_cents() - outcome.contractual_cents() - outcome.patient_cents()
        if outcome.case in {"paid", "underpaid", "corrected", "interest", "misadded", "forwarded", "not-covered"}:
            assert left == 0, outcome
        elif outcome.case == "paid-twice":
            assert left == -outcome.charge_cents
        elif outcome.case == "bundled":
            assert 0 < left < outcome.charge_cents
        else:
            assert left == outcome.charge_cents, outcome


def test_denials_carry_their_reasons(told):
    reasons = {"no-authorization": ("CO", "197"), "information-missing": ("CO", "16"), "too-late": ("CO", "29"),
               "not-necessary": ("CO", "50"), "not-covered": ("PR", "96"), "duplicate": ("CO", "18")}  # fmt: skip
    for name, reason in reasons.items():
        for outcome in case(told, name):
            (claim,) = of(told, outcome.control)
            assert claim.paid_cents == 0
            assert {(a.group, a.reason) for a in claim.every_adjustment()} == {reason}


def test_corrected_is_reversed_then_paid_right_and_the_difference_noted_and_taken(told):
    for outcome in case(told, "corrected"):
        first, back, right = of(told, outcome.control)
        assert (first.status, back.status, right.status) == ("1", "22", "1")
        assert back.paid_cents == -first.paid_cents
        assert back.charge_cents == -first.charge_cents
        assert [(a.group, a.reason, -a.amount_cents) for a in back.every_adjustment()] == [
            (a.group, a.reason, a.amount_cents) for a in first.every_adjustment()
        ]
        pairs = [
            plb.amount_cents
            for payment in told[2]
            for plb in payment.provider_adjustments
            if plb.reference == outcome.payer_control
        ]
        assert pairs == [right.paid_cents - first.paid_cents, first.paid_cents - right.paid_cents]


def test_what_is_carried_forward_is_taken_later_under_the_same_reference(told):
    carried: Counter[str] = Counter()
    seen = 0
    for payment in told[2]:
        for plb in payment.provider_adjustments:
            if plb.reason == "FB":
                seen += 1
                carried[plb.reference] += plb.amount_cents
                if plb.amount_cents < 0:
                    assert (payment.amount_cents, payment.method, plb.reference) == (0, "NON", payment.trace)
    assert seen
    assert {plb.reason for payment in told[2] for plb in payment.provider_adjustments} == {"FB", "WO", "L6"}
    assert all(cents <= 0 for cents in carried.values())
    assert any(cents == 0 for cents in carried.values())


def test_forwarded_claim_is_settled_by_the_next_payer(told):
    for outcome in case(told, "forwarded"):
        first, second = of(told, outcome.control)
        assert (first.status, second.status) == ("19", "2")
        assert first.crossover_payer
        assert second.paid_cents == first.patient_cents > 0
        assert all((a.group, a.reason) == ("OA", "23") for a in second.every_adjustment())


def test_bundled_line_names_the_code_it_was_billed_under(told, claims):
    billed = {claim.control: claim for claim in claims}
    for outcome in case(told, "bundled"):
        (claim,) = of(told, outcome.control)
        last = claim.services[-1]
        assert last.code == claim.services[0].code
        assert last.billed_code == billed[outcome.control].lines[-1].code
        assert (last.paid_cents, last.adjustments[0].reason) == (0, "97")


def test_same_claim_meets_the_same_fate_whatever_its_number(claims, tmp_path):
    one, two, salted = (world(tmp_path / name, salt=salt) for name, salt in (("a", ""), ("b", ""), ("c", "x")))
    few = claims[:30]
    one.send(few)
    two.send([replace(claim, control=f"OTHER{n}") for n, claim in enumerate(reversed(few))])
    salted.send(few)
    fates = [Counter((o.case, o.payer, o.charge_cents, o.paid_cents()) for o in w.house.outcomes) for w in (one, two)]
    assert fates[0] == fates[1]
    assert Counter(o.case for o in one.house.outcomes) != Counter(o.case for o in salted.house.outcomes)


def test_rejected_claim_sent_again_is_paid_and_a_decided_one_is_a_duplicate(claims, told, tmp_path):
    one = world(tmp_path)
    by_control = {claim.control: claim for claim in claims}
    rejected = by_control[case(told, "rejected-by-payer")[0].control]
    paid = by_control[case(told, "paid")[0].control]
    one.send([rejected, paid])
    one.send([replace(rejected, control="AGAIN1"), replace(paid, control="AGAIN2")])
    assert [outcome.case for outcome in one.house.outcomes] in (
        ["rejected-by-payer", "paid", "paid", "duplicate"],
        ["paid", "rejected-by-payer", "duplicate", "paid"],
    )


def test_replacement_and_void_reverse_what_was_paid(claims, told, tmp_path):
    one = world(tmp_path, stray=False)
    claim = next(c for c in claims if c.control == case(told, "paid")[0].control)
    one.send([claim])
    one.walk(20)
    number = one.house.outcomes[0].payer_control
    one.send([replace(claim, control="REPLACE", frequency="7", payer_control=number)])
    back, again = (c for payment in one.walk(20) for c in payment.claims)
    assert (back.status, back.charge_cents, again.status, again.frequency) == ("22", -claim.charge_cents, "1", "7")
    one.send([replace(claim, control="VOID", frequency="8", payer_control=one.house.outcomes[1].payer_control)])
    (gone,) = (c for payment in one.walk(20) for c in payment.claims)
    assert (gone.status, gone.paid_cents) == ("22", -again.paid_cents)


def test_repeated_interchange_is_refused_with_025_and_decides_nothing(claims, tmp_path):
    one = world(tmp_path)
    data = write_claims(claims[:1], partner=PARTNER, numbers=ControlNumbers(7, 7, 1), at=one.clock.now())
    one.put(data, "a.837")
    answers = one.put(data, "b.837")
    assert [(ack.outcome, ack.codes) for ack in answers["TA1"]] == [("rejected", ("025",))]
    assert answers["999"] == answers["277CA"] == []
    assert len(one.house.outcomes) == 1


def test_broken_set_is_rejected_by_the_999_and_goes_no_further(claims, tmp_path):
    one = world(tmp_path)
    data = write_claims(claims[:1], partner=PARTNER, numbers=ControlNumbers(8, 8, 1), at=one.clock.now())
    answers = one.put(data.replace(b"~HI*ABK:", b"~HI*QQQ:"), "a.837")
    assert "rejected" in {ack.outcome for ack in answers["999"]}
    assert one.house.outcomes == ()


def test_unknown_payer_and_files_in_the_making(claims, tmp_path):
    one = world(tmp_path)
    cover = replace(claims[0].cover, payer_id="NOBODY")
    (one.out / ".late.837.part").write_bytes(b"half")
    (one.out / "late.part").write_bytes(b"half")
    answers = one.send([replace(claims[0], cover=cover)])
    assert [ack.codes for ack in answers["277CA"] if ack.level == "claim"] == [("A3:116:PR",)]
    assert sorted(path.name for path in one.out.iterdir()) == [".late.837.part", "late.part", "taken"]


@pytest.mark.parametrize("by_line", [True, False])
def test_two_payers_never_pay_more_than_the_charge_whatever_the_fate(claims, tmp_path, by_line):
    """What the first payer decided is read from the second's claim: it pays at most what was left."""
    first = next(one for one in claims if len(one.lines) > 1)
    whole, lines = ClaimDecision(0), []
    for line in first.lines:
        left = line.charge_cents // 4
        paid = line.charge_cents // 2
        said = (Adjustment("CO", "45", line.charge_cents - paid - left), Adjustment("PR", "2", left))
        whole = replace(whole, paid_cents=whole.paid_cents + paid)
        decided = LineDecision(first.cover.payer_id, paid, line.code, line.units, said, decided_on=TODAY)
        lines.append(replace(line, decisions=(decided,) if by_line else ()))
    left = sum(line.charge_cents // 4 for line in first.lines)
    if not by_line:
        off = first.charge_cents - whole.paid_cents - left
        whole = replace(whole, adjustments=(Adjustment("CO", "45", off), Adjustment("PR", "2", left)))
        whole = replace(whole, decided_on=TODAY)
    payers = [one for one in PAYERS if one.identifier != first.cover.payer_id]
    fates = set()
    for salt in range(40):
        one = world(tmp_path / str(salt), salt=str(salt), stray=False)
        cover = replace(first.cover, rank="S", payer_id=payers[0].identifier, payer_name=payers[0].name)
        second = replace(first, cover=cover, others=(OtherPayer(first.cover, whole),), lines=tuple(lines))
        answers = one.send([second])
        assert {each.outcome for each in answers["999"]} == {"accepted"}
        told = one.walk(60)
        stood = sum(claim.paid_cents for payment in told if not imbalances(payment) for claim in payment.claims)
        (outcome,) = one.house.outcomes
        fates.add(outcome.case)
        most = 2 * left if outcome.case == "paid-twice" else left
        assert 0 <= stood <= most
        assert {claim.status for payment in told for claim in payment.claims} <= {"2", "22"}
        for payment in told:
            if outcome.case != "misadded":
                assert imbalances(payment) == ()
    assert len(fates) > 5
