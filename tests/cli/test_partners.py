"""Partners are set up by command: reached by folder or by SFTP, listed with the fingerprint to compare."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli.__main__ import main
from tests.databases import World

KEY = "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20" + bytes(32)).decode()


@pytest.fixture
def run(sqlite_world: World, monkeypatch: pytest.MonkeyPatch):
    """Runs `./candor partners …` over the world's own folder."""
    monkeypatch.setenv("CANDOR_HOME", str(sqlite_world.runtime.settings.home))
    monkeypatch.setenv("CANDOR_MODE", "development")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["partners", *arguments])

    return call


def test_a_partner_is_added_moved_to_sftp_and_back(run, tmp_path: Path):
    added = run(
        *("add", "clearing", "--name", "Quick Clearing", "--sender", "JUNIPER", "--receiver", "QUICK", "--contact"),
        *("Desk", "--contact-phone", "5035550142", "--submitter", "Juniper", "--folder", "clearing"),
    )  # fmt: skip
    assert added.exit_code == 0, added.output
    assert "clearing: Quick Clearing, folder clearing" in run("list").output
    (tmp_path / "host.pub").write_text(f"{KEY} clearing\n")
    server = ("--sftp", "juniper@sftp.quick.example", "--host-key", str(tmp_path / "host.pub"))
    short = run("edit", "clearing", *server)
    assert (short.exit_code, "--inbox, --outbox" in short.output) == (2, True)
    moved = run("edit", "clearing", *server, "--inbox", "/out", "--outbox", "/in")
    assert moved.exit_code == 0, moved.output
    assert "its host key must be SHA256:" in moved.output
    assert run("edit", "clearing", "--done", "/out/done", "--name", "Quicker").exit_code == 0
    listed = run("list").output
    assert "Quicker, juniper@sftp.quick.example:22 (SHA256:" in listed
    assert "in from /out, out to /in, done to /out/done" in listed
    (told,) = json.loads(run("list", "--json").output)
    assert (told["sftp"], told["trouble"]) == ("juniper@sftp.quick.example:22", None)
    for wrong in (("--host-key", "ssh-ed25519 AAAA"), ("--sftp", "nobody"), ("--host-key", str(tmp_path / "none"))):
        assert run("edit", "clearing", *wrong).exit_code == 2
    assert run("edit", "clearing", "--by-folder", "--inbox", "/x").exit_code == 2
    assert run("edit", "nobody", "--name", "X").exit_code != 0
    assert run("edit", "clearing", "--by-folder").exit_code == 0
    assert "Quicker, folder clearing" in run("list").output


def test_a_partner_is_asked_at_once_and_no_more(run, tmp_path: Path):
    (tmp_path / "word").write_text("of the payer\n")
    place = ("--realtime", "https://quick.example/core", "--realtime-user", "juniper")
    added = run(
        *("add", "clearing", "--name", "Quick Clearing", "--sender", "JUNIPER", "--receiver", "QUICK", "--contact"),
        *("Desk", "--contact-phone", "5035550142", "--submitter", "Juniper", "--folder", "clearing", *place),
        *("--realtime-password-file", str(tmp_path / "word")),
    )
    assert added.exit_code == 0, added.output
    assert "answers at once at https://quick.example/core, asked as juniper" in run("list").output
    assert run("edit", "clearing", "--realtime-user", "maple").exit_code == 0
    (told,) = json.loads(run("list", "--json").output)
    assert told["realtime"] == "https://quick.example/core"
    for wrong in (
        ("--realtime", "http://quick.example/core"), ("--realtime-user", "x" * 51), ("--no-realtime", *place),
        ("--realtime-password-file", str(tmp_path / "none")), ("--realtime-password-file", "/dev/null"),
        ("--realtime", "https://other.example/core"),
    ):  # fmt: skip
        assert run("edit", "clearing", *wrong).exit_code == 2
    assert run("edit", "clearing", "--no-realtime").exit_code == 0
    assert "answers at once" not in run("list").output
    assert run("edit", "clearing", *place).exit_code == 2, "without a password"


def test_the_key_is_made_once_and_its_public_half_shown(run, sqlite_world: World):
    first = run("key")
    assert first.exit_code == 0, first.output
    assert first.output.startswith("ssh-ed25519 AAAA")
    assert run("key").output == first.output
    assert sqlite_world.runtime.settings.sftp_key_file.stat().st_mode & 0o777 == 0o400
