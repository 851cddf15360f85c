"""Importing visits: once whatever the file, findings for what is wrong, sealed from the first byte."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.claims import Claim
from portal.domain.errors import Refused
from portal.models.coverage import CoverageRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.interchanges import InterchangeRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.practices import ProviderRow
from portal.models.queues import QueueItemRow
from portal.services import interchanges
from portal.services.encounters.importing import Counts, ImportResult, import_visits, read_in
from portal.services.unit_of_work.units import Denied
from tests.databases import World
from tests.make import visits as make

MODELS = (PatientRow, CoverageRow, EncounterRow, ChargeRow, PayerRow, ProviderRow, QueueItemRow)


def bring(world: World, body: bytes, name: str = "visits.837") -> ImportResult:
    return import_visits(world.units, world.actor("charge-clerk"), None, name, body)


def counted(world: World) -> dict[str, int]:
    with world.read("account:search") as uow:
        return {model.__tablename__: uow.count(uow.select(model.id)) for model in MODELS}


def test_a_file_makes_accounts_coverage_encounters_and_charges(world: World):
    claims = make.claims()
    result = bring(world, make.file(claims))
    people = {(each.patient.last, each.patient.first, each.patient.birth_date) for each in claims}
    assert result.counts == Counts(len(claims), len(claims), 0, 0, len(people))
    assert {finding.code for finding in result.findings} == {"payer-new"}
    found = counted(world)
    assert (found["patient"], found["encounter"], found["payer"]) == (
        len(people), len(claims), len({each.cover.payer_id for each in claims}),
    )  # fmt: skip
    assert found["charge"] == sum(len(each.lines) for each in claims)
    assert found["queue_item"] == found["encounter"]
    with world.read("encounter:code", world.actor("coder")) as uow:
        one = uow.entities(
            uow.select(EncounterRow).where(
                EncounterRow.source_control_index == uow.token("claim-control", claims[0].control)
            )
        )[0]
        assert one.charge_cents == claims[0].charge_cents
        assert uow.read(one, EncounterRow.diagnoses_sealed) == list(claims[0].diagnoses)
        proposal = uow.read(one, EncounterRow.proposal_sealed)
        assert [line["code"] for line in proposal["lines"]] == [line.code for line in claims[0].lines]
    with world.read("interchange:view", world.actor("charge-clerk")) as uow:
        row = uow.get(InterchangeRow, result.interchange_id)
        assert (row.kind, row.state, row.items, row.applied) == ("837P", "APPLIED", len(claims), len(claims))
        assert uow.read(row, InterchangeRow.body_sealed) == make.file(claims)


def test_the_same_file_and_the_same_visits_in_another_make_nothing(world: World):
    claims = make.some(6)
    first = bring(world, make.file(claims))
    stood = counted(world)
    again = bring(world, make.file(claims), "renamed.837")
    assert (again.known, again.interchange_id, again.findings) == (True, first.interchange_id, first.findings)
    other = bring(world, make.file(claims[::-1], number=2))
    assert (other.known, other.counts) == (False, Counts(6, 0, 6, 0, 0))
    assert counted(world) == stood
    with world.read("interchange:view") as uow:
        assert uow.get(InterchangeRow, other.interchange_id).state == "READ"


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=5), min_size=1, max_size=3))
def test_however_visits_are_cut_into_files_each_stands_once(world: World, cuts: list[set[int]]):
    claims, seen = make.some(8, seed=11), set()
    with world.read("account:search") as uow:
        before = uow.count(uow.select(EncounterRow.id))
        standing = {uow.read(row, EncounterRow.source_control_sealed) for row in uow.entities(uow.select(EncounterRow))}
    for cut in cuts:
        bring(world, make.file([claims[at] for at in sorted(cut)], number=int.from_bytes(os.urandom(3)) + 1))
        seen |= {claims[at].control for at in cut}
    assert counted(world)["encounter"] == before + len(seen - standing)


def test_one_patient_in_many_visits_is_one_account(world: World):
    claim = make.some(1)[0]
    spelled = replace(claim.patient, last=claim.patient.last.lower(), middle="")
    later = replace(claim, control="LATER", patient=spelled, cover=replace(claim.cover, subscriber=spelled))
    result = bring(world, make.file([claim, later]))
    assert (result.counts.made, result.counts.accounts) == (2, 1)


def test_what_is_only_alike_is_another_account_and_goes_to_people(world: World):
    claim = make.some(1)[0]
    short = replace(claim.patient, first=claim.patient.first[:2])
    alike = replace(claim, control="ALIKE", patient=short, cover=replace(claim.cover, subscriber=short))
    result = bring(world, make.file([claim, alike]))
    assert result.counts.accounts == 2
    assert "patient-alike" in {finding.code for finding in result.findings}
    with world.read("queue:view") as uow:
        waiting = uow.rows(uow.select(QueueItemRow.reason).where(QueueItemRow.queue == "identity"))
        assert [row.reason for row in waiting] == ["patient-alike"]


def test_a_new_payer_in_the_same_rank_is_asked_about(world: World):
    claim = make.some(1)[0]
    moved = replace(claim, control="MOVED", cover=replace(claim.cover, payer_id="OTHER9", payer_name="Other Plan"))
    result = bring(world, make.file([claim, moved]))
    assert result.counts.accounts == 1
    assert "coverage-changed" in {finding.code for finding in result.findings}


def test_a_known_payer_is_taken_as_it_is(world: World):
    claim = make.some(1)[0]
    with world.write("payer:edit") as uow:
        uow.new(
            PayerRow, code=claim.cover.payer_id, name="Known", kind="CI", filing_limit_days=180, appeal_levels=[],
            address=None, remittance_ids=[],
        )  # fmt: skip
    assert bring(world, make.file([claim])).findings == ()
    assert counted(world)["payer"] == 1


@pytest.mark.parametrize(
    ("change", "code", "stands"),
    [
        ({"frequency": "7"}, "frequency", False),
        ({"charge_cents": 1}, "charge-sum", True),
        ({"patient": {"birth_date": None}}, "patient", False),
        ({"cover": {"member_id": "--"}}, "member-id", False),
        ({"cover": {"payer_id": "", "payer_name": ""}}, "payer-missing", False),
        ({"cover": {"payer_id": ""}}, "payer-missing", False),
        ({"billing": {"npi": "1999999984", "tax_id": "009999999"}}, "billing-other", True),
        ({"rendering": {"npi": "1234567890"}}, "provider-npi", True),
    ],
)
def test_a_visit_with_a_fault_never_stops_the_next(world: World, change: dict, code: str, stands: bool):
    first, second = make.some(2)
    parts = {
        name: replace(getattr(first, name), **value) if isinstance(value, dict) else value
        for name, value in change.items()
    }
    broken: Claim = replace(first, **parts)
    if "patient" in parts:
        broken = replace(broken, cover=replace(broken.cover, subscriber=parts["patient"]))
    result = bring(world, make.file([broken, second]))
    assert code in {finding.code for finding in result.findings}
    assert result.counts.made == 1 + stands
    assert all(finding.segment > 0 for finding in result.findings)


def test_a_file_of_another_practice_of_the_house_stays_out(world: World):
    from portal.services.practices import add_practice
    from tests.make.practices import npi, practice

    other = practice(code="other", npi=npi("198765432"), ein="840000002")
    with world.units.write(replace(world.machine(), practice_id=None), "practice:edit") as uow:
        add_practice(uow, world.runtime.roots, other)
    claim = make.some(1)[0]
    stranger = replace(claim, billing=replace(claim.billing, npi=other.npi, tax_id=other.ein))
    result = bring(world, make.file([stranger]))
    assert (result.counts.made, [each.code for each in result.findings]) == (0, ["billing-stranger"])


def test_a_file_cut_anywhere_loads_what_is_whole(world: World):
    body = make.file(make.some(5))
    whole = body.split(b"~")
    for number, at in enumerate((3, len(whole) // 3, len(whole) // 2, len(whole) - 4)):
        result = bring(world, b"~".join(whole[:at]) + b"~", f"cut {number}")
        assert result.findings
        assert all(0 <= finding.segment <= at + 1 for finding in result.findings)
    assert bring(world, body).counts.standing > 0
    assert counted(world)["encounter"] == 5


@given(st.binary(max_size=200))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rubbish_gives_findings_only(world: World, body: bytes):
    result = bring(world, body)
    assert result.counts.made == 0
    assert result.findings


def test_another_kind_of_file_is_left_for_its_own_import(world: World):
    body = make.file(make.some(1)).replace(b"ST*837*", b"ST*835*").replace(b"005010X222A1", b"005010X221A1")
    with pytest.raises(Refused, match="wrong-kind"):
        bring(world, body)
    with world.read("interchange:view") as uow:
        assert uow.count(uow.select(InterchangeRow.id)) == 0


def test_an_import_that_broke_off_goes_on(world: World):
    claims = make.some(5)
    clerk = world.actor("charge-clerk")
    with world.write("visit:import", clerk) as uow:
        row, new = interchanges.receive(uow, "visits.837", make.file(claims), kind="837P")
        assert new
    from portal.services.intake import visits
    from portal.x12 import reader
    from portal.x12.claims.reading import read_claims

    with world.write("visit:import", clerk) as uow:
        for claim in read_claims(reader.read(make.file(claims))).claims[:2]:
            visits.take(uow, claim, interchange_id=row.id)
    result = read_in(world.units, clerk, None, row.id)
    assert (result.known, result.counts.made, result.counts.standing) == (False, 3, 2)
    with world.read("interchange:view") as uow:
        assert uow.get(InterchangeRow, row.id).state == "APPLIED"


def test_a_visit_that_cannot_be_stored_is_told_and_the_file_stays_open(world: World):
    first, second, third = make.some(3)
    body = make.file([first, second, third])
    bring(world, make.file([second], number=9))
    from sqlalchemy import text

    with world.runtime.engine.begin() as connection:  # someone damages a name in the store
        if connection.dialect.name == "postgresql":
            connection.execute(text("select set_config('candor.practices', 'all', true)"))
        connection.execute(text("update patient set first_name_sealed = last_name_sealed"))
    result = bring(world, body)
    assert (result.counts.made, result.counts.left_out) == (2, 1)
    assert "not-stored" in {finding.code for finding in result.findings}
    assert bring(world, body).known is False


def test_nothing_protected_lies_open_in_the_store(world: World, tmp_path):
    claim = make.some(1)[0]
    marked = replace(claim.patient, last="QUIXOTICCANARY", first="ZEPHYRINE")
    cover = replace(claim.cover, member_id="CANARY77123", subscriber=marked)
    bring(world, make.file([replace(claim, patient=marked, cover=cover, diagnoses=("S63501A",))]), "Quixotic.837")
    if world.runtime.engine.dialect.name != "sqlite":
        return
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home" / "data").rglob("*") if path.is_file())
    for secret in (b"QUIXOTIC", b"Quixotic", b"ZEPHYRINE", b"CANARY77123", b"S63501A", b"ISA*00"):
        assert secret not in stored


def test_who_may_import(world: World):
    for role in ("coder", "qa-auditor", "payment-poster", "administrator", "compliance-officer"):
        with pytest.raises(Denied):
            import_visits(world.units, world.actor(role), None, "x", b"x")
    assert counted(world)["encounter"] == 0


def test_a_file_that_is_too_large_is_refused(world: World):
    with pytest.raises(Refused, match="too-large"):
        bring(world, b"x" * (25 * 1024 * 1024 + 1))


def test_service_dates_span_the_lines(world: World):
    claim = make.some(1)[0]
    line = replace(claim.lines[0], from_date=date(2026, 7, 1), to_date=date(2026, 7, 9))
    total = claim.lines_cents + line.charge_cents
    bring(world, make.file([replace(claim, lines=(*claim.lines, line), charge_cents=total)]))
    with world.read("account:search") as uow:
        row = uow.rows(uow.select(EncounterRow.service_from, EncounterRow.service_to))[0]
        assert row.service_from == date(2026, 7, 1)
        assert row.service_to == max(date(2026, 7, 9), *(each.from_date for each in claim.lines if each.from_date))
