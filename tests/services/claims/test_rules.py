"""A practice's own edits, tried on past claims and put in use by a manager; and visits kept from a plan."""

from __future__ import annotations

import pytest

from portal.domain.errors import Conflict, NotFound, Refused
from portal.models.edit_rules import EditRuleRow
from portal.models.queues import TransitionRow
from portal.services.claims import checking, rules, ruleset
from portal.services.claims.rules import Trial
from portal.services.patients import restrictions
from portal.services.unit_of_work.units import Denied
from tests.make import claims as make
from tests.services.claims.office import Office

RULE = {
    "name": "J1885 at the office", "severity": "block", "field-1": "service", "comparison-1": "is", "value-1": "j1885",
    "field-2": "payer", "comparison-2": "is", "value-2": "CBH03", "reason": "The plan wants it at the pharmacy.",
    "todo": "Ask the nurse.",
}  # fmt: skip


def keep(office: Office, rule_id: bytes | None = None, number: int = 0, **more: str) -> bytes:
    with office.world.write("edit-rule:edit", office.biller) as uow:
        return rules.keep(uow, RULE | more, rule_id=rule_id, number=number)


def try_out(office: Office, rule_id: bytes) -> Trial:
    with office.world.write("edit-rule:edit", office.biller) as uow:
        return rules.try_out(uow, rule_id, expected_version=newest(office, rule_id).version)


def newest(office: Office, rule_id: bytes) -> EditRuleRow:
    with office.world.read("edit-rule:view", office.biller) as uow:
        return rules.newest_of(uow, rule_id)


def switch(office: Office, rule_id: bytes, on: bool = True, role: str = "billing-manager", version: int = 0) -> None:
    with office.world.write("edit-rule:switch", office.world.actor(role)) as uow:
        rules.switch(uow, rule_id, on=on, expected_version=version or newest(office, rule_id).version)


def test_a_rule_is_tried_before_it_stops_anything(office: Office):
    past = office.claim()
    office.claim(payer_code="LKM04")
    office.send()
    rule_id = keep(office)
    with pytest.raises(Refused) as refused:
        switch(office, rule_id)
    assert refused.value.code == "guard:tried"
    assert office.row(office.claim(last="Fernley")).state == "READY", "a rule that is not in use stops nothing"
    trial = try_out(office, rule_id)
    assert (trial.tried, trial.stopped) == (2, 1)
    (example,) = trial.examples
    assert (example.claim_id, example.lines) == (past.hex(), (2,))
    with pytest.raises(Denied):
        switch(office, rule_id, role="biller")
    switch(office, rule_id)
    row = office.row(office.claim(last="Rowan"))
    assert (row.state, [one["code"] for one in row.edits]) == ("DRAFT", [f"own-{rule_id.hex()}"])
    (finding,) = checking.kept(row.edits)
    assert str(finding.text) == "J1885 at the office: The plan wants it at the pharmacy. (line 2)"
    assert str(finding.what_to_do) == "Ask the nurse."
    switch(office, rule_id, on=False)
    with office.world.write("claim:edit") as uow:
        assert checking.run_edits(uow, row.id).state == "READY"


