"""Rules come by file, all of it or nothing, and by hand; claims follow them."""

from __future__ import annotations

from io import BytesIO

import pytest

from portal.domain.errors import Conflict, Refused
from portal.services.authorizations import rules
from portal.services.authorizations.rules import Switched
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import claims as make
from tests.services.authorizations.desk import NEEDS, Desk, opened

HEAD = "payer,code,place,from,to,needed\n"


@pytest.fixture
def desk(world: World) -> Desk:
    with world.write("payer:edit") as uow:
        make.payer(uow)
        make.payer(uow, "LKM04")
    return opened(world)


def load(desk: Desk, text: str, **more: bool) -> Switched:
    with desk.world.write("authorization:edit", desk.world.actor("billing-manager")) as uow:
        return rules.load(uow, BytesIO((HEAD + text).encode()), "rules.csv", **more)


def listed(desk: Desk) -> list[tuple[str, str | None, bool]]:
    with desk.world.read("authorization:edit") as uow:
        return [(one.codes, one.payer_name, one.needed) for one in rules.show(uow).rules]


def test_a_file_replaces_the_rules_of_the_payers_it_names(desk: Desk):
    one = "CBH03,G0438,,2026-01-01,,yes\nCBH03,L1000-L1499,,2026-01-01,,yes\nLKM04,J1885,,2026-01-01,,\n"
    assert load(desk, one, rehearse=True) == Switched(3, 3, 0, 0)
    assert listed(desk) == []
    assert load(desk, one) == Switched(3, 3, 0, 0)
    assert load(desk, one) == Switched(3, 0, 0, 0)
    assert load(desk, "CBH03,G0438,,2026-01-01,,no\n*,A4550,,2026-01-01,,yes\n") == Switched(2, 1, 1, 1)
    assert listed(desk) == [("A4550", None, True), ("G0438", "Plan CBH03", False), ("J1885", "Plan LKM04", True)]


@pytest.mark.parametrize("wrong", ["CBH03,G04,,2026-01-01,,yes\n", "NOBODY,G0438,,2026-01-01,,yes\n"])
def test_a_wrong_line_changes_nothing(desk: Desk, wrong: str):
    load(desk, "CBH03,G0438,,2026-01-01,,yes\n")
    with pytest.raises(Refused) as refused:
        load(desk, "CBH03,J1885,,2026-01-01,,yes\n" + wrong)
    assert refused.value.text.parameters["line"] == 3
    assert listed(desk) == [("G0438", "Plan CBH03", True)]


def test_a_rule_is_typed_changed_and_taken_out_by_the_manager_alone(desk: Desk):
    typed = {"payer": "*", "code": NEEDS, "from": "2026-01-01", "needed": "yes"}
    with desk.world.write("authorization:edit") as uow:
        rules.add(uow, typed)
    with desk.world.write("authorization:edit") as uow:
        rules.add(uow, typed | {"needed": "no"})
    assert listed(desk) == [(NEEDS, None, False)]
    for wrong in ({"code": "X"}, {"place": "zz"}, {"from": ""}, {"to": "2025-01-01"}, {"payer": "0" * 32}):
        with pytest.raises(Refused), desk.world.write("authorization:edit") as uow:
            rules.add(uow, typed | wrong)
    with desk.world.read("authorization:edit") as uow:
        (one,) = rules.show(uow, payer="*", code=NEEDS).rules
    with pytest.raises(Conflict), desk.world.write("authorization:edit") as uow:
        rules.take_out(uow, bytes.fromhex(one.rule_id), expected_version=one.version + 1)
    with desk.world.write("authorization:edit") as uow:
        rules.take_out(uow, bytes.fromhex(one.rule_id), expected_version=one.version)
    assert listed(desk) == []
    with pytest.raises(Denied), desk.world.write("authorization:edit", desk.biller):
        pass
