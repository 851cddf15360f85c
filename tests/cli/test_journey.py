"""An installation from nothing by commands alone: set up, furnished, worked with, verified, copied and restored."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from portal.cli.__main__ import main
from portal.config import load
from portal.runtime import running
from portal.sandbox import codes as invented_codes
from portal.services.unit_of_work.trail import Request
from portal.services.users import accounts
from tests.databases import ENGINES
from tests.feeds.test_coverage_policies import HEAD as POLICY
from tests.feeds.test_global_periods import HEAD as GLOBAL_HEAD
from tests.feeds.test_global_periods import ROWS as GLOBAL_ROWS
from tests.feeds.test_ncci import HEAD as PAIRS
from tests.feeds.test_ncci import UNITS
from tests.make import visits
from tests.make.practices import npi, practice

OURS = practice()
ANSWERS = f"""
code = "juniper"
name = "{OURS.name}"
npi = "{OURS.npi}"
ein = "{OURS.ein}"
phone = "5035550142"
line1 = "214 Alder Street"
city = "Millbrook"
state = "OR"
postal_code = "970010214"
time_zone = "America/Los_Angeles"
admin_email = "root@juniper.example"
admin_name = "Ada Root"
"""
CLAIMS = visits.some(3)
PAYERS = "code,name,kind,filing_limit_days,appeal_levels,remittance_ids\n" + "".join(
    sorted({f"{claim.cover.payer_id},{claim.cover.payer_name},BL,365,first:120,\n" for claim in CLAIMS})
)


class Desk:
    """Types commands over one home and looks at how they end."""

    def __init__(self, home: Path, folder: Path) -> None:
        self.home, self.folder = home, folder

    def __call__(self, *arguments: str, ends: int = 0, typed: str | None = None) -> str:
        done = CliRunner().invoke(main, arguments, input=typed, env={"CANDOR_HOME": str(self.home)})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == ends, (arguments, done.output)
        return done.output

    def json(self, *arguments: str, ends: int = 0) -> Any:
        said = self(*arguments, "--json", ends=ends)
        assert said.endswith(("}\n", "]\n")), said
        return json.loads(said.splitlines()[-1])

    def file(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


@pytest.fixture(params=ENGINES)
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Nothing but a folder, and on PostgreSQL two roles and an empty database."""
    for name in [name for name in os.environ if name.startswith("CANDOR_")]:
        monkeypatch.delenv(name)
    settings = '\n[settings]\nkeys = "secrets"\n'
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        owner, app = cluster.clone("template0")
        settings += f'database_url = "{app}"\ndatabase_owner_url = "{owner}"\n'
    made = Desk(tmp_path / "home", tmp_path)
    made.file("answers.toml", ANSWERS + settings)
    yield made
    if request.param == "postgresql":
        cluster.drop(owner)


def set_up(desk: Desk) -> str:
    return desk("setup", "--from", str(desk.folder / "answers.toml"))


def furnish(desk: Desk) -> None:
    desk("payers", "load", desk.file("payers.csv", PAYERS))
    desk(
        "partners", "add", "clearing", "--name", "Clearing House", "--sender", "JUNIPER", "--receiver", "CLEARING",
        "--contact", "Billing Desk", "--contact-phone", "5035550142", "--submitter", "Juniper", "--folder", "clearing",
    )  # fmt: skip


def test_setting_up_makes_keys_database_practice_and_one_link(desk: Desk) -> None:
    said = set_up(desk)
    assert "practice juniper" in said
    assert said.count("/join/") == 1
    keys = desk.home / "secrets"
    assert {path.name: path.stat().st_mode & 0o777 for path in keys.iterdir()} == {
        "root.key": 0o400, "signing.key": 0o400, "web.key": 0o400,
    }  # fmt: skip
    assert (desk.home / "candor.toml").stat().st_mode & 0o777 == 0o600, "it may hold a database's password"
    before = {path: path.read_bytes() for path in keys.iterdir()}
    # a second time harms nothing: the practice stands, the administrator has a link already
    desk("setup", "--from", str(desk.folder / "answers.toml"))
    assert {path: path.read_bytes() for path in keys.iterdir()} == before
    assert "newest migration" in desk("db", "upgrade")
    assert desk.json("audit", "verify", "--cells")["ok"]


