"""Remittances in: what is posted, what is held, what comes twice, and what is left when something breaks."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.domain.remittances import Adjustment, Name, ProviderAdjustment
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.interchanges import InterchangeRow
from portal.models.ledger import LedgerEntryRow, LedgerLineRow
from portal.models.queues import QueueItemRow, TransitionRow
from portal.models.remittances import DepositRow, RemittanceClaimRow, RemittanceLineRow, RemittanceRow
from portal.services import ledger
from portal.services.remittances import importing, writing
from portal.services.remittances.importing import import_remittances
from tests.databases import World
from tests.make import remittances as make
from tests.make.x12 import sample_rows

CO45 = Adjustment("CO", "45", 3_000)
PR1 = Adjustment("PR", "1", 2_000)


def balances(world: World, **where: bytes) -> dict[str, int]:
    """Cents by account, those of nought left out."""
    with world.read("account:view") as uow:
        rows = uow.rows(
            ledger.sums(
                uow, LedgerLineRow.account, where=[getattr(LedgerLineRow, name) == id_ for name, id_ in where.items()]
            )
        )
        return {row.account: int(row.cents) for row in rows if row.cents}


def claim_of(world: World, sent: make.Sent) -> ClaimRow:
    with world.read("claim:view") as uow:
        return uow.get(ClaimRow, sent.claim_id)


def items(world: World, queue: str) -> list[QueueItemRow]:
    with world.read("queue:view") as uow:
        return uow.entities(uow.select(QueueItemRow).where(QueueItemRow.queue == queue, QueueItemRow.state == "OPEN"))


def rows(world: World, model: type) -> list:
    with world.read("remittance:view") as uow:
        return uow.entities(uow.select(model))


def counts(world: World) -> tuple[int, ...]:
    models = (
        RemittanceRow, RemittanceClaimRow, RemittanceLineRow, DepositRow, LedgerEntryRow, LedgerLineRow, DenialRow,
        QueueItemRow, TransitionRow,
    )  # fmt: skip
    return tuple(len(rows(world, model)) for model in models)


def test_a_payment_goes_to_the_books_line_by_line(world: World):
    sent = make.sent(world, lines=(("G0438", 10_000), ("J1885", 4_000)))
    result = make.bring(world, make.payment(make.answer(sent, CO45, PR1), trace="T1"))
    assert [(one.state, one.matched, one.cases) for one in result.payments] == [("POSTED", 1, 0)]
    assert balances(world, patient_id=sent.patient_id) == {
        "revenue": -14_000, "contractual": 3_000, "receivable:patient": 2_000, "unapplied:payer": 9_000,
    }  # fmt: skip
    assert balances(world, charge_id=sent.charges[1][0]) == {"revenue": -4_000, "unapplied:payer": 4_000}
    assert balances(world) == {
        "cash:eft": 9_000, "contractual": 3_000, "receivable:patient": 2_000, "revenue": -14_000,
    }  # fmt: skip
    claim = claim_of(world, sent)
    assert (claim.state, claim.state_before_remittance) == ("ADJUDICATED", "ACCEPTED")
    (line, other) = sorted(rows(world, RemittanceLineRow), key=lambda row: row.position)
    assert (line.charge_id, other.charge_id) == (sent.charges[0][0], sent.charges[1][0])
    with world.read("claim:view") as uow:
        assert uow.read(uow.get(ClaimRow, sent.claim_id), ClaimRow.payer_control_sealed) == f"ICN{sent.control}"


def test_a_claim_closes_when_nothing_is_left_on_it(world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, CO45)))
    assert claim_of(world, sent).state == "CLOSED"
    with world.read("claim:view") as uow:
        moves = uow.rows(
            uow.select(TransitionRow.from_state, TransitionRow.to_state, TransitionRow.permission)
            .where(TransitionRow.subject_id == sent.claim_id)
            .order_by(TransitionRow.subject_version)
        )
    assert [tuple(move) for move in moves] == [
        ("ACCEPTED", "ADJUDICATED", "claim:adjudicate"), ("ADJUDICATED", "CLOSED", "claim:close"),
    ]  # fmt: skip


def test_contract_money_never_becomes_the_patients(world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, Adjustment("CO", "50", 10_000), status="4")))
    assert "receivable:patient" not in balances(world, patient_id=sent.patient_id)
    (case,) = rows(world, DenialRow)
    assert (case.kind, case.group_code, case.reason, case.amount_cents) == ("denial", "CO", "50", 10_000)
    assert [item.subject_id for item in items(world, "denials")] == [case.id]
    assert claim_of(world, sent).state == "ADJUDICATED"


def test_less_than_agreed_opens_an_underpayment(world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, CO45, Adjustment("OA", "97", 500))))
    (case,) = rows(world, DenialRow)
    assert (case.kind, case.amount_cents) == ("underpayment", 500)
    assert [item.at_risk_cents for item in items(world, "underpayments")] == [500]


def test_the_same_file_twice_posts_nothing_twice(world: World):
    sent = make.sent(world)
    paid = make.payment(make.answer(sent, CO45, PR1))
    first = make.bring(world, paid)
    before = counts(world)
    again = make.bring(world, paid)
    assert counts(world) == before
    assert (again.new, again.interchange_id) == (False, first.interchange_id)
    assert [one.state for one in again.payments] == ["KNOWN"]
    assert "posted-before" in {finding.code for finding in again.findings}


def test_the_same_check_in_another_file_posts_nothing(world: World):
    sent = make.sent(world)
    paid = make.payment(make.answer(sent, CO45, PR1))
    make.bring(world, paid)
    before = counts(world)
    again = make.bring(world, paid, number=2)
    assert again.new
    assert counts(world) == before


def test_two_payments_in_a_file_stand_alone(world: World):
    one, other = make.sent(world), make.sent(world)
    bad = make.payment(make.answer(other, CO45), amount_cents=1)
    result = make.bring(world, make.payment(make.answer(one, CO45, PR1)), bad)
    assert [each.state for each in result.payments] == ["POSTED", "HELD"]
    assert claim_of(world, other).state == "ACCEPTED"
    assert balances(world, patient_id=other.patient_id) == {"receivable:payer": 10_000, "revenue": -10_000}
    (held,) = [row for row in rows(world, RemittanceRow) if row.state == "HELD"]
    (item,) = items(world, "unbalanced-payments")
    assert (item.subject_id, item.reason) == (held.id, "unbalanced")
    assert {"held", "unbalanced"} <= {finding.code for finding in result.findings}
    with world.read("remittance:view") as uow:
        assert uow.read(uow.get(RemittanceRow, held.id), RemittanceRow.findings_sealed)


def test_a_held_payment_sent_again_whole_is_posted(world: World):
    sent = make.sent(world)
    good = make.payment(make.answer(sent, CO45, PR1), trace="T7")
    broken = make.payment(make.answer(sent, CO45, PR1, paid_cents=5_001), trace="T7", amount_cents=good.amount_cents)
    assert [one.state for one in make.bring(world, broken).payments] == ["HELD"]
    assert [one.state for one in make.bring(world, broken, number=2).payments] == ["HELD"]
    assert [one.state for one in make.bring(world, good, number=3).payments] == ["POSTED"]
    (row,) = rows(world, RemittanceRow)
    assert (row.state, row.matched_count) == ("POSTED", 1)
    assert items(world, "unbalanced-payments") == []


def test_a_claim_of_nobody_leaves_its_money_unapplied(world: World):
    sent = make.sent(world)
    stray = make.answer(sent, CO45, control="NOBODY", payer_control="X", patient=Name("Else", "Avery"))
    result = make.bring(world, make.payment(make.answer(sent, CO45, PR1), stray))
    assert [one.matched for one in result.payments] == [1]
    assert balances(world)["unapplied:payer"] == -7_000
    (item,) = items(world, "unmatched-payments")
    assert (item.reason, item.at_risk_cents) == ("no-claim", 7_000)
    (part,) = [row for row in rows(world, RemittanceClaimRow) if row.state == "UNMATCHED"]
    assert (part.subject_id, part.patient_id, part.claim_id) == (world.practice_id, None, None)
    with world.read("remittance:view") as uow:
        row = uow.get(RemittanceClaimRow, part.id)
        assert uow.read(row, RemittanceClaimRow.control_sealed) == "NOBODY"


def test_our_number_on_another_person_is_no_match(world: World):
    sent = make.sent(world)
    other = make.answer(sent, CO45, patient=Name("Voss", "Ivo", qualifier="MI", identifier="ZZ99"))
    assert [one.matched for one in make.bring(world, make.payment(other)).payments] == [0]
    (item,) = items(world, "unmatched-payments")
    assert "another person" in item.detail["text"]["message"]


def test_the_payers_number_finds_a_claim_whose_number_was_lost(world: World):
    sent = make.sent(world)
    make.bring(world, make.payment(make.answer(sent, Adjustment("PR", "1", 10_000))))
    later = make.answer(sent, Adjustment("PR", "1", 9_000), control="0")
    assert [one.matched for one in make.bring(world, make.payment(later), number=2).payments] == [1]


def test_the_member_the_day_and_the_charge_find_a_claim(world: World):
    sent = make.sent(world)
    lost = make.answer(sent, CO45, PR1, control="0", payer_control="")
    assert [one.matched for one in make.bring(world, make.payment(lost)).payments] == [1]
    assert claim_of(world, sent).state == "ADJUDICATED"


def test_a_claim_never_sent_is_not_posted_to(world: World):
    sent = make.sent(world, state="READY")
    assert [one.matched for one in make.bring(world, make.payment(make.answer(sent, CO45))).payments] == [0]
    assert claim_of(world, sent).state == "READY"
    assert "never sent" in items(world, "unmatched-payments")[0].detail["text"]["message"]


@pytest.mark.parametrize("state", ["SUBMITTED", "ACCEPTED", "REJECTED", "PENDED"])
def test_a_reversal_undoes_the_entry_and_the_claim_goes_back(world: World, state: str):
    sent = make.sent(world, state=state)
    before = balances(world)
    answer = make.answer(sent, CO45, PR1)
    make.bring(world, make.payment(answer))
    make.bring(world, make.payment(make.turned(answer)), number=2)
    assert balances(world, patient_id=sent.patient_id) == before
    claim = claim_of(world, sent)
    assert (claim.state, claim.state_before_remittance) == (state, None)
    reversal = next(row for row in rows(world, LedgerEntryRow) if row.kind == "remittance-reversal")
    original = next(row for row in rows(world, LedgerEntryRow) if row.kind == "remittance-claim")
    assert reversal.reverses_id == original.id


def test_a_correction_after_its_reversal_stands(world: World):
    sent = make.sent(world)
    first = make.answer(sent, CO45, PR1)
    make.bring(world, make.payment(first))
    assert claim_of(world, sent).state == "ADJUDICATED"
    right = make.answer(sent, CO45, Adjustment("PR", "2", 1_500))
    make.bring(world, make.payment(make.turned(first), right), number=2)
    assert balances(world, patient_id=sent.patient_id)["receivable:patient"] == 1_500
    assert claim_of(world, sent).state == "ADJUDICATED"


def test_a_closed_claim_reopens_when_its_payment_is_taken_back(world: World):
    sent = make.sent(world)
    answer = make.answer(sent, CO45)
    make.bring(world, make.payment(answer))
    assert claim_of(world, sent).state == "CLOSED"
    make.bring(world, make.payment(make.turned(answer)), number=2)
    assert claim_of(world, sent).state == "ACCEPTED"
    assert balances(world, patient_id=sent.patient_id) == {"receivable:payer": 10_000, "revenue": -10_000}


def test_a_denial_taken_back_needs_no_entry(world: World):
    sent = make.sent(world)
    denied = make.answer(sent, Adjustment("CO", "50", 10_000), status="4")
    make.bring(world, make.payment(denied))
    result = make.bring(world, make.payment(make.turned(denied), make.answer(sent, CO45, PR1)), number=2)
    assert [(one.matched, one.state) for one in result.payments] == [(2, "POSTED")]
    assert balances(world, patient_id=sent.patient_id)["receivable:patient"] == 2_000
    assert items(world, "unmatched-payments") == []


def test_a_reversal_of_nothing_waits(world: World):
    sent = make.sent(world)
    result = make.bring(world, make.payment(make.turned(make.answer(sent, CO45))))
    assert [one.matched for one in result.payments] == [0]
    (item,) = items(world, "unmatched-payments")
    assert item.reason == "reversal-unknown"
    assert claim_of(world, sent).state == "ACCEPTED"


def test_provider_adjustments_stay_on_the_deposit(world: World):
    sent = make.sent(world)
    plb = (ProviderAdjustment("L6", "INT", -120, 0, provider="1"), ProviderAdjustment("WO", "OLD", 1_000, 0, "1"))
    make.bring(world, make.payment(make.answer(sent, CO45, PR1), plb=plb))
    found = balances(world)
    assert (found["cash:eft"], found["payer-recoupment"], found["interest-income"]) == (4_120, 1_000, -120)
    (deposit,) = rows(world, DepositRow)
    assert deposit.adjustments == [
        {"reason": "L6", "reference": "INT", "cents": -120}, {"reason": "WO", "reference": "OLD", "cents": 1_000},
    ]  # fmt: skip
    assert deposit.amount_cents == 4_120


def test_what_the_first_payer_leaves_waits_for_the_next(world: World):
    sent = make.sent(world, second_payer="NEXT1")
    make.bring(world, make.payment(make.answer(sent, CO45, PR1)))
    found = balances(world, patient_id=sent.patient_id)
    assert "receivable:patient" not in found
    assert found["receivable:payer"] == 2_000
    (item,) = items(world, "next-payer")
    assert (item.subject_table, item.subject_id, item.at_risk_cents) == ("claim", sent.claim_id, 2_000)


def test_a_reversal_takes_back_from_where_it_was_left(world: World):
    sent = make.sent(world, second_payer="NEXT1")
    answer = make.answer(sent, CO45, PR1, status="19")
    make.bring(world, make.payment(answer))
    make.bring(world, make.payment(make.turned(answer)), number=2)
    assert balances(world, patient_id=sent.patient_id) == {"receivable:payer": 10_000, "revenue": -10_000}


def test_a_corrected_name_is_proposed_and_changes_nothing(world: World):
    sent = make.sent(world)
    answer = make.answer(sent, CO45, PR1, corrected=Name("Ashgrove-Lund", "Mina", qualifier="C", identifier="W9"))
    make.bring(world, make.payment(answer))
    (item,) = items(world, "identity")
    with world.read("remittance:view") as uow:
        row = uow.get(RemittanceClaimRow, item.subject_id)
        assert uow.read(row, RemittanceClaimRow.corrected_sealed) == {
            "last": "Ashgrove-Lund".upper(), "first": "MINA", "identifier": "W9",
        }  # fmt: skip


def test_information_posts_no_money(world: World):
    sent = make.sent(world)
    answer = make.answer(sent, Adjustment("OA", "101", 10_000), status="25")
    result = make.bring(world, make.payment(answer))
    assert [one.state for one in result.payments] == ["RECORDED"]
    assert balances(world, patient_id=sent.patient_id) == {"receivable:payer": 10_000, "revenue": -10_000}
    assert claim_of(world, sent).state == "ACCEPTED"


def test_money_taken_back_after_the_patient_paid_is_a_credit(world: World):
    sent = make.sent(world)
    answer = make.answer(sent, CO45, PR1)
    make.bring(world, make.payment(answer))
    with world.write("payment:settle") as uow:
        from portal.domain.charges import Owed
        from portal.domain.posting.payments import card_payment_entry

        owed = Owed(sent.charges[0][0], sent.patient_id, sent.encounter_id, make.DAY, 2_000, sent.claim_id)
        ledger.post(uow, [card_payment_entry(b"p" * 16, sent.patient_id, 2_000, [owed], make.DAY)])
    right = make.answer(sent, CO45, Adjustment("PR", "1", 500))
    make.bring(world, make.payment(make.turned(answer), right), number=2)
    (item,) = items(world, "credits")
    assert (item.subject_table, item.subject_id, item.at_risk_cents) == ("patient", sent.patient_id, 1_500)


def test_an_answered_claim_leaves_the_queue_it_lay_in(world: World):
    from portal.services import queues

    sent = make.sent(world, state="REJECTED")
    with world.write("claim:edit") as uow:
        queues.put(uow, "rejected-claims", uow.get(ClaimRow, sent.claim_id), reason="A7")
    make.bring(world, make.payment(make.answer(sent, CO45, PR1)))
    assert items(world, "rejected-claims") == []


class Break(Exception):
    """What a test breaks off with."""


@pytest.mark.parametrize("place", ["_deposit", "_remittance", "ledger", "open_cases", "outbox"])
def test_what_breaks_half_way_leaves_nothing(world: World, place: str, monkeypatch: pytest.MonkeyPatch):
    sent = make.sent(world)
    paid = make.payment(make.answer(sent, CO45, Adjustment("CO", "50", 500)))
    before, claim = counts(world), claim_of(world, sent)

    later = writing.outbox.later

    def crash(*given: object, **more: object) -> None:
        if place == "outbox" and given[1] == "file.read":  # the file's own, before anything is posted
            later(*given, **more)
            return
        raise Break

    with monkeypatch.context() as patch:
        if place in {"outbox", "ledger"}:
            patch.setattr(getattr(writing, place), {"outbox": "later", "ledger": "put"}[place], crash)
        else:
            patch.setattr(writing, place, crash)
        stopped = make.bring(world, paid)
    assert [one.state for one in stopped.payments] == ["BUSY"]
    assert [finding.code for finding in stopped.findings] == ["not-stored"]
    assert counts(world) == before
    assert (claim_of(world, sent).state, claim_of(world, sent).version) == (claim.state, claim.version)
    assert [one.state for one in make.bring(world, paid).payments] == ["POSTED"]


def test_a_claim_changed_meanwhile_is_prepared_anew(world: World, monkeypatch: pytest.MonkeyPatch):
    sent = make.sent(world)
    real, seen = importing.prepare, []

    def meddled(uow, payment, key, held=None):
        made = real(uow, payment, key, held)
        if not seen:
            seen.append(1)
            with world.write("claim:acknowledge") as other:
                other.change(other.get(ClaimRow, sent.claim_id), edits=[])
                other.get(ClaimRow, sent.claim_id).frequency = "7"
        return made

    monkeypatch.setattr(importing, "prepare", meddled)
    assert [one.state for one in make.bring(world, make.payment(make.answer(sent, CO45, PR1))).payments] == ["POSTED"]
    claim = claim_of(world, sent)
    assert (claim.state, claim.frequency) == ("ADJUDICATED", "7")


def test_what_the_payer_wrote_is_sealed_in_the_store(world: World):
    sent = make.sent(world, last="Quillfeather")
    result = make.bring(world, make.payment(make.answer(sent, CO45, PR1)))
    with world.runtime.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("select set_config('candor.practices', 'all', true)"))
        for table in ("interchange", "remittance", "remittance_claim", "remittance_line", "queue_item", "audit_event"):
            for row in connection.execute(text(f"select * from {table}")):
                for value in row:
                    kept = value if isinstance(value, bytes | memoryview) else str(value).encode()
                    assert b"QUILLFEATHER" not in bytes(kept).upper(), table
    with world.read("interchange:view") as uow:
        kept = uow.get(InterchangeRow, result.interchange_id)
        assert b"QUILLFEATHER" in uow.read(kept, InterchangeRow.body_sealed)
        assert (kept.state, kept.items, kept.applied) == ("APPLIED", 1, 1)


@pytest.mark.parametrize("row", sample_rows("835"))
def test_the_samples_are_taken_in_and_posted_only_when_they_balance(world: World, row):
    result = import_remittances(world.units, world.machine("remittance.import"), None, row.name, row.data)
    sound = {one.trace for one, fact in zip(result.payments, row.sets, strict=False) if fact.balances}
    for one in result.payments:
        assert one.state in {"POSTED", "RECORDED", "HELD", "KNOWN"}
        if one.state == "POSTED":
            assert one.trace in sound or not row.all_sets
    with world.read("account:view") as uow:
        assert ledger.balance(uow) == 0
    again = import_remittances(world.units, world.machine("remittance.import"), None, row.name, row.data)
    assert {one.state for one in again.payments} <= {"KNOWN", "HELD"}
