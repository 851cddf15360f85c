"""Fee schedules: loaded by release, looked up by service, setting and locality, for one practice and payer."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from portal.domain.errors import Refused
from portal.domain.money import Money
from portal.models.fees import FeeScheduleRow
from portal.models.payers import PayerRow
from portal.services import fees
from portal.services.releases import Loaded
from tests.databases import World
from tests.make import claims

JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)
FIRST = (
    "code,modifier,setting,locality,amount\nG0438,,,,200.00\nG0438,,facility,,150.00\nG0438,26,,,50.00\n"
    "G0438,,,north,210.00\nA4550,,,,28.50\n"
)


@pytest.fixture
def payer(world: World) -> PayerRow:
    with world.write("payer:edit") as uow:
        return claims.payer(uow)


def load(world: World, payer: PayerRow, body: str, effective: date = JULY, **more: Any) -> Loaded:
    with world.write("price:load") as uow:
        return fees.load(uow, payer.code, io.BytesIO(body.encode()), "fees.csv", effective, **more)


def counted(loaded: Loaded) -> tuple[int, int, int]:
    return loaded.added, loaded.changed, loaded.retired


def test_the_fee_that_says_most_of_a_service_counts(world: World, payer: PayerRow):
    assert counted(load(world, payer, FIRST)) == (5, 0, 0)
    with world.read("code:search") as uow:

        def fee(code: str = "G0438", on: date = JULY, **more: Any) -> Money | None:
            return fees.fee_of(uow, payer.id, code, on, **more)

        assert fee() == fee(place="11") == Money(20000)
        assert fee(place="21") == Money(15000)
        assert fee(modifiers=("25", "26"), place="21") == Money(5000)
        assert fee(locality="north") == Money(21000)
        assert fee("A4550", place="22") == Money(2850)
        assert fee("J1885") is None
        assert fee(on=date(2026, 6, 30)) is None
        assert fees.fee_of(uow, bytes(16), "G0438", JULY) is None


def test_releases_of_fees_and_changes_between_them(world: World, payer: PayerRow):
    load(world, payer, FIRST)
    assert counted(load(world, payer, FIRST)) == (0, 0, 0)
    part = "code,amount\nG0438,205.00\nJ1885,12.00\n"
    assert counted(load(world, payer, part, OCTOBER, rehearse=True)) == (1, 1, 4)
    assert counted(load(world, payer, part, OCTOBER, whole=False)) == (1, 1, 0)
    assert counted(load(world, payer, "code,amount\nG0438,206.00\n", OCTOBER, whole=False)) == (0, 1, 0)
    with world.read("code:search") as uow:
        for on, cents in ((date(2026, 9, 30), 20000), (OCTOBER, 20600)):
            assert fees.fee_of(uow, payer.id, "G0438", on) == Money(cents)
        assert fees.fee_of(uow, payer.id, "A4550", OCTOBER) == Money(2850)
        assert uow.count(uow.select(FeeScheduleRow.id)) == 3
    assert counted(load(world, payer, part, OCTOBER)) == (0, 1, 4)
    with pytest.raises(Refused, match="order"):
        load(world, payer, FIRST, JULY)


def test_no_such_payer_and_a_wrong_file_change_nothing(world: World, payer: PayerRow):
    with pytest.raises(Refused, match="layout"):
        load(world, payer, FIRST + "rubbish")
    with pytest.raises(Refused, match="payer"), world.write("price:load") as uow:
        fees.load(uow, "NOBODY", io.BytesIO(FIRST.encode()), "fees.csv", JULY)
    with world.read("code:search") as uow:
        assert uow.count(uow.select(FeeScheduleRow.id)) == 0