def test_versions_are_kept_and_the_one_in_use_stays_until_the_next_is(office: Office):
    rule_id = keep(office)
    assert keep(office, rule_id, 1) == rule_id, "the same again keeps nothing"
    try_out(office, rule_id)
    switch(office, rule_id)
    keep(office, rule_id, 1, severity="warn")
    with pytest.raises(Conflict):
        keep(office, rule_id, 1, severity="warn", todo="Something else.")
    assert office.row(office.claim()).state == "DRAFT"
    with pytest.raises(Refused, match=r"guard:tried"):
        switch(office, rule_id)
    stale = newest(office, rule_id).version
    try_out(office, rule_id)
    with pytest.raises(Conflict):
        switch(office, rule_id, version=stale)
    switch(office, rule_id)
    assert office.row(office.claim(last="Rowan")).state == "READY"
    with office.world.read("edit-rule:view", office.world.actor("billing-manager")) as uow:
        page = ruleset.show_rule(uow, rule_id)
        assert [(one.number, one.state.code) for one in page.versions] == [(2, "ON"), (1, "OFF")]
        assert (page.in_use, page.actions) == (2, ("try", "change", "off"))
        (own,) = ruleset.list_rules(uow).own
        assert (own.severity, own.newer) == ("warn", False)
        moves = uow.count(uow.select(TransitionRow.id).where(TransitionRow.subject_table == "edit_rule"))
        assert moves == 5, "made twice, switched on twice, replaced once"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"todo": "a\x00b"},
        {"severity": "maybe"},
        {"field-1": "", "field-2": ""},
        {"field-1": "nothing"},
        {"comparison-1": "above"},
        {"value-1": " , "},
        {"value-1": "A," * 51},
        {"field-1": "charge", "comparison-1": "above", "value-1": "many"},
        {"field-1": "charge", "comparison-1": "above", "value-1": "1, 2"},
        {"field-1": "charge", "comparison-1": "is", "value-1": "1,000"},
        {"field-1": "age", "comparison-1": "is", "value-1": "NaN"},
    ],
)
def test_what_is_no_rule_is_refused_with_a_sentence(office: Office, wrong: dict[str, str]):
    with pytest.raises(Refused) as refused:
        keep(office, **wrong)
    assert refused.value.code in {"rule", "condition"}
    with office.world.read("edit-rule:view") as uow:
        assert uow.count(uow.select(EditRuleRow.id)) == 0


def test_another_practice_has_rules_of_its_own(office: Office):
    rule_id = keep(office)
    try_out(office, rule_id)
    switch(office, rule_id)
    other = office.second_practice()
    with pytest.raises(NotFound), other.read("edit-rule:view", other.actor("biller")) as uow:
        rules.newest_of(uow, rule_id)
    with other.write("claim:edit") as uow:
        assert make.claim(uow).state == "READY"


def test_a_visit_kept_from_its_plan_is_never_billed_until_the_patient_says_so(office: Office):
    claim = office.row(office.claim())
    clerk = office.world.actor("charge-clerk")

    def act(call, **more):
        with office.world.write("restriction:edit", clerk) as uow:
            ids = call(uow, claim.patient_id, claim.encounter_id, **more)
            for id_ in ids:
                checking.run_edits(uow, id_)
            return ids

    with pytest.raises(Refused, match="asked-on"):
        act(restrictions.keep, asked_on="2030-01-01")
    assert act(restrictions.keep, asked_on="2026-08-01") == [claim.id]
    assert act(restrictions.keep, asked_on="2026-08-01") == [claim.id], "twice keeps one"
    assert (office.state(claim.id), [one["code"] for one in office.row(claim.id).edits]) == ("DRAFT", ["restricted"])
    assert office.send().claims == 0
    with office.world.read("restriction:edit", clerk) as uow:
        (visit,) = restrictions.show(uow, claim.patient_id).visits
        assert (visit.version, visit.told) == (1, False)
    with pytest.raises(Conflict):
        act(restrictions.lift, expected_version=9)
    act(restrictions.lift, expected_version=1)
    assert office.state(claim.id) == "READY"
    with pytest.raises(Conflict):
        act(restrictions.lift, expected_version=1)
    office.send()
    with pytest.raises(Refused, match="told"):
        act(restrictions.keep, asked_on="2026-08-01")
    with pytest.raises(Denied), office.world.write("restriction:edit", office.world.actor("coder")):
        pass


def test_a_ready_claim_that_slipped_by_is_stopped_at_sending(office: Office):
    claim = office.row(office.claim())
    with office.world.write("restriction:edit", office.biller) as uow:
        restrictions.keep(uow, claim.patient_id, claim.encounter_id, "2026-08-01")
    done = office.send()
    assert (done.claims, done.returned, office.state(claim.id)) == (0, 1, "DRAFT")
