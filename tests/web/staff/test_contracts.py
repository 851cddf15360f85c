"""Contracts, the practice's own edits and visits kept from a plan, through the pages of the office."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.models.edit_rules import EditRuleRow
from tests.databases import World
from tests.make import work
from tests.services.claims.office import Office
from tests.web.staff.test_visits import at_work, form_of, place
from tests.web.test_guard import form_token


@pytest.fixture
def office(world: World) -> Office:
    return Office.opened(world)


@pytest.fixture
def flask(world: World):
    return create_app(world.runtime)


def test_a_contract_is_kept_by_a_manager_and_moves_the_clock_of_a_claim(flask, office: Office):
    claim = office.row(office.claim())
    manager, biller = (at_work(flask, office.world, role) for role in ("billing-manager", "biller"))
    here = place(manager, "contracts.show", payer_id=claim.payer_id)
    assert here in manager.get(place(manager, "contracts.list")).text
    form = form_of(manager, here, "Keep the contract")
    typed = form | {"valid_from": "2026-01-01", "filing_days": "40", "appeal_days": "30", "filing_from": "service"}
    wrong = manager.post(here, data=typed | {"filing_days": "forty"})
    assert wrong.status_code == 422
    assert "Give whole days from 1 to 1,095." in wrong.text
    assert 'value="2026-01-01"' in wrong.text, "what was typed is still there"
    token = form_token(biller, place(biller, "claims.list"))
    assert biller.post(here, data=typed | {"csrf_token": token}).status_code == 403
    assert "Limits of claims and denials follow" in manager.post(here, data=typed, follow_redirects=True).text
    assert manager.post(here, data=typed).status_code == 303, "sent twice keeps one"
    work.drain(office.world)
    page = biller.get(place(biller, "claims.show", claim_id=claim.id)).text
    assert "File by August 29, 2026: 26 days left." in page
    change = form_of(manager, here, "Keep the change") | {"filing_from": "service"}
    assert change["version"] == ["1"]
    assert manager.post(here, data=change | {"filing_days": "50"}).status_code == 303
    stale = manager.post(here, data=change | {"filing_days": "60"})
    assert stale.status_code == 409
    assert "Keep the contract" not in biller.get(here).text
    coder = at_work(flask, office.world, "coder")
    assert coder.get(here).status_code == 403


def test_a_rule_is_written_tried_and_put_in_use(flask, office: Office):
    past = office.row(office.claim())
    office.send()
    biller, manager = (at_work(flask, office.world, role) for role in ("biller", "billing-manager"))
    rules, new = place(biller, "edits.list"), place(biller, "edits.new")
    shown = biller.get(rules).text
    assert "Nothing is billed twice" in shown
    assert "The practice has no rule of its own." in shown
    form = form_of(biller, new, "Keep the rule") | {
        "name": "No J1885", "field-1": "service", "comparison-1": "is", "value-1": "J1885", "severity": "block",
        "reason": "It goes to the pharmacy.", "todo": "Take it off.",
    }  # fmt: skip
    wrong = biller.post(rules, data=form | {"comparison-1": "above"})
    assert wrong.status_code == 422
    assert "Choose a field and a comparison that fits it." in wrong.text
    kept = biller.post(rules, data=form)
    assert kept.status_code == 303
    here = kept.location
    assert "Put it in use" not in manager.get(here).text, "it was not tried yet"
    trial = biller.post(f"{here}/try", data=form_of(biller, here, "Try it on past claims"))
    assert "It would have stopped 1 of the last 1 claims" in trial.text
    assert past.control in trial.text
    assert "Put it in use" not in biller.get(here).text
    switch = form_of(manager, here, "Put it in use") | {"do": "on"}
    assert biller.post(f"{here}/switch", data=form_of(biller, here, "Try it on") | {"do": "on"}).status_code == 403
    assert "In use." in manager.post(f"{here}/switch", data=switch, follow_redirects=True).text
    assert manager.post(f"{here}/switch", data=switch).status_code == 409, "a stale page"
    assert office.row(office.claim(last="Rowan")).state == "DRAFT"
    change = form_of(biller, f"{here}/change", "Keep the rule") | {
        "field-1": "service", "comparison-1": "is", "severity": "warn",
    }  # fmt: skip
    assert biller.post(f"{here}/change", data=change).status_code == 303
    assert biller.post(f"{here}/change", data=change | {"todo": "Else."}).status_code == 409
    with office.world.read("edit-rule:view") as uow:
        rows = uow.rows(uow.select(EditRuleRow.number, EditRuleRow.state).order_by(EditRuleRow.number))
        assert [tuple(row) for row in rows] == [(1, "ON"), (2, "DRAFT")]


def test_a_visit_is_kept_from_its_plan_on_the_patients_page(flask, office: Office):
    claim = office.row(office.claim())
    clerk, biller = (at_work(flask, office.world, role) for role in ("charge-clerk", "biller"))
    here = place(clerk, "restrictions.show", patient_id=claim.patient_id)
    assert here in clerk.get(place(clerk, "accounts.show", patient_id=claim.patient_id)).text
    form = form_of(clerk, here, 'value="keep"') | {"do": "keep"}
    late = clerk.post(here, data=form | {"asked_on": "2027-01-01"}, follow_redirects=True).text
    assert "it cannot lie ahead" in late
    assert "Kept from the plan." in clerk.post(here, data=form, follow_redirects=True).text
    assert "asked that the plan not be told" in biller.get(place(biller, "claims.show", claim_id=claim.id)).text
    lift = form_of(clerk, here, 'value="lift"') | {"do": "lift"}
    assert clerk.post(here, data=lift | {"version": "7"}).status_code == 409
    assert "as the patient wished" in clerk.post(here, data=lift, follow_redirects=True).text
    assert clerk.post(here, data=form | {"do": "burn"}).status_code in {400, 409, 422}
    assert at_work(flask, office.world, "coder").get(here).status_code == 403
