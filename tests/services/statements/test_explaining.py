"""A visit explained: its sums are the books', its reasons are plain, and the plan's own words stand beside them."""

from __future__ import annotations

from datetime import date

import pytest

from portal.access.actors import system
from portal.domain.errors import NotFound
from portal.domain.money import Money
from portal.models.encounters import EncounterRow
from portal.services import codes
from portal.services.statements import explaining
from tests.databases import World
from tests.make import accounts
from tests.services.statements.test_runs import payer_of


def visits(world: World, patient_id: bytes) -> dict[date, bytes]:
    with world.read("account:view") as uow:
        rows = uow.rows(uow.select(EncounterRow.id, EncounterRow.service_from))
    return {row.service_from: row.id for row in rows}


def test_every_service_of_a_visit_with_the_plans_words_beside_it(world: World):
    patient_id = accounts.owing(world)
    visit_id = visits(world, patient_id)[accounts.JUNE]
    with world.read("own-visit:view", payer_of(patient_id)) as uow:
        page = explaining.visit_page(uow, visit_id)
    brace, injection = page.services
    assert (page.sums.charged, page.sums.you_owe, page.waits) == (Money(13_400), Money(7_140), None)
    assert [str(why) for why in brace.whys] == [
        "$71.40: you pay this yourself until your plan's yearly deductible is met."
    ]
    assert [str(why) for why in injection.whys] == ["Your plan covers this in full."]
    [said] = brace.said
    assert (said.payer, said.paid) == ("Bluestem Health Plan", Money(0))
    assert [(word.code, word.words, word.amount) for word in said.words] == [
        ("CO-45", None, Money(2_460)), ("PR-1", None, Money(7_140)),
    ]  # fmt: skip
    assert "leaves this to you" in str(said.words[1].meaning)


def test_the_publishers_text_stands_where_it_is_loaded(world: World):
    patient_id = accounts.owing(world)
    with world.units.write(system("code.load"), "code:load") as uow:
        codes.load(uow, "carc", "reasons.csv", b"code,description\n1,Words of the publisher\n", accounts.MAY)
    with world.read("own-visit:view", payer_of(patient_id)) as uow:
        page = explaining.visit_page(uow, visits(world, patient_id)[accounts.JUNE])
    assert [word.words for word in page.services[0].said[0].words] == [None, "Words of the publisher"]


def test_somebody_elses_visit_is_not_there(world: World):
    patient_id, other = accounts.owing(world), accounts.owing(world, first_name_sealed="Tom")
    with world.read("account:view") as uow:
        mine = {row.id for row in uow.rows(uow.select(EncounterRow.id).where(EncounterRow.patient_id == patient_id))}
    assert len(mine) == 2
    stranger = payer_of(other)
    for id_ in mine:
        with pytest.raises(NotFound), world.read("own-visit:view", stranger) as uow:
            explaining.visit_page(uow, id_)
        with pytest.raises(NotFound), world.read("own-visit:view", stranger) as uow:
            explaining.whose_visit(uow, id_)
