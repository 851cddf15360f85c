"""Contracts kept version by version, and the limits of claims and denials that follow from them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain.errors import Conflict, NotFound, Refused
from portal.domain.remittances import Adjustment
from portal.models.claims import ClaimRow
from portal.models.contracts import ContractRow
from portal.models.denials import DenialRow
from portal.models.queues import QueueItemRow
from portal.services import denials, queues
from portal.services.claims import checking, showing
from portal.services.contracts import keeping, recounting
from portal.services.unit_of_work.units import Denied
from portal.services.unit_of_work.work import UnitOfWork
from tests.databases import World
from tests.make import claims as make
from tests.make import remittances, work

GIVEN = {
    "valid_from": "2026-01-01", "valid_to": "", "filing_days": "40", "filing_from": "service", "secondary_days": "",
    "replacement_days": "60", "appeal_days": "30", "withdrawn": "",
}  # fmt: skip


def keep(world: World, payer_id: bytes, number: int = 0, role: str = "billing-manager", **more: str) -> None:
    with world.write("contract:edit", world.actor(role)) as uow:
        keeping.keep(uow, payer_id, GIVEN | more, number=number)


def versions(world: World) -> list[tuple[int, int]]:
    with world.read("contract:view") as uow:
        rows = uow.rows(uow.select(ContractRow.number, ContractRow.filing_days).order_by(ContractRow.number))
        return [(row.number, row.filing_days) for row in rows]


def claim_of(world: World) -> tuple[bytes, bytes]:
    with world.write("claim:edit") as uow:
        claim = make.claim(uow)
        return claim.id, claim.payer_id


def test_a_contract_moves_the_limits_of_unsent_claims_and_their_places_in_line(world: World):
    id_, payer_id = claim_of(world)
    keep(world, payer_id)
    work.drain(world)
    with world.read("claim:view", world.actor("biller")) as uow:
        claim = uow.get(ClaimRow, id_)
        assert claim.filing_due == date(2026, 8, 29)
        page = showing.show_claim(uow, id_)
        assert str(page.clock.text) == "File by 2026-08-29: 26 days left."
        assert str(page.clock.why) == "40 days from the first day of service, by the contract."
        item = uow.first(uow.select(QueueItemRow).where(QueueItemRow.subject_id == id_, QueueItemRow.state == "OPEN"))
        assert item is not None
        before = item.priority
    keep(world, payer_id, 1, filing_days="20")
    work.drain(world)
    with world.read("claim:view", world.actor("biller")) as uow:
        page = showing.show_claim(uow, id_)
        assert (str(page.clock.text), page.clock.tone) == ("File by 2026-08-09: 6 days left.", "wait")
        item = uow.first(uow.select(QueueItemRow).where(QueueItemRow.subject_id == id_, QueueItemRow.state == "OPEN"))
        assert item is not None
        assert item.priority > before, "what is due in 14 days outranks every value"
    machine = world.machine("contract.recount")
    assert recounting.recount(world.units, machine, payer_id) == 0, "a second run finds everything as it should be"
    keep(world, payer_id, 2, filing_days="10")
    with world.write("claim:edit") as uow:
        checked = checking.run_edits(uow, id_)
        assert (checked.state, {one.code for one in checked.findings}) == ("DRAFT", {"filing-passed"})
    assert versions(world) == [(1, 40), (2, 20), (3, 10)]


def test_a_recount_that_breaks_off_goes_on_and_does_nothing_twice(world: World, monkeypatch: pytest.MonkeyPatch):
    with world.write("claim:edit") as uow:
        (payer_id,) = {make.claim(uow, last=last).payer_id for last in ("Ashgrove", "Birch", "Cedar")}
    keep(world, payer_id)
    machine, moved = world.machine("contract.recount"), queues.reclock
    told: list[bytes] = []

    def breaks(uow: UnitOfWork, row: ClaimRow, limit: date | None) -> None:
        moved(uow, row, limit)
        told.append(row.id)
        if len(told) == 2:
            raise OSError("broken off")

    def due() -> list[date]:
        with world.read("claim:view") as uow:
            return sorted(row.filing_due for row in uow.rows(uow.select(ClaimRow.filing_due)))

    monkeypatch.setattr(recounting, "AT_ONCE", 1)
    monkeypatch.setattr(queues, "reclock", breaks)
    with pytest.raises(OSError, match="broken off"):
        recounting.recount(world.units, machine, payer_id)
    assert due().count(date(2026, 8, 29)) == 1, "the batch that broke off left nothing"
    assert recounting.recount(world.units, machine, payer_id) == 2
    assert due() == [date(2026, 8, 29)] * 3
    work.drain(world)  # the job that the change asked for finds all as it should be
    assert (due(), len(told)) == ([date(2026, 8, 29)] * 3, 4)


def test_versions_are_kept_and_a_stale_page_is_refused(world: World):
    _, payer_id = claim_of(world)
    keep(world, payer_id)
    keep(world, payer_id)  # the same form sent twice keeps one
    assert versions(world) == [(1, 40)]
    with pytest.raises(Refused, match="contract"):
        keep(world, payer_id, filing_days="50")
    keep(world, payer_id, 1, filing_days="50")
    with pytest.raises(Conflict):
        keep(world, payer_id, 1, filing_days="60")
    keep(world, payer_id, 2, withdrawn="1")
    with world.read("contract:view", world.actor("biller")) as uow:
        page = keeping.show_payer(uow, payer_id)
        (one,) = page.contracts
        assert (one.withdrawn, one.holds, [each.number for each in one.versions]) == (True, False, [3, 2, 1])
        assert "180 days" in str(page.terms[0]), "as loaded with the payer, since nothing is agreed"
        (listed,) = keeping.list_contracts(uow).payers
        assert (listed.assumed, str(listed.source)) == (False, "No contract; as loaded with the payer")


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_from": "yesterday"},
        {"valid_from": "0001-01-01"},
        {"valid_to": "2025-01-01"},
        {"valid_to": "\x00"},
        {"filing_from": "birth"},
        {"filing_days": ""},
        {"filing_days": "0"},
        {"filing_days": "99999999999999999999"},
        {"appeal_days": "-1"},
        {"secondary_days": "ten"},
    ],
)
def test_what_is_no_contract_is_refused_whole(world: World, wrong: dict[str, str]):
    _, payer_id = claim_of(world)
    with pytest.raises(Refused) as refused:
        keep(world, payer_id, **wrong)
    assert refused.value.code == "contract"
    assert versions(world) == []


def test_others_neither_change_contracts_nor_see_another_practices(world: World):
    _, payer_id = claim_of(world)
    with pytest.raises(Denied):
        keep(world, payer_id, role="biller")
    with pytest.raises(NotFound), world.write("contract:edit", world.actor("billing-manager")) as uow:
        keeping.keep(uow, bytes(16), GIVEN, number=0)


def test_a_denial_is_appealed_within_the_contracts_days_of_the_remittance(world: World):
    claim = remittances.sent(world)
    paid_on = date(2026, 7, 30)
    answer = remittances.answer(claim, Adjustment("CO", "50", 4_000), status="4")
    remittances.bring(world, remittances.payment(answer, paid_on=paid_on))
    with world.read("denial:view") as uow:
        (denial,) = uow.entities(uow.select(DenialRow))
        assert denial.appeal_due == paid_on + timedelta(days=60), "assumed where nobody has said"
    keep(world, claim.payer_id, valid_from="2020-01-01")
    work.drain(world)
    with world.read("denial:view", world.actor("denial-specialist")) as uow:
        assert uow.get(DenialRow, denial.id).appeal_due == paid_on + timedelta(days=30)
        page = denials.show_denial(uow, denial.id)
        assert str(page.clock) == "Appeal by 2026-08-29: 26 days left."
    with world.read("claim:view", world.actor("biller")) as uow:
        page = showing.show_claim(uow, claim.claim_id)
        assert str(page.clock.replace) == "Replace by 2026-09-28: 56 days left."


def test_a_day_of_payment_to_come_makes_no_limit_later(world: World):
    claim, came = remittances.sent(world), world.clock.now().date()
    answer = remittances.answer(claim, Adjustment("CO", "50", 4_000), status="4")
    remittances.bring(world, remittances.payment(answer, paid_on=came + timedelta(days=300)))
    world.clock.forward(days=20)
    keep(world, claim.payer_id, valid_from="2020-01-01")
    work.drain(world)
    with world.read("denial:view", world.actor("denial-specialist")) as uow:
        (denial,) = uow.entities(uow.select(DenialRow))
        assert denial.appeal_due == came + timedelta(days=30), "and working it out later makes it none either"
    with world.read("claim:view", world.actor("biller")) as uow:
        assert "40 days left" in str(showing.show_claim(uow, claim.claim_id).clock.replace)
