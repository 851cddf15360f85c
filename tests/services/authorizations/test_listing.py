"""Lists of authorizations: what they ask of the store does not grow with their length."""

from __future__ import annotations

from dataclasses import replace

from portal.access.actors import Grant
from portal.services.authorizations import listing, members
from tests.databases import World
from tests.house.test_queries import counting
from tests.services.authorizations.desk import Desk, opened


def test_lists_ask_the_store_as_often_however_long_they_are(sqlite_world: World):
    desk = opened(sqlite_world)  # what is asked is the same on both engines
    payer = replace(desk.world.actor("payer-user"), practice_id=None)
    found: dict[int, tuple[int, int]] = {}
    for length in (1, 3):
        while len(office(desk)) < length:
            id_ = desk.ask(desk.visit(last=f"Ashgrove{len(office(desk))}"))
            payer = replace(payer, grants=(Grant("payer-user", payer_id=desk.row(id_).payer_id),))
        with counting(desk.world) as by_office:
            assert len(office(desk)) == length
        with (
            counting(desk.world) as by_payer,
            desk.world.read("member-authorization:view", payer) as uow,
        ):
            assert len(members.listed(uow).items) == length
        found[length] = (len(by_office), len(by_payer))
    assert found[1] == found[3]


def office(desk: Desk) -> tuple[listing.AuthorizationItem, ...]:
    with desk.world.read("authorization:view", desk.biller) as uow:
        return listing.listed(uow).items