def test_setting_up_again_gives_no_link_to_the_account_of_one_who_has_joined(desk: Desk) -> None:
    token = set_up(desk).rpartition("/join/")[2].strip()
    with running(load({"CANDOR_HOME": str(desk.home)})) as portal:
        accounts.accept(portal.units, Request(bytes(16), "127.0.0.1"), token, kind="join", password="walnut river 88")
    said = set_up(desk)
    assert "has an account already" in said
    assert "/join/" not in said


def test_setting_up_again_changes_no_settings_and_names_those_that_would_be_others(desk: Desk) -> None:
    set_up(desk)
    stands = (desk.home / "candor.toml").read_text()
    answers = (desk.folder / "answers.toml").read_text()
    other = ANSWERS + 'mode = "production"\n[settings]\nkeys = "secrets"\nport = 9000\nsmtp_url = ""\n'
    said = desk("setup", "--from", desk.file("other.toml", other), ends=2)
    assert "mode, port." in said
    assert "production" not in said, "a setting may hold a password"
    desk.file("answers.toml", 'mode = "development"\n' + answers)
    assert "practice juniper" in set_up(desk), "what equals the settings that stand is no fault"
    assert (desk.home / "candor.toml").read_text() == stands
    (desk.home / "candor.toml").write_text(stands + "nonsense = 1\n")
    assert "no such setting: nonsense" in desk("setup", "--from", str(desk.folder / "answers.toml"), ends=2)


@pytest.mark.parametrize(
    ("answers", "ends"),
    [
        (b"code = \xff", 2),
        (b"settings = 3\n" + ANSWERS.encode(), 2),
        (ANSWERS.replace('"juniper"', '["juniper"]').encode(), 2),
        (ANSWERS.encode() + b'[settings]\nkeys = "data/keys"\n', 2),
        (ANSWERS.encode() + b"[settings]\nport = 07:32:00\n", 2),
        (ANSWERS.encode() + b'[settings]\ndata = "a\\u0000b"\n', 2),
        (b'mode = "production"\n' + ANSWERS.encode() + b'[settings]\nmode = "development"\n', 2),
        (ANSWERS.replace('"OR"', '"Oregon"').encode(), 1),
        (ANSWERS.replace('"Millbrook"', '" "').encode(), 1),
        (ANSWERS.replace("root@juniper.example", "root").encode(), 1),
    ],
)
def test_answers_that_will_not_do_leave_nothing_behind(desk: Desk, answers: bytes, ends: int) -> None:
    said = desk("setup", "--from", desk.file("answers.toml", answers), ends=ends)
    assert "made" not in said
    assert [path for path in desk.home.rglob("*") if path.is_file()] == []


def test_a_database_that_is_not_there_is_said(desk: Desk) -> None:
    answers = ANSWERS + '[settings]\ndatabase_url = "sqlite:////nowhere/candor.db"\n'
    assert "cannot be used" in desk("setup", "--from", desk.file("answers.toml", answers), ends=2)


def test_setting_up_asks(desk: Desk) -> None:
    answers = [
        "development", "", "keys", "juniper", OURS.name, OURS.npi, OURS.ein, "", "5035550142", "214 Alder Street",
        "Millbrook", "OR", "970010214", "America/Los_Angeles", "root@juniper.example", "Ada Root",
    ]  # fmt: skip
    if "database_url" in (desk.folder / "answers.toml").read_text():
        pytest.skip("the questions are the same on both engines")
    said = desk("setup", typed="\n".join(answers) + "\n")
    assert "/join/" in said
    assert (desk.home / "keys" / "root.key").exists()


