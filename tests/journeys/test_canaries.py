"""Canaries: strings that stand for a patient's secrets go the whole way round, and are looked for where none may be.

T68: store, write-ahead file, backup, temporary files, logs, mails; T126: what the card processor is asked; T142:
addresses, headers and titles (tests/pages.py looks at every answer).
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from portal import runtime
from portal.access import roles
from portal.access.actors import system
from portal.domain.claims import Claim
from portal.jobs.handlers import HANDLERS, Tools
from portal.jobs.worker import Worker
from portal.models.claims import ClaimRow
from portal.models.denials import DenialRow
from portal.models.encounters import EncounterRow
from portal.models.patients import PatientRow
from portal.models.payers import PayerRow
from portal.models.payments import PaymentRow
from portal.models.statements import StatementRow
from portal.models.users import UserRow
from portal.sandbox import codes as invented_codes
from portal.sandbox.clearinghouse import Clearinghouse
from portal.services import codes, outbox
from portal.services.auditing import upkeep
from portal.services.backups import making
from portal.services.patients import account, changing
from portal.services.users import registration
from tests import pages
from tests.journeys.town import Town
from tests.make import claims as make
from tests.make import users, visits
from tests.make.canaries import BORN, SECRETS, found, logs, planted, salt_for, where
from tests.web.staff.test_visits import form_of

ASKED = frozenset({
    "mode", "client_reference_id", "success_url", "cancel_url", "expires_at", "line_items[0][quantity]",
    "payment_method_types[0]", "payment_method_types[1]",
    "line_items[0][price_data][currency]", "line_items[0][price_data][unit_amount]",
    "line_items[0][price_data][product_data][name]", "payment_intent_data[description]",
})  # fmt: skip
"""All that the card processor is told of a payment."""


def test_T68_T126_T142_no_canary_is_found_where_none_may_be(
    town: Town, loud: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    secrets = dict(SECRETS)
    with pages.canaries(secrets.values()):
        story(town, secrets)
        errors(town, monkeypatch)
    told = town.server.captured
    files = everything_written(town)
    assert {"last name", "birth date in X12", "diagnosis", "member id"} <= where(files.pop("edi"), secrets)
    assert where(files.pop("mail recipients"), secrets) == {"e-mail"}
    assert not found(files, secrets)
    assert not found({"the card processor": "\n".join(map(repr, told)).encode()}, secrets)
    assert not found({"pages of errors": "\n".join(town.errors).encode()}, secrets)
    assert not found(logs(loud.records), secrets)
    assert {"candor.requests", "candor.web", "candor.jobs", "sqlalchemy.engine.Engine"} <= logs(loud.records).keys()


def test_what_looks_for_canaries_finds_them():
    assert where(b"... QUACKENBUSHEL*ZEPHYRINELLAA ...", SECRETS) == {"last name", "first names"}
    planted_log = logging.LogRecord("x", logging.INFO, "", 1, "opened %s", ("Quackenbushel",), None)
    assert found(logs([planted_log]), SECRETS)
    assert not found({"a good file": b"nothing of anybody"}, SECRETS)


def story(town: Town, secrets: dict[str, str]) -> None:
    """Everything that is done with a visit, from the file to the receipt, through the pages."""
    with town.world.write("partner:edit") as uow:
        make.partner(uow, town.world.practice_id)
    claims = planted(3)
    page = town.upload(roles.CHARGE_CLERK, f"{secrets['file name']}.837", visits.file(claims))
    assert secrets["file name"] in page
    encounters = town.rows(EncounterRow)
    assert len(encounters) == 3
    returned(town, secrets, encounters[0].id)
    for row in encounters:
        ids = {"encounter_id": row.id}
        town.press(roles.CODER, "staff.encounters.code", 'name="diagnosis"', ids=ids, do="coded")
        town.press(roles.CODING_MANAGER, "staff.encounters.review", "category", ids=ids, do="release")
        town.press(roles.CHARGE_CLERK, "staff.charges.enter", 'name="place"', ids=ids)
        town.press(roles.QA_AUDITOR, "staff.charges.audit", "category", ids=ids, do="clear")
    town.worker.drain()
    sent(town, secrets)
    answered(town, secrets, claims)
    [patient_id] = [row.patient_id for row in encounters if town.owed(row.patient_id)]
    office(town, secrets, patient_id)
    paid(town, secrets, patient_id)
    others(town, secrets, patient_id)


def returned(town: Town, secrets: dict[str, str], encounter_id: bytes) -> None:
    """The first visit goes back once from the second look, and a code is searched for by a word for an illness."""
    ids, code = {"encounter_id": encounter_id}, "staff.encounters.code"
    words = secrets["search of codes"]
    assert words in town.press(roles.CODER, code, 'name="diagnosis"', 200, ids=ids, do="find", find=words).text
    town.post(roles.CODER, "staff.codes.search", {"find": words}, 200)
    town.press(roles.CODER, code, 'name="diagnosis"', ids=ids, do="coded")
    back = {"do": "return", "category": "diagnosis-specificity", "note": secrets["note of a review"]}
    town.press(roles.CODING_MANAGER, "staff.encounters.review", "category", ids=ids, **back)
    assert secrets["note of a review"] in town.get(roles.CODER, code, **ids)


def sent(town: Town, secrets: dict[str, str]) -> None:
    """A claim is held and released, a visit returned by the auditor was cleared, and all claims go out."""
    first = town.rows(ClaimRow)[0]
    hold = {"version": str(first.version), "do": "hold", "reason": "record", "note": secrets["note of a hold"]}
    town.post(roles.BILLER, "staff.claims.act", hold, claim_id=first.id)
    assert secrets["note of a hold"] in town.get(roles.BILLER, "staff.claims.show", claim_id=first.id)
    town.post(roles.BILLER, "staff.claims.act", {"version": str(first.version + 1), "do": "release"}, claim_id=first.id)
    town.post(roles.BILLER, "staff.claims.send", {})


def answered(town: Town, secrets: dict[str, str], claims: list[Claim]) -> None:
    """The clearinghouse and the payer answer: one claim is paid, one denied, one rejected."""
    world, folder = town.world, town.world.runtime.settings.edi / "clearing"
    salt = salt_for(claims, ["paid", "not-necessary", "rejected-by-payer"], world.clock.now().date())
    (folder / "in").mkdir(exist_ok=True)
    house = Clearinghouse(folder / "out", folder / "in", clock=world.clock, salt=salt, stray=False)
    for path in house.collect():
        town.upload(roles.BILLER, f"{secrets['file name of an answer']}{path.suffix}", path.read_bytes())
    world.clock.forward(days=15)
    for path in house.pay():
        town.upload(roles.PAYMENT_POSTER, f"{secrets['file name of an answer']}.835", path.read_bytes())
    town.worker.drain()
    assert "REJECTED" in {row.state for row in town.rows(ClaimRow)}
    [denial] = town.rows(DenialRow)
    sort = {"version": str(denial.version), "category": "necessity", "note": secrets["note of a denial"]}
    town.post(roles.DENIAL_SPECIALIST, "staff.denials.triage", sort, denial_id=denial.id)
    assert secrets["last name"] in town.get(roles.DENIAL_SPECIALIST, "staff.denials.show", denial_id=denial.id)


def office(town: Town, secrets: dict[str, str], patient_id: bytes) -> None:
    """The office finds the patient, changes contact data, prints a letter, writes bills."""
    ids = {"patient_id": patient_id}
    hit = town.as_(roles.BILLER).post(
        town.place("staff.accounts.search_post"),
        data={"csrf_token": users.form_key(town.flask), "q": secrets["last name"]},
    )
    assert secrets["first names"] in hit.text
    version = town.rows(PatientRow, PatientRow.id == patient_id)[0].version
    contact = {
        "version": str(version), "phone": secrets["phone"], "email": secrets["e-mail"],
        "line1": f"18 {secrets['street']}", "city": "Millbrook", "state": "OR", "postal_code": "97099",
    }  # fmt: skip
    town.post(roles.BILLER, "staff.accounts.change", contact, **ids)
    late = town.post(roles.BILLER, "staff.accounts.change", contact | {"line1": "19 Elm"}, 409, **ids)
    assert secrets["street"] in late.text
    shown = town.get(roles.BILLER, "staff.accounts.show", **ids)
    assert secrets["e-mail"] in shown
    with town.world.read("account:view") as uow:
        row = uow.get(PatientRow, patient_id)
        secrets["number of the record"] = uow.read(row, PatientRow.mrn_sealed)
        secrets["number of the account"] = uow.read(row, PatientRow.account_number_sealed)
    assert secrets["number of the record"] in shown
    pages.PROTECTED.update({secrets["number of the record"].casefold(), secrets["number of the account"].casefold()})
    letter = town.post(roles.BILLER, "staff.accounts.issue_code", {}, 200, **ids)
    assert secrets["last name"] in letter.text
    day = re.search(r'name="run_on" value="([^"]+)"', town.get(roles.BILLER, "staff.statements.run"))
    assert day
    town.post(roles.BILLER, "staff.statements.start_run", {"run_on": day[1]})
    town.worker.drain()


def paid(town: Town, secrets: dict[str, str], patient_id: bytes) -> None:
    """The patient registers, reads the bill on page and paper, pays part of it, and has a receipt."""
    world = town.world
    stranger = users.browser(town.flask, world, None)
    with world.write("registration:issue") as uow:
        code = registration.issue(uow, patient_id)
    form = {
        "csrf_token": users.form_key(town.flask), "code": code, "last_name": secrets["first names"],
        "birth_date": BORN.isoformat(), "email": secrets["e-mail"], "password": "seven green herons wade",
        "again": "seven green herons wade",
    }  # fmt: skip
    assert stranger.post("/register", data=form).status_code == 422
    assert stranger.post("/register", data=form | {"last_name": secrets["last name"]}).status_code == 303
    [town.users[roles.PATIENT]] = [row.id for row in town.rows(UserRow) if row.id not in town.users.values()]
    forgetful = users.browser(town.flask, world, None)
    asked = {"csrf_token": users.form_key(town.flask), "email": secrets["e-mail"]}
    assert forgetful.post("/forgot", data=asked).status_code == 200
    town.worker.drain()
    assert secrets["first names"] in town.get(roles.PATIENT, "patient.home")
    [bill] = town.rows(StatementRow, StatementRow.patient_id == patient_id)
    assert secrets["last name"] in town.get(roles.PATIENT, "patient.statement", statement_id=bill.id)
    pdf = town.as_(roles.PATIENT).get(town.place("patient.document", document_id=bill.document_id))
    assert pdf.data.startswith(b"%PDF")
    for endpoint in ("visits", "documents", "payments", "access"):
        town.get(roles.PATIENT, f"patient.{endpoint}")
    client = town.as_(roles.PATIENT)
    pay = town.place("patient.pay", statement_id=bill.id)
    away = client.post(pay, data={**form_of(client, pay, "form_key"), "amount": "other", "sum": "1.00"})
    assert away.location.startswith(town.server.url), away.text[-2000:]
    town.server.pay(away.location.rsplit("/", 1)[1])
    assert town.server.idle()
    town.worker.drain()
    [row] = town.rows(PaymentRow)
    assert row.state == "SUCCEEDED"
    asked_of_the_processor(town)
    assert secrets["last name"] in town.get(roles.PATIENT, "patient.receipt", payment_id=row.id)


def others(town: Town, secrets: dict[str, str], patient_id: bytes) -> None:
    """The payer looks, the officer searches and exports, an administrator invites."""
    [payer] = town.rows(PayerRow)
    town.as_(roles.PAYER_USER, payer_id=payer.id)
    assert secrets["last name"] in town.get(roles.PAYER_USER, "payer.claims.list")
    town.get(roles.PAYER_USER, "payer.remittances.list")
    upkeep.index(town.world.units)
    officer = roles.COMPLIANCE_OFFICER
    hit = town.post(officer, "compliance.log.find_patient", {"q": secrets["last name"]}, 200)
    assert secrets["first names"] in hit.text
    assert secrets["last name"] in town.get(officer, "compliance.log.viewers", patient_id=patient_id)
    for seq in re.findall(r"/compliance/log/(\d+)\"", town.get(officer, "compliance.log.search"))[:10]:
        town.get(officer, "compliance.log.event", seq=int(seq))
    upkeep.tick(town.world.units, town.parts, [runtime.signing_key(town.world.runtime.settings)])
    export = town.post(officer, "compliance.log.export_post", {"reason": secrets["reason of an export"]}, 200)
    with zipfile.ZipFile(io.BytesIO(export.data)) as packed:
        assert not found({name: packed.read(name) for name in packed.namelist()}, secrets)
    town.get(roles.ADMINISTRATOR, "admin.users.list")
    invited = {"email": "noor@juniper.example", "role": "biller", "practice": town.world.practice_id.hex()}
    town.post(roles.ADMINISTRATOR, "admin.users.invite_post", invited, 200)
    town.worker.drain()


def asked_of_the_processor(town: Town) -> None:
    """T126: a closed list of fields, opaque ids, and one description for everybody."""
    [opened] = [dict(each.params) for each in town.server.captured if each.path == "/v1/checkout/sessions"]
    assert opened.keys() == ASKED
    assert opened["payment_intent_data[description]"] == "Payment to your medical practice"
    assert opened["line_items[0][price_data][product_data][name]"] == "Payment to your medical practice"
    assert re.fullmatch("[0-9a-f]{32}", opened["client_reference_id"])


def errors(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong: torn and foreign files, refusals, absent things, faults whose words hold a name."""
    name, clerk = SECRETS["file name of a torn one"], roles.CHARGE_CLERK
    whole_claims = planted(4)
    whole = visits.file(whole_claims, number=2)
    town.upload(clerk, f"{name}.837", whole[: len(whole) * 2 // 3])
    alike = replace(whole_claims[0], control="ALIKE", cover=replace(whole_claims[0].cover, member_id="ZQX77190429"))
    town.upload(clerk, "alike.837", visits.file([alike], number=3))
    town.upload(clerk, f"{name}.txt", f"{SECRETS['last name']},{BORN},{SECRETS['member id']}\n".encode() * 40)
    town.upload(roles.PAYMENT_POSTER, f"{name}.835", whole.replace(b"*837*", b"*835*"))
    [claim, *_] = town.rows(ClaimRow)
    patient_id = claim.patient_id
    town.get(roles.CODER, "staff.claims.show", 403, claim_id=claim.id)
    with town.world.write("code:load", system("codes")) as uow:
        codes.load(uow, "icd10cm", "codes.txt", invented_codes.icd10cm_file(), date(2025, 10, 1))
    [rejected] = town.rows(ClaimRow, ClaimRow.state == "REJECTED")
    town.post(roles.BILLER, "staff.claims.act", {"version": str(rejected.version), "do": "check"}, claim_id=rejected.id)
    [checked] = town.rows(ClaimRow, ClaimRow.id == rejected.id)
    assert "diagnosis-valid" in {each["code"] for each in checked.edits}, "an edit speaks of a diagnosis"
    town.get(roles.BILLER, "staff.claims.show", 404, claim_id=bytes(16))
    assert town.as_(roles.BILLER).post("/office/patients", data={"q": SECRETS["last name"]}).status_code == 400

    def broken(*_arguments: object, **_more: object) -> None:
        secret = f"{SECRETS['name in an error']} {SECRETS['last name']} {SECRETS['birth date']}"
        raise ValueError(f"no such person: {secret}")

    with monkeypatch.context() as planting:
        planting.setattr(account, "show", broken)
        planting.setattr(changing, "change", broken)
        town.get(roles.BILLER, "staff.accounts.show", 500, patient_id=patient_id)
        contact = {
            "version": "1",
            "line1": f"1 {SECRETS['street']}",
            "city": "M",
            "state": "OR",
            "postal_code": "97099",
        }
        town.post(roles.BILLER, "staff.accounts.change", contact, 500, patient_id=patient_id)
    with town.world.write("statement:run") as uow:
        outbox.later(uow, "statement.close", "canary", {"patient": patient_id})
    failing = Worker(
        Tools(town.world.units, town.parts, lambda: None), handlers={**HANDLERS, "statement.close": broken}
    )
    assert failing.drain(1) == 1
    assert len(town.errors) >= 4


def everything_written(town: Town) -> dict[str, bytes]:
    """All files of the installation, with a backup and temporary files: names and bodies, by their place.

    What went to the clearinghouse and came from it is one entry, whom mails go to is another.
    """
    making.create(
        town.world.units, system("backup"), town.parts, town.world.runtime.settings.database_url,
        town.home / "backups", register=town.home / "backups.jsonl",
    )  # fmt: skip
    written = {"edi": b"", "mail recipients": b""}
    for path in (each for each in town.home.parent.rglob("*") if each.is_file()):
        body = path.read_bytes()
        if path.is_relative_to(town.world.runtime.settings.edi):
            written["edi"] += body
            continue
        if path.parent.name == "mail":
            written["mail recipients"] += b"".join(re.findall(rb"(?im)^to:.*$", body))
            body = re.sub(rb"(?im)^to:.*$", b"", body)
        written[str(path.relative_to(town.home.parent))] = body + path.name.encode()
    names = {Path(name).name for name in written}
    assert {"candor.db", "candor.db-wal", "manifest.json"} <= names, names
    return written
