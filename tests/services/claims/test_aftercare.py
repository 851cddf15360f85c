"""Earlier procedures of the same surgeon at this practice are known to the edits of later claims; and ABNs."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

from portal.models.claims import ClaimRow
from portal.models.encounters import ChargeRow, EncounterRow
from portal.models.practices import ProviderRow
from portal.services import coverage_policies, documents, global_periods
from portal.services.attachments import taking
from portal.services.claims import checking
from portal.services.releases import Loaded
from tests.feeds.test_coverage_policies import HEAD as POLICY
from tests.feeds.test_global_periods import HEAD, ROWS
from tests.make import claims as make
from tests.make import scans
from tests.make.practices import npi
from tests.services.claims.office import Office

DAY = date(2026, 5, 4)
GLOBAL = {"global-evaluation", "global-decision", "global-return"}


def load(office: Office, text: str, effective: date, *, rehearse: bool = False) -> Loaded:
    with office.world.write("code:load") as uow:
        return global_periods.load(uow, io.BytesIO(text.encode()), "PPRRVU.csv", effective, rehearse=rehearse)


def found(office: Office, claim_id: bytes) -> set[str]:
    with office.world.write("claim:edit") as uow:
        return {one.code for one in checking.run_edits(uow, claim_id).findings}


def test_what_comes_after_a_procedure_is_asked_about_only_for_its_surgeon(office: Office) -> None:
    assert (load(office, HEAD + ROWS, date(2026, 1, 1), rehearse=True)).added == 3
    assert (load(office, HEAD + ROWS, date(2026, 1, 1))).added == 3
    assert (load(office, HEAD + ROWS, date(2026, 1, 1))).added == 0
    with office.world.write("claim:edit") as uow:
        person = make.patient(uow)
        make.claim(uow, person=person, day=DAY, lines=(("G0412", 90_000),))
        later, eve, stitched = (
            make.claim(uow, person=person, day=DAY + timedelta(days), lines=((code, 9_000),)).id
            for days, code in ((30, "99300"), (-1, "99300"), (14, "G0168"))
        )
        other = make.claim(uow, last="Fernley", day=DAY + timedelta(30), lines=(("99300", 9_000),)).id
    assert [found(office, one) & GLOBAL for one in (later, eve, stitched, other)] == [
        {"global-evaluation"}, {"global-decision"}, {"global-return"}, set(),
    ]  # fmt: skip
    # A colleague of another specialty sees the patient.
    with office.world.write("claim:edit") as uow:
        encounter = uow.get(EncounterRow, uow.get(ClaimRow, later).encounter_id)
        who = uow.new(
            ProviderRow, npi=npi("199999999"), last_name="Fernley", first_name="Ada", taxonomy="207X00000X"
        )  # fmt: skip
        uow.flush()
        uow.change(encounter, provider_id=who.id)
    assert not found(office, later) & GLOBAL
    # From July the procedure has no days of its own any more: older ones keep theirs.
    loaded = load(office, HEAD + ROWS.replace("A,9.00,0,090", "A,9.00,0,ZZZ"), date(2026, 7, 1))
    assert (loaded.changed, loaded.retired) == (0, 1)
    assert found(office, stitched) & GLOBAL == {"global-return"}


def test_a_policy_asks_for_its_diagnoses_and_a_notice_is_to_be_attached(office: Office) -> None:
    with office.world.write("claim:edit") as uow:
        claim = make.claim(uow, lines=(("G0103", 4_000),), day=DAY)
        id_, visit = claim.id, claim.encounter_id

    def policies(rows: str, effective: date, **more: Any) -> Loaded:
        with office.world.write("code:load") as uow:
            body = io.BytesIO((POLICY + rows).encode())
            return coverage_policies.load(uow, body, "policies.csv", effective, **more)

    mine = {"coverage-policy", "abn-missing"}
    assert not found(office, id_) & mine
    rows = "CBH03,L33333,G0103,Z12.5,,\nCBH03,L33333,G0103,C61*,,\nmedicare,210.1,G0103,Z125,,\n"
    loaded = policies(rows, date(2026, 1, 1))
    assert (loaded.total, loaded.added) == (3, 2)
    assert policies(rows, date(2026, 1, 1)).added == 0
    assert found(office, id_) & mine == {"coverage-policy"}
    # From June it covers the reason, too: the service was in May.
    assert policies("CBH03,L33333,G0103,I10*,,\n", date(2026, 6, 1), whole=False).changed == 1
    assert found(office, id_) & mine == {"coverage-policy"}
    narrow, july = "CBH03,L33333,G0103,I10,,\n", date(2026, 7, 1)
    assert policies(narrow, july, whole=False).changed == 1
    # The same file, now as the whole list: what it does not name ends; once more changes nothing.
    assert [policies(narrow, july).retired for _ in range(2)] == [1, 0]
    with office.world.write("encounter:code", office.world.actor("coder")) as uow:
        (charge,) = uow.entities(uow.select(ChargeRow).where(ChargeRow.encounter_id == visit))
        uow.change(charge, modifiers=["GA"])
    assert found(office, id_) & mine == {"abn-missing"}
    with office.world.write("document:attach") as uow:
        taking.take_in(uow, "encounter", visit, kind="advance-notice", name="abn.pdf", body=scans.pdf())
        assert "advance-notice" in documents.kinds(uow)
    assert not found(office, id_) & mine