def test_wrong_answers_are_named_and_nothing_is_set_up(desk: Desk) -> None:
    path = Path(desk.file("answers.toml", (desk.folder / "answers.toml").read_text().replace(OURS.npi, "1234567890")))
    path.write_text(path.read_text().replace('"juniper"', '"Juniper Ridge"').replace("root@", "root"))
    said = desk("setup", "--from", str(path), ends=1)
    assert [part for part in ("1234567890", "The code Juniper Ridge", "rootjuniper.example") if part not in said] == []
    assert not desk.home.exists()
    path.write_text(path.read_text().replace('"Juniper Ridge"', '"juniper"').replace("rootjun", "root@jun"))
    desk.file("answers.toml", path.read_text().replace("1234567890", OURS.npi))
    assert "practice juniper" in set_up(desk)
    desk.file("answers.toml", 'code = "juniper"\n[settings]\nno_such_thing = 1\n')
    said = CliRunner().invoke(
        main, ["setup", "--from", str(desk.folder / "answers.toml")], env={"CANDOR_HOME": str(desk.folder / "other")}
    )
    assert said.exit_code == 2
    assert "missing" in said.output
    assert "no_such_thing" in said.output


def published(desk: Desk) -> None:
    """CMS's edits and a payer's fees go in by the same command as the code sets."""
    pairs = desk.file("ccipra-v323r0-f1.txt", PAIRS + "G0438\tJ1885\t\t20200101\t*\t1\tWhy\n")
    for tried, added in ((("--try",), 1), ((), 1), ((), 0)):
        found = desk.json("codes", "load", "ncci-ptp", pairs, "--effective", "2026-07-01", *tried)
        assert (found["total"], found["added"]) == (1, added)
    units = desk.file("mue.csv", UNITS + "G0438,1,2,Why\n")
    assert "1 added" in desk("codes", "load", "mue", units, "--effective", "2026-07-01")
    listed = desk.file("fees.csv", "code,modifier,amount\nG0438,,150.00\n")
    desk("codes", "load", "fee-schedule", listed, "--effective", "2026-07-01", ends=2)
    known = ("--effective", "2026-07-01", "--payer", CLAIMS[0].cover.payer_id)
    assert desk.json("codes", "load", "fee-schedule", listed, *known)["added"] == 1
    assert desk.json("codes", "load", "fee-schedule", listed, *known)["added"] == 0
    periods = desk.file("PPRRVU2026.csv", GLOBAL_HEAD + GLOBAL_ROWS)
    assert desk.json("codes", "load", "global-days", periods, *known[:2])["added"] == 3
    policies = desk.file("policies.csv", f"{POLICY}{CLAIMS[0].cover.payer_id},L33333,G0103,Z12.5,,\n")
    assert desk.json("codes", "load", "coverage-policy", policies, *known[:2], "--try")["added"] == 1
    wrong = desk.file("wrong-policies.csv", f"{POLICY}NOBODY,L33333,G0103,Z12.5,,\n")
    assert "Line 2" in desk("codes", "load", "coverage-policy", wrong, *known[:2], ends=1)


def test_an_office_is_furnished(desk: Desk) -> None:
    set_up(desk)
    furnish(desk)
    assert desk.json("payers", "load", str(desk.folder / "payers.csv"))["changed"] == 0
    assert "Line 2" in desk("payers", "load", desk.file("bad.csv", PAYERS.replace("365", "a year")), ends=1)
    assert "kind" in desk("payers", "load", desk.file("short.csv", "code,name\nA,B\n"), ends=2)
    prices = desk.file("prices.csv", "code,modifier,amount\nG0438,,$185.00\nJ1885,,12.50\n")
    assert desk.json("charges", "load", prices, "--effective", "2026-01-01") == {"prices": 2, "changed": 2}
    assert desk.json("charges", "load", prices, "--effective", "2026-01-01")["changed"] == 0
    wrong = desk.file("wrong.csv", "code,modifier,amount\nG0438,,much\n")
    assert "line 2" in desk("charges", "load", wrong, "--effective", "2026-01-01", ends=2)
    hcpcs = desk.file("hcpcs.txt", invented_codes.hcpcs_file())
    assert desk.json("codes", "load", "hcpcs", hcpcs, "--effective", "2026-01-01")["added"] > 10
    desk("codes", "load", "hcpcs", desk.file("not.txt", "nonsense"), "--effective", "2026-02-01", ends=1)
    published(desk)
    invited = desk.json("users", "invite", "noor@juniper.example", "--name", "Noor Haddad", "--role", "biller")
    assert "/join/" in invited["link"]
    assert "wizard" in desk(
        "users", "invite", "a@juniper.example", "--name", "A", "--role", "wizard", ends=1
    )  # fmt: skip


def test_practices_are_added_and_edited_and_then_have_to_be_named(desk: Desk) -> None:
    set_up(desk)
    cedar = [
        "--name", "Cedar Clinic", "--npi", npi("234567891"), "--ein", "840000002", "--taxonomy", "207Q00000X",
        "--phone", "5035550188", "--line1", "9 Cedar Lane", "--city", "Millbrook", "--state", "OR",
        "--postal-code", "970010009", "--time-zone", "America/Los_Angeles", "--remit-line1", "PO Box 12",
        "--remit-city", "Salem", "--remit-state", "OR", "--remit-postal-code", "973010012",
    ]  # fmt: skip
    assert "missing: --phone" in desk("practices", "add", "cedar", *cedar[:8], *cedar[10:], ends=2)
    assert "The code Cedar Clinic is not valid" in desk("practices", "add", "Cedar Clinic", *cedar, ends=1)
    desk("practices", "add", "cedar", *cedar)
    laboratory = ["--clia", "11D1234567", "--clia-kind", "waiver", "--clia-from", "2026-01-01"]
    assert desk.json("practices", "edit", "cedar", *laboratory)["changed"] == ["clia"]
    assert "type" in desk("practices", "edit", "cedar", *laboratory[:2], ends=1)
    over = ["practices", "edit", "cedar", "--clia-end", "11D1234567"]
    assert "only" in desk(*over, "--clia-kind", "waiver", ends=2)
    assert "last day" in desk(*over, ends=1)
    assert "no certificate" in desk(*over[:-1], "11D7654321", "--clia-to", "2026-06-30", ends=1)
    assert desk.json(*over, "--clia-to", "2026-06-30")["changed"] == ["clia"]
    assert desk.json("practices", "edit", "cedar", *laboratory[:-1], "2026-07-01")["changed"] == ["clia"], "the next"
    hospital = [
        "--name", "Cedar Hospital", "--npi", npi("165432109"), "--line1", "1 Cedar Way", "--city", "Salem",
        "--state", "OR", "--postal-code", "97301-0012", "--places", "21 22 23", "--from", "2026-01-01",
    ]  # fmt: skip
    assert desk.json("practices", "facility", "cedar", *hospital)["code"] == "cedar"
    assert "two digits each" in desk("practices", "facility", "cedar", *hospital[:13], "2", *hospital[14:], ends=1)
    changed = desk.json("practices", "edit", "cedar", "--phone", "5035550199", "--remit-line1", "PO Box 13")
    assert changed["changed"] == ["phone", "remit_to"]
    assert "--practice CODE" in desk("keys", "rotate", ends=2)
    desk("keys", "rotate", "--practice", "cedar")
    assert "nowhere" in desk("practices", "edit", "nowhere", "--phone", "5035550199", ends=1)


def test_two_practices_never_share_a_partners_folder(desk: Desk) -> None:
    set_up(desk)
    furnish(desk)
    desk(
        "practices", "add", "cedar", "--name", "Cedar Clinic", "--npi", npi("234567891"), "--ein", "840000002",
        "--taxonomy", "207Q00000X", "--phone", "5035550188", "--line1", "9 Cedar Lane", "--city", "Millbrook",
        "--state", "OR", "--postal-code", "970010009", "--time-zone", "America/Los_Angeles",
    )  # fmt: skip

    def add(code: str, practice: str, folder: str, ends: int = 0) -> str:
        return desk(
            "partners", "add", code, "--practice", practice, "--name", "Clearing House", "--sender", "CEDAR",
            "--receiver", "CLEARING", "--contact", "Billing Desk", "--contact-phone", "5035550142", "--submitter",
            "Cedar", "--folder", folder, ends=ends,
        )  # fmt: skip

    for spelled in ("clearing", "clearing/", "./clearing", "x/../clearing"):
        said = add("clearing", "cedar", spelled, ends=1)
        assert "A partner of the practice juniper has the folder clearing already" in said
    assert "not one plain name" in add("clearing", "cedar", "../clearing", ends=1)
    add("second", "juniper", "./clearing/")
    add("clearing", "cedar", "cedar")


def test_files_come_in_and_nothing_broken_ends_in_a_traceback(desk: Desk) -> None:
    set_up(desk)
    furnish(desk)
    file = desk.file("monday.837", visits.file(CLAIMS))
    [first] = desk.json("visits", "import", file)
    assert (first["claims"], first["made"], first["accounts"], first["findings"]) == (3, 3, 3, [])
    [again] = desk.json("visits", "import", file)
    assert (again["made"], again["standing"]) == (0, 3)
    cut = desk.file("cut.837", visits.file(CLAIMS, 2)[:-400])
    for command in (("visits", "import"), ("acks", "import"), ("remittances", "import")):
        for path in (cut, desk.file("junk.bin", bytes(range(256)) * 9), desk.file("empty.txt", "")):
            [said] = desk.json(*command, path, ends=1)
            assert said["findings"], (command, path)
    assert desk.json("claims", "send")["claims"] == 0
    assert desk.json("claims", "collect") == {"files": 0, "applied": 0}
    desk("statements", "run")
    assert desk.json("audit", "verify", "--cells")["ok"]
    outside = desk.folder / "cut.837"
    assert "IEA" in desk("x12", "check", str(outside), ends=1)


def test_keys_turn_over_and_a_copy_comes_back(desk: Desk) -> None:
    set_up(desk)
    furnish(desk)
    desk("visits", "import", desk.file("monday.837", visits.file(CLAIMS)))
    before = desk.json("keys", "status")["root_generation"]
    assert desk.json("keys", "rotate")["generation"] == 2
    desk("keys", "rewrap", "--new-root")
    assert desk.json("keys", "status")["root_generation"] == before + 1
    exported = desk.folder / "log.zip"
    desk("audit", "export", str(exported), ends=2)
    desk("audit", "export", str(exported), "--reason", "yearly review")
    assert desk.json("audit", "verify", "--export", str(exported))["ok"]
    made = desk.json("backup", "create", str(desk.folder / "copies"))
    assert desk.json("backup", "verify", made["folder"])["ok"]
    assert desk("backup", "restore", made["folder"], ends=1)  # nothing that stands is written over
    if (desk.home / "data" / "candor.db").exists():
        elsewhere = Desk(desk.folder / "elsewhere", desk.folder)
        elsewhere.home.mkdir()
        shutil.copytree(desk.home / "secrets", elsewhere.home / "secrets")
        shutil.copy2(desk.home / "candor.toml", elsewhere.home)
        elsewhere("backup", "restore", made["folder"])
        assert elsewhere.json("audit", "verify", "--cells")["ok"]
        [again] = elsewhere.json("visits", "import", str(desk.folder / "monday.837"))
        assert (again["made"], again["standing"]) == (0, 3)


def commands(group: click.Group, names: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command that is no group, by its words."""
    context, found = click.Context(group), []
    for name in group.list_commands(context):
        each = group.get_command(context, name)
        found += commands(each, (*names, name)) if isinstance(each, click.Group) else [(*names, name)]
    return found


@pytest.mark.parametrize("words", commands(main), ids=" ".join)  # type: ignore[arg-type]  # `main` is a group
def test_every_command_shows_an_example(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*words, "--help"])
    assert done.exit_code == 0
    assert f"./candor {' '.join(words)}" in " ".join(done.output.partition("Example:")[2].split())
    assert CliRunner().invoke(main, [*words, "--no-such-option"]).exit_code == 2
